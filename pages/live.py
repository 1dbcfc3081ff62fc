"""Try it live: what the current and the new model find for a sentence, side by side, and a blind vote on which list is better."""

import streamlit as st

from dashboard import cache, page
from dashboard.forms import live as form
from dashboard.views import live
from dashboard.widgets import errors, layout, verdicts
from kdmcse import demonstration

context = page.enter("live", needs="evaluation")
t = context.t
if not context.dataset.counts["held_out_pairs"]:
    layout.empty(context, "page_live.no_captions", "data")
    st.stop()
pair = live.models(context)
if pair is None:
    layout.empty(context, "page_live.no_new", "training")
    st.stop()
live.warm(pair)
counts = {scope: len(cache.searched(context.dataset, scope)) for scope in demonstration.SCOPES}
verdicts.answer(t, t("page_live.answer", count=t.number(counts["held_out"])))
mode, scope = form.choose(context, counts)
voting = mode == "vote"
if voting and not form.can_vote(context):
    st.info(t("page_live.vote.frozen"), icon=":material/lock:")
    voting = False
person = form.person(context) if voting else None
if person or not voting:
    text = form.query(context, pair.prepared, blind=voting)
    with errors.error_boundary(t):
        if not live.can_search(context, pair, scope):
            text = None
        elif text is None:
            st.text(t("page_live.vote.choose" if voting else "page_live.query.start"))
        if text and (answers := live.find(context, pair, scope, text)):
            ballot = live.ballot(pair, scope, text)
            if voting:
                form.act(context, person, ballot)
                form.ballot_box(context, person, ballot, answers)
                live.notes(context, answers, scope, text)
                live.blind(context, answers, demonstration.sides(person, ballot))
            else:
                form.shown_with_names(context, ballot)
                left, right = st.columns([3, 1], vertical_alignment="center")
                with left:
                    live.headline(context, pair, answers)
                with right:
                    form.keep(context, text, pair.prepared)
                live.notes(context, answers, scope, text)
                live.compare(context, answers)
        if not voting:
            live.picture(context, pair, scope)
if not voting:
    live.tally(context, pair)
layout.next_step(context, "report", t("page_live.next"))
