"""What was agreed as success, to be read: the newest version, and the history of all."""

from collections.abc import Sequence

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import layout
from dashboard.widgets.cards import Card, show_cards
from kdmcse.criteria import criteria
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.presentation import criteria as texts


def show(context: PageContext, agreed: LockedCriteria) -> None:
    """What was agreed, as it was locked."""
    t, terms = context.t, agreed.criteria
    cards = [
        Card(t("page_criteria.card.version"), t.number(agreed.version), texts.field_value(t, terms, "stage")),
        Card(t("page_criteria.card.locked"), texts.version_date(t, agreed), t.time(agreed.time)),
        Card(t("page_criteria.card.digest"), agreed.mark, t("page_criteria.card.digest_help")),
    ]
    show_cards(t, cards)
    with st.container(key="agreed"):
        for section, names in criteria.SECTIONS.items():
            head = t(f"page_criteria.section.{section}")
            rows = [(t(f"criteria.field.{name}"), texts.field_value(t, terms, name)) for name in names]
            layout.table([{head: label, t("page_criteria.agreed"): value} for label, value in rows])
    st.caption(t("page_criteria.digest", digest=agreed.digest))


def history(context: PageContext, versions: Sequence[LockedCriteria]) -> None:
    """Every version, newest first, with what it changed of the one before."""
    t = context.t
    layout.section(t("page_criteria.history"))
    for number in range(len(versions) - 1, -1, -1):
        now, before = versions[number], versions[number - 1] if number else None
        with st.container(border=True, key=f"version_{now.version}"):
            st.text(texts.version_sentence(t, now))
            if before is None or before.criteria is None or now.criteria is None:
                continue
            names = ("label", "before", "after")
            layout.table(
                [
                    {t(f"page_criteria.change.{name}"): getattr(change, name) for name in names}
                    for change in texts.changes(t, before.criteria, now.criteria)
                ]
            )
