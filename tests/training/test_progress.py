"""What a run's last lines of progress say: a share, a pace, the best score."""

import json

import pytest
from example_poc import config, import_example

from kdmcse.engine import runs
from kdmcse.store.workspace import Workspace
from kdmcse.training import progress


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.mark.parametrize(
    ("line", "share"),
    [
        (None, 0.02),
        ({"stage": "choosing", "done": 4.5, "total": 9}, 0.45),
        ({"stage": "embedding", "done": 5, "total": 10}, 0.11),
        ({"stage": "embedding", "done": 0, "total": 0}, 0.02),
        ({"stage": "training", "step": 50, "steps": 100}, 0.55),
        ({"stage": "evaluating"}, 0.95),
    ],
)
def test_share_done(workspace, tmp_path, line, share):
    dataset = import_example(workspace, tmp_path / "source")
    run = runs.create(workspace, config(dataset, "kdmcse"))
    if line:
        (run.folder / "progress.jsonl").write_text(json.dumps(line) + "\n")
    assert progress.share_done(run) == pytest.approx(share)
    assert progress.pace(run).seconds_left is None


def test_the_total_is_the_last_loss_term():
    assert progress.loss_terms([{"loss": {"total": 1, "sentence": 1}}, {"stage": "x"}, {"loss": {"image": 1}}]) == [
        "sentence",
        "image",
        "total",
    ]


def test_the_best_on_dev_is_known_once_somebody_looked():
    assert progress.best_on_dev(None) is None and progress.best_on_dev({"step": 5, "steps": 9}) is None
    line = {"step": 300, "steps": 1000, "kept_step": 250, "dev_score": 0.0}
    assert progress.best_on_dev(line) == progress.BestOnDev(0.0, 250, 1000), "0 is a score"
    assert progress.best_on_dev({"status": "succeeded", "kept_step": 2, "dev_score": 0.5}).steps is None
