"""What is picked on a map is the same for page and browser, and an address that was typed wrong picks nothing."""

import numpy as np
import pandas as pd
import pytest

from kdmcse.evaluation.map_selection import STEPS, parse, picked, quantise

CODES = np.zeros((4, 2), np.uint8)
POSITIONS = np.array([[10, 10, 900, 900], [50, 50, 50, 50], [90, 10, 10, 10], [500, 500, 60, 60]], np.uint16)
PAIRS = np.array([3, 5, 8, 13])


def area(side: str, *corners: tuple[int, int], hidden: str = "") -> str:
    def digits(number: int) -> str:
        return np.base_repr(number, 36).lower().rjust(4, "0")

    return side + "".join(digits(x) + digits(y) for x, y in corners) + hidden


SQUARE = (0, 0), (100, 0), (100, 100), (0, 100)


def test_a_point_is_picked_by_its_pair():
    assert picked(parse("p8"), PAIRS, POSITIONS, CODES).tolist() == [False, False, True, False]
    assert not picked(parse("p7"), PAIRS, POSITIONS, CODES).any()


@pytest.mark.parametrize(("side", "inside"), [("b", [3, 5, 8]), ("a", [5, 8, 13])])
def test_an_area_picks_what_lies_in_it_on_its_own_map(side, inside):
    assert PAIRS[picked(parse(area(side, *SQUARE)), PAIRS, POSITIONS, CODES)].tolist() == inside


def test_a_hollow_of_an_area_is_outside():
    notched = (0, 0), (100, 0), (100, 100), (50, 20), (0, 100)
    assert PAIRS[picked(parse(area("b", *notched)), PAIRS, POSITIONS, CODES)].tolist() == [3, 8]


def test_hidden_categories_are_not_picked():
    codes = np.array([[0, 0], [2, 0], [0, 2], [0, 0]], np.uint8)
    assert PAIRS[picked(parse(area("b", *SQUARE, hidden="~2~7")), PAIRS, POSITIONS, codes)].tolist() == [3, 8]
    assert PAIRS[picked(parse(area("a", *SQUARE, hidden="~2")), PAIRS, POSITIONS, codes)].tolist() == [5, 13]


TYPED = [None, "", "p", "p-1", "p1;2", "b", "b0000", "c" + "0" * 24, "b" + "A" * 24, "<b>"]


@pytest.mark.parametrize("typed", [*TYPED, area("b", (1, 1), (2, 2)), area("b", *SQUARE) + "~"])
def test_what_no_map_has_written_picks_nothing(typed):
    assert parse(typed) is None and not picked(parse(typed), PAIRS, POSITIONS, CODES).any()


def test_positions_keep_both_maps_on_one_scale_within_bounds():
    points = pd.DataFrame(
        {"before_x": [0.0, 10.0], "before_y": [0.0, 5.0], "after_x": [2.0, 4.0], "after_y": [0.0, 2.0]}
    )
    placed = quantise(points).astype(int)
    assert placed.min() >= 0 and placed.max() <= STEPS
    wide, high = placed[1, 0] - placed[0, 0], placed[0, 1] - placed[1, 1]
    assert wide == pytest.approx(2 * high, abs=2) and high > 0, "up is up"
    assert placed[1, 2] - placed[0, 2] == pytest.approx(wide / 5, abs=2)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_points_that_are_all_equal_have_a_place(n):
    names = ("before_x", "before_y", "after_x", "after_y")
    assert quantise(pd.DataFrame({name: np.ones(n) for name in names})).shape == (n, 4)
