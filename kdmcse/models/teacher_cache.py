"""The vectors that a teacher gave, each image and text under its content, kept as shards that are read through memory maps.

    teacher/<digest>/  teacher.json (whose vectors these are), vectors-00000.npy (rows, float16), keys-00000.bin (32 bytes a row), .lock

A shard exists when its keys do: the vectors are written first. Rows are appended, never changed.
"""

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kdmcse.errors import UserError, first_line
from kdmcse.i18n import MISSING
from kdmcse.models import references
from kdmcse.models.calibration import in_half_precision
from kdmcse.store.files import read_json, write_file, write_json
from kdmcse.store.workspace import Workspace

_VERSION = 2  # of how content is put before a teacher; a new number starts a new cache
_KEY = np.dtype("S32")
_SHARD_ROWS = 32_768
_SHARD_SECONDS = 30.0
_SHARD_SHARE = 1 / 32


def content_keys(kind: str, contents: Iterable[str]) -> np.ndarray:
    """(n,) 32 bytes each: under what the vector of an `image` (by its digest) or a `text` is kept."""
    return np.array([hashlib.sha256(f"{kind}\0{content}".encode()).digest() for content in contents], dtype=_KEY)


def claim(folder: Path, ref: str) -> None:
    """Say in a cache folder whose vectors it holds. UserError when it says already that they are another teacher's."""
    note = folder / references.KEPT_VECTORS
    try:
        known = read_json(note)
    except ValueError:
        known = {}
    if known is None:
        write_json(note, {"version": _VERSION, "digest": folder.name, "ref": ref})
    elif not isinstance(known, dict) or known.get("digest") != folder.name:
        owner = known.get("ref", MISSING) if isinstance(known, dict) else MISSING
        raise UserError("teacher_cache_of_another", folder=folder, found=owner, model=ref)


def cache_folder(workspace: Workspace, ref: str) -> Path:
    """Where the vectors of this teacher are kept: a folder of the workspace, or the one that the reference names."""
    if kept := references.kept_vectors(ref):
        return kept
    folder = workspace.teachers / references.digest(ref, "teacher", _VERSION)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Shards:
    """What a cache folder holds now, read through memory maps. Every shard is checked when the folder is opened.

    UserError teacher_shard_uneven, teacher_shard_width or teacher_shard_unreadable, naming the file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: list[np.ndarray] = []
        keys = [np.zeros(0, _KEY)]
        for path in sorted(folder.glob("keys-*.bin")):
            file = path.with_name(path.name.replace("keys-", "vectors-")).with_suffix(".npy")
            try:
                part = np.load(file, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError) as error:
                raise UserError("teacher_shard_unreadable", file=file, reason=first_line(error)) from error
            rows = path.stat().st_size / _KEY.itemsize
            if part.ndim != 2 or part.dtype != np.float16 or len(part) != rows:
                raise UserError("teacher_shard_uneven", file=file, vectors=part.shape, keys=f"{rows:g}")
            if self._parts and part.shape[1] != self.shape[1]:
                raise UserError("teacher_shard_width", file=file, width=part.shape[1], expected=self.shape[1])
            self._parts.append(part)
            keys.append(np.fromfile(path, _KEY))
        self._ends = np.cumsum([len(part) for part in self._parts], dtype=np.int64)
        keys = np.concatenate(keys)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, D); D is 0 where nothing was kept yet."""
        return sum(map(len, self._parts)), self._parts[0].shape[1] if self._parts else 0

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def number(self) -> int:
        """Of the shard that comes next."""
        return max((int(path.stem.removeprefix("keys-")) for path in self.folder.glob("keys-*.bin")), default=-1) + 1

    def find(self, keys: np.ndarray) -> np.ndarray:
        """(n,) row of each key, -1 where it was never kept."""
        if not len(self._sorted):
            return np.full(len(keys), -1)
        place = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[place] == keys, self._order[place], -1)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """(n, D) float16, copied out of the maps shard by shard."""
        rows = np.asarray(rows)
        vectors = np.empty((len(rows), self.shape[1]), np.float16)
        shard = np.searchsorted(self._ends, rows, side="right")
        by_shard = np.argsort(shard, kind="stable")
        for places in np.split(by_shard, np.flatnonzero(np.diff(shard[by_shard])) + 1):
            if len(places):
                part = self._parts[shard[places[0]]]
                vectors[places] = part[rows[places] - self._ends[shard[places[0]]] + len(part)]
        return vectors


class ShardWriter:
    """Gathers vectors and keeps them as shards behind those that are there. Use as a context manager.

    A shard ends with `_SHARD_ROWS` rows (50 MB at 768 numbers, which bounds the memory), or when `_SHARD_SECONDS` have passed and it is
    at least `_SHARD_SHARE` of what is there: a kill costs half a minute or 3 % of the work, and a million rows from the
    slowest teacher are some 250 files, each of which a reader keeps open.
    """

    def __init__(self, shards: Shards) -> None:
        self._folder, self._number, self._width = shards.folder, shards.number, shards.shape[1]
        self._kept, self._rows, self._began = shards.shape[0], 0, time.monotonic()
        self._keys: list[np.ndarray] = []
        self._vectors: list[np.ndarray] = []

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._close_shard()  # what was embedded before a failure is good

    def append(self, keys: np.ndarray, vectors: np.ndarray) -> None:
        """Keep; UserError when a vector is not a direction (zero, infinite or not a number)."""
        vectors = in_half_precision(vectors)
        bad = ~np.isfinite(vectors).all(axis=1) | ~vectors.any(axis=1)
        if bad.any():
            raise UserError("teacher_vectors_not_finite", count=int(bad.sum()))
        if self._width and vectors.shape[1] != self._width:
            raise UserError("teacher_width_changed", folder=self._folder, width=vectors.shape[1], expected=self._width)
        self._width = vectors.shape[1]
        self._keys.append(keys)
        self._vectors.append(vectors)
        self._rows += len(keys)
        late = time.monotonic() - self._began > _SHARD_SECONDS and self._rows >= _SHARD_SHARE * self._kept
        if late or self._rows >= _SHARD_ROWS:
            self._close_shard()

    def _close_shard(self) -> None:
        if self._rows:
            vectors = np.concatenate(self._vectors)
            write_file(self._folder / f"vectors-{self._number:05d}.npy", lambda path: np.save(path, vectors))
            write_file(self._folder / f"keys-{self._number:05d}.bin", np.concatenate(self._keys).tobytes())
            self._number, self._kept = self._number + 1, self._kept + self._rows
        self._keys, self._vectors, self._rows, self._began = [], [], 0, time.monotonic()
