"""Does it pay? Score, cost, effort and return in one answer; effort and today's process in, saved as they are typed."""

import streamlit as st

from dashboard import page
from dashboard.forms import roi_inputs
from dashboard.views import roi, scenarios
from dashboard.widgets import errors, layout
from kdmcse.results.outlook import is_assumed

context = page.enter("roi", needs="dataset")
t, results, outlook = context.t, context.results, None
if results.prices is None:
    layout.empty(context, "page_roi.no_prices", "cost")
    st.stop()
scenarios.choose(context)
head = st.container()
layout.section(t("page_roi.inputs"), t("page_roi.inputs_text"))
edited = roi_inputs.edited_scenario(context)
roi.prices(context, edited)
scenario = roi_inputs.form(context, edited).checked.scenario
with head:
    if missing := page.missing_before_results(context):
        layout.empty(context, missing.key, missing.page)
    elif context.costs.problem:
        errors.show_error(t, context.costs.problem)
    elif not results.can_price:
        layout.empty(context, "page_cost.no_decisions", "data")
    elif scenario is None:
        st.info(t("page_roi.wrong"), icon=":material/edit:")
    elif outlook := context.analysis.outlook(scenario, context.today):
        roi.answer(context, outlook)
        if is_assumed(results, scenario):
            st.warning(t("roi.assumed"), icon=":material/edit_note:")
    else:
        layout.empty(context, "page_roi.no_costs", "training")
if outlook:
    roi.tornado(t, outlook)
    roi.break_evens(t, outlook)
    roi.monte_carlo(t, outlook)
    roi.arithmetic(t, outlook)
layout.next_step(context, "scenarios", t("page_roi.next"))
