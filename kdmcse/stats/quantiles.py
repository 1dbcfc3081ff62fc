"""Quantiles of the normal and of Student's t distribution.

scipy.special (0.2 s to import) is loaded when the first interval is made, so that a page without intervals does not wait for it.
"""

import functools
from statistics import NormalDist

_NORMAL = NormalDist()


def normal_cdf(z: float) -> float:
    """The normal distribution function."""
    return _NORMAL.cdf(z)


def normal_quantile(p: float) -> float:
    """z with P(Z <= z) = p, 0 < p < 1."""
    return _NORMAL.inv_cdf(p)


def t_below(t: float, df: float) -> float:
    """P(T < t) for `df` > 0 degrees of freedom; they need not be whole."""
    from scipy.special import stdtr

    return float(stdtr(df, t))


@functools.lru_cache(maxsize=4096)
def t_beyond(tail: float, df: float) -> float:
    """t >= 0 with P(T > t) = `tail`, 0 < tail <= 0.5, for `df` > 0 degrees of freedom; they need not be whole."""
    from scipy.special import stdtrit

    return float(-stdtrit(df, tail))
