"""Lines of JSON in a file that only grows: each is on the disk when `append` returns, and one that a kill cut short spoils no other."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kdmcse.store.files import make_folder, raise_if_disk_full
from kdmcse.store.reads import look, stamp


def append(path: Path, values: Iterable[dict[str, Any]]) -> None:
    """Add a line for each value in one stroke, fsynced. UserError `disk_full` when there is no room."""
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
    return [value for line in content.split(b"\n") if isinstance(value := _value(line), dict)]


def _value(line: bytes) -> Any:
    """What the line says, or None where it was cut short."""
    try:
        return json.loads(line)
    except ValueError:
        return None
