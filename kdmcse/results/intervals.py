"""What evaluations say, with intervals: the rows of every method on a metric, and what `stats` makes of them. Measures nothing itself.

    workspace/evidence/<digest>.json, <digest>.npz (draws of a comparison of costs)

An answer is kept under the digest of all that it follows from (the rows themselves), so it is never out of date and computed once.
"""

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import metrics, stats
from kdmcse.config import BASELINE
from kdmcse.cost import BootstrapEstimate, ModelCost, Prices, compare_costs
from kdmcse.cost import CostComparison as Costs
from kdmcse.cost.bootstrap import DRAWS
from kdmcse.evaluation import benchmarks
from kdmcse.store.files import read_json, write_file, write_json

VERSION = 1
"""Of the statistics: what another version found is not used."""


@dataclass(frozen=True)
class Scored:
    """The rows of one method on one metric. `values` is None where a seed was not measured."""

    values: np.ndarray | None
    """(seeds, n)"""
    row: np.ndarray
    """(n,) by which rows of two methods are recognised"""
    unit: np.ndarray
    """(n,) what repeats, such as the product a row is about"""
    gold: np.ndarray | None
    """(n,) what is right, where the metric is held against something"""

    @classmethod
    def of(cls, tables: Sequence[pd.DataFrame | None]) -> "Scored":
        """One table a seed, with row, value, unit, and gold where the metric has one."""
        nothing = np.zeros(0)
        if not tables or any(table is None or not len(table) for table in tables):
            return cls(None, nothing, nothing, None)
        shared = sorted(set.intersection(*(set(table["row"]) for table in tables)))
        tables = [table.drop_duplicates("row").set_index("row").loc[shared] for table in tables]
        gold = tables[0]["gold"].to_numpy(float) if "gold" in tables[0] else None
        values = np.stack([table["value"].to_numpy(float) for table in tables])
        return cls(values, np.asarray(shared), tables[0]["unit"].astype(str).to_numpy(), gold)

    def at(self, rows: np.ndarray) -> "Scored":
        """Only these rows, which it has."""
        here = np.searchsorted(self.row, rows)
        gold = None if self.gold is None else self.gold[here]
        return Scored(self.values[:, here], rows, self.unit[here], gold)


class Evidence:
    """Answers from the rows that `scored` finds for a method and a metric, kept in `folder`."""

    def __init__(self, folder: Path, scored: Callable[[str, str], Scored], trained: Callable[[str], bool]) -> None:
        self._folder, self._scored, self._trained = folder, scored, trained
        self._known: dict[tuple, Any] = {}

    def interval(self, method: str, metric: str) -> stats.Interval:
        """A method's score, the mean over its seeds, with its interval."""
        found, trained = self._scored(method, metric), self._trained(method)

        def compute() -> stats.Interval:
            measure = _measure(metric, found.gold)
            return stats.interval(measure, found.values, unit=found.unit, trained=trained)

        if found.values is None:
            return stats.interval(stats.Mean(), None)
        return self._kept(("interval", metric, trained), [found], stats.Interval, compute)

    def compare(self, candidate: str, baseline: str, metric: str) -> stats.Comparison:
        """Candidate less baseline on the rows that both have; of a cost the saving, so that more is better always."""
        both = [self._scored(method, metric) for method in (candidate, baseline)]
        trained = [self._trained(method) for method in (candidate, baseline)]

        def compute() -> stats.Comparison:
            return stats.compare(
                _measure(metric, both[0].gold), both[0].values, both[1].values, unit=both[0].unit,
                candidate_trained=trained[0], baseline_trained=trained[1],
            )  # fmt: skip

        if all(one.values is not None for one in both):
            shared = np.intersect1d(both[0].row, both[1].row)
            both = [one.at(shared) for one in both]
        if any(one.values is None or not len(one.row) for one in both):
            return _incomparable([self.interval(method, metric) for method in (candidate, baseline)])
        return self._kept(("comparison", metric, *trained), both, stats.Comparison, compute)

    def _kept(self, key: tuple, parts: Sequence[Scored], kind: type, compute: Callable[[], Any]) -> Any:
        digest = _digest(key, parts)
        if digest not in self._known:
            path = self._folder / f"{digest}.json"
            if (table := read_json(path)) is not None:
                self._known[digest] = kind.from_dict(table)
            else:
                self._known[digest] = compute()
                write_json(path, self._known[digest].to_dict())
        return self._known[digest]


def rows(metric: str, evaluation, dataset, *, estimate=None, judged: pd.DataFrame | None = None) -> pd.DataFrame | None:
    """row, value, unit, and gold where the metric is a correlation; None where the evaluation has no such rows.

    `estimate`: the CostEstimate for the cost. `judged`: `labelling.judged` for the judgements.
    """
    task = metrics.metric(metric).task
    if task == "decisions":
        if estimate is None:
            return None
        # The mean over rows of the negative cost of each: more is better, and a resample keeps the month's volume.
        value = -estimate.row_costs * len(estimate.row_costs)
        return pd.DataFrame({"row": np.arange(len(value)), "value": value, "unit": estimate.unit})
    if task == "judged":
        from kdmcse.annotation import judged_cosines

        if judged is None or not len(judged):
            return None
        table = judged.assign(
            row=judged["item"], value=judged_cosines(evaluation, dataset, judged), unit=judged["group"]
        )
        return table.rename(columns={"score": "gold"})[["row", "value", "unit", "gold"]]
    if task == "sts":
        if evaluation.sts is None or dataset.sts is None:
            return None
        table = evaluation.sts.rename(columns={"cosine": "value"})
        said = dataset.sts.set_index("row")
        unit = table["row"].map(said["group"]) if "group" in said else table["row"]
        return table.assign(unit=unit)[["row", "value", "unit", "gold"]]
    if task not in metrics.RETRIEVAL:
        return benchmarks.rows(evaluation, metric)
    if evaluation.retrieval is None:
        return None
    table = evaluation.retrieval[evaluation.retrieval["direction"] == task]
    groups = dataset.pairs.set_index("pair")["group"]
    value = table[metrics.metric(metric).measure]
    return pd.DataFrame({"row": table["pair"], "value": value, "unit": table["pair"].map(groups)})


def costs(folder: Path, tables: Mapping[str, Sequence[pd.DataFrame]], prices: Prices, baseline: str) -> Costs:
    """`compare_costs`, its draws kept in `folder` under the digest of all that they follow from."""
    rest = next(iter(tables.values()))[0].drop(columns="cosine")
    digest = hashlib.sha256(repr((VERSION, DRAWS, baseline, prices.digest)).encode())
    digest.update(pd.util.hash_pandas_object(rest, index=False).to_numpy().tobytes())
    for name, seeds in tables.items():
        digest.update(name.encode())
        for table in seeds:
            digest.update(np.ascontiguousarray(table["cosine"].to_numpy(float)).tobytes())
    path = folder / f"{digest.hexdigest()[:32]}.npz"
    try:
        with np.load(path) as kept:
            drawn = dict(kept)
    except (FileNotFoundError, ValueError, EOFError, zipfile.BadZipFile):
        drawn = None
    found = compare_costs(tables, prices, baseline=baseline, drawn=drawn)
    if drawn is None:
        write_file(path, _packed(found.drawn))
    return found


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def of_cost(costs: Costs | None, method: str) -> stats.Interval:
    """What a method's mistakes cost a month, with an interval that holds the choice of its threshold too."""
    if costs is None or method not in costs.best:
        return stats.interval(stats.Mean(), None)
    return _of_money(costs.best[method], costs.best[method].cost)


def of_saving(costs: Costs, method: str) -> stats.Comparison:
    """What a method costs less a month than the baseline of `costs`; more is better, so its parts are costs with their sign turned."""
    standing, saving = costs.best[method], costs.best[method].saving
    above = saving.probability_positive
    return stats.Comparison(
        _turned(of_cost(costs, method)),
        _turned(of_cost(costs, costs.baseline)),
        _of_money(standing, saving),
        min(1.0, 2 * min(above, 1 - above)),
        rows_error=None,
        seeds_error=None,
        seeds_freedom=None,
    )


def _of_money(standing: ModelCost, found: BootstrapEstimate) -> stats.Interval:
    rows, units = standing.middle.report_rows, len(np.unique(standing.middle.unit))
    once = standing.seeds == 1 and standing.model != BASELINE
    return stats.Interval(
        found.estimate, found.low, found.high, found.level, rows, units, standing.seeds, rows_only=once, reason=None
    )


def _turned(found: stats.Interval) -> stats.Interval:
    """Of the negative."""
    low, high = (None if end is None else -end for end in (found.high, found.low))
    return dataclasses.replace(found, estimate=found.estimate and -found.estimate, low=low, high=high)


def _measure(name: str, gold: np.ndarray | None) -> stats.RowMetric:
    metric = metrics.metric(name)
    if metric.kind == "mean":
        return stats.Mean(metric.bounds) if metric.bounds else stats.Mean()
    kinds = {"spearman": stats.Spearman, "pearson": stats.Pearson, "average_precision": stats.AveragePrecision}
    return kinds[metric.kind](gold)


def _incomparable(each: Sequence[stats.Interval]) -> stats.Comparison:
    nothing = stats.interval(stats.Mean(), None)
    return stats.Comparison(*each, nothing, None, None, None, None)


def _digest(key: tuple, parts: Sequence[Scored]) -> str:
    found = hashlib.sha256(repr((VERSION, *key)).encode())
    for one in parts:
        for array in (one.values, one.gold):
            found.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        found.update("\0".join(one.unit).encode())
    return found.hexdigest()[:32]
