"""Into a frozen workspace nothing is written, and whoever tries is told so."""

import pytest

from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.job_folder import JobFolder
from kdmcse.errors import UserError
from kdmcse.store import jsonl
from kdmcse.store.files import make_folder, remove_folder, write_file, write_folder, write_json
from kdmcse.store.frozen import NOTE, frozen_root, is_frozen
from kdmcse.store.workspace import Workspace


@pytest.fixture
def frozen(tmp_path):
    folder = tmp_path / "frozen"
    (folder / "runs" / "one").mkdir(parents=True)
    (folder / NOTE).write_text("{}")
    return folder


WRITERS = {
    "a file": lambda folder: write_file(folder / "runs" / "one" / "a", b""),
    "json": lambda folder: write_json(folder / "a.json", {}),
    "a folder": lambda folder: write_folder(folder / "runs" / "two", lambda made: None),
    "an empty folder": lambda folder: make_folder(folder / "new" / "folder"),
    "a line": lambda folder: jsonl.append(folder / "runs" / "lines.jsonl", [{}]),
    "a removal": lambda folder: remove_folder(folder / "runs" / "one"),
    "a job": lambda folder: BackgroundJob(folder / "job").start("kdmcse.nothing"),
    "a lock": lambda folder: JobFolder(folder / "job").hold().__enter__(),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_nothing_is_written_whatever_is_tried(frozen, write):
    before = sorted(frozen.rglob("*"))
    with pytest.raises(UserError) as refused:
        write(frozen)
    assert refused.value.code == "workspace_frozen" and str(frozen) in str(refused.value)
    assert sorted(frozen.rglob("*")) == before


def test_opening_a_frozen_workspace_makes_no_folders(frozen):
    workspace = Workspace(frozen)
    assert workspace.is_frozen() and not workspace.datasets.exists()


def test_what_lies_beside_a_frozen_workspace_is_free(frozen, tmp_path):
    write_json(tmp_path / "a.json", {})
    assert not is_frozen(tmp_path) and frozen_root(frozen / "runs" / "one" / "x") == frozen
    aside = Workspace(frozen, aside=tmp_path / "votes")
    assert aside.demonstrations_written == tmp_path / "votes" / "demonstrations"
