"""Rows share sentences in whichever place, images and groups; a row without a group shares none."""

import pandas as pd

from kdmcse.data.sharing import shared, shared_with_dev
from kdmcse.stats.units import Units


def units(table, *columns):
    return Units.of(shared(table, *columns).to_numpy(object), len(table))


def others(n):
    return [(f"left {i}", f"right {i}") for i in range(n)]


def test_a_sentence_is_shared_in_either_place_whatever_its_case():
    table = pd.DataFrame([("A cup", "a mug"), ("a bowl", "a cup"), *others(20)], columns=["sentence1", "sentence2"])
    assert units(table).count == 21


def test_width_blanks_and_punctuation_make_no_other_sentence_than_that_of_a_dev_judgement():
    rows = [("A cup.", "a mug"), ("a bowl", "ａ  cup"), *others(20)]
    table = pd.DataFrame(rows, columns=["sentence1", "sentence2"])
    at_dev = [place == 1 for place in range(len(table))]
    assert shared_with_dev(table.assign(dev=at_dev, held_out=[not dev for dev in at_dev])) == 1


def test_images_and_captions_are_shared_and_rows_without_a_group_share_none():
    table = pd.DataFrame([("0a", "a cup"), ("0a", "a mug"), *others(20)], columns=["image", "caption"])
    assert units(table, ("image", "caption")).count == 21
    grouped = table.assign(group=["", "", *(["x", "x"] * 2), *[None] * 16])
    assert list(shared(grouped, ("image", "caption")).columns) == ["unit", "unit2", "unit3"]
    assert units(grouped, ("image", "caption")).count == 21 - 3


def test_test_judgements_that_share_a_sentence_with_a_dev_judgement_are_counted_once_each():
    rows = [
        ("a cup", "a mug", "dev"),
        ("A cup", "a bowl", "test"),
        ("a mug", "a cup", "test"),
        ("a jug", "a pan", "test"),
    ]
    rows += [("a fork", "a cup", "train")]
    table = pd.DataFrame(rows, columns=["sentence1", "sentence2", "part"])
    table = table.assign(held_out=table["part"] == "test", dev=table["part"] == "dev")
    assert shared_with_dev(table) == 2
    assert shared_with_dev(table.assign(dev=False)) == shared_with_dev(None) == 0
