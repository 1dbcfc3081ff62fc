"""How much data and work does it take? What was brought so far, and what further data would bring in score and money."""

import streamlit as st

from dashboard import cache
from dashboard.views import effort
from dashboard.widgets import layout


def further() -> None:
    """The curve over the data, with the runs that it lacks."""
    layout.section(t("page_effort.curve.title"), t("page_effort.curve.text"))
    if not curve.points.empty:
        effort.figure(place, curve)
    effort.missing_runs(place, curve)
    if not curve.points.empty:
        effort.table(place, curve)
    with st.expander(t("page_effort.reading.title"), icon=":material/help:"):
        st.text(t("page_effort.reading.text"))


place = layout.enter("effort", needs="dataset")
t, lacking = place.t, layout.missing(place)
curve = None if lacking else cache.data_curve(place.workspace, place.poc)
if curve:
    layout.choose_recipe(place)
    first, *others = curve.sentences(t.language)
    layout.answer(t, first, detail={"en": " ", "ja": ""}[t.language].join(others) or None)
else:
    layout.answer(t, t("page_effort.unknown"))
effort.brought(place)
effort.judging(place)
if lacking:
    layout.section(t("page_effort.curve.title"))
    if place.active and place.contract:
        layout.progress(place)
    else:
        layout.empty(t, *lacking)
elif place.poc.recipe is None or place.poc.recipe.teacher is None:
    layout.section(t("page_effort.curve.title"))
    layout.empty(t, "page_effort.no_recipe", "training")
else:
    further()
layout.next_step(t, "map", t("page_effort.next"))
