"""Rows of an uploaded table -> rows that can be used, and a problem for each that cannot. No look at images here."""

import math
import unicodedata
from collections.abc import Callable

import pandas as pd

from kdmcse.data.amounts import NUMBER, Style, check_amounts, read_amount
from kdmcse.data.dataset import PAIR_COLUMNS
from kdmcse.data.problems import KEPT, Problem, Unusable
from kdmcse.data.tables import Table

MAX_TEXT_CHARACTERS = 10_000
"""of one caption or sentence"""

SPLITS = {
    "train": "train training 学習 訓練 学習用 訓練用 学習データ 訓練データ",
    "dev": "dev validation valid val development 開発 検証 検証用 調整用 検証データ",
    "test": "test testing eval evaluation テスト 評価 評価用 テスト用 テストデータ 評価データ",
}
_SPLIT_WORDS = {word: split for split, words in SPLITS.items() for word in words.split()}
_TRUE = "1 1.0 true t yes y match matched same duplicate はい 一致 一致する 同じ 同一 重複 真 ○ 〇 ◯"
_FALSE = (
    "0 0.0 false f no n mismatch unmatched different いいえ 不一致 一致しない 違う 異なる 別 別物 重複なし 偽 × ✕ ✗"
)
_MATCH_WORDS = dict.fromkeys(_TRUE.split(), True) | dict.fromkeys(_FALSE.split(), False)
_TYPES = {"score": "float64", "amount": "float64", "match": "bool"}


def usable_rows(kind: str, table: Table, columns: dict[str, str | None]) -> tuple[pd.DataFrame, list[Problem]]:
    """Rows with a column `row` and the columns of `kind` that were mapped, values parsed; and the problems found.

    A row counts once: only its first problem is reported. An amount that cannot be read is NaN, and the row is kept; with amounts comes `currency`
    where it is known. For pairs the other columns of the upload follow as text.
    """
    used = {field: header for field, header in columns.items() if header is not None}
    kept, problems = [], []
    for field in ("split", "amount"):
        if field in used and not table.frame[used[field]].any():
            header = used.pop(field)
            if field == "amount":
                problems.append(Problem(table.name, None, header, "amount_column_empty"))
    readers = {field: _READERS.get(field, str) for field in used}
    if kind == "sts" and "split" in used:
        readers["split"] = _judged_split
    # Required text is looked at before values, so that an empty row is reported as such.
    values = {field: [] for field in used}
    cells = {field: table.frame[header].tolist() for field, header in used.items()}
    style = Style.of(cells.get("amount", ()))
    readers["amount"] = lambda cell: read_amount(cell, style)
    for place, row in enumerate(table.frame.index.tolist()):
        parsed = {}
        for field in used:
            try:
                parsed[field] = readers[field](cells[field][place])
            except Unusable as problem:
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
    if "amount" in used:
        written = [cells["amount"][place] for place in kept]
        frame, found = check_amounts(frame, written, style, table.name, used["amount"])
        problems += found
    if kind == "pairs":
        for header in table.frame.columns.difference(list(used.values()), sort=False):
            name = header if header not in PAIR_COLUMNS and header not in frame else f"{header} (uploaded)"
            frame[name] = table.frame[header].to_numpy()[kept]
            frame[name] = frame[name].astype("str")
    return frame, problems


def is_split(cell: str) -> bool:
    """Whether a cell says to which part its row belongs."""
    return _split_word(cell) in _SPLIT_WORDS


def is_readable(kind: str, field: str, cell: str) -> bool:
    """Whether a cell can be read as what its column was taken for."""
    reader = _judged_split if kind == "sts" and field == "split" else _READERS.get(field, str)
    try:
        reader(cell)
    except Unusable:
        return False
    return True


def _split_word(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).casefold()


def _sentence(cell: str) -> str:
    if not cell:
        raise Unusable("text_missing")
    if len(cell) > MAX_TEXT_CHARACTERS:
        raise Unusable("text_too_long", characters=len(cell), limit=MAX_TEXT_CHARACTERS)
    return cell


def _image_name(cell: str) -> str:
    if not cell:
        raise Unusable("picture_not_named")
    return cell


def _score(cell: str) -> float:
    plain = unicodedata.normalize("NFKC", cell).casefold()
    if not NUMBER.fullmatch(plain):
        raise Unusable("score_not_number", value=cell[:80])
    score = float(plain)
    if not math.isfinite(score) or not 0 <= score <= 5:
        raise Unusable("score_out_of_range", value=cell[:80])
    return score + 0.0  # -0.0 is 0.0


def says_yes(cell: str) -> bool:
    """Whether a cell says yes or no, or what stands for it. Unusable `match_unclear` where it says neither."""
    match = _MATCH_WORDS.get(unicodedata.normalize("NFKC", cell).casefold())
    if match is None:
        raise Unusable("match_unclear", value=cell[:80])
    return match


def _split(cell: str) -> str:
    split = _SPLIT_WORDS.get(_split_word(cell))
    if split is None:
        raise Unusable("split_unknown", value=cell[:80])
    return split


def _judged_split(cell: str) -> str:
    split = _split(cell)
    if split == "train":
        raise Unusable("judgement_to_train")
    return split


_READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("image", "image_a", "image_b"), _image_name),
    "score": _score,
    "match": says_yes,
    "split": _split,
    **dict.fromkeys(("caption", "sentence1", "sentence2", "text_a", "text_b", "question", "answer", "text"), _sentence),
}
