"""Problems of a file of scenarios, each by sheet, row and field, with its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kdmcse.errors import Reasons, UserError, in_words
from kdmcse.i18n import Locale

MAX_PROBLEMS = 50
"""more are counted, but not listed"""


@dataclass(frozen=True)
class Problem:
    """A problem of a file. `sheet` is a sheet of a workbook, or the position of a scenario in a JSON file."""

    sheet: str
    row: int | None
    """as the spreadsheet counts; None where there are no rows"""
    field: str
    code: str
    fields: dict[str, Any] = field(default_factory=dict)
    error: UserError | None = None
    """the error of the scenario, where a value is not allowed"""

    def sentence(self, t: Locale) -> str:
        """What is wrong, without the place."""
        return (
            self.error.message(t.language)
            if self.error
            else t(f"scenarios.problem.{self.code}", **in_words(t, self.fields))
        )

    def message(self, t: Locale) -> str:
        """What is wrong, with sheet, row and field."""
        key = "scenarios.at" if self.row is None else "scenarios.at_row"
        return t(key, sheet=self.sheet, row=self.row, field=self.field, problem=self.sentence(t))


class ScenariosRefused(UserError):
    """A file of scenarios that is not taken in at all; `problems` are the first reasons of `count`, of which the message names three."""

    def __init__(self, code: str, file: str, problems: Sequence[Problem], count: int) -> None:
        super().__init__(code, file=file, count=count, problems=Reasons(tuple(problems[:3])))
        self.problems = tuple(problems)

    def __reduce__(self):
        return ScenariosRefused, (self.code, self.fields["file"], self.problems, self.fields["count"])


def refuse(file: str, problems: Sequence[Problem]) -> ScenariosRefused:
    """The error that counts all problems and holds the first `MAX_PROBLEMS`."""
    return ScenariosRefused("scenarios_refused", file, problems[:MAX_PROBLEMS], len(problems))


class Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code, self.fields = code, fields


@dataclass(frozen=True)
class Table:
    """The entries of one scenario in a file, or its problems."""

    sheet: str
    entries: Any
    problems: list[Problem]
    rows: dict[str, int] = field(default_factory=dict)
    """path -> row of the sheet"""

    def row_of(self, path: str) -> int | None:
        """The row of the path, else of the first entry within it or of one whose path ends with it."""
        inside = (row for known, row in self.rows.items() if known.startswith(f"{path}/") or known.endswith(f"/{path}"))
        return self.rows.get(path) or next(inside, None)
