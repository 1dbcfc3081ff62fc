"""KDMCSE against every other method on the score that decides, and every method against the agreed baseline."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kdmcse import stats
from kdmcse.config import BASELINE, CANDIDATE, LADDER, METHODS, PROPOSED
from kdmcse.criteria.measurable import unmeasurable
from kdmcse.results.intervals import Intervals
from kdmcse.results.results import Results
from kdmcse.results.scores import seed_values

SIMILARITY, SEARCH = "sts_spearman", "caption_to_caption_ndcg_at_10"
"""What decides where nothing was agreed: agreement with human judgements, else caption search."""


@dataclass(frozen=True)
class Verdicts:
    """Who is better, on one metric."""

    metric: str
    """that decides: one of `kdmcse.metrics`"""
    baseline: str
    """what KDMCSE is measured against: the agreed one, else today's student"""
    against: Mapping[str, stats.Comparison]
    """by method, KDMCSE against it. Against the baseline by itself; the others, which nobody agreed on, by Holm's correction, for several
    looks find something by chance"""
    gains: Mapping[str, stats.Comparison]
    """by trained method other than KDMCSE, that method against the baseline, by Holm's correction"""
    trained: bool
    """whether anything trained was measured: else nothing is decided yet"""
    scored: int = 0
    """trainings of KDMCSE that have this score"""
    unmeasurable: str | None = None
    """why the metric can never be measured here: one of `criteria.measurable.REASONS`"""
    instead_of: str | None = None
    """the agreed metric, where that was not measured and `metric` stands in for it"""

    @property
    def deciding(self) -> stats.Comparison | None:
        """KDMCSE against the baseline; None before anything trained is measured."""
        return self.against[self.baseline] if self.trained else None

    @property
    def others(self) -> list[str]:
        """The methods beside the baseline, in the order in which they are shown: the proposed ones downwards, then what else was asked for."""
        rest = [method for method in self.against if method != self.baseline]
        proposed = [method for method in (*reversed(PROPOSED), BASELINE) if method in rest]
        return [*proposed, *(method for method in rest if method not in proposed)]


def deciding_metric(results: Results, table: pd.DataFrame) -> str:
    """The score that carries the verdict: the agreed one where it was measured, else `SIMILARITY`, else `SEARCH`."""
    agreed = results.criteria and results.criteria.criteria.primary
    if agreed and table[agreed].notna().any():
        return agreed
    judged, searched = (bool(table[name].notna().any()) for name in (SIMILARITY, SEARCH))
    has_rows = bool(table["sts_pairs"].notna().any())
    return SIMILARITY if judged or (has_rows and not searched) else SEARCH


def compare_methods(results: Results, table: pd.DataFrame, intervals: Intervals) -> Verdicts:
    """table: `score_table` of the compared runs."""
    metric, baseline = deciding_metric(results, table), results.baseline
    agreed = results.criteria.criteria.primary if results.criteria else metric
    # The paper's ladder is asked about whether it was trained or not; what was added to it only where it was.
    wanted = {BASELINE, baseline, *LADDER, *results.asked} - {CANDIDATE}
    rivals = [method for method in (BASELINE, *METHODS) if method in wanted]
    against = {method: intervals.compare(CANDIDATE, method, metric) for method in rivals}
    others = {method: one for method, one in against.items() if method != baseline}
    rest = [method for method in results.methods if method not in (baseline, BASELINE, CANDIDATE)]
    return Verdicts(
        metric=metric,
        baseline=baseline,
        against=against | stats.adjust(others),
        gains=stats.adjust({method: intervals.compare(method, baseline, metric) for method in rest}),
        trained=results.stage == "evaluated",
        scored=len(seed_values(table, CANDIDATE, metric)),
        unmeasurable=unmeasurable(results.dataset, metric, baseline),
        instead_of=agreed if agreed != metric else None,
    )
