"""Is it better? Similarity and retrieval of every method, seed by seed, on held-out pairs."""

import streamlit as st

from dashboard import charts, components
from kdmcse.poc import SCORES


def spread(method: str, column: str) -> str:
    """median (lowest to highest), or a dash."""
    median, low, high = (t.number(value, 3) for value in poc.spread(method, column))
    return median if low == high else t("page_scores.spread", median=median, low=low, high=high)


def table(task: str) -> None:
    """One row per method that was evaluated."""
    components.table(
        [
            {
                t("shared.method.head"): t.method(method),
                t("page_scores.runs"): t.number(len(poc.values(method, "seed"))),
                **{t(f"page_scores.measures.{name}"): spread(method, f"{task}_{name}") for name in SCORES[task]},
            }
            for method in poc.methods
        ]
    )


def measured_on(column: str) -> str | None:
    """How many held-out rows a score rests on; None where nobody has it."""
    rows = poc.scores[column].dropna()
    return t.number(int(rows.max())) if len(rows) else None


def task(name: str, size: str) -> None:
    rows = measured_on(size)
    if rows is None:
        components.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.none"))
        return
    components.section(t(f"page_scores.{name}.title"), t(f"page_scores.{name}.text", n=rows))
    table(name)


place = components.enter("scores", needs="evaluation")
t, poc = place.t, place.poc
components.answer(t, poc.headline(t.language), poc.verdict.value)
components.section(t("page_scores.compared"))
for against, verdict in poc.verdicts.items():
    if verdict.baseline_seeds:
        badge, why = st.columns([1, 7.5], gap="small", vertical_alignment="center")
        with badge:
            components.verdict_badge(t, verdict.value)
        why.text(t("page_scores.against", other=t.method(against), why=verdict.why(t.language)))

task("sts", "sts_pairs")
if measured_on("sts_pairs"):
    drawn = charts.scores_by_seed(
        poc.scores,
        "sts_spearman",
        {method: t.method(method) for method in poc.methods},
        t("page_scores.axis"),
        t("shared.seed", n="{n}"),
    )
    components.figure(drawn, "sts_dots", alt=t("page_scores.dots_alt"))
task("caption_to_caption", "caption_to_caption_queries")
task("caption_to_image", "caption_to_image_queries")
if measured_on("caption_to_image_queries"):
    st.caption(t("page_scores.not_available"))
with st.expander(t("page_scores.reading.title"), icon=":material/help:"):
    st.text(t("page_scores.reading.text"))
components.next_step(t, "cost", t("page_scores.next"))
