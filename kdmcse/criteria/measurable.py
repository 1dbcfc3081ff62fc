"""Which scores a dataset can have at all, whatever is trained on it."""

from typing import TYPE_CHECKING

from kdmcse.config import WITHOUT_IMAGES
from kdmcse.metrics import metric

if TYPE_CHECKING:
    from kdmcse.data import PairDataset

REASONS = ("no_judgements", "no_captions", "no_two_captions", "no_image_search")
"""Why a score cannot be measured: fewer than two held-out judgements; fewer than two held-out captions; no group with two different ones; a
baseline that learns nothing of images."""


def unmeasurable(dataset: "PairDataset", name: str, baseline: str) -> str | None:
    """Why this score can never be measured on this dataset for KDMCSE and the baseline: one of `REASONS`; None where it can.

    name: one of `criteria.METRICS`. What people have yet to judge in the app counts as measurable.
    """
    task = metric(name).task
    if task == "sts":
        return None if dataset.counts["sts_usable"] > 1 else "no_judgements"
    if dataset.counts["held_out_pairs"] < 2:
        return "no_captions"
    if task == "caption_to_caption":
        held_out = dataset.pairs.assign(words=dataset.words)[dataset.pairs["held_out"]]
        return None if held_out.groupby("group")["words"].nunique().max() > 1 else "no_two_captions"
    return "no_image_search" if task == "caption_to_image" and baseline in WITHOUT_IMAGES else None
