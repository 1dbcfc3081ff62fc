"""What a table will be taken for, before it is imported: each column with its first cells, what it was recognised as, and what is not clear.

Looks at the head of the file alone. What is said here is what the import does with the same choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kdmcse.data.columns import COLUMNS, HEAD_ROWS, guess_columns, rivals
from kdmcse.data.row_checks import is_readable
from kdmcse.data.tables import read_head

SAMPLES = 3
"""rows that are shown of a column"""
NOT_USED = ""
"""In the place of a column's role: nothing is read from it."""


@dataclass(frozen=True)
class PreviewColumn:
    """A column of the file."""

    header: str
    samples: tuple[str, ...]
    """its cells in the first rows"""
    role: str
    """one of `COLUMNS[kind]`, or `NOT_USED`"""
    could_be: str | None = None
    """the role that it could have by its name, where another column was taken for that"""
    taken: str | None = None
    """that other column"""
    unreadable: bool = False
    """whether most of its first cells cannot be read as what it was taken for"""


@dataclass(frozen=True)
class Preview:
    """What a table will be taken for."""

    kind: str
    file: str
    columns: tuple[PreviewColumn, ...]

    @property
    def mapping(self) -> dict[str, str | None]:
        """Role -> header or None, for `import_dataset`: nothing is left to be guessed."""
        of_role = {column.role: column.header for column in self.columns if column.role != NOT_USED}
        return {role: of_role.get(role) for role in COLUMNS[self.kind]}

    @property
    def missing(self) -> tuple[str, ...]:
        """The roles that must be there and are not."""
        return tuple(role for role, needed in COLUMNS[self.kind].items() if needed and self.mapping[role] is None)

    @property
    def unclear(self) -> tuple[PreviewColumn, ...]:
        """The columns to have a look at: another one of that kind is used, or the cells do not look like what they were taken for."""
        return tuple(column for column in self.columns if column.could_be or column.unreadable)

    @property
    def is_clear(self) -> bool:
        """Whether everything was recognised with certainty."""
        return not self.missing and not self.unclear


def head(path: Path) -> pd.DataFrame:
    """The first rows of a table, all as text. UserError as `read_head`."""
    return read_head(path, HEAD_ROWS)


def preview(kind: str, file: str, rows: pd.DataFrame, chosen: Mapping[str, str] | None = None) -> Preview:
    """What the table with these first rows will be taken for. chosen: header -> role or `NOT_USED`, where somebody said so; of two the last."""
    cells = rows.to_dict("list")
    headers, said = list(rows.columns), {header: role for header, role in (chosen or {}).items() if header in cells}
    of_role = {role: header for header, role in said.items() if role in COLUMNS[kind]}
    free = [header for header in headers if header not in said]
    guessed = guess_columns(kind, free, cells)
    mapped = {role: of_role.get(role, guessed[role]) for role in COLUMNS[kind]}
    role_of = {header: role for role, header in mapped.items() if header is not None}
    others = {
        one.header: one
        for one in rivals(kind, mapped, headers, cells)
        if one.header not in said and one.field not in of_role
    }
    columns = []
    for header in headers:
        role, other = role_of.get(header, NOT_USED), others.get(header)
        filled = [cell for cell in cells[header] if cell]
        bad = (
            role != NOT_USED
            and bool(filled)
            and 2 * sum(is_readable(kind, role, cell) for cell in filled) < len(filled)
        )
        samples = tuple(cells[header][:SAMPLES])
        columns.append(PreviewColumn(header, samples, role, other and other.field, other and other.taken, bad))
    return Preview(kind, file, tuple(columns))
