"""What the data are enough for, why not for more, and what helps, as a button where there is one."""

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, waiting
from dashboard.widgets.choices import typed_number
from kdmcse.criteria.readiness import OPTIONAL, Readiness
from kdmcse.errors import UserError
from kdmcse.presentation.data import dataset_name
from kdmcse.presentation.readiness import not_needed, purpose_name, readiness_sentence, state_word
from kdmcse.processes import launch

_SIGNS = {
    "enough": ("green", ":material/check_circle:"),
    "barely": ("yellow", ":material/hourglass_top:"),
    "not_enough": ("red", ":material/error:"),
    "not_there": ("gray", ":material/remove:"),
}
WIDTHS = [2.4, 1.9, 5.9]


def panel(context: PageContext) -> None:
    """A row a purpose: what for, how far, and why."""
    t = context.t
    found = cache.readiness(context.dataset, _agreed(context))
    layout.section(t("page_data.ready.title"))
    with st.container(key="readiness", gap="small"):
        for one in found:
            if one.purpose in OPTIONAL and one.state == "not_there":
                continue
            with st.container(key=f"row_ready_{one.purpose}"):
                _row(context, one)
        if sentence := not_needed(t, found):
            st.caption(sentence)
    if any(one.remedy == "add" and one.purpose not in OPTIONAL for one in found):
        add = t("page_data.ready.add")
        st.button(add, icon=":material/upload_file:", key="ready_add", on_click=state.put, args=("folded_upload", True))


def _row(context: PageContext, one: Readiness) -> None:
    t = context.t
    name, badge, words = st.columns(WIDTHS, gap="small")
    name.text(purpose_name(t, one))
    colour, icon = _SIGNS[one.state]
    with badge:
        st.badge(state_word(t, one), icon=icon, color=colour)
    with words:
        st.text(readiness_sentence(t, one))
        if one.remedy == "hold_out":
            title = t("page_data.ready.hold_out")
            with layout.folded(f"hold_out_{one.table}", title, icon=":material/call_split:") as opened:
                if opened:
                    _hold_out(context, one)
        elif one.remedy == "rate":
            layout.quiet_link(context, "annotate")


def _hold_out(context: PageContext, one: Readiness) -> None:
    """Of how many rows the texts are to be kept out of training, what that costs, and the button that makes a dataset of it."""
    t, kind = context.t, one.table
    st.text(t("page_data.hold_out.text"))
    label = t(f"page_data.hold_out.number.{kind}", now=t.number(one.usable))
    least = one.usable + 1
    preset, key = max(min(one.aim, one.brought), least), f"hold_out_number_{kind}"
    number = typed_number(f"hold_out_{kind}", label, least, one.brought, preset, key=key)
    cost = waiting.while_working(
        t, "hold_out", t("page_data.hold_out.counting"), lambda: cache.held_out_more(context.dataset, kind, number)
    )
    if cost.usable <= one.usable:
        st.text(t("page_data.hold_out.nothing"))
        return
    numbers = {"usable": t.number(cost.usable), "fewer": t.number(cost.fewer), "left": t.number(cost.left)}
    numbers["now"] = t.number(cost.left + cost.fewer)
    reached = "reached" if cost.usable >= number else "most"
    st.text(t.join([t(f"page_data.hold_out.{reached}", **numbers), t("page_data.hold_out.cost", **numbers)]))
    if st.button(t("page_data.hold_out.confirm"), type="primary", key=f"hold_out_{kind}_confirmed"):
        name = t("page_data.hold_out.name", name=dataset_name(t, context.dataset), usable=numbers["usable"])
        try:
            launch.start_import_again(context.workspace, context.dataset, name=name, hold_out={kind: number})
        except UserError as error:
            errors.show_error(t, error)
            return
        st.rerun()
    st.caption(t("page_data.hold_out.beside"))


def _agreed(context: PageContext) -> int | None:
    """The evaluation pairs that were agreed on; None where nothing was, or nobody can tell."""
    try:
        return context.criteria and context.criteria.criteria.least_pairs
    except UserError:  # the page of the criteria says what is wrong with them
        return None
