"""Measure what costs encoding, in the background or while one waits: `python -m kdmcse.processes.benchmarks FOLDER`.

    <workspace>/yardsticks/<dataset>/  asked.json, alive.lock, progress.json, log.txt, outcome.json

One job a dataset; it goes through the runs one after another and takes its turn at the device as trainings do. What it finds is
kept with each run at once, so a job that was killed goes on where it was when it is asked for again.
"""

import shutil
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kdmcse.engine.process import start_detached
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.evaluation.benchmarks import domain, public
from kdmcse.evaluation.evaluation import read_evaluation
from kdmcse.metrics import LABEL
from kdmcse.models import references
from kdmcse.store.files import read_json, write_json
from kdmcse.store.locks import is_held
from kdmcse.store.workspace import Workspace

_START_SECONDS = 20


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    done: int
    total: int
    """runs"""
    run: str | None
    """the one at work; None before the first"""


def folder(workspace: Workspace, dataset: str) -> Path:
    """Where the job of a dataset (its fingerprint) keeps its facts."""
    return workspace.path / "yardsticks" / dataset


def start(runs: Sequence[Run], *, with_public: bool, label: str = LABEL) -> None:
    """Start the job for runs of one dataset in the background, unless one is at work. Returns once it holds its lock.

    UserError where there is nothing to measure, or the label is no column of the dataset.
    """
    _check(runs, label)
    place = folder(runs[0].workspace, runs[0].config.dataset)
    if is_held(place / "alive.lock"):
        return
    place.mkdir(parents=True, exist_ok=True)
    for name in ("outcome.json", "progress.json"):
        (place / name).unlink(missing_ok=True)
    write_json(place / "asked.json", {"runs": [run.id for run in runs], "public": with_public, "label": label})
    start_detached("kdmcse.processes.benchmarks", [str(place)], place / "log.txt")
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and not (is_held(place / "alive.lock") or (place / "outcome.json").exists()):
        time.sleep(0.02)


def measure(
    runs: Sequence[Run],
    *,
    with_public: bool,
    label: str = LABEL,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> None:
    """The same here and now: what each run has not been measured by yet. UserError `yardsticks_alive` where a job is at work."""
    _check(runs, label)
    place = folder(runs[0].workspace, runs[0].config.dataset)
    place.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place / "alive.lock", timeout=0.2):  # longer than a look of `is_held` takes
            _measure(runs, with_public, label, on_progress)
    except Timeout as error:
        raise UserError("yardsticks_alive") from error


def status(workspace: Workspace, dataset: str) -> str:
    """`none`, `running`, `done` or `failed`, from facts: the lock, the outcome, the order of a job that left neither."""
    place = folder(workspace, dataset)
    if is_held(place / "alive.lock"):
        return "running"
    if outcome := read_json(place / "outcome.json"):
        return "done" if outcome["status"] == "succeeded" else "failed"
    return "failed" if (place / "asked.json").exists() else "none"


def progress(workspace: Workspace, dataset: str) -> Progress | None:
    """How far the job is, as it told last."""
    told = read_json(folder(workspace, dataset) / "progress.json")
    return Progress(**told) if told else None


def failure(workspace: Workspace, dataset: str) -> UserError | None:
    """Why the job failed, where a person can mend it; log.txt has the other reasons."""
    error = (read_json(folder(workspace, dataset) / "outcome.json") or {}).get("error")
    return UserError(error["code"], **error["fields"]) if error else None


def forget(workspace: Workspace, dataset: str) -> None:
    """Delete what is known about the job of a dataset that is deleted."""
    shutil.rmtree(folder(workspace, dataset), ignore_errors=True)


def main(arguments: list[str]) -> int:
    """The job: 0 done (or at work elsewhere), 2 a UserError, 1 a fault."""
    place = Path(arguments[0]).resolve()
    asked, outcome = read_json(place / "asked.json"), place / "outcome.json"
    workspace = Workspace(place.parents[1])
    try:
        with FileLock(place / "alive.lock", timeout=0.2):
            try:
                _measure(
                    [run for name in asked["runs"] if (run := Run(workspace.runs / name)).folder.exists()],
                    asked["public"],
                    asked["label"],
                    lambda progress: write_json(place / "progress.json", vars(progress)),
                )
            except UserError as error:
                print(error, file=sys.stderr)
                write_json(outcome, {"status": "failed", "error": error.to_dict()})
                return 2
            except Exception:
                traceback.print_exc()
                write_json(outcome, {"status": "failed", "error": None})
                return 1
            write_json(outcome, {"status": "succeeded", "error": None})
    except Timeout:
        print("another process is at it", file=sys.stderr)
    return 0


def _check(runs: Sequence[Run], label: str) -> None:
    from kdmcse.data import open_dataset

    if not runs:
        raise UserError("yardsticks_nothing")
    dataset = open_dataset(runs[0].workspace, runs[0].config.dataset)
    if label != LABEL and label not in dataset.extra_columns:
        raise UserError("label_unknown", label=label, known=", ".join(dataset.extra_columns) or "–")


def _measure(runs: Sequence[Run], with_public: bool, label: str, on_progress: Callable[[Progress], None]) -> None:
    hub = with_public and references.hub_is_reachable()
    for place, run in enumerate(runs):
        on_progress(Progress(place, len(runs), run.id))
        kept = run.folder / "yardsticks"
        asked = public.to_measure(run.workspace, kept, hub=hub) if with_public else []
        if with_public:
            public.note_absent(run.workspace, kept, hub=hub)
        evaluation = read_evaluation(run)
        if evaluation is None:
            raise UserError("yardsticks_need_evaluation", run=run.id)
        if asked or not domain.is_measured(evaluation, label):
            _measure_run(run, asked, label, hub)
    on_progress(Progress(len(runs), len(runs), None))


def _measure_run(run: Run, asked: Sequence[public.Benchmark], label: str, hub: bool) -> None:
    from kdmcse.models import student
    from kdmcse.models.device import device_lock

    with FileLock(device_lock()):
        encoder = student.load(run.student)
        encoder.eval()

        def encode(texts: Sequence[str]):
            return student.encode(encoder, texts)

        domain.measure_run(encode, run, label)
        for benchmark in asked:
            public.measure(encode, run.workspace, run.folder / "yardsticks", benchmark, hub=hub, name=run.id)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
