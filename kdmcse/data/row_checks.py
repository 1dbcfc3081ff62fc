"""Rows of an uploaded table -> rows that can be used, and a problem for each that cannot. No look at images here."""

import math
import re
import unicodedata
from collections.abc import Callable

import pandas as pd

from kdmcse.data.dataset import PAIR_COLUMNS
from kdmcse.data.problems import KEPT, Problem
from kdmcse.data.tables import Table
from kdmcse.validation import MAX_AMOUNT

MAX_TEXT_CHARACTERS = 10_000
"""of one caption or sentence"""

SPLITS = {
    "train": "train training 学習 訓練 学習用",
    "dev": "dev validation valid val development 開発 検証 検証用",
    "test": "test testing eval evaluation テスト 評価 評価用",
}
_SPLIT_WORDS = {word: split for split, words in SPLITS.items() for word in words.split()}
_TRUE = "1 1.0 true t yes y match matched same duplicate はい 一致 一致する 同じ 同一 重複 真 ○ 〇 ◯"
_FALSE = (
    "0 0.0 false f no n mismatch unmatched different いいえ 不一致 一致しない 違う 異なる 別 別物 重複なし 偽 × ✕ ✗"
)
_MATCH_WORDS = dict.fromkeys(_TRUE.split(), True) | dict.fromkeys(_FALSE.split(), False)
_CURRENCY = re.compile(r"^[¥$€£₩]|[¥$€£₩円]$")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_TYPES = {"score": "float64", "amount": "float64", "match": "bool"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)


class _Unusable(Exception):
    def __init__(self, code: str, **fields: object) -> None:
        self.code, self.fields = code, fields


def usable_rows(kind: str, table: Table, columns: dict[str, str | None]) -> tuple[pd.DataFrame, list[Problem]]:
    """Rows with a column `row` and the columns of `kind` that were mapped, values parsed; and the problems found.

    A row counts once: only its first problem is reported. An amount that cannot be read is NaN, and the row is kept. For pairs the other columns of
    the upload follow as text.
    """
    used = {field: header for field, header in columns.items() if header is not None}
    for field in ("split", "amount"):
        if field in used and not table.frame[used[field]].any():
            del used[field]
    readers = {field: _READERS.get(field, str) for field in used}
    if kind == "sts" and "split" in used:
        readers["split"] = _judged_split
    # Required text is looked at before values, so that an empty row is reported as such.
    kept, values, problems = [], {field: [] for field in used}, []
    cells = {field: table.frame[header].tolist() for field, header in used.items()}
    for place, row in enumerate(table.frame.index.tolist()):
        parsed = {}
        for field in used:
            try:
                parsed[field] = readers[field](cells[field][place])
            except _Unusable as problem:
                problems.append(Problem(table.name, row, used[field], problem.code, problem.fields))
                if problem.code not in KEPT:
                    break
                parsed[field] = math.nan
        else:
            kept.append(place)
            for field, value in parsed.items():
                values[field].append(value)
    frame = pd.DataFrame({"row": table.frame.index[kept], **values})
    for field in used:
        frame[field] = frame[field].astype(_TYPES.get(field, "str"))
    if kind == "pairs":
        for header in table.frame.columns.difference(list(used.values()), sort=False):
            name = header if header not in PAIR_COLUMNS and header not in frame else f"{header} (uploaded)"
            frame[name] = table.frame[header].to_numpy()[kept]
            frame[name] = frame[name].astype("str")
    return frame, problems


def _sentence(cell: str) -> str:
    if not cell:
        raise _Unusable("text_missing")
    if len(cell) > MAX_TEXT_CHARACTERS:
        raise _Unusable("text_too_long", characters=len(cell), limit=MAX_TEXT_CHARACTERS)
    return cell


def _image_name(cell: str) -> str:
    if not cell:
        raise _Unusable("picture_not_named")
    return cell


def _score(cell: str) -> float:
    plain = unicodedata.normalize("NFKC", cell).casefold()
    if not _NUMBER.fullmatch(plain):
        raise _Unusable("score_not_number", value=cell[:80])
    score = float(plain)
    if not math.isfinite(score) or not 0 <= score <= 5:
        raise _Unusable("score_out_of_range", value=cell[:80])
    return score + 0.0  # -0.0 is 0.0


def _amount(cell: str) -> float:
    """Money: with a sign of its currency or without, thousands by commas or not."""
    if not cell:
        raise _Unusable("amount_missing")
    plain = unicodedata.normalize("NFKC", cell).casefold().replace(" ", "")
    plain = _CURRENCY.sub("", plain)
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain) or not math.isfinite(amount := float(plain)) or amount > MAX_AMOUNT:
        raise _Unusable("amount_not_number", value=cell[:80])
    if amount < 0:
        raise _Unusable("amount_negative", value=cell[:80])
    return amount + 0.0  # -0.0 is 0.0


def _match(cell: str) -> bool:
    match = _MATCH_WORDS.get(unicodedata.normalize("NFKC", cell).casefold())
    if match is None:
        raise _Unusable("match_unclear", value=cell[:80])
    return match


def _split(cell: str) -> str:
    split = _SPLIT_WORDS.get(unicodedata.normalize("NFKC", cell).casefold())
    if split is None:
        raise _Unusable("split_unknown", value=cell[:80])
    return split


def _judged_split(cell: str) -> str:
    split = _split(cell)
    if split == "train":
        raise _Unusable("judgement_to_train")
    return split


_READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("image", "image_a", "image_b"), _image_name),
    "score": _score,
    "amount": _amount,
    "match": _match,
    "split": _split,
    **dict.fromkeys(("caption", "sentence1", "sentence2", "text_a", "text_b", "question", "answer", "text"), _sentence),
}
