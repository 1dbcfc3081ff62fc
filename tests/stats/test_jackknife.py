"""Standard errors between two correlations: as a bootstrap has them, by what repeats, and none where they cannot be known."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from kdmcse.stats import spearman_apart
from kdmcse.stats.metrics import ranks


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
    assert np.mean(np.abs(errors) > 1.96) < 0.09


def test_a_real_difference_is_seen_when_there_are_enough_rows():
    rng = np.random.default_rng(1)
    errors = [spearman_apart(*simulated(1000, 200, 1.0, rng)) for _ in range(50)]
    assert np.mean(np.array(errors) > 1.96) > 0.9


def test_standard_errors_agree_with_a_bootstrap():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(2)
    gold, a, b, unit = simulated(400, 400, 0.5, rng)
    draws = rng.integers(0, 400, (400, 400))
    differences = [spearmanr(gold[i], a[i]).statistic - spearmanr(gold[i], b[i]).statistic for i in draws]
    whole = spearmanr(gold, a).statistic - spearmanr(gold, b).statistic
    assert spearman_apart(gold, a, b, np.arange(400)) == pytest.approx(whole / np.std(differences), rel=0.15)


def test_two_equal_methods_are_rarely_taken_for_different_where_rows_share_labels_both_ways():
    rng, (left, right) = np.random.default_rng(3), np.divmod(np.arange(300), 30)
    crossed, apart = np.stack([left, right + 10], axis=1), []
    for _ in range(200):
        gold = rng.normal(size=10)[left] + rng.normal(size=30)[right]
        a, b = (gold + rng.normal(size=10)[left] + rng.normal(size=30)[right] for _ in range(2))
        apart.append([spearman_apart(gold, a, b, unit) for unit in (crossed, np.arange(300))])
    as_they_share, as_if_alone = (np.abs(apart) > 1.96).mean(axis=0)
    assert as_they_share < 0.15 and as_if_alone > 0.4


def test_what_cannot_be_known_is_none_and_no_difference_is_zero():
    constant, rows = np.ones(10), np.arange(10.0)
    assert spearman_apart(constant, rows, rows, rows) is None
    assert spearman_apart(rows, rows, rows[::-1], np.zeros(10)) is None
    assert spearman_apart(rows, rows, rows, rows) == 0


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy(values):
    assert ranks(np.array(values, dtype=float)).tolist() == rankdata(values).tolist()


def test_a_verdict_needs_nothing_that_is_slow_to_import():
    code = (
        "import sys, numpy as np; from kdmcse.stats import spearman_apart; x = np.arange(9.0);"
        "spearman_apart(x, x, -x, x); sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
