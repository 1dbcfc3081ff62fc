"""A student between two: the weights of one and of what it became by training, mixed (WiSE-FT, Wortsman et al. 2022, equation 1)."""

from typing import TYPE_CHECKING

from kdmcse.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def interpolate(before: "SentenceTransformer", after: "SentenceTransformer", share: float) -> "SentenceTransformer":
    """`after`, whose weights are now (1 - share) of `before` and share of its own; bit by bit one of the two at 0 and at 1.

    Everything that is no weight, such as its prompts, stays that of `after`. UserError `students_differ` where they have other weights.
    """
    import torch

    start, end = dict(before.named_parameters()), dict(after.named_parameters())
    if {name: weight.shape for name, weight in start.items()} != {name: weight.shape for name, weight in end.items()}:
        raise UserError("students_differ")
    with torch.no_grad():
        for name, weight in end.items():
            weight.copy_(torch.lerp(start[name].float(), weight.float(), share))
    return after
