"""Whether there is enough to train on: asked before anything is queued, before a look at a teacher, and by the run itself. No torch here."""

from collections.abc import Iterable

from kdmcse.config import BASELINE, WITHOUT_IMAGES, RunConfig, TrainingConfig
from kdmcse.data import PairDataset
from kdmcse.data.splits import text_key, training_rows
from kdmcse.errors import UserError
from kdmcse.models import teacher_features

NEEDED = 2
"""rows in a step: each is the wrong answer to the other"""


def require(dataset: PairDataset, config: RunConfig, *, processes: int = 1) -> None:
    """UserError where a run of `config` on `dataset` would have to fail, or to learn from rows that are all the same. Loads no model.

    Methods with a teacher of images as `require_pairs`; the others need two captions, or two sentences without images, that differ.
    Whoever looks at dev judgements on the way needs some. processes: that share each step.
    """
    training = config.training.on(dataset.counts)
    if config.method == BASELINE:
        return
    if config.method in WITHOUT_IMAGES:
        _require_sentences(dataset, training, config.seed, processes)
    else:
        require_pairs(dataset, training, config.seed, processes=processes)
    if training.evaluation_steps and (dataset.dev is None or dataset.dev["score"].nunique() < 2):
        raise UserError("no_dev_judgements", dataset=dataset.name)


def require_pairs(dataset: PairDataset, training: TrainingConfig, seed: int = 0, *, processes: int = 1) -> None:
    """UserError unless the training pairs, or the share of them that the settings ask for, hold two images and two captions that differ.

    `no_training_pairs`, `too_few_pairs`, `too_few_different_pairs`, or `share_too_small` where all pairs would do.
    """
    teacher_features.require_pairs(dataset)
    pairs = dataset.pairs.iloc[training_rows(dataset.pairs, training.data_share, seed)]
    enough = len(pairs) >= NEEDED * processes
    if enough and _two_differ(pairs["image"]) and _two_differ(pairs["caption"]):
        return
    if training.data_share < 1:
        require_pairs(dataset, training.on_share(1), seed, processes=processes)  # where that fails, it is not the share
        raise _share_too_small(training, seed, len(pairs), processes)
    if not enough:
        raise UserError("too_few_pairs", count=len(pairs), needed=NEEDED * processes)
    raise UserError("too_few_different_pairs", count=1, needed=NEEDED)


def _require_sentences(dataset: PairDataset, training: TrainingConfig, seed: int, processes: int) -> None:
    captions = dataset.pairs["caption"].iloc[training_rows(dataset.pairs, training.data_share, seed)]
    if len(captions) >= NEEDED * processes and _two_differ(captions):
        return
    texts = () if dataset.texts is None or training.texts == "left_out" else dataset.texts["text"]
    if len(texts) >= NEEDED * processes and _two_differ(texts):
        return
    if training.data_share < 1:
        _require_sentences(dataset, training.on_share(1), seed, processes)
        raise _share_too_small(training, seed, len(captions), processes)
    count = max(len(captions), len(texts))
    if count < NEEDED * processes:
        raise UserError("too_few_pairs", count=count, needed=NEEDED * processes)
    raise UserError("too_few_different_texts", count=count)


def _share_too_small(training: TrainingConfig, seed: int, count: int, processes: int) -> UserError:
    needed = NEEDED * processes
    return UserError("share_too_small", share=training.data_share, seed=seed, count=count, needed=needed)


def _two_differ(values: Iterable[str]) -> bool:
    keys = map(text_key, values)
    first = next(keys)
    return any(key != first for key in keys)
