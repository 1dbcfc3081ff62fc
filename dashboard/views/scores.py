"""Scores on held-out pairs: a table for each task, a line for each comparison, a dot for each seed."""

import streamlit as st

from dashboard.charts.scores import scores_by_seed
from dashboard.context import PageContext
from dashboard.widgets import layout, verdicts
from kdmcse import metrics
from kdmcse.presentation.methods import method_in_sentence, method_name
from kdmcse.presentation.settings import choice_sentences, option_rows
from kdmcse.presentation.statistics import interval_notes, interval_text


def comparisons(context: PageContext) -> None:
    """The candidate against every method, and what every method gains over the agreed baseline; nothing where nothing can be compared."""
    t, compared = context.t, context.verdicts
    if all(one.difference.estimate is None for one in compared.against.values()):
        return  # the answer above says why
    layout.section(t("page_scores.compared"), t("page_scores.compared_text"))
    verdicts.comparisons(t, compared.against)
    if len(compared.gains) > 1:
        layout.section(t("page_scores.gains", name=method_in_sentence(t, compared.baseline)), t("page_scores.several"))
        verdicts.comparisons(t, compared.gains, "shared.gain")


def task(context: PageContext, name: str, rows: int | None) -> None:
    """The scores of one task, which rest on so many held-out rows; None where it was not measured."""
    t = context.t
    if rows is None:
        layout.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.none"))
        return
    layout.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.text", count=rows))
    layout.table([_row(context, name, method) for method in context.results.methods])
    for note in _notes(context, name):
        st.caption(note)


def _row(context: PageContext, task: str, method: str) -> dict[str, str]:
    """The mean over the trainings of a method, and its interval."""
    t = context.t
    row = {
        t("shared.method.head"): method_name(t, method),
        t("page_scores.runs"): t.number(len(context.results.of_method(method))),
    }
    for metric in metrics.of_task(task):
        interval = context.analysis.intervals.interval(method, metric.name)
        row[t(f"page_scores.measures.{metric.measure}")] = interval_text(t, interval)
    return row


def _notes(context: PageContext, task: str) -> list[str]:
    """What a reader must know about the scores of a table, each once."""
    found = (
        context.analysis.intervals.interval(method, metric.name)
        for method in context.results.methods
        for metric in metrics.of_task(task)
    )
    notes = (note for one in found if one.estimate is not None for note in interval_notes(context.t, one))
    return list(dict.fromkeys(notes))


def held_out_rows(context: PageContext, column: str) -> int | None:
    """How many held-out rows a score rests on; None where nobody has it."""
    rows = context.analysis.scores()[column].dropna()
    return int(rows.max()) if len(rows) else None


def dots(context: PageContext) -> None:
    """The similarity score of every training."""
    t = context.t
    drawn = scores_by_seed(
        t,
        context.analysis.scores(),
        "sts_spearman",
        {method: method_name(t, method) for method in context.results.methods},
        t("page_scores.axis"),
    )
    layout.figure(drawn, "sts_dots", alt=t("page_scores.dots_alt"))
    if "group" not in context.dataset.sts:
        st.caption(t("page_scores.no_groups"))


def choice(context: PageContext) -> None:
    """How the settings of each method were chosen; nothing where they were given."""
    t, choices = context.t, context.results.choices
    if not choices:
        return
    with layout.folded("choice", t("choice.title"), icon=":material/tune:") as opened:
        if opened:
            st.text(t("choice.text"))
            for sentence in choice_sentences(t, choices, context.dataset):
                st.text(sentence)
            layout.table(option_rows(t, choices))
