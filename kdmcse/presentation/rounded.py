"""Money and scores as people say them, rounded to what their interval supports: about ¥1.0 M a month (¥0.4–1.7 M), 月およそ100万円（43万〜172万円）.

    about_money(t, saving.estimate, "JPY", saving.low, saving.high, a_month=True)

For sentences, cards and slides; full digits (`Locale.money`) stay in tables and exports. Rounds, and calculates nothing else.
"""

import math

from kdmcse.cost import BootstrapEstimate
from kdmcse.i18n import MISSING, Locale
from kdmcse.stats import Interval

_JOINED, _SPACE = "\u2060", "\u00a0"
"""No line is broken at either."""
_SCALES = {"en": ((1e9, "B"), (1e6, "M")), "ja": ((1e8, "億"), (1e4, "万"))}
"""From which amount on a language counts in what."""
_DIGITS_OF_ENDS = 2
"""Of the larger end of an interval; in 万 one more, which is read as easily: 43万〜172万円."""
_ALONE = 2
"""Digits of an amount whose interval is not known."""
_MOST_DIGITS = 7
"""Beyond these an amount is told as it is."""
_FINEST = 1e-6
"""Less of a currency is nothing."""
_FINER = 2
"""Digits that two amounts have beyond their difference at most."""
_MOST_DECIMALS = 2
"""An amount that needs more than these in its scale is written out."""


def about_money(
    t: Locale,
    estimate: float | None,
    currency: str,
    low: float | None = None,
    high: float | None = None,
    *,
    a_month: bool = False,
) -> str:
    """`estimate` (in units of `currency`, ISO 4217) with its interval where that is known, both rounded by an eighth of the interval at most.

    Without an interval to two digits. A dash where the estimate is not known. What is not 0 is never rounded to 0.
    """
    if not _known(estimate):
        return MISSING
    amount = t("rounded.month" if a_month else "rounded.about", amount=rounded_money(t, estimate, currency, low, high))
    if not (_known(low) and _known(high)) or low == high:
        return amount
    return t("rounded.with_range", amount=amount, range=money_range(t, low, high, currency))


def rounded_money(
    t: Locale, estimate: float | None, currency: str, low: float | None = None, high: float | None = None
) -> str:
    """The estimate of `about_money` alone: ¥1.0 M, 100万円."""
    if not _known(estimate):
        return MISSING
    like = _larger(low, high, estimate) if _known(low) and _known(high) else estimate
    return whole(t, *_written(t, estimate, _step(estimate, low, high), like), currency)


def rounded_beside(t: Locale, amount: float, other: float, currency: str) -> str:
    """An amount without an interval, to two digits, or to as many more as tell it from `other`, which is not the same."""
    for digits in range(_ALONE, _MOST_DIGITS):
        text, beside = (whole(t, *_written(t, one, _place(one, digits), one), currency) for one in (amount, other))
        if text != beside:
            return text
    return t.rounded_price(amount, currency)


Known = tuple[float, float | None, float | None]
"""An amount, and the ends of its interval where those are known."""


def before_and_after(t: Locale, before: Known, after: Known, difference: Known, currency: str) -> tuple[str, str]:
    """Two amounts, as finely rounded as their difference, which stands beside them as `rounded_money` has it: or as finely as it takes for
    that difference to be what is between them. 2.2 to 0.7 beside 1.6 would be read as a mistake; 2.24 to 0.66 is none."""
    if not difference[0]:
        first, last = (rounded_money(t, one[0], currency, *one[1:]) for one in (before, after))
        return first, last
    step, like = _step(*difference), _larger(*(end for one in (before, after) for end in one if _known(end)))
    for finer in range(_FINER + 1):
        steps = [min(step / 10**finer, _place(one[0], 1)) for one in (before, after)]
        first, last = (round(one[0] / fine) * fine for one, fine in zip((before, after), steps, strict=True))
        if round(abs(first - last) / step) == abs(round(difference[0] / step)):
            break
    first, last = (
        whole(t, *_written(t, one[0], fine, like), currency) for one, fine in zip((before, after), steps, strict=True)
    )
    return first, last


def money_range(t: Locale, low: float | None, high: float | None, currency: str) -> str:
    """The interval of `about_money` alone: ¥0.4–1.7 M, 43万〜172万円. A dash where an end is not known."""
    if not (_known(low) and _known(high)):
        return MISSING
    largest, step = _larger(low, high), _step_of_ends(t, low, high)
    (first, scale), (last, last_scale) = (
        _written(t, end, _place(end, 1), end) if _small(end, step) else _written(t, end, step, largest)
        for end in (low, high)
    )
    begin, end = whole(t, first, scale, currency), whole(t, last, last_scale, currency)
    if t.language == "ja":
        if scale or not last_scale:  # the unit once, unless 9,000円〜1.1万円 would be misread
            begin = _JOINED.join(filter(None, (first.replace("-", "-" + _JOINED), scale)))
        return t("rounded.range", low=begin, high=end)
    if scale == last_scale and low >= 0:
        scaled = _SPACE + scale if scale else ""
        return t("rounded.range", low=begin.removesuffix(scaled), high=last + scaled)
    return t("rounded.apart", low=begin, high=end)


def money_with_range(t: Locale, figure: Interval | BootstrapEstimate, currency: str) -> str:
    """An amount and its interval as a cell of a table holds them: 280万円（249万〜315万円）. The amount alone where an end is not known."""
    amount = rounded_money(t, figure.estimate, currency, figure.low, figure.high)
    if not (_known(figure.low) and _known(figure.high)):
        return amount
    return t("rounded.with_range", amount=amount, range=money_range(t, figure.low, figure.high, currency))


def agreed_money(t: Locale, amount: float | None, currency: str) -> str:
    """An amount as it was agreed, in all its digits: in what the language counts in where that takes two decimals at most; ¥1.5 M, 50万円."""
    if not _known(amount):
        return MISSING
    for unit, name in _SCALES[t.language]:
        if abs(amount) >= unit and abs(round(amount / unit, _MOST_DECIMALS) * unit - amount) < 1e-6 * unit:
            return whole(t, t.number(amount / unit, _shortest(amount / unit, _MOST_DECIMALS)), name, currency)
    if amount != int(amount):
        return t.price(amount, currency)
    return whole(t, t.number(amount), "", currency)


def rounds_past(t: Locale, limit: float, estimate: float | None, low: float | None, high: float | None) -> bool:
    """Whether an amount or an end of its interval, rounded as above, would stand on another side of a limit than it does."""
    steps = {}
    if _known(estimate):
        steps[estimate] = _step(estimate, low, high)
    if _known(low) and _known(high):
        step = _step_of_ends(t, low, high)
        steps |= {end: _place(end, 1) if _small(end, step) else step for end in (low, high)}
    return any(_side(round(value / step) * step, limit) != _side(value, limit) for value, step in steps.items())


def about_score(t: Locale, interval: Interval, *, signed: bool = False) -> str:
    """A score with its interval, such as 0.61 (0.57–0.65): two decimals, three where fewer would hide a difference. signed: it is a difference."""
    if not _known(interval.estimate):
        return MISSING
    digits, write = score_digits(interval), t.signed if signed else t.number
    value = write(interval.estimate, digits)
    if not (_known(interval.low) and _known(interval.high)):
        return value
    ends = {"low": write(interval.low, digits), "high": write(interval.high, digits)}
    return t("rounded.with_range", amount=value, range=t(f"rounded.{'apart' if signed else 'range'}", **ends))


def score_digits(interval: Interval) -> int:
    """Decimals of a score: two, or three where its interval is so narrow that two would round an end of it away."""
    known = _known(interval.low) and _known(interval.high)
    return 3 if known and interval.high - interval.low < 0.04 else 2


def _step(estimate: float, low: float | None = None, high: float | None = None) -> float:
    """To whole multiples of what the estimate is rounded: no more coarsely than the ends of its interval beside it."""
    if not (_known(low) and _known(high)):
        place = _place(estimate, _ALONE)
        return max(place, 1.0) if estimate == int(estimate) else place
    step = min(_supported(low, high) or math.inf, _place(_larger(low, high), _DIGITS_OF_ENDS))
    return min(step, _place(estimate, 1))


def _step_of_ends(t: Locale, low: float, high: float) -> float:
    """To whole multiples of what both ends of an interval are rounded, but for one that is `_small`."""
    largest = _larger(low, high)
    digits = _DIGITS_OF_ENDS + (t.language == "ja" and largest >= _SCALES["ja"][-1][0])
    return min(_place(largest, digits), _supported(low, high) or math.inf)


def _small(end: float, step: float) -> bool:
    """An end that is small beside the other is not lost, but keeps a digit and a scale of its own."""
    return 0 < abs(end) < step / 2


def _side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


def _supported(low: float, high: float) -> float | None:
    """The power of ten, at most a quarter of the interval, to which its middle may be rounded; None where the interval is a point."""
    return max(10.0 ** math.floor(math.log10((high - low) / 4)), _FINEST) if high > low else None


def _place(value: float, digits: int) -> float:
    """What the last of so many digits of `value` counts."""
    return max(10.0 ** (math.floor(math.log10(abs(value))) - digits + 1), _FINEST) if value else 1.0


def _written(t: Locale, value: float, step: float, like: float) -> tuple[str, str]:
    """The number, rounded to whole steps, and what it is counted in (empty: in ones), which in English is that of `like`."""
    rounded = round(value / step) * step
    of_what = max(abs(like), abs(rounded)) if t.language == "en" else abs(rounded)
    for unit, name in _SCALES[t.language]:
        decimals = max(0, round(math.log10(unit / step)))
        if of_what >= unit and decimals <= _MOST_DECIMALS and (rounded or t.language == "en"):
            return t.number(rounded / unit, _shown(t, rounded / unit, decimals)), name
    return t.number(rounded, max(0, -math.floor(math.log10(step)))), ""


def _shown(t: Locale, value: float, decimals: int) -> int:
    """Of 0 none; Japanese leaves a last 0 out: 100万, 1億, not 1.00億."""
    return _shortest(value, decimals) if t.language == "ja" or not value else decimals


def _shortest(value: float, decimals: int) -> int:
    """As few of these decimals as say the same."""
    while decimals and round(value, decimals) == round(value, decimals - 1):
        decimals -= 1
    return decimals


def whole(t: Locale, number: str, scale: str, currency: str) -> str:
    """A number with what it is counted in and its currency: ¥1.0 M, 100万円."""
    from babel.numbers import get_currency_name, get_currency_symbol

    sign, bare = ("-" + _JOINED, number[1:]) if number.startswith("-") else ("", number)
    if t.language == "ja":
        unit = "円" if currency == "JPY" else get_currency_name(currency, locale="ja")
        return sign + _JOINED.join(filter(None, (bare, scale, unit)))
    symbol = get_currency_symbol(currency, locale=t.language)
    apart = _SPACE if symbol[-1:].isalpha() else ""
    return f"{sign}{symbol}{apart}{bare}{_SPACE + scale if scale else ''}"


def _larger(*amounts: float) -> float:
    return max(map(abs, amounts))


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
