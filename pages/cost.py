"""What do its mistakes cost? Prices in, saved as they are typed; what every method costs, what that is made of, and how sure it is."""

import streamlit as st

from dashboard.forms import prices as price_form
from dashboard.views import costs
from dashboard.widgets import layout

place = layout.enter("cost", needs="dataset")
t, poc = place.t, place.poc
head = st.container()
layout.section(t("page_cost.prices"), t("page_cost.prices_text"))
prices = price_form.form(place)
if not poc.has_decisions:
    costs.derive(place)
decided = poc.has_decisions or poc.match_score is not None
if not decided:
    pass
elif lacking := layout.missing(place):
    layout.empty(t, *lacking)
elif prices is not None and (problem := place.poc.cost_problem):
    layout.show_error(t, problem)
elif prices is not None and (found := place.poc.cost_comparison):
    with head:
        costs.saving(place)
    costs.result(place, found)
    costs.curves(place, found)
    costs.errors(place, found)
    costs.mistakes(place, found)
    costs.base_rates(place, found)
    layout.next_step(t, "roi", t("page_cost.next"))
layout.link(t, "example")
