"""A share of some rows, and where the true share may lie."""

import math

from kdmcse.stats.quantiles import normal_quantile


def wilson(count: int, rows: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of Wilson (1927) for the share `count` of `rows`, at least one: it stays within 0 and 1, and holds at both ends."""
    z = normal_quantile((1 + level) / 2)
    share, shrunk = count / rows, 1 + z**2 / rows
    middle = (share + z**2 / (2 * rows)) / shrunk
    half = z * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2)) / shrunk
    return max(0.0, middle - half), min(1.0, middle + half)
