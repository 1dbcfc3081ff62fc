"""What a return depends on: each input alone, break-evens, and all inputs at once."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from example_poc import seconds_of
from example_roi import EXAMPLE, PEOPLE, changed, returned, with_effort

from kdmcse.cost import Prices, estimate_cost
from kdmcse.errors import UserError
from kdmcse.roi import (
    Effort,
    Saving,
    Scenario,
    Today,
    break_evens,
    estimate_return,
    monte_carlo,
    people_cost,
    tornado,
)
from kdmcse.roi.cash_flow import net_present_value
from kdmcse.roi.example import MODEL_RATES, saving_of_rates
from kdmcse.roi.scenario import InputRange
from kdmcse.roi.sensitivity import MEASURED, QUANTILES, Bounds, draw_inputs, sensible

NO_RANGE = {path: (value, value) for path, value in EXAMPLE.scenario.inputs.items()}


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


@pytest.mark.parametrize(("accuracy", "low"), [(0.95, 0.9), (0.7, 0.5), (0.5, 0.5), (0.4, 0.4)])
def test_nobody_is_taken_to_decide_worse_than_chance_and_draws_go_both_ways(accuracy, low):
    prices = {**EXAMPLE.scenario.prices, "review": {"price": 20, "accuracy": accuracy}}
    found = returned(prices=prices, today=dataclasses.replace(PEOPLE, accuracy=accuracy))
    drawn = draw_inputs(found, 1_000, np.random.default_rng(0))
    for path in ("prices/review/accuracy", "today/accuracy"):
        span = found.scenario.range_of(path)
        assert (span.low, span.high) == (pytest.approx(low), 1)
        assert drawn[path].max() > accuracy and (drawn[path].min() < accuracy) == (low < accuracy)


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
    reached = table["pays_from"].fillna(table["pays_up_to"]).dropna()
    assert {
        "prices/monthly_volume",
        "prices/base_rate",
        "prices/false_match",
        "effort/people_monthly",
        "saving_share",
    } <= set(reached.index)
    for path, zero in reached.items():
        assert dear.net_present_value_at({path: zero}) == pytest.approx(0, abs=1e-3), path
        assert table.loc[path, "lowest"] <= zero <= table.loc[path, "highest"]


def test_break_evens_agree_with_closed_forms():
    a = EXAMPLE.annuity
    needed = 1_000_000 / a + 56_000
    table = break_evens(EXAMPLE).set_index("input")
    assert table.loc["prices/monthly_volume", "pays_from"] == pytest.approx(20_000 * needed / 456_000)
    assert table.loc["saving_share", "pays_from"] == pytest.approx(needed / 456_000)
    assert table["pays_up_to"].isna().all()
    idle = table.index[table["pays_from"].isna()]
    assert "prices/false_match" in idle, "missed matches alone pay for it"
    assert "effort/hourly_rate" in idle, "only an hour at 176 times the rate would eat the saving up"
    assert set(table.index) == {
        *(path for path in EXAMPLE.scenario.inputs if path.startswith("prices/")),
        "effort/hourly_rate",
        "saving_share",
    }


def test_what_pays_around_the_entered_value_only_is_told_with_both_ends():
    # 0.1 +- (456,000 - 144,849) / 4,000,000 = 0.1 +- 0.0778
    row = break_evens(estimate_return(changed(), bent), ["prices/base_rate"]).iloc[0]
    away = (456_000 - (1_000_000 / EXAMPLE.annuity + 56_000)) / 4e6
    assert (row["pays_from"], row["pays_up_to"]) == (pytest.approx(0.1 - away), pytest.approx(0.1 + away))


def test_where_it_does_not_pay_the_nearest_values_are_told_at_which_it_does():
    # Both ends of the other two ranges are farther by factor than 0.1778, up to which it pays.
    there = estimate_return(changed(prices={**EXAMPLE.scenario.prices, "base_rate": 0.3}), bent)
    row = break_evens(there, ["prices/base_rate"]).iloc[0]
    away = (456_000 - (1_000_000 / EXAMPLE.annuity + 56_000)) / 4e6
    assert (row["pays_from"], row["pays_up_to"]) == (pytest.approx(0.1 - away), pytest.approx(0.1 + away))


POINTS = 500


def slowly(found, path, low, high):
    """The ends of the run of values that pays, around the entered one or nearest to it, by trying very many of them."""
    base, values = found.scenario.inputs[path], np.linspace(low, high, POINTS + 1)[1:]  # no month has 0 decisions
    pays = [found.net_present_value_at({path: value}) > 0 for value in values]
    edges = np.flatnonzero(np.diff([0, *pays, 0]))
    runs = [(values[first], values[last - 1]) for first, last in edges.reshape(-1, 2)]
    if not runs or (len(runs) == 1 and all(pays)):
        return math.nan, math.nan

    def away(run):
        return 0.0 if run[0] <= base <= run[1] else min(abs(math.log(max(end, 1e-12) / base)) for end in run)

    first, last = min(runs, key=away)
    return math.nan if first == values[0] else first, math.nan if last == values[-1] else last


@pytest.mark.parametrize("people_monthly", [20_000, 300_000, 500_000])
@pytest.mark.parametrize("today", [Today(), PEOPLE])
def test_break_evens_are_those_that_a_slow_search_finds(people_monthly, today):
    effort = dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=people_monthly)
    found = estimate_return(changed(effort=effort, today=today), saving_of_rates)
    told = 0
    for row in break_evens(found).itertuples():
        ends = slowly(found, row.input, row.lowest, row.highest)
        step = (row.highest - row.lowest) / POINTS
        assert (row.pays_from, row.pays_up_to) == pytest.approx(ends, abs=1.01 * step, nan_ok=True), row.input
        told += any(end == end for end in ends)
    assert told >= 2


@pytest.mark.parametrize(("share", "reached"), [(0.1, True), (0.03, False)])
def test_beyond_ten_times_the_entered_value_nothing_is_looked_for(share, reached):
    # 6,354 decisions a month pay at the whole saving; at a tenth of it 63,530, at 3 % of it 211,800.
    table = break_evens(returned(saving_share=share), ["prices/monthly_volume"])
    assert table["highest"].item() == 200_000
    assert table["pays_from"].notna().item() == reached


def test_values_that_the_cost_room_refuses_are_not_asked_further():
    limited = break_evens(
        estimate_return(changed(effort=dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=500_000)), narrow),
        ["prices/missed_match"],
    )
    assert limited[["pays_from", "pays_up_to"]].isna().all(axis=None)


def test_a_return_of_zero_is_a_break_even_already():
    free = Effort(**dict.fromkeys(EXAMPLE.scenario.effort.amounts, 0) | {"people_monthly": 456_000})
    assert break_evens(returned(effort=free), ["saving_share"])["pays_from"].item() == 1


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
    zero = break_evens(found, ["prices/monthly_volume"])["pays_from"].item()
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_ten_thousand_draws_take_less_than_a_second():
    found = estimate_return(changed(), saving_of_decisions)
    assert seconds_of(lambda: monte_carlo(dataclasses.replace(found, _asked={}))) < 1


# Break-even


def test_break_evens_are_looked_for_where_values_are_allowed_and_sensible():
    scenario = changed(prices={**EXAMPLE.scenario.prices, "today": {"threshold": 0.5}})
    assert sensible(scenario, "prices/base_rate") == Bounds(0, 1)
    assert sensible(scenario, "prices/today/threshold") == Bounds(-1, 1)
    assert sensible(scenario, "prices/false_match") == Bounds(0, 3_000) and sensible(scenario, "effort/pairs").low == 0
    assert sensible(scenario, "horizon_months") == Bounds(1, 120) and sensible(scenario, "saving_share").high == 10
    assert sensible(changed(prices={**EXAMPLE.scenario.prices, "base_rate": 0.02}), "prices/base_rate").high == 0.2


def test_a_value_far_from_what_was_entered_is_no_break_even():
    dear = with_effort(licences_once=30_000_000)
    assert (
        dear.net_present_value_at({"prices/missed_match": 12_000})
        < 0
        < dear.net_present_value_at({"prices/missed_match": 120_000})
    )
    assert break_evens(dear, ["prices/missed_match"])[["pays_from", "pays_up_to"]].isna().all(axis=None)
    near = with_effort(licences_once=15_000_000)
    assert 1_200 < break_evens(near, ["prices/missed_match"])["pays_from"].item() < 12_000


def test_from_nothing_entered_a_break_even_is_looked_for_around_its_range():
    nothing = {"effort": dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=0)}
    for ranges, high in (({}, 0), ({"effort/people_monthly": (0, 50_000)}, 500_000)):
        assert sensible(changed(**nothing, ranges=ranges), "effort/people_monthly") == Bounds(0, high)
    found = break_evens(returned(**nothing, ranges={"effort/people_monthly": (0, 50_000)}), ["effort/people_monthly"])
    assert 300_000 < found["pays_up_to"].item() < 500_000
    assert math.isnan(break_evens(returned(**nothing), ["effort/people_monthly"])["pays_up_to"].item())
