"""Examples of what the new model changes, with their pictures: those that a person pinned, else rows that went the same way in the most
trainings. Measures nothing."""

import io
from dataclasses import dataclass

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
_IN_A_COLUMN = 2
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


@dataclass(frozen=True)
class FewExamples:
    """What fits on the first page."""

    rows: list[tuple[Disagreements, pd.DataFrame]]
    """each with what it is one of: a table of one row"""
    by_hand: bool
    """whether a person pinned them"""


def few_examples(facts: ReportFacts) -> FewExamples | None:
    """What was pinned, else three typical changes, two of the more frequent kind; None where there are none to show."""
    if facts.pinned:
        return FewExamples([(one.found, one.table) for one in facts.pinned], by_hand=True)
    if (found := telling_kind(facts)) is None:
        return None
    more, fewer = sorted((found.gained, found.lost), key=len, reverse=True)
    shown = pd.concat([typical_rows(more)[: MOST - bool(len(fewer))], typical_rows(fewer)[:1]])
    return FewExamples([(found, shown.iloc[[place]]) for place in range(len(shown))], by_hand=False)


def way_of(found: Disagreements, *, gained: bool) -> str:
    """The last part of the keys by which a change is called: a decision is right or wrong anew, unless a person may look at it."""
    words = ("gained", "lost") if found.kind == "decisions" and not found.reviewed else ("better", "worse")
    return words[not gained]


def pinned_examples(facts: ReportFacts) -> list[Examples]:
    """What was pinned, in at most two parts: better and worse, or where all of it went one way the first two and the rest."""
    ways = [[one for one in facts.pinned if one.pin.gained is gained] for gained in (True, False)]
    parts = [way for way in ways if way]
    if len(parts) == 1:
        parts = [part for part in (parts[0][:_IN_A_COLUMN], parts[0][_IN_A_COLUMN:]) if part]
    return [
        Examples(
            facts.t(f"document.examples.pinned_{tone}"),
            [_example(facts, one.found, next(one.table.itertuples())) for one in part],
            tone,
        )
        for part in parts
        for tone in ["better" if part[0].pin.gained else "worse"]
    ]


def examples(facts: ReportFacts, found: Disagreements) -> list[Examples]:
    """What was gained, and what was lost, a few of each."""
    t = facts.t
    return [
        Examples(
            t(f"document.examples.{way_of(found, gained=gained)}", count=t.number(len(table))),
            [_example(facts, found, row) for row in typical_rows(table).itertuples()],
            "better" if gained else "worse",
        )
        for gained, table in ((True, found.gained), (False, found.lost))
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
