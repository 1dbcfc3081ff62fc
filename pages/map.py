"""What changed? Held-out captions before and after training, in one coordinate system; pick a point to see it."""

import streamlit as st

from dashboard import cache
from dashboard.views import map
from dashboard.widgets import layout
from kdmcse.config import BASELINE
from kdmcse.engine.runs import Run
from kdmcse.processes import launch, projection


def waiting(run: Run, baseline: Run) -> None:
    """The maps are being drawn: look again until they are there."""
    t = place.t

    @st.fragment(run_every=layout.POLL_SECONDS)
    def poll() -> None:
        with layout.net(t, cache.workspace):
            if projection.status(run, baseline) != "running":
                st.rerun()
            st.progress(0.5, text=t("page_map.drawing"))

    poll()


def start(run: Run, baseline: Run, status: str) -> None:
    t = place.t
    if status == "failed":
        error = projection.job(run, baseline).failure()
        if error:
            layout.show_error(t, error)
        else:
            st.error(t("page_map.failed"), icon=":material/error:")
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.markdown(f"#### {t('page_map.start_title')}", anchors=False, text_alignment="center")
        st.text(t("page_map.start_text"))
        if st.button(t("page_map.start"), type="primary", key="start_map"):
            with st.spinner(t("page_map.drawing")):
                launch.start_projection(run, baseline)
            st.rerun()


place = layout.enter("map", needs="evaluation")
evaluated = [run for run in place.poc.compared if run.id in place.poc.evaluations]
trained = [run for run in evaluated if run.config.method != BASELINE]
untouched = [run for run in evaluated if run.config.method == BASELINE]
if not place.dataset.counts["held_out_pairs"]:
    layout.empty(place.t, "page_map.no_captions", "data")
    st.stop()
if not trained or not untouched:
    layout.empty(place.t, "page_map.nothing", "training")
    st.stop()
layout.answer(place.t, place.t("page_map.answer"))
left, middle, _ = st.columns(3)
with left:
    run = map.choose_run(place, trained)
baseline = next((one for one in untouched if one.config.student == run.config.student), untouched[0])
status = projection.status(run, baseline)
if status == "running":
    waiting(run, baseline)
elif status == "done":
    map.maps(place, run, baseline, middle)
else:
    start(run, baseline, status)
layout.next_step(place.t, "report", place.t("page_map.next"))
