"""What do we take into the meeting? One HTML file with everything that was measured, in either language."""

import hashlib
import re

import streamlit as st

from dashboard import page
from dashboard.widgets import errors, layout, verdicts
from dashboard.widgets.cards import show_cards
from kdmcse.documents.report_html import render_html
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.cards import Card, cost_card, score_card
from kdmcse.presentation.data import dataset_name


def file_name(dataset: str, content: str) -> str:
    """Named by dataset and content: two different reports never share a name."""
    name = re.sub(r"[^\w-]+", "-", dataset).strip("-")[:40] or "dataset"
    return f"kdmcse-{name}-{hashlib.sha256(content.encode()).hexdigest()[:10]}.html"


context = page.enter("report", needs="evaluation")
t, results = context.t, context.results
verdicts.answer(t, t("page_report.answer"))
layout.section(t("page_report.preview"))
basis = Card(
    t("page_report.basis"),
    t("cards.effort.pairs", count=context.dataset.counts["pairs"]),
    t("page_report.basis_note", count=len(results.evaluated)),
)
show_cards(t, [score_card(t, context.verdicts), cost_card(t, results, context.costs), basis])
st.text(t("page_report.contents"))
language = st.radio(
    t("page_report.language"),
    list(LANGUAGES),
    index=list(LANGUAGES).index(t.language),
    format_func=LANGUAGES.get,
    horizontal=True,
    key="report_language",
)
if st.button(t("page_report.build"), type="primary", icon=":material/description:", key="build"):
    with errors.error_boundary(t), st.spinner(t("page_report.building")):
        content = render_html(context.analysis, language, today=context.today)
        with st.container(border=True, key="ready", horizontal=True, vertical_alignment="center"):
            st.text(t("page_report.ready", kilobytes=t.number(len(content.encode()) / 1024)))
            st.download_button(
                t("page_report.download"),
                content,
                file_name(dataset_name(Locale(language), context.dataset), content),
                "text/html",
                type="primary",
                icon=":material/download:",
                on_click="ignore",
                key="download",
            )
layout.next_step(context, "overview", t("page_report.next"))
