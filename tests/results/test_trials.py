"""Trials compared: the front, the price of a trial, what a method filters."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from example_trials import PRICES, import_judged, trial, tuning
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kdmcse import data
from kdmcse.cost import Prices
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.tuning import study_text
from kdmcse.results.trials import GOALS, derived_decisions, dev_units, pareto_front, share_filtered
from kdmcse.stats.units import Units


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> data.PairDataset:
    return import_judged(tmp_path_factory.mktemp("trials"))


# The front


def beats(one: np.ndarray, other: np.ndarray) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and any(a < b for a, b in zip(one, other, strict=True))


@settings(max_examples=200)
@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.integers(0, 4)))
def test_the_front_holds_what_nothing_beats_and_only_that(goals):
    on_front = pareto_front(goals)
    slowly = [not any(beats(other, one) for other in goals) for one in goals]
    assert on_front.tolist() == slowly
    assert on_front.any()
    for row, kept in zip(goals, on_front, strict=True):
        assert kept or any(beats(goals[i], row) for i in np.flatnonzero(on_front)), "something on the front beats it"


@settings(max_examples=50)
@given(arrays.arrays(np.float64, (8, 3), elements=st.integers(0, 4)), st.permutations(range(8)))
def test_the_front_does_not_depend_on_the_order_of_the_trials(goals, order):
    assert pareto_front(goals[order]).tolist() == pareto_front(goals)[order].tolist()


def test_spearman_is_better_the_higher_and_everything_else_the_lower(dataset):
    base = trial(0, 0.5, dataset, spread=0.2)
    better = dataclasses.replace(base.measured, dev_spearman=0.6)
    for number, (name, worse) in enumerate({"uniformity": -1.0, "filtered_share": 0.3, "dev_spearman": 0.4}.items()):
        changed = (
            {"filtered_share": worse}
            if name == "filtered_share"
            else {"measured": dataclasses.replace(base.measured, **{name: worse})}
        )
        found = tuning(dataset, base, dataclasses.replace(base, number=1 + number, **changed))
        assert found.front == {0}, name
    assert tuning(dataset, base, dataclasses.replace(base, number=1, measured=better)).front == {1}


def test_a_cheaper_trial_is_on_the_front_although_another_correlates_better(dataset):
    cheap, dear = trial(0, 0.5, dataset), trial(1, 0.6, dataset, spread=2.0)
    dear = dataclasses.replace(dear, measured=dataclasses.replace(dear.measured, uniformity=cheap.measured.uniformity))
    found = tuning(dataset, cheap, dear)
    assert found.costs[0] < found.costs[1]
    assert found.front == {0, 1} and tuning(dataset, cheap, dear, prices=None).front == {1}


def test_only_what_was_trained_to_its_end_is_on_the_front_or_chosen(dataset):
    found = tuning(
        dataset, trial(0, 0.3, dataset), trial(1, 0.9, dataset, state="pruned"), trial(2, None, dataset, state="failed")
    )
    assert found.front == {0} and found.chosen.number == 0
    with pytest.raises(UserError) as none:
        _ = tuning(dataset, dataclasses.replace(found.trials[2], error="training_diverged")).chosen
    assert none.value.code == "tuning_without_result" and "training_diverged" in none.value.message()


# Over-relaxation


ACROSS = np.array([[0.9, 0.5, 0.1], [0.85, 0.8, 0.2], [0.4, 0.3, 0.35]])


@pytest.mark.parametrize(
    ("method", "threshold", "guide_margin", "share"),
    [
        ("kdmcse", None, 0.0, 0.0),
        ("kdmcse", 0.45, 0.0, 2 / 6),
        ("kdmcse", 0.5, 0.0, 1 / 6),  # exactly the threshold is not beyond it
        ("kdmcse", -1.0, 0.0, 1.0),
        ("gist", None, 0.0, 2 / 6),
        ("gist", None, 0.06, 3 / 6),
        ("gist", 0.0, -0.06, 0.0),
        ("mcse", 0.1, 0.0, None),
        ("dalr", 0.1, 0.0, None),
    ],
)
def test_the_share_of_filtered_negatives_is_counted_by_hand(method, threshold, guide_margin, share):
    assert share_filtered(ACROSS, method, threshold, guide_margin) == (share if share is None else pytest.approx(share))


# Gain and cost


def test_the_gain_is_told_with_its_error_and_not_beside_itself(dataset):
    before, better = trial(0, 0.5, dataset, spread=1.0), trial(1, 0.7, dataset, spread=0.3)
    found = tuning(dataset, before, better)
    assert found.chosen == better and found.gain == pytest.approx(0.2) and found.standard_errors > 0
    assert tuning(dataset, before).standard_errors is None and tuning(dataset, before).gain == 0
    assert tuning(dataset, dataclasses.replace(better, number=3)).gain is None


def test_dev_judgements_are_tied_by_their_sentences_and_their_group():
    said = ["a red mug", "A red mug", "a cap", "a lamp", "a chair", "a bag", "a pen", "a hat", "a box", "a cup"]
    dev = pd.DataFrame({"sentence1": said, "sentence2": [f"thing {row}" for row in range(10)]})
    assert Units.of(dev_units(dev), 10).count == 9
    dev["group"] = ["", None, "x", "x", "", "", "", "", "", ""]
    assert Units.of(dev_units(dev), 10).count == 8


def test_of_equal_trials_the_earliest_is_chosen(dataset):
    assert tuning(dataset, trial(0, 0.5, dataset), trial(1, 0.5, dataset)).chosen.number == 0


def test_judgements_become_decisions_at_the_named_score(dataset):
    derived = derived_decisions(dataset.dev)
    assert derived["match"].tolist() == [score >= 3.5 for score in dataset.dev["score"]]
    assert {"text_a", "text_b", "match"} <= set(derived.columns) and (derived["derived_at"] == 3.5).all()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("needs", ["amounts", "segments"])
def test_prices_that_need_what_judgements_lack_give_no_cost_and_the_study_is_told_all_the_same(
    dataset, needs, language
):
    rates = {name: getattr(PRICES, name) for name in ("false_match", "missed_match", "monthly_volume", "base_rate")}
    prices = (
        dataclasses.replace(PRICES, missed_match_share=0.2)
        if needs == "amounts"
        else Prices.from_dict({"currency": "JPY", "segments": {"mug": rates}})
    )
    found = tuning(dataset, trial(0, 0.5, dataset), prices=prices)
    assert found.costs == {}
    assert Locale(language)("tune.cost_missing") in study_text(Locale(language), found)


def test_there_is_no_cost_without_prices_or_without_both_answers(dataset, monkeypatch):
    assert tuning(dataset, trial(0, 0.5, dataset), prices=None).costs == {}
    monkeypatch.setattr("kdmcse.results.trials.MATCH_SCORE", 0.0)
    found = tuning(dataset, trial(0, 0.5, dataset))
    assert found.costs == {} and found.front == {0}
    assert found.table["derived_monthly_cost"].isna().all()


def test_the_json_says_on_what_the_choice_was_made(dataset):
    found = tuning(dataset, trial(0, 0.5, dataset), trial(1, None, dataset, state="failed")).to_dict()
    json.dumps(found, allow_nan=False)
    assert found["chosen_on"] == "dev" and found["dev_rows"] == len(dataset.dev)
    assert [row["on_front"] for row in found["trials"]] == [True, False]
    assert set(GOALS) < set(found["trials"][0]) and found["trials"][1]["dev_spearman"] is None
