"""Which decisions belong together and must stay on one side: units, and the folds they are dealt into. Knows no prices and no models."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.stats.units import WIDEST, connected

FOLDS = 5
"""Parts of the decisions where they are scarce: each is judged by thresholds that were chosen on the others. More than `WIDEST` of them in one
unit would not fit into a fold."""
SCARCE = 5_000
"""From as many decisions on, one half chooses and the other reports."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # spreads what it multiplies over all of 64 bits


@dataclass(frozen=True)
class Grouping:
    """Which decisions belong together."""

    keys: np.ndarray
    """(n,) uint64, equal where they do; hashes, so their order says nothing"""
    kind: str
    """by what: any shared `text`, the more `frequent_text` of the two, or the same `pair` of texts, each beside a shared group; where there are
    no texts their `group`, else their `row`"""
    groups_left_out: bool = False
    """whether there are groups, and some or all of them hold nothing together"""


@dataclass(frozen=True)
class Folds:
    """Fold k is reported with thresholds that were chosen on all decisions outside it."""

    of_rows: np.ndarray
    """(n,) int: the fold of each decision; -1: it only helps to choose"""
    count: int
    """folds that are reported: 1 where one half chooses for the other"""

    @property
    def crossed(self) -> bool:
        """Whether every decision is reported."""
        return self.count > 1

    @property
    def reported(self) -> np.ndarray:
        """(n,) bool"""
        return self.of_rows >= 0

    def chooses(self, k: int) -> np.ndarray:
        """(n,) bool: the decisions on which fold k's thresholds are chosen."""
        return self.of_rows != k


def deal(keys: np.ndarray, stratum: np.ndarray, *, scarce: int = SCARCE) -> Folds:
    """Every unit into one fold, the strata alike in each, whatever the order of the rows.

    keys (n,): those of `Grouping`. stratum (n,) int. A unit counts for its rarest stratum; units of a stratum are dealt out in the order
    of their keys.
    """
    order = np.argsort(keys)
    new = np.append(True, keys[order][1:] != keys[order][:-1])
    rarity = np.argsort(np.argsort(np.bincount(stratum), kind="stable"), kind="stable").astype(np.int16)
    rarest = np.minimum.reduceat(rarity[stratum[order]], np.flatnonzero(new))
    count = FOLDS if len(keys) < scarce else 2
    dealt = np.empty(len(rarest), dtype=np.int64)
    dealt[np.argsort(rarest, kind="stable")] = np.arange(len(rarest)) % count
    of_rows = np.empty(len(keys), dtype=np.int64)
    of_rows[order] = dealt[np.cumsum(new) - 1]
    return Folds(of_rows, FOLDS) if count == FOLDS else Folds(of_rows - 1, 1)


def units(decisions: pd.DataFrame) -> Grouping:
    """By text_a, text_b and, where there is one, `group`; without texts by `group` or else by `row` or index.

    Decisions that share a text, in whichever place it stands, or a group belong together, also by way of others. One whose group is missing
    or empty has a group of its own. Where that would tie more than `WIDEST` of them to each other, each shares only the more frequent of its two
    texts; where that still would, only its own pair; and where groups would even then, the wide ones are left out, at last all. So a pair that
    is repeated never stands on both sides.
    """
    group = _groups(decisions) if "group" in decisions else None
    if not {"text_a", "text_b"} <= set(decisions.columns):
        return Grouping(_rows(decisions), "row") if group is None else Grouping(group, "group")
    both = np.concatenate([_hash(decisions["text_a"]), _hash(decisions["text_b"])])
    texts, place, frequency = np.unique(both, return_inverse=True, return_counts=True)
    a, b = np.split(place, 2)
    # Any order of two texts gives the same key; the hash spreads it.
    pair = _hash(texts[np.minimum(a, b)] * _SPREAD + texts[np.maximum(a, b)])
    stages = (
        ("text", texts[connected(a, b, len(texts))[a]]),
        ("frequent_text", texts[_more_frequent(a, b, frequency)]),
        ("pair", pair),
    )
    narrow = None if group is None else np.where(_wide(group), _rows(decisions) * _SPREAD, group)
    for groups, (kind, keys) in itertools.product((group, narrow, None), stages):
        tied = keys if groups is None else _tied(keys, groups)
        if not _wide(tied).any():
            return Grouping(tied, kind, groups_left_out=groups is not group)
    return Grouping(pair, "pair", groups_left_out=group is not None)


def _wide(keys: np.ndarray) -> np.ndarray:
    """keys (n,) -> (n,) bool: shared by more than `WIDEST` of all."""
    _, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    return count[place] > max(WIDEST * len(keys), 1)


def _groups(decisions: pd.DataFrame) -> np.ndarray:
    """(n,) uint64, equal where decisions share their group; of one without any, that of its row."""
    given = decisions["group"]
    missing = (given.isna() | (given == "")).to_numpy(dtype=bool)
    return np.where(missing, _rows(decisions) * _SPREAD, _hash(given))


def _rows(decisions: pd.DataFrame) -> np.ndarray:
    return _hash(decisions.get("row", decisions.index))


def _tied(keys: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """keys, groups (n,) -> (n,) the smallest key that each is connected with by way of groups."""
    known, place = np.unique(keys, return_inverse=True)
    shared, of = np.unique(groups, return_inverse=True)
    return known[connected(place, len(known) + of, len(known) + len(shared))[place]]


def _more_frequent(a: np.ndarray, b: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Of two texts that are as frequent, the one with the greater hash."""
    first = (frequency[a] > frequency[b]) | ((frequency[a] == frequency[b]) & (a > b))
    return np.where(first, a, b)


def _hash(values: object) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        array = np.asarray(values, dtype=object)
    return pd.util.hash_array(array)
