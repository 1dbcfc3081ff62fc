"""A share with its interval agrees with scipy's and holds at both ends."""

import pytest
from scipy.stats import binomtest

from kdmcse.stats import wilson


@pytest.mark.parametrize(("count", "rows"), [(0, 1), (1, 1), (0, 40), (40, 40), (37, 40), (3, 9), (506, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_is_that_of_scipy(count, rows, level):
    theirs = binomtest(count, rows).proportion_ci(level, method="wilson")
    assert wilson(count, rows, level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
