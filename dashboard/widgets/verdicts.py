"""Verdicts and the decision, always in colour, sign and word; and the short answer under the question of a page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets.layout import section
from kdmcse.i18n import Locale
from kdmcse.presentation import criteria
from kdmcse.presentation.methods import method_in_sentence, method_name
from kdmcse.presentation.results import payoff_headline, result_sentences
from kdmcse.presentation.statistics import difference_text, verdict_reason, what_would_decide

if TYPE_CHECKING:
    from kdmcse.stats import Comparison

_DECISIONS = {
    "go": ("green", ":material/check_circle:"),
    "extend": ("yellow", ":material/hourglass_top:"),
    "stop": ("red", ":material/block:"),
}
_STATES = {
    "met": ("green", ":material/check_circle:"),
    "not_met": ("red", ":material/cancel:"),
    "unknown": ("gray", ":material/help:"),
    "not_agreed": ("gray", ":material/remove:"),
}
_VERDICTS = {
    "better": ("green", ":material/trending_up:"),
    "worse": ("red", ":material/trending_down:"),
    "not_decisive": ("gray", ":material/balance:"),
    "equal": ("blue", ":material/equal:"),
}


def verdict_badge(t: Locale, value: str) -> None:
    """Colour, sign and word; never colour alone."""
    colour, icon = _VERDICTS[value]
    st.badge(t(f"shared.verdict.{value}"), icon=icon, color=colour)


def decision_badge(t: Locale, value: str) -> None:
    """Go, extend or stop, in colour, sign and word."""
    colour, icon = _DECISIONS[value]
    st.badge(t(f"shared.decision.{value}"), icon=icon, color=colour)


def state_badge(state: str, word: str) -> None:
    """Whether a criterion is met, in colour, sign and word. state: one of `decision.STATES`."""
    colour, icon = _STATES[state]
    st.badge(word, icon=icon, color=colour)


def answer(t: Locale, text: str, verdict: str | None = None, detail: str | None = None) -> None:
    """The short answer under the question; `detail` has the numbers that carry it."""
    with st.container(key="answer", gap="xsmall"):
        if verdict:
            verdict_badge(t, verdict)
        with st.container(key="answer_verdict" if verdict else "answer_text"):
            st.text(text)
        if detail:
            st.text(detail)


def carried(context: PageContext) -> None:
    """What the answer of the first page rests on: the sentences with their numbers, each axis and gate with how it stands, and what is missing."""
    t, found = context.t, context.decision
    shown = context.results, context.verdicts, context.costs
    for sentence in [payoff_headline(t, *shown), *result_sentences(t, *shown)]:
        st.text(sentence)
    if found is None:
        return
    for sentence in [*criteria.stop_reasons(t, found), criteria.decision_basis(t, found)]:
        st.text(sentence)
    if found.steps:
        section(t("shared.decision.missing"))
        for step in found.steps:
            st.text(f"• {criteria.step_sentence(t, step)}")
    section(t("shared.decision.lines"))
    for line in found.lines:
        name, state, why = st.columns([2.2, 1.2, 6], gap="small")
        name.text(criteria.line_label(t, line))
        state.text(criteria.line_state(t, line))
        why.text(criteria.line_sentence(t, line))


def one_seed(t: Locale, *lists: "Mapping[str, Comparison]") -> str | None:
    """What is said once above lists of comparisons in which it would stand several times: that methods were trained once."""
    found = [one for compared in lists for one in compared.values() if one.reason == "one_seed"]
    return _why(t, found[0]) if len(found) > 1 else None


def comparisons(
    t: Locale, compared: "Mapping[str, Comparison]", sentence: str = "shared.against", *, told: str | None = None
) -> None:
    """A line for each method: the verdict, the difference with its interval, and why; and which are not measured yet.

    sentence: `shared.against` where KDMCSE is compared with each, `shared.gain` where each is compared with the agreed baseline.
    told: why, where that stands above the list already.
    """
    for method, comparison in compared.items():
        if comparison.difference.estimate is None:
            continue
        badge, why = st.columns([1.8, 6.7], gap="small", vertical_alignment="center")
        with badge:
            verdict_badge(t, comparison.verdict)
        difference = difference_text(t, comparison.difference)
        reason = _why(t, comparison)
        reason = "" if reason == told else reason
        why.text(t(sentence, method=method_name(t, method), difference=difference, why=reason).rstrip())
    if missing := [one for one, found in compared.items() if _lacks_baseline(found)]:
        st.text(t("results.against.missing", methods=t.list(method_in_sentence(t, one) for one in missing)))


def _why(t: Locale, comparison: "Comparison") -> str:
    more = what_would_decide(t, comparison) if comparison.verdict == "not_decisive" else None
    return t.join([verdict_reason(t, comparison), more])


def _lacks_baseline(comparison: "Comparison") -> bool:
    return comparison.baseline.estimate is None and comparison.candidate.estimate is not None
