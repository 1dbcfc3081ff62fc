"""How much data and work does it take? What was brought so far, and what further data would bring in score and money."""

import streamlit as st

from dashboard import components, effort_view, resources


def further() -> None:
    """The curve over the data, with the runs that it lacks."""
    components.section(t("page_effort.curve.title"), t("page_effort.curve.text"))
    if not curve.points.empty:
        effort_view.figure(place, curve)
    effort_view.missing_runs(place, curve)
    if not curve.points.empty:
        effort_view.table(place, curve)
    with st.expander(t("page_effort.reading.title"), icon=":material/help:"):
        st.text(t("page_effort.reading.text"))


place = components.enter("effort", needs="dataset")
t, lacking = place.t, components.missing(place)
curve = None if lacking else resources.data_curve(place.workspace, place.poc)
if curve:
    components.choose_recipe(place)
    first, *others = curve.sentences(t.language)
    components.answer(t, first, detail={"en": " ", "ja": ""}[t.language].join(others) or None)
else:
    components.answer(t, t("page_effort.unknown"))
effort_view.brought(place)
effort_view.judging(place)
if lacking:
    components.section(t("page_effort.curve.title"))
    if place.active and place.contract:
        components.progress(place)
    else:
        components.empty(t, *lacking)
elif place.poc.recipe is None or place.poc.recipe.teacher is None:
    components.section(t("page_effort.curve.title"))
    components.empty(t, "page_effort.no_recipe", "training")
else:
    further()
components.next_step(t, "map", t("page_effort.next"))
