"""The amounts of decisions: a cell -> money, and what a whole column of them says. Leaves out no row."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kdmcse import currencies
from kdmcse.data.problems import Problem, Unusable
from kdmcse.validation import MAX_AMOUNT

OUTLYING = 100
"""times the median: an amount from here on may have lost its decimal point. Real prices of one shop lie within some dozens of times."""
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)


def read_amount(cell: str) -> float:
    """Money: with a sign of its currency or without, thousands by commas or not."""
    if not cell:
        raise Unusable("amount_missing")
    plain, _ = currencies.split_sign(cell)
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not NUMBER.fullmatch(plain):
        raise Unusable("amount_not_number", value=cell[:80])
    amount = float(plain)
    if amount < 0:
        raise Unusable("amount_negative", value=cell[:80])
    if amount > MAX_AMOUNT:
        raise Unusable("amount_too_large", value=cell[:80], limit=f"{MAX_AMOUNT:,.0f}")
    return amount + 0.0  # -0.0 is 0.0


def check_amounts(
    frame: pd.DataFrame, cells: Sequence[str], file: str, header: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """frame: row and amount; cells (n,): how each was written. Returned with `currency` where the header or a sign tells it, without the amounts
    that are in another; and which are in another, or so large that a decimal point may be missing."""
    signs = [
        currencies.split_sign(cell)[1] if known else None
        for cell, known in zip(cells, frame["amount"].notna(), strict=True)
    ]
    currency = currencies.of_name(header)
    for sign, _ in Counter(filter(None, signs)).most_common():
        currency = sign if currency is None else currencies.narrower(currency, sign) or currency
    if currency is None:
        return frame, _outlying(frame, cells, file, header)
    other = np.array([sign is not None and currencies.narrower(currency, sign) is None for sign in signs], dtype=bool)
    problems = [
        Problem(file, int(row), header, "amount_other_currency", {"value": cell[:80], "currency": currency})
        for row, cell in zip(frame["row"][other], np.array(cells, dtype=object)[other], strict=True)
    ]
    frame = frame.assign(
        amount=frame["amount"].mask(other, math.nan), currency=pd.array([currency] * len(frame), "str")
    )
    return frame, problems + _outlying(frame, cells, file, header)


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
