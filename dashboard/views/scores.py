"""Scores on held-out pairs: one plot of the differences; behind it a table for each task, a line for each comparison, a dot for each seed."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.charts.forest import forest
from dashboard.charts.scores import scores_by_seed
from dashboard.context import PageContext
from dashboard.widgets import layout, verdicts
from dashboard.widgets.text import plain
from kdmcse import demonstration, metrics
from kdmcse.config import BASELINE
from kdmcse.i18n import MISSING
from kdmcse.presentation.forest import forest_described, forest_table, rows_by_method
from kdmcse.presentation.methods import method_in_sentence, method_name
from kdmcse.presentation.phrases import score_sentence
from kdmcse.presentation.results import headline, verdict_sentence
from kdmcse.presentation.settings import choice_sentences, option_rows
from kdmcse.presentation.statistics import interval_text, table_notes, verdict_reason, what_would_decide
from kdmcse.presentation.votes import vote_sentence
from kdmcse.results.typical_run import current_and_new

if TYPE_CHECKING:
    from kdmcse.stats import Interval


def answer(context: PageContext) -> None:
    """Better or not, in one sentence; why, where nothing is decided."""
    t, compared = context.t, context.verdicts
    deciding = compared.deciding
    told = score_sentence(t, compared)
    if told and deciding.verdict == "not_decisive":
        told = t.join([told, verdict_reason(t, deciding), what_would_decide(t, deciding)])
    if compared.instead_of or told is None:
        told = verdict_sentence(t, compared)
    verdicts.answer(t, headline(t, context.results, compared), deciding.verdict, told)


def plot(context: PageContext) -> None:
    """A row per measured method: the difference of KDMCSE to it; nothing where nothing can be compared."""
    t = context.t
    rows = rows_by_method(context.verdicts, context.results.asked, t)
    if not rows:
        return  # the answer above says why
    metric = t(f"results.metric.{context.verdicts.metric}")
    layout.section(
        t("page_scores.compared"), t("page_scores.compared_text", metric=metric), about=t("glossary.interval")
    )
    heads = t("page_scores.forest.against"), t("page_scores.forest.score"), t("page_scores.forest.verdict")
    drawn = forest(t, rows, heads, t("forest.axis"))
    layout.figure(t, drawn, "forest", alt=forest_described(t, rows, t("page_scores.forest.alt")))


def votes(context: PageContext) -> None:
    """What the room prefers without knowing whose lists they are: evidence beside the score, and no part of it; nothing before anyone has voted."""
    t, both = context.t, current_and_new(context.analysis)
    if both is None:
        return
    found = demonstration.summary(context.workspace, context.dataset.fingerprint, new=both[1].id)
    if not found.total:
        return
    layout.section(t("votes.title"), t("page_scores.votes_text"))
    st.text(vote_sentence(t, found))
    layout.quiet_link(context, "live")


def all_numbers(context: PageContext) -> None:
    """What a visitor may open: every comparison with its reason, every task, every training."""
    t, results = context.t, context.results
    with layout.folded("scores_numbers", t("page_scores.numbers"), icon=":material/table:") as opened:
        if not opened:
            return
        _comparisons(context)
        judged_pairs = held_out_rows(context, "sts_pairs")
        task(context, "sts", judged_pairs)
        if judged_pairs is not None:
            dots(context)
        if results.judged is not None:
            was_measured = held_out_rows(context, metrics.JUDGED.name)
            task(context, "judged", len(results.judged) if was_measured is not None else None)
        task(context, "caption_to_caption", held_out_rows(context, "caption_to_caption_queries"))
        image_searches = held_out_rows(context, "caption_to_image_queries")
        task(context, "caption_to_image", image_searches)
        if image_searches is not None:
            st.caption(t("page_scores.not_available"))


def how_measured(context: PageContext) -> None:
    """What a visitor may open: the sentence with all figures, the rules, the trainings."""
    t = context.t
    with layout.folded("scores_measured", t("page_scores.reading.title"), icon=":material/help:") as opened:
        if opened:
            if context.verdicts.deciding.verdict != "not_decisive":  # else the answer says why
                st.text(verdict_sentence(t, context.verdicts))
            st.text(t("page_scores.reading.text"))


def _comparisons(context: PageContext) -> None:
    """The table behind the plot, and each comparison with why; what the others gain over the agreed baseline."""
    t, compared, asked = context.t, context.verdicts, context.results.asked
    rows = rows_by_method(compared, asked, t)
    if not rows:
        return
    layout.section(t("page_scores.compared"), t("page_scores.strict"))
    layout.table(forest_table(t, rows, t("page_scores.forest.against"), t("page_scores.forest.score")))
    against = {method: one for method, one in compared.against.items() if method in asked}
    told = verdicts.one_seed(t, against, compared.gains)
    if told:
        st.text(told)
    verdicts.comparisons(t, against, told=told)
    if compared.gains:
        layout.section(
            t("page_scores.gains", name=method_in_sentence(t, compared.baseline)), t("page_scores.gains_text")
        )
        verdicts.comparisons(t, compared.gains, "shared.gain", told=told)


_TERMS = {"sts": "correlation", "judged": "correlation", "caption_to_caption": "ndcg", "caption_to_image": "recall"}
"""Task -> the term of the glossary that its scores are told by."""


def task(context: PageContext, name: str, rows: int | None) -> None:
    """The scores of one task, which rest on so many held-out rows; None where it was not measured."""
    t = context.t
    if rows is None:
        layout.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.none"))
        return
    scored = _scored(context, name)
    in_brackets = t("page_scores.mean") if any(one.low is not None for _, one in scored) else None
    explanation = t.join([t(f"page_scores.{name}.text", count=rows), in_brackets])
    layout.section(t(f"page_scores.{name}.title"), explanation, about=t(f"glossary.{_TERMS[name]}"))
    layout.table([_row(context, name, method) for method in context.results.methods])
    for note in table_notes(t, scored):
        st.caption(plain(note))


def _row(context: PageContext, task: str, method: str) -> dict[str, str]:
    """The mean over the trainings of a method, and its interval; today's student has no trainings."""
    t = context.t
    trainings = MISSING if method == BASELINE else t.number(len(context.results.of_method(method)))
    row = {
        t("shared.method.head"): method_name(t, method),
        t("page_scores.runs"): trainings,
    }
    for metric in metrics.of_task(task):
        interval = context.analysis.intervals.interval(method, metric.name)
        row[t(f"page_scores.measures.{metric.measure}")] = interval_text(t, interval)
    return row


def _scored(context: PageContext, task: str) -> "list[tuple[str, Interval]]":
    """Every method on every score of a task: what it is called, and its interval."""
    t, found = context.t, context.analysis.intervals
    return [
        (f"{method_name(t, method)} {t(f'page_scores.measures.{metric.measure}')}", found.interval(method, metric.name))
        for method in context.results.methods
        for metric in metrics.of_task(task)
    ]


def held_out_rows(context: PageContext, column: str) -> int | None:
    """How many held-out rows a score rests on; None where nobody has it."""
    rows = context.analysis.scores()[column].dropna()
    return int(rows.max()) if len(rows) else None


def dots(context: PageContext) -> None:
    """The similarity score of every training; nothing where it rests on too few units to be a score."""
    t, found = context.t, context.analysis.intervals
    methods = [one for one in context.results.methods if found.interval(one, "sts_spearman").reason != "few_units"]
    if not methods:
        return
    drawn = scores_by_seed(
        t,
        context.analysis.scores(),
        "sts_spearman",
        {method: method_name(t, method) for method in methods},
        t("page_scores.axis"),
    )
    layout.figure(t, drawn, "sts_dots", alt=t("page_scores.dots_alt"))
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
