"""Do these two sentences say the same? People judge pairs of their own domain: the yardstick by which models are measured."""

import streamlit as st

from dashboard.forms import annotation
from dashboard.widgets import layout
from kdmcse import annotation as labelling
from kdmcse.presentation.annotation import effort_sentences

place = layout.enter("annotate", needs="dataset")
t, workspace, data = place.t, place.workspace, place.dataset
if data.counts["held_out_pairs"] < 2:
    layout.empty(t, "page_annotate.no_captions", "data")
    st.stop()
total = len(labelling.read_items(workspace, data))
layout.answer(t, t("page_annotate.answer", total=t.number(total)) if total else t("page_annotate.answer_none"))
annotation.proposed()
if not total:
    layout.section(t("page_annotate.propose.title"))
    annotation.propose(place)
    st.stop()

if judge := annotation.person(place):
    annotation.guidance(t, expanded=not labelling.annotation_queue(workspace, data, judge).undoable)
    annotation.desk(place, judge)
layout.section(t("page_annotate.agreement.title"))
annotation.agreement(place)

effort = labelling.annotation_effort(workspace, data)
if effort.judgements:
    layout.section(t("page_annotate.effort.title"))
    st.text(effort_sentences(t, effort))
    st.download_button(
        t("page_annotate.effort.download"),
        labelling.csv_for_upload(labelling.judged(workspace, data)),
        file_name=f"judgements-{data.fingerprint}.csv",
        mime="text/csv",
        help=t("page_annotate.effort.download_help"),
        icon=":material/download:",
        on_click="ignore",
    )
with st.expander(t("page_annotate.propose.more"), icon=":material/add:"):
    annotation.propose(place)
layout.next_step(t, "scores", t("page_annotate.next"))
