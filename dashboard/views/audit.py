"""What the audit page shows: cosines, agreement with people, density, filters with their pairs, and an audit at work."""

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.charts.audit import KINDS, cosine_spread
from dashboard.context import PageContext
from dashboard.forms import annotation
from dashboard.forms import audit as form
from dashboard.widgets import layout, waiting
from dashboard.widgets.cards import Card, show_cards
from dashboard.widgets.choices import pick
from dashboard.widgets.images import show_image
from dashboard.widgets.text import plain
from kdmcse.audit import Audit, Filter, Space, replaced
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.presentation import audit as texts


def choose(context: PageContext, found: list[Audit]) -> Audit:
    """Which of several audits is shown, the newest first."""
    t, known = context.t, {one.id: one for one in found}
    if len(known) == 1:
        return found[0]

    def name(key: str) -> str:
        one = known[key]
        return t(
            "page_audit.which.name",
            teacher=Path(one.teacher).name,
            student=Path(one.student).name,
            day=t.date(one.time),
        )

    return known[pick("audit", t("page_audit.which.label"), list(known), found[0].id, name)]


def outdated(context: PageContext, audit: Audit) -> None:
    """What is shown is of a model that is no longer there."""
    for role in replaced(audit):
        said = context.t(f"page_audit.outdated.{role}", model=getattr(audit, role))
        st.warning(plain(said), icon=":material/sync_problem:")


def wait(context: PageContext, job: BackgroundJob) -> None:
    """An audit is at work: how far it is, until it has ended."""
    t = context.t

    def progress() -> tuple[float, str]:
        now = job.progress() or {}
        what, done, total = now.get("what", "teacher"), now.get("done", 0), now.get("total", 0)
        counted = t("page_audit.working.count", done=t.number(done), total=t.number(total)) if total > 1 else None
        sentence = t.join([t(f"page_audit.working.{what}"), counted])
        return done / total if total else 0.0, plain(sentence)

    waiting.until_ended(t, job, progress, key="audit")


def failed(context: PageContext, job: BackgroundJob) -> None:
    """Why the audit that was asked for last came to nothing."""
    waiting.failed(context.t, job, plain(context.t("page_audit.failed", file=job.log_file)))


def cards(context: PageContext, audit: Audit) -> None:
    """Three numbers that carry the answer."""
    t, look = context.t, audit.space.look
    show_cards(
        t,
        [
            Card(
                t("page_audit.card.found"),
                t.percent(look.caption_to_image, 1),
                t("page_audit.card.found_note", back=t.percent(look.image_to_caption, 1), count=look.pairs),
            ),
            Card(
                t("page_audit.card.density"),
                t.percent(audit.space.batches.above[1], 2),
                t("page_audit.card.density_note", count=audit.space.batches.batches),
            ),
            Card(
                t("page_audit.card.captions"),
                t.percent(audit.space.filters[0].captions),
                t("page_audit.card.captions_note"),
            ),
        ],
    )


def agreement(context: PageContext, audit: Audit) -> None:
    """With people, by kind of judgements."""
    t = context.t
    layout.section(t("page_audit.agreement.title"), t("page_audit.agreement.text"), about=t("glossary.correlation"))
    if rows := texts.agreement_rows(t, audit):
        layout.table(rows)
        for note in texts.agreement_notes(t, audit):
            st.caption(plain(note))
    else:
        st.text(t("page_audit.agreement.none"))


def reading(context: PageContext, audit: Audit) -> None:
    """What the models do not read of the texts, where that is anything."""
    if said := texts.reading_lines(context.t, audit.readings):
        layout.section(context.t("page_audit.reading.title"))
        for line in said:
            st.text(line)


def space(context: PageContext, audit: Audit) -> Space:
    """The teacher's vectors as they are, or centred, as is chosen."""
    t = context.t
    layout.section(t("page_audit.cosines.title"), t("page_audit.cosines.text", count=audit.space.look.pairs))
    names = list(audit.spaces)
    in_a_row = partial(st.radio, horizontal=True)
    return audit.spaces[
        pick("space", t("page_audit.space"), names, names[0], lambda one: t(f"audit.space.{one}"), in_a_row)
    ]


def cosines(context: PageContext, shown: Space) -> None:
    """The cosines of true and wrong pairs, drawn and as a table."""
    t = context.t
    names = {kind: t(f"audit.kind.{kind}") for kind in KINDS}
    drawn = cosine_spread(t, shown.look, names, (t("page_audit.cosines.axis"), t("page_audit.cosines.share")))
    layout.figure(t, drawn, "audit_cosines", alt=t("page_audit.cosines.alt"))
    layout.table(texts.cosine_rows(t, shown))


def density(context: PageContext, audit: Audit, shown: Space) -> None:
    """The negatives of the batches, and their margins; beside the teacher's vectors as they are, what is known of others."""
    t, batches = context.t, shown.batches
    layout.section(
        t("page_audit.density.title"),
        t("page_audit.density.text", count=batches.batches, pairs=t.number(batches.pairs)),
    )
    layout.table(texts.density_rows(t, shown, references=shown is audit.space))
    if said := texts.repeats_sentence(t, shown):
        st.text(said)
    st.caption(plain(t("page_audit.margins.text")))
    layout.table(texts.margin_rows(t, shown))


def filters(context: PageContext, shown: Space) -> None:
    """What each filter leaves out; of the chosen one the pairs, and what people say of them."""
    t = context.t
    layout.section(t("page_audit.filters.title"), t("page_audit.filters.text"), about=t("glossary.filter"))
    layout.table(texts.filter_rows(t, shown))
    names = [one.name for one in shown.filters]
    label = t("page_audit.filters.choose")
    one = shown.filter(pick("filter", label, names, names[0], lambda name: t(f"audit.filter.{name}")))
    if not one.doubtful:
        st.text(t("audit.filters.nothing"))
        return
    _doubtful(context, one)
    _judging(context, one)


def _doubtful(context: PageContext, one: Filter) -> None:
    t, pairs = context.t, context.dataset.pairs.set_index("pair")
    st.caption(plain(t("page_audit.filters.doubtful")))
    for first in range(0, len(one.doubtful), 4):
        for column, negative in zip(st.columns(4), one.doubtful[first : first + 4], strict=False):
            with column, st.container(border=True, height="stretch", key=f"doubtful_{negative.id}"):
                show_image(context, pairs.loc[negative.image, "image"], pairs.loc[negative.caption, "caption"])
                st.caption(plain(t("page_audit.filters.own", caption=pairs.loc[negative.image, "caption"])))
                st.caption(plain(t("page_audit.filters.cosine", cosine=t.number(negative.cosine, 3))))


def _judging(context: PageContext, one: Filter) -> None:
    t = context.t
    layout.section(t("page_audit.judging.title"), t("page_audit.judging.text"))
    who, label = annotation.judge(), t("page_audit.judging.open")
    judging = who is not None and bool(
        form.left(context, one, who)
    )  # who must not learn what the filter did with a pair
    with layout.folded("audit_judging", label, icon=":material/rate_review:", expanded=judging) as opened:
        if opened and (judge := annotation.person(context)):
            form.queue(context, one, judge)
    if not opened:
        form.standing(context, one)
