"""Has this teacher anything to teach here? Everything that is measured of it before a training, in one value, kept in one file.

audits/<dataset fingerprint>/<digest of teacher, student and settings>/  audit.json, and the files of a BackgroundJob

Models are known by their content: one that was replaced under its name gets an audit of its own.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from kdmcse.audit.agreement import CENTRED, STUDENT, TEACHER, Agreement, cosine
from kdmcse.audit.batches import Batch, Batches
from kdmcse.audit.cosines import Look
from kdmcse.audit.filters import Filter, filters
from kdmcse.audit.reading import Reading, student_readings, teacher_reading, texts_of
from kdmcse.config import TrainingConfig
from kdmcse.data import MIN_DEV_ROWS, PairDataset
from kdmcse.data.sharing import shared
from kdmcse.data.splits import text_key, training_rows
from kdmcse.evaluation.encoder import Vectors
from kdmcse.models import references, teacher_features
from kdmcse.models.calibration import Cosines, centred, mean_direction, sampled, unit
from kdmcse.models.teacher_cache import content_keys
from kdmcse.store.files import write_file
from kdmcse.store.reads import look, names_in, stamp
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace
from kdmcse.training import trainable
from kdmcse.training.batches import nearest, of_pairs
from kdmcse.training.schedule import PAIRS, Schedule

MOST_ROWS = 6_400
"""pairs of all batches that are looked at"""
LIKE_CONSTANT = 0.25
"""Margins whose standard deviation is a smaller part of their mean hardly differ; COCO's, which add nothing, have .20 and .23."""
NEXT_TO_NOTHING = 0.005
"""A filter that leaves out a smaller share of the negatives; COCO's, which adds nothing, leaves out .35 %."""
SEED = 0
_SIDES = {
    "image_caption": (("image", "image"), ("text", "caption")),
    "image_image": (("image", "image_a"), ("image", "image_b")),
    "caption_caption": (("text", "sentence1"), ("text", "sentence2")),
}
"""By task what is compared: kind and column."""

Report = Callable[[str, int, int], None]
"""Is told how far the work is: what is at work (`teacher` or `student`), how much is done, how much there is."""


@dataclass(frozen=True)
class Space:
    """The teacher's vectors as they are, or each modality centred."""

    look: Look
    filters: tuple[Filter, ...]
    batches: Batches

    def filter(self, name: str) -> Filter:
        """KeyError where there is none of that name."""
        return {one.name: one for one in self.filters}[name]


@dataclass(frozen=True)
class Audit:
    """What was measured of a teacher on a dataset."""

    dataset: str
    """fingerprint"""
    teacher: str
    student: str
    pairs: int
    """of the dataset"""
    spaces: Mapping[str, Space]
    """`teacher` as it is, and `centred`"""
    agreement: tuple[Agreement, ...]
    """with each kind of judgements that there is"""
    readings: tuple[Reading, ...]
    time: str
    """ISO 8601, UTC"""
    content: tuple[str, str] | None = None
    """digests of teacher and student; None in audits of before"""

    @property
    def id(self) -> str:
        """What names it among the audits of a dataset."""
        return hashlib.sha256(json.dumps([self.teacher, self.student, self.time]).encode()).hexdigest()[:12]

    @property
    def space(self) -> Space:
        """As the teacher is."""
        return self.spaces[TEACHER]

    @property
    def verdict(self) -> str:
        """`stranger`: it does not find the pairs again. Else whether it agrees with people on sentences `better` or `worse` than the
        untouched student, `open` where that cannot be told, or `unjudged` where the two cannot be compared.
        """
        if not self.space.look.knows_pairs:
            return "stranger"
        compared = next((one.difference for one in self.agreement if one.difference), None)
        if compared is None or compared.difference.low is None:
            return "unjudged"
        return "open" if compared.verdict == "not_decisive" else compared.verdict

    @property
    def filter_is_idle(self) -> bool:
        """Whether the filter at the median true pair leaves out next to nothing of what training sees."""
        return self.space.batches.above[1] < NEXT_TO_NOTHING

    @property
    def margins_are_alike(self) -> bool:
        """Whether the margins as published hardly differ between negatives."""
        published = [one for one in self.space.batches.margins if one.formula == "cosine"]
        return all(one.sd < LIKE_CONSTANT * one.mean for one in published)


_STORED = TypeAdapter(Audit)


def measure(
    workspace: Workspace,
    dataset: PairDataset,
    *,
    teacher: str,
    student: str,
    training: TrainingConfig | None = None,
    report: Report = lambda what, done, total: None,
) -> Audit:
    """Embed what is not embedded yet and look at it. UserError where a model cannot be loaded, and as `trainable.require_pairs`."""
    training, pairs, content = training or TrainingConfig(), dataset.pairs, _content(teacher, student)
    trainable.require_pairs(dataset, training, SEED)
    features = teacher_features.embed(
        workspace, teacher, dataset, on_progress=lambda done, total: report("teacher", done, total)
    )
    same = np.stack([pd.factorize(pairs["image"])[0], pd.factorize(pairs["caption"].map(text_key))[0]], axis=1)
    once = _each_once(same)
    seen = once[sampled(len(once), SEED)]
    learnt = training_rows(pairs, training.data_share, SEED)
    images, texts = features.image(seen), features.caption(seen)
    means = {TEACHER: (0.0, 0.0), CENTRED: (mean_direction(images), mean_direction(texts))}
    rows = list(_batches(dataset, features, learnt, training))
    spaces = {}
    for name, (of_images, of_texts) in means.items():
        here = unit(centred(images, of_images)), unit(centred(texts, of_texts))
        known = Cosines.of(*here)
        batches = (_batch(features, learnt[batch], same, of_images, of_texts) for batch in rows)
        numbers = pairs["pair"].to_numpy()[seen]
        spaces[name] = Space(Look.of(*here, known), filters(*here, known, numbers, SEED), Batches.of(batches, known))
    report("student", 0, 1)
    agreement, readings = _with_student(workspace, dataset, teacher, student, means[CENTRED], training)
    report("student", 1, 1)
    now = now_as_stored()
    return Audit(dataset.fingerprint, teacher, student, len(pairs), spaces, agreement, readings, now, content)


def folder_of(workspace: Workspace, dataset: str, teacher: str, student: str, training: TrainingConfig) -> Path:
    """Where the audit of this teacher is kept."""
    what = json.dumps([*_content(teacher, student), training.digest])
    return workspace.audits / dataset / hashlib.sha256(what.encode()).hexdigest()[:12]


def to_dict(audit: Audit) -> dict:
    """As JSON has it."""
    return _STORED.dump_python(audit, mode="json")


def keep(folder: Path, audit: Audit) -> None:
    """Write it, whole or not at all."""
    write_file(folder / "audit.json", _STORED.dump_json(audit))


def read(folder: Path) -> Audit | None:
    """The audit that is kept there; None where there is none that this version reads."""
    look(stamp, folder / "audit.json")
    try:
        return _STORED.validate_json((folder / "audit.json").read_bytes())
    except (OSError, ValueError):
        return None


def audits(workspace: Workspace, dataset: PairDataset) -> list[Audit]:
    """Every audit of the dataset, the newest first."""
    kept = (read(path.parent) for path in names_in(workspace.audits / dataset.fingerprint, "*/audit.json"))
    return sorted((one for one in kept if one is not None), key=lambda one: one.time, reverse=True)


def replaced(audit: Audit) -> list[str]:
    """Which of `teacher` and `student` was replaced since, or is gone. Of audits of before it is not known."""
    now = _content(audit.teacher, audit.student)
    roles = zip(("teacher", "student"), audit.content or now, now, strict=True)
    return [role for role, then, today in roles if then != today]


def _content(teacher: str, student: str) -> tuple[str, str]:
    return references.digest(teacher), references.digest(student)


def _each_once(same: np.ndarray) -> np.ndarray:
    """Rows with each image and caption once: copies are true pairs that nobody paired. same (n, 2): numbers of image and caption."""
    again = [pd.Series(numbers).duplicated().to_numpy() for numbers in same.T]
    once = np.flatnonzero(~again[0] & ~again[1])
    if len(once) > 1:
        return once
    # The first comes first: where all others share its image or its caption, two others differ.
    apart = ((row, (same != same[row]).all(axis=1)) for row in range(len(same)))
    return next(np.array([row, other.argmax()]) for row, other in apart if other.any())


def _batches(
    dataset: PairDataset, features: teacher_features.TeacherFeatures, learnt: np.ndarray, training: TrainingConfig
) -> Iterator[np.ndarray]:
    """Positions in `learnt` of the first batches of pairs that training makes; of a huge one a sample."""
    near = None
    if training.batches == "dense":
        vectors = features.caption(learnt), features.image(learnt)
        near = nearest(*vectors, share=training.hard_negative_share)
    looked_at, known = 0, {PAIRS: of_pairs(dataset, learnt, near)}
    whole = len(training_rows(dataset.pairs, 1.0, SEED))
    for step in Schedule(len(learnt), 0, training, SEED, whole=whole, rows=known).batches():
        rows = step.rows[sampled(len(step.rows), step.number)]
        yield rows
        looked_at += len(rows)
        if looked_at >= MOST_ROWS:
            return


def _batch(
    features: teacher_features.TeacherFeatures, rows: np.ndarray, same: np.ndarray, images: object, captions: object
) -> Batch:
    """images, captions: the means that are taken away."""
    return (
        unit(centred(features.image(rows), images)),
        unit(centred(features.caption(rows), captions)),
        same[rows],
    )


def _with_student(
    workspace: Workspace,
    dataset: PairDataset,
    teacher: str,
    student: str,
    means: tuple[np.ndarray, np.ndarray],
    training: TrainingConfig,
) -> tuple[tuple[Agreement, ...], tuple[Reading, ...]]:
    """What takes the untouched student: agreement with people beside the teacher's, and how both read the texts."""
    from kdmcse.models import student as students

    encoder = students.load(student, prompt=training.prompt)
    texts, judged = texts_of(dataset), _judged(dataset)
    kept = teacher_features.embed_further(workspace, teacher, dataset, *_contents(dataset, judged))
    found = []
    for task, table in judged.items():
        places = [kept.find(content_keys(kind, table[column])) for kind, column in _SIDES[task]]
        known = np.min(places, axis=0) >= 0
        vectors = [unit(kept[place[known]]) for place in places]
        of_modality = [means[kind == "text"] for kind, _ in _SIDES[task]]
        without = [unit(centred(one, mean)) for one, mean in zip(vectors, of_modality, strict=True)]
        cosines, rows = {TEACHER: cosine(*vectors), CENTRED: cosine(*without)}, table[known]
        if task == "caption_caption" and len(rows):
            vectors = Vectors(lambda texts: students.encode(encoder, texts))
            cosines[STUDENT] = cosine(vectors.of(rows["sentence1"]), vectors.of(rows["sentence2"]))
        units = shared(rows, [column for _, column in _SIDES[task]]).to_numpy(object)
        of_test = int(table["held_out"].sum()) if "held_out" in table else 0
        found.append(Agreement.of(task, rows["score"].to_numpy(), cosines, units, len(table), of_test))
    readings = student_readings(students.reader(encoder), texts, training)
    readings += [one] if (one := teacher_reading(teacher, texts["captions"])) else []
    return tuple(found), tuple(readings)


def _judged(dataset: PairDataset) -> dict[str, pd.DataFrame]:
    """By task what people judged; what there is of it. Of sentences the dev judgements, or where these are too few all that nothing is
    trained on."""
    sts = dataset.sts
    if sts is not None:
        sts = dataset.dev if dataset.counts["sts_dev"] >= MIN_DEV_ROWS else sts[sts["held_out"] | sts["dev"]]
    tables = {
        "image_caption": dataset.image_caption,
        "image_image": dataset.image_image,
        "caption_caption": sts,
    }
    return {task: table for task, table in tables.items() if table is not None and len(table)}


def _contents(dataset: PairDataset, judged: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.Series]:
    """The images (image, image_name) and texts that were judged."""
    images, texts = [dataset.pairs[["image", "image_name"]].head(0)], [dataset.pairs["caption"].head(0)]
    for task, table in judged.items():
        for kind, column in _SIDES[task]:
            if kind == "image":
                images.append(table[[column, f"{column}_name"]].set_axis(["image", "image_name"], axis=1))
            else:
                texts.append(table[column])
    return pd.concat(images), pd.concat(texts)
