"""Why it is not stated how probable a saving is: both models end every pair alike, or it would rest on few decisions of a kind.

Too few of all segments together always are; too few of one segment, or by their amounts, where they carry a real part of the money.
"""

from collections.abc import Sequence

import numpy as np

from kdmcse.cost.estimate import CostEstimate
from kdmcse.cost.operation import KINDS, OUTCOMES

WITHHELD = (
    "alike_none", "alike_all", "alike_people", "alike_some", "few_matches", "few_others", "few_segment_matches", "few_segment_others",
    "few_amounts",
)  # fmt: skip
"""`alike`: all reported pairs rejected, accepted or reviewed by both, each at its own best thresholds, or each pair like the other; `few`: of this
kind, in all or in a segment."""
REAL_PART = 0.1
"""The share of a cost or of a saving above which it is a real part of the money. A rate of fewer than `FEW_ROWS` decisions may truly be nothing or
twice what it seems: what is a tenth then moves the whole by a tenth, which is less than whole costs of some hundred decisions are uncertain by."""


def alike(*models: Sequence[CostEstimate], cheapest: bool) -> str | None:
    """That these models, in every training, end each reported decision alike, and how: one of `WITHHELD`; None where they do not.

    cheapest: all stand at their own best thresholds, so that what all pairs end in is what is cheapest. At others it tells nothing of prices.
    """
    first, *others = (estimate.outcomes for trainings in models for estimate in trainings)
    if any((outcomes != first).any() for outcomes in others):
        return None
    ends = {"rejected": "none", "reviewed": "people", "accepted": "all"}
    return f"alike_{ends[OUTCOMES[first[0]]] if cheapest and (first == first[0]).all() else 'some'}"


def on_few(*models: Sequence[CostEstimate]) -> str | None:
    """That the cost of a model, or what one costs more than the other, rests on few decisions of a kind: one of `WITHHELD`, else None.

    Money is what the mistakes of a segment and kind cost on average over the trainings, and one mistake more, as few decisions may well show none.
    """
    sample = models[0][0].sample
    if sample.few:
        return f"few_{next(iter(sample.few))}"
    costs = np.array([np.mean([one.stratum_costs for one in trainings], axis=0) for trainings in models])
    money = np.abs(np.concatenate([costs, np.diff(costs, axis=0)])) + sample.operation.stakes(sample.folds.reported)
    total = money.sum(axis=1, keepdims=True)
    of_kinds = money.reshape(len(money), -1, len(KINDS)).sum(axis=1)
    if (sample.few_by_amount & (of_kinds > REAL_PART * total).any(axis=0)).any():
        return "few_amounts"
    real = (money > REAL_PART * total).any(axis=0)
    place = sample.operation.segments.index
    carrying = [
        (count, f"few_segment_{kind}")
        for kind, segments in sample.few_by_segment.items()
        for segment, count in segments.items()
        if real[len(KINDS) * place(segment) + KINDS.index(kind)]
    ]
    return min(carrying)[1] if carrying else None
