"""A share of some rows: where the true share may lie, and whether it differs from one half."""

import math

from kdmcse.stats.quantiles import normal_quantile


def wilson(count: int, rows: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of Wilson (1927) for the share `count` of `rows`, at least one: it stays within 0 and 1, and holds at both ends."""
    z = normal_quantile((1 + level) / 2)
    share, shrunk = count / rows, 1 + z**2 / rows
    middle = (share + z**2 / (2 * rows)) / shrunk
    half = z * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2)) / shrunk
    return max(0.0, middle - half), min(1.0, middle + half)


def sign_test(count: int, rows: int) -> float:
    """Two-sided p-value of the sign test (Arbuthnot 1710): as uneven a split of `rows` as `count` and the rest, by chance; 1 of no rows."""
    fewer = min(count, rows - count)
    return min(1.0, 2 * sum(math.comb(rows, k) for k in range(fewer + 1)) / 2**rows)
