"""What do its mistakes cost? Prices in, saved as they are typed; what every method costs, what that is made of, and how sure it is."""

import streamlit as st

from dashboard import components, cost_view, price_form

place = components.enter("cost", needs="dataset")
t, poc = place.t, place.poc
head = st.container()
components.section(t("page_cost.prices"), t("page_cost.prices_text"))
prices = price_form.form(place)
if not poc.has_decisions:
    cost_view.derive(place)
decided = poc.has_decisions or poc.match_score is not None
if not decided:
    pass
elif lacking := components.missing(place):
    components.empty(t, *lacking)
elif prices is not None and (problem := place.poc.cost_problem):
    components.show_error(t, problem)
elif prices is not None and (found := place.poc.cost_comparison):
    with head:
        cost_view.saving(place)
    cost_view.result(place, found)
    cost_view.curves(place, found)
    cost_view.errors(place, found)
    cost_view.mistakes(place, found)
    cost_view.base_rates(place, found)
    components.next_step(t, "returns", t("page_cost.next"))
components.link(t, "example")
