"""What is wrong with one row of an upload, by file, row and column: a code with fields, told in the reader's language.

A problem never stops an import. What does stop one is a `UserError`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from kdmcse.i18n import say

KEPT = frozenset({"group_straddles_splits", "column_left_out"})
"""Codes of warnings: the row they stand beside is kept. Every other code means that the row was left out."""


@dataclass(frozen=True)
class Problem:
    """One finding. `row` is numbered as a spreadsheet does (the header is row 1); `column` is a header."""

    file: str
    row: int | None
    column: str | None
    code: str
    fields: dict = field(default_factory=dict)

    def message(self, language: str) -> str:
        return say(f"data.problems.{self.code}", language, **self.fields)


def to_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Columns file, row (Int64), column, code, fields (JSON text), in the order of the upload."""
    rows = [(p.file, p.row, p.column, p.code, json.dumps(p.fields, ensure_ascii=False, default=str)) for p in problems]
    frame = pd.DataFrame(rows, columns=["file", "row", "column", "code", "fields"])
    return frame.astype({"file": "str", "row": "Int64", "column": "str", "code": "str", "fields": "str"})


def told(problems: pd.DataFrame, language: str) -> pd.DataFrame:
    """The frame of `to_frame` for a reader: file, row, column, code, message, kept (bool)."""
    messages = [
        say(f"data.problems.{code}", language, **json.loads(fields))
        for code, fields in zip(problems["code"], problems["fields"], strict=True)
    ]
    table = problems[["file", "row", "column", "code"]].copy()
    table["message"] = pd.Series(messages, index=table.index, dtype="str")
    table["kept"] = table["code"].isin(list(KEPT)).astype(bool)
    return table
