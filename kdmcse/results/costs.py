"""What the mistakes of every method cost, by the decisions that all of them judged, and what KDMCSE saves against the agreed baseline.

    workspace/evidence/<digest>.npz    draws of a comparison of costs

Draws are kept under the digest of all that they follow from, so they are never out of date and made once.
"""

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse import stats
from kdmcse.config import CANDIDATE
from kdmcse.cost import BootstrapEstimate, CostComparison, CostEstimate, ModelCost, Prices, compare_costs, derive_for
from kdmcse.cost.bootstrap import DRAWS
from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.results.intervals import VERSION
from kdmcse.results.results import EvaluatedRun, Results
from kdmcse.store.files import write_file
from kdmcse.store.frozen import is_frozen
from kdmcse.store.reads import look, stamp

EQUAL = "equal"
"""The verdict on a saving that is exactly 0, as both models end every pair alike: there is no difference on which anything could be decided."""


@dataclass(frozen=True)
class Costs:
    """What mistakes cost a month, by method: the mean over its trainings, each at its own best thresholds."""

    decisions: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    """by run id, the decisions with that run's cosines; the same rows for all"""
    comparison: CostComparison | None = None
    """None without prices or decisions"""
    estimates: Mapping[str, CostEstimate] = field(default_factory=dict, repr=False)
    """by run id"""
    baseline: str | None = None
    """what savings are measured against; None where the agreed one has no cost"""
    problem: UserError | None = None
    """why there is no cost although there are prices and decisions"""

    @property
    def methods(self) -> list[str]:
        """Those with a cost."""
        return list(self.comparison.best) if self.comparison else []

    def cost(self, method: str) -> stats.Interval:
        """Money a month that a method's mistakes cost, with an interval that holds the choice of its threshold too."""
        if method not in self.methods:
            return stats.interval(stats.Mean(), None)
        return _interval(self.comparison.best[method].cost, self.comparison.best[method])

    @property
    def verdict(self) -> stats.Comparison | None:
        """What KDMCSE's mistakes cost less a month than the baseline's; more is better. None where either has no cost.

        The redraws decide, in which the thresholds are chosen again: a label swap at thresholds that stay would find a difference in one of ten
        comparisons without any. Where no probability is stated, nothing is decided; nor where either was trained once.
        """
        if self.baseline is None or CANDIDATE not in self.methods or self.baseline == CANDIDATE:
            return None
        candidate = self.comparison.best[CANDIDATE]
        above = candidate.saving.probability_positive
        return stats.Comparison(
            _negative(self.cost(CANDIDATE)),
            _negative(self.cost(self.baseline)),
            _interval(candidate.saving, candidate, self.comparison.best[self.baseline]),
            1.0 if above is None else 2 * min(above, 1 - above),
            rows_error=None,
            seeds_error=None,
            seeds_freedom=None,
        )

    @property
    def saving_verdict(self) -> str | None:
        """`verdict` in a word: one of `stats.VERDICTS`, or `EQUAL`."""
        if self.verdict is None:
            return None
        return EQUAL if self.comparison.best[CANDIDATE].saving.alike else self.verdict.verdict

    @property
    def saving(self) -> float | None:
        """Money a month: the baseline's cost less KDMCSE's; negative where KDMCSE costs more."""
        return self.verdict and self.verdict.difference.estimate


class ScoredDecisions:
    """`scored_decisions` of the measured runs, joined when they are first asked for: prices change, they do not."""

    def __init__(self, results: Results) -> None:
        self._runs, self._dataset = results.evaluated, results.dataset
        self._known: dict[float | None, dict[str, pd.DataFrame]] = {}

    def at(self, match_score: float | None) -> dict[str, pd.DataFrame]:
        """By run id. UserError as `scored_decisions`."""
        known = self._known  # another thread may put its own in place
        if match_score not in known:
            known = {match_score: scored_decisions(self._runs, self._dataset, match_score=match_score)}
            self._known = known
        return known[match_score]


def price_mistakes(results: Results, scored: ScoredDecisions | None = None) -> Costs:
    """The costs of every measured method at the stored prices; empty without prices or decisions, with the reason where they do not fit.

    scored: those of the same results, where they were asked for before.
    """
    if results.prices is None or not results.can_price:
        return Costs()
    try:
        tables = (scored or ScoredDecisions(results)).at(results.match_score)
        if not tables:
            return Costs()
        runs = {method: [run.id for run in results.of_method(method) if run.id in tables] for method in results.methods}
        seeds = {method: [tables[run] for run in ids] for method, ids in runs.items() if ids}
        agreed = results.baseline if results.baseline in seeds else None
        comparison = _compare(results.workspace.evidence, seeds, results.prices, agreed or next(iter(seeds)))
    except UserError as problem:
        return Costs(problem=problem)
    estimates = {
        run: estimate
        for method, ids in runs.items()
        if ids
        for run, estimate in zip(ids, comparison.best[method].estimates, strict=True)
    }
    return Costs(tables, comparison, estimates, agreed)


def scored_decisions(
    runs: Sequence[EvaluatedRun], dataset: PairDataset, *, match_score: float | None = None
) -> dict[str, pd.DataFrame]:
    """By run id, decisions with their texts and that run's cosines, of the runs that judged any: the rows that all of them have, in one order.

    match_score: derived from similarity scores instead, a score from this one on being a match. UserError as `cost.derive`.
    """
    if match_score is not None:
        known = dataset.sts[dataset.sts["held_out"]] if dataset.sts is not None else pd.DataFrame()
        scored = {run.id: run.evaluation.sts for run in runs if run.evaluation.sts is not None}
        return _shared_rows(derive_for(scored, known, match_score))
    if dataset.decisions is None:
        return {}
    # With their texts, so that decisions that share one are never on both sides.
    of_row = [name for name in ("text_a", "text_b", "amount", "currency") if name in dataset.decisions]
    known = dataset.decisions.set_index("row")[of_row]
    tables = {run.id: run.evaluation.decisions for run in runs if run.evaluation.decisions is not None}
    return _shared_rows({run: table.join(known, on="row") for run, table in tables.items()})


def _shared_rows(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """An older evaluation may have left out other rows."""
    rows = set.intersection(*(set(table["row"]) for table in tables.values())) if tables else set()
    return {
        name: table[table["row"].isin(rows)].sort_values("row", ignore_index=True) for name, table in tables.items()
    }


def _compare(
    folder: Path, tables: Mapping[str, Sequence[pd.DataFrame]], prices: Prices, baseline: str
) -> CostComparison:
    """`compare_costs`, its draws kept in `folder`."""
    rest = next(iter(tables.values()))[0].drop(columns="cosine")
    digest = hashlib.sha256(repr((VERSION, DRAWS, baseline, prices.digest)).encode())
    digest.update(pd.util.hash_pandas_object(rest, index=False).to_numpy().tobytes())
    for name, seeds in tables.items():
        digest.update(name.encode())
        for table in seeds:
            digest.update(np.ascontiguousarray(table["cosine"].to_numpy(float)).tobytes())
    path = folder / f"{digest.hexdigest()[:32]}.npz"
    look(stamp, path)
    try:
        with np.load(path) as kept:
            draws = dict(kept)
    except (FileNotFoundError, ValueError, EOFError, zipfile.BadZipFile):
        draws = None
    comparison = compare_costs(tables, prices, baseline=baseline, drawn=draws)
    if draws is None and not is_frozen(path):
        write_file(path, _packed(comparison.drawn))
    return comparison


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _interval(figure: BootstrapEstimate, *models: ModelCost) -> stats.Interval:
    """models: the one that it is of, or the two whose difference it is."""
    rows, units = models[0].typical.report_rows, len(np.unique(models[0].typical.unit))
    seeds = [model.seeds for model in models if model.trained]
    least, ends = min(seeds, default=1), (figure.low, figure.high)
    return stats.Interval(figure.estimate, *ends, figure.level, rows, units, least, rows_only=1 in seeds, reason=None)


def _negative(interval: stats.Interval) -> stats.Interval:
    low, high = (None if end is None else -end for end in (interval.high, interval.low))
    return dataclasses.replace(interval, estimate=interval.estimate and -interval.estimate, low=low, high=high)
