"""The rows that a score rests on, by metric: an evaluation's tables -> row, value, unit, gold. Measures nothing."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse import annotation, stats
from kdmcse.data import PairDataset
from kdmcse.data.sharing import shared
from kdmcse.evaluation import benchmark_scores
from kdmcse.evaluation.evaluation import Evaluation
from kdmcse.metrics import RETRIEVAL, metric


@dataclass(frozen=True)
class SeedScores:
    """The rows of one method on one metric. `values` is None where a seed was not measured."""

    values: np.ndarray | None
    """(seeds, n)"""
    row: np.ndarray
    """(n,) by which rows of two methods are recognised"""
    unit: np.ndarray
    """(n, k) what a row shares with others, such as the product it is about, or both its sentences"""
    gold: np.ndarray | None
    """(n,) what is right, where the metric is held against something"""

    @classmethod
    def of(cls, tables: Sequence[pd.DataFrame | None]) -> "SeedScores":
        """One table a seed, with row, value, unit and what else begins with `unit`, and gold where the metric has one."""
        nothing = np.zeros(0)
        if not tables or any(table is None or not len(table) for table in tables):
            return cls(None, nothing, nothing[:, None], None)
        # Of a row that stands twice the first counts.
        each = [np.unique(table["row"].to_numpy(), return_index=True) for table in tables]
        shared = functools.reduce(np.intersect1d, [rows for rows, _ in each])
        where = [first[np.searchsorted(rows, shared)] for rows, first in each]
        values = np.stack([table["value"].to_numpy(float)[at] for table, at in zip(tables, where, strict=True)])
        first, at = tables[0], where[0]
        gold = first["gold"].to_numpy(float)[at] if "gold" in first else None
        names = [name for name in first.columns if name.startswith("unit")]
        return cls(values, shared, first[names].astype(str).to_numpy(object)[at], gold)

    def at(self, rows: np.ndarray) -> "SeedScores":
        """Only these rows, which it has."""
        here = np.searchsorted(self.row, rows)
        gold = None if self.gold is None else self.gold[here]
        return SeedScores(self.values[:, here], rows, self.unit[here], gold)


def metric_rows(
    name: str, evaluation: Evaluation, dataset: PairDataset, judged: pd.DataFrame | None = None
) -> pd.DataFrame | None:
    """row, value, unit, and gold where the metric is a correlation; None where the evaluation has no such rows.

    Judged pairs and match decisions have up to three units, `unit`, `unit2` and `unit3`: rows that share one in any place are not independent.

    judged: `annotation.judged`, for the metric of the judgements.
    """
    task = metric(name).task
    if task == "judged":
        return _judged_rows(evaluation, dataset, judged)
    if task == "sts":
        return _similarity_rows(evaluation, dataset)
    if metric(name).kind == "average_precision":
        return _with_units(benchmark_scores.rows(evaluation, name), dataset.decisions, ("text_a", "text_b"))
    if task not in RETRIEVAL:
        return benchmark_scores.rows(evaluation, name)
    if evaluation.retrieval is None:
        return None
    table = evaluation.retrieval[evaluation.retrieval["direction"] == task]
    groups = dataset.pairs.set_index("pair")["group"]
    return pd.DataFrame({"row": table["pair"], "value": table[metric(name).measure], "unit": table["pair"].map(groups)})


def statistic(name: str, gold: np.ndarray | None) -> stats.RowMetric:
    """What makes the score of a metric out of its rows. gold: (n,) where the metric is held against something."""
    wanted = metric(name)
    if wanted.kind == "mean":
        return stats.Mean(wanted.bounds) if wanted.bounds else stats.Mean()
    kinds = {"spearman": stats.Spearman, "pearson": stats.Pearson, "average_precision": stats.AveragePrecision}
    return kinds[wanted.kind](gold)


def _judged_rows(evaluation: Evaluation, dataset: PairDataset, judged: pd.DataFrame | None) -> pd.DataFrame | None:
    if judged is None or not len(judged):
        return None
    cosines = annotation.judged_cosines(evaluation, dataset, judged)
    table = judged.assign(row=judged["item"], value=cosines, unit=judged["group1"], unit2=judged["group2"])
    return table.rename(columns={"score": "gold"})[["row", "value", "unit", "unit2", "gold"]]


def _similarity_rows(evaluation: Evaluation, dataset: PairDataset) -> pd.DataFrame | None:
    if evaluation.sts is None or dataset.sts is None:
        return None
    return _with_units(evaluation.sts.rename(columns={"cosine": "value"}), dataset.sts, ("sentence1", "sentence2"))


def _with_units(measured: pd.DataFrame | None, pairs: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame | None:
    """measured: row, value, gold of the held-out pairs of texts. With what each shares with others."""
    if measured is None:
        return None
    units = shared(pairs[pairs["held_out"]].set_index("row"), columns)  # rows of dev may be of another file
    return measured[["row", "value", "gold"]].join(units, on="row")
