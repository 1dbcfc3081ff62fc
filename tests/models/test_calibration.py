"""What a teacher's cosines look like, and what centring, ranks and a false-discovery rate make of them: against slow twins and a real teacher."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.calibration import facts
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.models import calibration
from kdmcse.models.calibration import Cosines, centred, mean_direction, null_threshold, share_above, unit

COCO = Path(__file__).parents[3] / "shared" / "coco"


def vectors(count, width=6, seed=0, shift=1.0):
    """As a teacher gives them: of any length, all pointing somewhat the same way."""
    chance = np.random.default_rng(seed)
    return (chance.normal(size=(count, width)) + shift) * chance.uniform(0.5, 9, size=(count, 1))


def test_what_is_centred_points_away_from_the_shared_direction_and_keeps_its_share_of_the_length():
    x = vectors(50)
    mean = mean_direction(x)
    moved = centred(x, mean)
    np.testing.assert_allclose(unit(moved), unit(unit(x) - mean), atol=1e-12)
    np.testing.assert_allclose(centred(3 * x, mean), 3 * moved, atol=1e-12)
    np.testing.assert_allclose(unit(x).mean(0), mean, atol=1e-12)
    assert np.array_equal(centred(x, np.zeros(6)), x)


def test_half_precision_is_computed_in_single_and_a_row_of_zeros_stays():
    x = np.vstack((vectors(3), np.zeros(6))).astype(np.float16)
    for moved in (unit(x), centred(x, np.ones(6, np.float32))):
        assert moved.dtype == np.float32 and not moved[3].any() and np.isfinite(moved).all()


@given(st.integers(2, 12), st.integers(0, 10**6))
def test_cosines_are_those_of_every_two_pairs_counted_once(count, seed):
    images, captions = vectors(count, seed=seed), vectors(count, seed=seed + 1)
    found = Cosines.of(images, captions)

    def cosine(a, b):
        return (a @ b) / np.sqrt((a @ a) * (b @ b))

    two = list(itertools.combinations(range(count), 2))
    expected = Cosines(
        np.array([cosine(images[i], captions[i]) for i in range(count)]),
        np.sort([cosine(captions[i], images[j]) for i, j in itertools.permutations(range(count), 2)]),
        np.sort([cosine(images[i], images[j]) for i, j in two]),
        np.sort([cosine(captions[i], captions[j]) for i, j in two]),
    )
    for name, values in vars(expected).items():
        np.testing.assert_allclose(getattr(found, name), values, atol=1e-12)


def test_of_many_pairs_a_sample_is_compared_which_the_seed_draws(monkeypatch):
    monkeypatch.setattr(calibration, "ROWS_LOOKED_AT", 20)
    images, captions = vectors(60), vectors(60, seed=1)
    found, same, other = (Cosines.of(images, captions, seed) for seed in (0, 0, 1))
    assert [len(values) for values in vars(found).values()] == [60, 380, 190, 190]
    assert np.array_equal(found.images, same.images) and not np.array_equal(found.images, other.images)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.integers(-4, 4))
def test_a_rank_is_the_share_of_those_that_are_more_alike(cosines, value):
    found = share_above(np.sort(cosines), value)
    assert found == pytest.approx(sum(one > value for one in cosines) / len(cosines))


def slow_left_out(mismatched, rate):
    """Benjamini-Hochberg by its definition: the k least p values, k the greatest with p_(k) <= rate k / m."""
    centre = np.median(mismatched)
    null = [x for x in mismatched if x < centre] + [2 * centre - x for x in mismatched if x < centre]
    p = [(1 + sum(x >= c for x in null)) / (1 + len(null)) if c > centre else 1 for c in mismatched]
    kept = [k for k in range(1, len(p) + 1) if sorted(p)[k - 1] <= rate * k / len(p)]
    return sum(one <= sorted(p)[max(kept) - 1] for one in p) if kept else 0


@given(st.integers(2, 60), st.integers(0, 40), st.integers(0, 10**6), st.sampled_from([0.05, 0.2, 0.5]))
def test_the_threshold_leaves_out_what_benjamini_and_hochberg_reject(chance_pairs, alike, seed, rate):
    draw = np.random.default_rng(seed)
    # In steps of 1/8, which are exact in binary: mirrored values meet others.
    cosines = np.sort(np.round(np.concatenate((draw.normal(size=chance_pairs), draw.normal(4, 1, size=alike))) * 8) / 8)
    assert np.sum(cosines > null_threshold(cosines, rate)) == slow_left_out(cosines, rate)


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_the_share_of_wrongly_left_out_negatives_is_held_to_the_rate(rate):
    """900,000 mismatched pairs, 2 % of which are true: what chance made alike is at most `rate` of what is left out, and most true ones are."""
    for seed in range(5):
        draw = np.random.default_rng(seed)
        by_chance, alike = draw.normal(0.15, 0.045, size=882_000), draw.normal(0.31, 0.03, size=18_000)
        threshold = null_threshold(np.sort(np.concatenate((by_chance, alike))), rate)
        wrong, right = np.sum(by_chance > threshold), np.sum(alike > threshold)
        assert wrong / (wrong + right) < rate * 1.1
        assert right / len(alike) > 0.6


def test_nothing_is_left_out_where_all_is_chance():
    cosines = np.sort(np.random.default_rng(0).normal(size=10_000))
    assert np.sum(cosines > null_threshold(cosines, 0.05)) == 0
    assert null_threshold(np.array([0.1, 0.2]), 0.05) == 0.2


@pytest.fixture(scope="module")
def coco() -> dict[str, np.ndarray]:
    if not COCO.exists():
        pytest.skip("the vectors of a real teacher lie beside the project, and are absent here")
    pairs = pd.read_csv(COCO / "pairs.csv", dtype=str, keep_default_na=False)
    teacher = pd.read_parquet(COCO / "teacher.parquet").set_index("content")["vector"]
    return {side: np.stack(teacher.loc[pairs[side]]) for side in ("image", "caption")}


def test_a_real_teacher_looks_as_is_known_of_it(coco):
    found = Cosines.of(coco["image"], coco["caption"])
    assert np.quantile(found.true, [0.05, 0.25, 0.5, 0.75, 0.95]) == pytest.approx(
        [0.257, 0.289, 0.310, 0.333, 0.363], abs=1e-3
    )
    assert found.mismatched[-1] == pytest.approx(0.377, abs=1e-3)
    for cosines, mean, deviation in ((found.captions, 0.485, 0.11), (found.images, 0.469, 0.096)):
        assert (1 - cosines).mean() == pytest.approx(mean, abs=1e-3)
        assert cosines.std() == pytest.approx(deviation, abs=1e-3)
    removed = [share_above(found.mismatched, np.quantile(found.true, q)) for q in (0.5, 0.25, 0.1, 0.05)]
    assert removed == pytest.approx([0.0035, 0.013, 0.030, 0.047], abs=5e-4)
    assert share_above(found.mismatched, 0.8) == 0


def test_calibration_makes_a_real_teacher_act(coco):
    """Margins of a full-width standard deviation instead of a nearly constant one, and a filter that finds something to leave out."""
    published = Cosines.of(coco["image"], coco["caption"])
    moved = {side: centred(x, mean_direction(x)) for side, x in coco.items()}
    calibrated = Cosines.of(moved["image"], moved["caption"])
    for side in ("images", "captions"):
        before, after = getattr(published, side), getattr(calibrated, side)
        ranks = share_above(after, after)
        assert ranks.mean() == pytest.approx(0.5, abs=0.01)
        assert (1 - before).std() / (1 - before).mean() < 0.24 < 0.57 < ranks.std() / ranks.mean()
    left_out = [share_above(one.mismatched, one.null_threshold(0.05)) for one in (published, calibrated)]
    assert left_out == pytest.approx([0.0256, 0.071], abs=1e-3)


def test_in_the_batches_of_training_ranks_treble_how_much_a_margin_varies_and_dense_ones_hold_more_doubtful_negatives(
    coco,
):
    pairs = pd.read_csv(COCO / "pairs.csv", dtype=str, keep_default_na=False)
    train = (pairs["split"] == "train").to_numpy()
    found = facts(coco["image"][train], coco["caption"][train], pairs[train].reset_index(drop=True))
    found = found.set_index(["teacher", "batches"])
    published, calibrated = found.loc["published"], found.loc["calibrated"]
    for side in ("images_sd", "captions_sd"):
        assert (calibrated[side] > 2.2 * published[side]).all()
    assert published["above_median_true"].to_dict() == pytest.approx(
        {"random": 0.0035, "distinct": 0.0034, "dense": 0.0136}, abs=5e-4
    )
    assert (calibrated["null_05"] > published["null_05"]).all() and (published["null_05"] < published["null_20"]).all()
