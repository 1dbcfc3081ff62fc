"""The loop learns, is repeatable, resumes where it was, and ends every run in an outcome."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import small
import torch
from safetensors.torch import load_file

from kdmcse import runs, teacher, train
from kdmcse.config import METHODS, RunConfig, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.workspace import Workspace, read_json

SETTINGS = TrainingConfig(epochs=3, batch_size=8, learning_rate=1e-3, projection_width=8)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def ask(workspace, method="kdmcse", seed=0, **changed):
    dataset = small.dataset(workspace)
    config = RunConfig(
        dataset=dataset.fingerprint, method=method, student=small.student(), seed=seed,
        teacher=None if method in ("simcse", "baseline") else small.teacher(),
        training=TrainingConfig(**(SETTINGS.to_dict() | changed)),
    )  # fmt: skip
    return runs.create(workspace, config)


def weights(run):
    return load_file(run.folder / "student" / "model.safetensors") | load_file(run.folder / "heads.safetensors")


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("method", METHODS)
def test_a_run_ends_with_a_student_its_progress_and_its_evaluation(workspace, method):
    run = ask(workspace, method)
    train.live(run)
    assert run.status == "succeeded"
    assert run.ticket is None
    lines = [line for line in run.progress() if line["stage"] == "training"]
    assert lines[-1]["step"] == lines[-1]["steps"] == 3 * (32 // 8)
    terms = {"simcse": {"sentence"}, "mcse": {"sentence", "image"}, "kdmcse": {"sentence", "image", "caption"}}[method]
    assert set(lines[-1]["loss"]) == terms | {"total"}
    assert lines[-1]["sentences_per_second"] > 0
    assert lines[-1]["seconds_left"] == 0
    scores = read_json(run.folder / "evaluation" / "scores.json")
    assert scores["sts"]["pairs"] == len(small.dataset(workspace).sts)
    assert (scores["caption_to_image"] is None) == (method == "simcse")


def test_training_lowers_the_loss(workspace):
    run = ask(workspace, epochs=30)
    train.live(run)
    losses = [line["loss"]["total"] for line in run.progress() if line["stage"] == "training"]
    assert losses[-1] < 0.8 * losses[0]


def test_the_same_config_gives_the_same_weights_and_another_seed_others(workspace, tmp_path):
    first = ask(workspace)
    train.live(first)
    again = ask(Workspace(tmp_path / "again"))
    train.live(again)
    other = ask(workspace, seed=1)
    train.live(other)
    assert same(weights(first), weights(again))
    assert not same(weights(first), weights(other))


OTHER = dict(
    epochs=4, batch_size=4, learning_rate=2e-3, warmup_share=0.5, weight_decay=0.5, max_length=4, projection_width=4, temperature=0.1,
    cross_modal_temperature=0.1, cross_modal_weight=0.5, sentence_margin_radians=0.3, cross_modal_margin_radians=0.3,
    false_negative_cosine="off",
)  # fmt: skip


@pytest.mark.parametrize("name", TrainingConfig().to_dict())
def test_every_setting_changes_the_student(workspace, name):
    plain, changed = ask(workspace), ask(workspace, **{name: OTHER[name]})
    for run in (plain, changed):
        train.train(run, train.Progress(run.folder / "progress.jsonl"))
    assert not same(weights(plain), weights(changed))


def test_a_stopped_run_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(workspace, tmp_path):
    whole = ask(Workspace(tmp_path / "whole"))
    train.live(whole)
    cut = ask(workspace)
    cut.ask_stop()
    train.live(cut)
    assert cut.status == "stopped"
    assert not (cut.folder / "student").exists()
    for _ in range(3):
        cut.resume()
        cut.ask_stop()
        train.live(cut)
    assert cut.status == "stopped"
    cut.resume()
    train.live(cut)
    assert cut.status == "succeeded"
    assert same(weights(whole), weights(cut))


def test_a_trained_run_whose_evaluation_failed_is_evaluated_on_resume_and_not_trained_again(workspace, monkeypatch):
    run = ask(workspace)
    with monkeypatch.context() as broken:
        broken.setattr("kdmcse.evaluate.evaluate", lambda *a, **k: 1 / 0)
        train.live(run)
    assert run.status == "succeeded"
    assert read_json(run.folder / "evaluation" / "failure.json")["code"] == "unexpected"
    trained, seconds = weights(run), run.outcome["seconds"]
    run.resume()
    monkeypatch.setattr(train, "train", lambda *a: pytest.fail("it was trained again"))
    train.live(run)
    assert (run.folder / "evaluation" / "scores.json").exists()
    assert not (run.folder / "evaluation" / "failure.json").exists()
    assert same(weights(run), trained)
    assert run.outcome["seconds"] == pytest.approx(seconds, abs=2)
    assert not run.resumable


def test_a_run_killed_at_work_is_lost_and_resumes_to_the_same_weights(workspace, tmp_path):
    whole = ask(Workspace(tmp_path / "whole"), epochs=80)
    train.live(whole)
    killed = ask(workspace, epochs=80)
    process = subprocess.Popen([sys.executable, "-m", "kdmcse.train", str(killed.folder)])
    deadline = time.monotonic() + 120
    while not any(line["stage"] == "training" for line in killed.progress()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert killed.status == "running"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert killed.status == "lost"
    killed.resume()
    assert killed.status == "queued"
    train.live(killed)
    assert killed.status == "succeeded"
    assert same(weights(whole), weights(killed))


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(workspace):
    run = ask(workspace)
    run.ask_stop()
    train.live(run)
    run.resume()
    run.ask_stop()
    train.live(run)
    newest = sorted((run.folder / "checkpoints").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:100])
    run.resume()
    train.live(run)
    assert run.status == "succeeded"


def test_a_failure_is_an_outcome_with_its_sentence(workspace):
    run = ask(workspace)
    (run.folder / "config.json").write_text(json.dumps(run.config.to_dict() | {"student": "/no/such/student"}))
    run = runs.Run(run.folder)
    train.live(run)
    assert run.status == "failed"
    assert "/no/such/student" in run.outcome["error"]["message"]
    assert "Traceback" not in run.outcome["error"]["message"]


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(workspace):
    # Weights of 1e30 overflow the first products: the loss is NaN in the first step.
    import shutil

    broken = workspace.path / "broken-student"
    shutil.copytree(small.student(), broken)
    from safetensors.torch import save_file

    tensors = {
        name: value * 1e30 if "dense" in name else value
        for name, value in load_file(broken / "model.safetensors").items()
    }
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    dataset = small.dataset(workspace)
    run = runs.create(
        workspace, RunConfig(dataset=dataset.fingerprint, method="simcse", student=str(broken), training=SETTINGS)
    )
    train.live(run)
    assert run.outcome["error"]["code"] == "training_diverged"


def test_one_pair_is_too_few_and_says_so(workspace, tmp_path):
    from kdmcse import data

    files = small.pilot(tmp_path / "files")
    lines = files["pairs"].read_text().splitlines()
    one = [lines[0], next(line for line in lines if line.endswith("train"))]
    files["pairs"].write_text("\n".join(one + [line for line in lines if line.endswith("test")]) + "\n")
    dataset = data.import_dataset(workspace, name="one", **files)
    run = runs.create(workspace, RunConfig(dataset=dataset.fingerprint, method="simcse", student=small.student()))
    train.live(run)
    assert run.outcome["error"]["code"] == "too_few_pairs"


def test_the_student_reads_as_much_text_after_training_as_before(workspace):
    from kdmcse import student

    run = ask(workspace, max_length=4)
    train.train(run, train.Progress(run.folder / "progress.jsonl"))
    before, after = student.load(small.student()), student.load(run.student)
    assert after.max_seq_length == before.max_seq_length
    texts = ["a red mug and then some more words", "a red mug and then some other end"]
    assert not np.allclose(*student.encode(after, texts), atol=1e-4)


def test_only_training_pairs_are_learnt_from(workspace, monkeypatch):
    seen = []
    original = train._tokenize
    monkeypatch.setattr(
        train, "_tokenize", lambda tokenizer, sentences, n: seen.extend(sentences) or original(tokenizer, sentences, n)
    )
    run = ask(workspace)
    train.train(run, train.Progress(run.folder / "progress.jsonl"))
    pairs = small.dataset(workspace).pairs
    assert set(seen) == set(pairs["caption"][pairs["split"] == "train"])


def test_the_filter_is_on_by_default_at_the_median_of_true_pairs(workspace):
    dataset = small.dataset(workspace)
    features = teacher.embed(workspace, small.teacher(), dataset)
    rows = np.flatnonzero(dataset.pairs["split"] == "train")
    assert train.false_negative_cosine(TrainingConfig(), features, rows) == pytest.approx(
        features.false_negative_cosine(rows), abs=1e-4
    )
    assert train.false_negative_cosine(TrainingConfig(false_negative_cosine="off"), features, rows) is None
    assert train.false_negative_cosine(TrainingConfig(false_negative_cosine=0.8), features, rows) == 0.8


@pytest.mark.parametrize(("pairs", "texts"), [(100, 0), (100, 40), (3, 0), (0, 50), (8, 9)])
def test_a_plan_shows_every_row_at_most_once_an_epoch_and_mixes_pairs_with_sentences(pairs, texts):
    plan = train.Plan(pairs, texts, TrainingConfig(epochs=2, batch_size=8), seed=3)
    steps = list(plan.batches())
    assert [step for step, *_ in steps] == list(range(1, plan.steps + 1))
    for epoch in (1, 2):
        for kind, count in (("pairs", pairs), ("texts", texts)):
            rows = [int(i) for _, e, k, chosen in steps if (e, k) == (epoch, kind) for i in chosen]
            assert len(rows) == len(set(rows))
            assert (len(rows) > count - 8) if count else rows == []
    assert [s[0] for s in plan.batches(after=1)] == [s[0] for s in steps][1:]


def test_sentences_without_pictures_are_learnt_from_too(workspace, tmp_path):
    from kdmcse import data

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
    train.live(run)
    assert run.status == "succeeded"
    assert run.last_progress["stage"] == "evaluating"
    assert [line["steps"] for line in run.progress() if line["stage"] == "training"][-1] == 3 * (32 // 8 + 16 // 8)


def test_too_little_disk_is_said_before_training(workspace, monkeypatch):
    run = ask(workspace)
    monkeypatch.setattr("kdmcse.workspace.free_bytes", lambda folder: 1000)
    with pytest.raises(UserError) as refused:
        train.train(run, train.Progress(run.folder / "progress.jsonl"))
    assert refused.value.code == "disk_full_before"
