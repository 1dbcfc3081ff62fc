"""Which of several trainings speaks for them."""

import math

import pytest

from kdmcse.stats import typical


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([3.0], 3.0),
        ([3.0, 1.0], 1.0),
        ([9.0, 1.0, 2.0], 2.0),
        ([4.0, 3.0, 2.0, 1.0], 2.0),
        ([math.nan, 1.0, math.nan, 2.0], 2.0),
    ],
)
def test_the_typical_one_has_the_lower_median_and_those_without_a_value_come_last(values, wanted):
    trainings = [{"value": value} for value in values]
    assert typical(trainings, lambda one: one["value"])["value"] == wanted
