"""Score, cost, effort and return in one table, each with its interval."""

import pytest
from example_roi import EVERY, EXAMPLE, axes, returned

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


def test_the_cost_is_the_saving_as_measured_whatever_comes_true_of_it():
    half = returned(EXAMPLE.saving, saving_share=0.5)
    rows = axes(estimate=half, band=None).frame.set_index("figure")
    assert list(rows.loc["saving", ["value", "low", "high"]]) == [456_000, 256_000, 656_000]
    assert list(half.figures.loc["realised_saving"]) == [228_000, 128_000, 328_000]
    assert rows.loc["net_present_value", "value"] == half.net_present_value < EXAMPLE.net_present_value


def test_a_saving_against_people_has_a_name_of_its_own():
    figures = list(axes(estimate=EVERY).frame["figure"])
    assert "people_saving" in figures and "saving" not in figures


def test_what_is_not_known_is_missing_and_never_zero():
    bare = Axes(returned())
    assert bare.frame.set_index("figure").loc["score"].drop("axis").isna().all()


def test_an_unknown_decision_is_a_bug():
    with pytest.raises(ValueError):
        axes(decision="maybe")
