"""Measure a run's student on its way from the untouched one, in the background or here and now: `python -m kdmcse.processes.interpolation RUN_DIR`.

Each stop is kept at once, so a job that was killed goes on where it was when it is asked for again.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from kdmcse.config import BASELINE
from kdmcse.data import open_dataset
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.runs import Run, state
from kdmcse.errors import UserError
from kdmcse.evaluation.benchmarks import public
from kdmcse.results.comparison import deciding_metric
from kdmcse.results.interpolation import SHARES, Stop, read_stops, stop_folder
from kdmcse.results.intervals import Intervals
from kdmcse.results.results import load_results
from kdmcse.results.scores import score_table
from kdmcse.store.files import make_folder, write_folder
from kdmcse.store.reads import exists
from kdmcse.validation import Share, fitting

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def job(run: Run) -> BackgroundJob:
    """The job that measures the stops of a run."""
    return BackgroundJob(run.folder / "interpolation")


def status(run: Run) -> str:
    """`none`, `running`, `done` (all stops are measured, public tests included) or `failed`."""
    now = job(run).status()
    if now == "running":
        return now
    if not any(_is_missing(run, share) for share in SHARES):
        return "done"
    return "failed" if now == "failed" else "none"


def measure(run: Run, *, on_progress: Callable[[int], None] = lambda done: None) -> tuple[str, list[Stop]]:
    """The metric that decides on the run's dataset, and the stops; what is missing is measured here and now. `on_progress` counts the stops.

    UserError as `require_measurable`, and `interpolation_alive` where a job is at work.
    """
    require_measurable(run)
    try:
        with job(run).hold_until_asked():
            return _measure(run, on_progress)
    except Timeout as error:
        raise UserError("interpolation_alive", run=run.id) from error


def export(run: Run, share: float, folder: Path) -> None:
    """The student at this share as a sentence-transformers folder, in a folder that is not there yet. UserError for one that is."""
    fitting(Share, "share", share)
    require_trained(run)
    if exists(folder):
        raise UserError("folder_there_already", folder=folder)
    encoder = _student_at(run, share)
    try:
        make_folder(folder.absolute().parent)
        write_folder(
            folder.absolute(),
            lambda path: encoder.save(str(path), create_model_card=False, safe_serialization=True),
        )
    except OSError as error:
        raise UserError("file_unwritable", file=folder, reason=error.strerror) from error


def require_trained(run: Run) -> None:
    """UserError where there is no trained student, or it never was another than the untouched one."""
    if run.config.method == BASELINE:
        raise UserError("nothing_to_interpolate", run=run.id)
    if not exists(run.folder / "student"):
        raise UserError("no_student_yet", run=run.id, status=run.status, state=state(run.status))


def require_measurable(run: Run) -> None:
    """As `require_trained`; and where nothing is held out to measure on."""
    require_trained(run)
    open_dataset(run.workspace, run.config.dataset).require_held_out()


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    run = Run(Path(arguments[0]).resolve())

    def work(request: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
        require_trained(run)
        _measure(run, lambda done: report({"done": done}))

    return job(run).run(work)


def _is_missing(run: Run, share: float) -> bool:
    folder = stop_folder(run, share)
    return not _is_evaluated(folder) or bool(_public_tests(run, folder))


def _is_evaluated(folder: Path) -> bool:
    """Without reading it, as `load_evaluation` would."""
    return exists(folder / "evaluation" / "scores.json")


def _public_tests(run: Run, folder: Path) -> list[public.Benchmark]:
    """Those of the workspace's files that were not measured: a file is there for every stop, the hub may be gone for the next."""
    return public.to_measure(run.workspace, folder / "yardsticks", hub=False)


def _measure(run: Run, on_progress: Callable[[int], None]) -> tuple[str, list[Stop]]:
    from kdmcse.models.device import device_lock

    for done, share in enumerate(SHARES):
        on_progress(done)
        if _is_missing(run, share):
            with FileLock(device_lock()):
                _measure_stop(run, share)
    on_progress(len(SHARES))
    results = load_results(run.workspace, run.config.dataset)
    metric = deciding_metric(results, score_table(results.evaluated, results.dataset, results.judged))
    return metric, read_stops(run, metric, Intervals(results))  # the intervals are kept, so that a page need not wait


def _measure_stop(run: Run, share: float) -> None:
    from kdmcse.models import student
    from kdmcse.processes.evaluate import evaluate

    encoder, folder, name = _student_at(run, share), stop_folder(run, share), f"{run.id}-{share:g}"
    encoder.eval()

    def encode(texts):
        return student.encode(encoder, texts)

    if not _is_evaluated(folder):
        evaluate(encode, open_dataset(run.workspace, run.config.dataset), folder / "evaluation", name=name)
    for benchmark in _public_tests(run, folder):
        public.measure(encode, run.workspace, folder / "yardsticks", benchmark, hub=False, name=name)


def _student_at(run: Run, share: float) -> "SentenceTransformer":
    from kdmcse.models import student
    from kdmcse.models.interpolation import interpolate

    untouched = student.load(run.config.student, pooling=run.config.training.pooling)
    return interpolate(untouched, student.load(run.student), share)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
