"""Judgements of the same pair that contradict each other, and pairs of a thing with itself. Told, and kept: people disagree."""

import pandas as pd

from kdmcse.data.nearly_same import folded
from kdmcse.data.problems import Problem

APART = 2
"""Scores of the same pair that are farther apart than this, of 0 to 5, contradict each other."""
_SIDES = {
    "sts": ("sentence1", "sentence2"),
    "decisions": ("text_a", "text_b"),
    "image_caption": ("image", "caption"),
    "image_image": ("image_a", "image_b"),
}
"""Per table what is compared: texts, or digests of images."""


def find_contradictions(kind: str, rows: pd.DataFrame, columns: dict[str, str | None], file: str) -> list[Problem]:
    """Of each row whether it contradicts an earlier one of the same pair, sides swapped or not, and whether both its sides are the same,
    texts as `nearly_same.folded` has it.

    rows: those of a table of `kind` that are kept, in the order of the file. columns: column -> header.
    """
    if kind not in _SIDES:
        return []
    sides, judged = _SIDES[kind], "match" if kind == "decisions" else "score"
    itself = "picture_with_itself" if kind == "image_image" else "text_with_itself"
    same = {content: folded(content) for side in sides for content in rows[side].unique()}
    lowest: dict[tuple, tuple] = {}
    highest: dict[tuple, tuple] = {}
    problems = []
    for row, one, other, said in rows[["row", *sides, judged]].itertuples(index=False, name=None):
        pair = tuple(sorted((same[one], same[other])))
        if pair[0] == pair[1]:
            problems.append(Problem(file, int(row), columns[sides[1]], itself))
        (low, low_row), (high, high_row) = (ends.get(pair, (said, row)) for ends in (lowest, highest))
        against, at = (low, low_row) if said - low >= high - said else (high, high_row)
        if judged == "match" and said != against:
            problems.append(Problem(file, int(row), columns[judged], "match_contradicted", {"other_row": int(at)}))
        elif judged == "score" and abs(said - against) > APART:
            fields = {"score": f"{said:g}", "other_score": f"{against:g}", "other_row": int(at), "limit": APART}
            problems.append(Problem(file, int(row), columns[judged], "score_contradicted", fields))
        lowest[pair] = (said, row) if said < low else (low, low_row)
        highest[pair] = (said, row) if said > high else (high, high_row)
    return problems
