"""The live demonstration's inputs: what to search with and where, and the blind vote. What a model finds is shown by `dashboard.views.live`."""

import hashlib
from functools import partial

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets import errors
from dashboard.widgets.choices import bound, pick
from dashboard.widgets.text import plain
from kdmcse import annotation, demonstration
from kdmcse.demonstration import SCOPES, Answers, Ballot, Prepared, Query
from kdmcse.demonstration.queries import clean_query
from kdmcse.errors import UserError

MODES = ("look", "vote")
_BUTTON = 60
"""characters of a sentence on a button"""
_SIDES = ("A", "B")
KEYS = {"A": "A", "B": "B", "equal": "E", "undo": "U"}


def choose(context: PageContext, counts: dict[str, int]) -> tuple[str, str]:
    """Mode and scope, which the address keeps. counts: captions by scope."""
    t = context.t
    left, right = st.columns([1, 1.6], vertical_alignment="bottom")
    with left:
        radio = partial(st.radio, horizontal=True)
        mode = pick("mode", t("page_live.mode.label"), MODES, "look", lambda one: t(f"page_live.mode.{one}"), radio)
    with right:
        scope = pick(
            "scope",
            t("page_live.scope.label"),
            SCOPES,
            SCOPES[0],
            lambda one: t(f"page_live.scope.{one}", count=t.number(counts[one])),
        )
    return mode, scope


def query(context: PageContext, prepared: Prepared, *, blind: bool) -> str | None:
    """The sentence in the address, typed here or chosen from those below; None where there is none that can be searched with."""
    t = context.t
    given = bound("query", "live_query", state.choice("query") or "", lambda text: text or None)
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    # No form: what is typed reaches the address as soon as the visitor turns to anything else, be it another language.
    left.text_input(t("page_live.query.label"), placeholder=t("page_live.query.placeholder"), **given)
    right.button(
        t("page_live.query.search"),
        type="primary",
        icon=":material/search:",
        width="stretch",
        on_click=_typed,
        key="live_search",
    )
    asked = state.choice("query")
    try:
        text = clean_query(asked) if asked is not None else None
    except UserError as error:
        errors.show_error(t, error)
        text = None
    _offer(context, prepared, with_rule=text is None, blind=blind)
    return text


def _typed() -> None:
    state.choose("query", str(state.widget("live_query") or ""))


def _chosen(text: str) -> None:
    state.put("live_query", text)
    state.choose("query", text)


def _offer(context: PageContext, prepared: Prepared, *, with_rule: bool, blind: bool) -> None:
    t, saved = context.t, demonstration.saved(context.workspace, context.dataset.fingerprint)
    if not prepared.queries:
        st.caption(t("page_live.prepared.none"))
    if blind:  # what a rule took a sentence for would tell whose list is better
        everything = sorted([*prepared.queries, *saved], key=lambda one: hashlib.sha256(one.text.encode()).digest())
        if everything and with_rule:
            st.caption(t("page_live.prepared.blind"))
        with st.container(horizontal=True, key="live_sentences"):
            for number, one in enumerate(everything):
                _sentence(one, f"blind_{number}")
        return
    if prepared.queries:
        total = t.number(sum(prepared.counts.values()))
        for column, one in zip(st.columns(3), prepared.queries, strict=False):
            with column, st.container(key=f"live_{one.kind}", gap="xxsmall"):
                st.caption(t(f"page_live.prepared.{one.kind}", count=t.number(prepared.counts[one.kind]), total=total))
                _sentence(one, one.kind, width="stretch")
        if with_rule:
            st.caption(t("page_live.prepared.rule"))
    if saved:
        st.caption(t("page_live.prepared.saved"))
        with st.container(horizontal=True, key="live_sentences"):
            for number, one in enumerate(saved):
                _sentence(one, f"saved_{number}")


def _sentence(one: Query, key: str, width: str = "content") -> None:
    short = one.text if len(one.text) <= _BUTTON else f"{one.text[: _BUTTON - 1]}…"
    st.button(plain(short), key=f"query_{key}", on_click=_chosen, args=(one.text,), width=width)


def keep(context: PageContext, text: str, prepared: Prepared) -> None:
    """Save the sentence for the meeting, or take it off the saved ones; nothing of one that is prepared, or where nothing can be kept."""
    if not can_vote(context) or text in [one.text for one in prepared.queries]:
        return
    saved = [one.text for one in demonstration.saved(context.workspace, context.dataset.fingerprint)]
    what, act, icon = (
        ("remove", demonstration.forget, "delete") if text in saved else ("save", demonstration.save, "bookmark")
    )
    if st.button(context.t(f"page_live.query.{what}"), type="tertiary", icon=f":material/{icon}:", key="keep_query"):
        with errors.error_boundary(context.t):
            act(context.workspace, context.dataset.fingerprint, text)
            st.rerun()


def can_vote(context: PageContext) -> bool:
    """Whether votes and sentences can be kept."""
    return not context.workspace.is_frozen() or context.workspace.aside is not None


def voter() -> str | None:
    """Who votes, as the address says, so that a reload keeps it."""
    try:
        return annotation.clean_name(state.choice("judge") or "")
    except UserError:
        return None


def person(context: PageContext) -> str | None:
    """Who votes, with the way to the next person; else the way to say it."""
    t, name = context.t, voter()
    if name is None:
        st.markdown(f"## {plain(t('page_live.vote.who'))}", anchors=False)
        st.text(t("page_live.vote.who_text"))
        with st.form("live_voter", border=False):
            left, right = st.columns([2, 4], vertical_alignment="bottom")
            typed = left.text_input(t("page_live.vote.name"), key="live_name")
            if right.form_submit_button(t("page_live.vote.start"), type="primary", key="live_start"):
                try:
                    state.choose("judge", annotation.clean_name(typed))
                except UserError as error:
                    errors.show_error(t, error)
                    return None
                st.rerun()
        return None
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.text(t("page_live.vote.now", name=name))
    if right.button(t("page_live.vote.change"), type="tertiary", key="live_next_person", width="stretch"):
        state.choose("judge", None)
        st.rerun()
    return name


def shown_with_names(context: PageContext, ballot: Ballot) -> None:
    """Note that whoever sits here knows whose lists these are."""
    state.remember(f"shown_{ballot.key}", True)
    if (name := voter()) and can_vote(context):
        demonstration.reveal(context.workspace, context.dataset.fingerprint, name, ballot)


def standing(context: PageContext, person: str, ballot: Ballot) -> str:
    """`open`, `voted` or `seen`, as of `demonstration.standing`; here also of what was shown on this screen."""
    known = demonstration.standing(context.workspace, context.dataset.fingerprint, person, ballot)
    return "seen" if known == "open" and state.recall(f"shown_{ballot.key}") else known


def act(context: PageContext, person: str, ballot: Ballot) -> None:
    """Do what was pressed, before anything is drawn of it."""
    asked, _, pressed = str(state.take("live_pressed") or "").partition(":")
    pressed = pressed if asked == ballot.key else ""
    where = context.workspace, context.dataset.fingerprint, person
    if pressed == "undo":
        demonstration.undo(*where)
    elif pressed == "reveal":
        state.choose("mode", "look")
        st.rerun()
    elif pressed and standing(context, person, ballot) == "open":
        demonstration.vote(*where, ballot, pressed)


def ballot_box(context: PageContext, person: str, ballot: Ballot, answers: Answers) -> None:
    """The buttons above the two lists, or what came of them."""
    t, stands = context.t, standing(context, person, ballot)
    if answers.alike:
        st.info(t("page_live.vote.alike"), icon=":material/balance:")
        return
    if stands == "seen":
        st.info(t("page_live.vote.seen"), icon=":material/visibility:")
    elif stands == "voted":
        _voted(context, person, ballot)
    else:
        st.markdown(f"## {plain(t('page_live.vote.ask'))}", anchors=False)
        models = dict(zip(_SIDES, demonstration.sides(person, ballot), strict=True))
        with st.container(key="ballot"):
            for column, what in zip(st.columns(3), ("A", "equal", "B"), strict=True):
                words = t("page_live.vote.equal") if what == "equal" else t("page_live.vote.better", side=what)
                with column:
                    _button(words, ballot, what, models.get(what, what), width="stretch")
    if others := _others(context, ballot):
        st.caption(t("page_live.vote.others", count=others))


def _voted(context: PageContext, person: str, ballot: Ballot) -> None:
    t = context.t
    mine = demonstration.votes(context.workspace, context.dataset.fingerprint)
    mine = mine[(mine["query"] == ballot.key) & (mine["person"] == person)]
    chosen = mine["preference"].iloc[0] if len(mine) else "equal"
    models = demonstration.sides(person, ballot)
    equal = chosen == "equal"
    what = t("page_live.vote.equal") if equal else t("page_live.vote.better", side=_SIDES[models.index(chosen)])
    st.success(plain(t("page_live.vote.thanks", name=person, what=what)), icon=":material/check_circle:")
    with st.container(horizontal=True, gap="small", key="ballot_others"):
        _button(t("page_live.vote.undo"), ballot, "undo", "undo")
        _button(t("page_live.vote.reveal"), ballot, "reveal", "reveal")
    st.caption(t("page_live.vote.reveal_note"))


def _button(label: str, ballot: Ballot, name: str, act: str, *, width: str = "content") -> None:
    """What it does is remembered and done when the page of this ballot is drawn. No key, and nothing in the browser, tells whose list it is."""
    st.button(
        plain(label),
        on_click=state.remember,
        args=("live_pressed", f"{ballot.key}:{act}"),
        shortcut=KEYS.get(name),
        key=f"ballot_{name}",
        width=width,
    )


def _others(context: PageContext, ballot: Ballot) -> int:
    known = demonstration.votes(context.workspace, context.dataset.fingerprint)
    return int((known["query"] == ballot.key).sum())
