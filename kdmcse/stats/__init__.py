"""Is one method better than another? Scores with intervals, and a verdict or plainly none. No models here, and no scipy.

    compared = compare(Spearman(gold), candidate, baseline, unit=group)
    compared.verdict, compared.why("en"), compared.what_more("en")

From what is measured to what is said:

    metrics      what is measured on rows, by how often each counts
    resampling   chance drawn again: units, seeds, swapped labels
    measuring    rows to a score with its interval, and to a comparison
    comparison   what they say: verdict, reason, what would decide; several at once
    quantiles    of Student's t
    jackknife    standard errors between two correlations
"""

from kdmcse.stats.comparison import (
    MIN_ROWS,
    MIN_SEEDS,
    MIN_UNITS,
    NEEDS,
    REASONS,
    VERDICTS,
    Comparison,
    Interval,
    adjust,
    holm,
    spread,
)
from kdmcse.stats.intervals import LEVEL, RESAMPLES, compare, interval
from kdmcse.stats.jackknife import spearman_apart
from kdmcse.stats.metrics import AveragePrecision, Mean, Metric, Pearson, Spearman

__all__ = [
    "LEVEL",
    "MIN_ROWS",
    "MIN_SEEDS",
    "MIN_UNITS",
    "NEEDS",
    "REASONS",
    "RESAMPLES",
    "VERDICTS",
    "AveragePrecision",
    "Comparison",
    "Interval",
    "Mean",
    "Metric",
    "Pearson",
    "Spearman",
    "adjust",
    "compare",
    "holm",
    "interval",
    "spearman_apart",
    "spread",
]
