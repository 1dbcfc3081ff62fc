"""A frozen CLIP-like model -> TeacherFeatures, each image and text embedded once ever. Trains nothing.

    teacher/<digest>/  teacher.json (whose vectors these are), vectors-00000.npy (rows, float16), keys-00000.bin (32 bytes a row), .lock

A shard exists when its keys do: the vectors are written first. Rows are appended, never changed.
"""

import hashlib
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from filelock import FileLock

from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.models import references
from kdmcse.models.prefetch import ahead
from kdmcse.store.files import read_json, require_space, write_file, write_json
from kdmcse.store.workspace import Workspace

_VERSION = 2  # of how content is put before a teacher; a new number starts a new cache
_KEY = np.dtype("S32")
_SHARD_ROWS = 32_768
_SHARD_SECONDS = 30.0
_SHARD_SHARE = 1 / 32
_LOOK_UP_ROWS = 8_192
_SECONDS_BETWEEN_REPORTS = 0.5
_BATCHES_AHEAD = 3


class Teacher(Protocol):
    """Anything that turns pictures and texts into vectors of one space. D teacher width."""

    def embed_images(self, pictures: Iterable[tuple[Path, str]]) -> Iterable[np.ndarray]:
        """(n, D) a part, in order, for pictures by file and by what the user calls them."""

    def embed_texts(self, texts: Iterable[str]) -> Iterable[np.ndarray]:
        """(n, D) a part, in order."""


@dataclass(frozen=True)
class TeacherFeatures:
    """The teacher's vectors of every pair of a dataset, looked up on disk when asked for. N pairs, D teacher width.

    Of the length that the teacher gives them; whoever compares them takes cosines.
    """

    vectors: "Shards | np.ndarray"
    """(rows, D) float16, everything the teacher ever embedded"""
    image_rows: np.ndarray
    """(N,) row of each pair's picture"""
    caption_rows: np.ndarray
    """(N,) row of each pair's caption"""
    digest: str
    forward_images: int
    """pictures that had to be embedded now; the others were known"""
    forward_texts: int

    @property
    def width(self) -> int:
        """D"""
        return self.vectors.shape[1]

    def image(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(n, D) float16 of the pictures at positions `rows` of `dataset.pairs`; None: all."""
        return self.vectors[self.image_rows if rows is None else self.image_rows[rows]]

    def caption(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(n, D) float16 of the captions at positions `rows` of `dataset.pairs`; None: all."""
        return self.vectors[self.caption_rows if rows is None else self.caption_rows[rows]]

    def false_negative_cosine(self, rows: np.ndarray) -> float:
        """Median cosine of caption and picture over the true pairs `rows`: a negative beyond it looks as true as a pair."""
        rows = np.asarray(rows)
        cosines = [
            np.sum(unit(self.image(part)) * unit(self.caption(part)), axis=1)
            for part in (rows[start : start + _LOOK_UP_ROWS] for start in range(0, len(rows), _LOOK_UP_ROWS))
        ]
        return float(np.median(np.concatenate(cosines)))


def embed(
    workspace: Workspace, ref: str, dataset: PairDataset, *, on_progress: Callable[[int, int], None] | None = None
) -> TeacherFeatures:
    """The features of every pair; only content never seen by this teacher is embedded, and is kept at once.

    `on_progress(done, total)` counts new pictures and texts. UserError when the teacher cannot be loaded, or when what
    was kept of it cannot be used.
    """
    references.require(ref, "teacher")
    folder = _cache_folder(workspace, ref)
    pairs = dataset.pairs
    image_keys, caption_keys = content_keys("image", pairs["image"]), content_keys("text", pairs["caption"])
    with FileLock(folder / ".lock"):
        claim(folder, ref)
        shards = Shards(folder)
        images, texts = _first_unknown(shards, image_keys), _first_unknown(shards, caption_keys)
        if total := len(images) + len(texts):
            pictures = _pictures(dataset, images, ref)
            require_space(folder, 2**20 + total * 4096)
            with references.loading(ref, "teacher"):
                teacher = load(ref)
            said = _Progress(on_progress or (lambda done, total: None), total)
            with ShardWriter(shards) as writer:
                parts = teacher.embed_images(pictures)
                for keys, vectors in _with_keys(image_keys[images], parts):
                    writer.append(keys, vectors)
                    said.add(len(keys))
                parts = teacher.embed_texts(pairs["caption"].iloc[texts])
                for keys, vectors in _with_keys(caption_keys[texts], parts):
                    writer.append(keys, vectors)
                    said.add(len(keys))
            shards = Shards(folder)
    return TeacherFeatures(
        vectors=shards,
        image_rows=shards.find(image_keys),
        caption_rows=shards.find(caption_keys),
        digest=folder.name,
        forward_images=len(images),
        forward_texts=len(texts),
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    """(n, D) -> (n, D) float32 of length 1"""
    vectors = vectors.astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


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
        found = known.get("ref", "–") if isinstance(known, dict) else "–"
        raise UserError("teacher_cache_of_another", folder=folder, found=found, model=ref)


def _cache_folder(workspace: Workspace, ref: str) -> Path:
    path = references.local_path(ref)
    if path is not None and (path / references.KEPT_VECTORS).is_file():
        return path
    folder = workspace.teachers / references.digest(ref, "teacher", _VERSION)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def load(ref: str) -> Teacher:
    """The teacher behind a reference; see `sources` for what it may be."""
    path = references.local_path(ref)
    if path is not None and (path / references.KEPT_VECTORS).is_file():
        return _KeptOnly(path)
    if path is not None and path.is_file():
        return _Precomputed(path)
    if path is not None and (path / "modules.json").exists():
        return _SentenceTransformersClip(str(path))
    if path is not None:
        return _OpenClip(f"local-dir:{path.resolve()}")
    if ref.startswith("hf-hub:"):
        return _OpenClip(ref)
    import open_clip

    architecture, _, weights = ref.partition("/")
    if architecture in open_clip.list_models():
        if weights not in open_clip.list_pretrained_tags_by_model(architecture):
            known = ", ".join(open_clip.list_pretrained_tags_by_model(architecture))
            raise UserError("teacher_weights_unknown", model=architecture, weights=weights or "–", known=known)
        return _OpenClip(architecture, weights)
    return _SentenceTransformersClip(ref)


class _OpenClip:
    """A model of open_clip, in float32 on the CPU and under bfloat16 on a GPU."""

    def __init__(self, name: str, weights: str | None = None) -> None:
        import open_clip
        import torch

        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model, _, self._preprocess = open_clip.create_model_and_transforms(
            name, pretrained=weights, device=self._device, weights_only=True
        )
        self._model.eval()
        self._tokenize = open_clip.get_tokenizer(name)

    def embed_images(self, pictures: Iterable[tuple[Path, str]]) -> Iterator[np.ndarray]:
        import torch

        for prepared in _prepared(self._prepare, (path for path, _ in pictures), 64):
            yield self._forward(self._model.encode_image, torch.stack(prepared))

    def embed_texts(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        for (tokens,) in _prepared(self._tokenize, _chunks(texts, 128), 1):
            yield self._forward(self._model.encode_text, tokens)

    def _prepare(self, path: Path):
        return self._preprocess(_open(path))

    def _forward(self, encode: Callable, batch) -> np.ndarray:
        import torch

        with torch.inference_mode(), torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda"):
            return encode(batch.to(self._device)).float().cpu().numpy()


class _SentenceTransformersClip:
    """A CLIP model as sentence-transformers saves it: one `encode` for pictures and texts."""

    def __init__(self, ref: str) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(ref, model_kwargs={"use_safetensors": True}, trust_remote_code=False)

    def embed_images(self, pictures: Iterable[tuple[Path, str]]) -> Iterator[np.ndarray]:
        for opened in _prepared(_open, (path for path, _ in pictures), 64):
            yield self._model.encode(opened, batch_size=64, show_progress_bar=False)

    def embed_texts(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        for batch in _chunks(texts, 1024):  # it sorts them by length
            yield self._model.encode(batch, show_progress_bar=False)


class _Precomputed:
    """Vectors made elsewhere: Parquet with columns `content` and `vector`, or NPY with the contents line by line in `<name>.ids.txt`.

    `content` is the picture's file name as in the pairs table, or the text itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.suffix.lower() == ".npy":
            self._vectors = np.load(path, allow_pickle=False, mmap_mode="r")
            ids = path.with_suffix(".ids.txt")
            if not ids.exists():
                raise UserError("file_missing", file=ids)
            contents = ids.read_text(encoding="utf-8-sig").splitlines()
        else:
            import pyarrow.parquet as pq

            table = pq.read_table(path, columns=["content", "vector"])
            contents = table["content"].to_pylist()
            numbers = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            whole = len(contents) > 0 and len(numbers) % len(contents) == 0
            lengths = set(table["vector"].combine_chunks().value_lengths().to_pylist()) if whole else set()
            self._vectors = numbers.reshape(len(contents), -1) if len(lengths) == 1 else np.zeros(0)
        if self._vectors.ndim != 2 or len(contents) != len(self._vectors):
            raise UserError("vectors_do_not_fit", file=path, contents=len(contents), vectors=len(self._vectors))
        self._rows = {content: row for row, content in enumerate(contents)}

    def embed_images(self, pictures: Iterable[tuple[Path, str]]) -> Iterator[np.ndarray]:
        return self._look_up([name for _, name in pictures])

    def embed_texts(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        return self._look_up(list(texts))

    def _look_up(self, contents: list[str]) -> Iterator[np.ndarray]:
        missing = [content for content in contents if content not in self._rows]
        if missing:
            raise UserError("vectors_missing", file=self._path, count=len(missing), first=missing[0][:80])
        for part in _chunks(contents, _LOOK_UP_ROWS):
            yield self._vectors[[self._rows[content] for content in part]]


class _KeptOnly:
    """A folder of vectors without the model that gave them: what it has not seen cannot be embedded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def embed_images(self, pictures: Iterable[tuple[Path, str]]) -> Iterable[np.ndarray]:
        return self._nothing([name for _, name in pictures])

    def embed_texts(self, texts: Iterable[str]) -> Iterable[np.ndarray]:
        return self._nothing(list(texts))

    def _nothing(self, contents: list[str]) -> Iterable[np.ndarray]:
        if contents:
            raise UserError("vectors_missing", file=self._folder, count=len(contents), first=contents[0][:80])
        return ()


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
                raise UserError("teacher_shard_unreadable", file=file, reason=str(error)[:200]) from error
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
        found = np.empty((len(rows), self.shape[1]), np.float16)
        shard = np.searchsorted(self._ends, rows, side="right")
        by_shard = np.argsort(shard, kind="stable")
        for places in np.split(by_shard, np.flatnonzero(np.diff(shard[by_shard])) + 1):
            if len(places):
                part = self._parts[shard[places[0]]]
                found[places] = part[rows[places] - self._ends[shard[places[0]]] + len(part)]
        return found


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
        """Keep; UserError when a vector is not a direction (zero, infinite, not a number, or so in half precision)."""
        with np.errstate(over="ignore"):
            vectors = np.asarray(vectors).astype(np.float16)
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


class _Progress:
    """Tells how many are done, now and then and at the end."""

    def __init__(self, report: Callable[[int, int], None], total: int) -> None:
        self._report, self._total, self._done, self._said = report, total, 0, time.monotonic()
        report(0, total)

    def add(self, number: int) -> None:
        self._done += number
        if self._done == self._total or time.monotonic() - self._said > _SECONDS_BETWEEN_REPORTS:
            self._report(self._done, self._total)
            self._said = time.monotonic()


def _first_unknown(shards: Shards, keys: np.ndarray) -> np.ndarray:
    """Positions of the keys that were never kept, each content once, in their order."""
    unknown = np.flatnonzero(shards.find(keys) < 0)
    return np.sort(unknown[np.unique(keys[unknown], return_index=True)[1]])


def _pictures(dataset: PairDataset, positions: np.ndarray, ref: str) -> Iterator[tuple[Path, str]]:
    """File and name of the pictures at `positions`. UserError when the dataset came without pictures."""
    chosen = dataset.pairs.iloc[positions]
    if len(chosen):
        try:
            dataset.image_path(chosen["image"].iloc[0])
        except KeyError as error:
            raise UserError("pictures_not_here", dataset=dataset.name, model=ref) from error
    return ((dataset.image_path(sha), name) for sha, name in zip(chosen["image"], chosen["image_name"], strict=True))


def _with_keys(keys: np.ndarray, parts: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    start = 0
    for vectors in parts:
        yield keys[start : start + len(vectors)], vectors
        start += len(vectors)


def _chunks(items: Iterable, size: int) -> Iterator[list]:
    waiting = iter(items)
    while chunk := list(itertools.islice(waiting, size)):
        yield chunk


def _prepared(prepare: Callable, items: Iterable, size: int) -> Iterator[list]:
    """Lists of `size` results of `prepare`, in order; the next ones are made while one is used."""
    with ThreadPoolExecutor(max(2, min(16, os.cpu_count() or 2))) as threads:
        yield from _chunks(ahead(threads, prepare, items, at_once=_BATCHES_AHEAD * size), size)


def _open(path: Path):
    from PIL import Image

    with Image.open(path) as picture:
        return picture.convert("RGB")
