"""What a value was read from, noted while it is read, so that whoever keeps the value can see whether it is still what is stored.

    with noting() as reads:
        value = load(...)
    reads.unchanged()        # False as soon as any file, folder or lock that `load` looked at is another

Every look at a workspace goes through `look`, or through what uses it: `files.read_json`, `files.read_table`, `locks.is_held`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_noting: ContextVar["Reads | None"] = ContextVar("noting", default=None)


class Reads:
    """Looks at a workspace, each with what was seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Callable, tuple], Any] = {}

    def note(self, probe: Callable, arguments: tuple, seen: Any) -> None:
        """The first look counts: what changes while a value is read makes that value out of date."""
        self._seen.setdefault((probe, arguments), seen)

    def note_all(self, other: "Reads") -> None:
        """The looks of another value, which this one rests on."""
        for (probe, arguments), seen in other._seen.items():
            self.note(probe, arguments, seen)

    def unchanged(self) -> bool:
        """Whether every look would see the same now."""
        return all(probe(*arguments) == seen for (probe, arguments), seen in self._seen.items())

    @property
    def paths(self) -> set[Path]:
        """What was looked at."""
        return {argument for _, arguments in self._seen for argument in arguments if isinstance(argument, Path)}


class Remembered:
    """Loaded values, each kept for as long as what it was read from is unchanged; the least recently used go first."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.RLock()
        self._kept: OrderedDict[Hashable, tuple[Any, Reads]] = OrderedDict()

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """The value under `key`, loaded where there is none or what it was read from has changed. Errors of `load` are not kept."""
        with self._lock:
            if key in self._kept and (before := self._kept[key][1]).unchanged():
                if (outer := _noting.get()) is not None:
                    outer.note_all(before)
                self._kept.move_to_end(key)
                return self._kept[key][0]
            with noting() as reads:
                value = load()
            self._kept[key] = value, reads
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return value

    def last(self, key: Hashable) -> Any | None:
        """The value that was loaded last under `key`, out of date or not; None where there is none."""
        with self._lock:
            return self._kept[key][0] if key in self._kept else None


@contextmanager
def noting() -> Iterator[Reads]:
    """Note every look until the end of the block; an outer block notes them too."""
    outer, reads = _noting.get(), Reads()
    token = _noting.set(reads)
    try:
        yield reads
    finally:
        _noting.reset(token)
        if outer is not None:
            outer.note_all(reads)


def look(probe: Callable, *arguments: Any) -> Any:
    """What `probe` says of its arguments, noted. The probe must be cheap and equal when nothing changed."""
    seen = probe(*arguments)
    if (reads := _noting.get()) is not None:
        reads.note(probe, arguments, seen)
    return seen


def stamp(path: Path) -> tuple[int, int] | None:
    """Time and size of what is at `path`; None where nothing is."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_mtime_ns, status.st_size


def exists(path: Path) -> bool:
    """Whether something is at `path`, noted."""
    return look(stamp, path) is not None


def names_in(folder: Path, pattern: str) -> list[Path]:
    """The paths below `folder` that match a glob pattern, sorted, noted."""
    return [folder / name for name in look(_names, folder, pattern)]


def _names(folder: Path, pattern: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern)))
    except (
        FileNotFoundError
    ):  # the folder is being deleted by another process: glob looks whether it is there, then lists it
        return _names(folder, pattern)
