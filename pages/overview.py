"""Does it pay off? The verdict, and the three axes it rests on: task score, cost of mistakes, data and effort."""

import streamlit as st

from dashboard import page
from dashboard.views import overview
from dashboard.widgets import layout, repeats, run_progress, verdicts
from kdmcse.presentation.results import next_sentence

NEXT_PAGE = {
    "bring_pairs": "data", "judge_pairs": "annotate", "other_score": "criteria", "enter_prices": "cost", "look_at_cost": "cost",
    "enter_kpis": "criteria", "report": "report",
}  # fmt: skip

context = page.enter("overview")
t = context.t
if context.dataset is None:
    overview.welcome(context)
    st.stop()
if context.results.stage == "evaluated":
    page.require_results(context)
page.choose_recipe(context)
is_measured = context.verdicts.deciding is not None
if is_measured:
    overview.measured(context)
else:
    verdicts.answer(t, t(f"results.stage.{context.results.stage}"))
if context.active:
    run_progress.progress(context)
elif not context.runs and context.dataset.synthetic:
    overview.run_sample(context)
if is_measured:
    overview.how_measured(context)
if context.criteria:
    step = context.analysis.next_step(context.today)
    if step == "more_seeds":
        repeats.offer(context)
    layout.next_step(context, NEXT_PAGE.get(step, "training"), next_sentence(t, step))
else:
    layout.next_step(context, "criteria", t("page_criteria.first"))
