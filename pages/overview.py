"""Does it pay off? The verdict, and the three axes it rests on: task score, cost of mistakes, data and effort."""

import streamlit as st

from dashboard import page
from dashboard.views import overview
from dashboard.widgets import layout, run_progress, verdicts

NEXT_PAGE = {"import_data": "data", "enter_prices": "cost", "look_at_cost": "cost", "report": "report"}

context = page.enter("overview")
t = context.t
if context.dataset is None:
    overview.welcome(context)
    st.stop()
poc = context.poc
if poc.stage == "evaluated":
    page.require_results(context)
page.choose_recipe(context)
if poc.decision:
    verdicts.decision(context)
elif poc.verdict:
    verdicts.answer(t, poc.payoff_headline(t.language), poc.payoff, poc.sentence(t.language))
else:
    verdicts.answer(t, poc.sentence(t.language))
if context.active:
    run_progress.progress(context)
elif not context.runs and context.dataset.synthetic:
    overview.run_sample(context)
overview.axes(context)
if context.contract:
    layout.next_step(context, NEXT_PAGE.get(poc.next_step, "training"), poc.next_sentence(t.language))
else:
    layout.next_step(context, "criteria", t("page_criteria.first"))
