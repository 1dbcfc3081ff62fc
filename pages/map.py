"""What changed? Held-out captions before and after training, in one coordinate system; what a sentence says of them, and what a visitor picks."""

import streamlit as st

from dashboard import page
from dashboard.views import map, picked
from dashboard.widgets import layout
from kdmcse.processes import projection

context = page.enter("map", needs="evaluation")
t = context.t
trained, untouched = picked.models(context)
if not context.dataset.counts["held_out_pairs"]:
    layout.empty(context, "page_map.no_captions", "data")
    st.stop()
if not trained or not untouched:
    layout.empty(context, "page_map.nothing", "training")
    st.stop()
head = st.container()
left, middle, _ = st.columns([1, 1, 0.6])
with left:
    run = map.choose_run(context, trained)
baseline = picked.counterpart(run, untouched)
status = projection.status(run, baseline)
if status == "running":
    map.wait(context, run, baseline)
elif status == "done":
    map.maps(context, run, baseline, head, middle)
else:
    map.offer(context, run, baseline, has_failed=status == "failed")
layout.next_step(context, "report", t("page_map.next"))
