"""Is one method better than another? A verdict from the scores of its seeds, or plainly none. No models here."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kdmcse.words import say

MIN_PAIRS = 20
"""Fewer held-out pairs than this decide nothing, however far apart the scores are."""
MIN_SEEDS = 2
"""A method that was trained once may owe its score to the seed."""

VALUES = ("better", "worse", "not_decisive")
REASONS = ("seeds_apart", "seeds_overlap", "one_seed", "few_pairs", "not_measured")


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
) -> Verdict:
    """Better when every seed of the candidate beats every one of the baseline, worse the other way round, else neither.

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
    elif min(a) > max(b):
        value, reason = ("better" if higher_is_better else "worse"), "seeds_apart"
    elif max(a) < min(b):
        value, reason = ("worse" if higher_is_better else "better"), "seeds_apart"
    candidate_spread, baseline_spread = spread(a), spread(b)
    return Verdict(value, reason, *candidate_spread, len(a), *baseline_spread, len(b), evaluation_pairs)


def spread(scores: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    """Median, lowest and highest of the scores that were measured; three times None where none was."""
    measured = _measured(scores)
    if not measured:
        return None, None, None
    return statistics.median(measured), min(measured), max(measured)


def _measured(scores: Sequence[float | None]) -> list[float]:
    return [float(score) for score in scores if score is not None and math.isfinite(score)]
