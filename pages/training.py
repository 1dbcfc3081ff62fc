"""How is the student trained? Choose models and settings, start, watch, stop, resume."""

import streamlit as st

from dashboard.forms import training
from dashboard.views import runs as run_list
from dashboard.widgets import layout

place = layout.enter("training", needs="dataset")
t, runs = place.t, place.runs
waiting, done = len(place.active), sum(run.status == "succeeded" for run in runs)
if not runs:
    layout.answer(t, t("page_training.none"))
elif waiting:
    layout.answer(t, t("page_training.working", n=t.number(waiting)))
else:
    layout.answer(t, t("page_training.done", done=t.number(done), total=t.number(len(runs))))

if runs:
    layout.section(t("page_training.runs"))
    run_list.live(place)
    with st.expander(t("page_training.more"), icon=":material/add:"):
        training.form(place)
else:
    layout.section(t("page_training.form"))
    with st.container(border=True, key="training_form"):
        training.form(place)

if done:
    layout.next_step(t, "scores", t("page_training.next"))
