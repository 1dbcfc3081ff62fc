"""The marks of an axis: round numbers around what a chart shows, amounts of money in one unit that the language counts in."""

import math
from collections.abc import Sequence
from itertools import pairwise

from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation.rounded import whole

_SCALES = {"en": ((1e9, "B"), (1e6, "M"), (1e3, "K")), "ja": ((1e4, "万"),)}
"""From which greatest mark on a whole axis counts in what; in Japanese never in two units on one axis."""


def ticks_around(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that reach around both."""
    span = (high - low) or abs(high) or 1.0
    raw = span / about
    step = next(
        m * 10 ** math.floor(math.log10(raw))
        for m in (1, 2, 2.5, 5, 10)
        if m * 10 ** math.floor(math.log10(raw)) >= raw
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, max(last, first + 1) + 1)]


def digits_of(ticks: list[float]) -> int:
    """Decimals that tell every tick from its neighbours."""
    least = min((after - before for before, after in pairwise(ticks)), default=1.0)
    return next(digits for digits in range(18) if all(abs(round(tick, digits) - tick) < 1e-6 * least for tick in ticks))


def money_ticks(t: Locale, ticks: Sequence[float], currency: str) -> list[str]:
    """Amounts of an axis, all counted in one unit: ¥0, ¥500 K; 0円, 50万円, 100万円."""
    unit, name = _scale(t, ticks)
    digits = digits_of([tick / unit for tick in ticks])
    return [whole(t, t.number(tick / unit, digits if tick else 0), name if tick else "", currency) for tick in ticks]


def money_format(t: Locale, ticks: Sequence[float], currency: str) -> str:
    """The same as a number format of a slide or a spreadsheet: `[=0]"¥"0;"¥"#,##0.0,," M"`, `[=0]0"円";0\\.0,"万円"`."""
    unit, name = _scale(t, ticks)
    digits = digits_of([tick / unit for tick in ticks])
    # Formats divide by thousands only: a point that is written before the last digit of thousands makes tens of thousands of them.
    thousands = "," * round(math.log10(unit) / 3)
    number = "0\\.0," if unit == 1e4 else "#,##0" + ("." + "0" * digits if digits else "") + thousands
    return f"[=0]{_around('0', whole(t, '0', '', currency))};{_around(number, whole(t, '0', name, currency))}"


def _around(number: str, like: str) -> str:
    """A number format with what stands before and after a 0."""
    quoted = (f'"{words}"' if words else "" for words in plain_text(like).split("0"))
    return number.join(quoted)


def _scale(t: Locale, ticks: Sequence[float]) -> tuple[float, str]:
    """What an axis counts in, and what that is called."""
    greatest = max(map(abs, ticks))
    unit, name = next((one for one in _SCALES[t.language] if greatest >= one[0]), (1.0, ""))
    if unit == 1e4 and digits_of([tick / unit for tick in ticks]) > 1:
        return 1.0, ""  # a number format has one decimal of tens of thousands
    return unit, name
