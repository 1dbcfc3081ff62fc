"""A run is a folder: create it, list it, read its progress, derive its status, request its stop. No torch here, and no writing of progress.

    runs/<id>/  config.json, ticket.json, progress.jsonl, log.txt, alive.lock, stop, checkpoints/, student/, outcome.json, evaluation/, projection/,
                interpolation/, choice.json (settings that the dev judgements chose), dev.parquet (the dev judgements as a comparison read them)

The status is derived from facts, never stored: the outcome, the lock that the trainer holds for life, the ticket that waits
in the queue, the stop file. A process id is not evidence.
"""

import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from kdmcse.config import BASELINE, RunConfig
from kdmcse.engine.job_folder import JobFolder
from kdmcse.errors import Reason, UserError
from kdmcse.store import jsonl
from kdmcse.store.files import read_json, remove_folder, write_json
from kdmcse.store.frozen import require_writable
from kdmcse.store.reads import exists, names_in
from kdmcse.store.workspace import Workspace

FINAL = ("succeeded", "failed", "stopped", "lost")
"""Statuses that do not change by themselves."""


class Run(JobFolder):
    """One run's folder. Its outcome also has the seconds of training and evaluation, the device, what the training told; its request the order."""

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.folder.parents[1])

    @cached_property
    def config(self) -> RunConfig:
        return RunConfig.from_dict(read_json(self.folder / "config.json"))

    @property
    def student(self) -> Path | str:
        """What to load to encode with this run's student: its folder, or the untouched student itself, which only a snapshot has in it."""
        own = self.folder / "student"
        return self.config.student if self.config.method == BASELINE and not own.is_dir() else own

    @property
    def seconds(self) -> float | None:
        """That training and evaluation took; None before it has ended. Earlier versions did not time the evaluation."""
        outcome = self.outcome or {}
        took = outcome.get("seconds")
        return None if took is None else took + outcome.get("evaluation_seconds", 0.0)

    @property
    def ticket(self) -> int | None:
        """Place in the order of the queue, or None when the run does not wait to be run."""
        ticket = read_json(self.folder / "ticket.json")
        return ticket and ticket["order"]

    @property
    def status(self) -> str:
        """queued, running, stopping, succeeded, failed, stopped or lost."""
        if outcome := self.outcome:
            return outcome["status"]
        stop_requested = exists(self.folder / "stop")
        if self.alive:
            return "stopping" if stop_requested else "running"
        if self.ticket is not None:
            return "stopped" if stop_requested else "queued"
        # The run may have started or ended between the looks.
        if self.alive:
            return "stopping" if stop_requested else "running"
        return outcome["status"] if (outcome := self.outcome) else "lost"

    @property
    def stage(self) -> str | None:
        """What a living run is at: preparing, embedding, training or evaluating; None when it is not alive."""
        if not self.alive:
            return None
        last = self.last_progress
        return last["stage"] if last else "preparing"

    def progress(self) -> list[dict[str, Any]]:
        """Every whole line the trainer wrote so far, oldest first."""
        return jsonl.read(self.progress_file)

    @property
    def last_progress(self) -> dict[str, Any] | None:
        """The newest whole line."""
        return jsonl.last(self.progress_file)

    @property
    def progress_file(self) -> Path:
        return self.folder / "progress.jsonl"

    def request_stop(self) -> None:
        """The trainer ends after its current step and keeps a checkpoint; a queued run does not start."""
        require_writable(self.folder)
        (self.folder / "stop").touch()

    @property
    def resumable(self) -> bool:
        """Whether there is something left to do and nobody does it: not trained to the end, or trained and not evaluated."""
        status = self.status
        if status == "succeeded":
            return not self.alive and not exists(self.folder / "evaluation" / "scores.json")
        return status in ("failed", "stopped", "lost")

    def resume(self) -> None:
        """Queue the run again; it resumes from its newest checkpoint. UserError when there is nothing to resume."""
        if not self.resumable:
            raise UserError("run_not_resumable", run=self.id, status=(status := self.status), state=state(status))
        _queue(self)

    def delete(self) -> None:
        """Remove the folder. UserError while a process works in it, be it beside the training."""
        if self.busy:
            raise UserError("run_alive", run=self.id)
        remove_folder(self.folder)


def create(workspace: Workspace, config: RunConfig) -> Run:
    """The run of this config, queued unless it is waiting, at work or has been evaluated already."""
    run = Run(workspace.runs / f"{config.method}-{config.seed}-{config.digest}")
    if not (run.folder / "config.json").exists():
        write_json(run.folder / "config.json", config.to_dict())
    if run.resumable:
        _queue(run)
    return run


def open_run(workspace: Workspace, run_id: str) -> Run:
    """UserError `run_unknown` when there is no such run."""
    if run_id not in (folder.name for folder in _folders(workspace)):
        raise UserError("run_unknown", run=run_id)
    return Run(workspace.runs / run_id)


def list_runs(workspace: Workspace, dataset: str | None = None) -> list[Run]:
    """The runs of the workspace (of one dataset), in the order in which they were requested."""
    runs = [Run(folder) for folder in _folders(workspace)]
    if dataset is not None:
        runs = [run for run in runs if run.config.dataset == dataset]
    return sorted(runs, key=lambda run: (run.request() or {"order": 0})["order"])


def state(status: str) -> Reason:
    """A status in words, for errors."""
    return Reason(f"cli.state.{status}")


def wait(runs: Iterable[Run], *, poll_seconds: float = 0.5) -> None:
    """Return when every run has a final status and no process works in it."""
    for run in runs:
        while run.status not in FINAL or run.alive:
            time.sleep(poll_seconds)


def _folders(workspace: Workspace) -> list[Path]:
    return [path.parent for path in names_in(workspace.runs, "[!.]*/config.json")]


def _queue(run: Run) -> None:
    """Give the run the next place in the order, and forget how it ended before."""
    require_writable(run.folder)
    with FileLock(run.folder.parent / ".order.lock"):
        counter = run.folder.parent / ".order.json"
        order = (read_json(counter) or 0) + 1
        write_json(counter, order)
    run.forget("stop")
    if not (run.folder / "asked.json").exists():
        run.ask({"order": order})
    write_json(run.folder / "ticket.json", {"order": order})
