"""Data, teacher and student -> what is in memory before the first step of a training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch

from kdmcse.config import AUTO, TEXT_TEACHER, RunConfig, TrainingConfig
from kdmcse.data import PairDataset, open_dataset
from kdmcse.data.splits import training_rows
from kdmcse.models import student, teacher_features
from kdmcse.store.workspace import Workspace
from kdmcse.training import distributed, trainable
from kdmcse.training.batches import Rows, nearest, of_pairs, of_texts
from kdmcse.training.schedule import PAIRS, TEXTS, Schedule, Step
from kdmcse.training.step import Batch, Tokens


@dataclass(frozen=True)
class Task:
    """What is in memory before the first step."""

    config: RunConfig
    dataset: PairDataset
    """none of its tables is in memory"""
    model: student.TrainingStudent
    tokens: dict[str, Tokens]
    """of the captions that are trained on, and of the sentences without images"""
    pairs: np.ndarray
    """(n,) rows of the dataset's pairs, in the order of their tokens"""
    whole: int
    """training pairs of the dataset, of which `pairs` may be a share"""
    features: teacher_features.TeacherFeatures | None
    false_negative_cosine: float | None
    dev: pd.DataFrame | None
    """judged sentences by which the best student is chosen; None: the last one is kept"""
    text_features: teacher_features.TextFeatures | None = None
    """of a text teacher: the captions, then the sentences without images, in the order of their tokens"""
    teacher_cosines: tuple[np.ndarray, np.ndarray] | None = None
    """sorted, of two images and of two captions, where margins go by rank"""
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """what is known of the pairs and the sentences that share batches, by kind"""

    @property
    def schedule(self) -> Schedule:
        """Of the processes that train together."""
        sizes = (len(self.tokens[kind]) for kind in (PAIRS, TEXTS))
        return Schedule(*sizes, self.config.training, self.config.seed, distributed.count(), self.whole, self.rows)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @property
    def identity(self) -> dict[str, object]:
        """What a checkpoint must have been made with so that training can resume from it."""
        config = self.config.identity
        settings = config.pop("training")
        features = self.features or self.text_features
        digest = features and features.digest
        return config | settings | {"teacher_digest": digest, "false_negative_cosine": self.false_negative_cosine}

    def sentences(self, kind: str, rows: np.ndarray) -> list[str]:
        """What stands in the dataset at some rows of a step."""
        if kind == PAIRS:
            return list(self.dataset.pairs["caption"].iloc[self.pairs[rows]])
        return list(self.dataset.texts["text"].iloc[rows])

    def batch(self, step: Step, part_size: int) -> Batch:
        """This process' share of the rows of `step`."""
        rows, vectors = distributed.own_rows(step.rows), ()
        if self.text_features is not None:
            before = 0 if step.kind == PAIRS else len(self.tokens[PAIRS])
            vectors = (None, self.text_features.of(before + rows))
        elif step.kind == PAIRS and self.features is not None:
            vectors = (self.features.image(self.pairs[rows]), self.features.caption(self.pairs[rows]))
        batch = Batch.of(self.tokens[step.kind], rows, part_size, *vectors)
        return batch.pinned() if self.device.type == "cuda" else batch


class Stopped(Exception):
    """A stop was asked for before the first step."""


def prepare(
    workspace: Workspace,
    config: RunConfig,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Task:
    """Load data, the teacher's vectors (`on_progress(done, total)` while new ones are made) and the student.

    UserError where one of them is missing, and as `trainable.require`.
    Stopped where that is asked for while vectors are made; those that were made are kept.
    """

    def told(done: int, total: int) -> None:
        on_progress(done, total)
        if stop_requested():
            raise Stopped

    dataset = open_dataset(workspace, config.dataset)
    trainable.require(dataset, config, processes=distributed.count())
    settings, pairs = config.training.on(dataset.counts), dataset.pairs
    rows = training_rows(pairs, settings.data_share, config.seed)
    captions = list(pairs["caption"].iloc[rows])
    sentences = [] if dataset.texts is None or settings.texts == "left_out" else list(dataset.texts["text"])
    dev = dataset.dev if settings.evaluation_steps else None
    features = text_features = None
    if config.method in TEXT_TEACHER:
        text_features = teacher_features.embed_texts(workspace, config.teacher, captions + sentences, on_progress=told)
    elif config.teacher:
        features = teacher_features.embed(workspace, config.teacher, dataset, on_progress=told)
        features = calibrated(features, settings, rows)
    torch.manual_seed(config.seed)
    encoder = student.load(config.student, pooling=settings.pooling, prompt=settings.prompt)
    model = student.TrainingStudent(
        encoder,
        projection_width=settings.projection_width,
        teacher_width=None if features is None else features.width,
        head_initialisation=settings.head_initialisation,
    )
    # Only what is trained on is cut; the student keeps the length it can read.
    length = min(settings.max_length, encoder.max_seq_length or settings.max_length)
    tokens = {
        kind: Tokens(student.tokenizer(encoder), student.with_prompt(encoder, texts), length, model.first_position)
        for kind, texts in ((PAIRS, captions), (TEXTS, sentences))
    }
    whole = len(training_rows(pairs, 1.0, config.seed))
    threshold = false_negative_cosine(settings, features, rows)
    cosines = None
    if features is not None and settings.margin_adaptation == "rank":
        found = features.cosines(rows)
        cosines = (found.images, found.captions)
    near = None
    if settings.batches == "dense":
        if features is not None:
            near = nearest(features.caption(rows), features.image(rows), share=settings.hard_negative_share)
        elif text_features is not None:
            near = nearest(text_features.of(np.arange(len(rows))), share=settings.hard_negative_share)
        else:
            near = nearest(student.encode(encoder, captions), share=settings.hard_negative_share)
    known = (
        {}
        if settings.batches == "random"
        else {
            PAIRS: of_pairs(dataset, rows, near),
            TEXTS: of_texts(sentences),
        }
    )
    unread = replace(dataset)
    return Task(config, unread, model, tokens, rows, whole, features, threshold, dev, text_features, cosines, known)


def calibrated(
    features: teacher_features.TeacherFeatures, settings: TrainingConfig, rows: np.ndarray
) -> teacher_features.TeacherFeatures:
    """The teacher's vectors as these settings take them, trained on the pairs `rows`."""
    return features.centred(rows) if settings.teacher_centring == "modality" else features


def false_negative_cosine(
    settings: TrainingConfig, features: teacher_features.TeacherFeatures | None, rows: np.ndarray
) -> float | None:
    """The filter's threshold for this data and teacher; None where there is no filter."""
    if features is None or settings.false_negative_cosine == "off":
        return None
    if settings.false_negative_cosine == AUTO:
        return round(features.false_negative_cosine(rows), 4)
    if settings.false_negative_cosine == "null":
        return round(features.cosines(rows).null_threshold(settings.false_discovery_rate), 4)
    return settings.false_negative_cosine
