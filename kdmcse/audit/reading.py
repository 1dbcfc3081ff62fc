"""Texts that a model does not read to their end, and texts with words that it does not know: counted by its own tokenizer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kdmcse.config import TrainingConfig
from kdmcse.data import PairDataset
from kdmcse.models import readers, references, teachers
from kdmcse.models.readers import Reader

_AT_ONCE = 10_000
_TEXTS = {
    "captions": ("pairs", ("caption",)),
    "texts": ("texts", ("text",)),
    "judged": ("sts", ("sentence1", "sentence2")),
    "decided": ("decisions", ("text_a", "text_b")),
    "questions": ("faq", ("question",)),
    "answers": ("faq", ("answer",)),
}
"""By kind of texts, the table and the columns of a dataset."""


@dataclass(frozen=True)
class Reading:
    """How one model reads the texts of one kind."""

    model: str
    """`student`, `training` (the student as it is trained), `teacher` or `text_teacher`"""
    texts: int
    """different ones"""
    limit: int | None
    """tokens that it reads of a text; None: all"""
    cut: int
    """texts that are longer"""
    alike: int
    """of these, texts that differ from another one only beyond what is read"""
    unknown: int
    """texts with a word or sign that it reads as unknown"""
    kind: str = "captions"
    """of `texts_of`"""

    @classmethod
    def of(cls, model: str, kind: str, ids: Sequence[Sequence[int]], reader: Reader) -> "Reading":
        """ids: of the tokens of the different texts of one kind."""
        room = None if reader.limit is None else reader.limit - reader.marks
        cut = [room is not None and len(one) > room for one in ids]
        seen = Counter(tuple(one[:room]) for one in ids) if any(cut) else {}
        alike = sum(longer and seen[tuple(one[:room])] > 1 for one, longer in zip(ids, cut, strict=True))
        unknown = sum(reader.unknown in one for one in ids)
        return cls(model, len(ids), reader.limit, sum(cut), alike, unknown, kind)


def texts_of(dataset: PairDataset) -> dict[str, list[str]]:
    """Each different text by kind, of the kinds that the dataset has: captions, texts alone, judged sentences, texts that are decided on,
    questions and their answers."""
    found = {}
    for kind, (name, columns) in _TEXTS.items():
        table = getattr(dataset, name)
        if table is not None and len(table):
            found[kind] = list(dict.fromkeys(text for column in columns for text in table[column]))
    return found


def student_readings(reader: Reader, texts: Mapping[str, Sequence[str]], training: TrainingConfig) -> list[Reading]:
    """As the student reads each kind of texts in use, and as it is trained on them where that is shorter. texts: as `texts_of` has them;
    training: as it acts on their dataset (`TrainingConfig.on`)."""
    learnt, found = _learnt(texts, training), []
    trained = replace(reader, limit=training.max_length)
    for kind, of_kind in texts.items():
        if kind == "texts" and kind not in learnt:
            continue  # they are there to be learnt from alone
        ids = _ids(reader, of_kind)
        found.append(Reading.of("student", kind, ids, reader))
        if kind in learnt and (reader.limit is None or trained.limit < reader.limit):
            found.append(Reading.of("training", kind, ids, trained))
    return found


def before_training(
    dataset: PairDataset, training: TrainingConfig, student: str, text_teacher: str | None = None
) -> list[Reading]:
    """How the student, and a teacher that reads sentences alone, read the dataset, as far as their files tell. Loads no model."""
    texts, training, found = texts_of(dataset), training.on(dataset.counts), []
    if reader := readers.of_files(student, training.prompt):
        found += student_readings(reader, texts, training)
    if text_teacher and (reader := readers.of_files(text_teacher)):
        learnt = {kind: texts[kind] for kind in _learnt(texts, training)}
        found += [Reading.of("text_teacher", kind, _ids(reader, one), reader) for kind, one in learnt.items()]
    return found


def teacher_reading(ref: str, captions: Sequence[str]) -> Reading | None:
    """As the teacher reads; None for vectors that were made elsewhere, and where its tokenizer tells nothing."""
    if references.vectors_file(ref) or references.kept_vectors(ref):
        return None
    with references.loading(ref, "teacher"):
        reader = teachers.load(ref).reader
    return reader and Reading.of("teacher", "captions", _ids(reader, captions), reader)


def _learnt(texts: Mapping[str, Sequence[str]], training: TrainingConfig) -> list[str]:
    """The kinds of these texts that a training learns from."""
    kinds = ("captions",) if training.texts == "left_out" else ("captions", "texts")
    return [kind for kind in kinds if kind in texts]


def _ids(reader: Reader, texts: Sequence[str]) -> list[list[int]]:
    parts = (list(texts[first : first + _AT_ONCE]) for first in range(0, len(texts), _AT_ONCE))
    return [ids for part in parts for ids in reader.tokens(part)]
