"""Is it better? Similarity and retrieval of every method on held-out pairs, each score with its interval."""

import streamlit as st

from dashboard import page
from dashboard.views import interpolation, scores
from dashboard.widgets import layout, verdicts
from kdmcse import metrics
from kdmcse.presentation.results import headline, verdict_sentence

context = page.enter("scores", needs="evaluation")
t, results, compared = context.t, context.results, context.verdicts
verdicts.answer(t, headline(t, results, compared), compared.deciding.verdict, verdict_sentence(t, compared))
scores.comparisons(context)
judged_pairs = scores.held_out_rows(context, "sts_pairs")
scores.task(context, "sts", judged_pairs)
if judged_pairs is not None:
    scores.dots(context)
if results.judged is not None:
    was_measured = scores.held_out_rows(context, metrics.JUDGED.name)
    scores.task(context, "judged", len(results.judged) if was_measured is not None else None)
scores.task(context, "caption_to_caption", scores.held_out_rows(context, "caption_to_caption_queries"))
image_searches = scores.held_out_rows(context, "caption_to_image_queries")
scores.task(context, "caption_to_image", image_searches)
if image_searches is not None:
    st.caption(t("page_scores.not_available"))
interpolation.interpolated(context)
scores.choice(context)
with st.expander(t("page_scores.reading.title"), icon=":material/help:"):
    st.text(t("page_scores.reading.text"))
layout.next_step(context, "cost", t("page_scores.next"))
