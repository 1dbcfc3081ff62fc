"""What is cut and resumed ends with the weights of what was not; a training that diverges ends where it is seen."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import small
import torch
from safetensors.torch import load_file, save_file
from training.trainings import after, config, fitted, import_with_texts, same

from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace
from kdmcse.training import loop, prepare
from kdmcse.training.checkpoints import POINTS, Checkpoints
from kdmcse.training.step import TrainingStep


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def with_texts(workspace, tmp_path):
    """A pilot with sentences without images, and with dev judgements."""
    return import_with_texts(workspace, tmp_path)


def test_a_checkpoint_of_before_there_were_parts_is_gone_on_from(workspace):
    task = prepare.prepare(workspace, config(small.dataset(workspace)))
    assert "data_share" not in task.identity


@pytest.mark.slow
@pytest.mark.parametrize(("method", "batches"), [("kdmcse", "dense"), ("simcse", "dense"), ("mcse", "distinct")])
def test_other_batches_are_gone_on_with_after_a_cut_as_if_there_had_been_none(
    workspace, with_texts, tmp_path, method, batches
):
    asked = config(with_texts, method, batches=batches)
    whole, _ = fitted(workspace, asked)
    fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"), stop_requested=after(5))
    assert same(whole, fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"))[0])


@pytest.mark.parametrize(
    "method", ["kdmcse", *(pytest.param(one, marks=pytest.mark.slow) for one in ("simcse", "dalr"))]
)
@pytest.mark.parametrize("cuts", [(1,), (5,), (2, 3, 3)])
def test_what_is_cut_and_resumed_ends_with_the_weights_of_what_was_not(workspace, with_texts, tmp_path, method, cuts):
    asked = config(with_texts, method, max_gradient_norm=1.0, weight_decay=0.1)
    whole, _ = fitted(workspace, asked)
    for steps in cuts:
        _, found = fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"), stop_requested=after(steps))
        assert found.stopped
    resumed, found = fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"))
    assert not found.stopped and found.not_bit_identical is None
    assert same(whole, resumed)


@pytest.mark.parametrize("asked", ["bfloat16", "auto"])
def test_a_run_keeps_the_precision_it_began_with_to_the_last_bit(workspace, tmp_path, monkeypatch, asked):
    asked = config(small.dataset(workspace), max_gradient_norm=1.0, precision=asked)
    monkeypatch.setattr(loop, "precision", lambda asked, device: "bfloat16")
    whole, found = fitted(workspace, asked)
    assert found.facts["precision"] == "bfloat16"
    fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"), stop_requested=after(4))
    monkeypatch.setattr(loop, "precision", lambda asked, device: "float32")  # on another machine
    resumed, found = fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"))
    assert found.precision == "bfloat16" and same(whole, resumed)
    assert {value.dtype for value in resumed.values() if value.is_floating_point()} == {torch.float32}


def test_a_checkpoint_of_before_there_was_a_choice_goes_on_in_float32_on_a_cpu(workspace, tmp_path):
    asked = config(small.dataset(workspace))
    whole, _ = fitted(workspace, asked)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    fitted(workspace, asked, checkpoints, stop_requested=after(4))
    newest = checkpoints.newest()
    del newest.facts["fitted"]["precision"]
    checkpoints.save(newest.step, newest.tensors(), newest.facts)
    resumed, found = fitted(workspace, asked, checkpoints)
    assert found.precision == "float32" and same(whole, resumed)


def after_kills(kills: int, repeats: int) -> dict:
    """What became of runs that were killed; see `kills.py`."""
    memory = Path("/dev/shm")  # a kill does not empty the disk's cache: a real disk would only take longer
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name("kills.py"), str(kills), str(repeats), folder],
            capture_output=True, text=True, timeout=880,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["random"]["kills"] >= kills
    assert found["random"]["same"] == found["random"]["runs"]
    assert found["points"] == dict.fromkeys(POINTS, repeats) and found["one_after_the_other"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_kills_at_random_and_three_at_every_step_of_a_save_end_in_the_same_weights():
    assert after_kills(100, 3)["random"]["inside_a_save"] >= 3  # else the kills did not hit what they are for


def test_a_checkpoint_of_other_settings_is_not_gone_on_from_and_is_kept(workspace, tmp_path):
    dataset = small.dataset(workspace)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    fitted(workspace, config(dataset), checkpoints, stop_requested=after(3))
    with pytest.raises(UserError) as refused:
        fitted(workspace, config(dataset, learning_rate=1e-4, temperature=0.1), checkpoints)
    assert refused.value.code == "checkpoint_of_other_settings"
    assert refused.value.fields["changed"] == ("learning_rate", "temperature")
    assert checkpoints.newest().step == 3


def test_a_checkpoint_from_other_versions_is_gone_on_from_and_says_that_bits_may_differ(
    workspace, tmp_path, monkeypatch
):
    dataset = small.dataset(workspace)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    with monkeypatch.context() as older:
        older.setattr(loop, "_made_with", lambda device: {"torch": "1.13"})
        fitted(workspace, config(dataset), checkpoints, stop_requested=after(3))
    _, found = fitted(workspace, config(dataset), checkpoints)
    assert found.not_bit_identical


@pytest.mark.parametrize("noted", ["another", None])
@pytest.mark.parametrize("what", ["instructions", "threads", "transformers", "sentence_transformers"])
def test_what_was_computed_by_another_processor_or_library_or_nobody_knows_which_may_differ_in_bits(
    workspace, tmp_path, what, noted
):
    asked, checkpoints = config(small.dataset(workspace)), Checkpoints(tmp_path / "checkpoints")
    fitted(workspace, asked, checkpoints, stop_requested=after(3))
    newest = checkpoints.newest()
    newest.facts["made_with"][what] = noted
    if noted is None:  # as in a checkpoint of an earlier version
        del newest.facts["made_with"][what]
    checkpoints.save(newest.step, newest.tensors(), newest.facts)
    _, found = fitted(workspace, asked, checkpoints)
    assert found.not_bit_identical and not found.stopped


def broken_student(folder):
    """Weights of 1e30 overflow the first products: the loss is NaN in the first step."""
    import shutil

    shutil.copytree(small.student(), folder)
    tensors = load_file(folder / "model.safetensors")
    save_file(
        {n: v * 1e30 if "dense" in n else v for n, v in tensors.items()}, folder / "model.safetensors", {"format": "pt"}
    )
    return str(folder)


def test_a_student_that_overflows_diverges_at_the_first_step(workspace):
    with pytest.raises(UserError) as refused:
        fitted(workspace, config(small.dataset(workspace), "simcse", student=broken_student(workspace.path / "broken")))
    assert refused.value.code == "training_diverged"
    assert refused.value.fields["step"] == 1


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_loss_that_is_not_finite_ends_the_run_at_that_step_and_says_which_batch(
    workspace, tmp_path, monkeypatch, value
):
    dataset = small.dataset(workspace)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    fitted(workspace, config(dataset), checkpoints, stop_requested=after(4))
    original, calls = TrainingStep.forward, []

    def poisoned(self, batch):
        calls.append(batch)
        terms = original(self, batch)
        # The first call is the probe, the third is step 6.
        return terms | {"total": terms["total"] * value} if len(calls) == 3 else terms

    monkeypatch.setattr(TrainingStep, "forward", poisoned)
    task = prepare.prepare(workspace, config(dataset))
    batch = next(step for step in task.schedule.batches(after=5))
    with pytest.raises(UserError) as refused:
        loop.fit(task, checkpoints)
    assert refused.value.code == "training_diverged"
    assert refused.value.fields["step"] == 6
    assert refused.value.fields["kept_step"] == 4
    assert refused.value.fields["table"] == "pairs"
    captions = dataset.pairs["caption"].iloc[task.pairs[batch.rows]]
    assert refused.value.fields["rows"] == (*(f'"{caption}"' for caption in captions.iloc[:3]), "… (8)")
    assert all(f'"{captions.iloc[0]}"' in refused.value.message(language) for language in LANGUAGES)
    assert all(tensor.isfinite().all() for tensor in checkpoints.newest().tensors().values())
    assert all(value.isfinite().all() for value in task.model.state_dict().values())
