"""Standard errors of correlations and between them: cheap, without seeds and without an interval. No models here."""

import math
from collections.abc import Callable

import numpy as np

from kdmcse.stats.metrics import ranks
from kdmcse.stats.units import Units


def spearman_apart(gold: np.ndarray, candidate: np.ndarray, baseline: np.ndarray, unit: np.ndarray) -> float | None:
    """Standard errors between two Spearman correlations with the same gold, by the jackknife over units (Efron and Stein 1981).

    gold, candidate, baseline (n,): scores of the same rows. unit (n,) or (n, k): what repeats, such as the product a row is about and its
    sentences, see `units.crossed`. Ranks are those of all rows. None where it is undefined: fewer than three units, or a constant.
    """
    g, a, b = (ranks(x) - (len(gold) + 1) / 2 for x in (gold, candidate, baseline))
    moments = np.stack([np.ones(len(g)), g, a, b, g * g, a * a, b * b, g * a, g * b], axis=1)

    def difference(sums: np.ndarray) -> np.ndarray:
        n, g, a, b, gg, aa, bb, ga, gb = sums.T

        def correlation(y: np.ndarray, yy: np.ndarray, gy: np.ndarray) -> np.ndarray:
            return (n * gy - g * y) / np.sqrt((n * gg - g * g) * (n * yy - y * y))

        return correlation(a, aa, ga) - correlation(b, bb, gb)

    found = _jackknife(moments, unit, difference)
    if found is None:
        return None
    whole, error = found
    if error < 1e-12:
        return 0.0 if abs(whole) < 1e-12 else math.copysign(math.inf, whole)
    return whole / error


def spearman_error(gold: np.ndarray, candidate: np.ndarray, unit: np.ndarray) -> float | None:
    """The standard error of a Spearman correlation, by the same jackknife. None where it is undefined."""
    g, a = (ranks(np.asarray(x)) - (len(gold) + 1) / 2 for x in (gold, candidate))

    def correlation(sums: np.ndarray) -> np.ndarray:
        n, g, a, gg, aa, ga = sums.T
        return (n * ga - g * a) / np.sqrt((n * gg - g * g) * (n * aa - a * a))

    found = _jackknife(np.stack([np.ones(len(g)), g, a, g * g, a * a, g * a], axis=1), unit, correlation)
    return found and found[1]


def _jackknife(
    moments: np.ndarray, unit: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float] | None:
    """moments (n, K) that add up over rows; statistic: (m, K) sums -> (m,). The statistic and its jackknife standard error."""
    units = Units.of(unit, len(moments))
    if units.count < 3:
        return None
    # Where rows cross, each is left out alone, and what rows that share a label move together is added.
    left_out = np.arange(len(moments)) if units.crossing else units.ways[0]
    count = left_out.max() + 1
    parts = np.stack([np.bincount(left_out, weights=column, minlength=count) for column in moments.T], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = statistic(parts.sum(axis=0, keepdims=True))[0]
        without = statistic(parts.sum(axis=0) - parts)
    if not np.isfinite(without).all() or not np.isfinite(whole):
        return None
    apart = without - without.mean()
    square = float((apart**2).sum())
    if units.crossing:
        square = max(units.shared_square(apart), square)
    return float(whole), math.sqrt((count - 1) / count * square)
