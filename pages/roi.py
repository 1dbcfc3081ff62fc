"""Does it pay? Score, cost, effort and return in one answer; effort and today's process in, saved as they are typed."""

import streamlit as st

from dashboard import page
from dashboard.forms import roi_inputs
from dashboard.forms.draft import was_typed
from dashboard.views import example, roi, scenarios
from dashboard.widgets import errors, layout
from dashboard.widgets.slots import Slots
from dashboard.widgets.text import plain
from kdmcse.presentation.roi import assumed_sentence
from kdmcse.results.outlook import assumed_inputs

context = page.enter("roi", needs="dataset")
t, results, outlook = context.t, context.results, None
if results.prices is None:
    layout.empty(context, "page_roi.no_prices", "cost")
    st.stop()
scenarios.choose(context)
missing = page.missing_before_results(context)
edited = roi_inputs.edited_scenario(context)
before, typed = edited.checked.scenario, was_typed()
changed = typed or (before and not context.analysis.has_outlook(before, context.today))
# Before the form says that it saved: no figure of other inputs stands beside that.
with Slots(t, outdated=bool(changed and results.can_price and not missing)) as slots:
    head = slots.open(800)
    layout.section(t("page_roi.inputs"), t("page_roi.inputs_text"))
    entry = st.container()
    figures = [(slots.open(height), draw) for draw, height in roi.FIGURES]
    with entry:
        roi.prices(context, edited)
        scenario = roi_inputs.form(context, edited).checked.scenario
    if results.can_price and not missing and scenario and not context.costs.problem:
        outlook = roi.computed(context, scenario)
    with head.fill():
        if missing:
            layout.empty(context, missing.key, missing.page)
        elif context.costs.problem:
            errors.show_error(t, context.costs.problem)
        elif not results.can_price:
            layout.empty(context, "page_cost.no_decisions", "data")
        elif scenario is None:
            st.info(t("page_roi.wrong"), icon=":material/edit:")
        elif outlook:
            roi.answer(context, outlook)
            if assumed := assumed_sentence(t, assumed_inputs(scenario)):
                st.warning(plain(assumed), icon=":material/edit_note:")
        else:
            layout.empty(context, "page_roi.no_costs", "training")
    if outlook:
        for slot, draw in figures:
            with slot.fill():
                draw(t, outlook)
        roi.workbook(context, outlook)
example.offer(context)
layout.next_step(context, "scenarios", t("page_roi.next"))
