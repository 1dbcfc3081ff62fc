"""The cheapest thresholds over scored decisions, exactly: one sort and two running minima. Knows no prices, only money a decision.

With decisions in the order of their cosines, thresholds are places between them: those before the lower one are rejected, those from the
upper one on are accepted, those between are reviewed. The cost is a sum of a part for each threshold,

    cost(l, u) = sum_{i < l} (rejected_i - reviewed_i) + sum_{i < u} (reviewed_i - accepted_i) + sum_i accepted_i,      l <= u,

so the best lower one for each upper one is a running minimum.
"""

import math

import numpy as np

from kdmcse.cost.prices import Thresholds

ALIKE = 1e-11
"""Costs that differ by less than this share of all the money are equally cheap."""


def best_thresholds(cosine: np.ndarray, money: np.ndarray, *, review: bool) -> Thresholds:
    """The cheapest thresholds: midway between neighbouring cosines, never between equal ones; without `review` just one.

    cosine (n,) finite; money (n, 3): what each decision costs rejected, reviewed, accepted. Among equally cheap ones those that ask no
    model (all or none), else those with the widest gap between their neighbours. O(n log n).
    """
    cuts, alike = Cuts(cosine), ALIKE * float(np.abs(money).sum())
    if not review:
        return cuts.thresholds(*cuts.cheapest(cuts.up_to(money[:, 0] - money[:, 2]), alike=alike))
    lower, upper = cuts.up_to(money[:, 0] - money[:, 1]), cuts.up_to(money[:, 1] - money[:, 2])
    return cuts.thresholds(*cuts.cheapest(upper, lower, alike=alike))


class Cuts:
    """The places at which a threshold may lie among some decisions: C of them, from before the lowest cosine to after the highest."""

    def __init__(self, cosine: np.ndarray) -> None:
        self._order = np.argsort(cosine)
        scores = cosine[self._order]
        self._ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))  # thresholds never split equal scores
        scores = scores[self._ends]
        self._below, self._above = np.append(-np.inf, scores), np.append(scores, np.inf)
        self._gap = self._above - self._below  # infinite at both ends

    def up_to(self, amounts: np.ndarray) -> np.ndarray:
        """(C, ...) sums of amounts (n, ...) over the decisions below each place."""
        sums = np.cumsum(amounts[self._order], axis=0)[self._ends]
        return np.concatenate([np.zeros((1, *amounts.shape[1:])), sums])

    def cheapest(self, upper: np.ndarray, lower: np.ndarray | None = None, *, alike: float) -> tuple[int, int]:
        """The places of the lower and the upper threshold. upper, lower (C,): the part of the cost that each adds; without lower there is one.

        Costs that differ by less than `alike` are equally cheap.
        """
        if lower is None:
            place = _cheapest(upper, self._gap, alike)
            return place, place
        place = _cheapest(np.minimum.accumulate(lower) + upper, self._gap, alike)
        return _cheapest(lower[: place + 1], self._gap[: place + 1], alike), place

    def thresholds(self, lower: int, upper: int) -> Thresholds:
        """Those at two places."""
        ends = _between(self._below, self._above, upper), _between(self._below, self._above, lower)
        return Thresholds(ends[0]) if lower == upper else Thresholds(*ends)

    @property
    def values(self) -> np.ndarray:
        """(C,) the threshold at each place."""
        # As `_between`, all at once.
        middle = (self._below[1:-1] + self._above[1:-1]) / 2
        middle = np.where(middle > self._below[1:-1], middle, self._above[1:-1])
        return np.concatenate([[-math.inf], middle, [math.inf]]) if len(self._gap) > 1 else np.array([-math.inf])


def outcomes(cosine: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """(n,) int: 0 rejected, 1 reviewed, 2 accepted."""
    return (cosine >= thresholds.lower).astype(np.int64) + (cosine >= thresholds.upper)


def _cheapest(cost: np.ndarray, gap: np.ndarray, alike: float) -> int:
    """The place of the lowest cost; of several the one with the widest gap."""
    cheap = np.flatnonzero(cost <= cost.min() + alike)
    return int(cheap[np.argmax(gap[cheap])])


def _between(below: np.ndarray, above: np.ndarray, place: int) -> float:
    if place == 0:
        return -math.inf
    if place == len(above) - 1:
        return math.inf
    middle = (below[place] + above[place]) / 2
    # Between neighbouring floats there is no middle; the upper one still leaves the lower one out.
    return float(middle if middle > below[place] else above[place])
