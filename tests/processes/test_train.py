"""A run lives from its ticket to its evaluation, survives what befalls it, and ends in an outcome."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import small
import torch
from example_runs import SETTINGS, ask, ask_of, cut_in_the_next_step, run_alone, stages
from safetensors.torch import load_file

from kdmcse import data
from kdmcse.config import METHODS, SETTLED_BY, WITHOUT_IMAGES, WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.engine import runs
from kdmcse.models import student
from kdmcse.models.calibration import unit
from kdmcse.models.device import device_lock
from kdmcse.processes import choose, evaluate, train
from kdmcse.results import choices
from kdmcse.store.files import read_json, write_json
from kdmcse.store.locks import is_held
from kdmcse.store.workspace import Workspace
from kdmcse.training.prepare import prepare


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.mark.slow
def test_pairs_without_images_are_trained_and_measured_with_precomputed_vectors(workspace, tmp_path):
    files = small.pilot(tmp_path / "files")
    del files["images"]
    dataset = data.import_dataset(workspace, name="no images", **files)
    contents = [*dataset.pairs["image_name"].unique(), *dataset.pairs["caption"].unique()]
    vectors = np.random.default_rng(0).normal(size=(len(contents), 6))
    pd.DataFrame({"content": contents, "vector": list(vectors)}).to_parquet(tmp_path / "vectors.parquet")
    config = RunConfig(
        dataset.fingerprint, "kdmcse", small.student(), str(tmp_path / "vectors.parquet"), training=SETTINGS
    )
    run = runs.create(workspace, config)
    train.run_to_end(run)
    scores = read_json(run.folder / "evaluation" / "scores.json")
    assert run.status == "succeeded" and scores["caption_to_image"]["queries"] == dataset.counts["held_out_pairs"] > 0


def test_a_static_embedding_is_trained_measured_and_saved_as_what_it_is(workspace):
    run = ask_of(workspace, small.static_student())
    train.run_to_end(run)
    assert run.status == "succeeded" and (run.folder / "evaluation" / "scores.json").exists()
    assert "StaticEmbedding" in (run.folder / "student" / "modules.json").read_text()
    before = load_file(f"{small.static_student()}/model.safetensors")["embedding.weight"]
    assert not torch.equal(before, load_file(run.folder / "student" / "model.safetensors")["embedding.weight"])


def test_a_trained_student_keeps_the_prompt_that_it_was_trained_with(workspace):
    run = ask(workspace, prompt="e5", epochs=1)
    train.run_to_end(run)
    said = read_json(run.folder / "student" / "config_sentence_transformers.json")
    assert run.status == "succeeded" and said["prompts"][said["default_prompt_name"]] == "query: "


def test_what_pages_show_is_computed_after_the_evaluation_without_the_device(workspace, monkeypatch):
    run, seen = ask(workspace, "baseline"), []

    def look(of_workspace, dataset):
        assert (of_workspace, dataset) == (workspace, run.config.dataset)
        seen.append((run.status, run.alive, is_held(device_lock()), (run.folder / "evaluation/scores.json").exists()))

    monkeypatch.setattr(train, "precompute_pages", look)
    train.run_to_end(run)
    assert seen == [("succeeded", True, False, True)] and not run.alive


@pytest.mark.parametrize(
    "method", ["kdmcse", *(pytest.param(one, marks=pytest.mark.slow) for one in METHODS if one != "kdmcse")]
)
def test_a_run_ends_with_a_student_its_progress_and_its_evaluation(workspace, method):
    run = ask(workspace, method)
    train.run_to_end(run)
    assert run.status == "succeeded"
    assert run.ticket is None
    assert ("embedding" in stages(run)) == (method not in WITHOUT_TEACHER), "without a teacher nothing is embedded"
    lines = [line for line in run.progress() if line["stage"] == "training"]
    assert lines[-1]["step"] == lines[-1]["steps"] == 3 * (32 // 8)
    terms = {"simcse": {"sentence"}, "simcse_margin": {"sentence"}, "mcse": {"sentence", "image"},
             "kdmcse": {"sentence", "image", "caption"}, "gist": {"sentence", "image"}, "dalr": {"sentence", "image", "ranking"},
             "rankcse": {"sentence", "ranking"}}[method]  # fmt: skip
    assert set(lines[-1]["loss"]) == terms | {"total"}
    assert lines[-1]["sentences_per_second"] > 0
    assert lines[-1]["seconds_left"] == 0
    scores = read_json(run.folder / "evaluation" / "scores.json")
    assert scores["sts"]["pairs"] == len(small.dataset(workspace).sts)
    assert (scores["caption_to_image"] is None) == (method in WITHOUT_IMAGES)


@pytest.mark.slow
@pytest.mark.parametrize("settled_by", SETTLED_BY)
def test_images_are_searched_with_the_teacher_as_it_was_trained_with(workspace, settled_by):
    centred = dataclasses.replace(SETTINGS, teacher_centring="modality")
    asked = centred if settled_by == "hand" else SETTINGS
    config = dataclasses.replace(ask(workspace, "mcse").config, training=asked, settled_by=settled_by)
    run = runs.create(workspace, config)
    if settled_by == "dev":
        write_json(run.folder / choices.FILE, choices.Choice("", "mcse", 20, centred, ()).to_dict())
    train.run_to_end(run)
    task, dataset = prepare(workspace, choose.settled(run)), small.dataset(workspace)
    images = task.features.image(np.flatnonzero(dataset.pairs["held_out"]))
    heads = student.CrossModalHeads(run.folder / "heads.safetensors")
    _, found = evaluate._cross_modal(run, dataset, student.load(str(run.folder / "student")))
    np.testing.assert_allclose(found, heads.images(unit(images)), atol=1e-6)
    assert read_json(run.folder / "evaluation" / "scores.json")["caption_to_image"] is not None


def test_a_failure_is_an_outcome_with_its_sentence(workspace):
    run = ask(workspace)
    (run.folder / "config.json").write_text(json.dumps(run.config.to_dict() | {"student": "/no/such/student"}))
    run = runs.Run(run.folder)
    train.run_to_end(run)
    assert run.status == "failed"
    assert "/no/such/student" in run.outcome["error"]["message"]
    assert "Traceback" not in run.outcome["error"]["message"]


def test_what_is_known_of_the_best_student_is_in_the_outcome(workspace, tmp_path):
    dataset = data.import_dataset(workspace, name="with dev", **small.pilot(tmp_path / "files", dev=True))
    config = RunConfig(
        dataset=dataset.fingerprint, method="simcse", student=small.student(),
        training=TrainingConfig(**(SETTINGS.to_dict() | {"evaluation_steps": 4})),
    )  # fmt: skip
    run = runs.create(workspace, config)
    train.run_to_end(run)
    scores = {line["step"]: line["dev_score"] for line in run.progress() if line.get("dev_score") is not None}
    assert run.outcome["status"] == "succeeded"
    assert run.outcome["kept_step"] in (4, 8, 12)
    assert run.outcome["dev_score"] == max(scores.values())
    assert read_json(run.folder / "evaluation" / "scores.json")["sts"]["pairs"] == dataset.sts["held_out"].sum()


def test_a_run_that_diverges_says_at_which_step_and_is_no_model(workspace, monkeypatch):
    from kdmcse.training.step import TrainingStep

    run = ask(workspace)
    original = TrainingStep.forward
    monkeypatch.setattr(
        TrainingStep, "forward", lambda *given: {n: t * float("nan") for n, t in original(*given).items()}
    )
    train.run_to_end(run)
    assert run.status == "failed"
    assert run.outcome["error"]["code"] == "training_diverged"
    assert run.outcome["error"]["fields"]["step"] == "1"
    assert not (run.folder / "student").exists()
    assert not (run.folder / "evaluation").exists()


def test_a_dataset_whose_folder_is_gone_ends_the_run_in_a_sentence_and_keeps_its_checkpoints(workspace, monkeypatch):
    run = ask(workspace)
    cut_in_the_next_step(run, monkeypatch)
    shutil.move(workspace.datasets / run.config.dataset, workspace.path / "elsewhere")
    run.resume()
    train.run_to_end(run)
    assert run.outcome["error"]["code"] == "dataset_unknown"
    assert list((run.folder / "checkpoints").iterdir())
    shutil.move(workspace.path / "elsewhere", workspace.datasets / run.config.dataset)
    run.resume()
    train.run_to_end(run)
    assert run.status == "succeeded"


def test_a_dataset_that_lost_a_table_ends_the_run_in_a_sentence(workspace):
    run = ask(workspace)
    (workspace.datasets / run.config.dataset / "pairs.parquet").unlink()
    train.run_to_end(run)
    assert run.outcome["error"]["code"] == "dataset_damaged"
    assert "pairs.parquet" in run.outcome["error"]["message"]


@pytest.mark.slow
def test_torchrun_runs_the_same_entry_point(workspace):
    run = ask(workspace)
    done = run_alone(
        run, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m", "kdmcse.processes.train"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert run.status == "succeeded"
    assert "2 process(es)" in run.log()
    assert (run.folder / "evaluation" / "scores.json").exists()


def test_one_pair_is_too_few_and_says_so(workspace, tmp_path):
    files = small.pilot(tmp_path / "files")
    lines = files["pairs"].read_text().splitlines()
    one = [lines[0], next(line for line in lines if line.endswith("train"))]
    files["pairs"].write_text("\n".join(one + [line for line in lines if line.endswith("test")]) + "\n")
    dataset = data.import_dataset(workspace, name="one", **files)
    run = runs.create(workspace, RunConfig(dataset=dataset.fingerprint, method="simcse", student=small.student()))
    train.run_to_end(run)
    assert run.outcome["error"]["code"] == "too_few_pairs"
    assert stages(run) == ["preparing"], "no teacher looks at anything"


def test_sentences_without_images_are_learnt_from_too(workspace, tmp_path):
    files = small.pilot(tmp_path / "files")
    (tmp_path / "texts.txt").write_text("\n".join(f"we sell the {word} lamp" for word in "abcdefghijklmnop") + "\n")
    dataset = data.import_dataset(workspace, name="with texts", texts=tmp_path / "texts.txt", **files)
    config = RunConfig(
        dataset=dataset.fingerprint,
        method="kdmcse",
        student=small.student(),
        teacher=small.teacher(),
        training=SETTINGS,
    )
    run = runs.create(workspace, config)
    train.run_to_end(run)
    assert run.status == "succeeded"
    assert run.last_progress["stage"] == "evaluating"
    assert [line["steps"] for line in run.progress() if line["stage"] == "training"][-1] == 3 * (32 // 8 + 16 // 8)
