"""Colours mean one thing each, and are seen on light and on dark pages."""

import itertools

import numpy as np
import pytest

from kdmcse.presentation import palette

PAPER = {"light": "#ffffff", "dark": "#11161c"}
PARTS = {
    "methods": set(palette.COLOURS.values()),
    "kinds of mistake": set(palette.MISTAKES.values()),
    "less and more": {palette.LESS, palette.MORE},
    "other curves": set(palette.SERIES),
}


def channels(colour: str) -> np.ndarray:
    given = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted(0.05 + channels(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return high / low


def lab(colour: str) -> np.ndarray:
    mixed = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x = np.array(mixed) @ channels(colour) / np.array([0.9505, 1, 1.089])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def on(look: str, colour: str) -> str:
    return palette.in_dark(colour) if look == "dark" else colour


@pytest.mark.parametrize("look", PAPER)
def test_no_colour_means_two_things(look):
    for (one, some), (other, more) in itertools.combinations(PARTS.items(), 2):
        for pair in itertools.product(some, more):
            near = np.linalg.norm(lab(on(look, pair[0])) - lab(on(look, pair[1])))
            assert near > 12, (one, other, pair, near)


@pytest.mark.parametrize("look", PAPER)
@pytest.mark.parametrize("part", PARTS)
def test_no_two_colours_of_a_kind_look_alike(look, part):
    seen = [lab(on(look, colour)) for colour in PARTS[part]]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > 15


@pytest.mark.parametrize("look", PAPER)
def test_words_in_colour_are_read_and_curves_are_seen(look):
    for colour in (*palette.TONES.values(), palette.INK, palette.SOFT):
        assert contrast(on(look, colour), PAPER[look]) >= 4.5, colour
    for colour in set().union(*PARTS.values()):
        assert contrast(on(look, colour), PAPER[look]) >= (3 if look == "dark" else 1.8), colour


def test_every_colour_of_the_maps_has_one_for_dark_pages():
    known = {*palette.MAP_COLOURS, *palette.MAP_SCALE, palette.MAP_OTHER}
    assert set(palette.MAP_DARK) == known and len(set(palette.MAP_DARK.values())) == len(known)
    assert all(contrast(palette.MAP_DARK[one], PAPER["dark"]) >= 3 for one in palette.MAP_COLOURS)
    scale = [lab(palette.MAP_DARK[one])[0] for one in palette.MAP_SCALE]
    assert (np.diff(scale) > 8).all(), "more is brighter"
