"""A teacher's vectors that were made elsewhere: one for each image, under its name in the pairs table, and for each text.

Parquet with the columns `content` and `vector`, or NPY with the contents line by line in `<name>.ids.txt`. Contents are compared as
the tables of an upload are: in Unicode NFC, without white space around them. An image that is not there under its name is looked for as in an
album of images: folders before it may be left out or added. D width of a vector.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from kdmcse.data.image_archive import Album, Member
from kdmcse.data.tables import clean, decode
from kdmcse.errors import Reason, UserError, first_line
from kdmcse.i18n import MISSING
from kdmcse.models.calibration import in_half_precision
from kdmcse.models.prefetch import chunks

COLUMNS = ("content", "vector")
_ROWS_AT_ONCE = 8_192
_NAMED = 3
"""contents that an error names"""


class VectorFile:
    """The vectors of a file, in half precision, as every teacher's are kept. UserError where the file is none of the two formats."""

    def __init__(self, path: Path) -> None:
        contents, self._vectors = _from_npy(path) if path.suffix.lower() == ".npy" else _from_parquet(path)
        self._path = path
        self._rows: dict[str, int] = {}
        self._again: dict[str, int] = {}
        for row, content in enumerate(map(clean, contents)):
            if self._rows.setdefault(content, row) != row:
                self._again[content] = row

    @property
    def contents(self) -> Iterable[str]:
        """What it holds a vector of."""
        return self._rows.keys()

    def names_of(self, images: Iterable[str]) -> dict[str, str]:
        """Under which name the file holds each of these images, of those that it holds."""
        images = list(dict.fromkeys(images))
        found = {name: name for name in images if name in self._rows}
        if len(found) == len(images):
            return found
        meant = self._album.find_all(images)
        return {name: one.name for name, one in meant.items() if isinstance(one, Member)} | found

    @cached_property
    def _album(self) -> Album:
        return Album([Member(content, 0, bytes) for content in self._rows])

    def require(self, texts: Sequence[str], images: Sequence[str] = ()) -> None:
        """UserError naming the first, unless each text, and each image by its name, has one usable vector.

        `vectors_missing`, or `vectors_named_otherwise` where there is none of all images or texts; `vectors_twice`, `vectors_without_direction`.
        """
        names = self.names_of(images)
        self._require_all(images, names)
        self._require_all(texts, {text: text for text in texts if text in self._rows})
        contents = [*names.values(), *texts]
        if twice := [content for content in contents if self._differs(content)]:
            raise UserError("vectors_twice", file=self._path, count=len(twice), first=twice[0][:80])
        bad = []
        for part in chunks(contents, _ROWS_AT_ONCE):
            vectors = self._of(part)
            finite, zero = np.isfinite(vectors).all(axis=1), ~vectors.any(axis=1)
            bad += [(part[row], "0" if zero[row] else "NaN, ∞") for row in np.flatnonzero(zero | ~finite)]
        if bad:
            named = "; ".join(f"{content[:80]} ({why})" for content, why in bad[:_NAMED])
            raise UserError("vectors_without_direction", file=self._path, count=len(bad), named=named)

    def embed_images(self, images: Iterable[tuple[Path | None, str]]) -> Iterator[np.ndarray]:
        """(n, D) float16 a part, in order, by the names of the images; UserError as `require`."""
        wanted = [name for _, name in images]
        self.require((), wanted)
        names = self.names_of(wanted)
        return map(self._of, chunks([names[name] for name in wanted], _ROWS_AT_ONCE))

    def embed_texts(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """(n, D) float16 a part, in order; UserError as `require`."""
        contents = list(texts)
        self.require(contents)
        return map(self._of, chunks(contents, _ROWS_AT_ONCE))

    def _require_all(self, wanted: Sequence[str], found: Mapping[str, str]) -> None:
        missing = [content for content in wanted if content not in found]
        if missing and not found:
            others = [content for content in self._rows if content not in set(wanted)]
            examples = {
                name: tuple(one[:80] for one in some[:2]) for name, some in (("wanted", missing), ("held", others))
            }
            raise UserError("vectors_named_otherwise", file=self._path, count=len(missing), **examples)
        if missing:
            raise UserError("vectors_missing", file=self._path, count=len(missing), first=missing[0][:80])

    def _of(self, contents: Sequence[str]) -> np.ndarray:
        return in_half_precision(self._vectors[[self._rows[content] for content in contents]])

    def _differs(self, content: str) -> bool:
        """Whether the content has two vectors that differ."""
        return content in self._again and not np.array_equal(
            self._vectors[self._rows[content]], self._vectors[self._again[content]], equal_nan=True
        )


def _from_npy(path: Path) -> tuple[list[str], np.ndarray]:
    """The contents and their vectors, mapped from the disk."""
    ids = path.with_suffix(".ids.txt")
    if not ids.is_file():
        raise UserError("vectors_without_ids", file=path, ids=ids.name)
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise UserError("vectors_without_header", file=path)
    try:
        vectors = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # NumPy's parser of headers fails in any way on damaged bytes
        raise UserError("vectors_unreadable", file=path, reason=first_line(error)) from error
    # Not `splitlines`: a caption may hold U+2028 and the like.
    contents = io.StringIO(decode(ids.read_bytes(), ids.name)[0].rstrip("\r\n"), newline=None).read().split("\n")
    if vectors.ndim != 2 or not vectors.shape[1] or vectors.dtype.kind not in "fiu":
        shape = " x ".join(map(str, vectors.shape)) or MISSING
        raise UserError("vectors_of_other_shape", file=path, shape=shape, type=str(vectors.dtype), rows=len(contents))
    if len(contents) != len(vectors):
        raise UserError("vectors_do_not_fit", file=path, ids=ids.name, contents=len(contents), vectors=len(vectors))
    return contents, vectors


def _from_parquet(path: Path) -> tuple[list[str], np.ndarray]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, pre_buffer=False)  # else much of the file is in memory at once
        names = file.schema_arrow.names
        if missing := [name for name in COLUMNS if name not in names]:
            fields = {"wanted": tuple(COLUMNS), "missing": tuple(missing), "found": tuple(names)}
            raise UserError("vectors_columns_missing", file=path, **fields)
        kind = file.schema_arrow.field("vector").type
        lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
        if not lists or not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
            raise UserError("vectors_of_other_type", file=path, type=str(kind))
        contents: list[str] = []
        vectors = np.zeros((0, 0), np.float16)
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(COLUMNS)):
            of_batch = [content or "" for content in batch["content"].cast(pa.string()).to_pylist()]
            part = _rows_of(batch["vector"], of_batch, vectors.shape[1], path)
            if not contents:
                vectors = np.empty((file.metadata.num_rows, part.shape[1]), np.float16)
            vectors[len(contents) : len(contents) + len(part)] = part
            contents += of_batch
    except UserError:
        raise
    except Exception as error:  # and so does that of Parquet
        raise UserError("vectors_unreadable", file=path, reason=first_line(error)) from error
    if not contents:
        raise UserError("vectors_unreadable", file=path, reason=Reason("data.reason.no_rows"))
    return contents, vectors


def _rows_of(lists, contents: list[str], width: int, path: Path) -> np.ndarray:
    """(n, D) float16 of n lists of numbers; UserError `vectors_uneven` where one has not D of them. width: D, 0 before it is known."""
    lengths = [0 if length is None else length for length in lists.value_lengths().to_pylist()]
    width = width or max(set(lengths), key=lengths.count)
    if other := [row for row, length in enumerate(lengths) if length != width or not width]:
        fields = {"first": contents[other[0]][:80], "width": lengths[other[0]], "expected": width}
        raise UserError("vectors_uneven", file=path, **fields)
    return in_half_precision(lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, width))
