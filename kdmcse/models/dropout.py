"""Dropout for a processor that computes in bfloat16: there drawing the noise of the library's takes a fifth of a training step.

In float32 the library's stays: runs that were begun with it go on with the noise that they had.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_STEPS = 2**16
"""A probability is rounded to one of so many: 16 random bits an entry, 64 at a draw."""


class Dropout(nn.Dropout):
    """As the library's, from the same random state; under autocast on a CPU it draws as `dropped` does."""

    def forward(self, rows: Tensor) -> Tensor:
        quick = self.training and torch.is_autocast_enabled("cpu") and rows.device.type == "cpu"
        return dropped(rows, self.p) if quick else super().forward(rows)


def put_into(model: nn.Module) -> None:
    """Every dropout of the model is one of these from now on."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, Dropout(child.p).train(child.training))


def dropped(rows: Tensor, probability: float) -> Tensor:
    """`rows` of any shape, an entry 0 with this probability, rounded to a 65,536th, and else divided by that of being kept."""
    lost = round(probability * _STEPS)
    if not 0 < lost < _STEPS:
        return F.dropout(rows, probability)
    bits = torch.empty(-(-rows.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    kept = bits.view(torch.int16)[: rows.numel()].view(rows.shape) >= lost - _STEPS // 2
    return rows * (kept.to(rows.dtype) * (_STEPS / (_STEPS - lost)))
