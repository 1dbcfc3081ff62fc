"""What did we bring? Upload, and what the import made of it: counts, splits, duplicates, problems, images."""

import streamlit as st

from dashboard import page
from dashboard.forms import upload
from dashboard.views import dataset, leakage
from dashboard.widgets import dialogs, layout
from dashboard.widgets.verdicts import answer

context = page.enter("data")
t = context.t
if context.dataset is None:
    answer(t, t("page_data.nothing"))
    upload.form(context)
    st.stop()
dataset.summary(context)
if len(context.dataset.pairs):
    dataset.gallery(context)
dataset.problems(context)
leakage.leaks(context)
layout.section(t("page_data.upload.title"))
with layout.folded("upload", t("page_data.upload.open"), icon=":material/upload_file:") as opened:
    if opened:
        upload.form(context)
if st.button(t("page_data.delete.button"), type="tertiary", icon=":material/delete:", key="delete_dataset"):
    dialogs.confirm_delete_dataset(context)
if context.dataset.counts["train"]:
    layout.detour(context, "audit", t("page_data.check_teacher"))
layout.next_step(context, "training", t("page_data.next"))
