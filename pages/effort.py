"""How much data and work does it take? What was brought so far, and what further data would bring in score and money."""

import streamlit as st

from dashboard import page
from dashboard.views import effort
from dashboard.widgets import layout, run_progress, verdicts, waiting
from kdmcse.presentation.criteria import unmeasurable_sentence
from kdmcse.presentation.learning_curve import curve_sentences

context = page.enter("effort", needs="dataset")
t = context.t
missing = page.missing_before_results(context)
curve = None
if not missing:
    work = context.analysis.learning_curve
    curve = waiting.while_working(t, "learning_curve", t("shared.recalculating"), work)
if curve:
    page.choose_recipe(context)
    first, *others = curve_sentences(t, curve)
    why = unmeasurable_sentence(t, context.verdicts.unmeasurable)
    verdicts.answer(t, first, detail=t.join([why, *others]) or None)
else:
    verdicts.answer(t, t("page_effort.unknown"))
effort.brought(context)
effort.judging(context)
if not context.dataset.counts["train"]:
    layout.section(t("page_effort.curve.title"))
    layout.empty(context, "page_effort.no_pairs", "data")
elif missing:
    layout.section(t("page_effort.curve.title"))
    if context.active and context.criteria:
        run_progress.progress(context)
    else:
        layout.empty(context, missing.key, missing.page)
elif context.results.recipe is None or context.results.recipe.teacher is None:
    layout.section(t("page_effort.curve.title"))
    layout.empty(context, "page_effort.no_recipe", "training")
else:
    drawn = t("page_effort.curve.text") if curve.sizes > 1 else None
    layout.section(t("page_effort.curve.title"), t.join([drawn, t("page_effort.curve.table")]))
    effort.learning_curve(context, curve)
    with st.expander(t("page_effort.reading.title"), icon=":material/help:"):
        st.text(t("page_effort.reading.text"))
layout.next_step(context, "map", t("page_effort.next"))
