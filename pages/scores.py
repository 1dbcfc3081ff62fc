"""Is it better? Similarity and retrieval of every method on held-out pairs, each score with its interval."""

import streamlit as st

from dashboard.charts import theme
from dashboard.widgets import layout
from kdmcse import metrics
from kdmcse.presentation.statistics import interval_text


def table(task: str) -> None:
    """One row per method that was evaluated: the mean over its trainings, and its interval."""
    layout.table(
        [
            {
                t("shared.method.head"): t.method(method),
                t("page_scores.runs"): t.number(len(poc.values(method, "seed"))),
                **{
                    t(f"page_scores.measures.{name}"): interval_text(t, poc.evidence.interval(method, f"{task}_{name}"))
                    for name in [metric.measure for metric in metrics.of_task(task)]
                },
            }
            for method in poc.methods
        ]
    )


def measured_on(column: str) -> str | None:
    """How many held-out rows a score rests on; None where nobody has it."""
    rows = poc.scores[column].dropna()
    return t.number(int(rows.max())) if len(rows) else None


def task(name: str, rows: str | None) -> None:
    if rows is None:
        layout.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.none"))
        return
    layout.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.text", n=rows))
    table(name)


place = layout.enter("scores", needs="evaluation")
t, poc = place.t, place.poc
layout.answer(t, poc.headline(t.language), poc.verdict.verdict, poc.sentences(t.language)[0])
layout.section(t("page_scores.compared"), t("page_scores.compared_text"))
layout.comparisons(t, poc.verdicts)
if len(poc.gains) > 1:
    layout.section(t("page_scores.gains", name=t.name(poc.against)), t("page_scores.several"))
    layout.comparisons(t, poc.gains)

task("sts", measured_on("sts_pairs"))
if measured_on("sts_pairs"):
    drawn = theme.scores_by_seed(
        poc.scores,
        "sts_spearman",
        {method: t.method(method) for method in poc.methods},
        t("page_scores.axis"),
        t("shared.seed", n="{n}"),
    )
    layout.figure(drawn, "sts_dots", alt=t("page_scores.dots_alt"))
    if "group" not in place.dataset.sts:
        st.caption(t("page_scores.no_groups"))
if poc.judged is not None:
    task("judged", t.number(len(poc.judged)) if measured_on(metrics.JUDGED.name) else None)
task("caption_to_caption", measured_on("caption_to_caption_queries"))
task("caption_to_image", measured_on("caption_to_image_queries"))
if measured_on("caption_to_image_queries"):
    st.caption(t("page_scores.not_available"))
with st.expander(t("page_scores.reading.title"), icon=":material/help:"):
    st.text(t("page_scores.reading.text"))
layout.next_step(t, "cost", t("page_scores.next"))
