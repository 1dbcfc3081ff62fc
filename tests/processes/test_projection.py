"""The map of a run is drawn in the background, once, and its job says how it ended."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from example_poc import config, evaluated, import_example
from filelock import FileLock

from kdmcse.config import BASELINE
from kdmcse.engine.runs import create
from kdmcse.evaluation.projection import project_run, projection_folder, read_projection
from kdmcse.processes import launch, projection
from kdmcse.results.neighbours import read_neighbours
from kdmcse.store.workspace import Workspace


@pytest.fixture
def runs(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", pairs=18)
    return [evaluated(workspace, dataset, config(dataset, method), 0.5) for method in ("kdmcse", BASELINE)]


def wait_for(run, baseline):
    end = time.monotonic() + 120
    while projection.status(run, baseline) == "running":
        assert time.monotonic() < end
        time.sleep(0.05)
    return projection.status(run, baseline)


@pytest.mark.slow
def test_the_map_of_a_run_is_drawn_in_the_background_and_kept(runs):
    run, baseline = runs
    assert projection.status(run, baseline) == "none" and read_projection(run, baseline) is None
    launch.start_projection(run, baseline)
    launch.start_projection(run, baseline)
    assert wait_for(run, baseline) == "done"
    points = read_projection(run, baseline)
    assert list(points.columns) == ["pair", "before_x", "before_y", "after_x", "after_y"]
    assert len(points) == 12 and np.isfinite(points.to_numpy()).all()
    folder = run.folder / "projection" / baseline.id
    outcome = json.loads((folder / "outcome.json").read_text())
    assert outcome["status"] == "succeeded" and outcome["error"] is None and outcome["seconds"] >= 0
    assert projection.job(run, baseline).failure() is None
    assert len(read_neighbours(run, baseline).table) == 12 and projection.is_complete(run, baseline)


def test_a_map_of_before_keeps_its_points_and_is_told_what_changed(runs):
    run, baseline = runs
    points = project_run(run, baseline)
    assert projection.status(run, baseline) == "done" and not projection.is_complete(run, baseline)
    drawn = projection_folder(run, baseline) / "points.parquet"
    before = drawn.stat().st_mtime_ns
    assert projection.main([str(run.folder), str(baseline.folder)]) == 0
    assert projection.is_complete(run, baseline) and drawn.stat().st_mtime_ns == before
    assert read_neighbours(run, baseline).table["pair"].tolist() == points["pair"].tolist()


@pytest.mark.slow
def test_a_run_without_an_evaluation_cannot_be_drawn_and_the_job_says_so(runs):
    run, baseline = runs
    other = create(run.workspace, config(type("Dataset", (), {"fingerprint": run.config.dataset}), "kdmcse", 9))
    done = subprocess.run(
        [sys.executable, "-m", "kdmcse.processes.projection", str(other.folder), str(baseline.folder)]
    )
    assert done.returncode == 2 and projection.status(other, baseline) == "failed"
    launch.start_projection(other, baseline)
    assert wait_for(other, baseline) == "failed"
    assert projection.job(other, baseline).failure().code == "projection_needs_evaluation"


def test_a_job_is_seen_at_work_by_its_lock_and_not_started_twice(runs):
    run, baseline = runs
    folder = run.folder / "projection" / baseline.id
    folder.mkdir(parents=True)
    with FileLock(folder / "alive.lock"):
        assert projection.status(run, baseline) == "running"
        launch.start_projection(run, baseline)
        assert not (folder / "log.txt").exists()
        assert projection.main([str(run.folder), str(baseline.folder)]) == 0
        assert read_projection(run, baseline) is None
