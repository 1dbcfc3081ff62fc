"""The background process that drains a workspace's queue: `python -m kdmcse.processes.worker WORKSPACE`. Imports nothing heavy itself.

Every run lives in a process of its own, forked from one that has the heavy libraries loaded, and goes on when the worker, the
dashboard or the shell that asked for it dies. At most one worker a workspace, one run a device, first come first served.
"""

import multiprocessing
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from kdmcse.engine.queue import waiting, worker_lock
from kdmcse.store.workspace import Workspace


def drain(workspace: Workspace) -> None:
    """Run what waits, in order, until nothing does; returns at once if another worker is at it."""
    while waiting(workspace):
        try:
            with FileLock(worker_lock(workspace), timeout=0.2):  # longer than a look of `is_working` takes
                _drain(workspace)
        except Timeout:
            return


def _drain(workspace: Workspace) -> None:
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    processes = multiprocessing.get_context(method)
    if method == "forkserver":
        processes.set_forkserver_preload(["kdmcse.processes.preload"])
    while queue := waiting(workspace):
        run = queue[0]
        process = processes.Process(target=_live, args=(str(run.folder),))
        process.start()
        process.join()
        if run.ticket is not None and run.status == "queued":
            # It died before it could take its ticket: without this it would be tried forever.
            (run.folder / "ticket.json").unlink(missing_ok=True)


def _live(run_folder: str) -> None:
    from kdmcse.processes.train import main

    main(run_folder)


if __name__ == "__main__":
    drain(Workspace(Path(sys.argv[1])))
