"""Which case is it? Saved scenarios side by side: save the inputs under a name, compare, exchange, see who changed what."""

import streamlit as st

from dashboard.forms import roi_inputs
from dashboard.views import scenarios
from dashboard.widgets import layout

place = layout.enter("scenarios", needs="dataset")
t, poc = place.t, place.poc
scenarios.said(t)
if poc.prices is None:
    layout.empty(t, "page_roi.no_prices", "cost")
    st.stop()
head = st.container()
now = roi_inputs.editing(place, poc)
found = scenarios.choose(place)
with head:
    told = t("page_scenarios.some", n=t.number(len(found))) if found else t("page_scenarios.none")
    layout.answer(t, told, detail=t("page_scenarios.kept"))
    if found:
        scenarios.listed(t, found)
layout.section(t("page_scenarios.save.title"), t("page_scenarios.save.text"))
scenarios.save(place, now)
known = scenarios.compare(place, poc, found) if found else []
if now.stored:
    scenarios.history(place, now.stored)
    scenarios.mark(place, poc, now, found)
scenarios.files(place, now, found, known)
layout.next_step(t, "effort", t("page_scenarios.next"))
