"""Scores are those of the libraries, on held-out data only, and what cannot be measured is missing."""

import numpy as np
import pandas as pd
import pytest
import small
from scipy.stats import pearsonr, spearmanr

from kdmcse.errors import UserError
from kdmcse.evaluation import retrieval
from kdmcse.evaluation.evaluation import read_embeddings
from kdmcse.processes import evaluate
from kdmcse.store.workspace import Workspace


@pytest.fixture
def dataset(tmp_path):
    return small.dataset(Workspace(tmp_path / "workspace"))


def letters(texts):
    """An honest small encoder: how often each letter occurs."""
    counts = np.array([[text.count(chr(c)) for c in range(97, 123)] for text in texts], dtype=np.float32) + 1e-3
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_similarity_is_what_scipy_says(dataset, tmp_path):
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    table = found.sts
    assert found.scores["sts"]["spearman"] == pytest.approx(
        spearmanr(table["gold"], table["cosine"]).statistic, abs=1e-6
    )
    assert found.scores["sts"]["pearson"] == pytest.approx(pearsonr(table["gold"], table["cosine"]).statistic, abs=1e-6)
    first = dataset.sts.iloc[0]
    expected = letters([first["sentence1"]])[0] @ letters([first["sentence2"]])[0]
    assert table["cosine"].iloc[0] == pytest.approx(expected, abs=1e-6)


def test_only_held_out_rows_are_measured(dataset, tmp_path):
    dataset.sts.loc[0:4, "held_out"] = False
    dataset.decisions.loc[0:2, "held_out"] = False
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    assert list(found.sts["row"]) == list(dataset.sts["row"][5:])
    assert list(found.decisions["row"]) == list(dataset.decisions["row"][3:])
    assert len(read_embeddings(found)) == dataset.pairs["held_out"].sum()
    assert found.scores["sts"]["pairs"] == len(dataset.sts) - 5


def slow_ranks(queries, documents, relevant, candidates):
    rows = []
    for q in range(len(queries)):
        order = sorted(
            (d for d in range(len(documents)) if candidates[q, d]), key=lambda d: -float(queries[q] @ documents[d])
        )
        hits = [bool(relevant[q, d]) for d in order]
        if not any(hits):
            continue
        row = {f"recall_at_{k}": sum(hits[:k]) / sum(hits) for k in (1, 5, 10)}
        gains = [1 / np.log2(i + 2) for i in range(10)]
        ideal = sum(gains[: sum(hits)])
        row["ndcg_at_10"] = sum(g for g, hit in zip(gains, hits, strict=False) if hit) / ideal
        rows.append(row | {"rank": hits.index(True) + 1, "query": q})
    return pd.DataFrame(rows)


def test_retrieval_agrees_with_its_slow_twin():
    rng = np.random.default_rng(0)
    queries, documents = rng.normal(size=(30, 4)), rng.normal(size=(25, 4))
    relevant = rng.random((30, 25)) < 0.1
    candidates = rng.random((30, 25)) < 0.8
    found = retrieval.search(queries, documents, relevant & candidates, candidates)
    pd.testing.assert_frame_equal(
        found, slow_ranks(queries, documents, relevant, candidates)[found.columns], check_dtype=False
    )


def test_retrieval_agrees_with_trec_eval():
    import pytrec_eval

    rng = np.random.default_rng(1)
    queries, documents, relevant = rng.normal(size=(20, 4)), rng.normal(size=(40, 4)), rng.random((20, 40)) < 0.15
    found = retrieval.search(queries, documents, relevant, np.ones_like(relevant))
    truth = {str(q): {str(d): int(relevant[q, d]) for d in range(40)} for q in range(20)}
    run = {str(q): {str(d): float(queries[q] @ documents[d]) for d in range(40)} for q in range(20)}
    results = pytrec_eval.RelevanceEvaluator(truth, {"recall.1,5,10", "ndcg_cut.10"}).evaluate(run)
    for row in found.to_dict("records"):
        theirs = results[str(int(row["query"]))]
        for k in (1, 5, 10):
            assert row[f"recall_at_{k}"] == pytest.approx(theirs[f"recall_{k}"], abs=1e-6)
        assert row["ndcg_at_10"] == pytest.approx(theirs["ndcg_cut_10"], abs=1e-6)


def test_the_same_words_again_are_neither_right_nor_wrong():
    pairs = pd.DataFrame({"group": ["a", "a", "a", "b"], "caption": ["x", "x", "y", "x"]})
    relevant, candidates = retrieval.same_group(pairs)
    assert relevant[0].tolist() == [False, False, True, False]
    assert candidates[0].tolist() == [False, False, True, False]
    assert candidates[2].tolist() == [True, True, False, True]


def test_an_image_that_several_pairs_share_counts_once():
    pairs = pd.DataFrame({"image": ["p", "p", "q"]})
    relevant, candidates = retrieval.own_image(pairs)
    assert relevant.tolist() == [[True, False, False], [True, False, False], [False, False, True]]
    assert candidates[0].tolist() == [True, False, True]


def test_what_cannot_be_measured_is_missing_and_not_zero(dataset, tmp_path):
    dataset.sts["score"] = 3.0
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    assert found.scores["sts"]["spearman"] is None
    assert found.scores["caption_to_image"] is None


def test_a_dataset_with_nothing_held_out_is_refused(dataset, tmp_path):
    for table in (dataset.pairs, dataset.sts, dataset.decisions):
        table["held_out"] = False
    with pytest.raises(UserError) as refused:
        evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    assert refused.value.code == "nothing_to_evaluate"


def test_captions_find_their_images_when_both_are_in_one_space(dataset, tmp_path):
    n = int(dataset.pairs["held_out"].sum())
    same = np.eye(n, dtype=np.float32)
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters", cross_modal=(same, same))
    assert found.scores["caption_to_image"]["recall_at_1"] == 1
    assert found.scores["caption_to_image"]["queries"] == n
    kept = found.retrieval
    assert set(kept["direction"]) == {"caption_to_caption", "caption_to_image"}
    assert set(kept["pair"]) <= set(dataset.pairs["pair"][dataset.pairs["held_out"]])


def test_reading_an_evaluation_loads_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, kdmcse.processes.evaluate; sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'mteb')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
