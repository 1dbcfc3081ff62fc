"""Does it pay off? The verdict, and the three axes it rests on: task score, cost of mistakes, data and effort."""

import streamlit as st

from dashboard import state
from dashboard.widgets import layout
from kdmcse.processes.launch import start_sample
from kdmcse.sample import import_sample

NEXT_PAGE = {"import_data": "data", "enter_prices": "cost", "look_at_cost": "cost", "report": "report"}


def run_sample() -> None:
    if st.button(t("page_overview.run_sample"), type="primary", icon=":material/play_arrow:", key="run_sample"):
        with st.spinner(t("page_overview.preparing_sample")):
            dataset = import_sample(place.workspace)
            start_sample(place.workspace, dataset)
        state.choose("dataset", dataset.fingerprint)
        st.rerun()


def welcome() -> None:
    """An empty workspace: two ways to begin."""
    layout.answer(t, t("page_overview.welcome.headline"), detail=t("page_overview.welcome.text"))
    sample, own = st.columns(2)
    with sample, st.container(border=True, height="stretch", key="way_sample"):
        st.markdown(f"#### {t('page_overview.welcome.sample_title')}", anchors=False)
        st.text(t("page_overview.welcome.sample_text"))
        run_sample()
    with own, st.container(border=True, height="stretch", key="way_own"):
        st.markdown(f"#### {t('page_overview.welcome.own_title')}", anchors=False)
        st.text(t("page_overview.welcome.own_text"))
        layout.link(t, "data")


def axes() -> None:
    """The three together, always."""
    data = place.dataset
    seconds = sum((run.outcome or {}).get("seconds") or 0 for run in place.runs)
    judged = data.counts["sts_usable"] + data.counts["decisions_usable"]
    effort = layout.Fact(
        t("page_overview.effort.name"),
        t("page_overview.effort.pairs", n=t.number(len(data.pairs))),
        t("page_overview.effort.note", judged=t.number(judged), time=t.duration(seconds)),
    )
    layout.facts(t, [layout.score_fact(t, poc), layout.cost_fact(t, poc), effort])
    st.caption(t("page_overview.axes_note"))


place = layout.enter("overview")
t = place.t
if place.dataset is None:
    welcome()
    st.stop()
poc = place.poc
if poc.stage == "evaluated":
    layout.require_results(place)
layout.choose_recipe(place)
if poc.decision:
    layout.decision(t, poc)
elif poc.verdict:
    layout.answer(t, poc.payoff_headline(t.language), poc.payoff, poc.sentence(t.language))
else:
    layout.answer(t, poc.sentence(t.language))
if place.active:
    layout.progress(place)
elif not place.runs and place.dataset.synthetic:
    run_sample()
axes()
if place.contract:
    layout.next_step(t, NEXT_PAGE.get(poc.next_step, "training"), poc.next_sentence(t.language))
else:
    layout.next_step(t, "criteria", t("page_criteria.first"))
