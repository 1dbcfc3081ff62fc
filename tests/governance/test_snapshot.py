"""A snapshot holds what a demonstration needs and nothing else, is checked by its digests, and is never written into."""

import json
import shutil

import pytest
from example_live import live_poc
from PIL import Image

from kdmcse import cost, data, demonstration
from kdmcse.cli import app
from kdmcse.demonstration import Ballot
from kdmcse.errors import UserError
from kdmcse.governance import snapshot
from kdmcse.results import pins
from kdmcse.results.analysis import Analysis
from kdmcse.results.results import load_results
from kdmcse.results.typical_run import current_and_new, folder_of
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    found = live_poc(tmp_path_factory.mktemp("live"))
    workspace, fingerprint = found.workspace, found.dataset.fingerprint
    big = next((found.dataset.folder / "objects").iterdir())
    Image.new("RGB", (900, 600), (9, 9, 9)).save(big, "PNG")
    demonstration.save(workspace, fingerprint, "a red cup")
    demonstration.vote(workspace, fingerprint, "Aiko", ballot(found), "new")
    write_json(workspace.teachers / "abc" / "teacher.json", {})
    write_json(workspace.prices / "another.json", {})
    write_json(workspace.evidence / "another.json", {})
    for name in (fingerprint, "another"):
        write_json(pins.file_of(workspace, name), [])
    (found.new.folder / "checkpoints").mkdir()
    (found.new.folder / "checkpoints" / "weights").write_bytes(b"0" * 1000)
    (found.new.folder / "log.txt").write_text("a place on this machine")
    return found


def ballot(found, text="a red cup") -> Ballot:
    return Ballot(text, "held_out", found.current.id, found.new.id)


@pytest.fixture(scope="module")
def frozen(poc, tmp_path_factory):
    told = []
    folder = tmp_path_factory.mktemp("frozen") / "snapshot"
    made = snapshot.freeze(poc.workspace, poc.dataset, folder, told=told.append)
    assert told == ["results", "pictures", "students", "digests"]
    return made


def files_of(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_holds_what_was_pinned_of_its_dataset_alone(poc, frozen):
    assert [name for name in files_of(frozen.folder) if name.startswith("pins/")] == [
        f"pins/{poc.dataset.fingerprint}.json"
    ]


def test_it_holds_both_students_small_pictures_and_what_was_measured(poc, frozen):
    files = files_of(frozen.folder)
    for run in (poc.current, poc.new):
        assert f"runs/{run.id}/evaluation/embeddings.npy" in files
        assert any(name.startswith(f"runs/{run.id}/student/") and name.endswith("safetensors") for name in files)
    assert f"runs/{poc.new.id}/heads.safetensors" in files and frozen.students == (poc.current.id, poc.new.id)
    pictures = [frozen.folder / name for name in files if "/objects/" in name]
    assert len(pictures) == len(list((poc.dataset.folder / "objects").iterdir()))
    assert max(max(Image.open(path).size) for path in pictures) == snapshot.PICTURE_PIXELS


def test_it_leaves_out_what_is_not_shown_and_what_is_of_others(frozen):
    files = files_of(frozen.folder)
    left_out = ("checkpoints", "log.txt", "teacher/", "alive.lock", "prices/another", "evidence/another", "draft")
    assert [name for name in files if any(one in name for one in left_out)] == []


def test_its_note_has_the_digest_of_every_file(frozen):
    note = json.loads((frozen.folder / "snapshot.json").read_text())
    assert set(note["files"]) == files_of(frozen.folder) - {"snapshot.json"}
    snapshot.check(frozen.folder)
    assert frozen.files == len(note["files"]) and frozen.size > 0


def test_the_same_results_are_read_from_it_without_writing(poc, frozen):
    before = {path: path.stat().st_mtime_ns for path in frozen.folder.rglob("*")}
    workspace = Workspace(frozen.folder)
    [dataset] = data.list_datasets(workspace)
    here, there = (Analysis(load_results(one, dataset.fingerprint)) for one in (workspace, poc.workspace))
    assert here.scores().equals(there.scores())
    assert here.verdicts().metric == there.verdicts().metric
    assert here.costs().estimates == there.costs().estimates
    current, new = (folder_of(here, run) for run in current_and_new(here))
    assert str(current.student).startswith(str(frozen.folder)) and str(new.student).startswith(str(frozen.folder))
    assert {path: path.stat().st_mtime_ns for path in frozen.folder.rglob("*")} == before


def test_votes_on_a_snapshot_go_beside_it_and_count_with_those_in_it(poc, frozen, tmp_path):
    fingerprint, aside = poc.dataset.fingerprint, Workspace(frozen.folder, aside=tmp_path / "votes")
    for act in (demonstration.vote, None):
        with pytest.raises(UserError) as refused:
            where = Workspace(frozen.folder), fingerprint
            act(*where, "Ben", ballot(poc), "new") if act else demonstration.save(*where, "a blue cap")
        assert refused.value.code == "workspace_frozen"
    demonstration.vote(aside, fingerprint, "Ben", ballot(poc), "current")
    demonstration.save(aside, fingerprint, "a blue cap")
    with pytest.raises(UserError) as twice:
        demonstration.vote(aside, fingerprint, "Aiko", ballot(poc), "current")
    assert twice.value.code == "vote_twice"
    assert demonstration.votes(aside, fingerprint)["person"].tolist() == ["Aiko", "Ben"]
    assert [one.text for one in demonstration.saved(aside, fingerprint)] == ["a red cup", "a blue cap"]


def test_prices_cannot_be_changed_in_it(poc, frozen):
    from example_poc import PRICES

    with pytest.raises(UserError) as refused:
        cost.write_prices(Workspace(frozen.folder), poc.dataset.fingerprint, PRICES)
    assert refused.value.code == "workspace_frozen"


@pytest.mark.parametrize("harm", ["changed", "missing", "note"])
def test_a_file_that_is_not_as_it_was_is_named(frozen, tmp_path, harm):
    folder = tmp_path / "copy"
    shutil.copytree(frozen.folder, folder)
    victim = next((folder / "runs").rglob("embeddings.npy"))
    victim.chmod(0o644)
    if harm == "note":
        (folder / "snapshot.json").chmod(0o644)
        (folder / "snapshot.json").write_text("{")
    elif harm == "changed":
        content = bytearray(victim.read_bytes())
        content[-1] ^= 1
        victim.write_bytes(content)
    else:
        victim.unlink()
    with pytest.raises(UserError) as damaged:
        snapshot.check(folder)
    assert damaged.value.code == "snapshot_damaged"
    assert ("snapshot.json" if harm == "note" else "embeddings.npy") in str(damaged.value)


def test_a_folder_with_something_in_it_and_one_inside_are_refused(poc, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for folder, code in ((tmp_path / "full", "snapshot_exists"), (poc.workspace.path / "inside", "snapshot_inside")):
        with pytest.raises(UserError) as refused:
            snapshot.freeze(poc.workspace, poc.dataset, folder)
        assert refused.value.code == code


def test_the_shell_freezes_and_checks(poc, tmp_path, capsys):
    place = ["--workspace", str(poc.workspace.path), "--json"]
    assert app.main(["snapshot", str(tmp_path / "made"), *place]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["dataset"] == poc.dataset.fingerprint and len(made["students"]) == 2
    assert app.main(["snapshot", str(tmp_path / "made"), "--check", *place]) == 0
    assert app.main(["snapshot", str(tmp_path), "--check", *place]) == 2
    assert "snapshot_missing" in capsys.readouterr().out
    assert app.main(["snapshot", str(tmp_path / "more"), "--workspace", str(tmp_path / "empty")]) == 2
    assert "nothing to freeze" in capsys.readouterr().err


def test_a_frozen_workspace_trains_nothing(poc, frozen, capsys):
    given = ["train", "--dataset", poc.dataset.fingerprint, "--method", "simcse", "--student", poc.current.student]
    assert app.main([*given, "--workspace", str(frozen.folder)]) == 2
    assert "frozen snapshot" in capsys.readouterr().err
