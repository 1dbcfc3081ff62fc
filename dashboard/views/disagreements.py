"""Rows on which two methods disagree: two lists of cards with their images, a page at a time, and a file of all. No method here."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.views.picked import picked_captions
from dashboard.widgets import images, layout
from dashboard.widgets.choices import pick
from dashboard.widgets.text import plain
from kdmcse.config import CANDIDATE, WITHOUT_IMAGES
from kdmcse.cost.estimate import JUDGED_BY
from kdmcse.data.csv_export import csv_for_spreadsheets
from kdmcse.presentation.costs import judged_sentence, name_of_test_threshold, threshold_cell
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.rounded import rounded_money
from kdmcse.results.disagreements import KINDS, Disagreements

if TYPE_CHECKING:
    from kdmcse.i18n import Locale

CARDS = 6
"""of each list at a time"""
CSV_COLUMNS = ("row", "gained", "price", "moved", "text_a", "text_b", "segment", "truth")
"""of every kind; then what each method said"""


def choose(context: PageContext) -> tuple[str, str, str]:
    """Kind, method and what it is held against: from the address, which keeps them."""
    t, methods = context.t, context.results.methods
    kinds, first, second = st.columns([2, 1, 1])
    with kinds:
        kind = pick(
            "kind", t("page_disagreements.kind"), KINDS, KINDS[0], lambda one: t(f"page_disagreements.kinds.{one}")
        )
    with first:
        preset = CANDIDATE if CANDIDATE in methods else methods[-1]
        method = pick("method", t("shared.method.head"), methods, preset, lambda method: method_name(t, method))
    others = [one for one in methods if one != method]
    with second:
        able = [one for one in others if kind != "caption_to_image" or one not in WITHOUT_IMAGES] or others
        preset = context.results.baseline if context.results.baseline in able else able[0]
        against = pick(
            "against", t("page_disagreements.against"), others, preset, lambda method: method_name(t, method)
        )
    return kind, method, against


def picked_on_map(context: PageContext) -> "pd.Series | None":
    """The captions that a link of the map names, with a way back to all rows; None where there is no such link."""
    captions = picked_captions(context)
    if captions is not None:
        with st.container(key="picked_on_map", horizontal=True, vertical_alignment="center"):
            st.text(context.t("page_disagreements.picked_on_map", count=len(captions)))
            if st.button(context.t("page_disagreements.not_picked"), key="not_picked"):
                state.choose("picked", None)
                st.rerun()
    return captions


def choose_segment(context: PageContext, found: Disagreements) -> Disagreements:
    """All of them, or those of one segment where there are several."""
    if len(found.segments) < 2:
        return found
    everything = context.t("page_disagreements.all_segments")
    with st.columns([2, 1, 1])[0]:
        chosen = pick(
            "segment", context.t("page_disagreements.segment"), ["", *found.segments], "", lambda one: one or everything
        )
    return found.of_segment(chosen) if chosen else found


def explained(t: "Locale", found: Disagreements) -> str:
    """How the rows come about, and what they add up to."""
    parts = ["sts" if found.kind == "sts" else "searches"]
    if found.kind == "decisions":
        parts = ["decisions", *["sum"] * (found.segment is None and not found.picked), *["sure"] * found.on_cost_page]
    return t.join([t(f"page_disagreements.explained.{part}") for part in parts])


def lists(context: PageContext, found: Disagreements) -> None:
    """What was gained on the left, what was lost on the right."""
    t = context.t
    for column, name, table in zip(st.columns(2), ("gained", "lost"), (found.gained, found.lost), strict=True):
        with column:
            layout.section(t(f"page_disagreements.{name}.{_task(found)}", n=t.number(len(table))))
            pages = max(1, -(-len(table) // CARDS))
            scope = "-".join([found.kind, found.method, found.against, state.choice("segment") or ""])
            page = st.pagination(pages, key=f"{name}_page_{scope}_{pages}") if pages > 1 else 1
            for row in table.iloc[(page - 1) * CARDS : page * CARDS].itertuples():
                with st.container(border=True, key=f"{name}_{row.row}", gap="xsmall"):
                    _card(context, found, row)


def _task(found: Disagreements) -> str:
    """How a change is called: a decision that a person may look at can change without being right or wrong anew."""
    return "decisions" if found.kind == "decisions" and not found.reviewed else "others"


def _card(context: PageContext, found: Disagreements, row: tuple) -> None:
    t = context.t
    st.markdown(f"**{plain(_weight(context, found, row))}**")
    sides = [(row.image_a, row.text_a), (row.image_b, row.text_b)]
    shown = [(image, text) for image, text in sides if text]
    for column, (image, text) in zip(st.columns(2), shown, strict=False):
        with column:
            if isinstance(image, str):
                images.show_image(context, image, text)
            else:
                st.text(text)
    for line in _lines(context, found, row):
        st.text(line)
    if found.trainings > 1:
        st.text(t("page_disagreements.seeds", n=t.number(row.seeds), all=t.number(found.trainings)))


def _weight(context: PageContext, found: Disagreements, row: tuple) -> str:
    """What the row costs or saves, or how far it moved."""
    t = context.t
    if found.kind != "decisions":
        kind, way = "sts" if found.kind == "sts" else "search", "gained" if row.gained else "lost"
        return t(f"page_disagreements.moved.{kind}_{way}", count=int(row.moved))
    if found.currency is None:
        return t(f"page_disagreements.truth.{int(row.truth)}")
    amount = rounded_money(t, row.price, found.currency)
    return t(
        f"page_disagreements.{'saved' if row.gained else 'costs'}",
        amount=amount,
        truth=t(f"page_disagreements.truth.{int(row.truth)}"),
    )


def _lines(context: PageContext, found: Disagreements, row: tuple) -> list[str]:
    """What each method said, and what people say."""
    t = context.t
    sides = {"before": method_name(t, found.against), "after": method_name(t, found.method)}
    shown = {side: getattr(row, side) for side in sides}
    if found.kind == "decisions":
        judged = {side: {name: getattr(row, f"{name}_{side}") for name in JUDGED_BY} for side in sides}
        return [judged_sentence(t, method, shown[side], **judged[side]) for side, method in sides.items()]
    lines = [t("page_disagreements.place", who=who, place=t.number(shown[side])) for side, who in sides.items()]
    if found.kind == "sts":
        people = t("page_disagreements.people")
        lines.insert(0, t("page_disagreements.place", who=people, place=t.number(row.truth)))
    return lines


def download(context: PageContext, found: Disagreements) -> None:
    """Every row, not only those that are shown."""
    name = f"disagreements-{context.dataset.fingerprint}-{found.kind}-{found.method}-{found.against}"
    table = csv_for_spreadsheets(spreadsheet(context.t, found))
    layout.download_csv(context.t, table, name, label=context.t("page_disagreements.download"))


def spreadsheet(t: "Locale", found: Disagreements) -> pd.DataFrame:
    """Every row as text and numbers, with headings; of decisions the thresholds and, where folds differ in theirs, the part too."""
    methods = {"before": method_name(t, found.against), "after": method_name(t, found.method)}
    heads = {name: t(f"page_disagreements.csv.{name}") for name in CSV_COLUMNS} | methods
    heads |= {"seeds": t("page_disagreements.csv.seeds")}
    table, kind = found.table, _task(found)
    if found.kind == "decisions":
        for side, method in methods.items():
            heads |= _threshold_heads(t, method, table, side)
            table = table.assign(**_threshold_cells(t, table, side))
            table = table.replace({f"part_{side}": {0: None}})
    words = {True: t(f"page_disagreements.way.{kind}_gained"), False: t(f"page_disagreements.way.{kind}_lost")}
    table = table.assign(gained=table["gained"].map(words))[list(heads)].dropna(axis="columns", how="all")
    return table.astype("object").where(table.notna(), "").rename(columns=heads)


def _threshold_cells(t: "Locale", table: pd.DataFrame, side: str) -> dict[str, list[float | str]]:
    """Column -> its thresholds, in words where one is infinite."""
    ends = list(zip(table[f"lower_{side}"], table[f"upper_{side}"], strict=True))
    return {f"{end}_{side}": [threshold_cell(t, end, *pair) for pair in ends] for end in ("lower", "upper")}


def _threshold_heads(t: "Locale", method: str, table: pd.DataFrame, side: str) -> dict[str, str]:
    """Column -> heading: one threshold where nobody reviews, else both."""
    two = (table[f"lower_{side}"] < table[f"upper_{side}"]).any()
    names = {end: name_of_test_threshold(t, end if two else "only") for end in ("lower", "upper")[not two :]}
    heads = {
        f"{end}_{side}": t("page_disagreements.csv.threshold", method=method, name=name) for end, name in names.items()
    }
    return heads | {f"part_{side}": t("page_disagreements.csv.part", method=method)}
