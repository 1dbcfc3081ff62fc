"""What counts as success? Agreed and locked before results can be seen; a change stays possible, visible and dated."""

import streamlit as st

from dashboard import components, contract_form
from kdmcse import contract
from kdmcse.contract import Locked


def agree() -> None:
    """Nothing locked that could be relied on: the form."""
    if versions:
        st.error(t("page_contract.altered"), icon=":material/error:")
    else:
        components.answer(t, t("page_contract.none"), detail=t("page_contract.why"))
    if place.poc.stage == "evaluated":
        st.warning(t("page_contract.late"), icon=":material/history:")
    contract_form.form(place)


def change(agreed: Locked) -> None:
    components.answer(t, t("page_contract.changing", version=agreed.version))
    if place.poc.stage == "evaluated":
        st.warning(t("page_contract.change_late"), icon=":material/history:")
    if st.button(t("page_contract.discard"), icon=":material/undo:", key="discard_change"):
        contract_form.discard_change(place)
        st.rerun()
    contract_form.form(place)


def read(agreed: Locked) -> None:
    components.answer(t, t("page_contract.locked"), detail=agreed.remark(t.language))
    contract_form.show(place, agreed)
    if st.button(t("page_contract.change.button"), icon=":material/edit:", key="change_contract"):
        contract_form.begin_change(place, agreed)
        st.rerun()
    st.caption(t("page_contract.change.help"))


place = components.enter("contract", needs="dataset")
t = place.t
versions = contract.history(place.workspace, place.dataset.fingerprint)
newest = versions[-1] if versions and versions[-1].intact else None
if newest is None:
    agree()
elif contract_form.changing(place):
    change(newest)
else:
    read(newest)
if len(versions) > 1 or (versions and newest is None):
    contract_form.history(place, versions)
if newest:
    done = place.poc.stage == "evaluated"
    components.next_step(
        t, "overview" if done else "training", t(f"page_contract.next.{'overview' if done else 'training'}")
    )
