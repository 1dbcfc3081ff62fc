"""One job in a folder: started in the background, watched from its files. Knows neither what is computed nor what a run is.

    asked.json     the request, with the time at which it was made
    alive.lock     held by the process that works, for as long as it lives
    progress.json  how far it is; there from the moment it holds the lock
    outcome.json   how it ended
    log.txt        what it printed

The status is derived from these files, never stored. A process that was killed leaves a free lock and no outcome: its job has failed.
"""

import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kdmcse.engine.process import start_detached
from kdmcse.errors import UserError
from kdmcse.store.files import read_json, write_json
from kdmcse.store.locks import is_held
from kdmcse.store.reads import exists

STARTING_SECONDS = 30
"""A process that was started must hold its lock within this time."""

Work = Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], None]
"""What a job does: gets the request, and a function to which it tells its progress (plain JSON)."""


@dataclass(frozen=True)
class BackgroundJob:
    """The job of one folder. Cheap to make; everything is read from disk when asked for."""

    folder: Path

    def start(self, module: str, *arguments: str, request: dict[str, Any] | None = None) -> None:
        """Run `python -m module arguments` in the background, unless the job is at work. Returns at once; the status is `running`."""
        if self.status() == "running":
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("outcome.json", "progress.json"):
            (self.folder / name).unlink(missing_ok=True)
        write_json(self.folder / "asked.json", {**(request or {}), "time": time.time()})
        start_detached(module, list(arguments), self.folder / "log.txt")

    def run(self, work: Work) -> int:
        """What the job's process does: `work` while it holds the lock, then the outcome.

        Returns the exit status: 0 done or at work elsewhere, 2 a UserError, 1 a fault. Faults are printed, nothing is raised.
        """
        try:
            with self.hold():
                write_json(self.folder / "progress.json", {})
                status, error = _attempt(lambda: work(self.request() or {}, self._report))
                outcome = {"status": "failed" if status else "succeeded", "error": error and error.to_dict()}
                write_json(self.folder / "outcome.json", outcome)
                return status
        except Timeout:
            print("another process is at it", file=sys.stderr)
            return 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """The job's lock, for who works here and now. filelock's Timeout where another process holds it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "alive.lock", timeout=0.2):  # longer than a look of `is_held` takes
            yield

    def status(self) -> str:
        """`none` (never started), `running`, `done` or `failed`."""
        for _ in range(2):  # the process may begin or end between the looks
            if is_held(self.folder / "alive.lock"):
                return "running"
            if outcome := read_json(self.folder / "outcome.json"):
                return "done" if outcome["status"] == "succeeded" else "failed"
            request = self.request()
            if request is None:
                return "failed" if exists(self.folder / "log.txt") else "none"
            has_begun = exists(self.folder / "progress.json")
            if not has_begun and time.time() - request.get("time", 0) < STARTING_SECONDS:
                return "running"
        return "failed"

    def request(self) -> dict[str, Any] | None:
        """What was asked for last, with the `time` (seconds since 1970); None where nothing was."""
        return read_json(self.folder / "asked.json")

    def progress(self) -> dict[str, Any] | None:
        """What the process reported last; None before its first report."""
        return read_json(self.folder / "progress.json") or None

    def failure(self) -> UserError | None:
        """Why the job failed, where a person can mend it; log.txt has the other reasons."""
        error = (read_json(self.folder / "outcome.json") or {}).get("error")
        return UserError.from_dict(error) if error else None

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
