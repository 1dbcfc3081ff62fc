"""What is wrong with one row of an upload, by file, row and column: a code with fields.

A problem never stops an import; a `UserError` does. Sentences are made in `kdmcse.presentation.data`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

NOTES = frozenset(
    {
        "amount_outlying", "amount_column_empty", "amount_column_unused", "amount_style_assumed", "amount_style_majority",
        "amount_currency_taken", "score_contradicted", "match_contradicted", "text_with_itself", "picture_with_itself",
        "column_unused",
    }
)  # fmt: skip
"""Codes of warnings that change nothing of what was read, so that they are no part of what a dataset is known by."""
AMOUNT_UNKNOWN = frozenset(
    {
        "amount_missing", "amount_not_number", "amount_negative", "amount_too_large", "amount_other_currency", "amount_currency_unclear",
        "amount_mixed_style",
    }
)  # fmt: skip
"""Codes of warnings that the amount of a decision is not known."""
KEPT = NOTES | AMOUNT_UNKNOWN | {"group_straddles_splits", "column_left_out"}
"""Codes of warnings: the row they stand beside is kept. Every other code means that the row was left out."""


class Unusable(Exception):
    """What is wrong with one cell: a code with fields."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code, self.fields = code, fields


@dataclass(frozen=True)
class Problem:
    """One finding. `row` is numbered as a spreadsheet does (the header is row 1); `column` is a header."""

    file: str
    row: int | None
    column: str | None
    code: str
    fields: dict = field(default_factory=dict)


def to_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Columns file, row (Int64), column, code, fields (JSON text), in the order of the upload."""
    rows = [(p.file, p.row, p.column, p.code, json.dumps(p.fields, ensure_ascii=False, default=str)) for p in problems]
    frame = pd.DataFrame(rows, columns=["file", "row", "column", "code", "fields"])
    return frame.astype({"file": "str", "row": "Int64", "column": "str", "code": "str", "fields": "str"})
