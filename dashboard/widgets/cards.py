"""Cards side by side: a number, what it is, and what to know about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets.text import plain
from dashboard.widgets.verdicts import verdict_badge
from kdmcse.i18n import Locale
from kdmcse.presentation.methods import method_in_sentence
from kdmcse.presentation.statistics import difference_text, interval_text


@dataclass(frozen=True)
class Card:
    """A card: what it is, the number, what to know about it, and the verdict on it where there is one."""

    name: str
    value: str
    note: str
    verdict: str | None = None


def show_cards(t: Locale, cards: Sequence[Card]) -> None:
    """Cards side by side."""
    for number, (column, card) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
        with column, st.container(border=True, height="stretch", key=f"fact_{number}", gap="xxsmall"):
            st.caption(plain(card.name))
            st.markdown(f"#### {plain(card.value)}", anchors=False)
            st.text(card.note)
            if card.verdict:
                verdict_badge(t, card.verdict)


def score_card(context: PageContext) -> Card:
    """The score of the verdict: KDMCSE's, and how it stands to the agreed baseline."""
    t, poc = context.t, context.poc
    name, found = t("page_overview.score.name"), poc.verdict
    if found is None or found.difference.estimate is None:
        return Card(name, "–", t("page_overview.score.none"))
    note = t(
        "page_overview.score.note",
        measure=t(f"poc.metric.{poc.metric}"),
        name=method_in_sentence(t, poc.against),
        baseline=interval_text(t, found.baseline),
        difference=difference_text(t, found.difference),
    )
    return Card(name, interval_text(t, found.candidate), note, found.verdict)


def cost_card(context: PageContext) -> Card:
    """What KDMCSE's mistakes cost less, or more, per month; else why that is not known."""
    t, poc = context.t, context.poc
    name, saving = t("page_overview.cost.name"), poc.saving
    if saving is None:
        note = "no_decisions" if not poc.has_decisions else "no_prices" if poc.prices is None else "not_yet"
        return Card(name, "–", t(f"page_overview.cost.{note}"))
    found, currency = poc.cost_verdict, poc.prices.currency
    low, high = (t.money(end, currency) for end in (found.difference.low, found.difference.high))
    note = t("page_overview.cost.note", name=method_in_sentence(t, poc.against), low=low, high=high)
    return Card(name, t("page_overview.cost.per_month", amount=t.money(saving, currency)), note, found.verdict)
