"""The legend gives every point a line that no other looks like, and the sentences say what the figures say, no finer than they are known."""

import dataclasses
import itertools
import re

import numpy as np
import pandas as pd
import pytest

from kdmcse.i18n import Locale
from kdmcse.presentation import palette
from kdmcse.presentation.map import (
    change_details,
    change_sentence,
    column_name,
    group_table,
    legend,
    most_changed,
    shared_rows,
)
from kdmcse.results.map_colours import COST, LANGUAGE, RIGHT, SEARCH, TEACHER, UNTESTED, WRONG, Colouring
from kdmcse.results.neighbours import find_neighbours

EN, JA = Locale("en"), Locale("ja")
languages = pytest.mark.parametrize("t", [EN, JA], ids=lambda t: t.language)
BLIND = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""How colours of light look to eyes without one kind of cones (Machado, Oliveira and Fernandes 2009)."""


def words(values: list[str]) -> Colouring:
    return Colouring("kind", "words", np.array(values, object), np.array(values, object))


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    channels = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    light = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    mixed = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x = np.array(mixed) @ np.clip(np.array(seen) @ light, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", BLIND)
def test_no_two_colours_of_the_maps_look_alike_to_colour_blind_eyes(eyes):
    seen = [lab(colour, BLIND[eyes]) for colour in palette.MAP_COLOURS]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > 15
    lightness = [lab(colour, BLIND[eyes])[0] for colour in palette.MAP_SCALE]
    assert (np.diff(lightness) < -8).all(), "more is darker"


def test_beyond_eight_categories_the_shape_differs_and_only_beyond_32_some_share_a_line():
    names = [f"c{i:02d}" for i in range(40)]
    found = legend(EN, words([name for i, name in enumerate(names) for _ in range(41 - i)]), 0)
    looks = [(one.colour, one.shape) for one in found.entries]
    assert len(looks) == len(set(looks)) == 33 and found.entries[-1].name == EN("projection.colour.others")
    assert found.entries[-1].before == sum(range(2, 10)), "the rarest eight"
    assert len(legend(EN, words(names[:12]), 12).entries) == 12


def test_a_model_that_fares_otherwise_is_counted_on_either_map():
    before, after = np.array([RIGHT, WRONG, WRONG, UNTESTED]), np.array([RIGHT, RIGHT, WRONG, UNTESTED])
    found = legend(EN, Colouring(SEARCH, "outcome", before, after), 4)
    assert [(one.before, one.after) for one in found.entries] == [(1, 2), (2, 1), (1, 1)] and not found.alike
    assert found.codes.tolist() == [[0, 0], [1, 0], [1, 1], [2, 2]]


@languages
def test_amounts_fall_into_parts_that_name_their_ends(t):
    amounts = np.array([0.0, np.nan, *range(1000, 11000, 1000)])
    found = legend(t, Colouring(COST, "amount", amounts, amounts, "JPY"), len(amounts))
    assert [one.before for one in found.entries] == [1, 2, 2, 2, 2, 2, 1]
    assert found.entries[0].name == t("projection.colour.no_mistake") and "1,000" in found.entries[1].name
    fit = np.linspace(-0.2, 0.4, 50)
    assert len(legend(t, Colouring(TEACHER, "number", fit, fit), 50).entries) == 5
    same = np.full(3, 7.0)
    assert [one.before for one in legend(t, Colouring(TEACHER, "number", same, same), 3).entries] == [3]


@languages
def test_nothing_to_tell_apart_is_one_line_and_the_empty_value_is_among_the_others(t):
    assert [one.before for one in legend(t, None, 5).entries] == [5]
    assert legend(t, words(["a", "", "b"]), 3).entries[-1].name == t("projection.colour.others")


@languages
def test_a_language_is_named_in_the_language_of_the_reader(t):
    found = legend(t, Colouring(LANGUAGE, "words", *[np.array(["ja", "other"], object)] * 2), 2)
    assert {one.name for one in found.entries} == {t("projection.language.ja"), t("projection.language.other")}
    assert column_name(t, "Language") == t("projection.colour.language") and column_name(t, "色柄") == "色柄"


def neighbourhoods(pull: float, n: int = 120):
    rng = np.random.default_rng(0)
    group = np.arange(n) // 4
    sides = [rng.normal(size=(n, 16)), rng.normal(size=(n, 16)) + pull * rng.normal(size=(n // 4, 16))[group]]
    sides = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides]
    table = {"pair": range(n), "caption": [f"c {i}" for i in range(n)], "group": [f"g{i}" for i in group]}
    return find_neighbours(*sides, pd.DataFrame(table | {"category": ["mug", "lamp"] * (n // 2)}))


@languages
def test_the_sentence_names_both_shares_and_the_points_between_with_their_interval(t):
    found = neighbourhoods(2.0)
    told = change_sentence(t, found)
    assert told.startswith(t("projection.change.better", what=t("projection.alike.group")))
    figures = re.findall(r"\d+(?:\.\d+)?%|[+-]\d+", told)
    difference = found.comparison.difference
    assert figures[2:] == [t.signed(100 * one) for one in (difference.estimate, difference.low, difference.high)]
    assert "." not in "".join(figures), "no finer than the interval"
    assert all(change_details(t, found)) and len(group_table(t, found)) == 30


@languages
def test_what_chance_may_have_done_is_not_told_as_a_change(t):
    told = change_sentence(t, neighbourhoods(0.0))
    assert told.startswith(t("projection.change.not_decisive", what=t("projection.alike.group")))


@languages
def test_every_kind_that_neighbours_may_share_has_a_row(t):
    rows = shared_rows(t, neighbourhoods(2.0))
    assert [row[t("projection.table.same")] for row in rows][:1] == [t("projection.table.group")]
    assert rows[0][t("projection.table.verdict")] == t("projection.verdict.better")
    assert len(rows) == 2 and rows[1][t("projection.table.chance")] == "50%"


@languages
def test_the_groups_that_gained_and_lost_most_are_named_with_their_shares(t):
    found = neighbourhoods(0.0)
    gained, lost = most_changed(t, found)
    groups = found.groups
    for sentence, rows in ((gained, groups.head(3)), (lost, groups.tail(3)[::-1])):
        assert re.findall(r"g\d+", sentence) == list(rows["group"])
        assert re.search(re.escape(t.percent(rows["before"].iloc[0])), sentence)
    assert not set(re.findall(r"g\d+", gained)) & set(re.findall(r"g\d+", lost))
    alike = dataclasses.replace(found, table=found.table.assign(after=found.table["before"]))
    assert most_changed(t, alike) == []
