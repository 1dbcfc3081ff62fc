"""Examples for the meeting: a button on a card, and what is pinned so far. Offered where the two models are those of the verdict."""

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse.config import CANDIDATE
from kdmcse.results import pins
from kdmcse.results.disagreements import Disagreements
from kdmcse.results.pins import Pin, PinnedRow


def can_pin(context: PageContext, found: Disagreements) -> bool:
    """Whether first page and report are about these two, and something can be kept."""
    about = (found.method, found.against) == (CANDIDATE, context.verdicts.baseline)
    return about and not context.workspace.is_frozen()


def standing(context: PageContext) -> list[PinnedRow]:
    """What is pinned and stands."""
    known = pins.read(context.workspace, context.dataset.fingerprint)
    return pins.standing(context.analysis, known, CANDIDATE, context.verdicts.baseline)


def button(context: PageContext, found: Disagreements, row: int, *, gained: bool, shown: list[PinnedRow]) -> None:
    """Pin the example, or unpin it; nothing to press where as many stand as may."""
    t, pin = context.t, Pin(found.kind, found.method, found.against, row, gained)
    is_pinned = pin in [one.pin for one in shown]
    st.button(
        t(f"page_disagreements.pins.{'unpin' if is_pinned else 'pin'}"),
        icon=":material/keep_off:" if is_pinned else ":material/keep:",
        type="tertiary",
        disabled=not is_pinned and len(shown) >= pins.MOST,
        on_click=_unpin if is_pinned else _pin,
        args=(context, pin),
        key=f"pin_{gained}_{row}",
    )


def overview(context: PageContext, shown: list[PinnedRow]) -> None:
    """How many are pinned, each with a way to unpin it, and where they are shown; nothing where none is."""
    t = context.t
    known = pins.read(context.workspace, context.dataset.fingerprint)
    of_these = [one for one in known if (one.method, one.against) == (CANDIDATE, context.verdicts.baseline)]
    if not of_these:
        return
    with st.container(border=True, key="pinned", gap="xsmall"):
        st.markdown(
            f"**{plain(t('page_disagreements.pins.count', n=t.number(len(shown)), most=t.number(pins.MOST)))}**"
        )
        for number, one in enumerate(shown):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"pinned_{number}"
            ):
                st.text(_called(context, one))
                st.button(
                    t("page_disagreements.pins.unpin"),
                    icon=":material/keep_off:",
                    type="tertiary",
                    on_click=_unpin,
                    args=(context, one.pin),
                    key=f"unpin_{number}",
                )
        if gone := len(of_these) - len(shown):
            st.caption(t("page_disagreements.pins.gone", count=gone))
        st.caption(t("page_disagreements.pins.where"))
        layout.quiet_link(context, "overview")


def _called(context: PageContext, one: PinnedRow) -> str:
    t, row = context.t, one.table.iloc[0]
    kind = "decisions" if one.found.kind == "decisions" and not one.found.reviewed else "others"
    way = t(f"page_disagreements.way.{kind}_{'gained' if one.pin.gained else 'lost'}")
    return t("page_disagreements.pins.named", text=" / ".join(filter(None, [row["text_a"], row["text_b"]])), way=way)


def _pin(context: PageContext, pin: Pin) -> None:
    with errors.error_boundary(context.t):
        pins.add(context.analysis, pin)


def _unpin(context: PageContext, pin: Pin) -> None:
    with errors.error_boundary(context.t):
        pins.remove(context.workspace, context.dataset.fingerprint, pin)
