"""A run from its ticket to its evaluation: `python -m kdmcse.processes.train RUN_DIR`. The only writer of a run's progress."""

import os
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

from filelock import FileLock
from safetensors.torch import save_file

from kdmcse.config import BASELINE, RunConfig
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError, first_line
from kdmcse.models import student
from kdmcse.models.device import best_device, device_lock
from kdmcse.processes import choose
from kdmcse.processes.precompute import precompute_pages
from kdmcse.store.files import read_json, sweep, write_file, write_folder, write_json
from kdmcse.store.reads import exists
from kdmcse.training import distributed
from kdmcse.training.checkpoints import Checkpoints
from kdmcse.training.loop import Fitted, fit
from kdmcse.training.prepare import Stopped, prepare
from kdmcse.training.progress import ProgressLog
from kdmcse.training.step import is_out_of_memory


def run_to_end(run: Run) -> None:
    """Train the student of a queued run, evaluate it, and compute what pages show of it. Errors are kept in files, none is raised.

    Holds the device's lock, then the run's: a run that waits for a device is still queued. What pages show needs no device: a
    process that waits for one does not wait for it. What was stopped or deleted while it waited is left as it is.
    """
    device = FileLock(device_lock())
    with device:
        if not exists(run.folder / "config.json"):
            return
        with run.hold(timeout=30):
            if _stop_requested(run):
                return
            (run.folder / "ticket.json").unlink(missing_ok=True)
            progress = ProgressLog(run.progress_file)
            if _train_to_outcome(run, progress) == "succeeded":
                progress.write({"stage": "evaluating"})
                _evaluate(run)
                device.release()
                precompute_pages(run.workspace, run.config.dataset)


def _stop_requested(run: Run) -> bool:
    return exists(run.folder / "stop")


def _train_to_outcome(run: Run, progress: ProgressLog) -> str:
    """Train what is not trained yet and write `outcome.json`; its status: succeeded, stopped or failed.

    The run's seconds are those of its own training, before it was cut and since; the trainings that chose its settings have theirs.
    """
    before = _seconds_spent(run.progress())
    started, facts = time.monotonic() - before, {}
    try:
        status = "succeeded"
        if run.config.method == BASELINE:
            student.load(run.config.student)
        elif _is_trained(run):
            facts = read_json(run.folder / "trained.json") or {}
        else:
            config = choose.settle(run, progress.write, partial(_stop_requested, run))
            started = time.monotonic() - before
            fitted = train(run, config, progress) if config else Fitted(stopped=True)
            status, facts = "stopped" if fitted.stopped else "succeeded", fitted.facts
        _end(run, status, started, facts)
    except Exception as error:
        _end(run, "failed", started, facts, error)
        return "failed"
    return status


def _seconds_spent(progress: list[dict]) -> float:
    """Of the attempts that were cut, each from its beginning to what it told last; what went on between two of them is none of theirs."""
    return sum(
        max(0.0, line["time"] - before["time"])
        for before, line in pairwise(progress)
        if line["stage"] == "training" or (line["stage"] == "embedding" and line["total"])
    )


def _evaluate(run: Run) -> None:
    """Measure the student; why it could not be measured is kept in `failure.json`."""
    from kdmcse.processes.evaluate import evaluate_run

    started = time.monotonic()
    try:
        evaluate_run(run)
    except Exception as error:
        write_json(run.folder / "evaluation" / "failure.json", _as_user_error(error).to_dict())
    run.add_to_outcome(evaluation_seconds=round(time.monotonic() - started, 2))


def train(run: Run, config: RunConfig, progress: ProgressLog) -> Fitted:
    """Train the run's student as `config` says, from the newest checkpoint if there is one, and export it unless training was stopped."""
    checkpoints = Checkpoints(run.folder / "checkpoints")
    checkpoints.sweep()
    sweep(run.folder, files=False)
    progress.write({"stage": "embedding", "done": 0, "total": 0} if config.teacher else {"stage": "preparing"})
    stop_requested = partial(_stop_requested, run)
    try:
        task = prepare(
            run.workspace,
            config,
            on_progress=lambda done, total: progress.write({"stage": "embedding", "done": done, "total": total}),
            stop_requested=stop_requested,
        )
    except Stopped:
        return Fitted(stopped=True)
    fitted = fit(task, checkpoints, report=progress.write_now_and_then, stop_requested=stop_requested)
    if not fitted.stopped:
        write_json(run.folder / "trained.json", fitted.facts)
        export(task.model, run.folder)
    return fitted


def train_along(run: Run) -> None:
    """Do a share of each step of a run that the first of several processes keeps."""
    if run.config.method != BASELINE and not _is_trained(run):
        with suppress(Stopped):
            task = prepare(run.workspace, choose.settled(run), stop_requested=partial(_stop_requested, run))
            fit(task, Checkpoints(run.folder / "checkpoints"))


def export(model: student.TrainingStudent, folder: Path) -> None:
    """`heads.safetensors`, then `student/` as a sentence-transformers folder; checkpoints are not needed once both are on the disk."""
    heads = {name: value.contiguous() for name, value in model.heads().items()}
    write_file(folder / "heads.safetensors", lambda path: save_file(heads, path))
    write_folder(folder / "student", model.save_encoder)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def _is_trained(run: Run) -> bool:
    return (run.folder / "student").is_dir()


def _end(run: Run, status: str, started: float, facts: dict, error: Exception | None = None) -> None:
    if error is not None:
        import traceback

        traceback.print_exception(error)
        sys.stderr.flush()
    seconds = round(time.monotonic() - started, 2)
    kept = None if error is None else _as_user_error(error)
    run.end(status, kept, seconds=seconds, device=best_device(), **facts)


def _as_user_error(error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    if is_out_of_memory(error):
        return UserError("out_of_memory", device=best_device())
    return UserError("unexpected", reason=first_line(f"{type(error).__name__}: {error}"))


@contextmanager
def _printing_to(path: Path):
    """Everything this process prints, libraries included, goes to the end of the file."""
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    yield
    sys.stdout.flush()
    sys.stderr.flush()


def main(run_folder: str) -> None:
    """What a process started for a run does; torchrun and `accelerate launch` start several."""
    run = Run(Path(run_folder).resolve())
    with suppress(OSError):  # where memory runs out, the dashboard shall not be what is killed
        Path("/proc/self/oom_score_adj").write_text("500")
    with _printing_to(run.log_file), distributed.joined() as rank:
        if rank:
            train_along(run)
            return
        run_to_end(run)
        if distributed.count() > 1 and run.status in ("failed", "stopped"):
            sys.exit(1)  # the launcher ends the other processes, which may wait for this one


if __name__ == "__main__":
    main(sys.argv[1])
