"""What an audit asks for: which teacher to look at, and yes or no to wrong pairs, one at a time. What a filter did with a pair is never shown."""

from collections.abc import Sequence

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.forms import training
from dashboard.widgets import errors, waiting
from dashboard.widgets.images import show_image
from dashboard.widgets.text import plain
from kdmcse import audit
from kdmcse.audit import Filter, Negative
from kdmcse.errors import UserError
from kdmcse.presentation import audit as texts
from kdmcse.processes import launch

KEYS = {"yes": "Y", "no": "N", "undo": "U"}


def choose(context: PageContext) -> None:
    """Teacher and student, and the button that has them looked at."""
    t = context.t
    student, teacher = training.choose_models(context)
    if st.button(t("page_audit.start"), type="primary", icon=":material/troubleshoot:", key="start_audit"):
        settings = training.proposed_settings(context.dataset)
        try:
            models = {"teacher": teacher, "student": student}
            waiting.while_working(
                t,
                "start",
                t("page_audit.starting"),
                lambda: launch.start_audit(context.workspace, context.dataset, **models, training=settings),
            )
        except UserError as error:
            errors.show_error(t, error)
            return
        state.choose("audit", None)  # the new one is shown
        st.rerun()


def left(context: PageContext, one: Filter, annotator: str) -> list[Negative]:
    """What this person has still to judge."""
    return audit.to_judge(one, audit.said_by(context.workspace, context.dataset, annotator), annotator)


def queue(context: PageContext, one: Filter, annotator: str) -> None:
    """One wrong pair at a time. A fragment: a key press draws the next pair and nothing else."""
    st.fragment(_queue)(context, one, annotator)


def _queue(context: PageContext, one: Filter, annotator: str) -> None:
    t = context.t
    with errors.error_boundary(t):
        if pressed := state.take("pressed_audit"):
            item, _, what = str(pressed).partition("|")
            audit.judge(context.workspace, context.dataset, annotator, item, {"yes": True, "no": False}.get(what))
        said = audit.said_by(context.workspace, context.dataset, annotator)
        left, total = audit.to_judge(one, said, annotator), len(one.removed) + len(one.kept)
        done = t("page_audit.desk.progress", judged=t.number(total - len(left)), total=t.number(total))
        st.progress((total - len(left)) / max(total, 1), text=plain(done))
        if left:
            _negative(context, left[0])
        else:
            st.success(plain(t("page_audit.desk.finished")), icon=":material/check_circle:")
        drawn = {negative.id for negative in (*one.removed, *one.kept)}
        _buttons(context, left, next((item for item in reversed(said) if item in drawn), None))
        if not left:  # before, a count would tell of the last pair what the filter did with it
            standing(context, one)


def standing(context: PageContext, one: Filter) -> None:
    """How right the filter is by everybody's judgements so far."""
    said = audit.judgements(context.workspace, context.dataset)
    for sentence in texts.judged_sentences(context.t, audit.judged(one, said)):
        st.text(sentence)


def _negative(context: PageContext, negative: Negative) -> None:
    """The image and the caption of another pair; where there is no image, its own caption stands for it."""
    t, pairs = context.t, context.dataset.pairs.set_index("pair")
    of_image, caption = pairs.loc[negative.image], pairs.loc[negative.caption, "caption"]
    image, question = st.columns(2)
    with image, st.container(border=True, height="stretch", key="judged_image"):
        if context.dataset.has_images:
            show_image(context, of_image["image"], "")
        else:
            st.caption(plain(t("page_audit.desk.no_image", name=of_image["image_name"])))
            st.text(of_image["caption"])
    with question, st.container(border=True, height="stretch", key="judged_caption"):
        st.caption(plain(t("page_audit.desk.ask")))
        st.text(caption)


def _buttons(context: PageContext, left: Sequence[Negative], last: str | None) -> None:
    t = context.t
    with st.container(horizontal=True, gap="small", key="audit_buttons"):
        for what in ("yes", "no"):
            if left:
                _button(t(f"page_audit.desk.{what}"), f"{left[0].id}|{what}", KEYS[what], what)
        _button(t("page_audit.desk.undo"), f"{last}|undo", KEYS["undo"], "undo", disabled=last is None)


def _button(label: str, act: str, shortcut: str, key: str, *, disabled: bool = False) -> None:
    """What it does is remembered and done when the fragment is drawn, inside its error boundary."""
    arguments = ("pressed_audit", act)
    st.button(
        plain(label), on_click=state.remember, args=arguments, shortcut=shortcut, disabled=disabled, key=f"audit_{key}"
    )
