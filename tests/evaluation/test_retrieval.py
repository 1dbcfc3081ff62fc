"""Ranks are those of a full stable sort and scores those of trec_eval, whatever the size of a block; memory does not grow with both sides."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.evaluation import retrieval


def rows_of(chosen):
    """(n, m) bool -> of each row the chosen columns."""
    return [np.flatnonzero(row) for row in chosen]


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
    return pd.DataFrame(rows, columns=["query", "rank", "recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10"])


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 30), st.sampled_from([1, 40, 10**6]), st.floats(0, 1)
)
def test_retrieval_agrees_with_its_slow_twin_ties_and_all(seed, n, m, at_once, share):
    """Vectors of few small whole numbers: most cosines are tied, and exactly so."""
    rng = np.random.default_rng(seed)
    queries, documents = rng.integers(-1, 2, (n, 2)).astype(float), rng.integers(-1, 2, (m, 2)).astype(float)
    relevant, candidates = rng.random((n, m)) < share, rng.random((n, m)) < 0.8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "_COSINES_AT_ONCE", at_once)
        found = retrieval.search(queries, documents, rows_of(relevant), rows_of(~candidates))
    expected = slow_ranks(queries, documents, relevant & candidates, candidates)
    pd.testing.assert_frame_equal(found, expected[found.columns], check_dtype=False)


def test_retrieval_agrees_with_trec_eval():
    import pytrec_eval

    rng = np.random.default_rng(1)
    queries, documents, relevant = rng.normal(size=(20, 4)), rng.normal(size=(40, 4)), rng.random((20, 40)) < 0.15
    found = retrieval.search(queries, documents, rows_of(relevant))
    truth = {str(q): {str(d): int(relevant[q, d]) for d in range(40)} for q in range(20)}
    run = {str(q): {str(d): float(queries[q] @ documents[d]) for d in range(40)} for q in range(20)}
    results = pytrec_eval.RelevanceEvaluator(truth, {"recall.1,5,10", "ndcg_cut.10"}).evaluate(run)
    for row in found.to_dict("records"):
        theirs = results[str(int(row["query"]))]
        for k in (1, 5, 10):
            assert row[f"recall_at_{k}"] == pytest.approx(theirs[f"recall_{k}"], abs=1e-6)
        assert row["ndcg_at_10"] == pytest.approx(theirs["ndcg_cut_10"], abs=1e-6)


def test_what_is_no_number_is_found_last():
    documents = np.array([[np.nan, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = retrieval.search(np.array([[1.0, 0.0]]), documents, [np.array([0])])
    assert found["rank"].tolist() == [3]
    nothing = retrieval.search(np.full((3, 2), np.nan), documents, np.arange(3)[:, None])
    assert nothing["rank"].tolist() == [1, 2, 3]  # as for any vectors that are all alike


def test_the_same_words_again_are_neither_right_nor_wrong():
    pairs = pd.DataFrame({"group": ["a", "a", "a", "b"], "words": ["x", "x", "y", "x"]})
    right, left_out = retrieval.same_group(pairs)
    vectors = np.ones((4, 2))
    found = retrieval.search(vectors, vectors, right, left_out)
    assert found["query"].tolist() == [0, 1, 2]  # nothing else is in group b
    assert found["rank"].tolist() == [1, 1, 1]


def test_the_nearest_rows_are_those_of_a_loop_ties_and_all():
    vectors = np.random.default_rng(0).integers(-1, 2, size=(30, 4)).astype(np.float32)
    for row in range(30):
        others = [other for other in range(30) if other != row]
        slow = sorted(others, key=lambda other: -float(vectors[row] @ vectors[other]))
        assert retrieval.nearest(vectors, row, 4) == slow[:4]
    assert retrieval.nearest(vectors[:3], 1, 4) in ([0, 2], [2, 0]), "there are no more"


def test_an_image_that_several_pairs_share_counts_once():
    shown, own = retrieval.own_image(pd.DataFrame({"image": ["p", "p", "q"]}))
    assert shown.tolist() == [0, 2]
    assert own.tolist() == [[0], [0], [1]]


def test_memory_is_that_of_a_block_and_not_of_all_against_all():
    n = 6_000
    vectors = np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)
    pairs = pd.DataFrame({"group": np.arange(n) // 3, "words": np.arange(n)})
    tracemalloc.start()
    retrieval.search(vectors, vectors, *retrieval.same_group(pairs))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * n * 4 / 2  # bytes of half of all cosines
