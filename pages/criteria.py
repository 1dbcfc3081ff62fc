"""What counts as success? Agreed and locked before results can be seen; a change stays possible, visible and dated."""

import streamlit as st

from dashboard.forms import criteria
from dashboard.widgets import layout
from kdmcse.criteria import locking
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.presentation import criteria as texts


def agree() -> None:
    """Nothing locked that could be relied on: the form."""
    if versions:
        st.error(t("page_criteria.altered"), icon=":material/error:")
    else:
        layout.answer(t, t("page_criteria.none"), detail=t("page_criteria.why"))
    if place.poc.stage == "evaluated":
        st.warning(t("page_criteria.late"), icon=":material/history:")
    criteria.form(place)


def change(agreed: LockedCriteria) -> None:
    layout.answer(t, t("page_criteria.changing", version=agreed.version))
    if place.poc.stage == "evaluated":
        st.warning(t("page_criteria.change_late"), icon=":material/history:")
    if st.button(t("page_criteria.discard"), icon=":material/undo:", key="discard_change"):
        criteria.discard_change(place)
        st.rerun()
    criteria.form(place)


def read(agreed: LockedCriteria) -> None:
    layout.answer(t, t("page_criteria.locked"), detail=texts.version_remark(t, agreed))
    criteria.show(place, agreed)
    if st.button(t("page_criteria.change.button"), icon=":material/edit:", key="change_contract"):
        criteria.begin_change(place, agreed)
        st.rerun()
    st.caption(t("page_criteria.change.help"))


place = layout.enter("criteria", needs="dataset")
t = place.t
versions = locking.history(place.workspace, place.dataset.fingerprint)
newest = versions[-1] if versions and versions[-1].intact else None
if newest is None:
    agree()
elif criteria.changing(place):
    change(newest)
else:
    read(newest)
if len(versions) > 1 or (versions and newest is None):
    criteria.history(place, versions)
if newest:
    done = place.poc.stage == "evaluated"
    layout.next_step(
        t, "overview" if done else "training", t(f"page_criteria.next.{'overview' if done else 'training'}")
    )
