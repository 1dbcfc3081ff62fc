"""Runs from a shell: queued for every seed, stopped, resumed, deleted; a failure is told with its run."""

import json
import shutil

import pytest
import small
from example_poc import complete, import_example
from filelock import FileLock

from kdmcse import audit
from kdmcse.cli import results
from kdmcse.cli.command import Session
from kdmcse.config import RECOMMENDED, RunConfig, TrainingConfig
from kdmcse.engine import runs
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.audit import reading_lines
from kdmcse.presentation.data import unmeasured_sentence
from kdmcse.presentation.settings import prompt_sentence
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace


def queued(workspace: Workspace, dataset: str = "d1", seed: int = 0) -> runs.Run:
    return runs.create(workspace, RunConfig(dataset=dataset, method="simcse", student="small", seed=seed))


def test_an_empty_workspace_has_no_runs(shell):
    assert shell("runs") == (0, "There are no trainings yet.\n", "")
    status, out, _ = shell("runs", "--json")
    assert status == 0 and json.loads(out) == {"runs": []}


def test_training_is_queued_for_every_seed_with_the_untouched_student(
    shell, tmp_path, workspace, shop, model, nobody_works
):
    config = tmp_path / "training.toml"
    config.write_text("\ufeffepochs = 3\n", encoding="utf-8")
    asked = ["--dataset", "SHOP", "--method", "simcse", "--student", model, "--seeds", "3,1"]
    status, out, _ = shell("train", *asked, "--config", config, "--json")
    told = json.loads(out)["runs"]
    assert status == 0
    assert [(one["method"], one["seed"]) for one in told] == [("baseline", 0), ("simcse", 3), ("simcse", 1)]
    assert {one["status"] for one in told} == {"queued"} and {one["dataset"] for one in told} == {shop.fingerprint}
    assert runs.open_run(workspace, told[1]["run"]).config.training.epochs == 3
    again = json.loads(shell("train", *asked, "--config", config, "--json")[1])["runs"]
    assert again == told and len(runs.list_runs(workspace)) == 3


def test_a_student_that_seems_to_lack_its_prompt_is_told_and_trained_all_the_same(
    shell, tmp_path, shop, model, nobody_works
):
    e5, config, t = model.rename(tmp_path / "multilingual-e5-small"), tmp_path / "training.toml", Locale("en")
    hint = prompt_sentence(t, "student", str(e5), "e5")
    asked = ["--dataset", "SHOP", "--method", "simcse", "--student", e5, "--seeds", "1", "--json"]
    status, out, err = shell("train", *asked)
    assert status == 0 and hint in err and hint not in out
    config.write_text('prompt = "e5"\n')
    status, _, err = shell("train", *asked, "--config", config)
    assert status == 0 and hint not in err


def test_a_training_that_nothing_will_measure_says_so_and_goes_on(shell, shop, model, nobody_works):
    asked = ["--dataset", "SHOP", "--method", "simcse", "--student", model, "--seeds", "1"]
    for language in LANGUAGES:
        said = unmeasured_sentence(Locale(language), shop)
        status, out, err = shell("train", *asked, "--language", language)
        assert status == 0 and said and said in err and said not in out


def test_simcse_with_a_margin_of_0_is_told_to_be_simcse(shell, tmp_path, shop, model, nobody_works):
    config, said = tmp_path / "training.toml", Locale("en")("cli.margin_is_simcse")
    asked = ["--dataset", "SHOP", "--student", model, "--seeds", "1", "--config", config, "--method"]
    config.write_text("sentence_margin_radians = 0\n")
    assert said in shell("train", *asked, "simcse_margin")[2]
    assert said not in shell("train", *asked, "simcse")[2]
    config.write_text("sentence_margin_radians = 0.1\n")
    assert said not in shell("train", *asked, "simcse_margin")[2]


def test_a_teacher_of_sentences_that_seems_to_lack_its_prompt_is_told_too(shell, tmp_path, shop, model, nobody_works):
    ruri, config = shutil.copytree(model, tmp_path / "ruri-base"), tmp_path / "training.toml"
    config.write_text('prompt = "none"\n')  # it is the student's alone
    asked = ["--dataset", "SHOP", "--student", model, "--seeds", "1", "--config", config]
    for language in LANGUAGES:
        hint = prompt_sentence(Locale(language), "text_teacher", str(ruri), "ruri")
        told = [*asked, "--language", language]
        assert hint in shell("train", *told, "--method", "rankcse", "--teacher", ruri)[2]
        assert hint not in shell("train", *told, "--method", "rankcse", "--teacher", model)[2]
        assert hint not in shell("train", *told, "--method", "simcse")[2]


@pytest.mark.parametrize("student", [small.student, small.static_student])
def test_texts_that_the_student_does_not_read_whole_are_told_before_the_start(
    shell, tmp_path, shop, student, nobody_works
):
    config = tmp_path / "training.toml"
    config.write_text("max_length = 9\n")
    asked = ["--dataset", "SHOP", "--method", "simcse", "--student", student(), "--seeds", "1", "--config", config]
    training = TrainingConfig.from_toml(config, RECOMMENDED)
    for language in LANGUAGES:
        lines = reading_lines(Locale(language), audit.before_training(shop, training, student()))
        status, out, err = shell("train", *asked, "--language", language)
        assert status == 0 and len(lines) == 2, "a sentence that is cut, and one with signs that are not known"
        assert all(line in err and line not in out for line in lines)


def test_a_run_is_stopped_resumed_and_deleted(shell, workspace, nobody_works):
    run = queued(workspace)

    def status_after(command: str) -> str:
        status, out, _ = shell(command, run.id, "--json")
        assert status == 0
        return json.loads(out)["runs"][0]["status"]

    assert status_after("runs") == "queued"
    assert status_after("stop") == "stopped"
    status, out, err = shell("resume", run.id)
    assert status == 0 and "waiting" in out
    status, out, err = shell("resume", run.id, "--json")
    assert status == 2 and json.loads(out)["error"]["code"] == "run_not_resumable"
    with FileLock(run.folder / "alive.lock"):
        status, out, err = shell("delete", run.id, "--json")
        assert status == 2 and json.loads(out)["error"]["code"] == "run_alive" and run.id in err
        assert status_after("stop") == "stopping"
    status, out, _ = shell("delete", run.id, "--json")
    assert status == 0 and json.loads(out) == {"deleted": run.id}
    assert runs.list_runs(workspace) == []


def test_a_failure_is_told_with_its_run(shell, workspace, nobody_works):
    run = queued(workspace)
    (run.folder / "ticket.json").unlink()
    error = {"code": "too_few_pairs", "fields": {"count": "1", "needed": "2"}, "message": "Too few.", "hint": "More."}
    write_json(run.folder / "outcome.json", {"status": "failed", "error": error, "seconds": 1.0})
    assert "failed" in shell("runs")[1] and "pairs or sentences to train on: 1;" in shell("runs")[1]
    assert json.loads(shell("runs", "--json")[1])["runs"][0]["error"]["code"] == "too_few_pairs"


def test_an_untouched_student_is_kept_by_its_whole_path(workspace, model, monkeypatch):
    monkeypatch.chdir(model.parent)
    found = results._runs_of(Session(workspace, Locale("en"), as_json=True), [model.name], "d")
    assert found[model.name].config.student == str(model)


def test_an_untouched_student_is_read_with_the_prompt_of_the_runs_that_began_with_it(workspace):
    session = Session(workspace, Locale("en"), as_json=True)
    trained = runs.create(workspace, RunConfig("d", "simcse", small.student(), training=TrainingConfig(prompt="e5")))
    found = results._runs_of(session, [trained.id, small.student(), small.static_student()], "d")
    assert [run.config.training.prompt for run in found.values()] == ["e5", "e5", "own"]


def test_a_curve_that_is_started_says_what_was_queued_as_a_training_does(
    shell, workspace, tmp_path, nobody_works, monkeypatch
):
    monkeypatch.setattr("kdmcse.models.references.require", lambda reference, role: None)
    dataset = import_example(workspace, tmp_path / "sources")
    complete(workspace, dataset, seeds=(0,))
    asked = ["curve", "--dataset", "Shop", "--start", "--shares", "0.5,1", "--seeds", "0"]
    status, out, _ = shell(*asked)
    queued = [run for run in runs.list_runs(workspace) if run.status == "queued"]
    assert status == 0 and len(queued) == 1 and f"{queued[0].id}  waiting" in out
    told = json.loads(shell(*asked, "--json")[1])
    assert [run["data_share"] for run in told["runs"]] == [1.0, 0.5, 1.0] and "points" in told
