"""The folders of a workspace, and how a file gets into one whole or not at all. Knows nothing of what is in them."""

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdmcse.errors import UserError


@dataclass(frozen=True)
class Workspace:
    """A folder that holds datasets, teacher vectors, runs and prices. Created at first use."""

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path).expanduser().resolve())
        for folder in (self.datasets, self.teachers, self.runs, self.prices):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError("workspace_unusable", folder=self.path, reason=error.strerror) from error

    @property
    def datasets(self) -> Path:
        return self.path / "datasets"

    @property
    def teachers(self) -> Path:
        return self.path / "teacher"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def prices(self) -> Path:
        return self.path / "prices"


def write_file(path: Path, fill: bytes | Callable[[Path], Any]) -> None:
    """Put a file at `path` whole or not at all: written aside, fsynced, renamed, folder fsynced.

    `fill` is the content, or a function that writes it to the path it is given. UserError `disk_full` when there is no room.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".writing-{secrets.token_hex(8)}{path.suffix}"
    try:
        if callable(fill):
            fill(aside)
        else:
            aside.write_bytes(fill)
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(aside, path)
        _sync_folder(path.parent)
    except Exception as error:
        raise_if_disk_full(error, path)
        raise
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """`value` as JSON at `path`, whole or not at all. ValueError for NaN and infinity, which JSON does not know."""
    write_file(path, (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any | None:
    """The value in the file, or None where there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def raise_if_disk_full(error: Exception, path: Path) -> None:
    """Turn "no space left" (and a file size limit) into a sentence; leave other errors to the caller."""
    number = getattr(error, "errno", None)
    if number is None and (said := re.search(r"\(os error (\d+)\)", str(error))):
        number = int(said[1])  # SafetensorError is no OSError
    cut_short = number is None and re.search(r"\d+ requested and \d+ written", str(error))  # numpy tells no number
    if cut_short or number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        raise UserError("disk_full", path=path, free_mb=free_bytes(path.parent) // 2**20) from error


def require_space(folder: Path, needed_bytes: int) -> None:
    """UserError `disk_full_before` unless `folder`'s disk has `needed_bytes` to spare."""
    free = free_bytes(folder)
    if free < needed_bytes:
        raise UserError("disk_full_before", path=folder, needed_mb=-(-needed_bytes // 2**20), free_mb=free // 2**20)


def free_bytes(folder: Path) -> int:
    """What is left on the disk of `folder`."""
    return shutil.disk_usage(folder).free


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
