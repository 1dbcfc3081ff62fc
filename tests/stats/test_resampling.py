"""Units are drawn, not rows; Student's t has its closed forms; an interval is as wide as its weakest part asks."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import norm, t

from kdmcse.stats import Mean, resampling
from kdmcse.stats.quantiles import t_beyond
from kdmcse.stats.resampling import half_width, leave_out, resample, swap

TAILS = (0.5, 0.4999, 0.4, 0.1, 0.025, 0.005, 1e-4, 1e-9)


@pytest.mark.parametrize("tail", TAILS)
def test_students_t_has_its_closed_forms_and_its_limit(tail):
    assert t_beyond(tail, 1) == pytest.approx(1 / math.tan(math.pi * tail), abs=1e-12)
    assert t_beyond(tail, 2) == pytest.approx((1 - 2 * tail) / math.sqrt(2 * tail * (1 - tail)), abs=1e-12)
    assert t_beyond(tail, 1e9) == pytest.approx(-NormalDist().inv_cdf(tail), rel=1e-7, abs=1e-12)


def rng():
    return np.random.default_rng(0)


def themselves(weights):
    """A score a row: how often it counts."""
    return weights.astype(float)


def test_rows_of_one_unit_are_drawn_together_and_as_many_units_as_there_are():
    unit = np.array([0, 1, 1, 2, 2, 2])
    counts = resample(themselves, unit, 500, rng())
    assert (counts[:, 1] == counts[:, 2]).all() and (counts[:, 3] == counts[:, 5]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(6), abs=0.15)


def test_a_row_of_two_units_counts_as_often_as_both_together():
    labels = np.array([[0, 2], [0, 3], [1, 2], [1, 3]])
    counts = resample(themselves, labels, 500, rng())
    assert (counts[:, 0] * counts[:, 3] == counts[:, 1] * counts[:, 2]).all() and counts.max() > 3


def test_every_unit_is_left_out_once():
    unit = np.array([0, 1, 1, 2])
    assert leave_out(themselves, unit, rng()).tolist() == [[0, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 0]]


def test_of_very_many_units_each_is_left_out_once_by_blocks():
    counts = leave_out(themselves, np.arange(1001), rng())
    assert len(counts) == resampling.BLOCKS and (counts.sum(axis=0) == resampling.BLOCKS - 1).all()


def test_labels_are_swapped_by_whole_units():
    swaps = swap(themselves, np.array([0, 1, 1]), 400, rng())
    assert set(np.unique(swaps)) == {0, 1} and (swaps[:, 1] == swaps[:, 2]).all()
    assert swaps.mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("draw", [lambda s, u: resample(s, u, 100, rng()), lambda s, u: leave_out(s, u, rng())])
def test_how_much_is_held_at_once_changes_no_number(draw, monkeypatch):
    unit = np.arange(100) // 2
    scorer = Mean().scorer(rng().normal(size=(2, 100)))
    together = draw(scorer, unit)
    monkeypatch.setattr(resampling, "CELLS", 1000)
    assert (draw(scorer, unit) == together).all()


def test_a_part_alone_is_as_wide_as_student_says():
    assert half_width([(2.0, 3)], 0.025) == pytest.approx(t.isf(0.025, 3))
    assert half_width([(1.0, 1e6), (0.0, 1)], 0.025) == pytest.approx(norm.isf(0.025), rel=1e-5)


def test_of_two_parts_the_width_lies_between_and_grows_with_the_share_of_few_seeds():
    widths = [half_width([(1 - share, 500), (share, 2)], 0.025) for share in np.linspace(0, 1, 11)]
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(t.isf(0.025, 500)) and widths[-1] == pytest.approx(t.isf(0.025, 2))


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.9, 1])
@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_rows_and_seeds_together_cover_as_often_as_they_claim(seeds, share):
    """Normal rows of known variance and `seeds` normal seeds, of which `share` is the seeds' part of the variance of the mean."""
    draws = rng().normal(size=(4000, seeds)) * np.sqrt(share * seeds)
    error = rng().spawn(1)[0].normal(size=4000) * np.sqrt(1 - share) + draws.mean(axis=1)
    held = []
    for wrong, between in zip(error, draws.var(axis=1, ddof=1) / seeds, strict=True):
        parts = [(1 - share, 1e6), (between, seeds - 1)]
        held.append(abs(wrong) <= half_width(parts, 0.025) * np.sqrt(1 - share + between))
    assert 0.93 <= np.mean(held) <= 0.985
