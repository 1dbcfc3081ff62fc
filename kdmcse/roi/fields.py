"""Checks of what is entered in a scenario: numbers, texts and tables of them, each named by its path.

A path names one entry of a nested table as text, `prices/segments/mug/false_match`: `/` and `~` in a name are written `~1` and `~0`
(as in RFC 6901), place i of a list is `#i`, and a name that begins with `#` has `~2` before it.
"""

import dataclasses
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Self

from kdmcse.errors import UserError

MAX_NAME = 200
"""characters"""
MAX_NOTES = 10_000
"""characters; a cell of a spreadsheet holds 32,767"""
MAX_ENTRIES = 2_000
"""numbers, texts and yes-or-no of one table"""
MAX_AMOUNT = 1e12
"""in the units of the field"""
SHARES = ("base_rate", "accuracy", "match_share")
"""Endings of the names whose values lie between 0 and 1."""
VOLUME = "monthly_volume"

_DIGITS = 15  # significant ones: what a spreadsheet keeps
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_COSINES = ("threshold", "cosine")


class Entries:
    """A frozen dataclass that is read from and written to a plain table; errors name a field by its path."""

    @classmethod
    def from_dict(cls, table: object, prefix: str = "") -> Self:
        """UserError `scenario_key_unknown`, `input_missing`, `not_a_table`, and those of the fields."""
        if not isinstance(table, Mapping):
            raise UserError("not_a_table", field=prefix.removesuffix("/") or "–", value=_shown(table))
        known = {f.name: f for f in dataclasses.fields(cls)}
        for name in table:
            if name not in known:
                raise UserError("scenario_key_unknown", field=f"{prefix}{name}", known=tuple(known))
        for name, f in known.items():
            needed = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
            if needed and name not in table:
                raise UserError("input_missing", field=f"{prefix}{name}")
        return cls(**table)

    def _put(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


def one_of(field: str, value: object, choices: tuple[str, ...]) -> None:
    """UserError naming the field unless the value is one of the choices."""
    if value not in choices:
        raise UserError("setting_not_a_choice", field=field, value=_shown(value), known=choices)


def number(field: str, value: object, low: float, high: float) -> float | int:
    """`value` to 15 digits, if it is a finite number in [low, high]; UserError naming the field if not."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise UserError("not_a_number", field=field, value=_shown(value))
    if value < 0 <= low:
        raise UserError("amount_negative", field=field, value=value)
    if value < low or value > high:
        raise UserError("setting_out_of_range", field=field, value=value, low=low, high=high)
    return value if isinstance(value, int) else float(f"{value:.{_DIGITS}g}") + 0.0


def amount(field: str, value: object) -> float | int:
    """A number that is not negative, by `number`."""
    return number(field, value, 0, MAX_AMOUNT)


def share(field: str, value: object) -> float | int:
    """A number between 0 and 1, by `number`."""
    return number(field, value, 0, 1)


def text(field: str, value: object, limit: int) -> str:
    """`value` in Unicode NFC with plain line ends and no white space around it. UserError where it cannot be kept as it is."""
    if not isinstance(value, str):
        raise UserError("not_a_text", field=field, value=_shown(value))
    tidy = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(tidy) > limit:
        raise UserError("text_too_long", field=field, length=len(tidy), limit=limit)
    if found := _UNPRINTABLE.search(tidy):
        raise UserError("text_unprintable", field=field, character=f"U+{ord(found[0]):04X}")
    return tidy


def priced(table: object, prefix: str) -> dict[str, Any]:
    """A checked copy of a table of prices, whatever its use case. UserError naming the path.

    A volume is above 0, a share within 0 to 1, a cosine may be negative, all other numbers are amounts.
    """
    if not isinstance(table, Mapping):
        raise UserError("not_a_table", field=prefix, value=_shown(table))
    tidy = _tidy(table, prefix)
    if (entries := len(leaves(tidy, prefix))) > MAX_ENTRIES:
        raise UserError("table_too_long", field=prefix, entries=entries, limit=MAX_ENTRIES)
    return tidy


def leaves(table: object, prefix: str) -> dict[str, Any]:
    """Path -> entry, in the order of the table. An empty table or list is an entry itself."""
    if isinstance(table, Mapping) and table:
        pairs: Iterable = ((_written(name), value) for name, value in table.items())
    elif isinstance(table, list | tuple) and table:
        pairs = ((f"#{place}", value) for place, value in enumerate(table))
    else:
        return {prefix: table}
    found = {}
    for name, value in pairs:
        found |= leaves(value, f"{prefix}/{name}" if prefix else name)
    return found


def table_of(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `leaves`. ValueError where a path is malformed or leads through an entry that is no table."""
    root: dict[str, Any] = {}
    for path, value in entries.items():
        steps = path.split("/")
        here = root
        for step in steps[:-1]:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                raise ValueError(path)
        if steps[-1] in here:
            raise ValueError(path)
        here[steps[-1]] = value
    return _named(root)


def leaf_of(path: str) -> str:
    """The last name of a path, list positions left out, without escapes."""
    names = [step for step in path.split("/") if not step.startswith("#")]
    return _read(names[-1])


def is_share(path: str) -> bool:
    """Whether the entry is a share between 0 and 1, by its name."""
    return leaf_of(path).endswith(SHARES)


def is_cosine(path: str) -> bool:
    """Whether the entry is compared with a similarity, by its name."""
    return leaf_of(path).endswith(_COSINES)


def is_number(value: object) -> bool:
    """Whether it is a number, and not True or False."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return str(value)[:60]


def _tidy(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        tidy = {text(path, name, MAX_NAME): inner for name, inner in value.items()}
        if len(tidy) < len(value):
            raise UserError("name_twice", field=path)
        return {name: _tidy(inner, f"{path}/{_written(name)}") for name, inner in tidy.items()}
    if isinstance(value, list | tuple):
        return [_tidy(inner, f"{path}/#{place}") for place, inner in enumerate(value)]
    if isinstance(value, str):
        return text(path, value, MAX_NAME)
    if value is None or isinstance(value, bool):
        return value
    if leaf_of(path) == VOLUME:
        if value == 0:
            raise UserError("volume_zero", field=path)
        return number(path, value, 0, MAX_AMOUNT)
    if is_share(path):
        return share(path, value)
    return number(path, value, -1, 1) if is_cosine(path) else amount(path, value)


def _written(name: str) -> str:
    escaped = name.replace("~", "~0").replace("/", "~1")
    return f"~2{escaped}" if escaped.startswith("#") else escaped


def _read(step: str) -> str:
    return step.removeprefix("~2").replace("~1", "/").replace("~0", "~")


def _named(node: Any) -> Any:
    if not isinstance(node, dict) or not node:
        return node
    places = [step.startswith("#") for step in node]
    if not any(places):
        return {_read(step): _named(inner) for step, inner in node.items()}
    if not all(places) or list(node) != [f"#{place}" for place in range(len(node))]:
        raise ValueError(next(iter(node)))
    return [_named(inner) for inner in node.values()]
