"""Cards side by side: a number, what it is, and what to know about it."""

from collections.abc import Sequence

import streamlit as st

from dashboard.widgets.text import plain
from dashboard.widgets.verdicts import verdict_badge
from kdmcse.i18n import Locale
from kdmcse.presentation.cards import Card


def show_cards(t: Locale, cards: Sequence[Card]) -> None:
    """Cards side by side."""
    for number, (column, card) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
        with column, st.container(border=True, height="stretch", key=f"fact_{number}", gap="xxsmall"):
            st.caption(plain(card.name))
            st.markdown(f"**{plain(card.value)}**")
            if card.note:
                st.text(card.note)
            if card.verdict:
                verdict_badge(t, card.verdict)
