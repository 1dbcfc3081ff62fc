"""What the effort page shows: what was brought, what judging takes, the curve over the data, and the runs that it lacks."""

from statistics import median

import streamlit as st

from dashboard.charts.learning_curve import data_curve
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, run_progress
from dashboard.widgets.cards import Card, show_cards
from kdmcse import annotation
from kdmcse.config import BASELINE
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation.annotation import effort_sentences
from kdmcse.presentation.methods import method_name
from kdmcse.processes import launch
from kdmcse.results.learning_curve import SEEDS, SHARES, DataCurve

PLANNED = 100
"""Judgements by which the work of judging is told."""


def brought(context: PageContext) -> None:
    """Three cards: pairs, judged rows, computing time."""
    t, counts = context.t, context.dataset.counts
    judged = counts["sts_usable"] + counts["decisions_usable"]
    ended = [run.outcome for run in context.runs if run.config.method != BASELINE and run.status == "succeeded"]
    seconds = [outcome["seconds"] for outcome in ended if outcome and outcome.get("seconds") is not None]
    note = t("page_effort.computing.none")
    if seconds:
        on = sorted({"cpu" if outcome.get("device", "cpu") == "cpu" else "gpu" for outcome in ended})
        devices = t("shared.separator").join(t(f"page_effort.device.{one}") for one in on)
        note = t(
            "page_effort.computing.note", runs=t.number(len(seconds)), total=t.duration(sum(seconds)), device=devices
        )
    cards = [
        Card(
            t("page_effort.pairs.name"),
            t("page_overview.effort.pairs", n=t.number(counts["pairs"])),
            t("page_effort.pairs.note", train=t.number(counts["train"]), texts=t.number(counts["texts"])),
        ),
        Card(t("page_effort.judged.name"), t.number(judged), t("page_effort.judged.note")),
        Card(t("page_effort.computing.name"), t.duration(median(seconds) if seconds else None), note),
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
    if effort.seconds is not None:
        time = t.duration(2 * PLANNED * effort.seconds)
        st.text(t("page_effort.judging.more", n=t.number(PLANNED), time=time))


def learning_curve(context: PageContext, curve: DataCurve) -> None:
    """The curve over the data as figure and table, with the runs that it is missing."""
    measured = not curve.points.empty
    if measured:
        _figure(context, curve)
    _missing_runs(context, curve)
    if measured:
        _table(context, curve)


def _figure(context: PageContext, curve: DataCurve) -> None:
    """The runs, the law and its band where there is one."""
    t, points = context.t, curve.points
    label = [
        t("page_effort.chart.run", share=t.percent(share), seed=t.number(seed))
        for share, seed in zip(points["share"], points["seed"], strict=True)
    ]
    drawn = data_curve(
        points.assign(label=label),
        curve.line,
        {name: t(f"page_effort.chart.{name}") for name in ("point", "law", "beyond", "band")}
        | {"baseline": method_name(t, BASELINE)},
        (t("page_effort.chart.pairs"), t(f"poc.metric.{curve.metric}")),
        curve.baseline,
    )
    layout.figure(drawn, "data_curve", alt=t("page_effort.chart.alt"))


def _table(context: PageContext, curve: DataCurve) -> None:
    """One row per share that was measured."""
    t, rows = context.t, []
    for share, runs in curve.points.groupby("share"):
        rows.append(
            {
                t("page_effort.table.share"): t.percent(share),
                t("page_effort.table.pairs"): t.number(runs["pairs"].median()),
                t("page_effort.table.seeds"): t.number(len(runs)),
                t(f"poc.metric.{curve.metric}"): _spread(t, [t.number(v, 3) for v in _ends(runs["score"])]),
            }
        )
        if curve.currency and curve.points["monthly_cost"].notna().any():
            amounts = [t.money(value, curve.currency) for value in _ends(runs["monthly_cost"])]
            rows[-1][t("page_effort.table.cost")] = _spread(t, amounts)
    layout.table(rows)


def _ends(values) -> list[float]:
    return [values.median(), values.min(), values.max()]


def _spread(t: Locale, ends: list[str]) -> str:
    middle, low, high = ends
    return middle if low == high else t("page_effort.table.spread", median=middle, low=low, high=high)


def _missing_runs(context: PageContext, curve: DataCurve) -> None:
    """How far the runs are, or the button that starts those that the curve lacks."""
    t, missing = context.t, curve.missing()
    if context.active:
        run_progress.progress(context)
        return
    if not missing:
        return
    with st.container(border=True, key="missing_runs"):
        shares = t("shared.separator").join(t.percent(share) for share in SHARES)
        st.text(t("page_effort.missing.text", n=t.number(len(missing)), shares=shares, seeds=t.number(len(SEEDS))))
        seconds = curve.seconds_of(missing)
        st.text(
            t("page_effort.missing.time", time=t.duration(seconds)) if seconds else t("page_effort.missing.no_time")
        )
        if st.button(t("page_effort.missing.start"), type="primary", icon=":material/play_arrow:", key="start_curve"):
            try:
                with st.spinner(t("page_training.starting")):
                    launch.start_curve(context.workspace, context.dataset.fingerprint, recipe=context.poc.recipe.id)
            except UserError as error:
                errors.show_error(t, error)
                return
            st.rerun()
