"""A frozen CLIP-like model -> TeacherFeatures, each image and text embedded once ever. Trains nothing.

    teacher/<digest>/  vectors-00000.npy (rows, float16), keys-00000.bin (32 bytes a row), .lock

A shard exists when its keys do: the vectors are written first. Rows are appended, never changed.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from filelock import FileLock

from kdmcse import sources
from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.workspace import Workspace, require_space, write_file

_VERSION = 1  # of how content is put before a teacher; a new number starts a new cache
_SHARD_ROWS = 2048
_KEY_BYTES = 32


class Teacher(Protocol):
    """Anything that turns pictures and texts into vectors of one space. D teacher width."""

    def embed_images(self, images: Sequence[Path], names: Sequence[str]) -> np.ndarray:
        """(n, D) for pictures by file; `names` are what the user calls them."""

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, D)"""


@dataclass(frozen=True)
class TeacherFeatures:
    """The teacher's unit-length vectors of every pair of a dataset, in the order of `dataset.pairs`. N pairs, D teacher width."""

    image: np.ndarray
    """(N, D) float16"""
    caption: np.ndarray
    """(N, D) float16"""
    digest: str
    forward_images: int
    """pictures that had to be embedded now; the others were known"""
    forward_texts: int

    def false_negative_cosine(self, rows: np.ndarray) -> float:
        """Median cosine of caption and picture over the true pairs `rows`: a negative beyond it looks as true as a pair."""
        products = self.image[rows].astype(np.float32) * self.caption[rows].astype(np.float32)
        return float(np.median(products.sum(axis=1)))


def embed(
    workspace: Workspace, ref: str, dataset: PairDataset, *, on_progress: Callable[[int, int], None] | None = None
) -> TeacherFeatures:
    """The features of every pair; only content never seen by this teacher is embedded, and is kept at once.

    `on_progress(done, total)` counts new pictures and texts. UserError when the teacher cannot be loaded.
    """
    sources.require(ref, "teacher")
    digest = sources.digest(ref, "teacher", _VERSION)
    store = _VectorStore(workspace.teachers / digest)
    pairs = dataset.pairs
    image_keys = [_key("image", sha) for sha in pairs["image"]]
    text_keys = [_key("text", text) for text in pairs["caption"]]
    with FileLock(store.folder / ".lock"):
        known = store.rows()
        pictures = zip(image_keys, pairs["image"], pairs["image_name"], strict=True)
        images = {k: (dataset.image_path(sha), name) for k, sha, name in pictures if k not in known}
        texts = {k: text for k, text in zip(text_keys, pairs["caption"], strict=True) if k not in known}
        if images or texts:
            require_space(store.folder, 2**20 + (len(images) + len(texts)) * 4096)
            with sources.loading(ref, "teacher"):
                teacher = load(ref)
            report = on_progress or (lambda done, total: None)
            total = len(images) + len(texts)
            report(0, total)
            done = 0
            for keys in _chunks(list(images), _SHARD_ROWS):
                store.append(keys, teacher.embed_images(*zip(*(images[k] for k in keys), strict=True)))
                report(done := done + len(keys), total)
            for keys in _chunks(list(texts), _SHARD_ROWS):
                store.append(keys, teacher.embed_texts([texts[k] for k in keys]))
                report(done := done + len(keys), total)
    rows, vectors = store.rows(), store.vectors()
    return TeacherFeatures(
        image=vectors[[rows[k] for k in image_keys]],
        caption=vectors[[rows[k] for k in text_keys]],
        digest=digest,
        forward_images=len(images),
        forward_texts=len(texts),
    )


def load(ref: str) -> Teacher:
    """The teacher behind a reference; see `sources` for what it may be."""
    path = sources.local_path(ref)
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

    def embed_images(self, images: Sequence[Path], names: Sequence[str]) -> np.ndarray:
        from concurrent.futures import ThreadPoolExecutor

        import torch

        with ThreadPoolExecutor(4) as threads:
            prepared = _ahead(
                threads, lambda paths: torch.stack([self._prepare(p) for p in paths]), _chunks(images, 64)
            )
            return self._forward(self._model.encode_image, prepared)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self._forward(self._model.encode_text, (self._tokenize(list(chunk)) for chunk in _chunks(texts, 128)))

    def _prepare(self, path: Path):
        from PIL import Image

        with Image.open(path) as picture:
            return self._preprocess(picture.convert("RGB"))

    def _forward(self, encode, batches: Iterable) -> np.ndarray:
        import torch

        with torch.inference_mode(), torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda"):
            return np.concatenate([encode(batch.to(self._device)).float().cpu().numpy() for batch in batches])


class _SentenceTransformersClip:
    """A CLIP model as sentence-transformers saves it: one `encode` for pictures and texts."""

    def __init__(self, ref: str) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(ref, model_kwargs={"use_safetensors": True}, trust_remote_code=False)

    def embed_images(self, images: Sequence[Path], names: Sequence[str]) -> np.ndarray:
        from PIL import Image

        vectors = []
        for chunk in _chunks(images, 64):
            pictures = [Image.open(path).convert("RGB") for path in chunk]
            vectors.append(self._model.encode(pictures, show_progress_bar=False))
        return np.concatenate(vectors)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self._model.encode(list(texts), show_progress_bar=False)


class _Precomputed:
    """Vectors made elsewhere: Parquet with columns `content` and `vector`, or NPY with the contents line by line in `<name>.ids.txt`.

    `content` is the picture's file name as in the pairs table, or the text itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.suffix.lower() == ".npy":
            vectors = np.load(path, allow_pickle=False)
            ids = path.with_suffix(".ids.txt")
            if not ids.exists():
                raise UserError("file_missing", file=ids)
            contents = ids.read_text(encoding="utf-8-sig").splitlines()
        else:
            import pyarrow.parquet as pq

            table = pq.read_table(path, columns=["content", "vector"])
            contents = table["content"].to_pylist()
            vectors = np.array(table["vector"].to_pylist(), dtype=np.float32)
        if vectors.ndim != 2 or len(contents) != len(vectors):
            raise UserError("vectors_do_not_fit", file=path, contents=len(contents), vectors=len(vectors))
        self._rows = dict(zip(contents, vectors, strict=True))

    def embed_images(self, images: Sequence[Path], names: Sequence[str]) -> np.ndarray:
        return self._look_up(names)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self._look_up(texts)

    def _look_up(self, contents: Sequence[str]) -> np.ndarray:
        missing = [content for content in contents if content not in self._rows]
        if missing:
            raise UserError("vectors_missing", file=self._path, count=len(missing), first=missing[0][:80])
        return np.stack([self._rows[content] for content in contents])


class _VectorStore:
    """Append-only shards of float16 rows with the digests of what they are of."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def rows(self) -> dict[bytes, int]:
        """Key -> row over all shards."""
        keys = b"".join(path.read_bytes() for path in self._shards())
        return {keys[i : i + _KEY_BYTES]: i // _KEY_BYTES for i in range(0, len(keys), _KEY_BYTES)}

    def vectors(self) -> np.ndarray:
        """(rows, D) float16, in the order of `rows`."""
        names = [path.name.replace("keys-", "vectors-").replace(".bin", ".npy") for path in self._shards()]
        return np.concatenate([np.load(self.folder / name, mmap_mode="r") for name in names])

    def append(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Normalise and keep; UserError when a vector is not a direction (zero, infinite or not a number)."""
        vectors = np.asarray(vectors, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or (lengths == 0).any():
            raise UserError("teacher_vectors_not_finite", count=int((~np.isfinite(lengths) | (lengths == 0)).sum()))
        number = len(self._shards())
        unit = (vectors / lengths).astype(np.float16)
        write_file(self.folder / f"vectors-{number:05d}.npy", lambda path: np.save(path, unit))
        write_file(self.folder / f"keys-{number:05d}.bin", b"".join(keys))

    def _shards(self) -> list[Path]:
        return sorted(self.folder.glob("keys-*.bin"))


def _key(kind: str, content: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{content}".encode()).digest()


def _chunks(items: Sequence, size: int):
    return (items[i : i + size] for i in range(0, len(items), size))


def _ahead(threads, prepare: Callable, chunks: Iterable):
    """Results of `prepare` in order, with the next ones in the making while one is used."""
    waiting = []
    for chunk in chunks:
        waiting.append(threads.submit(prepare, chunk))
        if len(waiting) > 3:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()
