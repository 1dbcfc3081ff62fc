"""What do its mistakes cost? Prices in, saved as they are typed; what every method costs, what that is made of, and how sure it is."""

import streamlit as st

from dashboard import page
from dashboard.context import current_context
from dashboard.forms import prices as form
from dashboard.views import costs
from dashboard.widgets import errors, layout

context = page.enter("cost", needs="dataset")
t, results = context.t, context.results
head = st.container()
layout.section(t("page_cost.prices"), t("page_cost.prices_text"))
prices = form.form(context)
context = current_context()  # with the prices that were typed just now
if not results.has_decisions:
    costs.derive(context)
if results.has_decisions or results.match_score is not None:
    if missing := page.missing_before_results(context):
        layout.empty(context, missing.key, missing.page)
    elif prices is not None and context.costs.problem:
        errors.show_error(t, context.costs.problem)
    elif prices is not None and (comparison := context.costs.comparison):
        with head:
            costs.saving(context)
        costs.result(context, comparison)
        costs.curves(context, comparison)
        costs.cost_breakdown(context, comparison)
        costs.mistakes(context, comparison)
        costs.base_rates(context, comparison)
        layout.next_step(context, "roi", t("page_cost.next"))
layout.link(context, "example")
