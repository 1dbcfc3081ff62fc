"""What the product says in one language: sentences by key, and numbers, money, dates, durations, lists as the language writes them.

    t = Locale("ja")
    t("cost.rest"), t.number(0.5, 2), t.money(1200, "JPY"), t.date(day), t.duration(61.5), t.list(names), t.join([first, second])

A room's sentences stand in `messages/<room>.<language>.toml`; the key is `room.table.entry`. The dashboard adds its own folder. An entry with
`one` and `other` is a plural: the field `count` chooses, by the rules of the language; it is written whole, or with one decimal.
A sentence may name another one: `{pages.cost}` is what the page of the costs is called.

An amount and a range stay on one line: `plain_text` takes out the marks that see to it, for files and shells.
"""

import datetime
import functools
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = {"en": "English", "ja": "日本語"}
"""Code -> what the language calls itself."""
MISSING = "–"
"""A value that is not known; never 0."""
_FOLDERS = [Path(__file__).parent / "messages"]
_NAMED = re.compile(r"\{(\w+(?:\.\w+)+)\}")
"""Another sentence by its key."""
_JOINED, _SPACE = "\u2060", "\u00a0"
"""No line is broken at the first, nor at a space that is written as the second."""
_SCALED = re.compile(f"(?<=\\d){_SPACE}([KMB])\\b")
"""Of ¥1.0 M, millions."""
_RANGE = re.compile(r"(\{(?:\w+_)?low\})(?:( )to |〜)(\{(?:\w+_)?high\})")
"""From one number to another, in a sentence of either language."""


def plain_text(text: str) -> str:
    """`text` for files and shells: without what keeps amounts and ranges on one line."""
    return _SCALED.sub(r" \1", text.replace(_JOINED, "").replace(f"{_SPACE}to{_SPACE}", " to "))


def capital(text: str) -> str:
    """As it begins a label."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """A label as it stands within a sentence; one that begins with a short name stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


@dataclass(frozen=True)
class Locale:
    """One language. A missing value (None or NaN) is a dash everywhere."""

    language: str
    """one of `LANGUAGES`; KeyError at first use for another"""

    def __call__(self, key: str, /, **fields: object) -> str:
        """The sentence for `key`, with `fields` filled in as they are, never parsed.

        KeyError for an unknown key or a missing field: a bug, not a user's mistake.
        """
        known = _sentences(self.language)
        if key not in known and f"{key}.other" in known:
            count = fields["count"]
            form = "other" if _missing(count) else _babel(self.language).plural_form(count)
            key = f"{key}.{form}" if f"{key}.{form}" in known else f"{key}.other"
            fields = fields | {"count": self.number(count, _digits_of_count(count))}
        return known[key].format(**fields)

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        known = _sentences(self.language)
        return key in known or f"{key}.other" in known

    def number(self, value: float | None, digits: int = 0) -> str:
        """`value` with `digits` decimals."""
        if _missing(value):
            return MISSING
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(_no_negative_zero(value, digits), format=pattern, locale=self.language)

    def signed(self, value: float | None, digits: int = 0) -> str:
        """The same with a plus sign where it is above 0 as it is written."""
        plus = not _missing(value) and round(value, digits) > 0
        return ("+" if plus else "") + self.number(value, digits)

    def percent(self, value: float | None, digits: int = 0) -> str:
        """A share between 0 and 1 as a percentage."""
        return MISSING if _missing(value) else f"{self.number(value * 100, digits)}%"

    def share(self, value: float | None) -> str:
        """A share as it was entered: a percentage with as many digits as it has, four decimals at most."""
        if _missing(value):
            return MISSING
        from babel.numbers import format_decimal

        return f"{format_decimal(_no_negative_zero(value * 100, 4), format='#,##0.####', locale=self.language)}%"

    def money(self, value: float | None, currency: str) -> str:
        """An amount in whole units of `currency` (ISO 4217)."""
        if _missing(value):
            return MISSING
        from babel.numbers import format_currency

        value = _no_negative_zero(value, 0)
        written = format_currency(value, currency, format="¤#,##0", locale=self.language, currency_digits=False)
        return _on_one_line(written)

    def price(self, value: float | None, currency: str) -> str:
        """An amount that may be far less than a whole unit, as of one piece: with cents where it has any, below 0.1 with up to four decimals."""
        if _missing(value) or value == int(value):
            return self.money(value, currency)
        from babel.numbers import format_currency

        pattern = "¤#,##0.00" if abs(value) >= 0.1 else "¤#,##0.00##"
        return _on_one_line(
            format_currency(value, currency, format=pattern, locale=self.language, currency_digits=False)
        )

    def rounded_price(self, value: float | None, currency: str) -> str:
        """A price that was computed: as fine as `currency` is paid, whole yen; below one unit as `price`."""
        from babel.numbers import get_currency_precision

        computed = not _missing(value) and abs(value) >= 1
        return self.price(round(value, get_currency_precision(currency)) if computed else value, currency)

    @property
    def separators(self) -> str:
        """The decimal mark and the mark between thousands, for charts that write numbers themselves."""
        from babel.numbers import get_decimal_symbol, get_group_symbol

        return get_decimal_symbol(self.language) + get_group_symbol(self.language)

    @property
    def currency(self) -> str:
        """In which amounts are entered where nobody said otherwise (ISO 4217)."""
        return {"en": "USD", "ja": "JPY"}[self.language]

    def date(self, day: datetime.date | str | None) -> str:
        """A day in words, also of an ISO 8601 text; of a moment in a time zone the day that it is here."""
        if not day:
            return MISSING
        from babel.dates import format_date

        day = _here(day).date() if isinstance(day, str) else day
        return format_date(day, format="long", locale=self.language)

    def time(self, moment: str) -> str:
        """The time of day of an ISO 8601 text, as clocks here say it where that has a time zone: 09:05."""
        from babel.dates import format_time

        return format_time(_here(moment), format="HH:mm", locale=self.language)

    def duration(self, seconds: float | None) -> str:
        """Rounded to what a person wants to know: seconds below 90, then minutes, then hours with one decimal."""
        if _missing(seconds):
            return MISSING
        from babel.units import format_unit

        steps = (("second", 1, 90, "#,##0"), ("minute", 60, 5400, "#,##0"), ("hour", 3600, float("inf"), "#,##0.0"))
        unit, length, _, pattern = next(step for step in steps if seconds < step[2])
        style = {"en": "long", "ja": "short"}[self.language]
        # Rounded first: CLDR chooses the plural by the number that it is given.
        amount = round(max(0.0, seconds) / length, 1 if unit == "hour" else 0)
        text = format_unit(amount, f"duration-{unit}", style, pattern, locale=self.language)
        # CLDR sets number and unit apart, Japanese offices do not.
        return text.replace(" ", "") if self.language == "ja" else text

    def list(self, items: Iterable[object]) -> str:
        """Names one after the other, as in a sentence."""
        from babel.lists import format_list

        return format_list([str(item) for item in items], style="standard", locale=self.language)

    def series(self, items: Iterable[object]) -> str:
        """Entries one after the other, no sentence: without an “and”."""
        from babel.lists import format_list

        return format_list([str(item) for item in items], style="standard-narrow", locale=self.language)

    def join(self, sentences: Iterable[str | None]) -> str:
        """Sentences one after the other; what is empty is left out."""
        return {"en": " ", "ja": ""}[self.language].join(filter(None, sentences))


def add_folder(folder: Path) -> None:
    """Let every `Locale` also read the sentences in `folder` (the dashboard's locales)."""
    if folder not in _FOLDERS:
        _FOLDERS.append(folder)
        _sentences.cache_clear()


def sentences(language: str) -> dict[str, str]:
    """Every key with its sentence (a copy), for tests and for words that are looked up in bulk."""
    return dict(_sentences(language))


@functools.cache
def _sentences(language: str) -> dict[str, str]:
    if language not in LANGUAGES:
        raise KeyError(f"no such language: {language}")
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for path in sorted(folder.glob(f"*.{language}.toml")):
            room = path.name.split(".")[0]
            _flatten(room, tomllib.loads(path.read_text(encoding="utf-8")), found)
    found = {key: _NAMED.sub(lambda named: found[named[1]], sentence) for key, sentence in found.items()}
    return {key: _RANGE.sub(_as_range, sentence) for key, sentence in found.items()}


def _as_range(ends: re.Match) -> str:
    between = f"{_SPACE}to{_SPACE}" if ends[2] else f"{_JOINED}〜{_JOINED}"
    return f"{ends[1]}{between}{ends[3]}"


def _on_one_line(amount: str) -> str:
    """Browsers break a line between a minus and a currency."""
    return amount.replace("-", f"-{_JOINED}")


def _flatten(prefix: str, table: dict, into: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            _flatten(key, value, into)
        else:
            into[key] = value


@functools.cache
def _babel(language: str):
    from babel import Locale as BabelLocale

    return BabelLocale.parse(language)


def _here(moment: str) -> datetime.datetime:
    """An ISO 8601 text in the time zone of this machine; one without a time zone, such as a day, stays as it is."""
    told = datetime.datetime.fromisoformat(moment)
    return told.astimezone() if told.tzinfo else told


def _missing(value: float | None) -> bool:
    return value is None or value != value


def _digits_of_count(count: float | None) -> int:
    return 0 if _missing(count) or count == int(count) else 1


def _no_negative_zero(value: float, digits: int) -> float:
    """What would be written as -0 is 0."""
    return 0.0 if abs(value) <= 0.5 * 10**-digits else value
