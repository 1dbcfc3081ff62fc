"""The first page: two ways to begin in an empty workspace, else the answer, what it rests on, and what each part leads to."""

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets import components, images, layout, waiting
from dashboard.widgets.text import plain
from dashboard.widgets.verdicts import answer, carried, state_badge, verdict_badge
from kdmcse.data import PairDataset
from kdmcse.documents.first_page import Axis, FirstPage, KpiText, changed_since, first_page
from kdmcse.documents.report_examples import few_examples, way_of
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.processes.launch import start_sample
from kdmcse.results.pins import MOST
from kdmcse.sample import import_sample


def welcome(context: PageContext) -> None:
    """An empty workspace: the sample, or data of one's own."""
    t = context.t
    answer(t, t("page_overview.welcome.headline"), detail=t("page_overview.welcome.text"))
    sample, own = st.columns(2)
    with sample, st.container(border=True, height="stretch", key="way_sample"):
        st.markdown(f"## {t('page_overview.welcome.sample_title')}", anchors=False)
        st.text(t("page_overview.welcome.sample_text"))
        run_sample(context)
    with own, st.container(border=True, height="stretch", key="way_own"):
        st.markdown(f"## {t('page_overview.welcome.own_title')}", anchors=False)
        st.text(t("page_overview.welcome.own_text"))
        layout.link(context, "data")


def run_sample(context: PageContext) -> None:
    """The button that imports the sample and starts its trainings."""
    t = context.t
    if st.button(t("page_overview.run_sample"), type="primary", icon=":material/play_arrow:", key="run_sample"):

        def begin() -> PairDataset:
            dataset = import_sample(context.workspace)
            start_sample(context.workspace, dataset)
            return dataset

        dataset = waiting.while_working(t, "sample", t("page_overview.preparing_sample"), begin)
        state.choose("dataset", dataset.fingerprint)
        st.rerun()


def measured(context: PageContext) -> None:
    """The answer, its three axes, what it rests on, examples, and what changed. Every part leads to its page."""
    t, analysis, today = context.t, context.analysis, context.today

    def build() -> tuple[ReportFacts, FirstPage]:
        facts = ReportFacts(t, analysis, today)
        return facts, first_page(facts)

    facts, page = waiting.while_working(t, "first_page", t("shared.recalculating"), build)
    _answer(context, page)
    with st.container(key="axes"):
        for column, axis in zip(st.columns(3), page.axes, strict=True):
            with column:
                _axis(context, axis)
    for first in range(0, len(page.kpis), 4):
        with st.container(key=f"kpis_{first}"):
            shown = enumerate(page.kpis[first : first + 4], first)
            for column, (number, kpi) in zip(st.columns(4), shown, strict=False):
                with column:
                    _kpi(context, kpi, f"axis_kpi_{number}")
    with st.container(key="rests", horizontal=True, gap="medium"):
        _way(context, "criteria", page.agreed, ":material/handshake:")
        if page.rests_on:
            _way(context, "scores", page.rests_on, ":material/database:")
    _examples(context, facts)
    _changed(context, page)


def _answer(context: PageContext, page: FirstPage) -> None:
    with st.container(key=f"decision_{page.value or 'open'}", gap="xsmall"):
        with st.container(key="answer_verdict"):
            st.text(page.headline)
        st.text(page.sentence)
        with st.container(key="share", horizontal=True, gap="medium"):
            _way(context, "meeting", context.t("pages.meeting"), ":material/slideshow:")
            _way(context, "report", context.t("pages.report"), ":material/description:")


def _axis(context: PageContext, axis: Axis) -> None:
    """What it was and what it is; the whole card is the link."""
    with st.container(border=True, height="stretch", key=f"axis_{axis.name}", gap="xxsmall"):
        _way(context, axis.page, axis.title)
        st.markdown(f"**{plain(axis.value)}**")
        if axis.note:
            st.caption(plain(axis.note))
        if axis.bars:
            shown = dict(zip(axis.names, axis.bars.bars, strict=False))
            components.bars(axis.bars.description, shown, f"bars_{axis.name}")
        if axis.tone != "plain":
            verdict_badge(context.t, axis.tone)


def _kpi(context: PageContext, kpi: KpiText, key: str) -> None:
    """Its value beside its target; the whole card is the link."""
    with st.container(border=True, height="stretch", key=key, gap="xxsmall"):
        _way(context, "criteria", kpi.name)
        st.markdown(f"**{plain(kpi.value)}**")
        if kpi.interval:
            st.caption(plain(kpi.interval))
        st.caption(plain(kpi.target))
        state_badge(kpi.state, kpi.word)


def _way(context: PageContext, page: str, text: str, icon: str | None = None) -> None:
    st.page_link(layout.page_path(page), label=plain(text), icon=icon, query_params=context.address)


def _examples(context: PageContext, facts: ReportFacts) -> None:
    """Three changes: those that were pinned, else typical ones."""
    t, few = context.t, few_examples(facts)
    if few is None:
        return
    with st.container(key="typical"):
        title = t(f"first_page.examples.{'pinned' if few.by_hand else 'title'}")
        _way(context, "disagreements", title, ":material/keep:" if few.by_hand else ":material/compare_arrows:")
        for number, (column, (found, table)) in enumerate(zip(st.columns(MOST), few.rows, strict=False)):
            row = table.iloc[0]
            with column, st.container(border=True, height="stretch", key=f"typical_{number}", gap="xsmall"):
                way = way_of(found, gained=bool(row["gained"]))
                st.badge(t(f"first_page.examples.{way}"), color="green" if row["gained"] else "red")
                for image, text in ((row["image_a"], row["text_a"]), (row["image_b"], row["text_b"])):
                    if isinstance(image, str):
                        images.show_image(context, image, text)
                    elif text:
                        st.text(text)


def _changed(context: PageContext, page: FirstPage) -> None:
    t, before = (
        context.t,
        components.seen_before(f"{context.dataset.fingerprint}-{context.results.recipe.id}", page.state),
    )
    if found := changed_since(before, page.state):
        what = t.list(t(f"first_page.changed.{name}") for name in found)
        st.info(plain(t("first_page.changed.text", what=what)), icon=":material/update:")


def how_measured(context: PageContext) -> None:
    """What carries the answer: every number, what was agreed, and what is missing."""
    with layout.folded("how_measured", context.t("first_page.measured"), icon=":material/help:") as opened:
        if opened:
            carried(context)
