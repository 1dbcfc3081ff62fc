"""Chance, drawn again: which units were evaluated, and with which seeds a method was trained. No metric and no verdict here.

What repeats (a product, an image, an annotator group) is a unit; units are drawn with replacement, rows follow theirs. A row of several
units counts as often as all of them together: the product of their counts (Owen 2007, Owen and Eckles 2012), which overstates the
variance and is scaled to what `units.Units` finds. The ends of an interval are those of the bias-corrected and accelerated bootstrap (Efron
1987), set wider for the fewness of units and seeds.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kdmcse.stats.metrics import Scorer
from kdmcse.stats.quantiles import normal_cdf, normal_quantile, t_beyond
from kdmcse.stats.units import Units

CELLS = 2**16
"""Weights that are held at once, so that memory does not grow with rows or resamples."""
BLOCKS = 200
"""More units than these are left out in turn by blocks."""
FURTHEST = 2.5
"""Standard errors out to which resamples tell where an end lies: of 2,000, a dozen lie beyond."""
CORRECTED = 0.5
"""Share of BCa's bias correction that is made. Of a few dozen units it adds more noise than it takes away: made in full, an interval
of a Spearman from 13 units holds the truth in 92%; chosen by simulation. It vanishes as units grow."""
BENT = 1.5
"""Power of a part's share by which its few degrees of freedom count: see `Distribution.half_width`."""

# n rows, u units, r resamples, s seeds of all methods


def resample(scorer: Scorer, labels: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """(r, s) scores with as many units as there are, drawn with replacement. labels (n,), or (n, k) where rows cross."""
    units, labels = int(labels.max()) + 1, labels.reshape(len(labels), -1)

    def drawn(count: int) -> np.ndarray:
        which = rng.integers(0, units, (count, units)) + units * np.arange(count)[:, None]
        counts = np.bincount(which.ravel(), minlength=count * units).reshape(count, units).astype(np.int32)
        return np.prod([np.take(counts, way, axis=1) for way in labels.T], axis=0, dtype=np.int32)

    return _in_parts(scorer, (drawn(count) for count in _parts(resamples, max(len(labels), units))))


def moves(scorer: Scorer, units: Units, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """(r, s) what each score moves by when the units are drawn again; 0 where a score is undefined."""
    rows = len(units.labels)
    moved = np.nan_to_num(resample(scorer, units.labels, resamples, rng) - scorer(np.ones((1, rows))))
    if units.crossing:  # products of counts vary too much
        parts = _influence(leave_out(scorer, np.arange(rows), rng, most=rows))
        wanted = [max(units.shared_square(one), (one**2).sum()) for one in np.nan_to_num(parts).T]
        moved *= np.sqrt(np.array(wanted) / np.maximum(moved.var(axis=0), 1e-24))
    return moved


def leave_out(scorer: Scorer, unit: np.ndarray, rng: np.random.Generator, most: int = BLOCKS) -> np.ndarray:
    """(blocks, s) scores without each unit in turn; of more than `most` units, without each of so many blocks of them."""
    units = int(unit.max()) + 1
    if units > most:
        unit = (rng.permutation(units) % most)[unit]
        units = most
    starts = np.cumsum([0, *_parts(units, len(unit))])
    return _in_parts(
        scorer,
        (
            np.take(1 - np.eye(b - a, units, a, dtype=np.int32), unit, axis=1)
            for a, b in zip(starts[:-1], starts[1:], strict=True)
        ),
    )


def swap(scorer: Scorer, unit: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """(r, s) with the labels of a random half of the units swapped."""
    units = int(unit.max()) + 1
    return _in_parts(
        scorer,
        (
            np.take(rng.integers(0, 2, (count, units), dtype=np.int32), unit, axis=1)
            for count in _parts(resamples, len(unit))
        ),
    )


def _parts(total: int, width: int) -> Iterator[int]:
    size = max(1, CELLS // max(width, 1))
    return (min(size, total - start) for start in range(0, total, size))


def _in_parts(scorer: Scorer, parts: Iterator[np.ndarray]) -> np.ndarray:
    """The scores by weights (count, n), part after part."""
    return np.concatenate([scorer(weights) for weights in parts])


@dataclass(frozen=True)
class Method:
    """One method's share of a difference, seed by seed: of what was measured, resampled, and with units and with rows left out."""

    scores: np.ndarray
    """(s,)"""
    drawn: np.ndarray
    """(r, s)"""
    left_out: np.ndarray
    """(blocks, s) without blocks of units; where rows cross, without each row"""
    without_rows: np.ndarray
    """(blocks, s) without blocks of rows, of whatever unit"""
    sign: int = 1

    @property
    def seeds(self) -> int:
        return len(self.scores)

    @property
    def between(self) -> float:
        """Variance of the mean over seeds as the seeds' own scores show it: of the training, and of training and rows together."""
        return float(self.scores.var(ddof=1)) / self.seeds if self.seeds > 1 else 0.0

    @property
    def together(self) -> float:
        """The part of `between` that more rows would lessen: how differently the seeds fare when rows are redrawn."""
        if self.seeds == 1:
            return 0.0
        apart = self.drawn - self.drawn.mean(axis=1, keepdims=True)
        return float(apart.var(axis=0).sum()) / (self.seeds - 1) / self.seeds


class Distribution:
    """What the sum of some methods' mean scores may be, given the chance of rows and of seeds.

    Its variance is that of two crossed levels: the rows' part that all seeds share, and for each method the variance between its seeds
    over their number. The rows' part is that of the resamples less what seeds and rows do together, which the latter holds already.
    """

    def __init__(self, methods: Sequence[Method], units: Units, rng: np.random.Generator) -> None:
        self.estimate = float(sum(m.sign * m.scores.mean() for m in methods))
        drawn = sum(m.sign * m.drawn.mean(axis=1) for m in methods)
        parts = _influence(sum(m.sign * m.left_out.mean(axis=1) for m in methods))
        single = _influence(sum(m.sign * m.without_rows.mean(axis=1) for m in methods))
        independent = float((single**2).sum())
        found = max(units.shared_square(parts), independent) if units.crossing else float(drawn.var())
        rows, self.rows_freedom = units.chance(found, independent)
        widened = rows / float(drawn.var()) if drawn.var() > 0 else 1.0
        together = [widened * m.together for m in methods]
        shared = max(rows - sum(together), 0.0)
        self.parts = [(shared, self.rows_freedom), *((m.between, m.seeds - 1) for m in methods if m.seeds > 1)]
        """(variance, degrees of freedom) of rows and of each method's seeds"""
        self.variance = sum(variance for variance, _ in self.parts)
        self.seeds_variance = sum(max(m.between - t, 0.0) for m, t in zip(methods, together, strict=True))
        """the part that no number of rows would lessen"""
        beyond = math.sqrt(max(self.variance - rows, 0.0) / widened)
        self.drawn = np.sort(drawn + beyond * rng.standard_normal(len(drawn)))
        spread = float(self.drawn.var())
        self._scale = math.sqrt(self.variance / spread) if spread > 0 else 1.0
        self.influence = parts
        """(blocks,) what each block of units adds to the estimate, up to a factor; where rows cross, each row"""
        by_unit = (
            np.bincount(units.labels.ravel(), np.repeat(parts, units.labels.shape[1])) if units.crossing else parts
        )
        skew = _skew(by_unit) * min(1.0, float(drawn.var()) / spread) ** 1.5 if spread > 0 else 0.0
        below = np.mean(self.drawn < self.estimate) + np.mean(self.drawn == self.estimate) / 2
        self._shift = CORRECTED * normal_quantile(float(np.clip(below, 1 / len(drawn), 1 - 1 / len(drawn))))
        self._acceleration = skew / 6

    def end(self, side: int, tail: float) -> float:
        """The lower (side -1) or upper (1) end that leaves `tail` beyond it.

        BCa's quantile of the draws, so much further out as the fewness of units and seeds asks (Hesterberg 2015); what lies beyond
        `FURTHEST` is scaled from there, as with two seeds no number of resamples would reach it.
        """
        needed = half_width(self.parts, tail) * self._scale
        z = side * min(needed, FURTHEST)
        moved = self._shift + z
        level = normal_cdf(self._shift + moved / (1 - self._acceleration * moved))
        place = np.clip(level * (len(self.drawn) + 1) - 1, 0, len(self.drawn) - 1)
        below = int(place)
        above = min(below + 1, len(self.drawn) - 1)
        quantile = self.drawn[below] + (place - below) * (self.drawn[above] - self.drawn[below])
        return float(self.estimate + (quantile - self.estimate) * needed / abs(z))

    def p_value(self) -> float:
        """The level at which the interval just leaves 0 out, no lower than its resamples can tell."""
        side = -1 if self.estimate > 0 else 1
        low, high = math.log(1 / (len(self.drawn) + 1)), math.log(0.999)
        if self.estimate == 0 or side * self.end(side, math.exp(high) / 2) > 0:
            return 1.0
        for _ in range(16):
            middle = (low + high) / 2
            if side * self.end(side, math.exp(middle) / 2) < 0:
                high = middle
            else:
                low = middle
        return math.exp(high)


def half_width(parts: Sequence[tuple[float, float]], tail: float) -> float:
    """Half an interval in standard errors: z^2 + sum over parts of (t^2 - z^2) share^1.5, its root; t of the part's degrees of freedom.

    parts: (variance, degrees of freedom), independent. A part alone gives Student's t. The power lies between Welch and Satterthwaite's,
    too narrow where one part has 1 or 2 degrees of freedom, and Zou and Donner's (2008, power 1), too wide: chosen by simulation.
    """
    total = sum(variance for variance, _ in parts)
    z = -normal_quantile(tail)
    if total <= 0:
        return z
    wider = sum((t_beyond(tail, freedom) ** 2 - z * z) * (variance / total) ** BENT for variance, freedom in parts)
    return math.sqrt(z * z + wider)


def _influence(left_out: np.ndarray) -> np.ndarray:
    """(blocks, ...) scores without each block -> what each adds, so that their squares sum to the jackknife's variance (Efron and Stein 1981)."""
    return math.sqrt(1 - 1 / len(left_out)) * (left_out.mean(axis=0) - left_out)


def _skew(influence: np.ndarray) -> float:
    """Of what units add, as the acceleration wants it (Efron 1987, 6.6)."""
    squares = float((influence**2).sum())
    return float((influence**3).sum()) / squares**1.5 if squares > 0 else 0.0
