"""Tuning, and the published recipe, from a shell."""

import json

import published
import pytest
import small
from example_study import SETTINGS, judged, workspace_of
from filelock import FileLock

from kdmcse import cost, data
from kdmcse.cli import app
from kdmcse.config import TrainingConfig
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import settings

PRICES = cost.Prices("JPY", false_match=100, missed_match=400, monthly_volume=1000, base_rate=0.2)


@pytest.fixture
def dataset(tmp_path) -> data.PairDataset:
    return judged(tmp_path)


@pytest.mark.slow
def test_the_shell_tells_the_table_and_writes_settings_that_train_takes(dataset, tmp_path, capfd):
    (tmp_path / "base.toml").write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in SETTINGS.to_dict().items()))
    cost.write_prices(workspace_of(dataset), dataset.fingerprint, PRICES)
    out = tmp_path / "best.toml"
    command = [
        "tune", "--workspace", str(workspace_of(dataset).path), "--dataset", "judged", "--student", small.student(), "--teacher",
        small.teacher(), "--config", str(tmp_path / "base.toml"), "--trials", "2", "--out", str(out),
    ]  # fmt: skip
    assert app.main([*command, "--json"]) == 0
    told = capfd.readouterr()
    found = json.loads(told.out)
    assert [row["trial"] for row in found["trials"]] == [0, 1] and found["out"] == str(out)
    assert all(row["derived_monthly_cost"] is not None for row in found["trials"])
    assert TrainingConfig.from_toml(out).to_dict() == found["training"]
    assert len(told.err.strip().splitlines()) == 2, "a line a trial"
    assert app.main([*command, "--language", "ja"]) == 0
    assert "テスト用データでの結果はまだ分かりません" in capfd.readouterr().out
    assert app.main([*command[:-1], str(tmp_path)]) == 2
    assert str(tmp_path) in capfd.readouterr().err, "a folder is no file"


FEATURES = "flickr30k_ViT_L14.json"


@pytest.fixture
def folder(tmp_path):
    return published.folder(tmp_path / "data")


@pytest.mark.slow
def test_the_command_trains_the_published_recipe_to_its_score(tmp_path, folder, capsys, monkeypatch):
    monkeypatch.setenv("KDMCSE_LOCKS", str(tmp_path / "locks"))
    asked = ["reproduce", "wiki-flickr", "--workspace", str(tmp_path / "workspace"), "--data", str(folder)]
    asked += ["--student", small.student(), "--wait"]
    assert app.main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(run["method"], run["seed"], run["status"]) for run in told["runs"]] == [
        ("baseline", 0, "succeeded"),
        ("kdmcse", 1234, "succeeded"),
    ]
    assert told["name"] == "wiki-flickr" and told["counts"]["train"] == 120
    kept = json.loads((tmp_path / "workspace/runs" / told["runs"][1]["run"] / "config.json").read_text())
    assert kept["training"] == settings.PUBLISHED.to_dict() and kept["teacher"] == told["teacher"]
    assert all(-1 <= scores["sts"]["spearman"] <= 1 for scores in told["scores"].values()) and len(told["scores"]) == 2
    assert app.main(asked) == 0
    out, err = capsys.readouterr()
    assert "wiki-flickr" in out and "spearman" in out and "read" not in err, "a second call has all of it"


def test_a_refusal_of_the_command_queues_nothing(tmp_path, folder, capsys):
    (folder / FEATURES).write_text("{")
    workspace = Workspace(tmp_path / "workspace")
    asked = ["reproduce", "wiki-flickr", "--workspace", str(workspace.path), "--data", str(folder), "--json"]
    with FileLock(workspace.path / "worker.lock"):
        assert app.main([*asked, "--student", str(tmp_path / "none")]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "student_unknown"
        assert app.main([*asked, "--student", small.student()]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "published_truncated"
    assert list(workspace.runs.iterdir()) == []


def test_the_simcse_of_the_published_scripts_has_the_sentence_margin(tmp_path, folder, capsys, monkeypatch):
    monkeypatch.setattr("kdmcse.engine.queue.ensure", lambda workspace: None)
    asked = ["reproduce", "wiki-flickr", "--workspace", str(tmp_path / "workspace"), "--data", str(folder)]
    assert app.main([*asked, "--student", small.student(), "--method", "simcse", "--json"]) == 0
    methods = [run["method"] for run in json.loads(capsys.readouterr().out)["runs"]]
    assert methods == ["baseline", "simcse_margin"] and settings.PUBLISHED.sentence_margin_radians == 0.15
