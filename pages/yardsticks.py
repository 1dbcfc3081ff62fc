"""Does it hold elsewhere too? Other uses of the vectors, how they lie in space, and public tests. None of it is in the verdict."""

import streamlit as st

from dashboard import components, yardstick_view
from kdmcse import yardsticks

place = components.enter("yardsticks", needs="evaluation")
t = place.t
found = yardsticks.by_method(place.poc)
components.answer(t, t("page_yardsticks.answer"))
at_work = yardstick_view.job(place)

components.section(t("page_yardsticks.transfer.title"), t("page_yardsticks.transfer.text"))
label = yardstick_view.choose_label(place)
yardstick_view.transfer(place, found, label)
if not at_work and not yardsticks.all_have(found, yardsticks.probe_name(label)):
    yardstick_view.button(place, "transfer", label=label)

components.section(t("page_yardsticks.geometry.title"), t("page_yardsticks.geometry.text"))
yardstick_view.geometry(place, found)

components.section(t("page_yardsticks.public.title"), t("yardsticks.meaning.public"))
yardstick_view.public(place, found)
if not at_work:
    st.text(t("page_yardsticks.public.text"))
    yardstick_view.button(place, "public", with_public=True)
components.next_step(t, "cost", t("page_yardsticks.next"))
