"""What data do we have? Upload, and what the import made of it: what it is enough for, splits, duplicates, problems, images."""

import streamlit as st

from dashboard import page
from dashboard.forms import upload
from dashboard.views import dataset, importing, leakage, readiness
from dashboard.widgets import dialogs, layout
from dashboard.widgets.verdicts import answer

context = page.enter("data")
t = context.t
at_work = importing.underway(context)
if not at_work:
    upload.last_import(context)
if context.dataset is None:
    if not at_work:
        answer(t, t("page_data.nothing"))
        upload.form(context)
    st.stop()
dataset.summary(context)
readiness.panel(context)
if not at_work and not context.workspace.is_frozen():
    layout.section(t("page_data.upload.title"))
    title, waiting = t("page_data.upload.open"), upload.is_waiting(context)
    with layout.folded("upload", title, icon=":material/upload_file:", expanded=waiting) as opened:
        if opened:
            upload.form(context)
dataset.splits(context)
if len(context.dataset.pairs):
    dataset.gallery(context)
dataset.problems(context)
leakage.leaks(context)
if st.button(t("page_data.delete.button"), type="tertiary", icon=":material/delete:", key="delete_dataset"):
    dialogs.confirm_delete_dataset(context)
if context.dataset.counts["train"]:
    layout.detour(context, "audit", t("page_data.check_teacher"))
layout.next_step(context, "training", t("page_data.next"))
