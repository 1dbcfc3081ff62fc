"""Texts that a model does not read to their end, and texts with words that it does not know: counted by its own tokenizer."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kdmcse.models import references, teachers

_AT_ONCE = 10_000


@dataclass(frozen=True)
class Reading:
    """How one model reads some texts."""

    model: str
    """`student`, `training` (the student as it is trained) or `teacher`"""
    texts: int
    limit: int
    """tokens that it reads of a text"""
    cut: int
    """texts that are longer"""
    alike: int
    """of these, texts that differ from another one only beyond what is read"""
    unknown: int
    """texts with a word or sign that it reads as unknown"""

    @classmethod
    def of(
        cls, model: str, texts: Sequence[str], tokens: Callable[[list[str]], list[list[int]]], limit: int, unknown: int
    ) -> "Reading":
        """tokens: texts -> their token ids, uncut; unknown: the id that stands for what is not known, -1 for none."""
        distinct = list(dict.fromkeys(texts))
        ids = [one for first in range(0, len(distinct), _AT_ONCE) for one in tokens(distinct[first : first + _AT_ONCE])]
        cut = sum(len(one) > limit for one in ids)
        read = [(*one[: limit - 1],) if len(one) > limit else (*one[:-1],) for one in ids]
        seen = Counter(read)
        alike = sum(len(whole) > limit and seen[one] > 1 for one, whole in zip(read, ids, strict=True))
        return cls(model, len(distinct), limit, cut, alike, sum(unknown in one for one in ids))


def student_readings(encoder: object, texts: Sequence[str], training_length: int) -> list[Reading]:
    """As the student reads in use, with its prompt, and as it is trained where that is shorter. encoder: a loaded sentence-transformers model."""
    tokenizer = getattr(encoder, "tokenizer", None)
    if not callable(tokenizer):  # a student of word vectors has no length
        return []
    from kdmcse.models import student

    texts = student.with_prompt(encoder, texts)
    tokens, limit, unknown = teachers.reader_of(tokenizer, encoder.max_seq_length or training_length)
    found = [Reading.of("student", texts, tokens, limit, unknown)]
    if training_length < limit:
        found.append(Reading.of("training", texts, tokens, training_length, unknown))
    return found


def teacher_reading(ref: str, texts: Sequence[str]) -> Reading | None:
    """As the teacher reads; None for vectors that were made elsewhere, and where its tokenizer tells nothing."""
    if teachers.contents(ref) is not None:
        return None
    with references.loading(ref, "teacher"):
        found = teachers.load(ref).reader
    return None if found is None else Reading.of("teacher", texts, *found)
