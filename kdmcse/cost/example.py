"""A cost whose arithmetic fits on a page: eight decisions, four to choose the threshold and four to measure it. Invented; measures nothing."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.cost.estimate import CostEstimate, estimate_cost, sample_of
from kdmcse.cost.folds import Folds
from kdmcse.cost.prices import Prices, Review, Thresholds, amount
from kdmcse.cost.thresholds import outcomes
from kdmcse.i18n import number, percent, say

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
class Example:
    """The example, worked by the ordinary functions; `steps` writes down what they did."""

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
            (missed, false, _, _), cost = self._counted("choose", Thresholds(threshold), PRICES)
            rows.append((threshold, missed, false, cost))
        return pd.DataFrame(rows, columns=["threshold", "missed", "false", "monthly_cost"])

    def steps(self, language: str) -> pd.DataFrame:
        """Every step in the reader's language: step, calculation, result, all as text."""
        volume, rate = number(PRICES.monthly_volume, language), PRICES.base_rate
        each, other = self._stand_for
        rows = [
            (self._say("match_stands", language), f"{volume} × {percent(rate, language)} ÷ 2", number(each, language)),
            (
                self._say("other_stands", language),
                f"{volume} × {percent(1 - rate, language)} ÷ 2",
                number(other, language),
            ),
        ]
        for threshold in CANDIDATES:
            step = self._say("candidate", language, threshold=number(threshold, language, 2))
            rows.append((step, *self._told("choose", Thresholds(threshold), PRICES, language)))
        best = self.estimate.thresholds
        rows.append((self._say("cheapest", language), "", number(best.threshold, language, 2)))
        rows.append((self._say("measured", language), *self._told("measure", best, PRICES, language)))
        price, wrong = self._money(REVIEW.price, language), f"(1 − {percent(REVIEW.accuracy, language)})"
        (reviewed_other, reviewed_match) = self.reviewed.sample.operation.unit_money[:, 1]
        for step, lost, result in (
            ("review_match", PRICES.missed_match, reviewed_match),
            ("review_other", PRICES.false_match, reviewed_other),
        ):
            rows.append((self._say(step, language), f"{price} + {wrong} × {self._money(lost, language)}", self._money(result, language)))  # fmt: skip
        band, priced = self.reviewed.thresholds, self.reviewed.prices
        ends = {"low": number(band.lower, language, 2), "high": number(band.upper, language, 2)}
        rows.append((self._say("band", language, **ends), *self._told("choose", band, priced, language)))
        rows.append((self._say("band_measured", language), *self._told("measure", band, priced, language)))
        return pd.DataFrame(rows, columns=["step", "calculation", "result"])

    def sentences(self, language: str) -> list[str]:
        """What the example shows."""
        chosen = self._money(float(self.candidates["monthly_cost"].min()), language)
        fields = {
            "chosen": chosen,
            "measured": self._money(self.estimate.monthly_cost, language),
            "reviewed": self._money(self.reviewed.monthly_cost, language),
        }
        return [self._say(f"sentence_{name}", language, **fields) for name in ("weights", "honest", "review")]

    @property
    def _stand_for(self) -> tuple[float, float]:
        """Matches and non-matches a month for which one of two stands."""
        other, each = self.estimate.sample.operation.monthly_decisions / 2
        return float(each), float(other)

    def _counted(self, part: str, thresholds: Thresholds, prices: Prices) -> tuple[tuple[int, int, int, int], float]:
        """Missed and false matches, reviewed matches and reviewed non-matches of one part, and what they cost a month."""
        rows = DECISIONS[DECISIONS["part"] == part]
        outcome, match = outcomes(rows["cosine"].to_numpy(), thresholds), rows["match"].to_numpy()
        counts = tuple(
            int((outcome[match == is_match] == kind).sum())
            for kind, is_match in ((0, True), (2, False), (1, True), (1, False))
        )
        unit_money = (self.reviewed if prices.review else self.estimate).sample.operation.unit_money
        each, other = self._stand_for
        money = np.array([unit_money[1, 0], unit_money[0, 2], unit_money[1, 1], unit_money[0, 1]])
        return counts, float(np.array(counts) * [each, other, each, other] @ money)

    def _told(self, part: str, thresholds: Thresholds, prices: Prices, language: str) -> tuple[str, str]:
        counts, cost = self._counted(part, thresholds, prices)
        unit_money = self.reviewed.sample.operation.unit_money
        lost = [PRICES.missed_match, PRICES.false_match, unit_money[1, 1], unit_money[0, 1]]
        stands = [number(amount, language) for amount in self._stand_for] * 2
        terms = [
            f"{count} × {each} × {self._money(money, language)}"
            for count, each, money in zip(counts, stands, lost, strict=True)
        ]
        return " + ".join(terms if prices.review else terms[:2]), self._money(cost, language)

    def _say(self, key: str, language: str, **fields: object) -> str:
        return say(f"cost.example.{key}", language, **fields)

    def _money(self, value: float, language: str) -> str:
        return amount(value, PRICES.currency, language)


def worked_example() -> Example:
    """Eight decisions: the threshold is chosen on four (600,000 a month), measured on the others (1,950,000), then with a review band (1,435,000)."""
    folds = Folds(np.where(DECISIONS["part"] == "measure", 0, -1), 1)

    def at(prices: Prices) -> CostEstimate:
        return estimate_cost(DECISIONS, prices, sample=sample_of(DECISIONS, prices, folds=folds))

    return Example(at(PRICES), at(dataclasses.replace(PRICES, review=REVIEW)))
