"""The queue of a workspace's runs: what waits, and whether a worker drains it. The worker itself is `processes.worker`."""

from pathlib import Path

from kdmcse.engine import runs
from kdmcse.engine.process import start_detached
from kdmcse.store.locks import is_held
from kdmcse.store.workspace import Workspace


def waiting(workspace: Workspace) -> list[runs.Run]:
    """The runs that wait, first come first."""
    tickets = [(run.ticket, run) for run in runs.list_runs(workspace) if run.status == "queued"]
    return [run for _, run in sorted(((t, r) for t, r in tickets if t is not None), key=lambda pair: pair[0])]


def is_working(workspace: Workspace) -> bool:
    """Whether a worker drains the queue now."""
    return is_held(worker_lock(workspace))


def ensure(workspace: Workspace) -> None:
    """Start a worker if a run waits and nobody drains the queue."""
    if not is_working(workspace) and waiting(workspace):
        start(workspace)


def start(workspace: Workspace) -> None:
    """Start a worker that outlives this process; a second one ends at once."""
    start_detached("kdmcse.processes.worker", [str(workspace.path)], workspace.path / "worker.log")


def worker_lock(workspace: Workspace) -> Path:
    """The file that the working worker holds locked."""
    return workspace.path / "worker.lock"
