"""The teacher's vectors of every pair of a dataset: each image and text is embedded once ever, and looked up on disk afterwards."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.models import references, teachers
from kdmcse.models.calibration import unit
from kdmcse.models.teacher_cache import Shards, ShardWriter, cache_folder, claim, content_keys
from kdmcse.store.files import require_space
from kdmcse.store.workspace import Workspace

_SECONDS_BETWEEN_REPORTS = 0.5
_LOOK_UP_ROWS = 8_192


@dataclass(frozen=True)
class TeacherFeatures:
    """The teacher's vectors of every pair of a dataset, looked up on disk when asked for. N pairs, D teacher width.

    Of the length that the teacher gives them; whoever compares them takes cosines.
    """

    vectors: Shards | np.ndarray
    """(rows, D) float16, everything the teacher ever embedded"""
    image_rows: np.ndarray
    """(N,) row of each pair's image"""
    caption_rows: np.ndarray
    """(N,) row of each pair's caption"""
    digest: str
    forward_images: int
    """images that had to be embedded now; the others were known"""
    forward_texts: int

    @property
    def width(self) -> int:
        """D"""
        return self.vectors.shape[1]

    def image(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(n, D) float16 of the images at positions `rows` of `dataset.pairs`; None: all."""
        return self.vectors[self.image_rows if rows is None else self.image_rows[rows]]

    def caption(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(n, D) float16 of the captions at positions `rows` of `dataset.pairs`; None: all."""
        return self.vectors[self.caption_rows if rows is None else self.caption_rows[rows]]

    def false_negative_cosine(self, rows: np.ndarray) -> float:
        """Median cosine of caption and image over the true pairs `rows`: a negative beyond it looks as true as a pair."""
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

    `on_progress(done, total)` counts new images and texts. UserError when the teacher cannot be loaded, or when what
    was kept of it cannot be used.
    """
    references.require(ref, "teacher")
    folder = cache_folder(workspace, ref)
    pairs = dataset.pairs
    image_keys, caption_keys = content_keys("image", pairs["image"]), content_keys("text", pairs["caption"])
    with FileLock(folder / ".lock"):
        claim(folder, ref)
        shards = Shards(folder)
        images, texts = _first_unknown(shards, image_keys), _first_unknown(shards, caption_keys)
        if total := len(images) + len(texts):
            files = _image_files(dataset, images, ref)
            require_space(folder, 2**20 + total * 4096)
            with references.loading(ref, "teacher"):
                teacher = teachers.load(ref)
            said = _Progress(on_progress or (lambda done, total: None), total)
            with ShardWriter(shards) as writer:
                parts = teacher.embed_images(files)
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


def _image_files(dataset: PairDataset, positions: np.ndarray, ref: str) -> Iterator[tuple[Path, str]]:
    """File and name of the images at `positions`. UserError when the dataset came without images."""
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
