"""The published file of teacher vectors, streamed once, entry by entry. D teacher width.

    {image key: {"image": file name, "image_feat": [D numbers], "captions": [n texts], "lang_feat": [n x [D numbers]]}}

Several GB, of which one entry is in memory. Read by hand, with the standard library's parser for each entry: an error names the image key,
and neither an endless entry nor a deep one takes more memory than `_LONGEST_ENTRY_BYTES` allows.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kdmcse.data.tables import clean
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING

_READ_BYTES = 4 * 2**20
_LONGEST_ENTRY_BYTES = 64 * 2**20
_MOST_BRACES = 1_000


@dataclass(frozen=True)
class Entry:
    """One image. `vectors` (1 + n, D) float32: of the image, then of its n captions."""

    key: str
    image: str
    captions: list[str]
    vectors: np.ndarray


def checked_entries(entries: Iterable[tuple[str, dict]], file: str) -> Iterator[Entry]:
    """The entries with their vectors. UserError naming the file and the image key for the first that cannot be right."""
    seen: set[str] = set()
    width = None
    for key, value in entries:
        if key in seen:
            raise UserError("published_key_twice", file=file, key=key[:80])
        seen.add(key)
        for field in ("image_feat", "captions", "lang_feat"):
            if not isinstance(value.get(field), list):
                raise UserError("published_field_missing", file=file, key=key[:80], field=field)
        captions, count = value["captions"], len(value["lang_feat"])
        if count != len(captions):
            raise UserError("published_counts_differ", file=file, key=key[:80], captions=len(captions), vectors=count)
        if not all(isinstance(caption, str) for caption in captions):
            raise UserError("published_field_missing", file=file, key=key[:80], field="captions")
        vectors = [value["image_feat"], *value["lang_feat"]]
        widths = {len(vector) if isinstance(vector, list) else 0 for vector in vectors}
        width = width or max(widths)
        if widths != {width}:
            other = next(iter(widths - {width}))
            raise UserError("published_width_differs", file=file, key=key[:80], width=other, expected=width)
        try:
            with np.errstate(over="ignore"):  # becomes infinite, which is looked for
                numbers = np.array(vectors, dtype=np.float32)
            lengths = np.linalg.norm(numbers, axis=-1)
        except (TypeError, ValueError):  # words or lists where numbers belong
            lengths = np.zeros(1)
        if lengths.ndim != 1 or not np.isfinite(lengths).all() or not lengths.all():
            raise UserError("published_not_numbers", file=file, key=key[:80])
        image = value.get("image")
        yield Entry(key, image if isinstance(image, str) and image else key, [clean(c) for c in captions], numbers)


class FeatureFile:
    """The (key, object) entries of the file; only one of them is in memory. `sha256` of the whole file at the end.

    An entry ends at the first `}` up to which it is valid JSON, so that the fast parser of the standard library reads it.
    """

    _STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)

    def __init__(self, path: Path, report: Callable[[int, int], None]) -> None:
        self._path, self._report, self._size = path, report, path.stat().st_size
        self._buffer, self._place, self._done = b"", 0, 0
        self._digest = hashlib.sha256()
        self._key = MISSING

    @property
    def sha256(self) -> str:
        """Hex digits of what was read."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[tuple[str, dict]]:
        with self._path.open("rb") as self._file:
            self._report(0, self._size)
            self._take(b"{")
            if self._look() != b"}":
                yield self._entry()
                while self._look() == b",":
                    self._place += 1
                    yield self._entry()
            self._take(b"}")
            if self._look():
                raise self._unreadable("more follows after the end")

    def _entry(self) -> tuple[str, dict]:
        if self._look() not in (b'"', b""):
            raise self._unreadable("an image key was expected")
        while not (match := self._STRING.match(self._buffer, self._place)):
            if len(self._buffer) - self._place > _LONGEST_ENTRY_BYTES:
                raise self._unreadable("an image key does not end")
            self._fill()
        key = self._parsed(match[0])
        self._place = match.end()
        self._take(b":")
        self._key = key
        self._take(b"{")
        self._place -= 1
        return key, self._object()

    def _object(self) -> dict:
        length = 0
        for _ in range(_MOST_BRACES):  # a caption may hold braces
            while (end := self._buffer.find(b"}", self._place + length)) < 0:
                length = len(self._buffer) - self._place
                if length > _LONGEST_ENTRY_BYTES:
                    raise self._unreadable("it does not end")
                self._fill()
            length = end + 1 - self._place
            try:
                value = self._parsed(self._buffer[self._place : end + 1], cut=True)
            except _CutShort:
                continue
            self._place = end + 1
            return value
        raise self._unreadable("too many braces")

    def _parsed(self, text: bytes, cut: bool = False):
        try:
            return json.loads(text.decode("utf-8"), parse_constant=self._refuse)
        except json.JSONDecodeError as error:
            if cut and (error.msg.startswith("Unterminated string") or error.pos >= len(error.doc)):
                raise _CutShort from error
            raise self._unreadable(error.msg) from error
        except (ValueError, RecursionError) as error:  # no UTF-8, an endless number, nested too deeply
            raise self._unreadable(str(error)[:120]) from error

    def _refuse(self, constant: str) -> None:
        raise UserError("published_not_numbers", file=self._path.name, key=self._key[:80])

    def _look(self) -> bytes:
        """The next byte that is no white space, left in place; b"" at the end of the file."""
        while True:
            while self._place < len(self._buffer):
                byte = self._buffer[self._place : self._place + 1]
                if byte not in b" \t\r\n":
                    return byte
                self._place += 1
            if not self._fill(required=False):
                return b""

    def _take(self, byte: bytes) -> None:
        first = self._look()
        if not first:
            raise self._truncated()
        if first != byte:
            raise self._unreadable(f"{byte.decode()} was expected")
        self._place += 1

    def _fill(self, required: bool = True) -> bool:
        chunk = self._file.read(_READ_BYTES)
        if not chunk and required:
            raise self._truncated()
        self._digest.update(chunk)
        self._done += len(chunk)
        self._buffer, self._place = self._buffer[self._place :] + chunk, 0
        self._report(self._done, self._size)
        return bool(chunk)

    def _truncated(self) -> UserError:
        return UserError("published_truncated", file=self._path.name, key=self._key[:80], bytes=self._done)

    def _unreadable(self, reason: str) -> UserError:
        return UserError("published_unreadable", file=self._path.name, key=self._key[:80], reason=reason)


class _CutShort(Exception):
    """The JSON text breaks off; it may go on after the brace at its end."""
