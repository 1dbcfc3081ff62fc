"""What the product says, in each language: sentences by key, and numbers as the language writes them.

A room's sentences stand in `<room>.<language>.toml`; the key is `room.table.entry`. The dashboard adds its own folder.
"""

import functools
import tomllib
from pathlib import Path

LANGUAGES = ("en", "ja")
_FOLDERS = [Path(__file__).parent / "messages"]


def add_folder(folder: Path) -> None:
    """Let `say` also read the sentences in `folder` (the dashboard's locales)."""
    if folder not in _FOLDERS:
        _FOLDERS.append(folder)
        _sentences.cache_clear()


def say(key: str, language: str, /, **fields: object) -> str:
    """The sentence for `key`, with `fields` filled in.

    Fields are inserted as they are, never parsed. KeyError for an unknown key or a missing field: a bug, not a user's mistake.
    """
    return _sentences(language)[key].format(**fields)


def sentences(language: str) -> dict[str, str]:
    """Every key with its sentence (a copy), for tests and for words that a page looks up in bulk."""
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
    return found


def _flatten(prefix: str, table: dict, into: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            _flatten(key, value, into)
        else:
            into[key] = value


def number(value: float | None, language: str, digits: int = 0) -> str:
    """`value` with `digits` decimals as the language writes it; a missing value is a dash, never 0."""
    if value is None or value != value:
        return "–"
    from babel.numbers import format_decimal

    value = _no_negative_zero(value, digits)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=language)


def percent(value: float | None, language: str, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage; a missing value is a dash."""
    return "–" if value is None or value != value else f"{number(value * 100, language, digits)}%"


def money(value: float | None, currency: str, language: str) -> str:
    """An amount in whole units of `currency` (ISO 4217), formatted for the language; a missing value is a dash."""
    if value is None or value != value:
        return "–"
    from babel.numbers import format_currency

    value = _no_negative_zero(value, 0)
    pattern = {"ja": "¤#,##0", "en": "¤#,##0"}[language]
    return format_currency(value, currency, format=pattern, locale=language, currency_digits=False)


def _no_negative_zero(value: float, digits: int) -> float:
    """What would be written as -0 is 0."""
    return 0.0 if abs(value) <= 0.5 * 10**-digits else value
