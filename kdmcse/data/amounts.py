"""The amounts of decisions: a cell -> money, and what a whole column of them says. Leaves out no row."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse import currencies
from kdmcse.data.problems import Problem, Unusable
from kdmcse.validation import MAX_AMOUNT

OUTLYING = 100
"""times the median: an amount from here on may have lost its decimal point. Real prices of one shop lie within some dozens of times."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}((,\d{3})+|( \d{3})+)(\.\d+)?", re.ASCII)
_SWAPPED = str.maketrans(",.", ".,")
_WITHOUT_DECIMALS = ("JPY", "¥", "KRW")
"""In these `1,200` has one meaning."""


@dataclass(frozen=True)
class Style:
    """Which mark stands before the decimals of a column, as far as its cells prove it."""

    points: int = 0
    """cells that can be read with a decimal point alone: 12.5, 1,299.50"""
    commas: int = 0
    """cells that can be read with a decimal comma alone: 12,5, 1.299,50, 1.299.000"""

    @classmethod
    def of(cls, cells: Sequence[str]) -> "Style":
        found = Counter(_marks(_plain(cell)) for cell in cells)
        return cls(found["."], found[","])

    @property
    def decimal(self) -> str | None:
        """The mark that more cells prove, a point where none proves any. None: as many prove one as the other."""
        if self.points == self.commas:
            return None if self.points else "."
        return "." if self.points > self.commas else ","


def read_amount(cell: str, style: Style) -> float:
    """Money: as `read_number`, and not below 0."""
    amount = read_number(cell, style)
    if amount < 0:
        raise Unusable("amount_negative", value=cell[:80])
    if amount > MAX_AMOUNT:
        raise Unusable("amount_too_large", value=cell[:80], limit=f"{MAX_AMOUNT:,.0f}")
    return amount + 0.0  # -0.0 is 0.0


def read_number(cell: str, style: Style) -> float:
    """With a sign of a currency or without, in groups of three digits or not, decimals as in the rest of its column.

    Unusable `amount_missing`, `amount_not_number` or `amount_mixed_style`.
    """
    if not cell:
        raise Unusable("amount_missing")
    plain = _plain(cell)
    if not (marks := _marks(plain)):
        raise Unusable("amount_not_number", value=cell[:80])
    if marks != "either" and (style.decimal is None or style.decimal not in marks):
        raise Unusable("amount_mixed_style", value=cell[:80], points=style.points, commas=style.commas)
    return _number(plain, style.decimal or ".")


def check_amounts(
    frame: pd.DataFrame, cells: Sequence[str], style: Style, file: str, header: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """frame: row and amount; cells (n,): how each was written. Returned with `currency` where the header or most signs tell it, without the
    amounts that are in another; and which are in another, how the column was read where it does not tell, or which are so large that a decimal
    point may be missing."""
    known = frame["amount"].notna().to_numpy()
    signs = np.array([currencies.split_sign(cell)[1] for cell in cells], dtype=object)
    counts = Counter(signs[known])
    unsigned, currency = counts[None], _currency_of(counts, header)
    other = known & [sign is not None and not _may_be(sign, currency) for sign in signs]
    code, told = "amount_other_currency", {"currency": currency}
    if currency is None:
        signed = ", ".join(f"{sign} ({count})" for sign, count in counts.most_common() if sign)
        code, told = "amount_currency_unclear", {"signed": signed, "unsigned": unsigned}
    problems = [
        Problem(file, int(row), header, code, {"value": cell[:80], **told})
        for row, cell in zip(frame["row"][other], np.array(cells, dtype=object)[other], strict=True)
    ]
    if currency is not None and unsigned and currencies.of_name(header) is None:
        fields = {"currency": currency, "unsigned": unsigned, "signed": int(known.sum() - other.sum()) - unsigned}
        problems.append(Problem(file, None, header, "amount_currency_taken", fields))
    frame = frame.assign(amount=frame["amount"].mask(other, math.nan))
    if currency is not None:
        frame = frame.assign(currency=pd.array([currency] * len(frame), "str"))
    problems += _unsure(frame, cells, style, currency, file, header)
    return frame, problems + _outlying(frame, cells, file, header)


def _plain(cell: str) -> str:
    return currencies.split_sign(cell)[0]


def _number(plain: str, decimal: str) -> float | None:
    """With this mark before the decimals, and the other or blanks between groups of three digits. None where it cannot be read so."""
    if decimal == ",":
        plain = plain.translate(_SWAPPED)
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "").replace(" ", "")
    return float(plain) if NUMBER.fullmatch(plain) else None


def _marks(plain: str) -> str:
    """The marks that may stand before the decimals of a number: `.`, `,`, `.,` (1.299 is one thing or the other), `either` where that makes no
    difference (1299); empty where it is no number."""
    point, comma = _number(plain, "."), _number(plain, ",")
    if point is not None and point == comma:
        return "either"
    return "." * (point is not None) + "," * (comma is not None)


def _currency_of(signs: Counter[str | None], header: str) -> str | None:
    """Of a column: what its header says, else what most signs say, if no more cells are without one; None where neither tells.

    A sign that several share, such as $, becomes the one of them that at least as many cells name. signs: how many cells have which, or None.
    """
    named = currencies.of_name(header)
    counts = signs.copy()
    unsaid = counts.pop(None, 0)
    if named is not None:
        counts[named] += unsaid
    said = Counter()
    for sign, count in counts.items():
        shared = next((one for one, several in currencies.SHARED.items() if sign in several), None)
        if named is None or currencies.narrower(named, sign):
            said[sign] = count + (counts[shared] if count >= counts[shared] else 0)
    first, second = [*said.most_common(2), (None, 0), (None, 0)][:2]
    if named is not None:
        return named if first[1] == second[1] else currencies.narrower(named, first[0])
    return first[0] if first[1] > second[1] and first[1] >= unsaid else None


def _may_be(sign: str, currency: str | None) -> bool:
    return currency is not None and currencies.narrower(sign, currency) == currency


def _unsure(
    frame: pd.DataFrame, cells: Sequence[str], style: Style, currency: str | None, file: str, header: str
) -> list[Problem]:
    """How amounts were read that could be a thousand times more or less, where the column does not prove it."""
    if style.decimal is None or (style.points > 0) != (style.commas > 0):
        return []
    unsure = [
        (cell, amount)
        for cell, amount in zip(cells, frame["amount"], strict=True)
        if not math.isnan(amount) and _marks(_plain(cell)) == ".,"
    ]
    if currency in _WITHOUT_DECIMALS and not any("." in _plain(cell) for cell, _ in unsure):
        return []
    if not unsure:
        return []
    cell, amount = unsure[0]
    fields = {"value": cell[:80], "read": f"{amount:.15g}", "count": len(unsure)}
    if style.points:
        fields |= {"points": style.points, "commas": style.commas}
    return [Problem(file, None, header, "amount_style_majority" if style.points else "amount_style_assumed", fields)]


def _outlying(frame: pd.DataFrame, cells: Sequence[str], file: str, header: str) -> list[Problem]:
    median = frame["amount"][frame["amount"] > 0].median()
    return [
        Problem(
            file,
            int(row),
            header,
            "amount_outlying",
            {"value": cell[:80], "times": f"{amount / median:,.0f}", "median": f"{median:,.10g}"},
        )
        for row, amount, cell in zip(frame["row"], frame["amount"], cells, strict=True)
        if amount >= OUTLYING * median
    ]
