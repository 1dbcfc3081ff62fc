"""Which columns each table has, and which header of an upload is meant by which of them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdmcse import currencies
from kdmcse.data.headers import ALIASES, BY_VALUES_ALONE
from kdmcse.data.row_checks import is_split
from kdmcse.errors import UserError

COLUMNS: dict[str, dict[str, bool]] = {
    "pairs": {
        "image": True,
        "caption": True,
        "id": False,
        "group": False,
        "category": False,
        "split": False,
        "license": False,
        "source": False,
    },
    "sts": {"sentence1": True, "sentence2": True, "score": True, "group": False, "split": False},
    "decisions": {"text_a": True, "text_b": True, "match": True, "segment": False, "amount": False},
    "faq": {"question": True, "answer": True, "id": False},
    "image_caption": {"image": True, "caption": True, "score": True},
    "image_image": {"image_a": True, "image_b": True, "score": True},
    "texts": {"text": True},
}
"""Per kind of table: its columns, and whether each is required."""
HEAD_ROWS = 200
"""So many first rows tell what the cells of a column are like."""

_NOTE = re.compile(r"[(（［\[【][^)）］\]】]*[)）］\]】]|[?？*＊]$")
"""What is said of a column behind its name: 画像（ファイル名）, score (0-5), 一致？"""


@dataclass(frozen=True)
class Rival:
    """A column that is not used, but that by its name could hold what another one was taken for."""

    header: str
    field: str
    taken: str
    """the header that was taken instead"""


def guess_columns(
    kind: str, headers: list[str], cells: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str | None]:
    """Column -> the header that is most likely meant, or None. Each header is used once at most.

    An exact name comes first, then the name in another spelling, then common names in English and Japanese, at last these with a note behind
    them; a column of amounts may have a currency in its name. cells: the first ones of each column, where they are known: a column that is
    called as splits often are is taken for them only where its cells are splits.
    """
    found: dict[str, str | None] = dict.fromkeys(COLUMNS[kind])
    free = list(headers)
    bare = {header: _plain(_NOTE.sub("", header)) for header in headers}
    splits = {_plain(name) for name in _names(kind, "split")} if "split" in found else set()
    says_splits = {h: _says_splits(h, cells) for h in headers if splits & {_plain(h), bare[h]}}
    for stage in ("exact", "spelling", "alias", "currency", "note"):
        for field in found:
            if found[field] is not None or (stage == "currency" and field != "amount"):
                continue
            if stage == "exact":
                match = field if field in free else None
            elif stage == "currency":
                match = next(iter(_like_amounts(free)), None)
            else:
                names = [field] if stage == "spelling" else _names(kind, field)
                plain = {header: bare[header] if stage == "note" else _plain(header) for header in free}
                # Called as splits often are: by its cells it is that or something else.
                fitting = [
                    h for h in free if stage == "spelling" or says_splits.get(h, field == "split") == (field == "split")
                ]
                match = next((header for name in names for header in fitting if plain[header] == _plain(name)), None)
            if match is not None:
                found[field] = match
                free.remove(match)
    return found


def map_columns(
    kind: str,
    headers: list[str],
    column_mapping: Mapping[str, str | None],
    file: str,
    cells: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, str | None]:
    """As `guess_columns`, but what `column_mapping` says always holds (None: this column is not there).

    UserError `column_unknown` for a wish that names no column, `columns_missing` when a required column has no header.
    """
    for field in column_mapping:
        if field not in COLUMNS[kind]:
            raise UserError("column_unknown", field=field, kind=kind, known=tuple(COLUMNS[kind]))
    absent = [header for header in column_mapping.values() if header is not None and header not in headers]
    taken = set(column_mapping.values())
    guessed = guess_columns(kind, [header for header in headers if header not in taken], cells)
    mapped = {**guessed, **column_mapping}
    missing = [field for field, required in COLUMNS[kind].items() if required and mapped[field] is None]
    if missing or absent:
        raise UserError(
            "columns_missing",
            file=file,
            missing=(*missing, *absent),
            found=tuple(headers),
            kind=kind,
            field=(missing or [next(f for f, h in column_mapping.items() if h == absent[0])])[0],
        )
    return mapped


def rivals(
    kind: str,
    mapped: Mapping[str, str | None],
    headers: Sequence[str],
    cells: Mapping[str, Sequence[str]] | None = None,
) -> list[Rival]:
    """The columns that nothing was read from and that are called as one that was; each once, in their order. Amounts: see `unused_amounts`."""
    found = []
    for header in (header for header in headers if header not in mapped.values()):
        alone = guess_columns(kind, [header], cells)
        for field, taken in mapped.items():
            if alone[field] and taken is not None and field != "amount":
                found.append(Rival(header, field, taken))
                break
    return found


def unused_amounts(mapped: Mapping[str, str | None], headers: Sequence[str]) -> list[str]:
    """Beside the column of the amounts those that could hold them too, and that nothing else was read from."""
    if mapped.get("amount") is None:
        return []
    return _like_amounts([header for header in headers if header not in mapped.values()])


def _like_amounts(headers: list[str]) -> list[str]:
    """Those named as amounts are, with a currency or without."""
    names = {_plain(name) for name in ["amount", *_names("decisions", "amount")]}
    return [header for header in headers if {_plain(header), _plain(currencies.without(header))} & names]


def _names(kind: str, field: str) -> list[str]:
    """By which a column is known; in the last stages its own name with a note is one of them."""
    return [field, *ALIASES[kind][field].split()]


def _says_splits(header: str, cells: Mapping[str, Sequence[str]] | None) -> bool:
    """Whether most of the cells are splits; of cells that are not known, by the name."""
    filled = [cell for cell in (cells or {}).get(header, ()) if cell]
    if not filled:
        return _plain(header) not in map(_plain, BY_VALUES_ALONE)
    return 2 * sum(map(is_split, filled)) > len(filled)


def _plain(name: str) -> str:
    """Width, case, spaces, `_` and `-` do not tell two headers apart."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if not c.isspace() and c not in "_-")
