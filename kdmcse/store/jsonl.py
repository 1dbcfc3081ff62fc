"""Lines of JSON in a file that only grows: one that a kill or a full disk cut short spoils no other."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kdmcse.store.files import make_folder, raise_if_disk_full
from kdmcse.store.reads import look, stamp

_LAST_BYTES = 4096
"""The newest line is looked for in so much of the end of a file."""


def append(path: Path, values: Iterable[dict[str, Any]], *, fsync: bool = True) -> None:
    """Add a line for each value in one stroke, on the disk when this returns unless told otherwise. UserError `disk_full` when there is no room."""
    content = "".join(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n" for value in values).encode()
    try:
        make_folder(path.parent)
        with path.open("a+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                content = (b"" if file.read(1) == b"\n" else b"\n") + content
            if (written := file.write(content)) < len(content):
                raise OSError(f"{len(content)} requested and {written} written")
            if fsync:
                os.fsync(file.fileno())
    except OSError as error:
        raise_if_disk_full(error, path)
        raise


def read(path: Path) -> list[dict[str, Any]]:
    """Every whole line, oldest first; none where there is no such file."""
    look(stamp, path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return list(_whole(content.split(b"\n")))


def last(path: Path) -> dict[str, Any] | None:
    """The newest whole line, read from the end of the file; None where there is none, or it is longer than `_LAST_BYTES`."""
    look(stamp, path)
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
            content = file.read()
    except FileNotFoundError:
        return None
    return next(_whole(reversed(content.split(b"\n"))), None)


def _whole(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """What the lines say that were not cut short."""
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value
