"""What the effort page shows: what was brought, what judging takes, the curve over the data, and the runs that it lacks."""

from statistics import median

import streamlit as st

from dashboard.charts import theme
from dashboard.widgets import layout
from kdmcse import annotation
from kdmcse.config import BASELINE
from kdmcse.errors import UserError
from kdmcse.presentation.annotation import effort_sentences
from kdmcse.processes import launch
from kdmcse.results.learning_curve import SEEDS, SHARES, DataCurve

PLANNED = 100
"""Judgements by which the work of judging is told."""


def brought(place: layout.Place) -> None:
    """Three cards: pairs, judged rows, computing time."""
    t, counts = place.t, place.dataset.counts
    judged = counts["sts_usable"] + counts["decisions_usable"]
    ended = [run.outcome for run in place.runs if run.config.method != BASELINE and run.status == "succeeded"]
    seconds = [outcome["seconds"] for outcome in ended if outcome and outcome.get("seconds") is not None]
    note = t("page_effort.computing.none")
    if seconds:
        on = sorted({"cpu" if outcome.get("device", "cpu") == "cpu" else "gpu" for outcome in ended})
        devices = t("shared.separator").join(t(f"page_effort.device.{one}") for one in on)
        note = t(
            "page_effort.computing.note", runs=t.number(len(seconds)), total=t.duration(sum(seconds)), device=devices
        )
    cards = [
        layout.Fact(
            t("page_effort.pairs.name"),
            t("page_overview.effort.pairs", n=t.number(counts["pairs"])),
            t("page_effort.pairs.note", train=t.number(counts["train"]), texts=t.number(counts["texts"])),
        ),
        layout.Fact(t("page_effort.judged.name"), t.number(judged), t("page_effort.judged.note")),
        layout.Fact(t("page_effort.computing.name"), t.duration(median(seconds) if seconds else None), note),
    ]
    layout.facts(t, cards)


def judging(place: layout.Place) -> None:
    """What judging took so far, measured, and what more of it would take."""
    t, effort = place.t, annotation.annotation_effort(place.workspace, place.dataset)
    layout.section(t("page_effort.judging.title"))
    if not effort.judgements:
        st.text(t("page_effort.judging.none"))
        return
    st.text(effort_sentences(t, effort))
    if effort.seconds is not None:
        time = t.duration(2 * PLANNED * effort.seconds)
        st.text(t("page_effort.judging.more", n=t.number(PLANNED), time=time))


def figure(place: layout.Place, curve: DataCurve) -> None:
    """The runs, the law and its band where there is one."""
    t, points = place.t, curve.points
    label = [
        t("page_effort.chart.run", share=t.percent(share), seed=t.number(seed))
        for share, seed in zip(points["share"], points["seed"], strict=True)
    ]
    drawn = theme.data_curve(
        points.assign(label=label),
        curve.line,
        {name: t(f"page_effort.chart.{name}") for name in ("point", "law", "beyond", "band")}
        | {"baseline": t.method(BASELINE)},
        (t("page_effort.chart.pairs"), t(f"poc.metric.{curve.metric}")),
        curve.baseline,
    )
    layout.figure(drawn, "data_curve", alt=t("page_effort.chart.alt"))


def table(place: layout.Place, curve: DataCurve) -> None:
    """One row per share that was measured."""
    t, rows = place.t, []
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


def _spread(t, told: list[str]) -> str:
    middle, low, high = told
    return middle if low == high else t("page_effort.table.spread", median=middle, low=low, high=high)


def missing_runs(place: layout.Place, curve: DataCurve) -> None:
    """How far the runs are, or the button that starts those that the curve lacks."""
    t, missing = place.t, curve.missing()
    if place.active:
        layout.progress(place)
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
                    launch.start_curve(place.workspace, place.dataset.fingerprint, recipe=place.poc.recipe.id)
            except UserError as error:
                layout.show_error(t, error)
                return
            st.rerun()
