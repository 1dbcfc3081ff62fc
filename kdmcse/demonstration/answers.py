"""What the current and the new model find for one query, side by side: how far the two lists agree, and what moved."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from kdmcse.demonstration.index import Index, Items

COUNT = 10
"""results of each list, and those among which the lists are compared"""


@dataclass(frozen=True)
class Hit:
    """One result."""

    pair: int
    caption: str
    image: str
    same_group: bool
    """whether it is of the group of the query, where the query is a caption of the data"""
    cosine: float


@dataclass(frozen=True)
class Finds:
    """The results of one model, the most alike first."""

    hits: tuple[Hit, ...]

    @property
    def pairs(self) -> list[int]:
        return [hit.pair for hit in self.hits]


@dataclass(frozen=True)
class Answers:
    """What both models find."""

    current: Finds | None
    """None where the current model cannot answer: it reads no pictures"""
    new: Finds
    searched: int
    """captions among which both looked"""
    left_out: bool
    """whether the query itself is one of the captions, and was left out of both lists"""

    @property
    def count(self) -> int:
        """Results of a list."""
        return len(self.new.hits)

    @property
    def shared(self) -> int:
        """Results that both lists have, wherever they stand."""
        return len(set(self.current.pairs) & set(self.new.pairs)) if self.current else 0

    @property
    def alike(self) -> bool:
        """Whether both lists are the same, in the same order."""
        return self.current is not None and self.current.pairs == self.new.pairs

    @property
    def moves(self) -> list[tuple[int, int]]:
        """Of each result that both lists have, its place in the current and in the new one, from 0."""
        if self.current is None:
            return []
        place = {pair: number for number, pair in enumerate(self.new.pairs)}
        return [(number, place[pair]) for number, pair in enumerate(self.current.pairs) if pair in place]


def answer(
    items: Items,
    text: str | None,
    current: tuple[Index, np.ndarray] | None,
    new: tuple[Index, np.ndarray],
    count: int = COUNT,
) -> Answers:
    """The results for a query. current, new: where to look and the query's vector; `text`: the query, None for a picture."""
    own = items.place.get(text)
    group = items.table["group"].iat[own] if own is not None else None

    def found(index: Index, vector: np.ndarray) -> Finds:
        places, cosines = index.best(vector, count, own)
        rows = items.table.iloc[places].itertuples()
        return Finds(
            tuple(
                Hit(int(row.pair), row.caption, row.image, group is not None and row.group == group, float(cosine))
                for row, cosine in zip(rows, cosines, strict=True)
            )
        )

    searched = len(items) - (own is not None)
    with ThreadPoolExecutor(1) as beside:  # both models at once
        other = beside.submit(found, *current) if current else None
        ours = found(*new)
    return Answers(other and other.result(), ours, searched, own is not None)
