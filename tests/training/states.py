"""States of a small learner, real and made up, and damage to their files: for tests of checkpoints."""

from functools import cache
from pathlib import Path

import small
import torch
from torch import nn

from kdmcse import losses
from kdmcse.models import student
from kdmcse.training.checkpoints import Checkpoints, capture

STATE, MANIFEST = "state.safetensors", "manifest.json"


def learner(*, seed: int = 0, projection_width: int = 8) -> student.TrainingStudent:
    made = small.student()  # which draws random numbers when it is made
    torch.manual_seed(seed)
    encoder = student.load(made, device="cpu")
    return student.TrainingStudent(encoder, projection_width=projection_width, teacher_width=4).train()


def adamw(model: nn.Module, **options) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.named_parameters(), lr=1e-2, **options)


def learn(model: student.TrainingStudent, optimizer: torch.optim.Optimizer, steps: range) -> None:
    """SimCSE, so that the cross-modal heads never have a gradient."""
    features = model.encoder.preprocess(["a red mug", "one blue cap", "the green lamp"])
    for step in steps:
        torch.manual_seed(step)
        z1, z2 = (model.contrast(model(dict(features))) for _ in range(2))
        optimizer.zero_grad(set_to_none=True)
        losses.simcse_terms(z1=z1, z2=z2)["total"].backward()
        optimizer.step()


@cache
def state() -> dict[str, torch.Tensor]:
    """Of a real student, after a step."""
    model = learner()
    optimizer = adamw(model)
    learn(model, optimizer, range(1))
    return {name: value.clone() for name, value in capture(model, optimizer).items()}


def small_state(step: int = 0) -> dict[str, torch.Tensor]:
    return {"model.weight": torch.full((2, 3), float(step)), "optimizer.step.weight": torch.tensor(float(step))}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def steps(kept: Checkpoints) -> list[int]:
    return [int(name.removeprefix("step-")) for name in names(kept.folder)]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Names, types and every bit."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and torch.equal(one[name], other[name]) for name in one
    )


def flip(path: Path, at: int, bits: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= bits
    path.write_bytes(content)
