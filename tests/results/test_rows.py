"""Judged pairs come with what they share: their group, and both their sentences in whichever place."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from kdmcse.evaluation.benchmark_scores import keep
from kdmcse.evaluation.benchmarks import transfer
from kdmcse.evaluation.evaluation import Evaluation
from kdmcse.results.rows import SeedScores, metric_rows
from kdmcse.stats.units import Units


def judged(pairs, group=None):
    """What `stats` is told of these judged pairs."""
    table = pd.DataFrame(pairs, columns=["sentence1", "sentence2"]).assign(row=np.arange(len(pairs)) + 2, held_out=True)
    if group is not None:
        table["group"] = group
    return Units.of(SeedScores.of([rows_of(table)]).unit, len(pairs))


def rows_of(table):
    """The rows of the similarity, where what the table holds out was measured."""
    measured = table[table["held_out"]]
    scores = pd.DataFrame({"row": measured["row"], "cosine": 0.5, "gold": 1.0})
    return metric_rows("sts_spearman", SimpleNamespace(sts=scores), SimpleNamespace(sts=table))


def others(n):
    return [(f"left {i}", f"right {i}") for i in range(n)]


def test_pairs_that_share_a_sentence_are_one_unit_without_a_group():
    found = judged([("A cup", "a mug"), ("a bowl", "a cup"), *others(20)])
    assert found.count == 21 and found.labels[0] == found.labels[1]


def test_pairs_that_share_a_group_or_a_sentence_are_one_unit_with_a_group():
    found = judged([("a", "b"), ("c", "d"), ("d", "e"), *others(20)], ["x", "x", "y", *map(str, range(20))])
    assert found.count == 21 and len(set(found.labels[:3, 0])) == 1


def test_a_pair_without_a_group_is_none_of_another():
    assert judged(others(30), ["", None] + ["x"] * 4 + [""] * 24).count == 27


def test_every_sentence_with_every_other_crosses():
    found = judged([(f"left {i}", f"right {j}") for i in range(5) for j in range(8)])
    assert found.crossing and found.count == 5


def test_judgements_to_choose_by_may_have_the_row_numbers_of_those_that_are_measured():
    pairs = [("a", "b"), ("c", "d")]
    table = pd.DataFrame([*others(2), *pairs], columns=["sentence1", "sentence2"])
    found = rows_of(table.assign(row=[2, 3, 2, 3], held_out=[False, False, True, True]))
    units = found[["unit", "unit2"]].to_numpy().tolist()
    assert units == [[("text", a), ("text", b)] for a, b in pairs]


def test_decisions_that_share_either_text_are_one_unit(tmp_path):
    texts = [("A cup", "a mug"), ("a bowl", "a cup"), ("a jar", "a bowl"), *others(20)]
    rows = pd.DataFrame(texts, columns=["text_a", "text_b"]).assign(row=range(2, 25), held_out=True)
    measured = rows.assign(match=np.arange(23) % 3 == 0, cosine=np.linspace(-1, 1, 23))
    keep(tmp_path, [transfer.duplicates(measured[["row", "match", "cosine"]])])
    found = metric_rows(
        "duplicates_average_precision", Evaluation(tmp_path, {}, None, None, None), SimpleNamespace(decisions=rows)
    )
    units = Units.of(SeedScores.of([found]).unit, 23)
    assert found["gold"].sum() == 8 and units.count == 21 and len(set(units.labels[:3, 0])) == 1
