"""Is one method better than another? Scores with intervals, and a verdict or plainly none. No models here, and no scipy.

    compared = compare(Spearman(gold), candidate, baseline, unit=group)
    compared.verdict, compared.why("en"), compared.what_more("en")

From what is measured to what is said:

    metrics      what is measured on rows, by how often each counts
    resampling   chance drawn again: units, seeds, swapped labels
    measuring    rows to a score with its interval, and to a comparison
    comparison   what they say: verdict, reason, what would decide; several at once
    quantiles    of Student's t
    seeds_apart  verdicts by whether seeds overlap
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
)
from kdmcse.stats.measuring import LEVEL, RESAMPLES, compare, interval
from kdmcse.stats.metrics import AveragePrecision, Mean, Metric, Pearson, Spearman
from kdmcse.stats.seeds_apart import (
    MIN_ERRORS,
    MIN_PAIRS,
    VALUES,
    Verdict,
    compare_seeds,
    mean_apart,
    spearman_apart,
    spread,
)

__all__ = [
    "LEVEL",
    "MIN_ERRORS",
    "MIN_PAIRS",
    "MIN_ROWS",
    "MIN_SEEDS",
    "MIN_UNITS",
    "NEEDS",
    "REASONS",
    "RESAMPLES",
    "VALUES",
    "VERDICTS",
    "AveragePrecision",
    "Comparison",
    "Interval",
    "Mean",
    "Metric",
    "Pearson",
    "Spearman",
    "Verdict",
    "adjust",
    "compare",
    "compare_seeds",
    "holm",
    "interval",
    "mean_apart",
    "spearman_apart",
    "spread",
]
