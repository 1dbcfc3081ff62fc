"""Where do the models differ? Row by row what a method gets right and the other wrong, most expensive first, with images."""

import streamlit as st

from dashboard import page
from dashboard.forms import pins
from dashboard.views import disagreements as disagreement_view
from dashboard.widgets import errors, layout, verdicts
from dashboard.widgets.text import plain
from kdmcse.errors import UserError
from kdmcse.presentation.costs import note_sentences
from kdmcse.presentation.results import disagreement_sentence

MISSING = {"decisions": "no_decisions", "sts": "no_sts"}

context = page.enter("disagreements", needs="evaluation")
t = context.t
if len(context.results.methods) < 2:
    layout.empty(context, "page_disagreements.no_baseline", "training")
    st.stop()
head = st.container()
kind, method, against = disagreement_view.choose(context)
captions = disagreement_view.picked_on_map(context)
try:
    found = context.analysis.disagreements(kind, method, against, captions)
except UserError as error:
    errors.show_error(t, error)
    st.stop()
if found is None:
    if kind in MISSING:
        layout.empty(context, f"page_disagreements.{MISSING[kind]}", "data")
    else:  # what helps stands above
        verdicts.answer(t, t(f"page_disagreements.no_searches.{kind}"))
    st.stop()
if pins.can_pin(context, found):
    pins.overview(context, pins.standing(context))
found, asked = disagreement_view.narrow(context, found)
with head:
    verdicts.answer(t, disagreement_sentence(t, found))
st.caption(plain(disagreement_view.explained(t, found)))
if kind == "decisions" and found.currency is None:
    st.caption(t("page_disagreements.no_prices"))
    layout.link(context, "cost")
elif kind == "decisions":
    for note in note_sentences(t, context.costs.comparison.segment_notes):
        st.caption(plain(note))
if len(found.table):
    disagreement_view.amounts(context, found)
    disagreement_view.download(context, found)
    disagreement_view.lists(context, found, asked)
else:
    st.text(t("page_disagreements.nothing"))
layout.next_step(context, "cost", t("page_disagreements.next"))
