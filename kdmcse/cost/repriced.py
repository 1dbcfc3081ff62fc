"""The cost of some models at many prices, one after the other: what does not depend on prices is counted once. Exactly what `estimate` finds.

For whoever asks hundreds of times, as a sensitivity analysis does; gives the amount alone, without rows, thresholds and chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kdmcse.cost.operation import Operation
from kdmcse.cost.prices import AMOUNT_SHARES, Prices
from kdmcse.cost.sample import Sample, sample_of
from kdmcse.cost.thresholds import ALIKE, Cuts


@dataclass(frozen=True)
class _Rows:
    """Decisions that are taken for the whole operation."""

    totals: np.ndarray
    """(J, K) sums of the measures in each stratum"""
    lenders: np.ndarray
    """(J, J) as `Operation.lenders` has it"""


@dataclass(frozen=True)
class _Fold:
    """What one model's decisions say of one fold. C places of a threshold, J strata, K measures: see `Operation.measures`."""

    cuts: Cuts
    chosen: np.ndarray
    """(C, J K) sums over the decisions below each place, among those that choose"""
    held: np.ndarray
    """(C, J K) the same of the fold, below the threshold of each place"""


@dataclass(frozen=True)
class _Prepared:
    """All that is known before there are prices, for one list of segments, with amounts or without."""

    operation: Operation
    reported: _Rows
    chooses: list[_Rows]
    """of each fold"""
    inside: list[np.ndarray]
    """(J K,) of each fold: sums over its decisions of each stratum"""
    folds: dict[str, list[_Fold]]
    """by model"""


class Repriced:
    """Models on the same decisions, priced again and again. UserError as `estimate_cost` has them."""

    def __init__(self, models: Mapping[str, pd.DataFrame], *, sample: Sample | None = None) -> None:
        """sample: that of these decisions at some prices, where it was made before; prices with other segments, or other use of amounts or their
        currency, need one of their own."""
        self._decisions = next(iter(models.values())).drop(columns="cosine")
        self._cosines = {name: table["cosine"].to_numpy(dtype=np.float64) for name, table in models.items()}
        self._prepared: dict[tuple, _Prepared] = {}
        if sample is not None:
            self._prepared[_key(sample.operation.prices)] = self._prepare(sample)

    def costs(self, prices: Prices) -> dict[str, float]:
        """Model -> money a month at its own best thresholds, as `estimate_cost` has it."""
        known = self._known(prices)
        operation = replace(known.operation, prices=prices)

        def money_of(rows: _Rows) -> np.ndarray:
            """(J K, 3)"""
            return operation.stratum_money(rows.totals[:, 0], rows.lenders).reshape(-1, 3)

        report = money_of(known.reported)
        costs = dict.fromkeys(known.folds, 0.0)
        for k, (chooses, inside) in enumerate(zip(known.chooses, known.inside, strict=True)):
            money = money_of(chooses)
            alike = ALIKE * float((chooses.totals.ravel() @ np.abs(money)).sum())
            lower = None if prices.review is None else money[:, 0] - money[:, 1]
            upper = money[:, 0 if prices.review is None else 1] - money[:, 2]
            for name, folds in known.folds.items():
                fold = folds[k]
                start = None if lower is None else fold.chosen @ lower
                first, last = fold.cuts.cheapest(fold.chosen @ upper, start, alike=alike)
                below, under = fold.held[first], fold.held[last]
                costs[name] += below @ report[:, 0] + (under - below) @ report[:, 1] + (inside - under) @ report[:, 2]
        return {name: float(cost) for name, cost in costs.items()}

    def at_mean_amounts(self, prices: Prices) -> Prices:
        """The same without shares: of each segment, the fixed price with the share of the mean amount of its decisions."""
        if not prices.shares_amounts:
            return prices
        known = self._known(prices).reported
        pooled = known.lenders.T.astype(float) @ known.totals
        means = pooled[:, 1] / pooled[:, 0]
        tables = {
            name: replace(
                table,
                false_match=table.false_match + table.false_match_share * float(means[2 * place]),
                missed_match=table.missed_match + table.missed_match_share * float(means[2 * place + 1]),
                **dict.fromkeys(AMOUNT_SHARES, 0.0),
            )
            for place, (name, table) in enumerate(prices.by_segment.items())
        }
        return replace(prices, segments=tables)

    def _known(self, prices: Prices) -> _Prepared:
        key = _key(prices)
        if key not in self._prepared:
            self._prepared[key] = self._prepare(sample_of(self._decisions, prices))
        return self._prepared[key]

    def _prepare(self, sample: Sample) -> _Prepared:
        operation, folds = sample.operation, sample.folds
        strata = np.eye(2 * len(operation.segments))[operation.stratum]
        strata = (strata[:, :, None] * operation.measures[:, None]).reshape(len(strata), -1)

        def rows(chosen: np.ndarray) -> _Rows:
            return _Rows(operation.totals(chosen), operation.lenders(chosen))

        return _Prepared(
            operation,
            rows(folds.reported),
            [rows(folds.chooses(k)) for k in range(folds.count)],
            [strata[folds.of_rows == k].sum(axis=0) for k in range(folds.count)],
            {
                name: [_fold(cosine, strata, folds.chooses(k), folds.of_rows == k) for k in range(folds.count)]
                for name, cosine in self._cosines.items()
            },
        )


def _key(prices: Prices) -> tuple:
    return tuple(prices.by_segment), prices.shares_amounts and prices.currency


def _fold(cosine: np.ndarray, strata: np.ndarray, chooses: np.ndarray, inside: np.ndarray) -> _Fold:
    """cosine (n,), strata (n, J K) the measures of each decision at its stratum, else 0; chooses, inside (n,) bool: where the thresholds are
    chosen, and where they are judged."""
    cuts, order = Cuts(cosine[chooses]), np.argsort(cosine[inside])
    sums = np.concatenate([np.zeros((1, strata.shape[1])), np.cumsum(strata[inside][order], axis=0)])
    held = sums[np.searchsorted(cosine[inside][order], cuts.values, side="left")]
    return _Fold(cuts, cuts.up_to(strata[chooses]), held)
