"""What a visitor picked on a map, as text for an address: one point, or an area that was drawn around some. Positions are those of `quantise`.

p12                       the pair 12
b 0a1s 02bc ... ~ 3 7     before (a: after): the corners of the area, x and y in turn, each 4 digits of base 36, without blanks; then, each
                          behind a tilde, the numbers of the categories that were hidden then, which were not picked
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

STEPS = 65_535
"""Positions are whole numbers from 0 to this."""
MARGIN = 0.03
"""Of the width, free on every side."""
_POINT = re.compile(r"p(\d{1,12})")
_AREA = re.compile(r"([ab])((?:[0-9a-z]{8}){3,48})((?:~\d{1,3}){0,64})")


@dataclass(frozen=True)
class Selection:
    """What was picked: a `pair`, or an area of one `side` of which some categories were `hidden`."""

    pair: int | None
    side: str | None = None
    """`before` or `after`"""
    corners: np.ndarray | None = None
    """(c, 2)"""
    hidden: tuple[int, ...] = ()


def parse(text: str | None) -> Selection | None:
    """None for what no map has written: an address may be typed by anyone."""
    if found := _POINT.fullmatch(text or ""):
        return Selection(int(found[1]))
    if not (found := _AREA.fullmatch(text or "")):
        return None
    numbers = [int(found[2][at : at + 4], 36) for at in range(0, len(found[2]), 4)]
    hidden = tuple(int(one) for one in found[3].split("~")[1:])
    side = {"b": "before", "a": "after"}[found[1]]
    return Selection(None, side, np.array(numbers, np.int64).reshape(-1, 2), hidden)


def quantise(points: pd.DataFrame) -> np.ndarray:
    """points: before_x, before_y, after_x, after_y -> (n, 4) uint16, all on one scale; y grows downwards, as on a screen."""
    table = points[["before_x", "before_y", "after_x", "after_y"]].to_numpy(float).reshape(-1, 2)
    if not len(table):
        return np.zeros((0, 4), np.uint16)
    middle = (table.min(axis=0) + table.max(axis=0)) / 2
    width = np.ptp(table, axis=0).max() or 1.0
    placed = (table - middle) / width * (1 - 2 * MARGIN) * [1, -1] + 0.5
    return np.round(placed * STEPS).astype(np.uint16).reshape(-1, 4)


def picked(selection: Selection | None, pairs: np.ndarray, positions: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Which of the points were picked, (n,) bool. pairs (n,), positions (n, 4) of `quantise`, codes (n, 2): categories before and after."""
    if selection is None:
        return np.zeros(len(pairs), bool)
    if selection.pair is not None:
        return pairs == selection.pair
    side = ("before", "after").index(selection.side)
    x, y = positions[:, 2 * side].astype(np.int64), positions[:, 2 * side + 1].astype(np.int64)
    inside = np.zeros(len(pairs), bool)
    for (ax, ay), (bx, by) in zip(selection.corners, np.roll(selection.corners, 1, axis=0), strict=True):
        if ay != by:  # a ray to the right of the point crosses this edge
            inside ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return inside & ~np.isin(codes[:, side], selection.hidden)
