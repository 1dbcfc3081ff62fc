"""What counts as success? Agreed and locked before results can be seen; a change stays possible, visible and dated."""

import streamlit as st

from dashboard import page
from dashboard.forms import criteria as form
from dashboard.forms import kpis
from dashboard.views import criteria as view
from dashboard.widgets import layout
from dashboard.widgets.verdicts import answer
from kdmcse.criteria import locking
from kdmcse.presentation.criteria import version_remark

context = page.enter("criteria", needs="dataset")
t = context.t
evaluated = context.results.stage == "evaluated"
versions = locking.history(context.workspace, context.dataset.fingerprint)
locked = versions[-1] if versions and versions[-1].intact else None
if locked is None:
    if versions:
        st.error(t("page_criteria.altered"), icon=":material/error:")
    else:
        answer(t, t("page_criteria.none"), detail=t("page_criteria.why"))
    if evaluated:
        st.warning(t("page_criteria.late"), icon=":material/history:")
    form.form(context)
elif form.changing(context):
    answer(t, t("page_criteria.changing", version=locked.version))
    if evaluated:
        st.warning(t("page_criteria.change_late"), icon=":material/history:")
    if st.button(t("page_criteria.discard"), icon=":material/undo:", key="discard_change"):
        form.discard_change(context)
        st.rerun()
    form.form(context)
else:
    answer(t, t("page_criteria.locked"), detail=version_remark(t, locked))
    kpis.values(context, locked.criteria)
    view.show(context, locked)
    if st.button(t("page_criteria.change.button"), icon=":material/edit:", key="change_criteria"):
        form.begin_change(context, locked)
        st.rerun()
    st.caption(t("page_criteria.change.help"))
if len(versions) > 1 or (versions and locked is None):
    view.history(context, versions)
if locked:
    following = "overview" if evaluated else "training"
    layout.next_step(context, following, t(f"page_criteria.next.{following}"))
