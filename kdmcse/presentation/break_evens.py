"""From or up to which value of an input it pays, in words; and which inputs decide nothing. Computes no figure."""

import math

import pandas as pd

from kdmcse.i18n import MISSING, Locale, capital
from kdmcse.presentation.roi import kind, label, unit, value
from kdmcse.presentation.rounded import rounded_beside
from kdmcse.roi import fields
from kdmcse.roi.sensitivity import FURTHEST

_MOST_DIGITS = 8
"""of a share"""


def break_even(t: Locale, path: str, base: float, low: float, high: float, currency: str) -> str | None:
    """Between which values of an input, `low` and `high` as `break_evens` has them, it pays; None where the input decides nothing.

    base: the entered value, from which a rounded one is told.
    """
    reach = {(False, True): "from", (True, False): "up_to", (False, False): "between"}.get((low != low, high != high))
    if reach is None:
        return None
    leaf = fields.leaf_of(path)
    key = f"roi.pays.{leaf}.{reach}" if t.has(f"roi.pays.{leaf}.{reach}") else f"roi.pays.{kind(path)}.{reach}"
    ends = {
        end: _turning(t, path, amount, base, currency, up=up)
        for end, amount, up in (("low", low, True), ("high", high, False))
    }
    return t(key, unit=unit(t, path, currency), **ends)


def _turning(t: Locale, path: str, amount: float, base: float, currency: str, *, up: bool) -> str:
    """Where it begins or ends to pay: an amount rounded, a number of decisions to a whole one at which it pays (`up`: the next higher)."""
    if amount != amount:
        return MISSING
    if kind(path) == "money":
        return rounded_beside(t, amount, base, currency)
    if kind(path) == "share":
        digits = 3 if amount >= 0.01 or amount <= 0 else 1 - math.floor(math.log10(amount))
        while digits < _MOST_DIGITS and amount != base and t.share(round(amount, digits)) == t.share(base):
            digits += 1  # what it is now does not pay, or just does: the end is told from it
        return t.share(round(amount, digits))
    return (
        t.number((math.ceil if up else math.floor)(amount))
        if kind(path) == "count"
        else value(t, path, amount, currency)
    )


def break_even_sentences(t: Locale, table: pd.DataFrame, currency: str) -> list[str]:
    """A sentence for each input of `break_evens` that decides whether it pays."""
    said = []
    for row in table.itertuples():
        if pays := break_even(t, row.input, row.base, row.pays_from, row.pays_up_to, currency):
            said.append(t("roi.pays.input", input=capital(label(t, row.input)), pays=pays))
    return said


def undeciding_sentence(t: Locale, table: pd.DataFrame) -> str | None:
    """Which inputs of `break_evens` alone decide nothing; None where each does."""
    idle = table.loc[table["pays_from"].isna() & table["pays_up_to"].isna(), "input"]
    names = [label(t, path) for path in idle]
    return t("roi.pays.undecided", names=t.list(names), times=t.number(FURTHEST)) if names else None
