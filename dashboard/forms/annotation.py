"""Judging: which pairs, by whom, and one pair at a time by mouse or keyboard. What a model thinks of a pair is never shown here."""

import time

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, run_progress, waiting
from dashboard.widgets.choices import typed_number
from dashboard.widgets.images import show_image
from dashboard.widgets.text import plain
from kdmcse import annotation
from kdmcse.annotation import SCORES, Agreement, AnnotationQueue, AnnotatorAgreement, Coefficients, Item, PairAgreement
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation import annotation as texts
from kdmcse.processes import agreement as agreement_job
from kdmcse.processes import launch

PROPOSED = 100
KNOWN_SHOWN = 8
KEYS = {"undo": "U", "skip": "S"}
_NOBODY = "nobody_judged"


def propose(context: PageContext) -> None:
    """How many pairs, and what the last call made of it."""
    t = context.t
    st.text(t("page_annotate.propose.text"))
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        label, most = t("page_annotate.propose.number"), annotation.MAX_PROPOSED
        n = typed_number("propose", label, 1, most, PROPOSED, key="propose_number", step=10)
    with right:
        pressed = st.button(t("page_annotate.propose.button"), type="primary", key="propose")
    if pressed:
        with errors.error_boundary(t):
            proposal = waiting.while_working(
                t,
                "propose",
                t("page_annotate.propose.working"),
                lambda: annotation.propose(context.workspace, context.dataset, n),
            )
            state.remember("proposed", texts.proposal_sentences(t, proposal))
            st.rerun()


def proposed() -> None:
    """What was proposed just now, once."""
    if sentence := state.take("proposed"):
        st.success(plain(sentence), icon=":material/check_circle:")


def judge() -> str | None:
    """Who judges, as the address says, so that a reload keeps it."""
    try:
        return annotation.clean_name(state.choice("judge") or "")
    except UserError:
        return None


def person(context: PageContext) -> str | None:
    """Who judges, with the way to let somebody else; else the way to say it."""
    t, name = context.t, judge()
    if name is None:
        return _ask_name(context)
    state.remember("thanks", None)
    name_, other = st.columns([5, 1], vertical_alignment="center")
    name_.text(t("page_annotate.person.now", name=name))
    if other.button(t("page_annotate.person.change"), type="tertiary", key="change_judge", width="stretch"):
        state.choose("judge", None)
        st.rerun()
    return name


def _ask_name(context: PageContext) -> None:
    t = context.t
    layout.section(t("page_annotate.person.title"))
    if sentence := state.recall("thanks"):  # until somebody else sits down: the page is drawn anew on its own
        st.success(plain(sentence), icon=":material/check_circle:")
    st.text(t("page_annotate.person.text"))
    with st.form("judge", border=False):
        left, right = st.columns([2, 4], vertical_alignment="bottom")
        name = left.text_input(t("page_annotate.person.name"), key="judge_name")
        pressed = right.form_submit_button(t("page_annotate.person.start"), type="primary", key="start_judging")
    if known := annotation.annotators(context.workspace, context.dataset)[:KNOWN_SHOWN]:
        st.caption(t("page_annotate.person.known"))
        with st.container(horizontal=True, key="known_judges"):
            for number, one in enumerate(known):
                if st.button(plain(one), key=f"known_{number}"):
                    name, pressed = one, True
    if pressed:
        try:
            state.choose("judge", annotation.clean_name(name))
        except UserError as error:
            errors.show_error(t, error)
            return
        st.rerun()


def queue(context: PageContext, annotator: str) -> None:
    """One pair at a time. A fragment: a key press draws the next pair and nothing else."""
    st.fragment(_queue)(context, annotator)


def _queue(context: PageContext, annotator: str) -> None:
    t = context.t
    with errors.error_boundary(t):  # of its own: whatever happens, the pair stays
        if pressed := state.take("pressed"):
            _act(context, annotator, *str(pressed).split("|"))
            done = annotation.annotation_queue(context.workspace, context.dataset, annotator).item is None
            if done or (state.recall(_NOBODY) and annotation.annotators(context.workspace, context.dataset)):
                st.rerun()  # what stands below counts what was judged before, or says that nobody has judged
    with errors.error_boundary(t):
        now = annotation.annotation_queue(context.workspace, context.dataset, annotator)
        counts = {name: t.number(getattr(now, name)) for name in ("judged", "skipped", "total")}
        sentence = t(f"page_annotate.desk.progress{'_skipped' if now.skipped else ''}", **counts)
        st.progress(now.judged / now.total, text=plain(sentence))
        if now.item is None:
            _finished(t, now)
        else:
            _pair(context, now.item)
            _scores(t, now.item)
        _others(t, now)


def _act(context: PageContext, annotator: str, what: str, item: str = "", score: str = "") -> None:
    """Do what was pressed; a score goes to the item that was seen when it was pressed."""
    workspace, dataset, seen = context.workspace, context.dataset, state.take(f"seen_{item}")
    seconds = None if seen is None else time.monotonic() - float(seen)
    if what == "score":
        annotation.judge(workspace, dataset, annotator, item, int(score), seconds)
    elif what == "skip":
        annotation.skip(workspace, dataset, annotator, item, seconds)
    elif what == "undo":
        annotation.undo(workspace, dataset, annotator)
    elif what == "again":
        annotation.look_again(workspace, dataset, annotator)
    else:
        now = annotation.annotation_queue(workspace, dataset, annotator)
        counts = {"judged": context.t.number(now.judged), "total": context.t.number(now.total)}
        state.remember("thanks", context.t("page_annotate.person.thanks", name=annotator, **counts))
        state.choose("judge", None)
        st.rerun()


def _pair(context: PageContext, item: Item) -> None:
    """The two sentences, large, with their images; the clock starts when they are first drawn."""
    if state.recall(f"seen_{item.id}") is None:
        state.remember(f"seen_{item.id}", time.monotonic())
    images = context.dataset.pairs.set_index("pair")["image"]
    sides = ((item.sentence1, item.pair1), (item.sentence2, item.pair2))
    for number, (column, (sentence, pair)) in enumerate(zip(st.columns(2), sides, strict=True)):
        with column, st.container(border=True, height="stretch", key=f"judged_{number}"):
            show_image(context, images[pair], sentence)


def _scores(t: Locale, item: Item) -> None:
    st.markdown(f"## {plain(t('page_annotate.desk.ask'))}", anchors=False)
    with st.container(key="scores"):
        for column, score in zip(st.columns(len(SCORES)), SCORES, strict=True):
            with column:
                _button(_named(t, score), f"score|{item.id}|{score}", str(score))
    st.caption(t("page_annotate.desk.keys"))


def _named(t: Locale, score: int) -> str:
    meaning = t(f"page_annotate.score.{score}")
    return f"{score} · {meaning}"


def _others(t: Locale, now: AnnotationQueue) -> None:
    with st.container(horizontal=True, gap="small", key="queue_others"):
        _button(t("page_annotate.desk.undo"), "undo", KEYS["undo"], disabled=not now.undoable)
        if now.item:
            _button(t("page_annotate.desk.skip"), f"skip|{now.item.id}", KEYS["skip"])
        elif now.skipped:
            _button(t("page_annotate.desk.look_again"), "again", None)
        _button(t("page_annotate.desk.enough"), "enough", None)


def _button(label: str, act: str, shortcut: str | None, *, disabled: bool = False) -> None:
    """What it does is remembered and done when the fragment is drawn, inside its error boundary."""
    st.button(
        plain(label), on_click=state.remember, args=("pressed", act), shortcut=shortcut, disabled=disabled,
        key=f"act_{act}", width="stretch" if act.startswith("score") else "content", wrap=True,
    )  # fmt: skip


def _finished(t: Locale, now: AnnotationQueue) -> None:
    key = "finished_skipped" if now.skipped else "finished"
    st.success(plain(t(f"page_annotate.desk.{key}", skipped=t.number(now.skipped))), icon=":material/check_circle:")


def guidance(t: Locale, *, expanded: bool) -> None:
    """What each score means, with an example in the language of the page."""
    with st.expander(t("page_annotate.guidance.title"), icon=":material/help:", expanded=expanded):
        st.text(t("page_annotate.guidance.rules"))
        layout.table([_example(t, score) for score in reversed(SCORES)])


def _example(t: Locale, score: int) -> dict[str, str]:
    first, second = (t(f"page_annotate.guidance.{side}.{score}") for side in ("first", "second"))
    return {
        t("page_annotate.guidance.score"): _named(t, score),
        t("page_annotate.guidance.meaning"): t(f"page_annotate.guidance.when.{score}"),
        t("page_annotate.guidance.example"): t("page_annotate.guidance.pair", first=first, second=second),
    }


def agreement(context: PageContext) -> None:
    """Whether the judges agree, measured in the background where it takes the libraries."""
    nobody = not annotation.annotators(context.workspace, context.dataset)
    state.remember(_NOBODY, nobody)
    if nobody:
        st.text(context.t("page_annotate.agreement.none"))
        _update(context.t)
        return
    launch.start_agreement(context.workspace, context.dataset)
    at_work = agreement_job.status(context.workspace, context.dataset) == "running"
    st.fragment(_agreement, run_every=run_progress.POLL_SECONDS if at_work else None)(context, at_work)


def _agreement(context: PageContext, was_at_work: bool) -> None:
    t = context.t
    with errors.error_boundary(t):
        status = agreement_job.status(context.workspace, context.dataset)
        if was_at_work and status != "running":
            st.rerun()
        if status == "failed":
            log = context.workspace.labels / context.dataset.fingerprint / "log.txt"
            st.error(plain(t("page_annotate.agreement.failed", file=log)), icon=":material/error:")
        if found := annotation.read_agreement(context.workspace, context.dataset):
            _show_agreement(t, found)
        if status == "running":
            st.caption(t("page_annotate.agreement.working"))
        else:
            _update(t)


def _update(t: Locale) -> None:
    if st.button(t("page_annotate.agreement.update"), icon=":material/refresh:", type="tertiary", key="update"):
        st.rerun()


def _show_agreement(t: Locale, found: Agreement) -> None:
    st.text(texts.agreement_sentences(t, found))
    if found.reason != "one_annotator":
        st.caption(t("page_annotate.agreement.text"))
    layout.table([_row(t, one) for one in found.annotators])
    if found.compared:
        st.caption(t("page_annotate.agreement.pairs"))
        layout.table([_pair_row(t, one) for one in found.compared])
    for line in texts.missing_lines(t, found):
        st.text(line)
    st.caption(t("page_annotate.agreement.rests", count=found.judgements))


def _row(t: Locale, one: AnnotatorAgreement) -> dict[str, str]:
    return {
        t("page_annotate.agreement.name"): one.name,
        t("page_annotate.agreement.judgements"): t.number(one.judgements),
        t("page_annotate.agreement.seconds"): t.number(one.seconds, 1),
        **_measured(t, one.others),
    }


def _pair_row(t: Locale, one: PairAgreement) -> dict[str, str]:
    return {
        t("page_annotate.agreement.first"): one.first,
        t("page_annotate.agreement.second"): one.second,
        **_measured(t, one.both),
    }


def _measured(t: Locale, measured: Coefficients) -> dict[str, str]:
    return {t(f"page_annotate.agreement.{name}"): value for name, value in texts.coefficient_texts(t, measured).items()}
