"""A score with weights is the library's score of the rows repeated so often."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, rankdata, spearmanr
from sklearn.metrics import average_precision_score

from kdmcse.evaluation import encoder, similarity
from kdmcse.stats import AveragePrecision, Mean, Pearson, Spearman
from kdmcse.stats.metrics import ranks

SHARED = Path(__file__).parents[3] / "shared" / "sts"
SIZES = st.integers(2, 30)


@st.composite
def weighted_rows(draw):
    """Gold with ties, two seeds of a method with ties, and how often each row counts."""
    n = draw(SIZES)
    gold = draw(arrays(float, n, elements=st.integers(0, 10).map(lambda x: x / 2)))
    values = draw(arrays(float, (2, n), elements=st.integers(-4, 4).map(lambda x: x / 4)))
    weights = draw(arrays(np.int32, (3, n), elements=st.integers(0, 3)))
    return gold, values, weights


def expected(score, gold, values, weights):
    """By repeating rows; NaN where the library has no score."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array([[score(np.repeat(gold, w), np.repeat(y, w)) for y in values] for w in weights])


def by_scipy(correlation):
    return lambda gold, values: correlation(gold, values).statistic if len(gold) > 1 else np.nan


@given(weighted_rows())
def test_spearman_is_that_of_scipy_with_ties(rows):
    gold, values, weights = rows
    found = Spearman(gold).scorer(values)(weights)
    np.testing.assert_allclose(found, expected(by_scipy(spearmanr), *rows), rtol=0, atol=1e-9)


@given(weighted_rows())
def test_pearson_is_that_of_scipy(rows):
    gold, values, weights = rows
    found = Pearson(gold).scorer(values)(weights)
    np.testing.assert_allclose(found, expected(by_scipy(pearsonr), *rows), rtol=0, atol=1e-9)


@given(weighted_rows())
def test_average_precision_is_that_of_sklearn(rows):
    gold, values, weights = rows
    match = gold > 2.5

    def score(match, values):
        return average_precision_score(match, values) if match.any() else np.nan

    found = AveragePrecision(match).scorer(values)(weights)
    np.testing.assert_allclose(found, expected(score, match, values, weights), rtol=0, atol=1e-9)


def test_a_mean_is_that_of_the_rows():
    values, weights = np.array([[1.0, 0.0, 0.5], [2.0, 2.0, 2.0]]), np.array([[1, 1, 1], [2, 0, 1]])
    assert Mean().scorer(values)(weights) == pytest.approx(np.array([[0.5, 2], [2.5 / 3, 2]]))


@pytest.mark.parametrize("metric", [Spearman, Pearson])
def test_a_constant_has_no_correlation(metric):
    rows, everything = np.arange(9.0), np.ones((1, 9), dtype=int)
    assert np.isnan(metric(np.full(9, 0.1)).scorer(rows[None])(everything)).all()
    assert np.isnan(metric(rows).scorer(np.full((1, 9), 0.1))(everything)).all()
    one_row = np.eye(9, dtype=int)[:1] * 9
    assert np.isnan(metric(rows).scorer(rows[None])(one_row)).all(), "a resample of one row is a constant too"


def test_a_large_offset_loses_no_digits():
    rng = np.random.default_rng(0)
    gold, values = rng.normal(size=50) + 1e6, rng.normal(size=50) - 1e6
    found = Pearson(gold).scorer(values[None])(np.ones((1, 50)))
    assert found[0, 0] == pytest.approx(pearsonr(gold, values).statistic, abs=1e-9)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy(values):
    assert ranks(np.array(values, dtype=float)).tolist() == rankdata(values).tolist()


def standard(values):
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize("metric, prepare", [(Pearson, standard), (Spearman, lambda y: standard(rankdata(y)))])
def test_swapped_labels_give_what_swapping_the_values_by_hand_gives(metric, prepare):
    rng = np.random.default_rng(1)
    gold = np.round(rng.normal(size=40) * 2)
    candidate, baseline = gold + rng.normal(size=(3, 40)), 5 + 2 * gold + 3 * rng.normal(size=(2, 40))
    swaps = rng.integers(0, 2, (7, 40))
    judged = rankdata(gold) if metric is Spearman else gold
    by_hand = []
    for swapped in swaps.astype(bool):
        pairs = []
        for a in map(prepare, candidate):
            for b in map(prepare, baseline):
                one, other = np.where(swapped, b, a), np.where(swapped, a, b)
                pairs.append(pearsonr(judged, one).statistic - pearsonr(judged, other).statistic)
        by_hand.append(np.mean(pairs))
    assert metric(gold).swapped(candidate, baseline)(swaps)[:, 0] == pytest.approx(by_hand, abs=1e-9)


def test_swapped_means_are_means_of_swapped_rows():
    rng = np.random.default_rng(2)
    candidate, baseline, swaps = rng.random((3, 20)), rng.random((1, 20)), rng.integers(0, 2, (5, 20))
    apart = candidate.mean(axis=0) - baseline[0]
    expected = [np.where(swapped, -apart, apart).mean() for swapped in swaps]
    assert Mean().swapped(candidate, baseline)(swaps)[:, 0] == pytest.approx(expected, abs=1e-12)


def letter_pairs(texts):
    """An honest small encoder: how often each pair of characters occurs, spread over 64 numbers as real encoders do."""
    counts = np.full((len(texts), 512), 1e-3)
    for row, text in zip(counts, texts, strict=True):
        for a, b in zip(text, text[1:], strict=False):
            row[(ord(a) * 31 + ord(b)) % 512] += 1
    vectors = counts @ np.random.default_rng(0).normal(size=(512, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.real
@pytest.mark.parametrize("name", ["stsb_dev_en", "jsts_valid_ja"])
def test_on_real_judgements_ours_mtebs_and_scipys_scores_are_one(name):
    if not SHARED.exists():
        pytest.skip("the shared judgements lie beside the project, and are absent here")
    sts = pd.read_csv(SHARED / f"{name}.csv", keep_default_na=False)
    vectors = encoder.Vectors(letter_pairs)
    cosines, gold = vectors.cosines(sts["sentence1"], sts["sentence2"]), sts["score"].to_numpy(float)
    by_mteb = similarity.similarity_scores(vectors, sts, "letter-pairs")
    for metric, correlation, measure in ((Spearman, spearmanr, "spearman"), (Pearson, pearsonr, "pearson")):
        ours = metric(gold).scorer(cosines[None])(np.ones((1, len(gold)), dtype=np.int32))[0, 0]
        assert ours == pytest.approx(correlation(gold, cosines).statistic, abs=1e-9)
        assert ours == pytest.approx(by_mteb[measure], abs=1e-6)
