"""A folder in which a process works: who is at it, what was asked for, how it ended, what was printed. Knows no status; see its two kinds.

asked.json     the request, with the time at which it was made
alive.lock     held by the process that works, for as long as it lives
outcome.json   how it ended
log.txt        what it printed
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from kdmcse.errors import UserError
from kdmcse.store.files import read_json, write_json
from kdmcse.store.frozen import require_writable
from kdmcse.store.locks import is_held

LOOK_SECONDS = 0.2
"""Longer than a look of `is_held` takes: who waits so long for a lock is not kept from it by one who only looks."""


@dataclass(frozen=True)
class JobFolder:
    """The folder of a run, of a background job or of a study of settings. Cheap to make; everything is read from disk when asked for."""

    folder: Path

    @property
    def alive(self) -> bool:
        """Whether a process holds the lock now."""
        return is_held(self._lock)

    @property
    def busy(self) -> bool:
        """Whether a process works in the folder or in one below it."""
        return any(map(is_held, self.folder.rglob(self._lock.name)))

    @contextmanager
    def hold(self, *, timeout: float = LOOK_SECONDS) -> Iterator[None]:
        """The lock, for who works here and now. filelock's Timeout where another process holds it for `timeout` seconds; -1 waits for ever."""
        require_writable(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._lock, timeout=timeout):
            yield

    def ask(self, request: dict[str, Any]) -> None:
        """Keep what is asked for."""
        write_json(self.folder / "asked.json", {**request, "time": time.time()})

    def request(self) -> dict[str, Any] | None:
        """What was asked for, with the `time` (seconds since 1970); None where nothing was."""
        return read_json(self.folder / "asked.json")

    @property
    def outcome(self) -> dict[str, Any] | None:
        """`{"status": "succeeded"|"failed"|"stopped", "error": {...}|None, ...}` once it has ended."""
        return read_json(self.folder / "outcome.json")

    def failure(self) -> UserError | None:
        """Why it failed, where a person can mend it; log.txt has the other reasons."""
        error = (self.outcome or {}).get("error")
        return UserError.from_dict(error) if error else None

    def end(self, status: str, error: UserError | None, **facts: Any) -> None:
        """Keep how it ended."""
        write_json(self.folder / "outcome.json", {"status": status, "error": error and error.to_dict(), **facts})

    def add_to_outcome(self, **facts: Any) -> None:
        """Keep what became known after it had ended."""
        write_json(self.folder / "outcome.json", {**self.outcome, **facts})

    def forget(self, *names: str) -> None:
        """Remove these files of an attempt before, and how it ended."""
        for name in (*names, "outcome.json"):
            (self.folder / name).unlink(missing_ok=True)

    @property
    def log_file(self) -> Path:
        return self.folder / "log.txt"

    def log(self, characters: int = 20_000) -> str:
        """The end of what was printed."""
        path = self.log_file
        return path.read_text(encoding="utf-8", errors="replace")[-characters:] if path.exists() else ""

    @property
    def _lock(self) -> Path:
        return self.folder / "alive.lock"
