"""What the mistakes of one model cost a month, with thresholds that were chosen on other decisions than those it is measured on. No models here.

Scarce decisions are cross-fitted: five folds, each judged by the thresholds that are cheapest on the other four. Where there are plenty, one
half chooses and the other reports. What is estimated is the cost of the thresholds that were given; see `compare` for how sure that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.cost.prices import Prices, Thresholds
from kdmcse.cost.sample import FEW_ROWS, Sample, sample_of
from kdmcse.cost.thresholds import outcomes
from kdmcse.errors import UserError

CURVE_POINTS = 201
"""Thresholds at which a curve is drawn."""
ERRORS = ("false_match", "missed_match", "review", "review_false_match", "review_missed_match", "benefit")
"""What a cost is made of: mistakes of the model, the price of reviews, mistakes of the reviewer, and (below 0) what matches gain."""

JUDGED_BY = ("outcome", "lower", "upper", "part")
"""What `CostEstimate.judged_by` says of a decision."""


@dataclass(frozen=True)
class Note:
    """What must be said beside a figure: the code of a sentence with its numbers and names."""

    code: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CostEstimate:
    """The monthly cost of a model's mistakes, and what it is made of."""

    prices: Prices
    thresholds: Thresholds
    """for operation: the cheapest on all decisions, or on the half that chooses; or those it was asked at"""
    fold_thresholds: tuple[Thresholds, ...]
    """those by which the folds were judged: the test thresholds"""
    monthly_cost: float
    """money a month; below 0 where matches gain more than mistakes cost"""
    row_costs: np.ndarray = field(repr=False, compare=False)
    """(report_rows,) what each reported decision adds to the month, in the order of the decisions; sums to `monthly_cost`"""
    outcomes: np.ndarray = field(repr=False, compare=False)
    """(report_rows,) place in `OUTCOMES` of each"""
    cosine: np.ndarray = field(repr=False, compare=False)
    """(n,) of all decisions"""
    sample: Sample = field(repr=False, compare=False)

    @property
    def threshold(self) -> float:
        """A cosine that reaches it is taken for a match; -inf takes every pair, inf none."""
        return self.thresholds.threshold

    @property
    def accepts(self) -> str:
        """`all`, `none`, `people` or `some`: where mistakes of one kind cost enough, the cheapest is not to let the model decide at all."""
        return self.thresholds.takes

    @property
    def report_rows(self) -> int:
        """Decisions on which the cost was measured."""
        return len(self.row_costs)

    @property
    def unit(self) -> np.ndarray:
        """(report_rows,) equal where decisions belong together."""
        return self.sample.units.keys[self.sample.folds.reported]

    @property
    def match(self) -> np.ndarray:
        """(report_rows,) bool"""
        return self.sample.operation.match[self.sample.folds.reported]

    @property
    def wrong(self) -> np.ndarray:
        """(report_rows,) bool: which the model gets wrong; what goes to a person is not."""
        return np.where(self.match, self.outcomes == 0, self.outcomes == 2)

    @property
    def at_stake(self) -> np.ndarray:
        """(report_rows,) the threshold on whose wrong side each decision would be a mistake."""
        folds = self.sample.folds
        ends = np.array([(t.lower, t.upper) for t in self.fold_thresholds])[folds.of_rows[folds.reported]]
        return np.where(self.match, ends[:, 0], ends[:, 1])

    @property
    def judged_by(self) -> pd.DataFrame:
        """By reported decision: outcome (place in `OUTCOMES`), lower and upper (its thresholds; equal where nobody reviews), part.

        part: the fold, from 1; 0 where every decision is judged by the same thresholds.
        """
        fold, thresholds = self.sample.folds.of_rows[self.sample.folds.reported], self.fold_thresholds
        lower, upper = np.array([(t.lower, t.upper) for t in thresholds])[fold].T
        part = fold + 1 if len(set(thresholds)) > 1 else np.zeros_like(fold)
        return pd.DataFrame(dict(zip(JUDGED_BY, (self.outcomes, lower, upper, part), strict=True)))

    @property
    def calibration_rows(self) -> int:
        """Decisions on which the thresholds of a reported fold were chosen, the mean over the folds."""
        folds = self.sample.folds
        return round(sum(int(folds.chooses(k).sum()) for k in range(folds.count)) / folds.count)

    @property
    def few_rows(self) -> bool:
        return self.report_rows < FEW_ROWS

    @property
    def false_match_rate(self) -> float:
        """Share of the non-matches in operation that the model takes for a match."""
        return self._rate(match=False, outcome=2)

    @property
    def missed_match_rate(self) -> float:
        """Share of the matches in operation that the model takes for none."""
        return self._rate(match=True, outcome=0)

    @property
    def review_rate(self) -> float:
        """Share of all decisions in operation that go to a person."""
        return self._rate(match=None, outcome=1)

    @property
    def false_monthly_cost(self) -> float:
        """Money a month that is lost by false matches, a reviewer's included."""
        return self._cost_of("false_match", "review_false_match")

    @property
    def missed_monthly_cost(self) -> float:
        """Money a month that is lost by missed matches, a reviewer's included."""
        return self._cost_of("missed_match", "review_missed_match")

    @property
    def shares(self) -> np.ndarray:
        """(J, K, 3) of one decision of a stratum, lent ones included: the share with each outcome, and its amount where the prices share that."""
        operation, reported = self.sample.operation, self.sample.folds.reported
        pooled = np.einsum("dj,dko->jko", operation.lenders(reported).astype(float), self._seen)
        return pooled / pooled[:, :1].sum(axis=2, keepdims=True)

    @cached_property
    def stratum_costs(self) -> np.ndarray:
        """(J,) what the decisions of each stratum cost a month, by lent ones where it has none; sums to `monthly_cost`."""
        return np.einsum("jko,jko->j", self._monthly, self.sample.operation.unit_money)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """segment, error (of `ERRORS`), decisions (reported ones that are such), monthly_decisions (as many a month), monthly_cost.

        A row for every segment and kind that can occur at these prices. A reviewer's mistakes are expected ones: they have no decisions (NaN).
        """
        review = self.prices.review
        stands_for, seen = self._monthly, self._seen[:, 0]
        rows = []
        for place, (name, segment) in enumerate(self.prices.by_segment.items()):
            (rejected, reviewed, accepted), (others, matches) = range(3), (2 * place, 2 * place + 1)
            false, missed = segment.false_match, segment.missed_match
            false_share, missed_share = segment.false_match_share, segment.missed_match_share
            kinds = [
                ("false_match", seen[others, accepted], stands_for[others, :, accepted], false, false_share),
                ("missed_match", seen[matches, rejected], stands_for[matches, :, rejected], missed, missed_share),
            ]
            matched = stands_for[matches, :, accepted]
            if review:
                wrong, asked = 1 - review.accuracy, stands_for[[others, matches], :, reviewed]
                matched = matched + review.accuracy * asked[1]
                kinds += [
                    ("review", seen[[others, matches], reviewed].sum(), asked.sum(axis=0), review.price, 0.0),
                    ("review_false_match", np.nan, wrong * asked[0], false, false_share),
                    ("review_missed_match", np.nan, wrong * asked[1], missed, missed_share),
                ]
            if segment.benefit:
                kinds.append(("benefit", seen[matches, accepted], matched, -segment.benefit, 0.0))
            rows += [
                (name, kind, count, monthly[0], float(monthly @ (fixed, share)[: len(monthly)]))
                for kind, count, monthly, fixed, share in kinds
            ]
        return pd.DataFrame(rows, columns=["segment", "error", "decisions", "monthly_decisions", "monthly_cost"])

    @cached_property
    def curve(self) -> pd.DataFrame:
        """threshold, monthly_cost on the reported decisions: from a threshold that takes every pair to one that takes none.

        A review threshold stays where it is, as far as the threshold is above it.
        """
        reported = self.sample.folds.reported
        cosine, money = self.cosine[reported], self.sample.reported_money[reported]
        order = np.argsort(cosine)
        scores, grid = cosine[order], self.grid
        rejected, reviewed, accepted = (np.append(0.0, np.cumsum(money[order, outcome])) for outcome in range(3))
        upper = np.searchsorted(scores, grid)
        lower = np.minimum(np.searchsorted(scores, self.thresholds.lower), upper)
        if not self.sample.reviews:
            lower = upper
        cost = rejected[lower] + (reviewed[upper] - reviewed[lower]) + (accepted[-1] - accepted[upper])
        return pd.DataFrame({"threshold": grid, "monthly_cost": cost})

    @property
    def grid(self) -> np.ndarray:
        """(about `CURVE_POINTS`,) finite thresholds from the lowest cosine to above the highest, with the one that was chosen."""
        return grid_over(self.reported_cosine, self.threshold)

    @property
    def reported_cosine(self) -> np.ndarray:
        """(report_rows,)"""
        return self.cosine[self.sample.folds.reported]

    def mistakes(self, decisions: pd.DataFrame) -> pd.DataFrame:
        """The reported decisions that the model gets wrong, the most expensive first.

        decisions: those of the estimate, in its order. Returned: `decisions` with segment, error, what `judged_by` has, price (of this one
        mistake) and monthly_cost (of all that it stands for), by which they are sorted. Of those that cost the same a month the dearer one comes
        first, then the one that is farther on the wrong side.
        """
        operation, reported = self.sample.operation, self.sample.folds.reported
        match, stratum, judged = self.match, operation.stratum[reported], self.judged_by
        far = np.abs(self.cosine[reported] - self.at_stake)[self.wrong]
        mistakes = decisions.loc[reported].assign(
            segment=np.array(operation.segments, dtype=object)[stratum // 2],
            cosine=self.cosine[reported],
            error=np.where(match, "missed_match", "false_match"),
            **{name: judged[name].to_numpy() for name in judged},
            price=np.take_along_axis(operation.row_unit_money[reported], self.outcomes[:, None], axis=1)[:, 0],
            monthly_cost=self.row_costs,
        )[self.wrong]
        order = np.lexsort((-far, -mistakes["price"], -mistakes["monthly_cost"]))
        return mistakes.iloc[order]

    @property
    def borrowed(self) -> list[tuple[str, bool]]:
        """Segments and classes (True: matches) whose rates are those of all decisions of the class, for want of their own."""
        return self.sample.operation.borrowed(self.sample.folds.reported)

    @property
    def notes(self) -> list[Note]:
        """How the figure was made, on what if not on real decisions, and which of its parts are borrowed."""
        folds = self.sample.folds
        counts = {"calibration_rows": self.calibration_rows, "report_rows": self.report_rows, "folds": folds.count}
        notes = [Note("folds" if folds.crossed else "halves", counts)]
        if (kind := self.sample.units.kind) in ("frequent_text", "pair"):
            notes.append(Note(f"unit_{kind}"))
        if self.sample.units.groups_left_out:
            notes.append(Note("groups_left_out"))
        if (cut := self.sample.derived_at) is not None:
            notes.insert(0, Note("derived", {"score": cut}))
        for segment, match in self.borrowed:
            notes.append(Note(f"borrowed_{'matches' if match else 'others'}", {"segment": segment}))
        if unknown := self.sample.operation.unknown_amounts:
            notes.append(Note("unknown_amounts", {"count": unknown}))
        return notes

    def to_dict(self) -> dict[str, Any]:
        """For JSON; an infinite threshold is null, and `accepts` tells which; so is the rate of a kind that a month has none of."""
        lower, upper = self.thresholds.lower, self.thresholds.upper
        return {
            "threshold": upper if np.isfinite(upper) else None,
            "review_threshold": lower if np.isfinite(lower) and lower < upper else None,
            "accepts": self.accepts,
            "currency": self.prices.currency,
            "monthly_cost": self.monthly_cost,
            **{
                name: None if (rate := getattr(self, name)) != rate else rate
                for name in ("false_match_rate", "missed_match_rate")
            },
            "review_rate": self.review_rate,
            "false_monthly_cost": self.false_monthly_cost,
            "missed_monthly_cost": self.missed_monthly_cost,
            "errors": [
                row | {"decisions": None if row["decisions"] != row["decisions"] else int(row["decisions"])}
                for row in self.errors.to_dict("records")
            ],
            "calibration_rows": self.calibration_rows,
            "report_rows": self.report_rows,
            "few_rows": self.few_rows,
            "few": self.sample.few,
            **({"few_by_segment": self.sample.few_by_segment} if self.prices.segments else {}),
            "derived_at": self.sample.derived_at,
        }

    def _cost_of(self, *kinds: str) -> float:
        return float(self.errors.loc[self.errors["error"].isin(kinds), "monthly_cost"].sum())

    def _rate(self, *, match: bool | None, outcome: int) -> float:
        """Share of the month's decisions of a class (None: of all) with this outcome; NaN where there are none in a month."""
        monthly = self._monthly[:, 0]
        rows = monthly[slice(None) if match is None else slice(int(match), None, 2)]
        return float(rows[:, outcome].sum() / rows.sum()) if rows.sum() else np.nan

    @property
    def _monthly(self) -> np.ndarray:
        """(J, K, 3) decisions of a stratum a month, and their amounts, by outcome, lent ones included."""
        return self.sample.operation.monthly_decisions[:, None, None] * self.shares

    @property
    def _seen(self) -> np.ndarray:
        """(J, K, 3) the reported decisions of a stratum itself, and their amounts, by outcome."""
        operation, reported = self.sample.operation, self.sample.folds.reported
        strata = len(operation.monthly_decisions)
        place = 3 * operation.stratum[reported] + self.outcomes
        sums = [np.bincount(place, one, minlength=3 * strata) for one in operation.measures[reported].T]
        return np.stack(sums).reshape(-1, strata, 3).swapaxes(0, 1)


def grid_over(cosine: np.ndarray, threshold: float) -> np.ndarray:
    """(about `CURVE_POINTS`,) finite thresholds from the lowest cosine to above the highest, with this one where it is finite."""
    low, high = cosine.min(), cosine.max()
    grid = np.unique(np.append(np.linspace(low, high, CURVE_POINTS - 1), np.nextafter(high, np.inf)))
    return np.union1d(grid, [threshold]) if np.isfinite(threshold) else grid


def estimate_cost(
    decisions: pd.DataFrame, prices: Prices, *, at: Thresholds | None = None, sample: Sample | None = None
) -> CostEstimate:
    """The cost of deciding by cosine. decisions: match (bool), cosine, and what `sample_of` knows. `at`: at these thresholds, not at the cheapest.

    `sample`: that of these decisions and prices, where it was made before. UserError as `sample_of`, and `decisions_unscored`.
    """
    sample = sample or sample_of(decisions, prices)
    cosine = decisions["cosine"].to_numpy(dtype=np.float64, na_value=np.nan)
    if unscored := int((~np.isfinite(cosine)).sum()):
        raise UserError("decisions_unscored", unscored=unscored, rows=len(cosine))
    folds = sample.folds
    chosen = tuple(at or sample.choose(cosine, folds.chooses(k)) for k in range(folds.count))
    everything = np.ones(len(cosine), dtype=bool)
    thresholds = at or (sample.choose(cosine, everything) if folds.crossed else chosen[0])
    judged = np.zeros(len(cosine), dtype=np.int64)
    for k, given in enumerate(chosen):
        rows = folds.of_rows == k
        judged[rows] = outcomes(cosine[rows], given)
    judged = judged[folds.reported]
    row_costs = np.take_along_axis(sample.reported_money[folds.reported], judged[:, None], axis=1)[:, 0]
    return CostEstimate(prices, thresholds, chosen, float(row_costs.sum()), row_costs, judged, cosine, sample)


def estimate_costs(
    models: Mapping[str, pd.DataFrame], prices: Prices, *, at: Thresholds | None = None
) -> dict[str, CostEstimate]:
    """Name -> decisions with that model's cosines, to name -> estimate. Models with the same decisions are judged on the same folds."""
    estimates: dict[str, CostEstimate] = {}
    sample = known = None
    for name, decisions in models.items():
        rest = decisions.drop(columns="cosine")
        if sample is None or not rest.equals(known):
            sample, known = sample_of(decisions, prices), rest
        estimates[name] = estimate_cost(decisions, prices, at=at, sample=sample)
    return estimates
