"""Which examples a visitor looks at: words in them, a segment, the way they went, an amount. The address keeps it.

Every list of examples asks here.
"""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets.choices import pick, typed_amount, typed_text
from kdmcse.presentation.roi import currency_name
from kdmcse.results.example_filter import WAYS, ExampleFilter


def choose(context: PageContext, table: pd.DataFrame, currency: str | None, ways: Mapping[str, str]) -> ExampleFilter:
    """One that is asked for here. table: as `ExampleFilter.of`; ways: what each of `WAYS` is called, as it fits the examples.

    Nothing is asked that all examples answer alike: no segment where there is one, no amount where there is one.
    """
    t = context.t
    segments, amounts = sorted(set(table["segment"]) - {""}), table["price"].dropna()
    priced = currency is not None and amounts.nunique() > 1
    places = iter(st.columns([2.2, *[1.3] * (len(segments) > 1), 1.3, *[1, 1] * priced], vertical_alignment="bottom"))
    with next(places):
        text = typed_text("find", t("shared.filter.find"), placeholder=t("shared.filter.find_help"))
    segment = way = ""
    if len(segments) > 1:
        with next(places):
            everything = t("shared.filter.all_segments")
            segment = pick("segment", t("shared.filter.segment"), ["", *segments], "", lambda one: one or everything)
    with next(places):
        words = {"": t("shared.filter.both_ways"), **ways}
        way = pick("way", t("shared.filter.way"), ["", *WAYS], "", words.get)
    ends = [None, None]
    if priced:
        for number, name in enumerate(("least", "most")):
            with next(places):
                ends[number] = typed_amount(name, t(f"shared.filter.{name}", currency=currency_name(t, currency)))
    return ExampleFilter(text.strip(), segment or None, way or None, *ends)


def nothing_passes(context: PageContext) -> None:
    """No example passes: said, with the way back to all."""
    with st.container(key="nothing_passes", horizontal=True, vertical_alignment="center"):
        st.text(context.t("shared.filter.nothing"))
        st.button(context.t("shared.filter.reset"), key="reset_filter", on_click=forget)


def forget() -> None:
    """Ask for nothing any more."""
    for name in state.OF_EXAMPLES:
        state.choose(name, None)
