"""Maps before and after, in one coordinate system."""

import numpy as np
import pytest
from example_poc import config, evaluated, import_example

from kdmcse.config import BASELINE
from kdmcse.errors import UserError
from kdmcse.evaluation import projection
from kdmcse.evaluation.projection import project, project_run
from kdmcse.store.workspace import Workspace

BY_UMAP = [pytest.param(n, marks=pytest.mark.slow) for n in (projection.MIN_UMAP_PAIRS, 40)]
"""Numbers of rows whose map UMAP draws: its import alone takes tens of seconds."""


def rows(n, width=12, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)


def clusters(seed):
    """60 rows in three far-apart groups, and the group of each."""
    group = np.arange(60) % 3
    return np.eye(3, 12)[group] * 20 + rows(60, seed=seed), group


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 15, *BY_UMAP])
def test_any_number_of_rows_has_a_finite_map(n):
    for points in project(rows(n), rows(n, seed=1)):
        assert points.shape == (n, 2) and points.dtype == np.float32 and np.isfinite(points).all()


@pytest.mark.parametrize("n", [1, 2, *BY_UMAP])
@pytest.mark.parametrize("after", [lambda n: np.ones((n, 12)), lambda n: np.zeros((n, 12)), lambda n: rows(n)])
def test_rows_that_are_all_equal_have_a_finite_map(n, after):
    before, after = project(np.ones((n, 12)), after(n))
    assert np.isfinite(before).all() and np.isfinite(after).all()
    assert np.ptp(before, axis=0).max() == 0, "equal rows, equal points"


def test_no_vectors_at_all_have_a_map_of_nothing():
    before, after = project(np.zeros((0, 0)), np.zeros((0, 0)))
    assert before.shape == after.shape == (0, 2)


@pytest.mark.parametrize("n", [5, BY_UMAP[1]])
def test_what_did_not_change_does_not_move(n):
    before, after = project(rows(n), rows(n))
    assert np.array_equal(before, after)


def test_a_mere_rotation_moves_nothing():
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(12, 12)))
    before, after = project(rows(10), rows(10) @ turn)
    assert np.allclose(before, after, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("widths", [(12, 12), (12, 8)])
def test_like_stays_with_like_across_both_maps(widths):
    (before, group), (after, _) = clusters(0), clusters(1)
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(12, 12)))
    map_before, map_after = project(before[:, : widths[0]], (after[:, : widths[1]] if widths[1] < 12 else after @ turn))
    everything, groups = np.concatenate([map_before, map_after]), np.concatenate([group, group])
    distance = np.linalg.norm(everything[:, None] - everything[None, :], axis=2)
    nearest = np.argsort(distance, axis=1)[:, 1:6]
    assert (groups[nearest] == groups[:, None]).mean() > 0.95


@pytest.mark.slow
def test_the_same_seed_draws_the_same_map_and_another_another():
    one, same, other = (project(rows(40), rows(40, seed=1), seed=seed)[1] for seed in (0, 0, 1))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_vectors_that_are_not_numbers_are_refused():
    broken = rows(20)
    broken[3, 0] = np.nan
    with pytest.raises(UserError, match="not finite numbers: 1"):
        project(rows(20), broken)


@pytest.fixture
def runs(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", pairs=18)
    return [evaluated(workspace, dataset, config(dataset, method), 0.5) for method in ("kdmcse", BASELINE)]


def test_evaluations_of_other_pairs_are_not_put_into_one_map(runs):
    run, baseline = runs
    np.save(baseline.folder / "evaluation" / "embeddings.npy", rows(3))
    with pytest.raises(UserError, match="not measured on the same pairs"):
        project_run(run, baseline)


def test_more_pairs_than_can_be_told_apart_are_thinned_evenly(runs, monkeypatch):
    monkeypatch.setattr(projection, "MAX_POINTS", 10)
    points = project_run(*runs)
    assert len(points) == 10 and points["pair"].is_monotonic_increasing and points["pair"].is_unique
