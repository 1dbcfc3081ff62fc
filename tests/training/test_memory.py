"""Where memory is short a batch is learnt from in parts, and nothing that is learnt changes."""

import pytest
import small
import torch
from training.trainings import after, config, fitted, same, weights

from kdmcse.errors import UserError
from kdmcse.models import student
from kdmcse.store.workspace import Workspace
from kdmcse.training import loop, prepare
from kdmcse.training.checkpoints import Checkpoints


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


class Scarce:
    """An encoder that has room for so many sentences at a time."""

    def __init__(self, monkeypatch, room, error=None):
        self.room, self.error, self.sizes = room, error or torch.OutOfMemoryError("CUDA out of memory"), []
        original = student.TrainingStudent.forward

        def forward(model, features):
            ends = features.get("cu_seq_lens_q")  # end to end
            self.sizes.append((len(features["input_ids"]) if ends is None else len(ends) - 1) // 2)
            if self.sizes[-1] > self.room:
                raise self.error
            return original(model, features)

        monkeypatch.setattr(student.TrainingStudent, "forward", forward)


def traced(workspace, asked):
    losses = []
    task = prepare.prepare(workspace, asked)
    for module in task.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    found = loop.fit(task, report=lambda line, now: losses.append(line["loss"]["total"]))
    return losses, weights(task), found


@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_where_memory_is_short_the_batch_stays_whole_and_so_do_the_losses(workspace, monkeypatch, error):
    asked = config(small.dataset(workspace), cross_modal_weight=0.01)
    expected, whole, found = traced(workspace, asked)
    assert found.micro_batch is None
    scarce = Scarce(monkeypatch, 3, error)
    losses, weights_, found = traced(workspace, asked)
    assert found.micro_batch == 2
    assert losses == pytest.approx(expected, rel=1e-5)
    # The first step has the same weights before it: its loss is the same but for rounding.
    assert losses[0] == pytest.approx(expected[0], rel=1e-6)
    for name, value in whole.items():
        torch.testing.assert_close(weights_[name], value, atol=2e-4, rtol=0)
    assert scarce.sizes[0] == 8 and max(scarce.sizes[8:]) <= 2


def test_memory_that_runs_short_in_the_middle_of_a_run_costs_no_step(workspace, monkeypatch):
    asked = config(small.dataset(workspace), cross_modal_weight=0.01)
    expected, _, _ = traced(workspace, asked)
    scarce = Scarce(monkeypatch, 8)
    seen = []

    def shrink(line, now):
        seen.append(line["loss"]["total"])
        scarce.room = 4 if len(seen) >= 5 else 8

    task = prepare.prepare(workspace, asked)
    for module in task.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    found = loop.fit(task, report=shrink)
    assert found.micro_batch == 4
    assert seen == pytest.approx(expected, rel=1e-4)


def test_memory_for_not_even_one_sentence_is_a_sentence(workspace, monkeypatch):
    Scarce(monkeypatch, 0)
    with pytest.raises(UserError) as refused:
        fitted(workspace, config(small.dataset(workspace)))
    assert refused.value.code == "out_of_memory"


@pytest.mark.slow
def test_a_run_in_small_parts_is_resumed_in_small_parts(workspace, tmp_path, monkeypatch):
    asked = config(small.dataset(workspace))
    with monkeypatch.context() as short:
        Scarce(short, 2)
        whole, _ = fitted(workspace, asked)
        _, found = fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"), stop_requested=after(5))
    resumed, found = fitted(workspace, asked, Checkpoints(tmp_path / "checkpoints"))
    assert found.micro_batch == 2
    assert same(whole, resumed)
