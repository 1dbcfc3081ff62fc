"""The comparison on a folder of real data: every recipe once, resumable, and a table that agrees with what was measured."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from filelock import FileLock
from scipy.stats import spearmanr

from kdmcse.cli import app
from kdmcse.config import BASELINE
from kdmcse.data.sharing import shared
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_evaluation
from kdmcse.i18n import Locale
from kdmcse.models import student
from kdmcse.presentation.real_data import table_lines
from kdmcse.processes import real_data, train
from kdmcse.stats.units import Units
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def folder(tmp_path):
    """A folder as it is asked for: the small pilot without its pictures, with vectors of random directions."""
    files = small.pilot(tmp_path / "real", dev=True)
    pairs, rng = pd.read_csv(files["pairs"]), np.random.default_rng(0)
    contents = list(dict.fromkeys([*pairs["image"], *pairs["caption"]]))
    vectors = rng.normal(size=(len(contents), 8)).astype(np.float32)
    table = pd.DataFrame({"content": contents, "vector": list(vectors)})
    table.to_parquet(tmp_path / "real" / "teacher.parquet", index=False)
    (tmp_path / "real" / "texts.txt").write_text("we sell a mug\nwe sell a cap\nwe sell a lamp\nwe sell a bag\n")
    return tmp_path / "real"


def started(workspace, folder, **given):
    dataset = real_data.import_folder(workspace, folder)
    asked = {"student": small.student(), "seeds": (0, 1)} | given
    with FileLock(workspace.path / "worker.lock"):
        return dataset, real_data.start(workspace, dataset, folder, **asked)


def test_every_recipe_is_asked_for_with_and_without_sentences_and_nothing_twice(workspace, folder):
    dataset, entries = started(workspace, folder, text_teacher=small.student())
    names = [name for name, _, _ in real_data.RECIPES]
    assert [(entry.name, entry.texts) for entry in entries] == [
        (BASELINE, "left_out"), *((name, kind) for kind in ("left_out", "mixed") for name in names),
    ]  # fmt: skip
    for entry in entries[1:]:
        assert [run.config.seed for run in entry.runs] == [0, 1]
        assert {run.config.training.texts for run in entry.runs} == {entry.texts}
        assert {run.config.training.epochs for run in entry.runs} == {1 if entry.texts == "mixed" else 5}
        expected = small.student() if entry.name == "rankcse" else str(folder / "teacher.parquet")
        assert {run.config.teacher for run in entry.runs} <= {expected, None}
    calibrated = next(entry for entry in entries if entry.name == "kdmcse_calibrated").runs[0].config.training
    assert (calibrated.teacher_centring, calibrated.margin_adaptation) == ("modality", "rank")
    assert started(workspace, folder, text_teacher=small.student())[1] == entries


def test_the_dev_judgements_choose_the_sentences_too_and_without_a_text_teacher_its_recipe_is_left_out(
    workspace, folder, monkeypatch
):
    monkeypatch.setattr("kdmcse.processes.tune.MIN_DEV_ROWS", 10)
    (folder / "texts.txt").unlink()
    _, entries = started(workspace, folder, settled_by="dev")
    names = [name for name, _, _ in real_data.RECIPES if name != "rankcse"]
    assert [entry.name for entry in entries] == [BASELINE, *names]
    assert {entry.texts for entry in entries[1:]} == {"chosen"}
    assert {run.config.settled_by for entry in entries[1:] for run in entry.runs} == {"dev"}


def test_only_the_recipes_that_are_asked_for_are_trained_and_an_unknown_one_is_named(workspace, folder):
    _, entries = started(workspace, folder, recipes=["mcse", "kdmcse_calibrated_dense"])
    assert {entry.name for entry in entries} == {BASELINE, "mcse", "kdmcse_calibrated_dense"}
    with pytest.raises(UserError, match="kdmcse_best") as refused:
        started(workspace, folder, recipes=["mcse", "kdmcse_best"])
    assert refused.value.code == "comparison_unknown"


def test_a_method_in_dense_batches_is_compared_with_another_in_dense_batches(workspace, folder):
    _, entries = started(workspace, folder)
    beside = {(entry.name, entry.texts): real_data._beside(entries, entry, "mcse") for entry in entries}
    assert beside["kdmcse_calibrated_dense", "mixed"].name == "mcse_dense"
    assert beside["kdmcse_calibrated", "mixed"].name == "mcse" and beside["kdmcse_calibrated", "mixed"].texts == "mixed"
    assert beside[BASELINE, "left_out"].name == "mcse"
    assert beside["mcse", "mixed"] is beside["mcse_dense", "mixed"] is None


def test_models_are_kept_by_their_whole_path_and_a_text_teacher_must_hold_every_sentence(
    workspace, folder, monkeypatch
):
    monkeypatch.chdir(Path(small.student()).parent)
    _, entries = started(workspace, folder, student="student", text_teacher="./student", recipes=["rankcse"])
    assert {run.config.student for entry in entries for run in entry.runs} == {small.student()}
    assert {run.config.teacher for entry in entries[1:] for run in entry.runs} == {small.student()}
    with pytest.raises(UserError) as refused:
        started(workspace, folder, text_teacher=str(folder / "teacher.parquet"), recipes=["rankcse"])
    assert refused.value.code == "vectors_missing" and refused.value.fields["count"] == 4


@pytest.mark.parametrize("name", ["pairs.csv", "sts.csv", "teacher.parquet"])
def test_a_folder_without_what_is_needed_is_refused_by_the_name_of_the_file(workspace, folder, name):
    (folder / name).unlink()
    with pytest.raises(UserError, match=name) as refused:
        real_data.import_folder(workspace, folder)
    assert refused.value.code == "file_missing"


@pytest.mark.slow
def test_the_table_agrees_with_what_was_measured(workspace, folder, monkeypatch):
    recipes = [
        recipe for recipe in real_data.RECIPES if recipe[0] in ("simcse", "mcse", "kdmcse_published", "mcse_dense")
    ]
    monkeypatch.setattr(real_data, "RECIPES", recipes)
    monkeypatch.setattr(real_data, "START", real_data.dataclasses.replace(real_data.START, epochs=1, batch_size=8))
    (folder / "texts.txt").unlink()
    dataset, entries = started(workspace, folder)
    for entry in entries:
        for run in entry.runs:
            train.run_to_end(run)
    scored = real_data.table(workspace, dataset, entries)
    assert [one.name for one in scored] == [BASELINE, *(name for name, _, _ in recipes)]
    assert [one.seeds for one in scored] == [1, 2, 2, 2, 2]
    for one, entry in zip(scored, entries, strict=True):
        assert one.test.estimate == pytest.approx(
            np.mean([read_evaluation(run).scores["sts"]["spearman"] for run in entry.runs]), abs=1e-6
        )
        dev = dataset.dev
        encoder = student.load(entry.runs[0].student)
        left, right = (student.encode(encoder, list(dev[side])) for side in ("sentence1", "sentence2"))
        alone = spearmanr((left * right).sum(1), dev["score"]).statistic
        assert one.dev.rows == len(dev) and one.dev.units == Units.of(shared(dev).to_numpy(object), len(dev)).count
        kept = pd.read_parquet(entry.runs[0].folder / "dev.parquet")
        assert spearmanr(kept["cosine"], kept["gold"]).statistic == pytest.approx(alone, abs=1e-4)
        assert one.over_untouched.estimate in (None, pytest.approx(one.test.estimate - scored[0].test.estimate))
        defined = {"scores.json", "sts.parquet", "decisions.parquet", "retrieval.parquet", "embeddings.npy"}
        defined |= {"found_images.parquet", "yardsticks.json", "yardsticks.parquet"}
        assert {path.name for path in (entry.runs[0].folder / "evaluation").iterdir()} <= defined
    monkeypatch.setattr("kdmcse.models.student.load", None)  # what is finished loads no student again
    assert real_data.table(workspace, dataset, entries) == scored
    untouched, simcse, mcse, published, dense = scored
    for one in (mcse, published, dense):
        assert one.over_simcse.estimate == pytest.approx(one.test.estimate - simcse.test.estimate)
    assert published.over_mcse.estimate == pytest.approx(published.test.estimate - mcse.test.estimate)
    assert [one.over_mcse.estimate is None for one in (mcse, dense, untouched)] == [True, True, False]
    assert [one.over_simcse.estimate for one in (simcse,)] == [None]
    for language in ("en", "ja"):
        lines = table_lines(Locale(language), scored)
        assert len(lines) == 7 and {line.count("|") for line in lines} == {9}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_shell_ends_with_a_table_and_does_nothing_again(workspace, folder, monkeypatch, capsys):
    asked = ["demo", "--real", str(folder), "--student", small.student(), "--seeds", "0", "--json"]
    asked += ["--text-teacher", small.student(), "--workspace", str(workspace.path)]
    assert app.main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["rows"]) == 1 + 2 * len(real_data.RECIPES)
    before = {path: path.stat().st_mtime_ns for path in workspace.runs.rglob("*.safetensors")}
    assert app.main(asked) == 0
    assert json.loads(capsys.readouterr().out) == found
    assert before == {path: path.stat().st_mtime_ns for path in workspace.runs.rglob("*.safetensors")}
