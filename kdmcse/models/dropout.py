"""Dropout in half of torch's time on a CPU: sixteen random bits a number, four numbers a draw."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LEVELS = 2**16


class Dropout(nn.Dropout):
    """As torch's, but for `dropout`."""

    def forward(self, rows: Tensor) -> Tensor:
        return dropout(rows, self.p) if self.training else rows


def dropout(rows: Tensor, share: float) -> Tensor:
    """`rows` with a `share` of its numbers at 0 and the others larger, so that each keeps its expected value.

    The share is rounded to 1 / 65,536 on a CPU. Random numbers are torch's, which follow from its seed.
    """
    dropped = round(share * _LEVELS)
    if rows.device.type != "cpu" or not 0 < dropped < _LEVELS:
        return F.dropout(rows, share)
    drawn = torch.empty(-(-rows.numel() // 4), dtype=torch.int64).random_(-(2**63), None)  # all 64 bits
    bits = drawn.view(torch.int16)[: rows.numel()].view(rows.shape)
    kept = (bits >= dropped - _LEVELS // 2).to(rows.dtype)
    return rows * kept.mul_(_LEVELS / (_LEVELS - dropped))


def quicken(model: nn.Module) -> None:
    """Put this dropout in place of torch's wherever the model has one."""
    for parent in model.modules():
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, Dropout(child.p).train(child.training))
