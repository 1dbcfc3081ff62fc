"""Trains a small run again and again in forked processes that are killed, and prints what came of it as JSON: `python tests/kills.py KILLS FOLDER`.

A process of its own, for a process that has threads cannot be forked safely. Used by test_fit.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import small

from kdmcse import checkpoints, fit, runs, train
from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.workspace import Workspace

SETTINGS = TrainingConfig(
    epochs=8, batch_size=8, learning_rate=1e-3, projection_width=8, evaluation_steps=5, max_gradient_norm=1.0
)


def ask(workspace: Workspace, dataset: str) -> runs.Run:
    config = RunConfig(
        dataset=dataset, method="kdmcse", student=small.student(), teacher=small.teacher(), training=SETTINGS
    )
    return runs.create(workspace, config)


def fork(run: runs.Run, at: tuple[str, int] | None = None) -> int:
    """A process that trains the run, saving after every step; killed by itself when it reaches a point of a save for the n-th time."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        fit._SECONDS_BETWEEN_CHECKPOINTS = 0
        if at:
            checkpoints._reached = _Killer(*at)
        with train._printing_to(run.folder / "log.txt"):
            train.train(run, train.Progress(run.folder / "progress.jsonl"))
        status = 0
    finally:
        os._exit(status)


class _Killer:
    def __init__(self, point: str, time_: int) -> None:
        self.point, self.left = point, time_

    def __call__(self, point: str) -> None:
        self.left -= point == self.point
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def ended(child: int) -> str:
    """killed, done or failed"""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return "done" if status == 0 else "failed"


def weights(run: runs.Run) -> str:
    files = (
        run.folder / "student" / "model.safetensors",
        run.folder / "heads.safetensors",
        run.folder / "trained.json",
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def main(kills: int, folder: Path) -> dict:
    chance = random.Random(0)
    dataset = small.dataset(Workspace(folder / "whole"), dev=True).fingerprint
    whole = ask(Workspace(folder / "whole"), dataset)
    started = time.monotonic()
    assert ended(fork(whole)) == "done", whole.log()
    seconds = time.monotonic() - started
    found = {"steps": fit.prepare(whole.workspace, whole.config).plan.steps, "seconds": round(seconds, 2)}

    def fresh(name: str) -> runs.Run:
        small.dataset(Workspace(folder / name), dev=True)
        return ask(Workspace(folder / name), dataset)

    random_kills, finals, leftovers = 0, [], 0
    while random_kills < kills:
        run, patience = fresh(f"random-{len(finals)}"), 0.9
        while True:
            child = fork(run)
            time.sleep(chance.uniform(0.01, patience) * seconds)
            patience *= 1.1  # a machine that has become busy must not be killed before its first step for ever
            os.kill(child, signal.SIGKILL)  # one that is done is not reaped yet, so the id is still its own
            how = ended(child)
            assert how != "failed", run.log()
            leftovers += any((run.folder / "checkpoints").glob(".*"))
            if how == "done":
                break
            random_kills += 1
        finals.append(weights(run))
    found["random"] = {"kills": random_kills, "inside_a_save": leftovers, "runs": len(finals)}
    found["random"]["same"] = sum(final == weights(whole) for final in finals)
    found["points"] = {}
    for point in checkpoints.POINTS:
        same = 0
        for repeat in range(3):
            run = fresh(f"{point}-{repeat}".replace(" ", "-"))
            assert ended(fork(run, at=(point, chance.randint(1, 8)))) == "killed", run.log()
            assert ended(fork(run)) == "done", run.log()
            same += weights(run) == weights(whole)
        found["points"][point] = same
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), Path(sys.argv[2]))))
