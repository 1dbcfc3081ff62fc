"""A power law through scores by size, with its band, or the reason why there is none. Numbers in, numbers out.

With n pairs that are trained on, the score (and the monthly cost, falling) is taken to be

    a - b * n ** -c        b > 0, c > 0

the form in which errors fall with data in Hestness et al. 2017 (Deep Learning Scaling Is Predictable, Empirically). For each c of a
grid, a and b are found by least squares with Huber's weights (Huber 1964); the c that fits best is taken. The band is made of `REFITS`
fits to scores drawn again: the law, plus what one seed (drawn again) is above or below it at every size, plus a residual (drawn again,
its size as uncertain as so few of them leave it), plus what the score moves by when the held-out rows are drawn again, by the unit that
repeats and the same for all runs. Nothing is said beyond `REACH` times the largest size that was measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MIN_SIZES = 4
"""A law with three numbers fits any three sizes."""
REACH = 4
"""Times the largest measured size: beyond it, nothing is said."""
REFITS = 400
REFUSALS = ("few_sizes", "few_runs", "not_rising", "no_levelling", "no_such_law", "not_identified", "too_far")
"""Why there is no law or no gain: fewer than four sizes; too few runs to know their luck; scores that do not rise for certain; that rise
faster than any law; that lie on none; laws so different that the gain may be anything within more than what all the data brought; a size
out of reach."""
MIN_FREEDOM = 3
"""Residuals that must be left to tell luck by; four sizes with two seeds leave four."""
_STRAYING = 0.05
_EXPONENTS = np.geomspace(0.02, 3, 100)
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Gain:
    """What further pairs bring, with the middle 95 % of the refits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Law:
    """A power law through values by size, and its refits."""

    smallest: float
    """pairs"""
    largest: float
    """pairs; nothing is said beyond `REACH` times this"""
    _fits: np.ndarray = field(repr=False)
    """(1 + REFITS, 3) the fit and its refits, each as its value at `largest`, its slope there against log n, and c"""

    @property
    def parameters(self) -> tuple[float, float, float]:
        """a, b, c"""
        level, slope, c = self._fits[0]
        return float(level + slope / c), float(slope / c * self.largest**c), float(c)

    def at(self, pairs: Sequence[float]) -> pd.DataFrame:
        """pairs, value, low, high. ValueError outside [smallest, REACH * largest]: that is not for a law to say."""
        pairs = np.asarray(pairs, dtype=float)
        if pairs.min() < self.smallest or pairs.max() > REACH * self.largest:
            raise ValueError(f"beyond {self.smallest} to {REACH * self.largest} pairs")
        values = self._values(pairs)
        low, high = np.quantile(values[1:], _INTERVAL, axis=0)
        return pd.DataFrame({"pairs": pairs, "value": values[0], "low": low, "high": high})

    def gain(self, before: float, after: float) -> Gain:
        """Between two sizes. ValueError as `at`."""
        self.at([before, after])
        first, second = self._values(np.array([before, after])).T
        return Gain(float(second[0] - first[0]), *map(float, np.quantile((second - first)[1:], _INTERVAL)))

    def _values(self, pairs: np.ndarray) -> np.ndarray:
        """(1 + REFITS, n)"""
        level, slope, c = self._fits.T[:, :, None]
        return level + slope * _growth(pairs / self.largest, c)


@dataclass(frozen=True)
class Growth:
    """A law, or the reason why there is none."""

    law: Law | None
    refused: str | None
    """one of `REFUSALS`"""


def grow(points: pd.DataFrame, shifts: np.ndarray | None = None, *, aim: float | None = None) -> Growth:
    """The law through `points`: share, seed, pairs, value (higher is better; those without one are left out).

    shifts (REFITS, points): what each value moves by when the held-out rows are drawn again. aim: pairs at which the law is asked
    for the gain since the largest size; there it must say something.
    """
    known = points["value"].notna().to_numpy()
    points, shifts = points[known], 0 if shifts is None else shifts[:, known]
    if points.groupby("share")["pairs"].median().nunique() < MIN_SIZES:
        return Growth(None, "few_sizes")
    if _freedom(points) < MIN_FREEDOM:
        return Growth(None, "few_runs")
    pairs, values = (points[name].to_numpy(dtype=float) for name in ("pairs", "value"))
    sizes = pairs / pairs.max()
    fit = _fits(sizes, values[None])
    level, slope, c = fit.T[:, :, None]
    fitted = (level + slope * _growth(sizes, c))[0]
    drawn = _drawn_again(points, values, fitted) + shifts
    law = Law(pairs.min(), pairs.max(), np.concatenate([fit, _fits(sizes, drawn)]))
    rise = law.gain(law.smallest, law.largest)
    if rise.value <= 1e-9 * np.abs(values).max():
        return Growth(None, "not_rising")
    if _strays(points, values - fitted, rise.value):
        return Growth(None, "no_levelling" if c == _EXPONENTS[0] else "no_such_law")
    if rise.low <= 0:
        return Growth(None, "not_rising")
    if aim is not None and law.largest < aim <= REACH * law.largest:
        gain = law.gain(law.largest, aim)
        if gain.high - gain.low > rise.value:
            return Growth(None, "not_identified")
    return Growth(law, None)


def _growth(sizes: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(1 - size ** -c) / c: 0 at size 1, rising, nearly log(size) where c is small."""
    return -np.expm1(-c * np.log(sizes)) / c


def _fits(sizes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """sizes (n,) in parts of the largest, values (R, n) -> (R, 3) level, slope, exponent by least squares with Huber's weights."""
    x = _growth(sizes, _EXPONENTS[:, None])  # (G, n)
    weights = np.ones_like(values)
    for _ in range(6):
        total, sum_y = weights.sum(axis=1, keepdims=True), (weights * values).sum(axis=1, keepdims=True)
        sum_x, sum_xx, sum_xy = weights @ x.T, weights @ (x * x).T, (weights * values) @ x.T  # (R, G)
        across = sum_xx - sum_x**2 / total
        slope = (sum_xy - sum_x * sum_y / total) / across
        best = np.argmax(slope**2 * across, axis=1)  # what the exponent explains
        rows = np.arange(len(values))
        slope, level = slope[rows, best], ((sum_y - slope * sum_x) / total)[rows, best]
        residual = np.abs(values - level[:, None] - slope[:, None] * x[best])
        scale = 1.345 * 1.4826 * np.median(residual, axis=1, keepdims=True)
        weights = np.where(residual > scale, scale / np.maximum(residual, 1e-12), 1.0).clip(0.01)
    return np.stack([level, slope, _EXPONENTS[best]], axis=1)


def _freedom(points: pd.DataFrame) -> int:
    """Residuals that are left to tell luck by, after three numbers of the law and one of each seed but one."""
    return len(points) - 3 - (points["seed"].nunique() - 1)


def _strays(points: pd.DataFrame, residual: np.ndarray, rise: float) -> bool:
    """Whether whole sizes lie off the law: by more than a twentieth of its rise, and more than luck does in one case of a hundred.

    The F test of lack of fit against what the runs of one size differ by, seeds set apart.
    """
    table = pd.DataFrame({"share": points["share"], "seed": points["seed"], "residual": residual})
    table["residual"] -= table.groupby("seed")["residual"].transform("mean")
    means = table.groupby("share")["residual"].transform("mean")
    sizes = table["share"].nunique() - 3, _freedom(points) - (table["share"].nunique() - 3)
    between, within_ = float((means**2).sum()), float(((table["residual"] - means) ** 2).sum())
    first, second = np.random.default_rng(0).chisquare(np.array(sizes)[:, None], (2, 20_000)) / np.array(sizes)[:, None]
    significant = between / sizes[0] > np.quantile(first / second, 0.99) * within_ / sizes[1]
    return bool(significant and between > len(table) * (_STRAYING * rise) ** 2)


def _drawn_again(points: pd.DataFrame, values: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """(REFITS, n) values as another time might have given them: see the head of this file."""
    rng, n = np.random.default_rng(0), len(values)
    _, seed = np.unique(points["seed"].to_numpy(), return_inverse=True)
    count, freedom, residual = seed.max() + 1, _freedom(points), values - fitted
    own = np.bincount(seed, residual) / np.bincount(seed)
    rest = (residual - own[seed]) * np.sqrt(n / freedom)
    own = own * np.sqrt(count / max(1, count - 1))
    luck = np.sqrt(freedom / rng.chisquare(freedom, (REFITS, 1)))
    return (
        fitted
        + own[rng.integers(count, size=(REFITS, count))][:, seed]
        + luck * rest[rng.integers(n, size=(REFITS, n))]
    )
