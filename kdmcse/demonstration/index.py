"""What a query is searched in: the captions of a dataset, each once, and their vectors as a file that is mapped, never loaded.

The vectors of held-out captions are those that the evaluation left; those of every caption are made by `kdmcse.processes.search_index`.
m captions, H sentence width, P cross-modal width.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.data import PairDataset
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.store.reads import exists

SCOPES = ("held_out", "everything")
"""captions that no model has learnt from; every caption, those that were trained on too"""
VECTORS, PICTURES, PICTURE_MEAN = "everything.npy", "pictures.npy", "picture_mean.npy"
"""in a run's search folder: of every caption as a sentence, and beside pictures; what a teacher's vector of a picture comes without"""
BLOCK = 32_768
"""Captions that are compared at once: 50 MB of vectors at a width of 384."""


@dataclass(frozen=True)
class Items:
    """The captions that are searched, each with its first picture."""

    scope: str
    """one of `SCOPES`"""
    table: pd.DataFrame
    """pair, caption, image, group, held_out; one row a distinct caption, numbered from 0"""
    rows: np.ndarray
    """(m,) which row of the vectors each is"""

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def place(self) -> dict[str, int]:
        """Caption -> its row of `table`."""
        return {caption: row for row, caption in enumerate(self.table["caption"])}


@dataclass(frozen=True)
class Index:
    """One model's vectors of the captions that are searched."""

    vectors: np.ndarray
    """(rows, H) float32, mapped from the disk; of unit length"""
    rows: np.ndarray
    """(m,) which row each caption is"""

    def of(self, item: int) -> np.ndarray:
        """(H,) float32 of one caption."""
        return np.array(self.vectors[self.rows[item]], np.float32)

    def best(self, query: np.ndarray, count: int, left_out: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(count,) captions with the largest cosine to `query` (H,), the largest first, and these cosines; `left_out`: one that is not looked at."""
        return best(self.vectors, self.rows, query, count, left_out)


def items_of(dataset: PairDataset, scope: str) -> Items:
    """The captions of a scope; none where the dataset has none."""
    pairs = dataset.pairs
    if scope == "held_out":
        pairs = pairs[pairs["held_out"]].reset_index(drop=True)
    table = pairs[~pairs["caption"].duplicated()]
    rows = table.index.to_numpy() if scope == "held_out" else np.arange(len(table))
    return Items(scope, table[["pair", "caption", "image", "group", "held_out"]].reset_index(drop=True), rows)


def search_folder(run: Run) -> Path:
    """Where the vectors of a run's student for searches are kept."""
    return run.folder / "search"


def has_vectors(run: Run, scope: str) -> bool:
    """Whether the captions of this scope can be searched with the run's student."""
    return exists(_file(run, scope))


def has_pictures(run: Run) -> bool:
    """Whether captions can be searched by a picture."""
    return exists(search_folder(run) / PICTURES)


def index_of(run: Run, items: Items) -> Index:
    """UserError `search_vectors_missing` where there are none, or as many as of other captions."""
    return _mapped(_file(run, items.scope), items.rows)


def picture_index(run: Run, dataset: PairDataset, items: Items) -> Index:
    """The same captions as they stand beside pictures, P wide."""
    place = items_of(dataset, "everything").place
    return _mapped(search_folder(run) / PICTURES, np.array([place[one] for one in items.table["caption"]], np.int64))


def best(
    vectors: np.ndarray, rows: np.ndarray, query: np.ndarray, count: int, left_out: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the (m,) `rows` of `vectors` have the largest product with `query` (H,), and the products: the largest first, the earlier of
    equals first.

    Exact; block by block, so that a mapped file need not fit into memory. left_out: one that is not looked at. What is no number comes
    last. Fewer than `count` where there are no more.
    """
    query, products = np.ascontiguousarray(query, np.float32), np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), BLOCK):
        part = np.asarray(vectors[start : start + BLOCK], np.float32)
        # Not `matmul`: its threads wait for each other, which beside a training takes twice as long.
        np.einsum("ij,j->i", part, query, out=products[start : start + BLOCK])
    values = np.fmax(products[rows], -np.inf)
    places = np.arange(len(rows))
    if left_out is not None:
        places = np.delete(places, left_out)
    if len(places) > count:
        places = places[values[places] >= np.partition(values[places], -count)[-count]]
    places = places[np.argsort(-values[places], kind="stable")][:count]
    return places, values[places]


def _file(run: Run, scope: str) -> Path:
    return run.folder / "evaluation" / "embeddings.npy" if scope == "held_out" else search_folder(run) / VECTORS


def _mapped(file: Path, rows: np.ndarray) -> Index:
    try:
        vectors = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError("search_vectors_missing", file=file) from error
    if vectors.ndim != 2 or (len(rows) and rows.max() >= len(vectors)):
        raise UserError("search_vectors_missing", file=file)
    return Index(vectors, rows)
