"""Trains a small run again and again in forked processes that are killed, and prints what came of it as JSON.

`python tests/training/kills.py KILLS REPEATS FOLDER`: so many kills at random moments, and at each point of a save so many, each of a
run of its own; then a single run is killed at one point after the other.

This process imports, forks, waits and kills, and does nothing else: one that has worked has threads, and what is forked from
one that has threads may hang. Used by test_going_on.
"""

import faulthandler
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import open_clip  # noqa: F401  # else every child loads it again
import pandas  # noqa: F401
import small

from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.engine import runs
from kdmcse.processes import train
from kdmcse.store import reads
from kdmcse.store.workspace import Workspace
from kdmcse.training import checkpoints, loop

SETTINGS = TrainingConfig(
    epochs=8, batch_size=8, learning_rate=1e-3, projection_width=8, evaluation_steps=5, max_gradient_norm=1.0
)
PATIENCE_SECONDS = 120
"""A child that takes longer hangs; it says where and ends as failed."""
EARLY = 0.25
"""Share of the random kills that may come before the first new step; the others come after it, so that a slow machine gets on, too."""


def fork(work: Callable[[], None]) -> int:
    """A process that does `work`; its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True)
        work()
        status = 0
    finally:
        os._exit(status)


def ask(folder: Path) -> None:
    """A workspace with the small pilot and a run that waits; the models are made on the way."""
    workspace = Workspace(folder)
    dataset = small.dataset(workspace, dev=True).fingerprint
    config = RunConfig(
        dataset=dataset, method="kdmcse", student=small.student(), teacher=small.teacher(), training=SETTINGS
    )
    runs.create(workspace, config)


def learn(run: runs.Run, at: tuple[str, int] | None = None) -> None:
    """Train the run, saving after every step; ended by itself when it reaches a point of a save for the n-th time."""
    loop._SECONDS_BETWEEN_CHECKPOINTS = 0
    if at:
        checkpoints._reached = _Killer(*at)
    with train._printing_to(run.log_file):
        train.train(run, run.config, train.ProgressLog(run.progress_file))


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


def wait_for_a_step(run: runs.Run, child: int) -> None:
    """Until the child has saved a step that was not there before, or is no more."""

    def saved() -> set[str]:
        return set(reads.names_in(run.folder / "checkpoints", "step-*"))

    before = saved()
    while not saved() - before and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(0.002)


def weights(run: runs.Run) -> str:
    files = (
        run.folder / "student" / "model.safetensors",
        run.folder / "heads.safetensors",
        run.folder / "trained.json",
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def main(kills: int, repeats: int, folder: Path) -> dict:
    chance = random.Random(0)
    small.folder()  # made before the first fork, so that every process means the same one
    assert ended(fork(lambda: ask(folder / "asked"))) == "done"

    def fresh(name: str) -> runs.Run:
        shutil.copytree(folder / "asked", folder / name)
        [run] = runs.list_runs(Workspace(folder / name))
        return run

    whole, started = fresh("whole"), time.monotonic()
    assert ended(fork(lambda: learn(whole))) == "done", whole.log()
    seconds, steps = time.monotonic() - started, len(whole.progress())
    found = {"seconds": round(seconds, 2), "lines": steps}

    random_kills, finals, leftovers = 0, [], 0
    while random_kills < kills:
        run = fresh(f"random-{len(finals)}")
        while True:
            child = fork(lambda: learn(run))  # noqa: B023  the child is forked at once
            if chance.random() > EARLY:
                wait_for_a_step(run, child)
                time.sleep(chance.uniform(0, 0.1) * seconds)
            else:
                time.sleep(chance.uniform(0, 1) * seconds)
            os.kill(child, signal.SIGKILL)  # one that is done is not reaped yet, so the id is still its own
            how = ended(child)
            assert how != "failed", run.log()
            leftovers += any((run.folder / "checkpoints").glob(".*"))
            if how == "done":
                break
            random_kills += 1
        finals.append(weights(run))
        shutil.rmtree(run.workspace.path)
    found["random"] = {"kills": random_kills, "inside_a_save": leftovers, "runs": len(finals)}
    found["random"]["same"] = sum(final == weights(whole) for final in finals)
    found["points"] = {}
    for point in checkpoints.POINTS:
        same = 0
        for repeat in range(repeats):
            run, nth = fresh(f"{point}-{repeat}".replace(" ", "-")), chance.randint(1, 8)
            assert ended(fork(lambda: learn(run, at=(point, nth)))) == "killed", run.log()  # noqa: B023
            assert ended(fork(lambda: learn(run))) == "done", run.log()  # noqa: B023
            same += weights(run) == weights(whole)
            shutil.rmtree(run.workspace.path)
        found["points"][point] = same
    run = fresh("one-after-the-other")
    for point in checkpoints.POINTS:
        assert ended(fork(lambda: learn(run, at=(point, 1)))) == "killed", run.log()  # noqa: B023
    assert ended(fork(lambda: learn(run))) == "done", run.log()
    found["one_after_the_other"] = weights(run) == weights(whole)
    found["threads"] = len(os.listdir("/proc/self/task")) if Path("/proc/self/task").is_dir() else None
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
