"""How is this calculated? A drawer beside cost and return: a cost of eight decisions and a return of one shop, every step shown. Invented numbers."""

import pandas as pd
import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import layout
from dashboard.widgets.text import plain
from kdmcse import cost, roi
from kdmcse.i18n import Locale
from kdmcse.presentation import costs
from kdmcse.presentation import roi as returns


def offer(context: PageContext) -> None:
    """The way to the drawer, above the next step."""
    t = context.t
    with st.container(key="detour", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(t("page_example.offer"))
        if st.button(t("page_example.question"), type="tertiary", icon=":material/calculate:", key="show_example"):
            st.dialog(t("page_example.question"), width="large")(_drawer)(t)


def _drawer(t: Locale) -> None:
    st.text(t("page_example.answer"))
    example = cost.worked_example()
    layout.section(t("page_example.decisions.title"), t("page_example.decisions.text"))
    layout.table(
        [
            {
                t("page_example.decisions.part"): t(f"page_example.decisions.{row.part}"),
                t("page_example.decisions.truth"): t(f"page_example.decisions.{'match' if row.match else 'other'}"),
                t("page_example.decisions.cosine"): t.number(row.cosine, 2),
            }
            for row in example.decisions.itertuples()
        ]
    )
    layout.section(t("page_example.cost.title"), t("page_example.cost.text"))
    _steps(t, costs.example_steps(t, example))
    for sentence in costs.example_sentences(t, example):
        st.markdown(plain(sentence))
    layout.section(t("page_example.roi.title"), t("page_example.roi.text"))
    _steps(t, returns.arithmetic_table(t, roi.worked_example()))


def _steps(t: Locale, steps: pd.DataFrame) -> None:
    names = [t(f"page_example.step.{name}") for name in ("step", "calculation", "result")]
    layout.table([dict(zip(names, row, strict=True)) for row in steps.itertuples(index=False, name=None)])
