"""What tells these trainings apart? Any of them side by side: scores, learning, settings, and examples on which two differ."""

import streamlit as st

from dashboard import page
from dashboard.views import compare
from dashboard.widgets import layout

context = page.enter("compare", needs="dataset")
page.require_results(context)
st.text(context.t("page_compare.text"))
chosen = compare.choose(context)
if len(chosen) < 2:
    st.text(context.t("page_compare.too_few"))
    st.stop()
zero = compare.choose_zero(context, chosen)
compare.scores(context, chosen, zero)
compare.learning(context, chosen)
compare.settings(context, chosen)
compare.flipped(context, chosen, zero)
layout.next_step(context, "cost", context.t("page_scores.next"))
