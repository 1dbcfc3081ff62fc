"""One job in a folder: started in the background, watched from its files. Knows neither what is computed nor what a run is.

    progress.json  how far it is; there from the moment that its process holds the lock; the other files as `job_folder` has them
    stop           somebody wants it to end

The status is derived from these files, never stored. A process that was killed leaves a free lock and no outcome: its job has failed. What
is made is made whole or not at all, so a job may be ended at any moment.
"""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from filelock import Timeout

from kdmcse.engine.job_folder import JobFolder
from kdmcse.engine.process import start_detached
from kdmcse.errors import UserError
from kdmcse.store.files import read_json, write_json
from kdmcse.store.frozen import require_writable
from kdmcse.store.reads import exists

STARTING_SECONDS = 30
"""A process that was started must hold its lock within this time."""
_LOOK_SECONDS = 0.5
"""How often a job looks whether it is to end."""

Work = Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], None]
"""What a job does: gets the request, and a function to which it tells its progress (plain JSON)."""


class BackgroundJob(JobFolder):
    """The job of one folder."""

    def start(self, module: str, *arguments: str, request: dict[str, Any] | None = None, awaited: bool = False) -> None:
        """Run `python -m module arguments` in the background, unless the job is at work. Returns at once; the status is `running`.

        awaited: see `start_detached`.
        """
        if self.status() == "running":
            return
        require_writable(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.forget("progress.json", "stop")
        self.ask(request or {})
        start_detached(module, list(arguments), self.log_file, awaited=awaited)

    def run(self, work: Work, *, stops_itself: bool = False) -> int:
        """What the job's process does: `work` while it holds the lock, then the outcome, with the `seconds` that it took.

        Returns the exit status: 0 done or at work elsewhere, 2 a UserError, 1 a fault. Faults are printed, nothing is raised. The process ends
        with 3 soon after `ask_to_stop`, unless `work` looks for that itself.
        """
        try:
            with self.hold() if stops_itself else self.hold_until_asked():
                write_json(self.folder / "progress.json", {})
                begun = time.monotonic()
                status, error = _attempt(lambda: work(self.request() or {}, self._report))
                self.end("failed" if status else "succeeded", error, seconds=round(time.monotonic() - begun, 1))
                return status
        except Timeout:
            print("another process is at it", file=sys.stderr)
            return 0

    @contextmanager
    def hold_until_asked(self) -> Iterator[None]:
        """As `hold`; the process ends with 3 soon after `ask_to_stop`."""
        with self.hold():
            ended = threading.Event()
            threading.Thread(target=self._end_when_asked, args=(ended,), daemon=True).start()
            try:
                yield
            finally:
                ended.set()

    def status(self) -> str:
        """`none` (never started, or stopped), `running`, `done` or `failed`."""
        for _ in range(2):  # the process may begin or end between the looks
            if self.alive:
                return "running"
            if outcome := self.outcome:
                return {"succeeded": "done", "stopped": "none"}.get(outcome["status"], "failed")
            request = self.request()
            if request is None:
                return "failed" if exists(self.log_file) else "none"
            has_begun = exists(self.folder / "progress.json")
            if not has_begun and time.time() - request.get("time", 0) < STARTING_SECONDS:
                return "running"
        return "failed"

    def progress(self) -> dict[str, Any] | None:
        """What the process reported last; None before its first report."""
        return read_json(self.folder / "progress.json") or None

    def ask_to_stop(self) -> None:
        """Have the job end, if it is at work or about to be."""
        if self.status() == "running":
            (self.folder / "stop").touch()

    def is_asked_to_stop(self) -> bool:
        """Whether somebody wants it to end."""
        return exists(self.folder / "stop")

    def _end_when_asked(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_SECONDS):
            if (self.folder / "stop").exists():
                self.end("stopped", None)
                (self.folder / "stop").unlink(missing_ok=True)
                os._exit(3)  # whatever a library is at; the lock goes with the process

    def _report(self, progress: dict[str, Any]) -> None:
        write_json(self.folder / "progress.json", progress)


def _attempt(work: Callable[[], None]) -> tuple[int, UserError | None]:
    """Exit status of `work`, and the error that a person can mend."""
    try:
        work()
    except UserError as error:
        print(error, file=sys.stderr)
        return 2, error
    except Exception:
        traceback.print_exc()
        return 1, None
    return 0, None
