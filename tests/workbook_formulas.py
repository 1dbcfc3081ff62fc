"""What the formulas of a workbook come to, for tests: numbers, texts, + - * / ^, comparisons, IF and SUM, and cells of any sheet."""

import io
import operator
import re

import openpyxl

_TOKEN = re.compile(
    r"""\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|"((?:[^"]|"")*)"|((?:'(?:[^']|'')+'!)?\$?[A-Z]+\$?\d+)"""
    r"""|(IF|SUM)|(<=|>=|<>|[-+*/^()=<>,:]))"""
)
_COMPARE = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
}


class Workbook:
    """A workbook whose input cells may be changed; every formula is computed from its cells when it is asked for."""

    def __init__(self, data: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(data))
        self.stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        self.known = {}

    def change(self, sheet: str, cell: str, value: float) -> None:
        self.book[sheet][cell] = value
        self.known = {}

    def value(self, sheet: str, cell: str):
        place = sheet, cell.replace("$", "")
        if place not in self.known:
            found = self.book[sheet][place[1]]
            is_formula = found.data_type == "f"
            self.known[place] = _Formula(self, sheet, found.value[1:]).result() if is_formula else found.value
        return self.known[place]

    def formulas(self):
        """Sheet and cell of every formula."""
        for sheet in self.book.worksheets:
            for row in sheet.iter_rows():
                yield from ((sheet.title, cell.coordinate) for cell in row if cell.data_type == "f")

    def row(self, sheet: str, label: str, nth: int = 0) -> int:
        """The number of the row with this label."""
        return [cell.row for cell in self.book[sheet]["A"] if cell.value == label][nth]


class _Formula:
    def __init__(self, book: Workbook, sheet: str, text: str) -> None:
        self.book, self.sheet, self.tokens, at = book, sheet, [], 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            assert found, f"not understood: {text[at:]}"
            self.tokens.append((found.lastindex, found[found.lastindex]))
            at = found.end()
        self.at = 0

    def result(self):
        value = self.comparison()
        assert self.at == len(self.tokens), self.tokens[self.at :]
        return value()

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def takes(self, *signs: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at] in [(5, sign) for sign in signs]:
            return self.next()[1]
        return None

    def comparison(self):
        left = self.sum()
        if sign := self.takes(*_COMPARE):
            right = self.sum()
            return lambda: _COMPARE[sign](left(), right())
        return left

    def sum(self):
        return self.chain(self.product, {"+": operator.add, "-": operator.sub})

    def product(self):
        return self.chain(self.power, {"*": operator.mul, "/": operator.truediv})

    def power(self):
        return self.chain(self.unary, {"^": operator.pow})

    def chain(self, part, signs):
        left = part()
        while sign := self.takes(*signs):
            right = part()
            left = lambda left=left, right=right, sign=sign: signs[sign](left(), right())  # noqa: E731
        return left

    def unary(self):
        """Excel takes a minus before a number more closely than a power."""
        if self.takes("-"):
            value = self.unary()
            return lambda: -value()
        return self.atom()

    def atom(self):
        kind, text = self.next()
        if kind == 1:
            return lambda: float(text)
        if kind == 2:
            return lambda: text.replace('""', '"')
        if kind == 3:
            sheet, cell = self.place(text)
            return lambda: self.book.value(sheet, cell)
        if kind == 4:
            self.takes("(")
            return self.total() if text == "SUM" else self.condition()
        assert text == "("
        value = self.comparison()
        assert self.takes(")")
        return value

    def condition(self):
        asked, _, then, _, other = (
            self.comparison(),
            self.takes(","),
            self.comparison(),
            self.takes(","),
            self.comparison(),
        )
        assert self.takes(")")
        return lambda: then() if asked() else other()

    def total(self):
        (sheet, first), _, (_, last) = self.place(self.next()[1]), self.takes(":"), self.place(self.next()[1])
        assert self.takes(")")
        column = first.rstrip("0123456789")
        rows = range(int(first[len(column) :]), int(last[len(column) :]) + 1)
        return lambda: sum(self.book.value(sheet, f"{column}{row}") for row in rows)

    def place(self, text: str) -> tuple[str, str]:
        sheet, _, cell = text.rpartition("!")
        return sheet.strip("'").replace("''", "'") or self.sheet, cell.replace("$", "")
