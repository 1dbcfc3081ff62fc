"""Laws of growth through scores by size, with their band, or the reason why there is none. Numbers in, numbers out.

The score (and the monthly cost, falling) of a training on n pairs is taken to follow one of three laws, all rising in n:

    power          a - b * n ** -c       (Hestness et al. 2017; the commonest in Viering and Loog 2023, The Shape of Learning Curves)
    exponential    a - b * exp(-c * n)   saturates soonest
    logarithmic    a + b * log(n)        never does

Which of them holds can hardly be told from four sizes, and they part beyond the largest. So the band is made of `REFITS` fits to scores drawn
again around every law that is not clearly worse than the best (a likelihood of at least 1 / `STRONG` of it), and each time the law that fits
best is chosen anew: what choosing a law adds to the chance is in the band (Buckland, Burnham and Augustin 1997; Burnham and Anderson 2002, 4).
Fits are by least squares with Huber's weights (Huber 1964). A score drawn again is the law, plus what one seed (drawn again) is above or below
it at every size, plus normal luck of the residuals' size (as uncertain as so few of them leave it), plus what the score moves by when the
held-out rows are drawn again, by the unit that repeats and the same for all runs. Nothing is said beyond `REACH` times the largest size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

LAWS = ("power", "exponential", "logarithmic")
MIN_SIZES = 4
"""A law with three numbers fits any three sizes."""
REACH = 4
"""Times the largest measured size: beyond it, nothing is said."""
REFITS = 400
STRONG = 32
"""A likelihood so many times as large is strong evidence for one law against another (Royall 1997)."""
REFUSALS = ("few_sizes", "few_runs", "not_rising", "no_levelling", "no_such_law", "not_identified", "too_far")
"""Why there is no law or no gain: fewer than four sizes; too few runs to know their luck; scores that do not rise for certain; that rise
in a straight line or faster, as far as can be seen; that lie on none; laws so different that the gain may be anything within more than what
all the data brought; a size out of reach."""
MIN_FREEDOM = 3
"""Residuals that must be left to tell luck by; four sizes with two seeds leave as many."""
_STRAYING = 0.05
_POWERS = np.concatenate([-np.geomspace(0.4, 0.02, 20), np.geomspace(0.02, 3, 80)])
"""Exponents c of the power law. Below 0 it rises like a root: else a logarithm would be the end of all that is tried, and its gain half outside
of its band."""
_RATES = np.geomspace(1, 20, 80)
"""Rates c of the exponential law per largest size, the least of which still bends within the data."""
_LAW = np.repeat(np.arange(3), [len(_POWERS), len(_RATES), 1])
"""(G,) place in `LAWS` of every shape that is tried"""
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Gain:
    """What further pairs bring, with the middle 95 % of the refits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Law:
    """The law that fits values by size best, and its refits, each with the law that fits it best."""

    smallest: float
    """pairs"""
    largest: float
    """pairs; nothing is said beyond `REACH` times this"""
    _fits: np.ndarray = field(repr=False)
    """(1 + REFITS, 3) the fit and its refits, each as its value at `largest`, its slope there against log n, and the number of its shape"""

    @property
    def furthest(self) -> float:
        """Pairs, beyond which nothing is said."""
        return REACH * self.largest

    @property
    def name(self) -> str:
        """Of the best fit: one of `LAWS`."""
        return LAWS[_LAW[int(self._fits[0, 2])]]

    @property
    def shares(self) -> dict[str, float]:
        """By law, the share of the refits that it fits best."""
        chosen = np.bincount(_LAW[self._fits[1:, 2].astype(int)], minlength=len(LAWS))
        return dict(zip(LAWS, (chosen / chosen.sum()).tolist(), strict=True))

    def at(self, pairs: Sequence[float]) -> pd.DataFrame:
        """pairs, value, low, high. ValueError outside [smallest, REACH * largest]: that is not for a law to say."""
        pairs = np.asarray(pairs, dtype=float)
        if pairs.min() < self.smallest or pairs.max() > self.furthest:
            raise ValueError(f"beyond {self.smallest} to {self.furthest} pairs")
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
        level, slope, shape = self._fits.T
        return level[:, None] + slope[:, None] * _shapes(pairs / self.largest)[shape.astype(int)]


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
    best = _fits(sizes, values[None])
    centres = [_fits(sizes, values[None], law) for law in range(len(LAWS))]
    fitted = [_fitted(sizes, centre)[0] for centre in centres]
    off = np.array([_within(points, values - one) for one in fitted])
    straight = _within(points, values - np.polyval(np.polyfit(sizes, values, 1), sizes)) <= off.min()
    likely = [one for one, square in zip(fitted, off, strict=True) if _nearly(square, off.min(), len(points))]
    around = np.array(likely)[np.arange(REFITS) % len(likely)]
    drawn = _drawn_again(points, values, around) + shifts
    law = Law(pairs.min(), pairs.max(), np.concatenate([best, _fits(sizes, drawn)]))
    rise = law.gain(law.smallest, law.largest)
    if rise.value <= 1e-9 * np.abs(values).max():
        return Growth(None, "not_rising")
    if _strays(points, values - _fitted(sizes, best)[0], rise.value):
        return Growth(None, "no_levelling" if straight else "no_such_law")
    if rise.low <= 0:
        return Growth(None, "not_rising")
    if straight:
        return Growth(None, "no_levelling")
    if aim is not None and law.largest < aim <= law.furthest:
        gain = law.gain(law.largest, aim)
        if gain.high - gain.low > rise.value:
            return Growth(None, "not_identified")
    return Growth(law, None)


def _shapes(sizes: np.ndarray) -> np.ndarray:
    """sizes (n,) in parts of the largest -> (G, n) every shape that is tried: 0 at size 1, rising, its slope there 1 against log(size)."""
    power = -np.expm1(-_POWERS[:, None] * np.log(sizes)) / _POWERS[:, None]
    exponential = -np.expm1(-_RATES[:, None] * (sizes - 1)) / _RATES[:, None]
    return np.concatenate([power, exponential, np.log(sizes)[None]])


def _fits(sizes: np.ndarray, values: np.ndarray, law: int | None = None) -> np.ndarray:
    """sizes (n,) in parts of the largest, values (R, n) -> (R, 3) level, slope, number of the shape by least squares with Huber's weights.

    law: place in `LAWS` of the one that is fitted; None: whichever fits best.
    """
    tried = np.flatnonzero((law == _LAW) if law is not None else _LAW >= 0)
    x = _shapes(sizes)[tried]  # (G, n)
    weights = np.ones_like(values)
    for _ in range(6):
        total, sum_y = weights.sum(axis=1, keepdims=True), (weights * values).sum(axis=1, keepdims=True)
        sum_x, sum_xx, sum_xy = weights @ x.T, weights @ (x * x).T, (weights * values) @ x.T  # (R, G)
        across = sum_xx - sum_x**2 / total
        slope = (sum_xy - sum_x * sum_y / total) / across
        best = np.argmax(slope**2 * across, axis=1)  # what the shape explains
        rows = np.arange(len(values))
        slope, level = slope[rows, best], ((sum_y - slope * sum_x) / total)[rows, best]
        residual = np.abs(values - level[:, None] - slope[:, None] * x[best])
        scale = 1.345 * 1.4826 * np.median(residual, axis=1, keepdims=True)
        weights = np.where(residual > scale, scale / np.maximum(residual, 1e-12), 1.0).clip(0.01)
    return np.stack([level, slope, tried[best].astype(float)], axis=1)


def _fitted(sizes: np.ndarray, fits: np.ndarray) -> np.ndarray:
    """(R, n)"""
    level, slope, shape = fits.T
    return level[:, None] + slope[:, None] * _shapes(sizes)[shape.astype(int)]


def _within(points: pd.DataFrame, residual: np.ndarray) -> float:
    """Sum of squares of the residuals, seeds set apart."""
    own = pd.Series(residual).groupby(points["seed"].to_numpy()).transform("mean").to_numpy()
    return float(((residual - own) ** 2).sum())


def _nearly(square: float, best: float, runs: int) -> bool:
    """Whether one sum of squares speaks for its law nearly as well as the best: a likelihood of at least 1 / `STRONG` of it."""
    return square <= best * STRONG ** (2 / runs) + 1e-18


def _freedom(points: pd.DataFrame) -> int:
    """Residuals that are left to tell luck by, after three numbers of the law, the choice of the law and one of each seed but one."""
    return len(points) - 4 - (points["seed"].nunique() - 1)


def _strays(points: pd.DataFrame, residual: np.ndarray, rise: float) -> bool:
    """Whether whole sizes lie off the law: by more than a twentieth of its rise, and more than luck does in one case of a hundred.

    The F test of lack of fit against what the runs of one size differ by, seeds set apart; where they do not repeat, nothing tells.
    """
    table = pd.DataFrame({"share": points["share"], "seed": points["seed"], "residual": residual})
    table["residual"] -= table.groupby("seed")["residual"].transform("mean")
    means = table.groupby("share")["residual"].transform("mean")
    sizes = table["share"].nunique() - 3, _freedom(points) - (table["share"].nunique() - 3)
    if sizes[1] < 1:
        return False
    between, within_ = float((means**2).sum()), float(((table["residual"] - means) ** 2).sum())
    first, second = np.random.default_rng(0).chisquare(np.array(sizes)[:, None], (2, 20_000)) / np.array(sizes)[:, None]
    significant = between / sizes[0] > np.quantile(first / second, 0.99) * within_ / sizes[1]
    return bool(significant and between > len(table) * (_STRAYING * rise) ** 2)


def _drawn_again(points: pd.DataFrame, values: np.ndarray, around: np.ndarray) -> np.ndarray:
    """around (REFITS, n): the law of each -> (REFITS, n) values as another time might have given them: see the head of this file."""
    rng = np.random.default_rng(0)
    _, seed = np.unique(points["seed"].to_numpy(), return_inverse=True)
    count, freedom = seed.max() + 1, _freedom(points)
    residual = values - around
    of_seed = (seed[:, None] == np.arange(count)) / np.bincount(seed)  # (n, S)
    own = residual @ of_seed
    luck = np.sqrt(((residual - own[:, seed]) ** 2).sum(axis=1) / rng.chisquare(freedom, REFITS))
    other = np.take_along_axis(own, rng.integers(count, size=(REFITS, count)), axis=1) * np.sqrt(
        count / max(1, count - 1)
    )
    return around + other[:, seed] + luck[:, None] * rng.normal(size=around.shape)
