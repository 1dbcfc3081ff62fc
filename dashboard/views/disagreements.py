"""Rows on which two methods disagree: two lists of cards with their images, a page at a time, and a file of all. No method here."""

import hashlib
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.forms import example_filter, pins
from dashboard.views import example_cards
from dashboard.views.picked import picked_captions
from dashboard.widgets import layout
from dashboard.widgets.choices import pick
from dashboard.widgets.text import plain
from kdmcse.config import CANDIDATE, WITHOUT_IMAGES
from kdmcse.data.csv_export import csv_for_spreadsheets
from kdmcse.presentation.costs import name_of_test_threshold, threshold_cell
from kdmcse.presentation.methods import method_name
from kdmcse.results.disagreements import KINDS, Disagreements
from kdmcse.results.example_filter import WAYS, ExampleFilter
from kdmcse.results.pins import PinnedRow

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


def explained(t: "Locale", found: Disagreements) -> str:
    """How the rows come about, and what they add up to."""
    parts = ["sts" if found.kind == "sts" else "searches"]
    if found.kind == "decisions":
        parts = ["decisions", *["sum"] * (found.segment is None and not found.picked), *["sure"] * found.on_cost_page]
    return t.join([t(f"page_disagreements.explained.{part}") for part in parts])


def narrow(context: PageContext, found: Disagreements) -> tuple[Disagreements, ExampleFilter]:
    """All of them, or those of one segment; and what of these is to be shown."""
    t, task = context.t, _task(found)
    ways = {way: t(f"page_disagreements.way.{task}_{way}") for way in WAYS}
    asked = example_filter.choose(context, found.table, found.currency, ways)
    return found if asked.segment is None else found.of_segment(asked.segment), asked


def amounts(context: PageContext, found: Disagreements) -> None:
    """What every card would say again."""
    if amount := example_cards.one_amount(context.t, found):
        st.caption(plain(context.t("page_disagreements.each", amount=amount)))


def lists(context: PageContext, found: Disagreements, asked: ExampleFilter) -> None:
    """What was gained on the left, what was lost on the right; only one of them over the whole width where that is asked for."""
    shown = asked.of(found.table)
    if not len(shown):
        example_filter.nothing_passes(context)
        return
    pinned = pins.standing(context) if pins.can_pin(context, found) else None
    sides = [(way, getattr(found, way), shown[shown["gained"] == (way == "gained")]) for way in WAYS]
    if asked.way is not None:
        _list(context, found, pinned, asked, *next(side for side in sides if side[0] == asked.way), columns=2)
        return
    for column, side in zip(st.columns(2), sides, strict=True):
        with column:
            _list(context, found, pinned, asked, *side, columns=1)


def _list(
    context: PageContext,
    found: Disagreements,
    pinned: list[PinnedRow] | None,
    asked: ExampleFilter,
    way: str,
    whole: pd.DataFrame,
    table: pd.DataFrame,
    *,
    columns: int,
) -> None:
    """A page of cards of one direction. pinned: what stands for the meeting; None where nothing can be pinned."""
    t, count = context.t, context.t.number(len(whole))
    if len(table) < len(whole):
        count = t("shared.filter.count", shown=t.number(len(table)), all=count)
    layout.section(t(f"page_disagreements.{way}.{_task(found)}", n=count))
    pages = max(1, -(-len(table) // CARDS))
    scope = hashlib.sha256(repr((found.kind, found.method, found.against, asked)).encode()).hexdigest()[:12]
    page = st.pagination(pages, key=f"{way}_page_{scope}_{pages}") if pages > 1 else 1
    priced = example_cards.one_amount(t, found) is None
    places = st.columns(columns) if columns > 1 else [st.container()]
    for number, row in enumerate(table.iloc[(page - 1) * CARDS : page * CARDS].itertuples()):
        with places[number % columns], st.container(border=True, key=f"{way}_{row.row}", gap="xsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"**{plain(example_cards.headline(t, found, row, priced=priced))}**", width="content")
                if pinned is not None:
                    pins.button(context, found, int(row.row), gained=bool(row.gained), shown=pinned)
            example_cards.content(context, found, row)


def _task(found: Disagreements) -> str:
    """How a change is called: a decision that a person may look at can change without being right or wrong anew."""
    return "decisions" if found.kind == "decisions" and not found.reviewed else "others"


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
