"""From rows to a score with its interval, and to a comparison of two methods. Nothing is decided here."""

import math
from collections.abc import Sequence

import numpy as np

from kdmcse.stats.comparison import MIN_UNITS, NO_SCORE, Comparison, Interval
from kdmcse.stats.metrics import RowMetric
from kdmcse.stats.resampling import Distribution, Method, leave_out, resample, swap
from kdmcse.stats.units import Units

LEVEL = 0.95
RESAMPLES = 2000
MOST_UNDEFINED = 0.05
"""Share of resamples without a score above which there is no interval."""


def interval(
    metric: RowMetric,
    values: Sequence,
    *,
    unit: Sequence | None = None,
    trained: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A method's score with its interval. values (n,) or (seeds, n): of the rows that `metric` knows.

    unit (n,): what repeats; rows of one unit are drawn together. (n, k): the labels that a row shares with others (see
    `units.crossed`). `trained`: a single seed leaves the chance of training out.
    The same input gives the same interval.
    """
    table = _table(values)
    if table is None:
        return _no_interval("not_measured", level)
    return _Look(metric, [table], [trained], unit, level, resamples, seed).interval([0])


def compare(
    metric: RowMetric,
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
        rows_freedom=chance.rows_freedom if chance else None,
    )


class _Look:
    """Scores of some methods on the same rows: as measured, resampled, and with units left out."""

    def __init__(self, metric, tables, trained, unit, level, resamples, seed) -> None:
        self.metric, self.tables, self.trained, self.level = metric, tables, trained, level
        self.resamples, self.seed = resamples, seed
        self.rows = tables[0].shape[1]
        self.units = Units.of(unit, self.rows)
        scorer = metric.scorer(np.concatenate(tables))
        rng = np.random.default_rng(seed)
        places = np.cumsum([len(table) for table in tables])[:-1]
        self.scores = np.split(scorer(np.ones((1, self.rows)))[0], places)
        self._known: dict[tuple[int, ...], Distribution] = {}
        if self.units.count >= MIN_UNITS:
            each = np.arange(self.rows)
            self.drawn = np.split(resample(scorer, self.units.labels, resamples, rng), places, axis=1)
            if self.units.crossing:
                left_out = without_rows = leave_out(scorer, each, rng, most=self.rows)
            else:
                left_out = without_rows = leave_out(scorer, self.units.labels[:, 0], rng)
                if not self.units.alike:
                    without_rows = leave_out(scorer, each, rng)
            self.left_out, self.without_rows = (np.split(one, places, axis=1) for one in (left_out, without_rows))

    def interval(self, which: Sequence[int]) -> Interval:
        """Of one method, or of the first less the second."""
        scores = [self.scores[i] for i in which]
        common = {
            "level": self.level,
            "rows": self.rows,
            "units": self.units.count,
            "seeds": min([len(self.scores[i]) for i in which if self.trained[i] or len(self.scores[i]) > 1], default=1),
            "rows_only": any(self.trained[i] and len(self.scores[i]) == 1 for i in which),
        }
        if not all(np.isfinite(one).all() for one in scores):
            return Interval(None, None, None, **common, reason="undefined")
        estimate = float(scores[0].mean() - (scores[1].mean() if len(which) > 1 else 0))
        if reason := self._no_interval(which):
            shown = None if reason in NO_SCORE else estimate
            return Interval(shown, None, None, **common, reason=reason)
        chance, tail = self.distribution(which), (1 - self.level) / 2
        lowest, highest = self.metric.bounds
        if len(which) > 1:
            lowest, highest = lowest - highest, highest - lowest
        low, high = (float(np.clip(chance.end(side, tail), lowest, highest)) for side in (-1, 1))
        return Interval(estimate, low, high, **common, reason=None)

    def _no_interval(self, which: Sequence[int]) -> str | None:
        if self.units.count < MIN_UNITS:
            return "few_units"
        defined = self._defined(which)
        if defined.mean() < 1 - MOST_UNDEFINED or not all(
            np.isfinite(one[i]).all() for i in which for one in (self.left_out, self.without_rows)
        ):
            return "often_undefined"
        return "no_variation" if self.distribution(which).variance < 1e-24 else None

    def _defined(self, which: Sequence[int]) -> np.ndarray:
        return np.all([np.isfinite(self.drawn[i]).all(axis=1) for i in which], axis=0)

    def distribution(self, which: Sequence[int]) -> Distribution:
        if (key := tuple(which)) not in self._known:
            defined = self._defined(which)
            methods = [
                Method(self.scores[i], self.drawn[i][defined], self.left_out[i], self.without_rows[i], sign)
                for i, sign in zip(which, (1, -1), strict=False)
            ]
            self._known[key] = Distribution(methods, self.units, np.random.default_rng([self.seed, 1]))
        return self._known[key]

    def swap_p_value(self, chance: Distribution) -> float:
        """How often a difference as large comes about when the labels of a random half of the units are swapped; where rows cross, by
        the way in which that is most often.
        """
        rng = np.random.default_rng([self.seed, 2])
        scorer, ways = self.metric.swapped(*self.tables), self.units.ways
        if scorer is None:
            blocks = len(chance.influence)
            share = chance.estimate / blocks + math.sqrt(1 - 1 / blocks) * chance.influence
            ways = ways if self.units.crossing else [np.arange(blocks)]

            def scorer(swaps: np.ndarray) -> np.ndarray:
                return (share.sum() - 2 * swaps @ share)[:, None]

        def larger(way: np.ndarray) -> float:
            found = swap(scorer, way, self.resamples, rng)
            larger = np.abs(found[:, 0]) >= abs(chance.estimate) - 1e-12
            return (1 + int(larger.sum())) / (len(larger) + 1)

        return max(larger(way) for way in ways)


def _table(values: Sequence) -> np.ndarray | None:
    """(seeds, n), or None where a seed or a row has no value."""
    if values is None or len(values) == 0 or any(value is None for value in values):
        return None
    table = np.atleast_2d(np.asarray(values, dtype=float))
    return table if table.size and np.isfinite(table).all() else None


def _no_interval(reason: str, level: float) -> Interval:
    return Interval(None, None, None, level, rows=0, units=0, seeds=0, rows_only=False, reason=reason)
