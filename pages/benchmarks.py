"""Does it hold elsewhere too? Other uses of the vectors, how they lie in space, and public tests. None of it is in the verdict."""

import streamlit as st

from dashboard.views import benchmarks
from dashboard.widgets import layout
from kdmcse.evaluation import benchmarks as yardsticks
from kdmcse.results import benchmarks as benchmarks_room

place = layout.enter("benchmarks", needs="evaluation")
t = place.t
found = benchmarks_room.by_method(place.poc)
layout.answer(t, t("page_benchmarks.answer"))
at_work = benchmarks.job(place)

layout.section(t("page_benchmarks.transfer.title"), t("page_benchmarks.transfer.text"))
label = benchmarks.choose_label(place)
benchmarks.transfer(place, found, label)
if not at_work and not yardsticks.all_have(found, yardsticks.probe_name(label)):
    benchmarks.button(place, "transfer", label=label)

layout.section(t("page_benchmarks.geometry.title"), t("page_benchmarks.geometry.text"))
benchmarks.geometry(place, found)

layout.section(t("page_benchmarks.public.title"), t("yardsticks.meaning.public"))
benchmarks.public(place, found)
if not at_work:
    st.text(t("page_benchmarks.public.text"))
    benchmarks.button(place, "public", with_public=True)
layout.next_step(t, "cost", t("page_benchmarks.next"))
