"""The process that imports what the page was given: what it leaves behind when it succeeds, is refused, or is stopped."""

import pytest
from example_datasets import album, pilot, table

from kdmcse.data import list_datasets, open_dataset
from kdmcse.data.drafts import UploadDraft, open_upload
from kdmcse.i18n import LANGUAGES
from kdmcse.processes import import_data
from kdmcse.store.workspace import Workspace

ASKED = {"name": "shop", "columns": {}}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def draft(workspace, tmp_path) -> UploadDraft:
    """Twenty pairs with their images wait to be imported."""
    waiting = open_upload(workspace)
    for kind, path in (("pairs", table(tmp_path, "pairs.csv", pilot())), ("images", album(tmp_path, 20))):
        content = path.read_bytes()
        waiting.put(kind, path.name, lambda place, content=content: place.write_bytes(content))
    return waiting


def run(workspace: Workspace, **asked) -> int:
    job = import_data.job(workspace)
    job.ask(asked or ASKED)
    return import_data.main([str(workspace.path)])


def test_the_files_become_a_dataset_and_wait_no_longer(workspace, draft):
    assert run(workspace) == 0
    [dataset] = list_datasets(workspace)
    assert import_data.result(workspace) == {"dataset": dataset.fingerprint}
    assert dataset.name == "shop" and dataset.counts["pairs"] == 20 and dataset.has_images
    assert draft.is_empty() and import_data.job(workspace).status() == "done"
    import_data.forget(workspace)
    assert import_data.job(workspace).status() == "none" and import_data.result(workspace) is None


def test_a_refusal_is_told_in_every_language_and_the_files_stay(workspace, draft):
    assert run(workspace, name="shop", columns={"pairs": {"caption": None}}) == 2
    refused = import_data.result(workspace)["refused"]
    assert set(refused) == set(LANGUAGES) and all("pairs.csv" in message for message, _ in refused.values())
    assert refused["ja"] != refused["en"] and set(draft.files()) == {"pairs", "images"}
    assert list_datasets(workspace) == []


def test_who_asks_it_to_stop_gets_no_dataset_and_keeps_the_files(workspace, draft):
    job = import_data.job(workspace)
    job.folder.mkdir(parents=True)
    (import_data.job(workspace).folder / "stop").touch()
    assert run(workspace) == 2
    assert import_data.result(workspace)["code"] == "import_stopped"
    assert set(draft.files()) == {"pairs", "images"} and not list(workspace.datasets.iterdir())
    import_data.forget(workspace)
    assert run(workspace) == 0, "and it can be begun again"


def test_how_far_it_is_is_written_down_part_by_part(workspace, draft, monkeypatch):
    told = []
    monkeypatch.setattr(import_data, "REPORT_SECONDS", 0)
    monkeypatch.setattr(
        "kdmcse.engine.background_job.BackgroundJob._report", lambda job, progress: told.append(progress)
    )
    run(workspace)
    assert list(dict.fromkeys(one["what"] for one in told)) == ["tables", "images", "comparing"]
    assert told[-1]["what"] == "comparing" and told[-1]["total"] == told[-1]["done"] + 1 > 10
    images = [one for one in told if one["what"] == "images"]
    assert [one["done"] for one in images] == list(range(20)) and {one["total"] for one in images} == {20}


def test_a_dataset_is_imported_once_more_beside_files_that_wait(workspace, draft, tmp_path):
    run(workspace)
    [dataset] = list_datasets(workspace)
    waiting = open_upload(workspace)
    waiting.put("pairs", "other.csv", lambda place: place.write_text("image,caption\n"))
    held = {"dataset": dataset.fingerprint, "name": "again", "hold_out": {}}
    assert run(workspace, **held) == 0
    assert import_data.result(workspace) == {"dataset": open_dataset(workspace, "shop").fingerprint}
    assert set(waiting.files()) == {"pairs"}, "they wait on"
