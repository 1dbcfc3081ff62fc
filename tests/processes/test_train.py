"""A run lives from its ticket to its evaluation, survives what befalls it, and ends in an outcome."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
import small
import torch
from filelock import FileLock
from safetensors.torch import load_file

from kdmcse import data
from kdmcse.config import METHODS, SETTLED_BY, WITHOUT_IMAGES, WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.engine import runs
from kdmcse.models import student, teacher_features
from kdmcse.models.calibration import unit
from kdmcse.models.device import device_lock
from kdmcse.processes import choose, evaluate, train
from kdmcse.results import choices
from kdmcse.store.files import read_json, write_json
from kdmcse.store.locks import is_held
from kdmcse.store.workspace import Workspace
from kdmcse.training import loop
from kdmcse.training.checkpoints import Checkpoints
from kdmcse.training.prepare import prepare
from kdmcse.training.progress import ProgressLog

SETTINGS = TrainingConfig(epochs=3, batch_size=8, learning_rate=1e-3, projection_width=8)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def ask(workspace, method="kdmcse", seed=0, **changed):
    dataset = small.dataset(workspace)
    config = RunConfig(
        dataset=dataset.fingerprint, method=method, student=small.student(), seed=seed,
        teacher=(dict.fromkeys(WITHOUT_TEACHER) | {"rankcse": small.student()}).get(method, small.teacher()),
        training=TrainingConfig(**(SETTINGS.to_dict() | changed)),
    )  # fmt: skip
    return runs.create(workspace, config)


def ask_of(workspace, student, **changed):
    """The same of another student."""
    config = ask(workspace, **changed).config
    return runs.create(workspace, dataclasses.replace(config, student=student))


def weights(run):
    return load_file(run.folder / "student" / "model.safetensors") | load_file(run.folder / "heads.safetensors")


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def cut_in_the_next_step(run, monkeypatch):
    """Go on with the run, which is asked to stop when it has prepared what it trains."""

    def fit(*given, **told):
        run.request_stop()
        return loop.fit(*given, **told)

    with monkeypatch.context() as patched:
        patched.setattr(train, "fit", fit)
        train.run_to_end(run)
    assert run.status == "stopped"


def stages(run):
    """What a run was at, in order."""
    return list(dict.fromkeys(line["stage"] for line in run.progress()))


def run_alone(run, *launcher):
    """The run's process, as the worker starts it, or as `launcher` does."""
    command = [sys.executable, *(launcher or ("-m", "kdmcse.processes.train")), str(run.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)


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


def test_a_stopped_run_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(workspace, tmp_path, monkeypatch):
    whole = ask(Workspace(tmp_path / "whole"))
    train.run_to_end(whole)
    cut = ask(workspace)
    cut_in_the_next_step(cut, monkeypatch)
    assert not (cut.folder / "student").exists()
    for _ in range(3):
        cut.resume()
        cut_in_the_next_step(cut, monkeypatch)
    cut.resume()
    train.run_to_end(cut)
    assert cut.status == "succeeded"
    assert same(weights(whole), weights(cut))


@pytest.fixture
def waits_for_the_device():
    """A function: the process of a run waits for the device; what is done about the run meanwhile; it gets the device and ends."""

    def wait(run, meanwhile):
        process = threading.Thread(target=train.run_to_end, args=(run,))
        with FileLock(device_lock()):
            process.start()
            meanwhile()
        process.join(60)

    return wait


@pytest.mark.parametrize("method", ["baseline", "simcse"])
def test_a_run_that_is_stopped_while_its_process_waits_for_the_device_does_not_begin(
    workspace, waits_for_the_device, method
):
    run = ask(workspace, method)
    waits_for_the_device(run, run.request_stop)
    assert run.status == "stopped" and run.outcome is None and run.progress() == []
    run.resume()
    assert run.status == "queued"


def test_a_run_that_is_deleted_while_its_process_waits_for_the_device_stays_deleted(workspace, waits_for_the_device):
    run = ask(workspace)
    waits_for_the_device(run, run.delete)
    assert not run.folder.exists()


def test_a_stop_while_vectors_are_made_is_heard_and_those_that_were_made_are_kept(workspace, monkeypatch):
    run, write = ask(workspace), ProgressLog.write

    def stop_at_the_first(log, line):
        write(log, line)
        if line.get("done"):
            run.request_stop()

    monkeypatch.setattr(teacher_features, "_SECONDS_BETWEEN_REPORTS", 0)
    monkeypatch.setattr(ProgressLog, "write", stop_at_the_first)
    train.run_to_end(run)
    told = [line for line in run.progress() if line.get("total")]
    assert run.status == "stopped" and run.outcome["status"] == "stopped" and stages(run) == ["embedding"]
    assert 0 < told[-1]["done"] < told[-1]["total"]
    monkeypatch.undo()
    run.resume()
    train.run_to_end(run)
    further = [line for line in run.progress() if line.get("total")][len(told) :]
    assert run.status == "succeeded" and further[0]["total"] == told[-1]["total"] - told[-1]["done"]


def test_a_trained_run_whose_evaluation_failed_is_evaluated_on_resume_and_not_trained_again(workspace, monkeypatch):
    run = ask(workspace)
    with monkeypatch.context() as broken:
        broken.setattr("kdmcse.processes.evaluate.evaluate", lambda *a, **k: 1 / 0)
        train.run_to_end(run)
    assert run.status == "succeeded"
    assert read_json(run.folder / "evaluation" / "failure.json")["code"] == "unexpected"
    trained, seconds = weights(run), run.outcome["seconds"]
    run.resume()
    monkeypatch.setattr(train, "train", lambda *a: pytest.fail("it was trained again"))
    train.run_to_end(run)
    assert (run.folder / "evaluation" / "scores.json").exists()
    assert not (run.folder / "evaluation" / "failure.json").exists()
    assert same(weights(run), trained)
    assert run.outcome["seconds"] == pytest.approx(seconds, abs=2)
    assert run.outcome["evaluation_seconds"] > 0, "it computes too"
    assert run.seconds == run.outcome["seconds"] + run.outcome["evaluation_seconds"]
    assert not run.resumable


def test_the_seconds_of_a_run_that_was_cut_are_those_of_every_attempt(workspace, monkeypatch):
    run, learn = ask(workspace), loop._Training.learn
    monkeypatch.setattr(Checkpoints, "save", lambda *given: None)  # it is cut each time before the first
    for _ in range(2):
        with monkeypatch.context() as slow:
            slow.setattr(loop._Training, "learn", lambda *given: (time.sleep(2), learn(*given)))
            cut_in_the_next_step(run, slow)
        run.resume()
    train.run_to_end(run)
    told = [line for line in run.progress() if line["stage"] == "training"][-1]
    assert run.status == "succeeded" and told["step"] == told["steps"]
    assert run.outcome["seconds"] > told["seconds"] + 4


@pytest.mark.slow
def test_a_run_killed_at_work_is_lost_and_resumes_to_the_same_weights(workspace, tmp_path):
    whole = ask(Workspace(tmp_path / "whole"), epochs=80)
    train.run_to_end(whole)
    killed = ask(workspace, epochs=80)
    process = subprocess.Popen([sys.executable, "-m", "kdmcse.processes.train", str(killed.folder)])
    deadline = time.monotonic() + 120
    while not any(line["stage"] == "training" for line in killed.progress()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert killed.status == "running"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert killed.status == "lost"
    killed.resume()
    assert killed.status == "queued"
    train.run_to_end(killed)
    assert killed.status == "succeeded"
    assert same(weights(whole), weights(killed))


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(workspace, capsys, monkeypatch):
    run = ask(workspace)
    cut_in_the_next_step(run, monkeypatch)
    run.resume()
    cut_in_the_next_step(run, monkeypatch)
    newest = sorted((run.folder / "checkpoints").iterdir())[-1] / "state.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    run.resume()
    train.run_to_end(run)
    assert run.status == "succeeded"
    assert "step-00000002 is damaged" in capsys.readouterr().out


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


def test_settings_that_were_changed_after_a_stop_are_refused_and_nothing_is_lost(workspace, monkeypatch):
    run = ask(workspace)
    cut_in_the_next_step(run, monkeypatch)
    asked = json.loads((run.folder / "config.json").read_text())
    changed = asked | {"training": asked["training"] | {"temperature": 0.5}}
    (run.folder / "config.json").write_text(json.dumps(changed))
    run = runs.Run(run.folder)
    run.resume()
    train.run_to_end(run)
    assert run.outcome["error"]["code"] == "checkpoint_of_other_settings"
    assert "temperature" in run.outcome["error"]["message"]
    (run.folder / "config.json").write_text(json.dumps(asked))
    run = runs.Run(run.folder)
    run.resume()
    train.run_to_end(run)
    assert run.status == "succeeded"


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
