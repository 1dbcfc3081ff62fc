"""Score, cost, effort and return in one table, each with its interval."""

import pytest
from example_roi import EXAMPLE, axes, returned

from kdmcse.roi import (
    Axes,
    monte_carlo,
)

# The three axes


def test_every_axis_has_its_interval_in_one_table():
    frame = axes().frame
    assert list(frame["axis"]) == ["score", "cost", "effort", "effort", "return", "return"]
    rows = frame.set_index("figure")
    assert list(rows.loc["score", ["value", "low", "high"]]) == [0.12, 0.08, 0.16]
    assert list(rows.loc["saving", ["value", "low", "high"]]) == [456_000, 256_000, 656_000]
    assert rows.loc["saving", "probability"] == EXAMPLE.saving.probability_positive
    band = monte_carlo(EXAMPLE)
    assert list(rows.loc["net_present_value", ["low", "high"]]) == list(
        band.quantiles["net_present_value"].loc[[0.05, 0.95]]
    )
    assert rows.loc["net_present_value", "probability"] == band.probability_positive
    without = axes(band=None).frame.set_index("figure")
    assert list(without.loc["net_present_value", ["low", "high"]]) == list(
        EXAMPLE.figures.loc["net_present_value", ["low", "high"]]
    )


def test_what_is_not_known_is_missing_and_never_zero():
    bare = Axes(returned())
    assert bare.frame.set_index("figure").loc["score"].drop("axis").isna().all()


def test_an_unknown_decision_is_a_bug():
    with pytest.raises(ValueError):
        axes(decision="maybe")
