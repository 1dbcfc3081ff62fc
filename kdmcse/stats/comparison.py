"""A score with its interval, and one method against another: better, worse or not decisive, why, and what would decide it.

The interval speaks of other rows of the same kind and, from two seeds on, of other seeds. No model, no file and no words here.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from kdmcse.stats.quantiles import t_below
from kdmcse.stats.resampling import half_width

MIN_ROWS = 20
"""Fewer held-out rows than this decide nothing, however far apart the scores are."""
MIN_SEEDS = 2
"""A method that was trained once may owe its score to the seed."""
MIN_UNITS = 3
"""Fewer units than this tell nothing about chance."""
POWER = 0.8
"""Probability with which as many further rows as are named would decide."""
SPREAD = 1.25
"""Standard errors by which true differences are taken to be spread about 0; van Zwet, Schwab and Senn (2021) find a little more over clinical
trials. Chosen by simulation: with 1.5, fewer than three in four of those who follow the advice get a verdict."""
MOST_MORE = 20
"""More than so many times the rows at hand are nothing that anybody would judge for one comparison."""

VERDICTS = ("better", "worse", "not_decisive")
NO_SCORE = ("not_measured", "undefined", "few_units")
"""Why there is no score. One from few units would mislead: a rank correlation of two pairs is always 1 or -1."""
NO_INTERVAL = (*NO_SCORE, "often_undefined", "no_variation")
"""Why there is no interval."""
CAVEATS = ("wide", "rough", "rows_only")
"""An interval from few rows, from few units, or from one training."""
REASONS = (
    *NO_INTERVAL,
    "few_rows",
    "one_seed",
    "interval_includes_zero",
    "p_too_large",
    "p_too_large_among_several",
    "interval_excludes_zero",
)
NEEDS = ("nothing", "rows", "seeds", "too_small", "unknown")


class _Stored:
    """To and from a table that JSON can hold."""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        return cls(**table)


@dataclass(frozen=True)
class Interval(_Stored):
    """A score, the mean over a method's seeds, or a difference of two; and where it may lie. None where it is not known."""

    estimate: float | None
    low: float | None
    high: float | None
    level: float
    """probability with which such an interval holds the truth"""
    rows: int
    units: int
    """what repeats: products, images, annotator groups; as many as rows where nothing does"""
    seeds: int
    """of a difference, the smaller number of seeds among the methods that were trained"""
    rows_only: bool
    """a trained method has one seed, so that the interval leaves out the chance of training"""
    reason: str | None
    """why there is no interval: one of `NO_INTERVAL`; None where there is one"""

    @property
    def few_rows(self) -> bool:
        return self.rows < MIN_ROWS

    @property
    def includes_zero(self) -> bool:
        """False too where there is no interval."""
        return self.low is not None and self.low <= 0 <= self.high

    @property
    def caveats(self) -> list[str]:
        """Codes of what a reader must know about it: one of `NO_INTERVAL` where there is no interval, else of `CAVEATS`;
        usually none."""
        if self.reason:
            return [self.reason]
        rough = self.units < MIN_ROWS <= self.rows
        return ["wide"] * self.few_rows + ["rough"] * rough + ["rows_only"] * self.rows_only


@dataclass(frozen=True)
class Comparison(_Stored):
    """A candidate against a baseline on the same rows. Higher is better: give costs with their sign turned."""

    candidate: Interval
    baseline: Interval
    difference: Interval
    """candidate less baseline"""
    p_value: float | None
    """how often chance alone gives such a difference, by label swap or by the interval, whichever is larger"""
    rows_error: float | None
    """standard error of the difference from the choice of rows: n times the rows divide its square by n"""
    seeds_error: float | None
    """standard error from the seeds, which no number of rows lessens"""
    seeds_freedom: int | None
    """degrees of freedom of `seeds_error`; None where no method has several seeds"""
    p_adjusted: float | None = None
    """`p_value` where it is one of several comparisons: see `adjust`"""
    rows_freedom: float | None = None
    """degrees of freedom of `rows_error`, less than the units where these are unequal or rows cross; None: by the number of units"""

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        nested = {name: Interval.from_dict(table[name]) for name in ("candidate", "baseline", "difference")}
        return cls(**(dict(table) | nested))

    @property
    def verdict(self) -> str:
        """The candidate, seen from the baseline: one of `VERDICTS`."""
        if self.reason != "interval_excludes_zero":
            return "not_decisive"
        return "better" if self.difference.estimate > 0 else "worse"

    @property
    def reason(self) -> str:
        """Why the verdict is what it is: one of `REASONS`."""
        difference, largest = self.difference, 1 - self.difference.level
        if difference.estimate is None:
            return difference.reason
        if difference.few_rows:
            return "few_rows"
        if difference.reason:
            return difference.reason
        if difference.rows_only:
            return "one_seed"
        if difference.includes_zero:
            return "interval_includes_zero"
        if self.p_value > largest + 1e-9:
            return "p_too_large"
        if self.p_adjusted is not None and self.p_adjusted > largest + 1e-9:
            return "p_too_large_among_several"
        return "interval_excludes_zero"

    @property
    def need(self) -> str:
        """What would decide, given what the true difference may be: one of `NEEDS`."""
        if self.verdict != "not_decisive":
            return "nothing"
        if self.difference.estimate is None or self.rows_error is None:
            return "unknown"
        if self.difference.rows_only:
            return "seeds"
        if self.chance_to_decide(MOST_MORE) >= POWER:
            return "rows"
        known = self.seeds_error > 0 and self.chance_to_decide(MOST_MORE, seeds=0.0) >= POWER
        return "seeds" if known else "too_small"

    @property
    def more_rows(self) -> int | None:
        """Further rows after which the chance of a verdict is `POWER`, to two digits; in new units where rows repeat.

        0 where it is decided, None where rows would not do: see `need`.
        """
        need, rows = self.need, self.difference.rows
        if need != "rows":
            return 0 if need == "nothing" else None
        low, high = 1.0, float(MOST_MORE)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self.chance_to_decide(middle) >= POWER else (middle, high)
        more = max(math.ceil(rows * (high - 1)), MIN_ROWS - rows, 1)
        digits = 10 ** max(len(str(more)) - 2, 0)
        return -(-more // digits) * digits

    def chance_to_decide(self, times: float, seeds: float | None = None) -> float:
        """Predictive power (Spiegelhalter, Freedman and Blackburn 1986): the chance of a verdict, either way, on `times` the rows.

        The power is averaged over what the true difference may be, given the rows at hand. Taken at the difference as observed it would
        promise too much, for an estimate that stands out owes part of that to luck: so true differences are taken to be spread about 0 by
        `SPREAD` standard errors. seeds: another error of the seeds, which rows leave as it is since the same students are measured.
        """
        seeds = self.seeds_error if seeds is None else seeds
        freedom = self.rows_freedom or max(self.difference.units - 1, 1)
        parts = [(self.rows_error**2 / times, (freedom + 1) * times - 1)]
        if seeds > 0:
            parts.append((seeds**2, self.seeds_freedom))
        tail = (1 - self.difference.level) / 2
        if self.p_adjusted:
            tail *= self.p_value / self.p_adjusted  # one of several must stand out further
        needed = half_width(parts, tail) * math.sqrt(sum(variance for variance, _ in parts))
        if times <= 1 or self.rows_error == 0:
            return float(abs(self.difference.estimate) >= needed)
        further, kept = 1 - 1 / times, SPREAD**2 / (1 + SPREAD**2)
        expected = abs(self.difference.estimate) * (1 / times + further * kept)
        error = self.rows_error * further * math.sqrt(kept + 1 / (times - 1))
        return t_below((expected - needed) / error, freedom) + t_below((-expected - needed) / error, freedom)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted so that the chance of even one false finding among them keeps its level (Holm 1979).

    A missing one stays missing and counts for nothing.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        adjusted[i] = highest
    return adjusted


def adjust(comparisons: Mapping[str, Comparison]) -> dict[str, Comparison]:
    """The same comparisons, each verdict now one of several: Holm's correction over all of them."""
    adjusted = holm([comparison.p_value for comparison in comparisons.values()])
    return {
        name: dataclasses.replace(comparison, p_adjusted=p)
        for (name, comparison), p in zip(comparisons.items(), adjusted, strict=True)
    }
