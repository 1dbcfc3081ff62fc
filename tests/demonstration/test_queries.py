"""Sentences to begin with: chosen by a rule that flatters nobody, and those that a presenter saves."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from example_poc import complete, import_example

from kdmcse.demonstration import forget, prepared, save, saved
from kdmcse.demonstration.queries import LONGEST
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_evaluation
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poc")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    return workspace, dataset, read_evaluation(complete(workspace, dataset, seeds=(0,))["kdmcse"][0])


def measured(evaluation, dataset, scores):
    """The evaluation with these scores of its first searches, and 0.5 of all others."""
    pairs = dataset.pairs.loc[dataset.pairs["held_out"], "pair"].to_numpy()
    table = pd.DataFrame({"pair": pairs, "direction": "caption_to_caption", "rank": 1, "ndcg_at_10": 0.5})
    table.loc[: len(scores) - 1, "ndcg_at_10"] = scores
    return dataclasses.replace(evaluation, retrieval=table)


def test_of_each_kind_the_search_in_the_middle_is_taken_not_the_best_one(poc):
    _, dataset, evaluation = poc
    before, after = [0.5] * 8, [1.0, 0.6, 0.7, 0.8, 0.9, 0.0, 0.4, 0.3]
    found = prepared(dataset, measured(evaluation, dataset, before), measured(evaluation, dataset, after))
    captions = dataset.pairs.loc[dataset.pairs["held_out"], "caption"].to_list()
    assert found.counts == {"helps": 5, "hurts": 3, "equal": len(captions) - 8}
    by_kind = {one.kind: one.text for one in found.queries}
    assert by_kind["helps"] == captions[3]  # of gains 0.1, 0.2, 0.3, 0.4 and 0.5 that of 0.3
    assert by_kind["hurts"] == captions[7]  # of losses 0.5, 0.2 and 0.1 that of 0.2
    assert by_kind["equal"] == captions[8 + (len(captions) - 8 - 1) // 2]


def test_what_is_not_there_is_not_made_up(poc):
    _, dataset, evaluation = poc
    better = prepared(dataset, measured(evaluation, dataset, []), measured(evaluation, dataset, [0.9]))
    assert [one.kind for one in better.queries] == ["helps", "equal"]
    without = dataclasses.replace(evaluation, retrieval=None)
    assert prepared(dataset, without, evaluation).queries == ()


def test_prepared_sentences_are_held_out(poc):
    _, dataset, evaluation = poc
    rng = np.random.default_rng(0)
    scores = [rng.random(20), rng.random(20)]
    found = prepared(dataset, *(measured(evaluation, dataset, one) for one in scores))
    held_out = set(dataset.pairs.loc[dataset.pairs["held_out"], "caption"])
    assert found.queries and all(one.text in held_out for one in found.queries)


def test_a_saved_sentence_is_there_until_it_is_removed(poc):
    workspace, dataset, _ = poc
    for text in ("a red cup", "  a blue\ncap ", "a red cup"):
        save(workspace, dataset.fingerprint, text)
    assert [one.text for one in saved(workspace, dataset.fingerprint)] == ["a blue cap", "a red cup"]
    forget(workspace, dataset.fingerprint, "a blue cap")
    assert [one.text for one in saved(workspace, dataset.fingerprint)] == ["a red cup"]


@pytest.mark.parametrize(
    ("text", "code"), [("", "query_empty"), (" \n ", "query_empty"), ("a" * (LONGEST + 1), "query_too_long")]
)
def test_a_sentence_that_says_nothing_or_too_much_is_refused(poc, text, code):
    workspace, dataset, _ = poc
    with pytest.raises(UserError) as refused:
        save(workspace, dataset.fingerprint, text)
    assert refused.value.code == code
