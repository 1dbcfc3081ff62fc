"""The teacher's vectors of every pair of a dataset, or of sentences: each content is embedded once ever, and looked up on disk afterwards."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.models import calibration, references, teachers
from kdmcse.models.calibration import Cosines, unit
from kdmcse.models.teacher_cache import Shards, ShardWriter, cache_folder, claim, content_keys
from kdmcse.models.vector_file import VectorFile
from kdmcse.store.files import require_space
from kdmcse.store.workspace import Workspace

_SECONDS_BETWEEN_REPORTS = 0.5
_LOOK_UP_ROWS = 8_192


@dataclass(frozen=True)
class TeacherFeatures:
    """The teacher's vectors of every pair of a dataset, looked up on disk when asked for. N pairs, D teacher width.

    Of the length that the teacher gives them, where half precision can hold it; whoever compares them takes cosines.
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
    means: tuple[np.ndarray, np.ndarray] | None = None
    """(D,) the mean directions of images and captions, which vectors come without; None: they come as they are"""

    @property
    def width(self) -> int:
        """D"""
        return self.vectors.shape[1]

    def image(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(n, D) float16, float32 where centred, of the images at positions `rows` of `dataset.pairs`; None: all."""
        vectors = self.vectors[self.image_rows if rows is None else self.image_rows[rows]]
        return vectors if self.means is None else calibration.centred(vectors, self.means[0])

    def caption(self, rows: np.ndarray | None = None) -> np.ndarray:
        """The same of the captions."""
        vectors = self.vectors[self.caption_rows if rows is None else self.caption_rows[rows]]
        return vectors if self.means is None else calibration.centred(vectors, self.means[1])

    def centred(self, rows: np.ndarray) -> "TeacherFeatures":
        """The same without the mean direction of each modality over the pairs `rows`."""
        parts = np.array_split(rows, max(1, len(rows) // _LOOK_UP_ROWS))
        means = [
            sum(len(part) * calibration.mean_direction(of(part)) for part in parts) / len(rows)
            for of in (self.image, self.caption)
        ]
        return replace(self, means=tuple(means))

    def cosines(self, rows: np.ndarray) -> Cosines:
        """The teacher's cosines on the pairs `rows`, or on a sample of many."""
        seen = rows[calibration.sampled(len(rows))]
        return Cosines.of(self.image(seen), self.caption(seen))

    def false_negative_cosine(self, rows: np.ndarray) -> float:
        """Median cosine of caption and image over the true pairs `rows`: a negative beyond it looks as true as a pair."""
        rows = np.asarray(rows)
        cosines = [
            np.sum(unit(self.image(part)) * unit(self.caption(part)), axis=1)
            for part in (rows[start : start + _LOOK_UP_ROWS] for start in range(0, len(rows), _LOOK_UP_ROWS))
        ]
        return float(np.median(np.concatenate(cosines)))


@dataclass(frozen=True)
class TextFeatures:
    """A text teacher's vectors of sentences, looked up on disk when asked for. N sentences, D teacher width."""

    vectors: Shards | np.ndarray
    """(rows, D) float16, everything the teacher ever embedded"""
    rows: np.ndarray
    """(N,) row of each sentence"""
    digest: str

    def of(self, positions: np.ndarray) -> np.ndarray:
        """(n, D) float16 of the sentences at these positions."""
        return self.vectors[self.rows[positions]]


def require_pairs(dataset: PairDataset) -> None:
    """UserError where the dataset has no pair to train on, which is what a teacher of images teaches with."""
    if not dataset.counts["train"]:
        raise UserError("no_training_pairs", dataset=dataset.name)


def require(workspace: Workspace, ref: str, dataset: PairDataset) -> None:
    """UserError unless there are pairs to train on and this teacher has, or can make, a vector of every image and caption. Loads no model."""
    references.require(ref, "teacher")
    require_pairs(dataset)
    pairs = dataset.pairs
    wanted = [("image", pairs["image"], pairs["image_name"]), ("text", pairs["caption"], pairs["caption"])]
    if not _holds(ref, wanted) and not dataset.has_images:
        raise UserError("pictures_not_here", dataset=dataset.name, model=ref)


def renamed_images(ref: str, dataset: PairDataset) -> dict[str, str]:
    """Images of the pairs whose vectors a file holds under another name, with that name. UserError where the file cannot be read."""
    if not (file := references.vectors_file(ref)):
        return {}
    references.require(ref, "teacher")
    names = VectorFile(file).names_of(dataset.pairs["image_name"])
    return {name: held for name, held in names.items() if name != held}


def require_texts(ref: str, dataset: PairDataset, *, mixed: bool) -> None:
    """UserError unless this text teacher has, or can make, a vector of every sentence that is trained on. Loads no model.

    mixed: whether sentences without images may be among them.
    """
    references.require(ref, "teacher")
    texts = dataset.pairs.loc[dataset.pairs["split"] == "train", "caption"]
    if mixed and dataset.texts is not None:
        texts = pd.concat([texts, dataset.texts["text"]])
    _holds(ref, [("text", texts, texts)])


def _holds(ref: str, wanted: Sequence[tuple[str, pd.Series, pd.Series]]) -> bool:
    """Whether the teacher is vectors made elsewhere, in a file or kept before; UserError where these lack one of what is wanted.

    wanted: kind, contents as `content_keys` takes them, and what the user calls each.
    """
    if file := references.vectors_file(ref):
        images, texts = (
            [name for kind, _, named in wanted if kind == one for name in named.unique()] for one in ("image", "text")
        )
        VectorFile(file).require(texts, images)
    elif folder := references.kept_vectors(ref):
        shards = Shards(folder)
        for kind, contents, named in wanted:
            missing = named[shards.find(content_keys(kind, contents)) < 0].unique()
            if len(missing):
                raise UserError("vectors_missing", file=folder, count=len(missing), first=missing[0][:80])
    else:
        return False
    return True


def embed(
    workspace: Workspace, ref: str, dataset: PairDataset, *, on_progress: Callable[[int, int], None] | None = None
) -> TeacherFeatures:
    """The features of every pair; only content never seen by this teacher is embedded, and is kept at once.

    `on_progress(done, total)` counts new images and texts. UserError when the teacher cannot be loaded, or when what
    was kept of it cannot be used.
    """
    pairs = dataset.pairs
    image_keys, caption_keys = content_keys("image", pairs["image"]), content_keys("text", pairs["caption"])
    shards, (images, texts) = _embedded(
        workspace,
        ref,
        [
            (image_keys, "embed_images", lambda new: _image_files(dataset, pairs.iloc[new], ref)),
            (caption_keys, "embed_texts", lambda new: pairs["caption"].iloc[new]),
        ],
        on_progress,
    )
    return TeacherFeatures(
        vectors=shards,
        image_rows=shards.find(image_keys),
        caption_rows=shards.find(caption_keys),
        digest=shards.folder.name,
        forward_images=images,
        forward_texts=texts,
    )


def embed_texts(
    workspace: Workspace, ref: str, texts: Sequence[str], *, on_progress: Callable[[int, int], None] | None = None
) -> TextFeatures:
    """The same for sentences alone, which any teacher reads. UserError as `embed`."""
    keys = content_keys("text", texts)
    wanted = [(keys, "embed_texts", lambda new: [texts[position] for position in new])]
    shards, _ = _embedded(workspace, ref, wanted, on_progress)
    return TextFeatures(shards, shards.find(keys), shards.folder.name)


def embed_further(
    workspace: Workspace, ref: str, dataset: PairDataset, images: pd.DataFrame, texts: pd.Series
) -> Shards:
    """Everything that was kept of a teacher, images and texts beyond the pairs included, as far as it can embed them.

    images: image (as the dataset knows it) and image_name. Vectors made elsewhere hold what they hold. UserError as `embed`.
    """
    if file := references.vectors_file(ref):
        made = VectorFile(file)
        images = images[images["image_name"].isin(made.names_of(images["image_name"]))]
        texts = texts[texts.isin(made.contents)]
    elif references.kept_vectors(ref):
        images, texts = images.head(0), texts.head(0)
    wanted = [
        (
            content_keys("image", images["image"]),
            "embed_images",
            lambda new: _image_files(dataset, images.iloc[new], ref),
        ),
        (content_keys("text", texts), "embed_texts", lambda new: texts.iloc[new]),
    ]
    return _embedded(workspace, ref, wanted, None)[0]


def _embedded(
    workspace: Workspace,
    ref: str,
    wanted: Sequence[tuple[np.ndarray, str, Callable[[np.ndarray], Iterable]]],
    on_progress: Callable[[int, int], None] | None,
) -> tuple[Shards, list[int]]:
    """Everything that was kept of a teacher, `wanted` included, and how much of each had to be embedded now.

    wanted: keys, the teacher's method that embeds them, and the contents at positions of the keys.
    """
    references.require(ref, "teacher")
    folder = cache_folder(workspace, ref)
    with FileLock(folder / ".lock"):
        claim(folder, ref)
        shards = Shards(folder)
        unknown = [_first_unknown(shards, keys) for keys, _, _ in wanted]
        if total := sum(map(len, unknown)):
            contents = [of(new) for new, (_, _, of) in zip(unknown, wanted, strict=True)]
            require_space(folder, 2**20 + total * 4096)
            with references.loading(ref, "teacher"):
                teacher = teachers.load(ref)
            said = _Progress(on_progress or (lambda done, total: None), total)
            with ShardWriter(shards) as writer:
                for (keys, embed_them, _), new, content in zip(wanted, unknown, contents, strict=True):
                    for part, vectors in _with_keys(keys[new], getattr(teacher, embed_them)(content)):
                        writer.append(part, vectors)
                        said.add(len(part))
            shards = Shards(folder)
    return shards, [len(new) for new in unknown]


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


def _image_files(dataset: PairDataset, chosen: pd.DataFrame, ref: str) -> Iterator[tuple[Path | None, str]]:
    """File and name of images; no file for vectors that were made elsewhere. UserError when there are no images."""
    if references.vectors_file(ref):
        return ((None, name) for name in chosen["image_name"])
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
