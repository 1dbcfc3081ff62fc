"""Do these two sentences say the same? People judge pairs of their own domain: what models are measured by."""

import streamlit as st

from dashboard import page
from dashboard.forms import annotation
from dashboard.widgets import layout, verdicts
from kdmcse import annotation as labelling
from kdmcse.data.csv_export import csv_for_upload
from kdmcse.presentation.annotation import effort_sentences

context = page.enter("annotate", needs="dataset")
t, workspace, data = context.t, context.workspace, context.dataset
if data.counts["held_out_pairs"] < 2:
    layout.empty(context, "page_annotate.no_captions", "data")
    st.stop()
total = len(labelling.read_items(workspace, data))
verdicts.answer(t, t("page_annotate.answer", total=t.number(total)) if total else t("page_annotate.answer_none"))
annotation.proposed()
if not total:
    layout.section(t("page_annotate.propose.title"))
    annotation.propose(context)
    st.stop()

if judge := annotation.person(context):
    annotation.guidance(t, expanded=not labelling.annotation_queue(workspace, data, judge).undoable)
    annotation.desk(context, judge)
layout.section(t("page_annotate.agreement.title"))
annotation.agreement(context)

effort = labelling.annotation_effort(workspace, data)
if effort.judgements:
    layout.section(t("page_annotate.effort.title"))
    st.text(effort_sentences(t, effort))
    content, explanation = csv_for_upload(labelling.judged(workspace, data)), t("page_annotate.effort.download_help")
    layout.download_csv(t, content, f"judgements-{data.fingerprint}", explanation=explanation)
with layout.folded("propose", t("page_annotate.propose.more"), icon=":material/add:") as opened:
    if opened:
        annotation.propose(context)
layout.next_step(context, "scores", t("page_annotate.next"))
