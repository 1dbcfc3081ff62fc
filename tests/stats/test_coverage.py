"""Intervals hold the truth as often as they claim: coarsely in 60 simulations, finely in 200; `benchmarks/coverage.py` prints the table of 1,000."""

import dataclasses

import numpy as np
import pytest
from benchmarks import coverage
from benchmarks.coverage import Setting, compared, holds

RESAMPLES = 400
FEWER = Setting("spearman", rows=160, design="groups", baseline_seeds=0, different=True)
SEARCH = Setting("recall", rows=200, design="groups", baseline_seeds=0, different=True)


@pytest.fixture(scope="module", autouse=True)
def smaller_population():
    """Whose truth errs by less than a tenth of what rows and seeds leave open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "POPULATION", 100_000)
        coverage.truth.cache_clear()
        yield
    coverage.truth.cache_clear()


def held(setting, simulations, **changes):
    """Share of simulations in which the interval of the difference holds the true one."""
    found = [compared(setting, i, resamples=RESAMPLES, **changes)[0] for i in range(simulations)]
    return np.mean([holds(one.difference, setting.truth.difference) for one in found])


SIMULATIONS = [
    pytest.param(60, 0.85, id="few"),  # 0.85 is three standard errors below 0.95
    pytest.param(200, 0.9, id="many", marks=pytest.mark.slow),
]
"""How many, and the share in which an interval of 95 % must hold the truth at least."""


@pytest.mark.parametrize(("simulations", "least"), SIMULATIONS)
@pytest.mark.parametrize("setting", [FEWER, SEARCH], ids=lambda setting: setting.metric)
def test_units_and_seeds_together_hold_the_truth(setting, simulations, least):
    assert least <= held(setting, simulations) <= (0.99 if simulations >= 200 else 1)


@pytest.mark.slow
def test_drawing_rows_where_units_repeat_is_found_out(monkeypatch):
    monkeypatch.setattr(coverage, "ROWS_PER_UNIT", 12)
    large = dataclasses.replace(SEARCH, rows=400)
    assert held(large, 200, unit=None) < 0.85 < 0.9 <= held(large, 200)


@pytest.mark.slow
def test_leaving_out_the_chance_of_training_is_found_out():
    long = dataclasses.replace(SEARCH, rows=1500, design="rows")
    one_seed = dataclasses.replace(long, seeds=1)
    assert held(one_seed, 100) < 0.85 < 0.9 <= held(long, 100)


@pytest.mark.parametrize(("simulations", "most"), [(60, 0.1), pytest.param(200, 0.05, marks=pytest.mark.slow)])
@pytest.mark.parametrize("setting", [FEWER, SEARCH], ids=lambda setting: setting.metric)
def test_where_there_is_no_difference_better_is_said_in_at_most_one_of_twenty(setting, simulations, most):
    setting = dataclasses.replace(setting, different=False)
    found = [compared(setting, i, resamples=RESAMPLES)[0] for i in range(simulations)]
    assert np.mean([one.verdict == "better" for one in found]) <= most
    assert np.mean([one.verdict == "worse" for one in found]) <= most
