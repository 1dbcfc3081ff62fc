"""Which case is it? Saved scenarios side by side: save the inputs under a name, compare, exchange, see who changed what."""

import streamlit as st

from dashboard import page
from dashboard.forms import roi_inputs
from dashboard.views import scenarios
from dashboard.widgets import layout, verdicts

context = page.enter("scenarios", needs="dataset")
t = context.t
scenarios.what_was_saved(t)
if context.results.prices is None:
    layout.empty(context, "page_roi.no_prices", "cost")
    st.stop()
head = st.container()
edited = roi_inputs.edited_scenario(context)
stored = scenarios.choose(context)
layout.section(t("page_scenarios.save.title"), t("page_scenarios.save.text"))
scenarios.save(context, edited)
with head:  # with what was typed just now
    text = t("page_scenarios.some", n=t.number(len(stored))) if stored else t("page_scenarios.none")
    verdicts.answer(t, text, detail=t("page_scenarios.kept"))
    if stored:
        scenarios.listed(context, stored)
compared = scenarios.compare(context, stored) if stored else []
if edited.stored:
    scenarios.history(context, edited.stored)
    scenarios.mark(context, edited, stored)
scenarios.files(context, edited, stored, compared)
layout.next_step(context, "effort", t("page_scenarios.next"))
