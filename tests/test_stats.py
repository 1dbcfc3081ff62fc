"""Verdicts from seeds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdmcse import words
from kdmcse.stats import REASONS, VALUES, compare_seeds, spread

SCORES = st.lists(st.floats(-1, 1), min_size=1, max_size=6)


def test_better_when_every_seed_beats_the_untouched_student():
    verdict = compare_seeds([0.775, 0.77, 0.78], [0.29], evaluation_pairs=600)
    assert (verdict.value, verdict.reason) == ("better", "seeds_apart")
    assert (verdict.candidate_median, verdict.candidate_low, verdict.candidate_high) == (0.775, 0.77, 0.78)
    assert (verdict.candidate_seeds, verdict.baseline_seeds, verdict.pairs) == (3, 1, 600)
    assert verdict.difference == pytest.approx(0.485)


def test_worse_is_said_plainly():
    assert compare_seeds([0.1, 0.2], [0.3], evaluation_pairs=600).value == "worse"


def test_seeds_that_overlap_decide_nothing_however_far_apart_the_medians_are():
    verdict = compare_seeds([0.9, 0.9, 0.5], [0.5], evaluation_pairs=600)
    assert (verdict.value, verdict.reason) == ("not_decisive", "seeds_overlap")


def test_one_seed_decides_nothing():
    assert compare_seeds([0.9], [0.1], evaluation_pairs=600).reason == "one_seed"


def test_one_seed_of_a_trained_baseline_decides_nothing():
    verdict = compare_seeds([0.9, 0.9], [0.1], evaluation_pairs=600, baseline_is_trained=True)
    assert (verdict.value, verdict.reason) == ("not_decisive", "one_seed")


def test_few_pairs_decide_nothing():
    assert compare_seeds([0.9, 0.9], [0.1], evaluation_pairs=19).reason == "few_pairs"
    assert compare_seeds([0.9, 0.9], [0.1], evaluation_pairs=20).value == "better"


@pytest.mark.parametrize(
    "candidate, baseline", [([], [0.1]), ([0.9, 0.9], []), ([0.9, None], [0.1]), ([0.9, 0.9], [math.nan])]
)
def test_a_missing_score_is_missing_and_never_zero(candidate, baseline):
    verdict = compare_seeds(candidate, baseline, evaluation_pairs=600)
    assert (verdict.value, verdict.reason) == ("not_decisive", "not_measured")
    assert verdict.candidate_low in (0.9, None) and verdict.baseline_low in (0.1, None)


def test_of_costs_the_lower_one_is_better():
    verdict = compare_seeds([10, 12], [20], evaluation_pairs=600, higher_is_better=False)
    assert (verdict.value, verdict.difference) == ("better", -9)


@given(SCORES, SCORES)
def test_whoever_is_better_one_way_is_worse_the_other_way(a, b):
    opposite = {"better": "worse", "worse": "better", "not_decisive": "not_decisive"}
    there = compare_seeds(a, b, evaluation_pairs=None, baseline_is_trained=True)
    back = compare_seeds(b, a, evaluation_pairs=None, baseline_is_trained=True)
    assert there.value == opposite[back.value]
    assert there.difference == -back.difference


def test_the_spread_of_nothing_is_nothing():
    assert spread([]) == spread([None, math.nan]) == (None, None, None)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_value_and_reason_has_words(language):
    for value in VALUES:
        assert words.say(f"stats.value.{value}", language)
    for reason in REASONS:
        assert words.say(f"stats.reason.{reason}", language, pairs=5, min_pairs=20, min_seeds=2)
    assert "5" in compare_seeds([1, 1], [0], evaluation_pairs=5).why(language)
