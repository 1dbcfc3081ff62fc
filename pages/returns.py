"""Does it pay? Score, cost, effort and return in one answer; effort and today's process in, saved as they are typed."""

import streamlit as st

from dashboard import components, resources, return_form, return_view, scenario_view
from kdmcse.returns.measured import is_assumed

place = components.enter("returns", needs="dataset")
t, poc, outlook = place.t, place.poc, None
if poc.prices is None:
    components.empty(t, "page_returns.no_prices", "cost")
    st.stop()
scenario_view.choose(place)
head = st.container()
components.section(t("page_returns.inputs"), t("page_returns.inputs_text"))
now = return_form.editing(place, poc)
return_view.prices(place, poc, now)
scenario, _ = return_form.form(place, now).checked
with head:
    if lacking := components.missing(place):
        components.empty(t, *lacking)
    elif poc.cost_problem:
        components.show_error(t, poc.cost_problem)
    elif not poc.has_decisions and poc.match_score is None:
        components.empty(t, "page_cost.no_decisions", "data")
    elif scenario is None:
        st.info(t("page_returns.wrong"), icon=":material/edit:")
    elif outlook := resources.outlook(place.workspace, poc, scenario):
        return_view.answer(t, poc, outlook)
        if is_assumed(poc, scenario):
            st.warning(t("returns.assumed"), icon=":material/edit_note:")
    else:
        components.empty(t, "page_returns.no_costs", "training")
if outlook:
    return_view.tornado(t, outlook)
    return_view.break_evens(t, outlook)
    return_view.monte_carlo(t, outlook)
    return_view.arithmetic(t, outlook)
components.next_step(t, "scenarios", t("page_returns.next"))
