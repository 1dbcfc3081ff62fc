"""Do these two sentences say the same? People judge pairs of their own domain: what models are measured by."""

import streamlit as st

from dashboard import page
from dashboard.forms import annotation as form
from dashboard.widgets import layout, verdicts
from kdmcse import annotation
from kdmcse.data.csv_export import csv_for_upload
from kdmcse.presentation.annotation import effort_sentences

context = page.enter("annotate", needs="dataset")
t, workspace, data = context.t, context.workspace, context.dataset
if data.counts["held_out_pairs"] < 2:
    layout.empty(context, "page_annotate.no_captions", "data")
    st.stop()
total = len(annotation.read_items(workspace, data))
verdicts.answer(t, t("page_annotate.answer", total=t.number(total)) if total else t("page_annotate.answer_none"))
form.proposed()
if not total:
    layout.section(t("page_annotate.propose.title"))
    form.propose(context)
    st.stop()

if judge := form.person(context):
    form.guidance(t, expanded=not annotation.annotation_queue(workspace, data, judge).undoable)
    form.queue(context, judge)
layout.section(t("page_annotate.agreement.title"))
form.agreement(context)

effort = annotation.annotation_effort(workspace, data)
if effort.judgements:
    layout.section(t("page_annotate.effort.title"))
    st.text(effort_sentences(t, effort))
    st.caption(t("page_annotate.agreement.rests", count=effort.judgements))  # the queue above goes on alone
    content, explanation = csv_for_upload(annotation.judged(workspace, data)), t("page_annotate.effort.download_help")
    layout.download_csv(t, content, f"judgements-{data.fingerprint}", explanation=explanation)
with layout.folded("propose", t("page_annotate.propose.more"), icon=":material/add:") as opened:
    if opened:
        form.propose(context)
layout.next_step(context, "scores", t("page_annotate.next"))
