"""Effort, saving and what follows from them: payback, net present value, benefit/cost."""

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from example_roi import EVERY, EXAMPLE, PEOPLE, changed, returned, with_effort
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.roi import (
    Effort,
    Saving,
    Today,
    break_evens,
    estimate_return,
    gpu_hours,
    monte_carlo,
    people_cost,
    tornado,
)
from kdmcse.roi.cash_flow import annuity, payback
from kdmcse.roi.example import saving_of_rates

ROOT = Path(__file__).resolve().parents[2]


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
    share = break_evens(found, ["saving_share"])["pays_from"].item()
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


DEARER = {path for path in EXAMPLE.scenario.inputs if path.startswith("effort/")} | {"yearly_rate", "today/accuracy"}


# Every input has an effect


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


# Money and time


@pytest.mark.slow
def test_a_return_is_counted_without_any_heavy_library():
    code = "import sys, json, kdmcse.roi, kdmcse.roi.scenario_store; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"scipy", "torch", "openpyxl", "mteb", "sklearn", "streamlit"} & {
        name.split(".")[0] for name in json.loads(told)
    } == set()
