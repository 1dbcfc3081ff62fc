"""The failures a person can cause or mend. Not for bugs: those stay ordinary exceptions.

An error is a code with fields; its sentences stand in `messages/errors.<language>.toml`, so the page, the report
and the shell say the same thing in the reader's language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kdmcse.i18n import MISSING, Locale

_LONGEST = 300
"""characters of what a library says"""
_SENTENCE_END = re.compile(r"[.!?](?=\s[^a-z])|[。！？]")


class HasMessage(Protocol):
    """What says itself in a language."""

    def message(self, t: Locale) -> str: ...


@dataclass(frozen=True)
class Reason:
    """Why something cannot be done: a sentence of its own, and how often it holds where that matters."""

    key: str
    """of the sentence"""
    fields: Mapping[str, object] = field(default_factory=dict)
    """of the sentence"""
    count: int | None = None

    def message(self, t: Locale) -> str:
        text = t(self.key, **self.fields)
        return text if self.count is None else f"{text} (× {t.number(self.count)})"


@dataclass(frozen=True)
class Reasons:
    """Several reasons as one field of an error, written in the language of its message."""

    reasons: tuple[HasMessage, ...]

    def message(self, t: Locale) -> str:
        return t.join(reason.message(t) for reason in self.reasons)


def first_line(error: Exception | str) -> str:
    """What a library's exception says, for a field that a full stop follows: its first line, of a long one the sentences that fit."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if len(text) > _LONGEST:
        ends = [end.end() for end in _SENTENCE_END.finditer(text) if end.end() <= _LONGEST]
        text = text[: ends[-1]] if ends else f"{text[:_LONGEST].rpartition(' ')[0] or text[:_LONGEST]} …"
    return text.rstrip(".。")


class UserError(Exception):
    """Something the user asked for cannot be done: what happened to which thing (`message`) and what to do next (`hint`).

    `code` names an entry under `errors.` in `messages/`; `fields` fill its placeholders: a tuple as a list of what is
    in it, a `Reason` in the language.
    """

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(code, fields)

    def message(self, language: str = "en") -> str:
        return self._sentence("message", language)

    def hint(self, language: str = "en") -> str:
        return self._sentence("hint", language)

    def sentences(self, t: Locale) -> str:
        """Message and hint, one after the other."""
        return t.join([self.message(t.language), self.hint(t.language)])

    def __str__(self) -> str:
        return self.sentences(Locale("en"))

    @classmethod
    def from_dict(cls, table: dict) -> "UserError":
        """The error whose `to_dict` this is; its fields are text now."""
        return cls(table["code"], **table["fields"])

    def __reduce__(self):
        return _rebuild, (self.code, self.fields)

    def to_dict(self) -> dict:
        """For JSON: code, fields as text and the English sentences."""
        fields = {name: str(value) for name, value in in_words(Locale("en"), self.fields).items()}
        return {"code": self.code, "fields": fields, "message": self.message(), "hint": self.hint()}

    def _sentence(self, part: str, language: str) -> str:
        t = Locale(language)
        return t(f"errors.{self.code}.{part}", **in_words(t, self.fields))


def in_words(t: Locale, fields: Mapping[str, object]) -> dict[str, object]:
    """Fields as they stand in a sentence: of several things one after the other, a dash where there is none, a reason in the language."""
    return {name: _written(t, value) for name, value in fields.items()}


def _written(t: Locale, value: object) -> object:
    if isinstance(value, tuple):
        return t.series(value) or MISSING
    if isinstance(value, float):
        return str(value).removesuffix(".0")  # as it was typed: -5, not -5.0
    return value.message(t) if isinstance(value, Reason | Reasons) else value


def _rebuild(code: str, fields: dict) -> UserError:
    return UserError(code, **fields)
