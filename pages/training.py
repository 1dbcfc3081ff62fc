"""How is the new model trained? Choose models and settings, start, watch, stop, resume."""

import streamlit as st

from dashboard import page
from dashboard.forms import training
from dashboard.views import runs as run_list
from dashboard.widgets import layout, repeats, verdicts

context = page.enter("training", needs="dataset")
t, runs = context.t, context.runs
waiting, done = len(context.active), sum(run.status == "succeeded" for run in runs)
if not runs:
    verdicts.answer(t, t("page_training.none"))
elif waiting:
    verdicts.answer(t, t("page_training.working", n=t.number(waiting)))
else:
    verdicts.answer(t, t("page_training.done", done=t.number(done), total=t.number(len(runs))))

if runs:
    layout.section(t("page_training.runs"))
    run_list.show_runs(context)
    repeats.offer(context)
    with layout.folded("more_runs", t("page_training.more"), icon=":material/add:") as opened:
        if opened:
            training.form(context)
else:
    layout.section(t("page_training.form"))
    with st.container(border=True, key="training_form"):
        training.form(context)

if done:
    layout.next_step(context, "scores", t("page_training.next"))
