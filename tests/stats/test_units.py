"""Rows that share a label are no independent rows, whichever way they share it; unequal and crossing units leave fewer degrees of freedom."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kdmcse import stats
from kdmcse.stats.resampling import resample
from kdmcse.stats.units import Units, crossed, number_units

GRID = np.stack([np.arange(300) % 10, 10 + np.arange(300) // 10], axis=1)
"""Each of ten sentences with each of thirty others."""


def test_a_row_without_a_label_is_a_unit_of_its_own_and_a_label_is_the_same_in_every_place():
    assert number_units(["b", None, "a", "b", float("nan"), float("nan")], 6).tolist() == [0, 1, 2, 0, 3, 4]
    assert number_units(None, 3).tolist() == [0, 1, 2]
    assert number_units([["a", "b"], ["b", "c"]], 2).tolist() == [[0, 1], [1, 2]]


# Which rows belong together


def partition(found):
    return np.unique(found, return_inverse=True)[1].tolist()


def test_rows_that_share_a_sentence_in_any_place_are_one_unit_also_by_way_of_others():
    chained = [["a", "b"], ["b", "c"], ["d", "e"], ["e", "d"], *([f"left {i}", f"right {i}"] for i in range(16))]
    found = Units.of(chained, 20)
    assert not found.crossing and found.count == 18
    assert found.labels[0] == found.labels[1] != found.labels[2] == found.labels[3]


def test_groups_and_sentences_tie_together():
    rows = [["group 1", "a", "b"], ["group 2", "b", "c"], *([f"group {i}", f"l {i}", f"r {i}"] for i in range(3, 15))]
    found = Units.of(rows, 14)
    assert found.count == 13 and found.labels[0] == found.labels[1]


def test_where_everything_is_tied_to_everything_rows_keep_their_labels_each_way():
    found = Units.of(GRID, 300)
    assert found.crossing and found.labels.shape == (300, 2) and found.count == 10


def test_what_lies_within_another_label_says_nothing_more():
    stars = np.stack([np.arange(300) % 4, 4 + np.arange(300)], axis=1)  # four sentences, each with others of its own
    assert partition(crossed(number_units(stars, 300))) == (np.arange(300) % 4).tolist()
    twice = np.column_stack([GRID, 1000 + GRID[:, 0] // 5])  # and the halves of the ten
    assert crossed(number_units(twice, 300)).shape == (300, 2)
    same = np.column_stack([GRID[:, 0], 1000 + GRID[:, 0]])
    assert partition(crossed(number_units(same[GRID[:, 0] < 4], 120))) == GRID[GRID[:, 0] < 4, 0].tolist()


def test_what_all_rows_share_tells_none_from_another():
    found = Units.of([["query", f"document {i}"] for i in range(30)], 30)
    assert not found.crossing and found.count == 30


def test_a_label_that_a_row_has_twice_counts_once():
    labels = np.concatenate([GRID, [[3, 3], [15, 15]]])
    found = Units.of(labels, len(labels))
    assert found.crossing and all(len(set(row)) == 2 for row in found.labels.tolist())
    assert (found.labels[-2, 0], found.labels[-1, 0]) == (found.labels[3, 0], found.labels[50, 1])


@pytest.mark.parametrize(
    "rows",
    [
        [[f"group {i // 20}", f"left {i}", f"right {i}"] for i in range(100)],  # parts of rows far apart
        [[f"group {i % 4}", f"left {i}", f"right {i}"] for i in range(100)],  # a single way that says something
        np.column_stack([GRID, 1000 + np.arange(300)]),  # two ways that cross
    ],
)
def test_units_are_numbered_without_a_gap_so_that_as_many_are_drawn_as_there_are(rows):
    found = Units.of(rows, len(rows))
    assert np.unique(found.labels).tolist() == list(range(found.labels.max() + 1))
    assert found.sizes.min() > 0
    if not found.crossing:
        counted = resample(
            lambda weights: weights.sum(axis=1, keepdims=True), found.labels, 500, np.random.default_rng(0)
        )
        assert found.alike and (counted == len(rows)).all()


# How much they tell of chance


@given(
    arrays.arrays(np.int64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(0, 5)),
    st.integers(0, 100),
)
def test_rows_that_share_several_labels_count_once(labels, chance):
    labels = labels + 6 * np.arange(labels.shape[1])  # a row has no label twice
    parts = np.random.default_rng(chance).normal(size=len(labels))
    slow = sum(
        a * b for a, x in zip(parts, labels, strict=True) for b, y in zip(parts, labels, strict=True) if set(x) & set(y)
    )
    assert Units(labels).shared_square(parts) == pytest.approx(slow, abs=1e-9)


def test_the_same_sentence_on_the_left_and_on_the_right_is_one_sentence():
    assert Units(np.array([[0, 1], [2, 0]])).shared_square(np.array([1.0, 1.0])) == 4


def test_equal_units_have_the_degrees_of_freedom_of_a_textbook():
    variance, freedom = Units.of(np.arange(60) // 5, 60).chance(1.0, 0.4)
    assert freedom == pytest.approx(11) and variance == pytest.approx(12 / 11)


def test_one_large_unit_among_small_ones_leaves_few_degrees_of_freedom_where_its_rows_are_alike():
    units = Units.of([0] * 30 + list(range(1, 71)), 100)
    alike, apart = (units.chance(variance, 1.0)[1] for variance in (9.0, 1.0))
    assert alike < 5 and apart == pytest.approx(100**2 / (70 + 30**2) - 1)


def test_deviations_are_widened_by_what_the_mean_of_the_rows_takes_of_them():
    """Against simulation: rows of very unequal units, wholly alike."""
    unit = np.repeat(np.arange(9), [20, 9, 5, 3, 2, 1, 1, 1, 1])
    drawn = np.random.default_rng(0).normal(size=(4000, 9))[:, unit]
    true = drawn.mean(axis=1).var()
    units = Units.of(unit, len(unit))
    shown = [units.shared_square((one - one.mean()) / len(one)) for one in drawn]
    assert np.mean(shown) < 0.75 * true
    assert np.mean(
        [units.chance(one, one * len(unit) / (unit[:, None] == unit).sum())[0] for one in shown]
    ) == pytest.approx(true, rel=0.1)


def test_a_grid_of_sentences_is_less_evidence_than_its_rows():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=10), rng.normal(size=30)
    values = left[GRID[:, 0]] + right[GRID[:, 1] - 10] + 0.3 * rng.normal(size=300)
    by_row, one_way, both = (
        stats.compare(stats.Mean(), values, np.zeros(300), unit=unit) for unit in (None, GRID[:, 1], GRID)
    )
    assert both.rows_error > one_way.rows_error > by_row.rows_error
    assert both.rows_error == pytest.approx(np.sqrt(left.var(ddof=1) / 10 + right.var(ddof=1) / 30), rel=0.1)
    assert both.difference.units == 10 and both.rows_freedom < 20


def test_where_rows_do_cross_and_share_nothing_they_are_as_good_as_independent():
    values = np.random.default_rng(1).normal(size=300)
    by_row, both = (stats.compare(stats.Mean(), values, np.zeros(300), unit=unit) for unit in (None, GRID))
    assert by_row.rows_error <= both.rows_error < 1.35 * by_row.rows_error
