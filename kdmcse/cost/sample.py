"""Decisions with their prices, before any model: which stand for what, which belong together, which choose for which."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.cost.folds import Folds, Grouping, deal, units
from kdmcse.cost.operation import KINDS, Operation, operation_of
from kdmcse.cost.prices import Prices, Thresholds
from kdmcse.cost.thresholds import best_thresholds
from kdmcse.errors import UserError

FEW_ROWS = 20
"""A cost that was measured on fewer rows is a guess, and shown as one; so is what rests on fewer matches or non-matches, in all or in a segment."""


@dataclass(frozen=True)
class Sample:
    """What every model is measured on."""

    operation: Operation
    units: Grouping = field(repr=False)
    folds: Folds = field(repr=False)
    derived_at: float | None = None
    """the decisions are derived from scores: from this one on they are matches, see `derived_decisions`; None: they are real"""

    @cached_property
    def reported_money(self) -> np.ndarray:
        """(n, 3) money a month that each decision stands for, by `OUTCOMES`; 0 where it only helps to choose."""
        return self.operation.row_money(self.folds.reported)

    @property
    def reviews(self) -> bool:
        """Whether a person may be asked."""
        return self.operation.prices.review is not None

    @cached_property
    def few(self) -> dict[str, int]:
        """The kinds of decisions (`matches`, `others`) of which fewer than `FEW_ROWS` are reported, the rarer first: kind -> how many."""
        matches = int(self.operation.match[self.folds.reported].sum())
        counts = {"matches": matches, "others": int(self.folds.reported.sum()) - matches}
        return {kind: count for kind, count in sorted(counts.items(), key=lambda item: item[1]) if count < FEW_ROWS}

    @cached_property
    def few_by_segment(self) -> dict[str, dict[str, int]]:
        """The same of each segment: kind -> segment -> how many; 0 where its rate is borrowed. Not of what is neither there nor occurs in a month."""
        operation, found = self.operation, {}
        seen = np.bincount(operation.stratum[self.folds.reported], minlength=len(operation.monthly_decisions))
        for place in np.flatnonzero((seen < FEW_ROWS) & ((seen > 0) | (operation.monthly_decisions > 0))):
            found.setdefault(KINDS[place % 2], {})[operation.segments[place // 2]] = int(seen[place])
        return found

    @cached_property
    def few_by_amount(self) -> np.ndarray:
        """(2,) bool, by `KINDS`: whether amounts differ so much that the decisions reported count as fewer than `FEW_ROWS`: of w, which each has
        at stake, (sum w)^2 / sum w^2 (Kish 1965) count."""
        if self.operation.amount is None:
            return np.zeros(2, dtype=bool)
        stake, match = np.ptp(self.operation.row_unit_money, axis=1), self.operation.match
        kinds = (stake[self.folds.reported & (match == kind)] for kind in (False, True))
        return np.array([one.sum() ** 2 < FEW_ROWS * (one**2).sum() for one in kinds])

    def choose(self, cosine: np.ndarray, rows: np.ndarray) -> Thresholds:
        """The cheapest thresholds if `rows` (n,) bool were the whole operation."""
        money = self.operation.row_money(rows)[rows]
        return best_thresholds(cosine[rows], money, review=self.reviews)


def sample_of(decisions: pd.DataFrame, prices: Prices, *, folds: Folds | None = None) -> Sample:
    """decisions: match, and where they have them segment, amount, derived_at, and what `units` knows rows by. `folds`: others than those of `deal`.

    UserError `no_decisions`, `segment_without_prices`, `amounts_missing`, `amounts_other_currency`; `one_class_only` when what chooses or
    reports lacks matches or non-matches.
    """
    if not len(decisions):
        raise UserError("no_decisions")
    operation, together = operation_of(decisions, prices), units(decisions)
    folds = folds or deal(together.keys, operation.stratum)
    for k in range(folds.count):
        operation.lenders(folds.chooses(k))
    operation.lenders(folds.reported)
    return Sample(
        operation, together, folds, float(decisions["derived_at"].iloc[0]) if "derived_at" in decisions else None
    )
