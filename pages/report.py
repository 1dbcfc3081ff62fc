"""What do we take into the meeting? The report as slides, PDF or HTML, and the numbers behind its charts, in either language."""

import streamlit as st

from dashboard import page
from dashboard.views.report import build, choose_language, show_forms
from dashboard.widgets import layout, verdicts
from dashboard.widgets.cards import show_cards
from kdmcse.presentation.cards import Card, cost_card, score_card

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
layout.section(t("page_report.forms"))
language = choose_language(t)
if asked := show_forms(context):
    build(context, asked, language)
layout.detour(context, "meeting", t("page_report.meeting"))
layout.next_step(context, "overview", t("page_report.next"))
