"""What do its mistakes cost? Prices in, saved as they are typed; what every method costs, what that is made of, and how sure it is."""

import streamlit as st

from dashboard import page
from dashboard.context import current_context
from dashboard.forms import prices as form
from dashboard.views import costs
from dashboard.widgets import errors, layout

context = page.enter("cost", needs="dataset")
t, results = context.t, context.results
missing = page.missing_before_results(context) if results.can_price else None
changed = form.was_typed() or not context.analysis.has_costs
# Before the form says that it saved: no figure of other prices stands beside that.
outdated = changed and results.can_price and results.prices is not None and not missing
head = layout.Slot(t, outdated=outdated)
layout.section(t("page_cost.prices"), t("page_cost.prices_text"))
entry = st.container()
slots = costs.slots(t, outdated=outdated)
rest = st.container()
with entry:
    prices = form.form(context)
    context = current_context()  # with the prices that were typed just now
    if not results.has_decisions:
        costs.derive(context)
found = context.costs if results.can_price and not missing and prices is not None else None
with head.fill():
    if found and found.comparison:
        costs.saving(context)
for slot, draw in slots:
    with slot.fill():
        if found and found.comparison:
            draw(context, found.comparison)
with rest:
    if missing:
        layout.empty(context, missing.key, missing.page)
    elif found and found.problem:
        errors.show_error(t, found.problem)
    elif found and found.comparison:
        layout.next_step(context, "roi", t("page_cost.next"))
    layout.link(context, "example")
