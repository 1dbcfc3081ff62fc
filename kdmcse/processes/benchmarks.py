"""Measure what costs encoding, in the background or while one waits: `python -m kdmcse.processes.benchmarks FOLDER`.

One job a dataset, in <workspace>/yardsticks/<dataset>/; it goes through the runs one after another and takes its turn at the device as
trainings do. Each score is kept with its run at once, so a job that was killed goes on where it was when it is asked for again.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kdmcse.data import open_dataset
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.evaluation.benchmarks import domain, public
from kdmcse.evaluation.evaluation import read_evaluation
from kdmcse.metrics import LABEL
from kdmcse.models import references
from kdmcse.processes.precompute import precompute_pages
from kdmcse.store.workspace import Workspace


@dataclass(frozen=True)
class BenchmarkProgress:
    """How far a job is."""

    done: int
    total: int
    """runs"""
    run: str | None
    """the one at work; None before the first"""


def job(workspace: Workspace, dataset: str) -> BackgroundJob:
    """The job of a dataset (its fingerprint)."""
    return BackgroundJob(workspace.benchmarks / dataset)


def progress(workspace: Workspace, dataset: str) -> BenchmarkProgress | None:
    """What the job reported last; None before its first report."""
    report = job(workspace, dataset).progress()
    return BenchmarkProgress(**report) if report else None


def measure(
    runs: Sequence[Run],
    *,
    with_public: bool,
    label: str = LABEL,
    on_progress: Callable[[BenchmarkProgress], None] = lambda progress: None,
) -> None:
    """Measure here and now what each run, all of one dataset, has not been measured by yet.

    UserError as `require_measurable`, and `yardsticks_alive` where a job is at work.
    """
    require_measurable(runs, label)
    try:
        with job(runs[0].workspace, runs[0].config.dataset).hold_until_asked():
            _measure(runs, with_public, label, on_progress)
    except Timeout as error:
        raise UserError("yardsticks_alive") from error


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it. Runs that were deleted since the request are passed over."""
    job = BackgroundJob(Path(arguments[0]).resolve())
    workspace = Workspace(job.folder.parents[1])

    def work(request: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
        runs = [Run(workspace.runs / name) for name in request["runs"]]
        there = [run for run in runs if run.folder.exists()]
        _measure(there, request["public"], request["label"], lambda progress: report(vars(progress)))

    return job.run(work)


def require_measurable(runs: Sequence[Run], label: str) -> None:
    """UserError where there is nothing to measure or to measure on, or the label is no column of the dataset."""
    if not runs:
        raise UserError("yardsticks_nothing")
    dataset = open_dataset(runs[0].workspace, runs[0].config.dataset)
    dataset.require_held_out()
    if label != LABEL and label not in dataset.extra_columns:
        raise UserError("label_unknown", label=label, known=tuple(dataset.extra_columns))


def _measure(
    runs: Sequence[Run], with_public: bool, label: str, on_progress: Callable[[BenchmarkProgress], None]
) -> None:
    hub = with_public and references.hub_is_reachable()
    for done, run in enumerate(runs):
        on_progress(BenchmarkProgress(done, len(runs), run.id))
        kept = run.folder / "yardsticks"
        needed = public.to_measure(run.workspace, kept, hub=hub) if with_public else []
        if with_public:
            public.note_absent(run.workspace, kept, hub=hub)
        evaluation = read_evaluation(run)
        if evaluation is None:
            raise UserError("yardsticks_need_evaluation", run=run.id)
        if needed or not domain.is_measured(evaluation, label):
            _measure_run(run, needed, label, hub)
    if runs:
        precompute_pages(runs[0].workspace, runs[0].config.dataset)
    on_progress(BenchmarkProgress(len(runs), len(runs), None))


def _measure_run(run: Run, needed: Sequence[public.Benchmark], label: str, hub: bool) -> None:
    from kdmcse.models import student
    from kdmcse.models.device import device_lock

    with FileLock(device_lock()):
        encoder = student.load(run.student, prompt=run.config.training.prompt)
        encoder.eval()

        def encode(texts: Sequence[str]):
            return student.encode(encoder, texts)

        domain.measure_run(encode, run, label)
        for benchmark in needed:
            public.measure(encode, run.workspace, run.folder / "yardsticks", benchmark, hub=hub, name=run.id)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
