"""Questions that are asked once more before anything is deleted."""

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets.errors import error_boundary
from kdmcse import annotation
from kdmcse.governance.deletion import delete_dataset
from kdmcse.presentation.data import dataset_name


def confirm_delete_dataset(context: PageContext) -> None:
    """Ask once more, and whether what was trained on it goes too."""
    t, found = context.t, len(context.runs)

    @st.dialog(t("page_data.delete.title"))
    def dialog() -> None:
        st.text(t("page_data.delete.text", name=dataset_name(t, context.dataset)))
        with_runs = bool(found) and st.checkbox(
            t("page_data.delete.with_runs", count=found), value=True, key="delete_runs"
        )
        judged = annotation.annotation_effort(context.workspace, context.dataset).judgements
        with_labels = bool(judged) and st.checkbox(
            t("page_data.delete.with_labels", count=judged), value=False, key="delete_labels"
        )
        if st.button(t("page_data.delete.confirm"), type="primary", key="delete_confirmed"):
            with error_boundary(t):
                delete_dataset(context.workspace, context.dataset, with_runs=with_runs, with_labels=with_labels)
                state.leave_dataset()
                st.rerun()

    dialog()
