"""A deletion leaves nothing behind, and nothing that was not to go is gone."""

import pytest
from example_poc import PRICES, complete, import_example
from filelock import FileLock

from kdmcse import cost
from kdmcse.engine import runs
from kdmcse.engine.job_folder import JobFolder
from kdmcse.errors import UserError
from kdmcse.governance.deletion import delete_dataset
from kdmcse.results import pins
from kdmcse.store.files import write_json
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


def test_what_was_typed_for_a_deleted_dataset_goes_with_it(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    workspace.drafts.mkdir()
    own, other = (workspace.drafts / f"training-{name}.json" for name in (dataset.fingerprint, "0" * 16))
    for draft in (own, other):
        draft.write_text("{}")
    delete_dataset(workspace, dataset, with_runs=True)
    assert not own.exists() and other.exists()


def test_examples_that_were_pinned_for_the_meeting_go_with_their_dataset(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    own, other = (pins.file_of(workspace, name) for name in (dataset.fingerprint, "0" * 16))
    for path in (own, other):
        write_json(path, [])
    delete_dataset(workspace, dataset, with_runs=True)
    assert not own.exists() and other.exists()


def test_runs_stay_when_asked(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    delete_dataset(workspace, dataset, with_runs=False)
    assert len(list(workspace.runs.glob("*/config.json"))) == 4


def test_settings_that_were_tried_on_a_deleted_dataset_go_with_it_and_others_stay(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    write_json(workspace.tuning / "kdmcse-1" / "study.json", {"dataset": dataset.fingerprint})
    write_json(workspace.tuning / "choice-of-before" / "choice.json", {"method": "kdmcse"})
    write_json(runs.list_runs(workspace, dataset.fingerprint)[0].folder / "choice.json", {"study": "choice-of-before"})
    write_json(workspace.tuning / "kdmcse-2" / "study.json", {"dataset": "another"})
    delete_dataset(workspace, dataset, with_runs=True)
    assert [path.name for path in workspace.tuning.iterdir()] == ["kdmcse-2"]


def test_nothing_is_deleted_while_a_job_beside_a_training_is_at_work(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    job = JobFolder(complete(workspace, dataset, seeds=(0,))["kdmcse"][0].folder / "interpolation")
    with job.hold(), pytest.raises(UserError) as refused:
        delete_dataset(workspace, dataset, with_runs=True)
    assert refused.value.code == "run_alive"
    assert dataset.folder.exists() and len(runs.list_runs(workspace, dataset.fingerprint)) == 4


def test_nothing_is_deleted_while_settings_are_tried(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    write_json(workspace.tuning / "kdmcse-1" / "study.json", {"dataset": dataset.fingerprint})
    with FileLock(workspace.tuning / "kdmcse-1" / "alive.lock"), pytest.raises(UserError) as refused:
        delete_dataset(workspace, dataset, with_runs=True)
    assert refused.value.code == "tuning_alive"
    assert dataset.folder.exists() and len(runs.list_runs(workspace, dataset.fingerprint)) == 4
