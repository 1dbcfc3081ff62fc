"""A file of answers or cases -> the dated values of a KPI: one row each, with a column of days and one of numbers, or of yes and no."""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kdmcse.criteria.kpis import Kpi, KpiValue, of_rows, tidy
from kdmcse.data.amounts import Style, read_number
from kdmcse.data.problems import Problem, Unusable
from kdmcse.data.row_checks import says_yes
from kdmcse.data.tables import Table
from kdmcse.errors import Reason, UserError
from kdmcse.validation import MAX_AMOUNT

MOST_ROWS = 20_000
"""An interval from so many takes about a second."""
CODES = (
    "day_missing", "day_unreadable", "day_unsure", "day_later", "value_missing", "value_not_number", "value_mixed_style", "neither_yes_nor_no",
)  # fmt: skip
"""What may be wrong with a cell, beside what is wrong with the table."""
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年 ?(\d{1,2})月 ?(\d{1,2})日|(\d\d)(\d\d))(?: ?\([月火水木金土日]\))?(?:[T ].*)?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ].*)?")
"""20.11.2026 begins with the day; of 11/20/2026 the rest of the column tells."""


@dataclass(frozen=True)
class KpiRows:
    """What was read of a file."""

    file: str
    days: tuple[str, ...]
    """(n,) ISO 8601"""
    values: tuple[float, ...]
    """(n,) numbers, of yes and no 1 and 0"""
    yes_no: bool
    problems: tuple[Problem, ...]
    """one for each row that was left out"""

    @property
    def value(self) -> KpiValue:
        """What they come to."""
        return of_rows(self.values, yes_no=self.yes_no, day=max(self.days))


def guess_columns(table: Table, kpi: Kpi) -> tuple[str | None, str | None]:
    """The column of days and that of values, of those that can be read in most rows: the one with the most days; the one that is called like the
    KPI, else the only one. None where none can be read, or several could hold the values, such as numbers of cases."""
    heads, rows = list(table.frame.columns), len(table.frame)
    days = {head: _readable(_days(table.frame[head])) for head in heads}
    day = max((head for head in heads if 2 * days[head] > rows), key=days.__getitem__, default=None)
    values = [
        head
        for head in heads
        if head != day and not 2 * days[head] > rows and 2 * _readable(_values(table.frame[head], kpi)[0]) > rows
    ]
    called = [head for head in values if kpi.key in tidy(head).casefold()]
    return day, next((found[0] for found in (called, values) if len(found) == 1), None)


def read_rows(table: Table, kpi: Kpi, *, day: str, value: str, today: datetime.date) -> KpiRows:
    """The rows of which both columns can be read. day, value: headers.

    UserError `kpi_one_column`, `kpi_file_too_long`, `kpi_share_unclear` where numbers from 0 to 1 may be percent or parts of 1, or `kpi_no_rows`
    where none can be read, with the problem of the first row.
    """
    if day == value:
        raise UserError("kpi_one_column", file=table.name, column=day)
    if len(table.frame) > MOST_ROWS:
        raise UserError("kpi_file_too_long", file=table.name, rows=len(table.frame), limit=MOST_ROWS)
    days, (values, yes_no) = _days(table.frame[day], today), _values(table.frame[value], kpi)
    if kpi.is_share and not yes_no and (part := _part_of_one(table.frame[value], values)):
        raise UserError("kpi_share_unclear", file=table.name, column=value, value=part)
    kept, problems = [], list(table.problems)
    for row, one_day, one_value in zip(table.frame.index.tolist(), days, values, strict=True):
        wrong = next(((head, one) for head, one in ((day, one_day), (value, one_value)) if _is_wrong(one)), None)
        if wrong:
            problems.append(Problem(table.name, row, wrong[0], wrong[1].code, wrong[1].fields))
        else:
            kept.append((one_day.isoformat(), one_value))
    if not kept:
        first = min(problems, key=lambda problem: problem.row or 0)
        room = "criteria.kpi.problem" if first.code in CODES else "data.problems"
        why = Reason(f"{room}.{first.code}", first.fields)
        raise UserError("kpi_no_rows", file=table.name, row=first.row or 1, why=why)
    return KpiRows(table.name, *map(tuple, zip(*kept, strict=True)), yes_no, tuple(problems))


# A cell that cannot be read is what is wrong with it.


def _days(cells: Iterable[str], today: datetime.date | None = None) -> list[datetime.date | Unusable]:
    plain = [" ".join(unicodedata.normalize("NFKC", cell).split()) for cell in cells]
    day_first = _day_first(plain)
    return [_day(cell, day_first, today) for cell in plain]


def _day(cell: str, day_first: bool | None, today: datetime.date | None) -> datetime.date | Unusable:
    if not cell:
        return Unusable("day_missing")
    try:
        if found := _YEAR_FIRST.fullmatch(cell):
            year, month, day = (int(part) for part in found.groups() if part and part.isdecimal())
        elif found := _YEAR_LAST.fullmatch(cell):
            first, mark, second, year = found.groups()
            if mark != "." and day_first is None:
                return Unusable("day_unsure", value=cell[:80])
            first, second, year = int(first), int(second), int(year)
            day, month = (first, second) if mark == "." or day_first else (second, first)
        else:
            return Unusable("day_unreadable", value=cell[:80])
        read = datetime.date(year, month, day)
    except ValueError:
        return Unusable("day_unreadable", value=cell[:80])
    return Unusable("day_later", value=cell[:80]) if today and read > today else read


def _day_first(cells: Sequence[str]) -> bool | None:
    """Whether days such as 11/20/2026 begin with the day: as the cells prove that can be read in one way alone; None where they prove nothing, or
    both."""
    found = [match for match in map(_YEAR_LAST.fullmatch, cells) if match and match[2] != "."]
    proofs = {int(match[1]) > 12 for match in found if (int(match[1]) > 12) != (int(match[3]) > 12)}
    return proofs.pop() if len(proofs) == 1 else None


def _values(cells: Sequence[str], kpi: Kpi) -> tuple[list[float | Unusable], bool]:
    """Numbers in the unit of the KPI; of a share also yes and no, where no cell is another number. And whether they are yes and no."""
    plain = [_without_unit(cell, kpi.unit) for cell in cells]
    said, style = [_yes(cell) for cell in plain], Style.of(plain)
    numbers = [_number(cell, style) for cell in plain]
    filled = [place for place, cell in enumerate(plain) if cell]
    others = [place for place in filled if said[place] is None and not _is_wrong(numbers[place])]
    yes_no = kpi.is_share and not others and 2 * sum(said[place] is not None for place in filled) > len(filled)
    if not yes_no:
        return numbers, False
    unclear = (Unusable("neither_yes_nor_no", value=cell[:80]) if cell else Unusable("value_missing") for cell in plain)
    return [float(one) if one is not None else why for one, why in zip(said, unclear, strict=True)], True


def _part_of_one(cells: Sequence[str], values: Sequence[float | Unusable]) -> str | None:
    """A cell between 0 and 1 without a sign of percent, where no number is greater: a sheet holds 85% as 0.85."""
    numbers = [(cell, value) for cell, value in zip(cells, values, strict=True) if not _is_wrong(value)]
    if any(value > 1 or "%" in unicodedata.normalize("NFKC", cell) for cell, value in numbers):
        return None
    return next((cell for cell, value in numbers if 0 < value < 1), None)


def _without_unit(cell: str, unit: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", cell).split())
    if unit and plain.casefold().endswith(unit.casefold()):
        return plain[: -len(unit)].strip()
    return plain


def _yes(cell: str) -> bool | None:
    try:
        return says_yes(cell)
    except Unusable:
        return None


def _number(cell: str, style: Style) -> float | Unusable:
    if not cell:
        return Unusable("value_missing")
    try:
        number = read_number(cell, style)
    except Unusable as unclear:
        code = "value_mixed_style" if unclear.code == "amount_mixed_style" else "value_not_number"
        return Unusable(code, value=cell[:80])
    return number if abs(number) <= MAX_AMOUNT else Unusable("value_not_number", value=cell[:80])


def _is_wrong(read: object) -> bool:
    return isinstance(read, Unusable)


def _readable(read: Iterable[object]) -> int:
    return sum(not _is_wrong(one) for one in read)
