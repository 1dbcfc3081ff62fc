"""Do these two sentences say the same? People judge pairs of their own domain: the yardstick by which models are measured."""

import streamlit as st

from dashboard import components, label_form
from kdmcse import labelling

place = components.enter("label", needs="dataset")
t, workspace, data = place.t, place.workspace, place.dataset
if data.counts["held_out_pairs"] < 2:
    components.empty(t, "page_label.no_captions", "data")
    st.stop()
total = len(labelling.read_items(workspace, data))
components.answer(t, t("page_label.answer", total=t.number(total)) if total else t("page_label.answer_none"))
label_form.proposed()
if not total:
    components.section(t("page_label.propose.title"))
    label_form.propose(place)
    st.stop()

if judge := label_form.person(place):
    label_form.guidance(t, expanded=not labelling.desk(workspace, data, judge).undoable)
    label_form.desk(place, judge)
components.section(t("page_label.agreement.title"))
label_form.agreement(place)

effort = labelling.effort(workspace, data)
if effort.judgements:
    components.section(t("page_label.effort.title"))
    st.text(effort.sentence(t.language))
    st.download_button(
        t("page_label.effort.download"),
        labelling.csv_for_upload(labelling.judged(workspace, data)),
        file_name=f"judgements-{data.fingerprint}.csv",
        mime="text/csv",
        help=t("page_label.effort.download_help"),
        icon=":material/download:",
        on_click="ignore",
    )
with st.expander(t("page_label.propose.more"), icon=":material/add:"):
    label_form.propose(place)
components.next_step(t, "scores", t("page_label.next"))
