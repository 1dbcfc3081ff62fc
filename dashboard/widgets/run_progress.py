"""How far the runs are, in a bar and in words."""

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets.errors import error_boundary
from kdmcse.config import BASELINE
from kdmcse.engine import queue
from kdmcse.engine.runs import Run
from kdmcse.i18n import Locale
from kdmcse.presentation.methods import method_name
from kdmcse.training.progress import share_done, shown_status

POLL_SECONDS = 2


def progress(context: PageContext) -> None:
    """How far the PoC is, kept up to date until nothing is waiting or at work; then the whole page is drawn anew."""
    st.fragment(_progress, run_every=POLL_SECONDS if context.active else None)(context)


def _progress(context: PageContext) -> None:
    t, now = context.t, context.afresh()
    with error_boundary(t):
        queue.ensure(context.workspace)
        active, total = now.active, len(now.runs)
        if not active:
            st.rerun()
        done = total - len(active)
        with st.container(border=True, key="progress"):
            at_work = next((run for run in active if run.alive), None)
            share = share_done(at_work) if at_work else 0.0
            st.progress(
                (done + share) / total, text=t("shared.progress.runs", done=t.number(done), total=t.number(total))
            )
            st.caption(run_sentence(t, at_work) if at_work else t("shared.progress.waiting"))


def run_sentence(t: Locale, run: Run) -> str:
    """What a run is doing, in words."""
    stage, name = run.stage, run_name(t, run)
    if stage is None:
        return t("shared.progress.status", run=name, status=t(f"shared.status.{shown_status(run)}"))
    return t("shared.progress.stage", run=name, stage=t(f"shared.stage.{stage}"))


def run_name(t: Locale, run: Run) -> str:
    """Method and seed, and the share of the data where it is not all; the untouched student has no seed."""
    method, share = method_name(t, run.config.method), run.config.training.data_share
    if run.config.method == BASELINE:
        return method
    if share < 1:
        return t("shared.run_name_share", method=method, seed=run.config.seed, share=t.percent(share))
    return t("shared.run_name", method=method, seed=run.config.seed)
