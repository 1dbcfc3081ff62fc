"""Quantiles of the normal and of Student's t distribution, to eight digits. Not scipy's: importing that takes longer than a page may."""

import functools
import math
from statistics import NormalDist

_NORMAL = NormalDist()
_MANY = 1000
"""Degrees of freedom from which a series in their inverse is exact to eight digits."""


def normal_cdf(z: float) -> float:
    """The normal distribution function."""
    return _NORMAL.cdf(z)


def normal_quantile(p: float) -> float:
    """z with P(Z <= z) = p, 0 < p < 1."""
    return _NORMAL.inv_cdf(p)


@functools.lru_cache(maxsize=4096)
def t_beyond(tail: float, df: float) -> float:
    """t >= 0 with P(T > t) = `tail`, 0 < tail <= 0.5, for `df` > 0 degrees of freedom; they need not be whole."""
    z = -normal_quantile(tail)
    if df >= _MANY:
        return _series(z, df)
    t, scale = z, math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi * df)
    for _ in range(200):
        # The tail falls ever more slowly, so Newton's steps come from below and never jump over.
        step = (t_tail(t, df) - tail) / (scale * (1 + t * t / df) ** (-(df + 1) / 2))
        t += step
        if abs(step) <= 1e-13 * (t + 1):
            break
    return t


def _series(z: float, df: float) -> float:
    """Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5)."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / df ** (i + 1) for i, term in enumerate(terms))


def t_tail(t: float, df: float) -> float:
    """P(T > t) for t >= 0: half the regularised incomplete beta function I_x(df/2, 1/2) at x = df / (df + t^2)."""
    return _beta_share(df / (df + t * t), t * t / (df + t * t), df / 2, 0.5) / 2


def _beta_share(x: float, rest: float, a: float, b: float) -> float:
    """I_x(a, b), `rest` = 1 - x, by its continued fraction (Press et al., Numerical Recipes, 6.4)."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(rest, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 + step * d, 1 + step / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value
