"""What is wrong with a file of scenarios: each thing by sheet, row and field, told in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kdmcse.errors import UserError
from kdmcse.i18n import say


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file. `sheet` is a sheet of a workbook, or the place of a scenario in a JSON file."""

    sheet: str
    row: int | None
    """as the spreadsheet counts; None where there are no rows"""
    field: str
    code: str
    fields: dict[str, Any] = field(default_factory=dict)
    error: UserError | None = None
    """where a value is not allowed: what the scenario says about it"""

    def message(self, language: str) -> str:
        """What is wrong, without the place."""
        return (
            self.error.message(language)
            if self.error
            else say(f"scenarios.problem.{self.code}", language, **self.fields)
        )

    def told(self, language: str) -> str:
        """What is wrong, with the place."""
        place = "at" if self.row is None else "at_row"
        return say(f"scenarios.{place}", language, sheet=self.sheet, row=self.row, field=self.field, problem=self.message(language))  # fmt: skip


class ScenariosRefused(UserError):
    """A file of scenarios that is not taken in at all; `problems` says why, each by sheet, row and field."""

    def __init__(self, code: str, file: str, problems: Sequence[Problem]) -> None:
        super().__init__(code, file=file, count=len(problems), problems="")
        self.problems = tuple(problems)

    def message(self, language: str = "en") -> str:
        self.fields["problems"] = " ".join(problem.told(language) for problem in self.problems[:3])
        return super().message(language)

    def __reduce__(self):
        return ScenariosRefused, (self.code, self.fields["file"], self.problems)


def refuse(file: str, problems: Sequence[Problem]) -> ScenariosRefused:
    """The error that says all of them."""
    return ScenariosRefused("scenarios_refused", file, problems)


class Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code, self.fields = code, fields


@dataclass(frozen=True)
class Table:
    """What a file says of one scenario, or what is wrong with it."""

    sheet: str
    entries: Any
    problems: list[Problem]
    rows: dict[str, int] = field(default_factory=dict)
    """path -> row of the sheet"""

    def row_of(self, path: str) -> int | None:
        """The row of the path, or of the first entry within it, or of one that ends so."""
        inside = (row for known, row in self.rows.items() if known.startswith(f"{path}/") or known.endswith(f"/{path}"))
        return self.rows.get(path) or next(inside, None)
