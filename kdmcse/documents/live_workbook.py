"""Sheets whose formulas are live: parts of formulas that know what they come to, and sheets that are written row by row. No text is a formula."""

import datetime
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul, sub, truediv
from typing import Any

from kdmcse.documents.content import printable
from kdmcse.i18n import Locale, plain_text

_FORMATS = {"whole": "#,##0", "fraction": "#,##0.00##", "share": "0.00%", "factor": "0.000000", "tenth": "0.0"}
_LABELS, _NUMBERS = 58, 20
"""Widths of columns, in letters."""


@dataclass(frozen=True)
class Term:
    """A part of a formula, and what it comes to."""

    text: str
    value: Any
    """a number, or the text that a condition gives in its place"""
    rank: int = 3
    """1: a sum, 2: a product, 3: needs no brackets"""

    def __add__(self, other: "Term | float") -> "Term":
        return _joined(self, "+", other)

    def __sub__(self, other: "Term | float") -> "Term":
        return _joined(self, "-", other)

    def __rsub__(self, other: float) -> "Term":
        return _joined(other, "-", self)

    def __mul__(self, other: "Term | float") -> "Term":
        return _joined(self, "*", other)

    def __truediv__(self, other: "Term | float") -> "Term":
        return _joined(self, "/", other)


_SIGNS: dict[str, tuple[int, Callable]] = {"+": (1, add), "-": (1, sub), "*": (2, mul), "/": (2, truediv)}


def _joined(left: "Term | float", sign: str, right: "Term | float") -> Term:
    rank, compute = _SIGNS[sign]
    left, right = (one if isinstance(one, Term) else Term(repr(one), one) for one in (left, right))
    begin = f"({left.text})" if left.rank < rank else left.text
    end = f"({right.text})" if right.rank < rank or (right.rank == rank and sign in "-/") else right.text
    return Term(f"{begin}{sign}{end}", compute(left.value, right.value), rank)


def total(terms: Sequence[Term]) -> Term:
    """The sum of one or more."""
    return reduce(add, terms)


def quoted(words: str) -> str:
    """A text within a formula."""
    return '"' + words.replace('"', '""') + '"'


# Sheets


class Book:
    """A workbook and how its cells look."""

    def __init__(self, t: Locale, title: str, day: datetime.date) -> None:
        import xlsxwriter

        self.t, self.title = t, title
        self._written, self._looks = io.BytesIO(), {}
        plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.file = xlsxwriter.Workbook(self._written, plain)
        self.file.set_properties({"title": _clean(title), "created": datetime.datetime.combine(day, datetime.time())})

    def look(self, **properties: Any) -> Any:
        """A format with these properties, each made once."""
        key = tuple(properties.items())
        if key not in self._looks:
            self._looks[key] = self.file.add_format(properties)
        return self._looks[key]

    def sheet(self, name: str, columns: int) -> "Sheet":
        """The next sheet, with so many columns of numbers."""
        return Sheet(self, self.t(f"workbook.sheet.{name}"), columns)

    def close(self) -> bytes:
        """The file."""
        self.file.close()
        return self._written.getvalue()


class Sheet:
    """A sheet that is written row by row."""

    def __init__(self, book: Book, name: str, columns: int) -> None:
        self.book, self.name, self.row = book, name, 0
        self.sheet = book.file.add_worksheet(name)
        self.sheet.set_column(0, 0, _LABELS)
        self.sheet.set_column(1, columns, _NUMBERS)

    def text(self, *texts: str, **look: Any) -> None:
        """A row of texts."""
        for place, text in enumerate(texts):
            self.sheet.write_string(self.row, place, _clean(text), self.book.look(num_format="@", **look))
        self.row += 1

    def head(self, *texts: str) -> None:
        """A row of headings, after an empty row."""
        self.row += 1
        self.text(*texts, bold=True)

    def line(self, label: str, *numbers: Term | float, form: str = "", unit: str = "") -> list[Term]:
        """A row with what it is, one or more numbers, and their unit: what refers to each number."""
        row, words = self.row, self.book.look(num_format="@")
        self.text(label)
        self.sheet.write_string(row, 1 + len(numbers), _clean(unit), words)
        return [self.number(row, place, number, form) for place, number in enumerate(numbers, 1)]

    def number(self, row: int, place: int, number: Term | float, form: str = "") -> Term:
        """A formula, or a number that may be changed, which is marked."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        value = number.value if isinstance(number, Term) else float(number)
        form = form or ("whole" if isinstance(number, Term) or value == int(value) else "fraction")
        look = {"num_format": _FORMATS[form]}
        if isinstance(number, Term):
            self.sheet.write_formula(row, place, f"={number.text}", self.book.look(**look), value)
        else:
            marked = {"bg_color": "#FFF4CC", "border": 1, "border_color": "#D8C98A"}
            self.sheet.write_number(row, place, value, self.book.look(**look, **marked))
        return Term(f"'{self.name}'!{xl_rowcol_to_cell(row, place, row_abs=True, col_abs=True)}", value)


def _clean(text: str) -> str:
    return printable(plain_text(text))
