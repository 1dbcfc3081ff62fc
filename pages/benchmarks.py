"""Does it also hold on other tasks? Other uses of the vectors, how they lie in space, and public tests. None of it is in the verdict."""

import streamlit as st

from dashboard import page
from dashboard.views import benchmarks
from dashboard.widgets import layout, verdicts
from kdmcse.evaluation.benchmarks import all_have, probe_name
from kdmcse.results.benchmarks import by_method

context = page.enter("benchmarks", needs="evaluation")
t = context.t
found = by_method(context.results)
verdicts.answer(t, t("page_benchmarks.answer"))
at_work = benchmarks.job(context)

layout.section(t("page_benchmarks.transfer.title"), t("page_benchmarks.transfer.text"))
label = benchmarks.choose_label(context)
benchmarks.transfer(context, found, label)
if not at_work and not all_have(found, probe_name(label)):
    benchmarks.button(context, "transfer", label=label)

layout.section(t("page_benchmarks.geometry.title"), t("page_benchmarks.geometry.text"))
benchmarks.geometry(context, found)

layout.section(t("page_benchmarks.public.title"), t("benchmarks.meaning.public"))
benchmarks.public(context, found)
if not at_work:
    st.text(t("page_benchmarks.public.text"))
    benchmarks.button(context, "public", with_public=True)
layout.next_step(context, "cost", t("page_benchmarks.next"))
