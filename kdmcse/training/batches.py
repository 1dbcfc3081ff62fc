"""Which rows share a batch, where they are each other's wrong answers: at random, without repeats, or near neighbours. No torch here.

A policy gets a round's order of all n rows, how many batches of how many rows to make, and what is known of the rows; it makes them
of these alone, so that the same seed gives the same batches. A batch may be smaller where too few rows may share it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kdmcse.data import PairDataset
from kdmcse.data.nearly_same import folded, text_groups
from kdmcse.models import calibration


@dataclass(frozen=True)
class Rows:
    """What is known of n rows that should, or should not, share a batch."""

    keys: Sequence[Sequence[int]]
    """(n, k) numbers, of another range in each column. Rows with one of the first k - 1 in common are the same (a caption, an image) and
    never meet; those with the last in common (a product) only where there is no other place for them."""
    nearest: Callable[[int], np.ndarray] | None = None
    """a row -> the others that are wrong answers to it, the nearest first"""

    @classmethod
    def of(cls, *columns: Sequence[str], nearest: Callable[[int], np.ndarray] | None = None) -> "Rows":
        """columns: k sequences of n values."""
        keys, before = [], 0
        for values in columns:
            numbers = np.unique(np.asarray(values, dtype=str), return_inverse=True)[1]
            keys.append(numbers + before)
            before += len(values)
        return cls(np.stack(keys, axis=1).tolist(), nearest)


def of_pairs(dataset: PairDataset, rows: np.ndarray, nearest: Callable[[int], np.ndarray] | None = None) -> Rows:
    """What is known of the pairs `rows` (n,) that are trained on: captions and images that nearly are the same count as one."""
    pairs = dataset.pairs.iloc[rows]
    return Rows.of(_said(pairs["caption"]), dataset.image_groups[rows], pairs["group"], nearest=nearest)


def of_texts(texts: Sequence[str]) -> Rows:
    """The same of sentences without images."""
    return Rows.of(_said(texts), range(len(texts)))


def _said(texts: Iterable[str]) -> np.ndarray:
    return text_groups([folded(text) for text in texts])


def nearest(captions: np.ndarray, images: np.ndarray | None = None, *, share: float) -> Callable[[int], np.ndarray]:
    """A pair -> the others, of the most alike caption first, but for those that may be right answers to it.

    captions, images (n, D): of the teacher, or of a text teacher or the untouched student, which know no images. Positive-aware (Moreira et
    al. 2024, NV-Retriever): the cosine of the pair's caption with another image stays below `share` of that with its own image; without
    images, the cosine of two captions stays below `share` of 1, that of a caption with itself.
    """
    captions = calibration.unit(captions)
    targets = captions if images is None else calibration.unit(images)

    def neighbours(row: int) -> np.ndarray:
        scores = targets @ captions[row]
        wrong = scores < share * scores[row]
        wrong[row] = False
        order = np.argsort(-(captions @ captions[row]), kind="stable")
        return order[wrong[order]]

    return neighbours


def at_random(order: np.ndarray, count: int, size: int, rows: Rows) -> Iterator[np.ndarray]:
    """The rows in their order, as published; a caption may be its own wrong answer."""
    return (order[i * size : (i + 1) * size] for i in range(count))


def distinct(order: np.ndarray, count: int, size: int, rows: Rows) -> Iterator[np.ndarray]:
    """Every row in turn into the next batch that it may share, so that all get as many; what may share none is left out of the round."""
    batches: list[list[int]] = [[] for _ in range(count)]
    held: list[set[int]] = [set() for _ in range(count)]
    for turn, row in enumerate(order.tolist()):
        keys = rows.keys[row]
        for apart in (keys, keys[:-1]):
            places = ((turn + step) % count for step in range(count))
            place = next((p for p in places if len(batches[p]) < size and held[p].isdisjoint(apart)), None)
            if place is not None:
                batches[place].append(row)
                held[place].update(keys)
                break
    return map(np.array, batches)


def dense(order: np.ndarray, count: int, size: int, rows: Rows) -> Iterator[np.ndarray]:
    """Each of the first rows of the order with its nearest wrong answers, as a catalogue has them; without a `nearest`, as `distinct`."""
    if rows.nearest is None:
        yield from distinct(order, count, size, rows)
        return
    for anchor in order[:count].tolist():
        batch = [anchor]
        near = rows.nearest(anchor).tolist()
        _fill(batch, near, size, lambda row: rows.keys[row])
        _fill(batch, near, size, lambda row: rows.keys[row][:-1])
        yield np.array(batch)


def _fill(batch: list[int], candidates: Iterable[int], size: int, keys: Callable[[int], Sequence[int]]) -> None:
    """Candidates in their order that share no key with the batch nor with each other, until it holds `size`."""
    held = {key for row in batch for key in keys(row)}
    for row in candidates:
        if len(batch) >= size:
            return
        if held.isdisjoint(keys(row)) and row not in batch:
            batch.append(row)
            held.update(keys(row))


POLICIES: dict[str, Callable[[np.ndarray, int, int, Rows], Iterator[np.ndarray]]] = {
    "random": at_random,
    "distinct": distinct,
    "dense": dense,
}
