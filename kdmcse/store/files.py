"""How a file or a folder gets into its place whole or not at all. Knows nothing of what is in it."""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdmcse.errors import UserError
from kdmcse.store.frozen import require_writable
from kdmcse.store.reads import exists, look, stamp

if TYPE_CHECKING:
    import pandas as pd

_WRITING, _REMOVING = ".writing-", ".removing-"
"""How the names begin of what is being written, and of what is being removed."""
_LEFT = (_REMOVING, ".deleting-")
"""How the names begin of what a killed removal left, of a version before this one too."""
_OLD_SECONDS = 24 * 3600


def write_file(path: Path, fill: bytes | Callable[[Path], Any]) -> None:
    """Put a file at `path` whole or not at all: written under a temporary name, fsynced, renamed, folder fsynced.

    `fill` is the content, or a function that writes it to the path it is given. UserError `disk_full` when there is no room,
    `workspace_frozen` where nothing may be written.
    """
    require_writable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{_WRITING}{secrets.token_hex(8)}{path.suffix}"
    try:
        if callable(fill):
            fill(temporary)
        else:
            temporary.write_bytes(fill)
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except Exception as error:
        raise_if_disk_full(error, path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_folder(
    path: Path, fill: Callable[[Path], Any], *, reached: Callable[[str], None] = lambda point: None
) -> None:
    """Put a folder at `path` whole or not at all: filled under a temporary name, its files and itself fsynced, renamed, parent fsynced.

    A folder that is at `path` already is replaced. `reached` is called with "before fsync", "before rename" and "before folder fsync".
    UserError `disk_full` when there is no room.
    """
    make_folder(path.parent)
    temporary = path.parent / f"{_WRITING}{secrets.token_hex(8)}"
    try:
        temporary.mkdir()
        fill(temporary)
        reached("before fsync")
        for written in (*temporary.rglob("*"), temporary):
            _sync(written)
        reached("before rename")
        replace_folder(temporary, path, reached=reached)
    except Exception as error:
        raise_if_disk_full(error, path)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(made: Path, path: Path, *, reached: Callable[[str], None] = lambda point: None) -> None:
    """Rename a finished folder to `path` and delete the one that is there; where the rename fails, that one stays.

    A kill between the two renames leaves neither in its place: only for what can be made again. `reached` is called with "before folder fsync".
    """
    replaced = _set_aside(path) if path.exists() else None  # a folder cannot be renamed onto one that is not empty
    try:
        os.replace(made, path)
    except BaseException:
        if replaced:
            replaced.rename(path)
        raise
    try:
        reached("before folder fsync")
        _sync(path.parent)
    finally:
        if replaced:
            shutil.rmtree(replaced, ignore_errors=True)


def remove_folder(path: Path, *, all_of_it: bool = True, reached: Callable[[], None] = lambda: None) -> None:
    """Delete a folder: it vanishes in one stroke, whatever cuts the rest short. No error where there is none.

    What a removal that was cut short left beside it for a day goes too. Without `all_of_it` what cannot be deleted now is left to that.
    `reached` is called when the folder has vanished. UserError `workspace_frozen` where nothing may be removed.
    """
    require_writable(path)
    try:
        leaving = _set_aside(path)
    except FileNotFoundError:
        return
    reached()
    shutil.rmtree(leaving, ignore_errors=not all_of_it)
    sweep_removed(path.parent)


def make_folder(path: Path) -> None:
    """The folder and those above it, on the disk when this returns. No error where it is there already; UserError `workspace_frozen`."""
    require_writable(path)
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    if missing:
        path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        _sync(folder.parent)


def sweep(folder: Path, *, files: bool = True) -> None:
    """Delete what a killed writer left in `folder`. Only for the one who writes there (without `files`: who writes folders there)."""
    for left in (found for begin in (_WRITING, *_LEFT) for found in folder.glob(f"{begin}*")):
        if left.is_dir():
            shutil.rmtree(left)
        elif files:
            left.unlink()


def sweep_old(folder: Path, pattern: str) -> None:
    """Delete the folders in `folder` that match and did not change for a day: what a killed process left, not what another is at work on."""
    for left in folder.glob(pattern):
        written = stamp(left)  # None where another process is quicker
        if written and time.time() - written[0] / 1e9 > _OLD_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def sweep_removed(folder: Path) -> None:
    """Delete what a removal that was cut short left in `folder`, as `sweep_old` does."""
    for begin in _LEFT:
        sweep_old(folder, f"{begin}*")


def write_json(path: Path, value: Any) -> None:
    """`value` as JSON at `path`, whole or not at all. ValueError for NaN and infinity, which JSON does not know."""
    write_file(path, (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any | None:
    """The value in the file, or None where there is no such file."""
    look(stamp, path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def read_table(path: Path) -> "pd.DataFrame | None":
    """The Parquet table in the file, or None where there is no such file."""
    if not exists(path):
        return None
    import pandas as pd

    return pd.read_parquet(path)


def sha256_of(path: Path) -> str:
    """64 hex digits of what is in the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def raise_if_disk_full(error: Exception, path: Path) -> None:
    """UserError `disk_full` for "no space left" and for a file size limit; other errors are left to the caller."""
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


def _set_aside(path: Path) -> Path:
    """Take a folder out of sight in one stroke, so that it can be deleted in several; where it is now."""
    leaving = path.parent / f"{_REMOVING}{secrets.token_hex(8)}"
    os.utime(path)  # for `sweep_old` it is as old as its removal, whatever is in it
    os.replace(path, leaving)
    return leaving


def _sync(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
