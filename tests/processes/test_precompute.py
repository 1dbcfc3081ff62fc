"""What pages show is computed when a measurement has ended: by the last run that waits, and never at a run's expense."""

import pytest
from example_poc import complete, config, import_example

from kdmcse.engine.runs import create
from kdmcse.processes import precompute
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources")
    complete(workspace, dataset, seeds=(0,))
    return dataset


def test_what_pages_show_is_on_the_disk_afterwards(workspace, dataset):
    before = set(workspace.evidence.iterdir())
    precompute.precompute_pages(workspace, dataset.fingerprint)
    assert set(workspace.evidence.iterdir()) > before


def test_while_further_runs_of_the_dataset_wait_nothing_is_computed(workspace, dataset, monkeypatch):
    monkeypatch.setattr(precompute, "precompute", lambda *given: pytest.fail("the next run changes it"))
    create(workspace, config(dataset, "kdmcse", 7))
    precompute.precompute_pages(workspace, dataset.fingerprint)


def test_a_failure_is_printed_and_never_raised(workspace, dataset, monkeypatch, capsys):
    def break_(*given):
        raise RuntimeError("boom")

    monkeypatch.setattr(precompute, "precompute", break_)
    precompute.precompute_pages(workspace, dataset.fingerprint)
    assert "boom" in capsys.readouterr().err
