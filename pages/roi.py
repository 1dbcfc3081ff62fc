"""Does it pay? Score, cost, effort and return in one answer; effort and today's process in, saved as they are typed."""

import streamlit as st

from dashboard import cache
from dashboard.forms import roi_inputs
from dashboard.views import roi, scenarios
from dashboard.widgets import layout
from kdmcse.results.outlook import is_assumed

place = layout.enter("roi", needs="dataset")
t, poc, outlook = place.t, place.poc, None
if poc.prices is None:
    layout.empty(t, "page_roi.no_prices", "cost")
    st.stop()
scenarios.choose(place)
head = st.container()
layout.section(t("page_roi.inputs"), t("page_roi.inputs_text"))
now = roi_inputs.editing(place, poc)
roi.prices(place, poc, now)
scenario, _ = roi_inputs.form(place, now).checked
with head:
    if lacking := layout.missing(place):
        layout.empty(t, *lacking)
    elif poc.cost_problem:
        layout.show_error(t, poc.cost_problem)
    elif not poc.has_decisions and poc.match_score is None:
        layout.empty(t, "page_cost.no_decisions", "data")
    elif scenario is None:
        st.info(t("page_roi.wrong"), icon=":material/edit:")
    elif outlook := cache.outlook(place.workspace, poc, scenario):
        roi.answer(t, poc, outlook)
        if is_assumed(poc, scenario):
            st.warning(t("returns.assumed"), icon=":material/edit_note:")
    else:
        layout.empty(t, "page_roi.no_costs", "training")
if outlook:
    roi.tornado(t, outlook)
    roi.break_evens(t, outlook)
    roi.monte_carlo(t, outlook)
    roi.arithmetic(t, outlook)
layout.next_step(t, "scenarios", t("page_roi.next"))
