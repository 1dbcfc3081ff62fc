"""A deletion leaves nothing behind, and nothing that was not to go is gone."""

import pytest
from example_poc import PRICES, complete, import_example

from kdmcse import cost
from kdmcse.governance.deletion import delete_dataset
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_a_deleted_dataset_takes_its_runs_and_prices_along(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    delete_dataset(workspace, dataset, with_runs=True)
    assert not list(workspace.datasets.glob("[!.]*")) and not list(workspace.runs.glob("*/config.json"))
    assert not list(workspace.prices.iterdir())


def test_runs_stay_when_asked(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    delete_dataset(workspace, dataset, with_runs=False)
    assert len(list(workspace.runs.glob("*/config.json"))) == 4
