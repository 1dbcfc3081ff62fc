"""What do its mistakes cost? Prices in, saved as they are typed; what every method costs, what that is made of, and how sure it is."""

import streamlit as st

from dashboard import page
from dashboard.context import current_context
from dashboard.forms import prices as form
from dashboard.forms.draft import was_typed
from dashboard.views import costs, example
from dashboard.widgets import errors, layout
from dashboard.widgets.slots import Slots

context = page.enter("cost", needs="dataset")
t, results = context.t, context.results
missing = page.missing_before_results(context) if results.can_price else None
changed = was_typed() or not context.analysis.has_costs
# Before the form says that it saved: no figure of other prices stands beside that.
outdated = changed and results.can_price and results.prices is not None and not missing
with Slots(t, outdated=outdated) as slots:
    head = slots.open()
    layout.section(t("page_cost.prices"), t("page_cost.prices_text"))
    entry = st.container()
    figures = [(slots.open(height), draw) for draw, height in costs.FIGURES]
    rest = st.container()
    with entry:
        form.form(context)
        context = current_context()  # with the prices that were typed just now
        if not results.has_decisions:
            costs.derive(context)
    found = None
    if results.can_price and not missing and context.results.prices is not None:
        found = costs.computed(context)
    if found and found.comparison:
        with head.fill():
            costs.saving(context)
        for slot, draw in figures:
            with slot.fill():
                draw(context, found.comparison)
with rest:
    if missing:
        layout.empty(context, missing.key, missing.page)
    elif found and found.problem:
        errors.show_error(t, found.problem)
    if found and found.comparison:
        costs.workbook(context, found.comparison)
    example.offer(context)
    if found and found.comparison:
        layout.next_step(context, "roi", t("page_cost.next"))
