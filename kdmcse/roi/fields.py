"""Checks of what is entered in a scenario: numbers, texts and tables of them, each named by its path.

A path names one entry of a nested table as text, `prices/segments/mug/false_match`: `/` and `~` in a name are written `~1` and `~0`
(as in RFC 6901), place i of a list is `#i`, and a name that begins with `#` has `~2` before it.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from kdmcse.errors import UserError
from kdmcse.validation import NOT_NEGATIVE, NOT_ZERO, Amount, Cosine, Entered, Refused, Share, after, before, fitting

T = TypeVar("T")

MAX_NAME = 200
"""characters"""
MAX_NOTES = 10_000
"""characters; a cell of a spreadsheet holds 32,767"""
MAX_ENTRIES = 2_000
"""numbers, texts and yes-or-no of one table"""
VOLUME = "monthly_volume"

_DIGITS = 15  # significant ones: what a spreadsheet keeps
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SHARES = ("base_rate", "accuracy", "match_share")
_COSINES = ("threshold", "cosine")


def _plain(value: Any, limit: int) -> Any:
    """Unicode NFC with plain line ends and no white space around it. Refused where it cannot be kept as it is."""
    if not isinstance(value, str):
        return value
    tidy = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(tidy) > limit:
        raise Refused("text_too_long", length=len(tidy), limit=limit)
    if found := _UNPRINTABLE.search(tidy):
        raise Refused("text_unprintable", character=f"U+{ord(found[0]):04X}")
    return tidy


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{_DIGITS}g}") + 0.0


def text(limit: int) -> Any:
    """The type of a text of at most so many characters."""
    return Annotated[str, before(functools.partial(_plain, limit=limit))]


Name = text(MAX_NAME)
Number = Annotated[Entered[T], NOT_NEGATIVE, after(_rounded)]
"""to 15 digits"""


def priced(table: object, prefix: str) -> dict[str, Any]:
    """A checked copy of a table of prices, whatever its use case: no shape is declared, an entry is known by its name. UserError naming the path.

    A volume is above 0, a share within 0 to 1, a cosine may be negative, all other numbers are amounts.
    """
    if not isinstance(table, Mapping):
        raise UserError("not_a_table", field=prefix, value=str(table))
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
    return leaf_of(path).endswith(_SHARES)


def is_cosine(path: str) -> bool:
    """Whether the entry is compared with a similarity, by its name."""
    return leaf_of(path).endswith(_COSINES)


def is_accuracy(path: str) -> bool:
    """Whether the entry is a share of right decisions, by its name."""
    return leaf_of(path).endswith("accuracy")


def is_number(value: object) -> bool:
    """Whether it is a number, and not True or False."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tidy(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        tidy = {fitting(Name, path, name): inner for name, inner in value.items()}
        if len(tidy) < len(value):
            raise UserError("name_twice", field=path)
        return {name: _tidy(inner, f"{path}/{_written(name)}") for name, inner in tidy.items()}
    if isinstance(value, list | tuple):
        return [_tidy(inner, f"{path}/#{place}") for place, inner in enumerate(value)]
    if isinstance(value, str):
        return fitting(Name, path, value)
    if value is None or isinstance(value, bool):
        return value
    if leaf_of(path) == VOLUME:
        return fitting(Annotated[Number[Amount], NOT_ZERO], path, value)
    return fitting(Number[Share if is_share(path) else Cosine if is_cosine(path) else Amount], path, value)


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
