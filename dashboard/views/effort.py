"""What the effort page shows: what was brought, what judging takes, the curve over the data, and the runs that it lacks."""

import streamlit as st

from dashboard.charts.learning_curve import data_curve
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, run_progress, waiting
from dashboard.widgets.cards import Card, show_cards
from kdmcse import annotation
from kdmcse.config import BASELINE
from kdmcse.errors import UserError
from kdmcse.i18n import capital
from kdmcse.presentation.annotation import effort_sentences
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.statistics import trainings_text
from kdmcse.processes import launch
from kdmcse.results.learning_curve import SEEDS, SHARES, LearningCurve

PLANNED = 100
"""Judgements whose working time is shown."""


def brought(context: PageContext) -> None:
    """Three cards: pairs, judged rows, computing time."""
    t, counts = context.t, context.dataset.counts
    note = t("page_effort.computing.none")
    devices = sorted({"cpu" if (run.device or "cpu") == "cpu" else "gpu" for run in context.results.evaluated})
    if devices and (took := context.results.run_seconds):
        note = t(
            "page_effort.computing.note",
            count=len(took),
            total=t.duration(context.results.computing_seconds),
            device=t.series(t(f"page_effort.device.{one}") for one in devices),
        )
    cards = [
        Card(
            t("page_effort.pairs.name"),
            t("cards.effort.pairs", count=counts["pairs"]),
            t("page_effort.pairs.note", train=t.number(counts["train"]), count=counts["texts"]),
        ),
        Card(t("page_effort.judged.name"), t.number(context.dataset.judged_rows), t("page_effort.judged.note")),
        Card(
            t("page_effort.computing.name"),
            t.duration(context.results.any_training_seconds),
            note,
        ),
    ]
    show_cards(t, cards)


def judging(context: PageContext) -> None:
    """What judging took so far, measured, and what more of it would take."""
    t, effort = context.t, annotation.annotation_effort(context.workspace, context.dataset)
    layout.section(t("page_effort.judging.title"))
    if not effort.judgements:
        st.text(t("page_effort.judging.none"))
        return
    st.text(effort_sentences(t, effort))
    if effort.pace is not None:
        time = t.duration(2 * PLANNED * effort.pace)
        st.text(t("page_effort.judging.more", n=t.number(PLANNED), time=time))


def learning_curve(context: PageContext, curve: LearningCurve) -> None:
    """The curve over the data as figure, from two sizes on, and table, with the runs that it is missing where those would be measured."""
    if curve.sizes > 1:
        _figure(context, curve)
    if context.verdicts.unmeasurable is None:
        _missing_runs(context, curve)
    if not curve.points.empty:
        _table(context, curve)


def _figure(context: PageContext, curve: LearningCurve) -> None:
    """The runs, the law and its band where there is one."""
    t, points = context.t, curve.points
    label = [
        t("page_effort.chart.run", share=t.percent(share), seed=t.number(seed))
        for share, seed in zip(points["share"], points["seed"], strict=True)
    ]
    drawn = data_curve(
        t,
        points.assign(label=label),
        curve.line,
        {name: t(f"page_effort.chart.{name}") for name in ("point", "law", "beyond", "band")}
        | {"baseline": method_name(t, BASELINE)},
        (t("page_effort.chart.pairs"), capital(t(f"results.metric.{curve.metric}"))),
        curve.baseline,
    )
    layout.figure(t, drawn, "data_curve", alt=t("page_effort.chart.alt"))


def _table(context: PageContext, curve: LearningCurve) -> None:
    """One row per share that was measured."""
    t, rows = context.t, []
    for row in curve.by_share.itertuples():
        scores = [t.number(value, 3) for value in (row.score, row.score_low, row.score_high)]
        rows.append(
            {
                t("page_effort.table.share"): t.percent(row.share),
                t("page_effort.table.pairs"): t.number(row.pairs),
                t("page_effort.table.seeds"): t.number(row.trainings),
                capital(t(f"results.metric.{curve.metric}")): trainings_text(t, *scores),
            }
        )
        if curve.currency and curve.points["monthly_cost"].notna().any():
            ends = (row.monthly_cost, row.monthly_cost_low, row.monthly_cost_high)
            costs = [t.money(end, curve.currency) for end in ends]
            rows[-1][t("page_effort.table.cost")] = trainings_text(t, *costs)
    layout.table(rows)


def _missing_runs(context: PageContext, curve: LearningCurve) -> None:
    """How far the runs are, or the button that starts those that the curve lacks."""
    t, shares = context.t, launch.curve_shares(context.results)
    missing = curve.missing(shares)
    if too_small := [share for share in SHARES if share not in shares]:
        st.text(t("page_effort.missing.too_small", shares=t.series(map(t.percent, too_small))))
    if context.active:
        run_progress.progress(context)
        return
    if not missing:
        return
    with st.container(border=True, key="missing_runs"):
        named = t.series(map(t.percent, shares))
        st.text(t("page_effort.missing.text", n=t.number(len(missing)), shares=named, seeds=t.number(len(SEEDS))))
        seconds = curve.seconds_of(missing)
        st.text(
            t("page_effort.missing.time", time=t.duration(seconds)) if seconds else t("page_effort.missing.no_time")
        )
        if st.button(t("page_effort.missing.start"), type="primary", icon=":material/play_arrow:", key="start_curve"):
            try:
                where, recipe = (context.workspace, context.dataset.fingerprint), context.results.recipe.id
                waiting.while_working(
                    t,
                    "start",
                    t("page_training.starting"),
                    lambda: launch.start_curve(*where, recipe=recipe, shares=shares),
                )
            except UserError as error:
                errors.show_error(t, error)
                return
            st.rerun()
