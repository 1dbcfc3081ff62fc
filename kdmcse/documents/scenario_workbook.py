"""Scenarios as sheets of an XLSX workbook, and such sheets read again.

Text is written as text: no cell is a formula, whatever it begins with. Of what is read only values count; formulas, macros and links are
never followed. A sheet that has a column `key` holds a scenario; one whose first column is called `figure` is for reading only.
"""

import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from kdmcse.documents.scenario_problems import Problem, Table, Wrong
from kdmcse.errors import UserError, first_line
from kdmcse.i18n import LANGUAGES, MISSING, Locale, plain_text
from kdmcse.presentation import roi
from kdmcse.roi import Scenario, fields

MAX_UNPACKED_BYTES = 50 * 2**20
MAX_SHEETS = 110
"""with more a workbook is refused"""

_COLUMNS = ("label", "value", "unit", "low", "high", "key", "type")
_WIDTHS = (44, 24, 24, 14, 14, 40, 10)
_TYPES = ("text", "number", "yes_no", "nothing", "table", "list")
_MAX_ROWS = fields.MAX_ENTRIES + 200
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d{1,3})?")
_SHEET_MARKS = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def to_xlsx(t: Locale, scenarios: Sequence[Scenario], figures: pd.DataFrame | None = None) -> bytes:
    """A workbook with a sheet for each scenario, labelled in one language; `read_scenarios` reads it in any language.

    figures: a table of `presentation.roi.comparison_table`, for the first sheet; it is not read back.
    """
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    if figures is not None:
        sheet = book.create_sheet(t("scenarios.sheet.figures"))
        rows = [[name, *row] for name, row in zip(figures.index, figures.to_numpy(), strict=True)]
        _fill(sheet, ["figure", *figures.columns], rows, (32, 36))
    titles = {sheet.title.lower() for sheet in book.worksheets}
    for place, scenario in enumerate(scenarios, 1):
        sheet = book.create_sheet(_title(scenario.name, place, titles))
        titles.add(sheet.title.lower())
        heads = [t(f"scenarios.sheet.{name}") for name in _COLUMNS[:5]] + ["key", "type"]
        _fill(sheet, heads, _rows(t, scenario), _WIDTHS)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def xlsx_tables(data: bytes, file: str) -> Iterator[Table]:
    """What each sheet with scenarios says. UserError `scenarios_too_large`, `scenarios_unreadable`."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:  # no member yields more than the size it declares
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise UserError("scenarios_too_large", file=file, limit_mb=MAX_UNPACKED_BYTES // 2**20)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = []
        for sheet in book.worksheets[: MAX_SHEETS + 1]:
            sheet.reset_dimensions()  # what the sheet says of its own size may be wrong
            rows = []
            for row in sheet.iter_rows(values_only=True, max_row=_MAX_ROWS + 1, max_col=50):
                rows.append([_unescaped(cell) for cell in row])
            sheets.append((sheet.title, rows))
    except UserError:
        raise
    except Exception as error:  # the parser fails in any way on damaged bytes; to a person it is one failure
        raise UserError("scenarios_unreadable", file=file, reason=first_line(error)) from error
    if len(sheets) > MAX_SHEETS:
        yield Table(file, None, [Problem(file, None, MISSING, "too_many_sheets", {"limit": MAX_SHEETS})])
    for title, rows in sheets:
        if (table := _sheet_table(title, rows)) is not None:
            yield table


def _sheet_table(title: str, rows: list[list[Any]]) -> Table | None:
    """A scenario's sheet, or None for one that is only to be read or is blank."""
    if not any(cell not in (None, "") for row in rows for cell in row):
        return None
    heads = {str(cell).strip().lower(): place for place, cell in reversed(list(enumerate(rows[0]))) if cell is not None}
    if heads.get("figure") == 0:  # the other heads are names of scenarios, whatever these are
        return None
    place_of = {"key": heads.get("key"), "type": heads.get("type")}
    for name in _COLUMNS[:5]:
        words = [Locale(language)(f"scenarios.sheet.{name}").lower() for language in LANGUAGES]
        place_of[name] = next((heads[word] for word in words if word in heads), None)
    needed = [name for name in ("key", "type", "value", "low", "high") if place_of[name] is None]
    if needed:
        return Table(title, None, [Problem(title, 1, name, "column_missing") for name in needed])
    if len(rows) > _MAX_ROWS:
        return Table(title, None, [Problem(title, len(rows), MISSING, "too_long", {"limit": _MAX_ROWS})])
    entries, ranges, row_of, problems = {}, {}, {}, []
    for number, row in enumerate(rows[1:], 2):
        cells = {
            name: row[place] if place is not None and place < len(row) else None for name, place in place_of.items()
        }
        if all(cell in (None, "") for cell in row):
            continue
        key = str(cells["key"] or "").strip()
        try:
            if not key:
                raise Wrong("key_missing")
            if key in entries:
                raise Wrong("key_twice", first=row_of[key])
            row_of[key] = number
            entries[key] = _value(cells["value"], cells["type"])
            ends = [None if cells[end] in (None, "") else _number(cells[end]) for end in ("low", "high")]
            if (ends[0] is None) != (ends[1] is None):
                raise Wrong("range_half")
            if ends[0] is not None:
                ranges[key] = ends
        except Wrong as wrong:
            problems.append(Problem(title, number, key or MISSING, wrong.code, wrong.fields))
    try:
        table = fields.table_of(entries)
    except ValueError as error:
        path = str(error)
        problems.append(Problem(title, row_of.get(path), path, "key_unknown"))
        return Table(title, None, problems)
    return Table(title, table | {"ranges": ranges}, problems, row_of)


def _rows(t: Locale, scenario: Scenario) -> Iterator[list[Any]]:
    """Label, value, unit, low, high, key and type of every entry but the ranges, which stand beside their values."""
    table = scenario.to_dict()
    del table["ranges"]
    for path, value in fields.leaves(table, "").items():
        low, high = scenario.ranges.get(path, (None, None))
        unit = roi.unit(t, path, scenario.currency) if fields.is_number(value) else None
        shown = None if isinstance(value, dict | list) else value
        yield [roi.label(t, path), shown, unit, low, high, path, _type(value)]


def _type(value: Any) -> str:
    if value is None:
        return "nothing"
    for kind, name in ((bool, "yes_no"), (str, "text"), (dict, "table"), (list, "list")):
        if isinstance(value, kind):
            return name
    return "number"


def _value(cell: Any, kind: Any) -> Any:
    """The entry that a cell holds. Wrong where it does not hold one of its type."""
    blank = cell is None or cell == ""
    if kind not in _TYPES:
        raise Wrong("type_unknown", type=kind, known=tuple(_TYPES))
    if kind == "text":
        return "" if blank else _text(cell)
    if kind in ("table", "list"):
        if not blank:
            raise Wrong("not_empty")
        return {} if kind == "table" else []
    if kind == "nothing":
        return None if blank else cell if isinstance(cell, str | bool) else _number(cell)
    if blank:
        raise Wrong("value_missing")
    if kind == "yes_no":
        if not isinstance(cell, bool):
            raise Wrong("not_yes_no", value=cell)
        return cell
    return _number(cell)


def _number(cell: Any) -> float | int:
    """A number, also one that somebody typed as text, in full-width digits or with commas between thousands."""
    if isinstance(cell, str):
        narrow = unicodedata.normalize("NFKC", cell).strip()
        if not _NUMBER.fullmatch(narrow):
            raise Wrong("not_a_number", value=cell[:40])
        plain = narrow.replace(",", "")
        return int(plain) if re.fullmatch(r"[+-]?\d{1,15}", plain) else float(plain)
    if not fields.is_number(cell) or not math.isfinite(cell):
        raise Wrong("not_a_number", value=cell)
    return cell


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))  # a spreadsheet makes a number of a name such as 2024
    return cell if isinstance(cell, str) else str(cell)


def _fill(sheet: Any, heads: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for number, row in enumerate([heads, *rows], 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            if isinstance(value, str):
                cell.value = _ESCAPE.sub("_x005F_", plain_text(value))
                cell.data_type = "s"  # else a leading = makes it a formula
                cell.number_format = "@"
                cell.quotePrefix = True  # and so it stays when somebody edits the cell
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            else:
                cell.value = value
                cell.alignment = Alignment(vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
    for place in range(1, len(heads) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = widths[min(place, len(widths)) - 1]
    sheet.freeze_panes = "B2"


def _unescaped(cell: Any) -> Any:
    return cell.replace("_x005F_", "_") if isinstance(cell, str) else cell


def _title(name: str, place: int, taken: set[str]) -> str:
    """A name for a sheet: what a spreadsheet allows, 31 units of UTF-16 at most, unlike the others."""
    plain = _SHEET_MARKS.sub(" ", name).strip()
    cut = f"{place} {plain}".encode("utf-16-le")[:62].decode("utf-16-le", errors="ignore").strip()
    return cut if cut.lower() not in taken else f"{place}"
