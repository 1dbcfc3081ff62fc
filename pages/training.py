"""How is the student trained? Choose models and settings, start, watch, stop, resume."""

import streamlit as st

from dashboard import components, run_list, training_form

place = components.enter("training", needs="dataset")
t, runs = place.t, place.runs
waiting, done = len(place.active), sum(run.status == "succeeded" for run in runs)
if not runs:
    components.answer(t, t("page_training.none"))
elif waiting:
    components.answer(t, t("page_training.working", n=t.number(waiting)))
else:
    components.answer(t, t("page_training.done", done=t.number(done), total=t.number(len(runs))))

if runs:
    components.section(t("page_training.runs"))
    run_list.live(place)
    with st.expander(t("page_training.more"), icon=":material/add:"):
        training_form.form(place)
else:
    components.section(t("page_training.form"))
    with st.container(border=True, key="training_form"):
        training_form.form(place)

if done:
    components.next_step(t, "scores", t("page_training.next"))
