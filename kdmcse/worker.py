"""The background process that drains a workspace's queue: `python -m kdmcse.worker WORKSPACE`. Imports nothing heavy itself.

Every run lives in a process of its own, forked from one that has the heavy libraries loaded, and goes on when the worker, the
dashboard or the shell that asked for it dies. At most one worker a workspace, one run a device, first come first served.
"""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from kdmcse import runs
from kdmcse.workspace import Workspace

_PRELOADED = ["kdmcse.train", "kdmcse.evaluate", "mteb", "sklearn.metrics.pairwise", "open_clip", "datasets"]
ENVIRONMENT = {
    # Threads that wait spin for microseconds, not milliseconds: as fast alone, five times faster beside a busy neighbour.
    "GOMP_SPINCOUNT": "10000",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What a process that trains needs to know before the libraries are loaded."""


def is_working(workspace: Workspace) -> bool:
    """Whether a worker drains the queue now."""
    return runs.is_held(_lock(workspace))


def ensure(workspace: Workspace) -> None:
    """Start a worker if a run waits and nobody drains the queue."""
    if not is_working(workspace) and runs.queue(workspace):
        start(workspace)


def start(workspace: Workspace) -> None:
    """Start a worker that outlives this process; a second one ends at once."""
    start_detached("kdmcse.worker", [str(workspace.path)], workspace.path / "worker.log")


def start_detached(module: str, arguments: list[str], log: Path) -> None:
    """`python -m module arguments` in a session of its own, its output appended to `log`, no pipe to this process."""
    with log.open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
            env=ENVIRONMENT
            | os.environ
            | {"PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))},
        )


def drain(workspace: Workspace) -> None:
    """Run what waits, in order, until nothing does; returns at once if another worker is at it."""
    while runs.queue(workspace):
        try:
            with FileLock(_lock(workspace), timeout=0.2):  # longer than a look of `is_working` takes
                _drain(workspace)
        except Timeout:
            return


def _drain(workspace: Workspace) -> None:
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    processes = multiprocessing.get_context(method)
    if method == "forkserver":
        processes.set_forkserver_preload(_PRELOADED)
    while waiting := runs.queue(workspace):
        run = waiting[0]
        process = processes.Process(target=_live, args=(str(run.folder),))
        process.start()
        process.join()
        if run.ticket is not None and run.status == "queued":
            # It died before it could take its ticket: without this it would be tried forever.
            (run.folder / "ticket.json").unlink(missing_ok=True)


def _live(run_folder: str) -> None:
    from kdmcse.train import main

    main(run_folder)


def _lock(workspace: Workspace) -> Path:
    return workspace.path / "worker.lock"


_ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    drain(Workspace(Path(sys.argv[1])))
