"""Which case is it? Saved scenarios side by side: save the inputs under a name, compare, exchange, see who changed what."""

import streamlit as st

from dashboard import components, return_form, scenario_view

place = components.enter("scenarios", needs="dataset")
t, poc = place.t, place.poc
scenario_view.said(t)
if poc.prices is None:
    components.empty(t, "page_returns.no_prices", "cost")
    st.stop()
head = st.container()
now = return_form.editing(place, poc)
found = scenario_view.choose(place)
with head:
    told = t("page_scenarios.some", n=t.number(len(found))) if found else t("page_scenarios.none")
    components.answer(t, told, detail=t("page_scenarios.kept"))
    if found:
        scenario_view.listed(t, found)
components.section(t("page_scenarios.save.title"), t("page_scenarios.save.text"))
scenario_view.save(place, now)
known = scenario_view.compare(place, poc, found) if found else []
if now.stored:
    scenario_view.history(place, now.stored)
    scenario_view.mark(place, poc, now, found)
scenario_view.files(place, now, found, known)
components.next_step(t, "effort", t("page_scenarios.next"))
