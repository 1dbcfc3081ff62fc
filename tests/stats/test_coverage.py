"""Intervals hold the truth as often as they claim, in few simulations; `benchmarks/coverage.py` prints the table of many."""

import dataclasses

import numpy as np
import pytest
from benchmarks import coverage
from benchmarks.coverage import Setting, compared, holds

RESAMPLES = 400
FEWER = Setting("spearman", rows=160, grouped=True, baseline_seeds=0, different=True)
SEARCH = Setting("recall", rows=200, grouped=True, baseline_seeds=0, different=True)


@pytest.fixture(scope="module", autouse=True)
def smaller_population():
    """Whose truth errs by less than a tenth of what rows and seeds leave open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "POPULATION", 100_000)
        coverage.truth.cache_clear()
        yield
    coverage.truth.cache_clear()


def held(setting, simulations=200, **changes):
    """Share of simulations in which the interval of the difference holds the true one."""
    found = [compared(setting, i, resamples=RESAMPLES, **changes)[0] for i in range(simulations)]
    return np.mean([holds(one.difference, setting.truth.difference) for one in found])


@pytest.mark.parametrize("setting", [FEWER, SEARCH], ids=lambda setting: setting.metric)
def test_units_and_seeds_together_hold_the_truth(setting):
    assert 0.9 <= held(setting) <= 0.99


def test_drawing_rows_where_units_repeat_is_found_out(monkeypatch):
    monkeypatch.setattr(coverage, "ROWS_PER_UNIT", 12)
    large = dataclasses.replace(SEARCH, rows=400)
    assert held(large, unit=None) < 0.85 < 0.9 <= held(large)


def test_leaving_out_the_chance_of_training_is_found_out():
    long = dataclasses.replace(SEARCH, rows=1500, grouped=False)
    one_seed = dataclasses.replace(long, seeds=1)
    assert held(one_seed, 100) < 0.85 < 0.9 <= held(long, 100)


@pytest.mark.parametrize("setting", [FEWER, SEARCH], ids=lambda setting: setting.metric)
def test_where_there_is_no_difference_better_is_said_in_at_most_one_of_twenty(setting):
    setting = dataclasses.replace(setting, different=False)
    found = [compared(setting, i, resamples=RESAMPLES)[0] for i in range(200)]
    assert np.mean([one.verdict == "better" for one in found]) <= 0.05
    assert np.mean([one.verdict == "worse" for one in found]) <= 0.05
