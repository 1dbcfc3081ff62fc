"""A cost whose arithmetic fits on a page: eight decisions, four to choose the threshold and four to measure it. Invented; measures nothing."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.cost.estimate import CostEstimate, estimate_cost
from kdmcse.cost.folds import Folds
from kdmcse.cost.prices import Prices, Review, Thresholds
from kdmcse.cost.sample import sample_of
from kdmcse.cost.thresholds import outcomes

DECISIONS = pd.DataFrame(
    [
        ("choose", True, 0.90), ("choose", True, 0.60), ("choose", False, 0.70), ("choose", False, 0.20),
        ("measure", True, 0.90), ("measure", True, 0.70), ("measure", False, 0.82), ("measure", False, 0.10),
    ],
    columns=["part", "match", "cosine"],
)  # fmt: skip
PRICES = Prices("JPY", false_match=300, missed_match=1_200, monthly_volume=10_000, base_rate=0.1)
REVIEW = Review(price=50, accuracy=0.9)
CANDIDATES = (0.1, 0.4, 0.65, 0.8, 1.0)
"""A threshold below, between and above the cosines that choose."""


@dataclass(frozen=True)
class Term:
    """A part of a monthly cost: decisions of one kind times what each stands for a month times the money for one."""

    count: int
    monthly: float
    money: float

    @property
    def cost(self) -> float:
        return self.count * self.monthly * self.money


@dataclass(frozen=True)
class Counts:
    """What a monthly cost is the sum of."""

    missed: Term
    false: Term
    reviewed_matches: Term
    reviewed_others: Term

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.missed, self.false, self.reviewed_matches, self.reviewed_others

    @property
    def monthly_cost(self) -> float:
        return sum(term.cost for term in self.terms)


@dataclass(frozen=True)
class Example:
    """The example, worked by the ordinary functions."""

    estimate: CostEstimate
    """nobody reviews"""
    reviewed: CostEstimate
    """a person decides between two thresholds"""

    @property
    def decisions(self) -> pd.DataFrame:
        """part (`choose` or `measure`), match, cosine."""
        return DECISIONS.copy()

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """threshold, missed, false, monthly_cost on the decisions that choose."""
        rows = []
        for threshold in CANDIDATES:
            counts = self.count("choose", Thresholds(threshold))
            rows.append((threshold, counts.missed.count, counts.false.count, counts.monthly_cost))
        return pd.DataFrame(rows, columns=["threshold", "missed", "false", "monthly_cost"])

    @property
    def stands_for(self) -> tuple[float, float]:
        """Matches and non-matches a month for which one of two stands."""
        other, match = self.estimate.sample.operation.monthly_decisions / 2
        return float(match), float(other)

    @property
    def review_money(self) -> tuple[float, float]:
        """Money for one match and for one non-match that a person reviews."""
        other, match = self.reviewed.sample.operation.unit_money[:, 0, 1]
        return float(match), float(other)

    def count(self, part: str, thresholds: Thresholds) -> Counts:
        """What these thresholds make of the decisions that `choose` or `measure`."""
        rows = DECISIONS[DECISIONS["part"] == part]
        outcome, match = outcomes(rows["cosine"].to_numpy(), thresholds), rows["match"].to_numpy()

        def counted(is_match: bool, kind: int) -> int:
            return int((outcome[match == is_match] == kind).sum())

        (match_month, other_month), (match_review, other_review) = self.stands_for, self.review_money
        return Counts(
            missed=Term(counted(True, 0), match_month, PRICES.missed_match),
            false=Term(counted(False, 2), other_month, PRICES.false_match),
            reviewed_matches=Term(counted(True, 1), match_month, match_review),
            reviewed_others=Term(counted(False, 1), other_month, other_review),
        )


def worked_example() -> Example:
    """Eight decisions: the threshold is chosen on four (600,000 a month), measured on the others (1,950,000), then with a review band (1,435,000)."""
    folds = Folds(np.where(DECISIONS["part"] == "measure", 0, -1), 1)

    def at(prices: Prices) -> CostEstimate:
        return estimate_cost(DECISIONS, prices, sample=sample_of(DECISIONS, prices, folds=folds))

    return Example(at(PRICES), at(dataclasses.replace(PRICES, review=REVIEW)))
