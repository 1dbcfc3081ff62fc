"""Verdicts from whether seeds overlap."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from kdmcse import words
from kdmcse.stats import MIN_ERRORS, VALUES, compare_seeds, mean_apart, spearman_apart, spread
from kdmcse.stats.metrics import ranks
from kdmcse.stats.seeds_apart import REASONS

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


def simulated(n, units, difference, rng):
    """Gold with two noisy readings of it; rows of one unit share part of their noise."""
    unit = rng.integers(0, units, n)
    gold = rng.normal(size=n)
    shared = rng.normal(size=units)[unit]
    readings = [
        gold + 0.7 * rng.normal(size=n) + 0.7 * shared + extra * rng.normal(size=n) for extra in (0.5, 0.5 + difference)
    ]
    return gold, *readings, unit


def test_two_equal_methods_are_rarely_taken_for_different():
    rng = np.random.default_rng(0)
    errors = [spearman_apart(*simulated(300, 60, 0.0, rng)) for _ in range(300)]
    assert np.mean(np.abs(errors) > MIN_ERRORS) < 0.09


def test_a_real_difference_is_seen_when_there_are_enough_rows():
    rng = np.random.default_rng(1)
    errors = [spearman_apart(*simulated(1000, 200, 1.0, rng)) for _ in range(50)]
    assert np.mean(np.array(errors) > MIN_ERRORS) > 0.9


def test_standard_errors_agree_with_a_bootstrap():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(2)
    gold, a, b, unit = simulated(400, 400, 0.5, rng)
    draws = rng.integers(0, 400, (400, 400))
    differences = [spearmanr(gold[i], a[i]).statistic - spearmanr(gold[i], b[i]).statistic for i in draws]
    whole = spearmanr(gold, a).statistic - spearmanr(gold, b).statistic
    assert spearman_apart(gold, a, b, np.arange(400)) == pytest.approx(whole / np.std(differences), rel=0.15)


def test_means_are_compared_by_what_repeats():
    rng = np.random.default_rng(3)
    candidate, baseline = rng.random(50) + 0.1, rng.random(50)
    alone = mean_apart(candidate, baseline, np.arange(50))
    d = candidate - baseline
    assert alone == pytest.approx(d.mean() / (d.std(ddof=1) / np.sqrt(50)), rel=1e-9)
    repeated = mean_apart(np.tile(candidate, 4), np.tile(baseline, 4), np.tile(np.arange(50), 4))
    assert repeated == pytest.approx(alone, rel=1e-9), "the same rows again are no new evidence"


def test_what_cannot_be_known_is_none_and_no_difference_is_zero():
    constant, rows = np.ones(10), np.arange(10.0)
    assert spearman_apart(constant, rows, rows, rows) is None
    assert spearman_apart(rows, rows, rows[::-1], np.zeros(10)) is None
    assert spearman_apart(rows, rows, rows, rows) == 0


def test_seeds_that_lie_apart_by_less_than_the_rows_allow_decide_nothing():
    verdict = compare_seeds([0.865, 0.866], [0.867], evaluation_pairs=1500, standard_errors=-0.6)
    assert (verdict.value, verdict.reason) == ("not_decisive", "rows_overlap")
    assert compare_seeds([0.8, 0.81], [0.9], evaluation_pairs=1500, standard_errors=-5.0).value == "worse"


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy(values):
    assert ranks(np.array(values, dtype=float)).tolist() == rankdata(values).tolist()


def test_a_verdict_needs_nothing_that_is_slow_to_import():
    code = (
        "import sys, numpy as np; from kdmcse.stats import spearman_apart; x = np.arange(9.0);"
        "spearman_apart(x, x, -x, x); sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
