"""One example as a card: what changed, its texts with their images, and what each model said or found first. No method here."""

from typing import Any

import streamlit as st

from dashboard import cache
from dashboard.context import PageContext
from dashboard.widgets import images
from dashboard.widgets.text import plain
from kdmcse.cost.estimate import JUDGED_BY
from kdmcse.i18n import Locale
from kdmcse.metrics import RETRIEVAL
from kdmcse.presentation.costs import judged_sentence
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.rounded import rounded_money
from kdmcse.results.disagreements import Disagreements
from kdmcse.results.found import Result


def one_amount(t: Locale, found: Disagreements) -> str | None:
    """What every row amounts to, as it is written; None where rows differ, or have no amount."""
    if found.currency is None or not len(found.table):
        return None
    written = {rounded_money(t, price, found.currency) for price in found.table["price"].unique()}
    return written.pop() if len(written) == 1 else None


def headline(t: Locale, found: Disagreements, row: Any, *, priced: bool) -> str:
    """What the row costs or saves, or how far it moved. row: of `found.table`, as `itertuples` has it; priced: whether amounts are told."""
    if found.kind != "decisions":
        kind, way = "sts" if found.kind == "sts" else "search", "gained" if row.gained else "lost"
        return t(f"page_disagreements.moved.{kind}_{way}", count=int(row.moved))
    truth = t(f"page_disagreements.truth.{int(row.truth)}")
    if not priced or found.currency is None:
        return t("page_disagreements.actual", truth=truth)
    amount = rounded_money(t, row.price, found.currency)
    return t(f"page_disagreements.{'saved' if row.gained else 'costs'}", amount=amount, truth=truth)


def content(context: PageContext, found: Disagreements, row: Any) -> None:
    """Everything below the headline."""
    t = context.t
    if found.kind in RETRIEVAL:
        _search(context, found, row)
    else:
        _texts(context, row)
        for line in _lines(t, found, row):
            st.text(line)
    if found.trainings > 1:
        st.text(t("page_disagreements.seeds", n=t.number(row.seeds), all=t.number(found.trainings)))


def _texts(context: PageContext, row: Any) -> None:
    sides = [(row.image_a, row.text_a), (row.image_b, row.text_b)]
    for column, (image, text) in zip(st.columns(2), sides, strict=True):
        with column:
            if isinstance(image, str):
                images.show_image(context, image, text)
            else:
                st.text(text)


def _lines(t: Locale, found: Disagreements, row: Any) -> list[str]:
    """What each method said, and what people say."""
    sides = {"before": method_name(t, found.against), "after": method_name(t, found.method)}
    shown = {side: getattr(row, side) for side in sides}
    if found.kind == "decisions":
        judged = {side: {name: getattr(row, f"{name}_{side}") for name in JUDGED_BY} for side in sides}
        return [judged_sentence(t, method, shown[side], **judged[side]) for side, method in sides.items()]
    lines = [t("page_disagreements.place", who=who, place=t.number(shown[side])) for side, who in sides.items()]
    people = t("page_disagreements.people")
    return [t("page_disagreements.place", who=people, place=t.number(row.truth)), *lines]


def _search(context: PageContext, found: Disagreements, row: Any) -> None:
    """What was searched with, and a row of results for each model."""
    t = context.t
    picture, text = st.columns([1, 2])
    with picture:
        images.show_small(context, row.image_a, row.text_a)
    with text:
        st.caption(t("page_disagreements.found.query"))
        st.text(row.text_a)
    for run, method, place in (
        (found.against_run, found.against, row.before),
        (found.run, found.method, row.after),
    ):
        who = method_name(t, method)
        st.markdown(plain(t("page_disagreements.found.first", who=who, place=t.number(place))))
        _results(context, who, cache.first_results(context.analysis, run, found.kind).of(row.row))


def _results(context: PageContext, who: str, results: list[Result] | None) -> None:
    t, known = context.t, cache.captions(context.dataset)
    if results is None:
        st.caption(t("page_disagreements.found.unknown"))
        return
    if not results:
        st.caption(plain(t("page_disagreements.found.nothing", who=who)))
        return
    for column, result in zip(st.columns(3), results, strict=False):
        with column:
            image, caption = known.loc[result.pair, ["image", "caption"]]
            if result.is_right:
                st.badge(t("page_disagreements.found.right"), icon=":material/check:", color="green")
            images.show_small(context, image, caption)
            st.caption(plain(caption))
