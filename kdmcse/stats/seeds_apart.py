"""Is one method better than another? A verdict from the scores of its seeds, or plainly none. No models here."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kdmcse.stats.comparison import MIN_ROWS, MIN_SEEDS, VERDICTS
from kdmcse.stats.metrics import ranks
from kdmcse.words import say

MIN_PAIRS = MIN_ROWS
MIN_ERRORS = 1.96
"""Fewer standard errors than this between two methods may be the choice of the held-out rows (5 % of the time, no difference given)."""

VALUES = VERDICTS
REASONS = ("seeds_apart", "seeds_overlap", "rows_overlap", "one_seed", "few_pairs", "not_measured")


@dataclass(frozen=True)
class Verdict:
    """What the scores of two methods say about each other. A number is None where nothing was measured."""

    value: str
    """`better`, `worse` or `not_decisive`: the candidate, seen from the baseline"""
    reason: str
    """why: one of `REASONS`"""
    candidate_median: float | None
    candidate_low: float | None
    candidate_high: float | None
    candidate_seeds: int
    """seeds with a score"""
    baseline_median: float | None
    baseline_low: float | None
    baseline_high: float | None
    baseline_seeds: int
    pairs: int | None
    """held-out rows that the scores rest on, where known"""

    @property
    def difference(self) -> float | None:
        """Candidate's median minus baseline's, in units of the score."""
        if self.candidate_median is None or self.baseline_median is None:
            return None
        return self.candidate_median - self.baseline_median

    def why(self, language: str) -> str:
        """The reason as a sentence."""
        return say(f"stats.reason.{self.reason}", language, pairs=self.pairs, min_pairs=MIN_PAIRS, min_seeds=MIN_SEEDS)


def compare_seeds(
    candidate: Sequence[float | None],
    baseline: Sequence[float | None],
    *,
    evaluation_pairs: int | None,
    higher_is_better: bool = True,
    baseline_is_trained: bool = False,
    standard_errors: float | None = None,
) -> Verdict:
    """Better when every seed of the candidate beats every one of the baseline, worse the other way round, else neither.

    Seeds tell the chance of training. `standard_errors` between the two (see `spearman_apart`, `mean_apart`) tell the chance of
    which rows were held out: fewer than `MIN_ERRORS` decide nothing either (None: not known, not looked at).
    A missing or undefined score (None, NaN) is missing, never 0: with one among them the verdict is `not_measured`.
    The untouched student has one score and needs no more; say `baseline_is_trained` for a baseline that has seeds
    itself, so that one of them is not taken for the method.
    """
    a, b = _measured(candidate), _measured(baseline)
    value, reason = "not_decisive", "seeds_overlap"
    if not a or not b or len(a) < len(candidate) or len(b) < len(baseline):
        reason = "not_measured"
    elif evaluation_pairs is not None and evaluation_pairs < MIN_PAIRS:
        reason = "few_pairs"
    elif len(a) < MIN_SEEDS or (baseline_is_trained and len(b) < MIN_SEEDS):
        reason = "one_seed"
    elif (min(a) > max(b) or max(a) < min(b)) and standard_errors is not None and abs(standard_errors) < MIN_ERRORS:
        reason = "rows_overlap"
    elif min(a) > max(b):
        value, reason = ("better" if higher_is_better else "worse"), "seeds_apart"
    elif max(a) < min(b):
        value, reason = ("worse" if higher_is_better else "better"), "seeds_apart"
    candidate_spread, baseline_spread = spread(a), spread(b)
    return Verdict(value, reason, *candidate_spread, len(a), *baseline_spread, len(b), evaluation_pairs)


def spearman_apart(gold: np.ndarray, candidate: np.ndarray, baseline: np.ndarray, unit: np.ndarray) -> float | None:
    """Standard errors between two Spearman correlations with the same gold, by the jackknife over units (Efron and Stein 1981).

    gold, candidate, baseline (n,): scores of the same rows. unit (n,): what repeats, such as the product a row is about. Ranks are
    those of all rows. None where it is undefined: fewer than three units, or a constant.
    """
    g, a, b = (ranks(x) - (len(gold) + 1) / 2 for x in (gold, candidate, baseline))
    moments = np.stack([np.ones(len(g)), g, a, b, g * g, a * a, b * b, g * a, g * b], axis=1)

    def difference(sums: np.ndarray) -> np.ndarray:
        n, g, a, b, gg, aa, bb, ga, gb = sums.T

        def correlation(y: np.ndarray, yy: np.ndarray, gy: np.ndarray) -> np.ndarray:
            return (n * gy - g * y) / np.sqrt((n * gg - g * g) * (n * yy - y * y))

        return correlation(a, aa, ga) - correlation(b, bb, gb)

    return _jackknife(moments, unit, difference)


def mean_apart(candidate: np.ndarray, baseline: np.ndarray, unit: np.ndarray) -> float | None:
    """Standard errors between two means over the same rows (n,), by the jackknife over units (n,). None where it is undefined."""
    moments = np.stack([np.ones(len(candidate)), candidate - baseline], axis=1)
    return _jackknife(moments, unit, lambda sums: sums[:, 1] / sums[:, 0])


def _jackknife(moments: np.ndarray, unit: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> float | None:
    """moments (n, K) that add up over rows; statistic: (m, K) sums -> (m,). The statistic over its jackknife standard error."""
    _, unit = np.unique(np.asarray(unit), return_inverse=True)
    units = unit.max() + 1 if len(unit) else 0
    if units < 3:
        return None
    parts = np.stack([np.bincount(unit, weights=column, minlength=units) for column in moments.T], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = statistic(parts.sum(axis=0, keepdims=True))[0]
        without = statistic(parts.sum(axis=0) - parts)
    if not np.isfinite(without).all() or not np.isfinite(whole):
        return None
    error = math.sqrt((units - 1) / units * float(((without - without.mean()) ** 2).sum()))
    if error < 1e-12:
        return 0.0 if abs(whole) < 1e-12 else math.copysign(math.inf, whole)
    return float(whole / error)


def spread(scores: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    """Median, lowest and highest of the scores that were measured; three times None where none was."""
    measured = _measured(scores)
    if not measured:
        return None, None, None
    return statistics.median(measured), min(measured), max(measured)


def _measured(scores: Sequence[float | None]) -> list[float]:
    return [float(score) for score in scores if score is not None and math.isfinite(score)]
