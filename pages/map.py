"""What changed? Held-out captions before and after training, in one coordinate system; pick a point to see it."""

import streamlit as st

from dashboard import page
from dashboard.views import map
from dashboard.widgets import layout, verdicts
from kdmcse.config import BASELINE
from kdmcse.evaluation.evaluation import is_evaluated
from kdmcse.processes import projection
from kdmcse.results.recipes import read_alike

context = page.enter("map", needs="evaluation")
t = context.t
evaluated = [run for run in context.results.compared if is_evaluated(run)]
trained = [run for run in evaluated if run.config.method != BASELINE]
untouched = [run for run in evaluated if run.config.method == BASELINE]
if not context.dataset.counts["held_out_pairs"]:
    layout.empty(context, "page_map.no_captions", "data")
    st.stop()
if not trained or not untouched:
    layout.empty(context, "page_map.nothing", "training")
    st.stop()
verdicts.answer(t, t("page_map.answer"))
left, middle, _ = st.columns(3)
with left:
    run = map.choose_run(context, trained)
baseline = next((one for one in untouched if read_alike(one, run)), untouched[0])
status = projection.status(run, baseline)
if status == "running":
    map.wait(context, run, baseline)
elif status == "done":
    map.maps(context, run, baseline, middle)
else:
    map.offer(context, run, baseline, has_failed=status == "failed")
layout.next_step(context, "report", t("page_map.next"))
