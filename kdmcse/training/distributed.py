"""Several processes that train one student together, one device each: who am I, what do we all see. Alone, everything is itself.

Started by torchrun or `accelerate launch`, which tell each process its rank.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch import distributed as dist


@contextmanager
def joined() -> Iterator[int]:
    """Meet the other processes that the launcher started, for as long as the block lasts; this process' rank."""
    if int(os.environ.get("WORLD_SIZE", 1)) < 2:
        yield 0
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    dist.init_process_group("cuda:nccl,cpu:gloo" if torch.cuda.is_available() else "gloo")
    try:
        yield dist.get_rank()
    finally:
        dist.destroy_process_group()


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def index() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def agreed(value: float) -> float:
    """The first process' value, in every process."""
    if count() == 1:
        return value
    shared = torch.tensor(float(value), dtype=torch.float64)
    dist.broadcast(shared, 0)
    return shared.item()


def smallest(value: int) -> int:
    """The smallest value of all processes, in every process."""
    if count() == 1:
        return value
    shared = torch.tensor(value)
    dist.all_reduce(shared, dist.ReduceOp.MIN)
    return int(shared)


def parallel(step: nn.Module) -> nn.Module:
    """The step, its gradients averaged over all processes as they come; its parameters are the first process'."""
    if count() == 1:
        return step
    # A batch of sentences alone leaves the cross-modal heads without a gradient.
    return nn.parallel.DistributedDataParallel(step, find_unused_parameters=True, broadcast_buffers=False)


def own_rows(rows):
    """This process' share of a batch's rows, whose number is a multiple of `count()`."""
    return rows[index() :: count()]


def gathered(rows: Tensor) -> Tensor:
    """(B, ...) of this process -> (count * B, ...) of all, with gradients; every process must compute the same loss of it."""
    return rows if count() == 1 else _Gather.apply(rows)


class _Gather(torch.autograd.Function):
    """Every process derives the same loss by all rows, so the sum of its gradients over processes is its own, times their number."""

    @staticmethod
    def forward(context, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(count())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        return gradient.chunk(count())[index()] * count()
