"""KPIs in words: what was agreed of one, what is known of it, and what was entered. Judges nothing."""

import math

from kdmcse.criteria.kpi_files import CODES
from kdmcse.criteria.kpi_values import Entry
from kdmcse.criteria.kpis import Kpi, KpiValue
from kdmcse.data.problems import Problem
from kdmcse.i18n import MISSING, Locale

_MOST_DECIMALS = 4
"""Of what an interval supports."""
_TYPED_DECIMALS = 10
"""Of what was typed, which is told as it was."""
_MORE = 4
"""Decimals beyond those that its interval supports by which a value is told from the target."""


def kpi_text(t: Locale, kpi: Kpi) -> str:
    """Name and target, as in a list."""
    return t("criteria.kpi.text", name=kpi.name, target=target_text(t, kpi))


def target_text(t: Locale, kpi: Kpi) -> str:
    """The target with its direction, as it was typed."""
    return t(f"criteria.kpi.{kpi.direction}", value=_with_unit(t, kpi, kpi.target, _decimals(kpi.target)))


def numbers_of(t: Locale, kpi: Kpi, known: KpiValue) -> dict[str, str]:
    """`found`, `low`, `high` in the unit, as fine as the interval supports, and finer where only that tells one from the target; and `rows`."""
    numbers = {"found": known.value, "low": known.low, "high": known.high}
    digits = _digits(kpi, known)
    for more in (*range(_MORE + 1), 0):
        written = {name: _with_unit(t, kpi, value, digits + more) for name, value in numbers.items()}
        apart = [value for value in numbers.values() if value is not None and value != kpi.target]
        if all(round(value, digits + more) != kpi.target for value in apart):
            break
    return written | {"rows": t.number(known.rows)}


def interval_text(t: Locale, kpi: Kpi, known: KpiValue) -> str:
    """The interval alone; empty where there is none."""
    return "" if known.low is None else t("criteria.kpi.interval", **numbers_of(t, kpi, known))


def value_text(t: Locale, kpi: Kpi, known: KpiValue) -> str:
    """The value with its interval where there is one; a dash where nothing is known."""
    numbers = numbers_of(t, kpi, known)
    if known.value is None or known.low is None:
        return numbers["found"]
    return t("criteria.kpi.with_interval", **numbers)


def basis_text(t: Locale, kpi: Kpi, known: KpiValue) -> str:
    """What a value rests on, and of which day it is; empty where nothing is known."""
    if known.value is None:
        return ""
    kind = "votes" if kpi.source == "votes" else "figure" if known.rows is None else "rows"
    return t(f"criteria.kpi.basis.{kind}", rows=t.number(known.rows), date=t.date(known.day))


def entry_row(t: Locale, kpi: Kpi, entry: Entry) -> dict[str, str]:
    """An entry by the heads of the table of entries."""
    what = entry.file if entry.file is not None else t("criteria.kpi.entry.typed")
    cells = {
        "day": t.date(entry.day),
        "value": value_text(t, kpi, entry.value),
        "what": what,
        "rows": t.number(entry.value.rows),
        "left_out": t.number(entry.left_out) if entry.file is not None else MISSING,
    }
    return {t(f"criteria.kpi.entry.head.{name}"): text for name, text in cells.items()}


def problem_text(t: Locale, problem: Problem) -> str:
    """Which row of an upload was left out, and why."""
    room = "criteria.kpi.problem" if problem.code in CODES else "data.problems"
    why = t(f"{room}.{problem.code}", **problem.fields)
    return t("criteria.kpi.entry.problem", row=problem.row or 1, why=why)


def _digits(kpi: Kpi, known: KpiValue) -> int:
    if known.value is None:
        return 0
    if known.rows is None:
        return _decimals(known.value)
    own = _decimals(kpi.target)
    if known.low is None or known.high is None or known.high <= known.low:
        return max(own, 0 if abs(known.value) >= 100 else 1)
    supported = -math.floor(math.log10((known.high - known.low) / 4))
    return max(own, min(max(supported, 0), _MOST_DECIMALS))


def _decimals(value: float) -> int:
    """As many as were typed."""
    return next((digits for digits in range(_TYPED_DECIMALS) if round(value, digits) == value), _TYPED_DECIMALS)


def _with_unit(t: Locale, kpi: Kpi, value: float | None, digits: int) -> str:
    if value is None:
        return MISSING
    number = t.number(value, digits)
    if kpi.is_share or not kpi.unit:
        return f"{number}{kpi.unit}"
    return t("criteria.kpi.number", number=number, unit=kpi.unit)
