"""Typical examples of what the new model changes: rows that went the same way in the most trainings, with their pictures. Measures nothing."""

import io

import numpy as np
import pandas as pd

from kdmcse.config import CANDIDATE
from kdmcse.cost.operation import OUTCOMES
from kdmcse.data import PairDataset
from kdmcse.documents.content import Example, Examples, Picture
from kdmcse.documents.report_charts import model
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation.rounded import rounded_money
from kdmcse.results.disagreements import Disagreements

MOST = 3
"""of each kind"""
TELLING = ("decisions", "caption_to_image", "caption_to_caption", "sts")
"""The kinds of rows, what a reader understands at once first."""
PICTURE_PIXELS = 360
_SAID = {"accepted": "match", "rejected": "no_match", "reviewed": "review"}


def changed(facts: ReportFacts, kind: str) -> Disagreements | None:
    """The rows of one kind on which KDMCSE and the baseline of the verdict disagree; None where there are none to compare."""
    results, verdicts = facts.results, facts.verdicts
    if not results.of_method(CANDIDATE) or verdicts.baseline == CANDIDATE:
        return None
    try:
        return facts.analysis.disagreements(kind, CANDIDATE, verdicts.baseline)
    except UserError:  # decisions of one kind alone; the section of the costs says so
        return None


def telling_kind(facts: ReportFacts) -> Disagreements | None:
    """The rows to show: match decisions, unless others have pictures and these have none."""
    found = [one for kind in TELLING if (one := changed(facts, kind)) is not None and len(one.table)]
    pictured = [one for one in found if one.table[["image_a", "image_b"]].notna().any(axis=None)]
    both = [one for one in pictured if len(one.gained) and len(one.lost)]
    if not facts.results.dataset.has_images:
        return found[0] if found else None
    return next(iter(both or pictured or found), None)


def examples(facts: ReportFacts, found: Disagreements) -> list[Examples]:
    """What was gained, and what was lost, a few of each."""
    t, decided = facts.t, found.kind == "decisions" and not found.reviewed
    words = ("gained", "lost") if decided else ("better", "worse")
    return [
        Examples(
            t(f"document.examples.{word}", count=t.number(len(table))),
            [_example(facts, found, row) for row in typical_rows(table).itertuples()],
            tone,
        )
        for word, tone, table in zip(words, ("better", "worse"), (found.gained, found.lost), strict=True)
    ]


def typical_rows(table: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST` rows: those with pictures first, then of the most trainings that went this way, then as in the table; no text twice."""
    pictured = table[["image_a", "image_b"]].notna().any(axis=1)
    order = np.lexsort((np.arange(len(table)), -table["seeds"].to_numpy(), ~pictured.to_numpy()))
    shown, texts = [], set()
    for place in order:
        row = table.iloc[place]
        both = {row["text_a"], row["text_b"]} - {""}
        if not both & texts:
            shown.append(place)
            texts |= both
        if len(shown) == MOST:
            break
    return table.iloc[shown]


def _example(facts: ReportFacts, found: Disagreements, row: tuple) -> Example:
    t, dataset = facts.t, facts.results.dataset
    sides = [(row.text_a, row.image_a), (row.text_b, row.image_b)]
    texts = [(text, picture(t, dataset, image, text)) for text, image in sides if text]
    return Example(_title(t, found, row), texts, _lines(t, found, row), "better" if row.gained else "worse")


def _title(t: Locale, found: Disagreements, row: tuple) -> str:
    if found.kind != "decisions":
        return ""
    truth = f"document.examples.truth_{int(row.truth)}"
    if found.currency is None or row.price != row.price:
        return t(truth)
    return t(f"{truth}_priced", amount=rounded_money(t, row.price, found.currency))


def _lines(t: Locale, found: Disagreements, row: tuple) -> list[str]:
    """What each model said, the current one first."""
    sides = {"before": found.against, "after": found.method}
    if found.kind == "decisions":
        outcomes = {side: OUTCOMES[int(getattr(row, f"outcome_{side}"))] for side in sides}
        return [
            t(f"document.examples.says_{_SAID[outcomes[side]]}", model=model(t, method))
            for side, method in sides.items()
        ]
    lines = [
        t("document.examples.place", model=model(t, method), place=t.number(getattr(row, side)))
        for side, method in sides.items()
    ]
    return [t("document.examples.people", place=t.number(row.truth)), *lines] if found.kind == "sts" else lines


def picture(t: Locale, dataset: PairDataset, image: object, caption: str) -> Picture | None:
    """A small picture without metadata; None where there is none, or its file is gone or no picture any more."""
    from PIL import Image

    if not isinstance(image, str) or not dataset.has_images:
        return None
    try:
        with Image.open(dataset.image_path(image)) as opened:
            small = opened.convert("RGB")
    except (KeyError, OSError):
        return None
    small.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
    written = io.BytesIO()
    small.save(written, "JPEG", quality=82)
    return Picture(written.getvalue(), t("document.examples.picture", caption=caption))
