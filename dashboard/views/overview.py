"""The first page: two ways to begin in an empty workspace, else the three axes that the verdict rests on."""

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets import layout
from dashboard.widgets.cards import show_cards
from dashboard.widgets.verdicts import answer
from kdmcse.presentation.cards import cost_card, effort_card, score_card
from kdmcse.processes.launch import start_sample
from kdmcse.sample import import_sample


def welcome(context: PageContext) -> None:
    """An empty workspace: the sample, or data of one's own."""
    t = context.t
    answer(t, t("page_overview.welcome.headline"), detail=t("page_overview.welcome.text"))
    sample, own = st.columns(2)
    with sample, st.container(border=True, height="stretch", key="way_sample"):
        st.markdown(f"#### {t('page_overview.welcome.sample_title')}", anchors=False)
        st.text(t("page_overview.welcome.sample_text"))
        run_sample(context)
    with own, st.container(border=True, height="stretch", key="way_own"):
        st.markdown(f"#### {t('page_overview.welcome.own_title')}", anchors=False)
        st.text(t("page_overview.welcome.own_text"))
        layout.link(context, "data")


def run_sample(context: PageContext) -> None:
    """The button that imports the sample and starts its trainings."""
    t = context.t
    if st.button(t("page_overview.run_sample"), type="primary", icon=":material/play_arrow:", key="run_sample"):
        with st.spinner(t("page_overview.preparing_sample")):
            dataset = import_sample(context.workspace)
            start_sample(context.workspace, dataset)
        state.choose("dataset", dataset.fingerprint)
        st.rerun()


def axes(context: PageContext) -> None:
    """Task score, cost of mistakes, data and effort: the three together, always."""
    t, results = context.t, context.results
    show_cards(t, [score_card(t, context.verdicts), cost_card(t, results, context.costs), effort_card(t, results)])
    st.caption(t("page_overview.axes_note"))
