"""The cheapest thresholds over scored decisions, exactly: one sort and two running minima. Knows no prices, only money a decision.

With decisions in the order of their cosines, thresholds are places between them: those before the lower one are rejected, those from the
upper one on are accepted, those between are reviewed. The cost is a sum of a part for each threshold,

    cost(l, u) = sum_{i < l} (rejected_i - reviewed_i) + sum_{i < u} (reviewed_i - accepted_i) + sum_i accepted_i,      l <= u,

so the best lower one for each upper one is a running minimum.
"""

import math

import numpy as np

from kdmcse.cost.prices import Thresholds

_ALIKE = 1e-11
"""Costs that differ by less than this share of all the money are equally cheap."""


def best_thresholds(cosine: np.ndarray, money: np.ndarray, *, review: bool) -> Thresholds:
    """The cheapest thresholds: midway between neighbouring cosines, never between equal ones; without `review` just one.

    cosine (n,) finite; money (n, 3): what each decision costs rejected, reviewed, accepted. Among equally cheap ones those that ask no
    model (all or none), else those with the widest gap between their neighbours. O(n log n).
    """
    order = np.argsort(cosine)
    scores = cosine[order]
    last = np.append(scores[1:] != scores[:-1], True)
    cuts = np.flatnonzero(last)  # thresholds never split equal scores
    scores = scores[cuts]
    below, above = np.append(-np.inf, scores), np.append(scores, np.inf)
    gap = above - below  # infinite at both ends

    def up_to(amounts: np.ndarray) -> np.ndarray:
        return np.append(0.0, np.cumsum(amounts[order])[cuts])

    alike = _ALIKE * np.abs(money).sum()
    if not review:
        place = _cheapest(up_to(money[:, 0] - money[:, 2]), gap, alike)
        return Thresholds(_between(below, above, place))
    lower, upper = up_to(money[:, 0] - money[:, 1]), up_to(money[:, 1] - money[:, 2])
    place = _cheapest(np.minimum.accumulate(lower) + upper, gap, alike)
    start = _cheapest(lower[: place + 1], gap[: place + 1], alike)
    if start == place:
        return Thresholds(_between(below, above, place))
    return Thresholds(_between(below, above, place), _between(below, above, start))


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
