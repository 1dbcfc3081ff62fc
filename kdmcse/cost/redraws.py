"""Random weights on decisions, by whole units, and how much weight lies below a threshold in each redraw. Knows no prices and no model.

A part is what one unit has in one stratum; a group is the parts of one fold and one stratum. Sums by group of weights, and where prices share
amounts of weights times amounts, are all that a cost needs, whatever the prices are: see `Operation.measures`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

MOST_UNITS = 5_000
"""Where there are more, they are redrawn in `BLOCKS` of whole units."""
BLOCKS = 1_000
_AT_ONCE = 500  # redraws, so that their tables stay in the processor's cache


@dataclass(frozen=True)
class Redraws:
    """Weights of units over R redraws, and the parts of the decisions.

    F folds (the first only helps to choose, see `Folds`), J strata, K measures.
    """

    weights: np.ndarray
    """(R, U) of each unit, exponential with mean 1"""
    noise: np.ndarray
    """(R,) standard normal"""
    part: np.ndarray
    """(n,) of each decision"""
    unit: np.ndarray
    """(P,) of each part; parts of one group lie together"""
    stratum: np.ndarray
    """(P,)"""
    fold: np.ndarray
    """(P,) -1: it only helps to choose"""
    measures: np.ndarray
    """(n, K) of each decision: see `Operation.measures`"""
    sums: np.ndarray
    """(K, P) of the measures over the decisions of each part"""
    groups: np.ndarray
    """(F, J, 2) first part of each group, and the first after it"""
    totals: np.ndarray
    """(F, J, K, R) weighted sums over each group"""

    @property
    def rows(self) -> np.ndarray:
        """(P,) decisions of each part"""
        return self.sums[0]

    @property
    def units(self) -> int:
        return self.weights.shape[1]

    @property
    def count(self) -> int:
        return len(self.weights)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some redraws after the other, each with the weights (P, r) of all parts in them."""
        for start in range(0, self.count, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            yield some, np.ascontiguousarray(self.weights[some].T)[self.unit]

    def below(self, cosine: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        """(K, P, T) sums over the decisions of each part whose cosine is below each cut (T,), ascending."""
        places, cells = self._places(cosine, cuts), len(self.rows) * (len(cuts) + 1)
        sums = np.stack([np.bincount(places, one, minlength=cells) for one in self.measures.T])
        return np.cumsum(sums.reshape(len(sums), len(self.rows), -1)[:, :, :-1], axis=2)

    def between(self, cosine: np.ndarray, cuts: np.ndarray):
        """(F J K T, P) sparse: sums over the decisions of each part that lie between one cut and the one before it, by group; to be weighted."""
        folds, strata = self.groups.shape[:2]
        return self._between(cosine, cuts, (self.fold + 1) * strata + self.stratum, folds * strata, np.float32)

    def reported_between(self, cosine: np.ndarray, cuts: np.ndarray):
        """(J K T, P) the same in double precision, of all folds that are reported together."""
        strata = self.groups.shape[1]
        return self._between(cosine, cuts, np.where(self.fold < 0, -1, self.stratum), strata, np.float64)

    def _between(self, cosine: np.ndarray, cuts: np.ndarray, group: np.ndarray, groups: int, dtype: type):
        """group (P,): that of each part; -1: it is left out."""
        from scipy.sparse import csr_array

        places, of_rows = np.unique(self._places(cosine, cuts), return_inverse=True)
        part, place = np.divmod(places, len(cuts) + 1)
        kept = (place < len(cuts)) & (group[part] >= 0)  # not above the last cut
        part, place, count = part[kept], place[kept], len(self.sums)
        sums = [np.bincount(of_rows, one)[kept] for one in self.measures.T]
        into = [(group[part] * count + k) * len(cuts) + place for k in range(count)]
        shape = (groups * count * len(cuts), len(self.rows))
        entries = np.concatenate(sums).astype(dtype), (np.concatenate(into), np.tile(part, count))
        return csr_array(entries, shape=shape)

    def _places(self, cosine: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        """(n,) part and first cut above each cosine, in one number: from that cut on the decision is below."""
        return self.part * (len(cuts) + 1) + np.searchsorted(cuts, cosine, side="right")


def redraw(
    keys: np.ndarray,
    fold: np.ndarray,
    stratum: np.ndarray,
    strata: int,
    measures: np.ndarray,
    *,
    draws: int,
    seed: int,
) -> Redraws:
    """keys (n,): equal where decisions belong together; fold (n,), -1 where it only helps to choose; stratum (n,) of `strata`; measures (n, K)."""
    keys, unit = np.unique(keys, return_inverse=True)
    if len(keys) > MOST_UNITS:
        # A block lies in one fold: units in the order of their folds, then of their hashes.
        of_units = np.zeros(len(keys), dtype=np.int64)
        of_units[unit] = fold
        block = np.empty(len(keys), dtype=np.int64)
        block[np.argsort(of_units, kind="stable")] = np.arange(len(keys)) * BLOCKS // len(keys)
        unit = block[unit]
        unit = np.unique(np.stack([unit, fold]), axis=1, return_inverse=True)[1]
    units, folds = int(unit.max()) + 1, int(fold.max()) + 2
    parts, part = np.unique(((fold + 1) * strata + stratum) * units + unit, return_inverse=True)
    group, unit = np.divmod(parts, units)
    sums = np.stack([np.bincount(part, one) for one in measures.T])
    rng = np.random.default_rng(seed)
    weights = rng.standard_exponential((draws, units), dtype=np.float32)
    noise = rng.standard_normal(draws)
    starts = np.searchsorted(group, np.arange(folds * strata + 1))
    totals = [sums[:, a:b] @ weights[:, unit[a:b]].T for a, b in zip(starts[:-1], starts[1:], strict=True)]
    return Redraws(
        weights=weights,
        noise=noise,
        part=part,
        unit=unit,
        stratum=group % strata,
        fold=group // strata - 1,
        measures=measures,
        sums=sums,
        groups=np.stack([starts[:-1], starts[1:]], axis=1).reshape(folds, strata, 2),
        totals=np.reshape(totals, (folds, strata, len(sums), draws)),
    )
