"""Is one method better than another? Scores with intervals, and a verdict or plainly none. No models and no words here.

    comparison = compare(Spearman(gold), candidate, baseline, unit=group)
    comparison.verdict, comparison.reason, comparison.need, comparison.more_rows

Sentences about it are made in `kdmcse.presentation.statistics`. From rows to a verdict:

    metrics      scores of rows, by how often each row counts
    units        which rows are not independent, and what that leaves
    resampling   chance drawn again: units, seeds, swapped labels
    intervals    rows to a score with its interval, and to a comparison
    comparison   verdict, reason, what would decide; several comparisons at once
    quantiles    of the normal and of Student's t distribution
    jackknife    standard errors of a correlation and between two
    proportions  a share with its interval, and whether it differs from one half
    growth_laws  how a score grows with the training pairs
    trainings    which of several trainings speaks for them
"""

from kdmcse.stats.comparison import (
    MIN_ROWS,
    MIN_SEEDS,
    MIN_UNITS,
    MOST_MORE,
    NEEDS,
    POWER,
    REASONS,
    VERDICTS,
    Comparison,
    Interval,
    adjust,
    holm,
)
from kdmcse.stats.intervals import LEVEL, RESAMPLES, compare, interval
from kdmcse.stats.jackknife import spearman_apart, spearman_error
from kdmcse.stats.metrics import AveragePrecision, Mean, Pearson, RowMetric, Spearman
from kdmcse.stats.proportions import sign_test, wilson
from kdmcse.stats.trainings import typical

__all__ = [
    "LEVEL",
    "MIN_ROWS",
    "MIN_SEEDS",
    "MIN_UNITS",
    "MOST_MORE",
    "NEEDS",
    "POWER",
    "REASONS",
    "RESAMPLES",
    "VERDICTS",
    "AveragePrecision",
    "Comparison",
    "Interval",
    "Mean",
    "RowMetric",
    "Pearson",
    "Spearman",
    "adjust",
    "compare",
    "holm",
    "interval",
    "sign_test",
    "spearman_apart",
    "spearman_error",
    "typical",
    "wilson",
]
