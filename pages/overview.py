"""Does it pay off? The verdict, and the three axes it rests on: task score, cost of mistakes, data and effort."""

import streamlit as st

from dashboard import page
from dashboard.views import overview
from dashboard.widgets import layout, run_progress, verdicts
from kdmcse.presentation.results import next_sentence, payoff, payoff_headline, result_sentences

NEXT_PAGE = {
    "bring_pairs": "data", "judge_pairs": "annotate", "other_score": "criteria", "enter_prices": "cost", "look_at_cost": "cost", "report": "report",
}  # fmt: skip

context = page.enter("overview")
t = context.t
if context.dataset is None:
    overview.welcome(context)
    st.stop()
shown = context.results, context.verdicts, context.costs
if context.results.stage == "evaluated":
    page.require_results(context)
page.choose_recipe(context)
sentence = t.join(result_sentences(t, *shown))
if context.decision:
    verdicts.decision(context)
elif context.verdicts.deciding:
    verdicts.answer(t, payoff_headline(t, *shown), payoff(context.verdicts, context.costs), sentence)
else:
    verdicts.answer(t, sentence)
if context.active:
    run_progress.progress(context)
elif not context.runs and context.dataset.synthetic:
    overview.run_sample(context)
overview.axes(context)
if context.criteria:
    step = context.analysis.next_step(context.today)
    layout.next_step(context, NEXT_PAGE.get(step, "training"), next_sentence(t, step))
else:
    layout.next_step(context, "criteria", t("page_criteria.first"))
