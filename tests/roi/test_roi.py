"""Effort, saving and what follows from them: payback, net present value, what they depend on."""

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_poc import seconds_of
from example_roi import EVERY, EXAMPLE, PEOPLE, axes, changed, returned, with_effort
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse import i18n
from kdmcse.cost import Prices, estimate_cost
from kdmcse.errors import UserError
from kdmcse.roi import (
    Axes,
    Effort,
    Saving,
    Scenario,
    Today,
    break_evens,
    estimate_return,
    gpu_hours,
    monte_carlo,
    people_cost,
    tornado,
)
from kdmcse.roi import fields as inputs
from kdmcse.roi.cash_flow import annuity, net_present_value, payback
from kdmcse.roi.example import MODEL_RATES, saving_of_rates
from kdmcse.roi.scenario import InputRange
from kdmcse.roi.sensitivity import MEASURED, QUANTILES, Bounds, allowed, draw_inputs

ROOT = Path(__file__).resolve().parents[2]
NO_RANGE = {path: (value, value) for path, value in EXAMPLE.scenario.inputs.items()}


# The worked example, by hand


def test_a_worked_example():
    # Labelling 400 pairs * 30 s * 2 people / 3600 s * 3,000  =    20,000
    # Engineering 15 days * 60,000                            =   900,000
    # Computing 12 h * 500                                    =     6,000
    # Licences                                                =    74,000   paid once together 1,000,000
    # Hosting 30,000 + licences 6,000 + people 20,000         =    56,000 a month
    # Missed matches 30 % -> 20 %: 20,000 * 0.1 * 0.10 * 1,200 =  240,000
    # False matches  10 % -> 6 %:  20,000 * 0.9 * 0.04 * 300   =  216,000   saving 456,000 a month
    # Left each month 456,000 - 56,000                        =   400,000
    # A yearly rate of 1.01^12 - 1 is 1 % a month; 12 months: (1 - 1.01^-12) / 0.01 = 11.255077
    # Net present value 400,000 * 11.255077 - 1,000,000       = 3,502,031
    # Payback 1,000,000 / 400,000                             = 2.5 months
    # Benefit/cost 456,000 * 11.255077 / (1,000,000 + 56,000 * 11.255077) = 5,132,315 / 1,630,284 = 3.148
    found = EXAMPLE
    assert dict(found.scenario.effort.parts[["part", "amount"]].to_numpy()) == {
        "labelling": 20_000, "engineering": 900_000, "gpu": 6_000, "licences_once": 74_000,
        "hosting_monthly": 30_000, "licences_monthly": 6_000, "people_monthly": 20_000,
    }  # fmt: skip
    assert (found.one_off, found.monthly, found.saving.estimate) == (1_000_000, 56_000, 456_000)
    assert found.annuity == pytest.approx(11.255077, abs=1e-6)
    assert found.net_present_value == pytest.approx(3_502_031, abs=1)
    assert found.payback_months == 2.5
    assert found.benefit_cost == pytest.approx(5_132_315 / 1_630_284, abs=1e-6)
    # With the saving at 256,000 there is 200,000 left a month, at 656,000 there is 600,000.
    low_and_high = found.figures[["low", "high"]]
    assert list(low_and_high.loc["net_present_value"]) == pytest.approx([1_251_015, 5_753_046], abs=1)
    assert list(low_and_high.loc["payback_months"]) == pytest.approx([1_000_000 / 600_000, 5])
    # It just pays where the saving is 1,000,000 / 11.255077 + 56,000 = 144,849: 31.77 % of what was measured.
    share = break_evens(found, ["saving_share"])["zero_at"].item()
    assert share == pytest.approx((1_000_000 / 11.255077 + 56_000) / 456_000, abs=1e-6)


# Money and time


@given(st.floats(-0.9, 3), st.integers(1, 600))
def test_the_annuity_is_the_sum_over_the_months(rate, horizon):
    months = sum((1 + rate) ** (-month / 12) for month in range(1, horizon + 1))
    assert float(annuity(rate, horizon)) == pytest.approx(months, rel=1e-9)


@pytest.mark.parametrize("rate", [0, 1e-15, -1e-15, 1e-11])
def test_without_interest_a_month_is_worth_a_month(rate):
    assert float(annuity(rate, 36)) == pytest.approx(36, rel=1e-9)


def test_a_return_of_many_is_that_of_each():
    rates, horizons = np.array([0.0, 0.05, -0.5]), np.array([12, 36, 6])
    assert annuity(rates, horizons) == pytest.approx(
        [float(annuity(*one)) for one in zip(rates, horizons, strict=True)]
    )
    assert list(payback([100, 100, 0, 0, 5], [50, 0, 0, -1, -1])) == [2, math.inf, 0, math.inf, math.inf]


def test_what_never_pays_back_says_never_and_stays_finite_elsewhere():
    found = with_effort(people_monthly=10**6)
    assert found.payback_months is None and found.net_present_value < 0
    assert found.figures.loc["payback_months", "value"] == math.inf
    half = returned(Saving(456_000, 50_000, 900_000))
    assert list(half.figures.loc["payback_months"])[1:] == [pytest.approx(1_000_000 / 844_000), math.inf]


def test_where_nothing_is_paid_there_is_no_ratio_and_nothing_to_come_back():
    free = Effort(**dict.fromkeys(EXAMPLE.scenario.effort.amounts, 0))
    found = returned(effort=free)
    assert (found.payback_months, found.benefit_cost, found.one_off) == (0, None, 0)


# Effort and today's process


def test_hours_of_a_gpu_are_those_of_the_runs_that_ended():
    assert gpu_hours([1800, None, 5400]) == 2 and gpu_hours([]) == 0


def test_people_cost_their_price_and_their_mistakes():
    # 1,000 decisions at 40 = 40,000; 5 % of them wrong: 50, of which 20 % missed matches at 500 and 80 % false at 100 = 5,000 + 4,000.
    priced = PEOPLE.people_cost(monthly_volume=1000, base_rate=0.2, false_match=100, missed_match=500)
    assert priced == pytest.approx(40_000 + 5_000 + 4_000)
    # Of 200 matches they find 190; each brings 10.
    gaining = PEOPLE.people_cost(monthly_volume=1000, base_rate=0.2, false_match=100, missed_match=500, benefit=10)
    assert gaining == pytest.approx(49_000 - 1_900)
    segments = people_cost(
        price_per_decision=40, accuracy=0.95, monthly_volume=np.array([1000, 500]), base_rate=0.2, false_match=100, missed_match=500,
    )  # fmt: skip
    assert list(segments) == pytest.approx([49_000, 24_500])
    with pytest.raises(ValueError):
        Today().people_cost(monthly_volume=1, base_rate=0.5, false_match=1, missed_match=1)


def test_the_saving_against_people_is_another_than_against_the_model():
    people = returned(today=PEOPLE)
    # People: 20,000 * (40 + 0.05 * (0.1 * 1,200 + 0.9 * 300)) = 1,190,000; the model: 20,000 * (0.1 * 0.2 * 1,200 + 0.9 * 0.06 * 300) = 804,000.
    assert people.saving.estimate == pytest.approx(1_190_000 - 804_000)
    assert {"today/price_per_decision", "today/accuracy"} <= set(tornado(people)["input"])


def test_what_people_cost_is_kept_while_the_model_is_compared_with():
    kept = dataclasses.replace(PEOPLE, process="baseline")
    found = returned(today=kept, ranges={"today/accuracy": (0.9, 1)})
    assert found.net_present_value == returned().net_present_value
    assert "today/accuracy" not in found.scenario.inputs and "today/accuracy" in found.scenario.ranges


# Every input has an effect

DEARER = {path for path in EXAMPLE.scenario.inputs if path.startswith("effort/")} | {"yearly_rate", "today/accuracy"}


@pytest.mark.parametrize("path", EVERY.scenario.inputs)
def test_every_number_changes_the_outcome(path):
    found = EVERY if path.startswith("today/") else EXAMPLE
    more = found.scenario.inputs[path] * 1.05 if path != "horizon_months" else 13
    then = estimate_return(found.scenario.with_inputs({path: more}), saving_of_rates)
    assert then.net_present_value != found.net_present_value
    assert then.scenario.digest != found.scenario.digest
    assert found.net_present_value_at({path: more}) == pytest.approx(then.net_present_value, rel=1e-9)
    assert (then.net_present_value < found.net_present_value) == (path in DEARER)


def test_every_other_field_does_what_it_is_for():
    base = changed()
    assert changed(prices={**base.prices, "currency": "EUR"}).currency == "EUR"
    assert returned(today=PEOPLE).saving != returned().saving
    assert tornado(returned(ranges={"yearly_rate": (0.0, 0.5)})).set_index("input").loc["yearly_rate", "high"] == 0.5
    bands = [monte_carlo(returned(shape=shape)).quantiles["net_present_value"] for shape in ("triangular", "uniform")]
    assert bands[1].iloc[2] - bands[1].iloc[0] > bands[0].iloc[2] - bands[0].iloc[0]
    measured = dataclasses.replace(base.effort, seconds_are="measured")
    for fields in ({"name": "Other"}, {"notes": "why"}, {"contract": "0123"}):
        assert changed(**fields).digest == base.digest and changed(**fields) != base
    for fields in (
        {"today": PEOPLE},
        {"shape": "uniform"},
        {"ranges": {"yearly_rate": (0.1, 0.2)}},
        {"effort": measured},
    ):
        assert changed(**fields).digest != base.digest


# Tornado


def test_a_tornado_holds_what_each_end_would_come_to():
    found = returned(EXAMPLE.saving, ranges={"prices/false_match": (100, 900), "effort/engineering_days": (10, 60)})
    table = tornado(found).set_index("input")
    assert set(table.index) == set(found.scenario.inputs) | {MEASURED}
    for path, row in table.drop(MEASURED).iterrows():
        for end in ("low", "high"):
            then = estimate_return(found.scenario.with_inputs({path: row[end]}), saving_of_rates)
            assert row[f"value_{end}"] == pytest.approx(then.net_present_value, rel=1e-9), path
    assert table["swing"].is_monotonic_decreasing
    assert list(table.loc["prices/false_match", ["low", "high", "default"]]) == [100, 900, False]
    assert list(table.loc["prices/missed_match", ["low", "high", "default"]]) == [960, 1440, True]
    assert list(table.loc[MEASURED, ["value_low", "value_high"]]) == list(
        found.figures.loc["net_present_value", ["low", "high"]]
    )


def test_a_default_range_ends_where_values_end():
    table = tornado(returned(prices={**EXAMPLE.scenario.prices, "base_rate": 0.9}, horizon_months=2)).set_index("input")
    assert list(table.loc["prices/base_rate", ["low", "high"]]) == pytest.approx([0.72, 1])
    assert list(table.loc["horizon_months", ["low", "high"]]) == [2, 2], "a fifth of two months is no month"
    nothing = tornado(with_effort(licences_once=0)).set_index("input").loc["effort/licences_once"]
    assert list(nothing[["low", "high", "swing"]]) == [0, 0, 0]


def test_a_threshold_stands_still_unless_the_analyst_moves_it():
    prices = {**EXAMPLE.scenario.prices, "today": {"threshold": 0.6}}
    assert changed(prices=prices).range_of("prices/today/threshold") == InputRange(0.6, 0.6, default=True)
    moved = changed(prices=prices, ranges={"prices/today/threshold": (0.5, 0.7)})
    assert moved.range_of("prices/today/threshold") == InputRange(0.5, 0.7, default=False)


def narrow(prices, today):
    """A cost room that takes no price above 1,300."""
    if prices["missed_match"] > 1300:
        raise UserError("setting_out_of_range", field="missed_match", value=prices["missed_match"], low=0, high=1300)
    return saving_of_rates(prices, today)


def test_a_default_end_that_the_cost_room_refuses_is_drawn_back_but_a_given_one_is_an_error():
    table = tornado(estimate_return(changed(), narrow)).set_index("input")
    assert list(table.loc["prices/missed_match", ["low", "high"]]) == [960, 1200]
    assert monte_carlo(estimate_return(changed(), narrow), draws=100).draws == 100
    with pytest.raises(UserError, match="missed_match"):
        tornado(estimate_return(changed(ranges={"prices/missed_match": (1000, 1400)}), narrow))


def bent(prices, today):
    """A saving that is greatest at a base rate of 0.1."""
    return 456_000 - 4e6 * abs(prices["base_rate"] - 0.1)


def test_a_swing_takes_in_a_top_between_the_ends():
    row = tornado(estimate_return(changed(), bent)).set_index("input").loc["prices/base_rate"]
    assert row["value_low"] == pytest.approx(row["value_high"]) and row["swing"] == pytest.approx(
        4e6 * 0.02 * EXAMPLE.annuity
    )


# Break-even


def test_at_a_break_even_the_net_present_value_is_zero():
    dear = estimate_return(
        changed(effort=dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=200_000)), saving_of_rates
    )
    table = break_evens(dear, list(dear.scenario.inputs)).set_index("input")
    reached = table[table["zero_at"].notna()]
    assert {
        "prices/monthly_volume",
        "prices/base_rate",
        "prices/false_match",
        "effort/hourly_rate",
        "saving_share",
    } <= set(reached.index)
    for path, row in reached.iterrows():
        assert dear.net_present_value_at({path: row["zero_at"]}) == pytest.approx(0, abs=1e-3), path
        assert row["allowed_low"] <= row["zero_at"] <= row["allowed_high"]


def test_break_evens_agree_with_closed_forms():
    a = EXAMPLE.annuity
    needed = 1_000_000 / a + 56_000
    zero = break_evens(EXAMPLE).set_index("input")["zero_at"]
    assert zero["prices/monthly_volume"] == pytest.approx(20_000 * needed / 456_000)
    assert zero["effort/hourly_rate"] == pytest.approx((3_502_030.9899 + 20_000) / (400 * 30 * 2 / 3600), rel=1e-6)
    assert math.isnan(zero["prices/false_match"]), "missed matches alone pay for it"
    assert set(zero.index) == {
        *(path for path in EXAMPLE.scenario.inputs if path.startswith("prices/")),
        "effort/hourly_rate",
        "saving_share",
    }


def test_of_two_break_evens_the_nearer_one_is_told():
    # 0.1 +- (456,000 - 144,849) / 4,000,000 = 0.1 +- 0.0778; by factor the upper one is nearer.
    zero = break_evens(estimate_return(changed(), bent), ["prices/base_rate"])["zero_at"].item()
    assert zero == pytest.approx(0.1 + (456_000 - (1_000_000 / EXAMPLE.annuity + 56_000)) / 4e6)


def test_values_that_the_cost_room_refuses_are_not_asked_further():
    limited = break_evens(
        estimate_return(changed(effort=dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=500_000)), narrow),
        ["prices/missed_match"],
    )
    assert math.isnan(limited["zero_at"].item())


def test_a_return_of_zero_is_a_break_even_already():
    free = Effort(**dict.fromkeys(EXAMPLE.scenario.effort.amounts, 0) | {"people_monthly": 456_000})
    assert break_evens(returned(effort=free), ["saving_share"])["zero_at"].item() == 1


# Monte Carlo


def test_the_same_seed_draws_the_same_and_another_another():
    one, again, other = (monte_carlo(EXAMPLE, seed=seed) for seed in (3, 3, 4))
    assert (one.net_present_values == again.net_present_values).all() and (one.paybacks == again.paybacks).all()
    assert (one.net_present_values != other.net_present_values).any()
    assert one.draws == 10_000


def drawn(saving=None, shape="uniform", **ranges):
    """A band in which nothing moves but these inputs (`a__b` is the path a/b) and the saving."""
    moved = {path.replace("__", "/"): ends for path, ends in ranges.items()}
    return monte_carlo(returned(saving, shape=shape, ranges=NO_RANGE | moved), draws=100_000, seed=1)


def test_where_nothing_moves_every_draw_is_the_estimate():
    band = drawn()
    assert np.ptp(band.net_present_values) == 0 and band.net_present_values[0] == pytest.approx(
        EXAMPLE.net_present_value
    )
    assert band.paybacks[0] == 2.5 and band.probability_positive == 1


def test_a_uniform_input_gives_a_uniform_value():
    # Engineering days anywhere between 0 and 60: the value falls by 60,000 a day from 4,402,031.
    band = drawn(effort__engineering_days=(0, 60))
    quantiles = band.quantiles["net_present_value"]
    for share in (0.05, 0.5, 0.95):
        assert quantiles[share] == pytest.approx(
            EXAMPLE.net_present_value + 900_000 - 60 * 60_000 * (1 - share), abs=20_000
        )


def test_a_triangular_input_gives_a_triangular_value():
    # Days between 0 and 60, most often 15: P(days <= d) = d^2 / (60 * 15) below 15, and 1 - (60 - d)^2 / (60 * 45) above.
    band = drawn(shape="triangular", effort__engineering_days=(0, 60))
    days_at = {0.05: math.sqrt(0.05 * 900), 0.5: 60 - math.sqrt(0.5 * 2700), 0.95: 60 - math.sqrt(0.05 * 2700)}
    for share, days in days_at.items():
        value = EXAMPLE.net_present_value + 900_000 - 60_000 * days
        assert band.quantiles["net_present_value"][round(1 - share, 2)] == pytest.approx(value, abs=25_000)


def test_the_evaluations_chance_alone_gives_its_own_interval_back():
    lopsided = Saving(456_000, 56_000, 556_000, level=0.9)
    for saving in (lopsided, Saving(456_000, resamples=np.random.default_rng(0).normal(456_000, 100_000, 20_000))):
        band, figures = drawn(saving), returned(saving).figures.loc["net_present_value"]
        assert band.quantiles["net_present_value"][0.05] == pytest.approx(figures["low"], abs=30_000)
        assert band.quantiles["net_present_value"][0.95] == pytest.approx(figures["high"], abs=30_000)


def test_the_probability_is_that_of_the_bell():
    # The value is zero at a saving of 144,849; the bell below 456,000 is 189,138 wide where its 5 % lie at 144,900.
    band = drawn(Saving(456_000, 144_849, 767_151, level=0.9))
    assert band.probability_positive == pytest.approx(0.95, abs=0.003)
    assert Saving(456_000, 0, 912_000, level=0.9).probability_positive == pytest.approx(0.95)
    assert Saving(-456_000, -912_000, 0, level=0.9).probability_positive == pytest.approx(0.05)
    assert Saving(1.0, resamples=np.array([-1.0, 0.0, 1.0, 2.0])).probability_positive == 0.5
    assert Saving(1.0).probability_positive is None and Saving(1.0, 1.0, 1.0).probability_positive == 1


def test_chances_add_up_as_variances_do():
    saving = Saving(456_000, resamples=np.random.default_rng(0).normal(456_000, 50_000, 20_000))
    parts = [drawn(saving), drawn(effort__engineering_days=(0, 30)), drawn(saving, effort__engineering_days=(0, 30))]
    variances = [band.net_present_values.var() for band in parts]
    assert variances[2] == pytest.approx(variances[0] + variances[1], rel=0.02)


def test_payback_is_drawn_too_and_may_never_come():
    band = drawn(Saving(456_000, -344_000, 1_256_000, level=0.9))
    # Nothing is left a month below a saving of 56,000: half a bell lower by 400,000 where its 5 % lie at 800,000.
    assert np.isinf(band.paybacks).mean() == pytest.approx(0.2054, abs=0.005)
    assert band.quantiles["payback_months"][0.95] == math.inf and band.quantiles["payback_months"][
        0.5
    ] == pytest.approx(2.5, rel=0.02)
    assert (band.histogram(10)["draws"]).sum() == band.draws


def priced_one_by_one(found, saving, draws=10_000, seed=0):
    """(draws,) net present values of the very draws of `monte_carlo`, each at the saving that is true there, without chance."""
    values = draw_inputs(found, draws, np.random.default_rng(seed))
    prices, people = (
        {path.removeprefix(room): drawn for path, drawn in values.items() if path.startswith(room)}
        for room in ("prices/", "today/")
    )
    return net_present_value(np.asarray(saving(prices, people), dtype=np.float64), values)


def vectorised(prices, people):
    """The example's saving at all draws at once."""
    if not people:
        return saving_of_rates(prices, Today())
    missed, false = MODEL_RATES
    lost = (
        prices["base_rate"] * missed * prices["missed_match"]
        + (1 - prices["base_rate"]) * false * prices["false_match"]
    )
    return people_cost(**people, **prices) - prices["monthly_volume"] * lost


@pytest.mark.parametrize("today", [Today(), PEOPLE])
def test_the_grid_is_exact_where_error_rates_do_not_depend_on_prices(today):
    # Five prices at most move together, so the sixth stands still.
    fixed = {"prices/base_rate": NO_RANGE["prices/base_rate"]}
    found = returned(shape="uniform", today=today, ranges=fixed)
    assert monte_carlo(found).net_present_values == pytest.approx(priced_one_by_one(found, vectorised), rel=1e-9)


DECISIONS = pd.DataFrame({"row": np.arange(600), "match": np.arange(600) % 3 == 0})


def cosines(seed, separation):
    return np.random.default_rng(seed).normal(0.3, 0.15, 600) + separation * DECISIONS["match"]


OLD, NEW = DECISIONS.assign(cosine=cosines(0, 0.15)), DECISIONS.assign(cosine=cosines(1, 0.35))


def saving_of_decisions(prices, today):
    """The cost room itself: every model at its own best threshold for these prices."""
    priced = Prices.from_dict(prices)
    then = estimate_cost(NEW, priced).monthly_cost
    if today.process == "people":
        return today.people_cost(**{name: value for name, value in prices.items() if name != "currency"}) - then
    return estimate_cost(OLD, priced).monthly_cost - then


def test_the_cost_room_is_asked_again_wherever_a_price_changes():
    found = estimate_return(changed(), saving_of_decisions)
    for path, more in (("prices/base_rate", 0.3), ("prices/missed_match", 4000), ("prices/monthly_volume", 1)):
        prices = found.scenario.with_inputs({path: more}).prices
        assert found.saving_at({path: more}) == saving_of_decisions(prices, Today()) != found.saving.estimate
    zero = break_evens(found, ["prices/monthly_volume"])["zero_at"].item()
    assert found.net_present_value_at({"prices/monthly_volume": zero}) == pytest.approx(0, abs=1e-3)


def test_prices_of_segments_with_a_review_are_inputs_like_others():
    mug = {"false_match": 300, "missed_match": 1200, "monthly_volume": 8000, "base_rate": 0.3, "benefit": 5}
    cap = mug | {"monthly_volume": 12_000, "base_rate": 0.1}
    prices = {
        "currency": "JPY",
        "segments": {"mug": mug, "cap": cap},
        "review": {"price": 20, "accuracy": 0.95},
        "today": {"threshold": 0.4},
    }
    decisions = [table.assign(segment=np.where(table["row"] % 2, "mug", "cap")) for table in (OLD, NEW)]

    def saving_of(prices, today):
        before, after = (estimate_cost(table, Prices.from_dict(prices)).monthly_cost for table in decisions)
        return before - after

    found = estimate_return(changed(prices=Prices.from_dict(prices).to_dict()), saving_of)
    table = tornado(found).set_index("input")
    moved = [f"prices/segments/{name}/{rate}" for name in ("mug", "cap") for rate in mug] + ["prices/review/price"]
    assert (table.loc[moved, "swing"] > 0).all()
    assert list(table.loc["prices/review/accuracy", ["low", "high"]]) == pytest.approx([0.9, 1])
    assert table.loc["prices/today/threshold", "low"] == 0.4, "a threshold stands still"
    assert monte_carlo(found, draws=1000).net_present_values.std() > 0
    assert Scenario.from_dict(found.scenario.to_dict()) == found.scenario


def test_the_grid_is_close_where_thresholds_move_with_the_prices():
    found = estimate_return(changed(shape="uniform", horizon_months=36), saving_of_decisions)
    read = monte_carlo(found, draws=300, seed=5)

    def saving(prices, people):
        rows = zip(*prices.values(), strict=True)
        return [
            saving_of_decisions({"currency": "JPY", **dict(zip(prices, row, strict=True))}, Today()) for row in rows
        ]

    exact = priced_one_by_one(found, saving, draws=300, seed=5)
    quantiles = np.quantile(exact, QUANTILES)
    spread = quantiles[-1] - quantiles[0]
    assert np.median(np.abs(read.net_present_values - exact)) < 0.05 * spread
    assert list(read.quantiles["net_present_value"]) == pytest.approx(list(quantiles), abs=0.1 * spread)


def test_many_prices_move_beyond_those_that_move_together():
    segments = {
        name: {"false_match": 10.0 * place, "monthly_volume": 100.0} for place, name in enumerate("abcdefgh", 1)
    }

    def saving_of(prices, today):
        return sum(segment["false_match"] * segment["monthly_volume"] for segment in prices["segments"].values())

    scenario = changed(prices={"currency": "JPY", "segments": segments}, shape="uniform")
    found = estimate_return(scenario, saving_of)
    band = monte_carlo(found, draws=20_000)

    def saving(prices, people):
        return sum(
            prices[f"segments/{name}/false_match"] * prices[f"segments/{name}/monthly_volume"] for name in segments
        )

    exact = np.quantile(priced_one_by_one(found, saving, draws=20_000), QUANTILES)
    assert list(band.quantiles["net_present_value"]) == pytest.approx(list(exact), rel=0.01)


def test_ten_thousand_draws_take_less_than_a_second():
    found = estimate_return(changed(), saving_of_decisions)
    assert seconds_of(lambda: monte_carlo(dataclasses.replace(found, _asked={}))) < 1


# A saving


def test_resamples_give_the_interval_of_their_level():
    draws = np.arange(1001.0)
    saving = Saving(500.0, level=0.8, resamples=draws)
    assert (saving.low, saving.high) == pytest.approx((100, 900))
    assert Saving(500.0, 1.0, 2.0, resamples=draws).high == 2.0, "an interval that is given stays"


@pytest.mark.parametrize(
    "fields",
    [
        {"estimate": math.nan}, {"estimate": 1.0, "low": 0.0}, {"estimate": 1.0, "low": 2.0, "high": 1.0}, {"estimate": 1.0, "level": 1.0},
        {"estimate": 1.0, "resamples": []}, {"estimate": 1.0, "resamples": [math.inf]}, {"estimate": 1.0, "low": 0.0, "high": math.inf},
    ],
)  # fmt: skip
def test_what_is_no_saving_is_a_bug(fields):
    with pytest.raises(ValueError):
        Saving(**fields)


def test_a_saving_that_its_function_does_not_give_is_a_bug():
    with pytest.raises(ValueError, match="456,?000"):
        returned(Saving(400_000))


# Bad input


def effort_with(**fields):
    return {"effort": {**dataclasses.asdict(EXAMPLE.scenario.effort), **fields}}


def prices_with(**fields):
    return {"prices": {**EXAMPLE.scenario.prices, **fields}}


BAD = [
    (prices_with(false_match=-1), "amount_negative", "prices/false_match"),
    (prices_with(false_match=math.nan), "not_a_number", "prices/false_match"),
    (prices_with(missed_match=math.inf), "not_a_number", "prices/missed_match"),
    (prices_with(missed_match=1e13), "setting_out_of_range", "prices/missed_match"),
    (prices_with(monthly_volume=0), "volume_zero", "prices/monthly_volume"),
    (prices_with(segments={"a/b": {"monthly_volume": 0}}), "volume_zero", "prices/segments/a~1b/monthly_volume"),
    (prices_with(base_rate=1.2), "setting_out_of_range", "prices/base_rate"),
    (prices_with(base_rate=-0.2), "amount_negative", "prices/base_rate"),
    (prices_with(review_threshold=2), "setting_out_of_range", "prices/review_threshold"),
    (prices_with(currency="YEN"), "currency_unknown", "prices/currency"),
    ({"prices": {}}, "input_missing", "prices/currency"),
    ({"prices": [1]}, "not_a_table", "prices"),
    (prices_with(note="a\x00b"), "text_unprintable", "prices/note"),
    (prices_with(many=list(range(3000))), "table_too_long", "prices"),
    (prices_with(**{"é": 1, "e\u0301": 2}), "name_twice", "prices"),
    (effort_with(hourly_rate=-1), "amount_negative", "effort/hourly_rate"),
    (effort_with(pairs=True), "not_a_number", "effort/pairs"),
    (effort_with(pairs="400"), "not_a_number", "effort/pairs"),
    (effort_with(seconds_are="guessed"), "setting_not_a_choice", "effort/seconds_are"),
    (effort_with(wages=1), "scenario_key_unknown", "effort/wages"),
    ({"effort": {"pairs": 1}}, "input_missing", "effort/seconds_per_judgement"),
    ({"effort": 3}, "not_a_table", "effort"),
    ({"today": {"process": "people", "accuracy": 0.9}}, "input_missing", "today/price_per_decision"),
    ({"today": {"process": "people", "price_per_decision": 3}}, "input_missing", "today/accuracy"),
    ({"today": {"accuracy": 1.1}}, "setting_out_of_range", "today/accuracy"),
    ({"today": {"process": "luck"}}, "setting_not_a_choice", "today/process"),
    ({"horizon_months": 0}, "horizon_zero", "horizon_months"),
    ({"horizon_months": -3}, "amount_negative", "horizon_months"),
    ({"horizon_months": 1.5}, "setting_not_whole", "horizon_months"),
    ({"horizon_months": 601}, "setting_out_of_range", "horizon_months"),
    ({"yearly_rate": -1}, "rate_too_low", "yearly_rate"),
    ({"yearly_rate": -1.5}, "rate_too_low", "yearly_rate"),
    ({"yearly_rate": math.nan}, "not_a_number", "yearly_rate"),
    ({"saving_share": -0.1}, "amount_negative", "saving_share"),
    ({"shape": "round"}, "setting_not_a_choice", "shape"),
    ({"ranges": {"yearly_rate": (0.2, 0.3)}}, "range_without_base", "yearly_rate"),
    ({"ranges": {"prices/false_match": (400, 200)}}, "range_without_base", "prices/false_match"),
    ({"ranges": {"prices/false_match": (-1, 400)}}, "amount_negative", "prices/false_match"),
    ({"ranges": {"prices/base_rate": (0, 1.5)}}, "setting_out_of_range", "prices/base_rate"),
    ({"ranges": {"prices/false_match": (math.nan, 400)}}, "not_a_number", "prices/false_match"),
    ({"ranges": {"prices/false_match": (1,)}}, "range_half", "prices/false_match"),
    ({"ranges": {"prices/currency": (1, 2)}}, "range_of_unknown", "prices/currency"),
    ({"ranges": 3}, "not_a_table", "ranges"),
    ({"name": "  "}, "input_missing", "name"),
    ({"name": None}, "not_a_text", "name"),
    ({"name": "a" * 201}, "text_too_long", "name"),
    ({"notes": "\ud800"}, "text_unprintable", "notes"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "field"), BAD)
def test_bad_input_is_told_at_its_field_in_both_languages(fields, code, field):
    with pytest.raises(UserError) as caught:
        changed(**fields)
    assert (caught.value.code, caught.value.fields["field"]) == (code, field)
    for language in i18n.LANGUAGES:
        assert field in caught.value.message(language) and caught.value.hint(language)
    assert len(caught.value.message()) < 400


def test_a_negative_rate_and_a_cosine_below_zero_are_allowed():
    assert returned(yearly_rate=-0.02).net_present_value > returned(yearly_rate=0).net_present_value
    assert changed(**prices_with(threshold=-0.3)).prices["threshold"] == -0.3


def test_a_scenario_survives_its_table_and_its_own_copy():
    scenario = changed(ranges={"prices/false_match": (100, 400)}, today=PEOPLE, notes="why\r\nnot", contract="abc")
    again = Scenario.from_dict(json.loads(json.dumps(scenario.to_dict())))
    assert again == scenario and again.digest == scenario.digest and again.notes == "why\nnot"
    prices = dict(EXAMPLE.scenario.prices)
    kept = changed(prices=prices)
    prices["false_match"] = 1
    assert kept.prices["false_match"] == 300


TABLES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("a/~#0[é", max_size=4), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_a_table_can_be_made_again_from_its_paths(table):
    assert inputs.table_of(inputs.leaves({"prices": table}, "")) == {"prices": table}


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


def test_break_evens_are_looked_for_where_values_are_allowed():
    assert allowed("prices/base_rate") == Bounds(0, 1) and allowed("prices/x/threshold") == Bounds(-1, 1)
    assert allowed("effort/pairs").low == 0 and allowed("horizon_months") == Bounds(1, 600)


def test_a_return_is_counted_without_any_heavy_library():
    code = "import sys, json, kdmcse.roi, kdmcse.roi.scenario_store; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"scipy", "torch", "openpyxl", "mteb", "sklearn", "streamlit"} & {
        name.split(".")[0] for name in json.loads(told)
    } == set()
