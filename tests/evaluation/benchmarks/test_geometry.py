"""Geometry is what its papers say: slow twins, closed forms, and a reason where there is nothing to say."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import skew

from kdmcse import i18n
from kdmcse.evaluation.benchmarks import geometry
from kdmcse.metrics import BENCHMARKS

NAMES = [metric.name for metric in BENCHMARKS if metric.task == "geometry"]


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def cloud(n, width=6, seed=0):
    return unit(np.random.default_rng(seed).normal(size=(n, width))).astype(np.float32)


def pairs(n, groups=4):
    return pd.DataFrame(
        {"pair": range(100, 100 + n), "group": [f"g{i % groups}" for i in range(n)], "words": [f"c{i}" for i in range(n)]}
    )  # fmt: skip


def measured(vectors, table=None):
    table = pairs(len(vectors)) if table is None else table
    return {one.name: one for one in geometry.measure(np.asarray(vectors), table)}


def values(vectors, table=None):
    return {name: one.score.value for name, one in measured(vectors, table).items()}


# Slow twins


def squared(x, y):
    return sum((float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True))


def slow(vectors, table):
    n, group, caption = len(vectors), list(table["group"]), list(table["words"])
    positives = []
    for i in range(n):
        others = [j for j in range(n) if group[j] == group[i] and caption[j] != caption[i]]
        if others:
            positives.append(sum(squared(vectors[i], vectors[j]) for j in others) / len(others))
    both = list(itertools.combinations(range(n), 2))
    potential = [math.exp(-2 * squared(vectors[i], vectors[j])) for i, j in both]
    cosine = [sum(float(a) * float(b) for a, b in zip(vectors[i], vectors[j], strict=True)) for i, j in both]
    counts = [0] * n
    for i in range(n):
        for j in sorted((j for j in range(n) if j != i), key=lambda j: squared(vectors[i], vectors[j]))[:10]:
            counts[j] += 1
    return {
        "alignment": sum(positives) / len(positives),
        "uniformity": math.log(sum(potential) / len(both)),
        "anisotropy": sum(cosine) / len(both),
        "hubness": skew(counts),
    }


@pytest.mark.parametrize("n", [13, 40])
def test_all_four_agree_with_their_slow_twins(n):
    table, vectors = pairs(n), cloud(n)
    table.loc[4, "words"] = table.loc[0, "words"]  # of one group, in the same words
    assert values(vectors, table) == pytest.approx(slow(vectors, table), abs=1e-6)


def test_blocks_do_not_change_what_is_measured(monkeypatch):
    whole = values(cloud(70))
    monkeypatch.setattr(geometry, "_BLOCK", 16)
    assert values(cloud(70)) == pytest.approx(whole, abs=1e-9)


# Closed forms


def test_orthogonal_vectors_are_two_apart_and_have_no_cosine():
    found = values(np.eye(4), pairs(4, groups=2))
    assert found["alignment"] == pytest.approx(2)
    assert found["uniformity"] == pytest.approx(-4)
    assert found["anisotropy"] == pytest.approx(0)


def test_vectors_in_one_place_are_aligned_and_anything_but_uniform():
    found = values(np.tile(unit(np.ones((1, 5))), (12, 1)))
    assert found["alignment"] == pytest.approx(0, abs=1e-9)
    assert found["uniformity"] == pytest.approx(0, abs=1e-9)
    assert found["anisotropy"] == pytest.approx(1)


def test_opposite_poles():
    poles = np.array([[1.0, 0], [-1, 0]] * 2)
    found = values(poles, pairs(4, groups=2))
    assert found["alignment"] == pytest.approx(0) and found["anisotropy"] == pytest.approx(-1 / 3)
    assert found["uniformity"] == pytest.approx(math.log((2 + 4 * math.exp(-8)) / 6))


def test_captions_that_everybody_finds_make_hubs_and_a_ring_has_none():
    rng = np.random.default_rng(0)
    crowd = unit(rng.normal(size=(200, 50)) + 3)
    centre = unit(crowd.mean(axis=0, keepdims=True))
    angle = 2 * np.pi * np.arange(40) / 40
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert values(np.concatenate([crowd, centre]))["hubness"] > 5
    assert abs(values(ring)["hubness"] or 0) < 1
    assert geometry.occurrences(np.concatenate([crowd, centre]))[-1] == 200, "everybody finds what lies in the middle"


def test_hubness_is_the_skewness_of_how_often_each_is_a_neighbour():
    vectors = unit(np.random.default_rng(1).normal(size=(60, 8)))
    assert values(vectors)["hubness"] == pytest.approx(skew(geometry.occurrences(vectors)))


def test_uniformity_is_the_formula_of_wang_and_isola():
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(7, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    slowly = [math.exp(-2 * float(((x - y) ** 2).sum())) for x, y in itertools.combinations(vectors, 2)]
    assert geometry.uniformity(vectors) == pytest.approx(math.log(sum(slowly) / len(slowly)))
    assert geometry.uniformity(np.ones((3, 1), np.float32)) == 0
    assert geometry.uniformity(np.array([[1.0], [-1.0]])) == pytest.approx(-8)


# What cannot be said is not said


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_three_captions_have_no_geometry(n):
    for one in measured(cloud(max(n, 1))[:n]).values():
        assert one.score.value is None and one.score.missing == "few_captions" and one.rows is None


def test_hubs_need_more_captions_than_neighbours():
    assert values(cloud(11))["hubness"] is None
    assert measured(cloud(12))["hubness"].score.rows == 12


def test_equal_vectors_have_no_hubs_and_it_says_why():
    found = measured(np.tile(unit(np.ones((1, 4))), (20, 1)))
    assert found["hubness"].score.missing == "all_equal" and found["anisotropy"].score.value == pytest.approx(1)


def test_groups_of_one_have_no_alignment():
    table = pairs(12, groups=12)
    assert measured(cloud(12), table)["alignment"].score.missing == "no_positives"
    table = pairs(12, groups=3).assign(words="the same words")
    assert measured(cloud(12), table)["alignment"].score.missing == "no_positives"


def test_a_model_that_diverged_has_no_geometry():
    vectors = cloud(20)
    vectors[3, 2] = np.nan
    assert {one.score.missing for one in measured(vectors).values()} == {"not_finite"}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_figure_says_what_it_means(language):
    for name in NAMES:
        assert i18n.Locale(language)(f"benchmarks.metric.{name}") and i18n.Locale(language)(
            f"benchmarks.meaning.{name}"
        )


# Rows


def test_the_mean_of_the_rows_is_the_score():
    found = measured(cloud(60), pairs(60))
    for name in ("alignment", "uniformity", "anisotropy"):
        assert found[name].rows["value"].mean() == pytest.approx(found[name].score.value, abs=1e-12)
        assert list(found[name].rows.columns) == ["row", "value", "unit"]
    assert found["hubness"].rows is None, "it is of the whole set"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["uniformity", "anisotropy"])
def test_the_spread_of_the_rows_is_that_of_the_score(name):
    """Over 400 draws of captions: the standard error by the rows against the deviation of the scores themselves."""
    rng = np.random.default_rng(3)
    scores, errors = [], []
    for _ in range(400):
        vectors = unit(rng.normal(size=(60, 4)) + [1.0, 0.5, 0, 0])
        one = measured(vectors)[name]
        scores.append(one.score.value)
        errors.append(one.rows["value"].std() / math.sqrt(60))
    assert np.mean(errors) == pytest.approx(np.std(scores), rel=0.12)
