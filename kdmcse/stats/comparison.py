"""A score with its interval, and one method against another: better, worse or not decisive, why, and what would decide it.

The interval speaks of other rows of the same kind and, from two seeds on, of other seeds. No model and no file here.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from kdmcse.stats.metrics import Metric
from kdmcse.stats.quantiles import normal_quantile
from kdmcse.stats.resampling import Distribution, Method, half_width, leave_out, number_units, resample, swap
from kdmcse.words import number, percent, say

LEVEL = 0.95
RESAMPLES = 2000
MIN_ROWS = 20
"""Fewer held-out rows than this decide nothing, however far apart the scores are."""
MIN_SEEDS = 2
"""A method that was trained once may owe its score to the seed."""
MIN_UNITS = 3
"""Fewer units than this tell nothing about chance."""
MOST_UNDEFINED = 0.05
"""Share of resamples without a score above which there is no interval."""
POWER = 0.8
"""Probability with which as many further rows as are named would decide."""
MOST_MORE = 100
"""A comparison that would take more than so many times its rows will never be decided by rows."""

VERDICTS = ("better", "worse", "not_decisive")
NO_INTERVAL = ("not_measured", "undefined", "few_units", "often_undefined", "no_variation")
"""Why there is no interval; with the first two there is no score either."""
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

    def text(self, language: str, digits: int = 3) -> str:
        """Score and interval, such as 0.812 (0.790 to 0.831); a dash for what is not known."""
        estimate, low, high = (number(value, language, digits) for value in (self.estimate, self.low, self.high))
        if self.estimate is None or self.low is None:
            return estimate
        return say("stats.interval.text", language, estimate=estimate, low=low, high=high)

    def notes(self, language: str) -> list[str]:
        """What a reader must know about it, a sentence each; usually nothing."""
        codes = [self.reason] if self.reason else []
        if self.reason not in ("not_measured", "undefined"):
            codes += ["wide"] * self.few_rows + ["rows_only"] * self.rows_only
        return [
            say(
                f"stats.note.{code}", language, rows=self.rows, min_rows=MIN_ROWS, units=self.units, min_units=MIN_UNITS
            )
            for code in codes
        ]


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
        found, most = self.difference, 1 - self.difference.level
        if found.estimate is None:
            return found.reason
        if found.few_rows:
            return "few_rows"
        if found.reason:
            return found.reason
        if found.rows_only:
            return "one_seed"
        if found.includes_zero:
            return "interval_includes_zero"
        if self.p_value > most + 1e-9:
            return "p_too_large"
        if self.p_adjusted is not None and self.p_adjusted > most + 1e-9:
            return "p_too_large_among_several"
        return "interval_excludes_zero"

    def why(self, language: str) -> str:
        """The reason as a sentence."""
        found = self.difference
        return say(
            f"stats.reason.{self.reason}",
            language,
            rows=found.rows,
            min_rows=MIN_ROWS,
            units=found.units,
            min_units=MIN_UNITS,
            min_seeds=MIN_SEEDS,
            level=percent(found.level, language),
        )

    @property
    def need(self) -> str:
        """What would decide, were the difference as observed: one of `NEEDS`."""
        if self.verdict != "not_decisive":
            return "nothing"
        if self.difference.estimate is None or self.rows_error is None:
            return "unknown"
        if self.difference.rows_only:
            return "seeds"
        if self._decides(MOST_MORE):
            return "rows"
        return "seeds" if self.seeds_error > 0 and self._decides(MOST_MORE, seeds=0.0) else "too_small"

    @property
    def more_rows(self) -> int | None:
        """Further rows that would decide with probability `POWER`, were the difference as observed, to two digits; in new units where rows repeat.

        0 where it is decided, None where rows would not do: see `need`.
        """
        need, rows = self.need, self.difference.rows
        if need != "rows":
            return 0 if need == "nothing" else None
        low, high = 1.0, float(MOST_MORE)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self._decides(middle) else (middle, high)
        more = max(math.ceil(rows * (high - 1)), MIN_ROWS - rows, 1)
        digits = 10 ** max(len(str(more)) - 2, 0)
        return -(-more // digits) * digits

    def what_more(self, language: str) -> str:
        """`need` as a sentence, with the number of rows."""
        return say(
            f"stats.need.{self.need}",
            language,
            more_rows=number(self.more_rows, language),
            rows=number(self.difference.rows, language),
            power=percent(POWER, language),
            most=MOST_MORE,
        )

    def _decides(self, times: float, seeds: float | None = None) -> bool:
        """With `times` the rows, and another error of seeds where given."""
        seeds = self.seeds_error if seeds is None else seeds
        parts = [(self.rows_error**2 / times, max(self.difference.units * times - 1, 1))]
        if seeds > 0:
            parts.append((seeds**2, self.seeds_freedom))
        error = math.sqrt(sum(variance for variance, _ in parts))
        needed = half_width(parts, (1 - self.difference.level) / 2) + normal_quantile(POWER)
        return abs(self.difference.estimate) >= needed * error


def interval(
    metric: Metric,
    values: Sequence,
    *,
    unit: Sequence | None = None,
    trained: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A method's score with its interval. values (n,) or (seeds, n): of the rows that `metric` knows.

    unit (n,): what repeats; rows of one unit are drawn together. `trained`: a single seed leaves the chance of training out.
    The same input gives the same interval.
    """
    table = _table(values)
    if table is None:
        return _no_interval("not_measured", level)
    return _Look(metric, [table], [trained], unit, level, resamples, seed).interval([0])


def compare(
    metric: Metric,
    candidate: Sequence,
    baseline: Sequence,
    *,
    unit: Sequence | None = None,
    candidate_trained: bool = True,
    baseline_trained: bool = False,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Candidate less baseline on the same rows, each (n,) or (seeds, n); the rest as for `interval`. ValueError for unequal rows.

    The resamples are the same for both. Their seeds are taken for independent.
    """
    tables = [_table(values) for values in (candidate, baseline)]
    trained = [candidate_trained, baseline_trained]
    if any(table is None for table in tables):
        kwargs = {"unit": unit, "level": level, "resamples": resamples, "seed": seed}
        alone = [
            interval(metric, values, trained=t, **kwargs)
            for values, t in zip((candidate, baseline), trained, strict=True)
        ]
        return Comparison(*alone, _no_interval("not_measured", level), None, None, None, None)
    if tables[0].shape[1] != tables[1].shape[1]:
        raise ValueError(f"{tables[0].shape[1]} rows against {tables[1].shape[1]}")
    look = _Look(metric, tables, trained, unit, level, resamples, seed)
    difference = look.interval([0, 1])
    chance = look.distribution([0, 1]) if difference.low is not None else None
    freedom = [len(table) - 1 for table in tables if len(table) > 1]
    return Comparison(
        candidate=look.interval([0]),
        baseline=look.interval([1]),
        difference=difference,
        p_value=max(chance.p_value(), look.swap_p_value(chance)) if chance else None,
        rows_error=math.sqrt(max(chance.variance - chance.seeds_variance, 0)) if chance else None,
        seeds_error=math.sqrt(chance.seeds_variance) if chance else None,
        seeds_freedom=min(freedom, default=None),
    )


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted so that the chance of even one false finding among them keeps its level (Holm 1979). A missing one stays missing and counts for nothing."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for place, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - place) * p))
        adjusted[i] = highest
    return adjusted


def adjust(comparisons: Mapping[str, Comparison]) -> dict[str, Comparison]:
    """The same comparisons, each verdict now one of several: Holm's correction over all of them."""
    adjusted = holm([one.p_value for one in comparisons.values()])
    return {
        name: dataclasses.replace(one, p_adjusted=p)
        for (name, one), p in zip(comparisons.items(), adjusted, strict=True)
    }


class _Look:
    """Scores of some methods on the same rows: as measured, resampled, and with units left out."""

    def __init__(self, metric, tables, trained, unit, level, resamples, seed) -> None:
        self.metric, self.tables, self.trained, self.level = metric, tables, trained, level
        self.resamples, self.seed = resamples, seed
        self.rows = tables[0].shape[1]
        self.unit = number_units(unit, self.rows)
        if len(self.unit) != self.rows:
            raise ValueError(f"{len(self.unit)} units for {self.rows} rows")
        self.units = int(self.unit.max()) + 1
        scorer = metric.scorer(np.concatenate(tables))
        rng = np.random.default_rng(seed)
        places = np.cumsum([len(table) for table in tables])[:-1]
        self.scores = np.split(scorer(np.ones((1, self.rows)))[0], places)
        if self.units >= MIN_UNITS:
            self.drawn = np.split(resample(scorer, self.unit, resamples, rng), places, axis=1)
            self.left_out = np.split(leave_out(scorer, self.unit, rng), places, axis=1)

    def interval(self, which: Sequence[int]) -> Interval:
        """Of one method, or of the first less the second."""
        scores = [self.scores[i] for i in which]
        common = {
            "level": self.level,
            "rows": self.rows,
            "units": self.units,
            "seeds": min([len(self.scores[i]) for i in which if self.trained[i] or len(self.scores[i]) > 1], default=1),
            "rows_only": any(self.trained[i] and len(self.scores[i]) == 1 for i in which),
        }
        if not all(np.isfinite(one).all() for one in scores):
            return Interval(None, None, None, **common, reason="undefined")
        estimate = float(scores[0].mean() - (scores[1].mean() if len(which) > 1 else 0))
        reason = self._no_interval(which)
        if reason:
            return Interval(estimate, None, None, **common, reason=reason)
        chance, tail = self.distribution(which), (1 - self.level) / 2
        lowest, highest = self.metric.bounds
        if len(which) > 1:
            lowest, highest = lowest - highest, highest - lowest
        low, high = (float(np.clip(chance.end(side, tail), lowest, highest)) for side in (-1, 1))
        return Interval(estimate, low, high, **common, reason=None)

    def _no_interval(self, which: Sequence[int]) -> str | None:
        if self.units < MIN_UNITS:
            return "few_units"
        defined = self._defined(which)
        if defined.mean() < 1 - MOST_UNDEFINED or not all(np.isfinite(self.left_out[i]).all() for i in which):
            return "often_undefined"
        return "no_variation" if self.distribution(which).variance < 1e-24 else None

    def _defined(self, which: Sequence[int]) -> np.ndarray:
        return np.all([np.isfinite(self.drawn[i]).all(axis=1) for i in which], axis=0)

    def distribution(self, which: Sequence[int]) -> Distribution:
        defined = self._defined(which)
        methods = [
            Method(self.scores[i], self.drawn[i][defined], self.left_out[i], 1 if place == 0 else -1)
            for place, i in enumerate(which)
        ]
        return Distribution(methods, self.units, np.random.default_rng([self.seed, 1]))

    def swap_p_value(self, chance: Distribution) -> float:
        """How often a difference as large comes about when the labels of a random half of the units are swapped."""
        rng = np.random.default_rng([self.seed, 2])
        scorer = self.metric.swapped(*self.tables)
        if scorer is None:
            blocks = len(chance.influence)
            share = chance.estimate / blocks + (blocks - 1) / blocks * chance.influence
            found = swap(
                lambda swaps: (share.sum() - 2 * swaps @ share)[:, None], np.arange(blocks), self.resamples, rng
            )
        else:
            found = swap(scorer, self.unit, self.resamples, rng)
        larger = np.abs(found[:, 0]) >= abs(chance.estimate) - 1e-12
        return (1 + int(larger.sum())) / (len(larger) + 1)


def _table(values: Sequence) -> np.ndarray | None:
    """(seeds, n), or None where a seed or a row has no value."""
    if values is None or len(values) == 0 or any(value is None for value in values):
        return None
    table = np.atleast_2d(np.asarray(values, dtype=float))
    return table if table.size and np.isfinite(table).all() else None


def _no_interval(reason: str, level: float) -> Interval:
    return Interval(None, None, None, level, rows=0, units=0, seeds=0, rows_only=False, reason=reason)
