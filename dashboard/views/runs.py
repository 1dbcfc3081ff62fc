"""The runs of a dataset as a live list: status in words, progress, what can be done, and one run in detail."""

import streamlit as st

from dashboard import state
from dashboard.charts import training
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, run_progress
from kdmcse.config import BASELINE
from kdmcse.engine import queue
from kdmcse.engine.runs import Run
from kdmcse.evaluation import evaluation
from kdmcse.i18n import Locale
from kdmcse.processes import launch
from kdmcse.training import progress

_BADGES = {
    "queued": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/play_circle:"),
    "stopping": ("yellow", ":material/pause_circle:"),
    "succeeded": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
    "stopped": ("yellow", ":material/stop_circle:"),
    "lost": ("red", ":material/link_off:"),
}


def show_runs(context: PageContext) -> None:
    """The list and the chosen run, drawn again every few seconds while something waits or works."""
    st.fragment(_draw, run_every=run_progress.POLL_SECONDS if context.active else None)(context, bool(context.active))


def _draw(context: PageContext, was_active: bool) -> None:
    with errors.error_boundary(context.t):
        queue.ensure(context.workspace)
        now = context.afresh()
        found = now.runs
        if bool(now.active) != was_active:
            st.rerun()
        with st.container(key="runs", gap=None):
            for run in found:
                _row(context, run)
        _detail(context, found)


def _row(context: PageContext, run: Run) -> None:
    t, status = context.t, progress.shown_status(run)
    with st.container(key=f"row_{run.id}"):
        name, state_, progress_, buttons = st.columns([2.2, 1.7, 3.6, 2.1], vertical_alignment="center")
        with name:
            st.text(run_progress.run_name(t, run))
        with state_:
            colour, icon = _BADGES[status]
            st.badge(t(f"shared.status.{status}"), color=colour, icon=icon)
        with progress_:
            if status in ("running", "stopping"):
                st.progress(progress.share_done(run), text=running_sentence(t, run))
                if best := progress.best_on_dev(run.last_progress):
                    st.caption(best_sentence(t, "best", best))
            else:
                st.text(ended_sentence(t, run, status))
        with buttons, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
            _buttons(context, run, status)


def _buttons(context: PageContext, run: Run, status: str) -> None:
    t = context.t
    if status in ("queued", "running") and _button(t, "stop", run):
        run.request_stop()
        st.rerun()
    if run.resumable and _button(t, "resume", run):
        launch.resume(run)
        st.rerun()
    if not run.alive and status != "queued" and _button(t, "delete", run):
        confirm_delete(t, run)


def _button(t: Locale, what: str, run: Run) -> bool:
    icon = {"stop": ":material/stop:", "resume": ":material/replay:", "delete": ":material/delete:"}[what]
    return st.button(t(f"page_training.{what}"), icon=icon, type="tertiary", key=f"{what}_{run.id}")


def confirm_delete(t: Locale, run: Run) -> None:
    """Ask whether the run is to be deleted, and delete it."""

    @st.dialog(t("page_training.delete_title"))
    def dialog() -> None:
        st.text(t("page_training.delete_text", run=run_progress.run_name(t, run)))
        if st.button(t("page_training.delete_confirm"), type="primary", key="delete_run_confirmed"):
            with errors.error_boundary(t):
                run.delete()
                st.rerun()

    dialog()


def running_sentence(t: Locale, run: Run) -> str:
    """Stage, speed and time left, as far as they are known."""
    parts = [t(f"shared.stage.{run.stage or 'preparing'}")]
    pace = progress.pace(run)
    if pace.sentences_per_second:
        parts.append(t("page_training.speed", n=t.number(pace.sentences_per_second)))
    if pace.seconds_left is not None:
        parts.append(t("page_training.left", time=t.duration(pace.seconds_left)))
    return t.series(parts)


def best_sentence(t: Locale, key: str, best: progress.BestOnDev) -> str:
    """The best score on the dev judgements so far, with its step, in the sentence `key` of the page."""
    return t(
        f"page_training.{key}", score=t.number(best.score, 3), step=t.number(best.step), steps=t.number(best.steps)
    )


def notes(t: Locale, run: Run, lines: list[dict]) -> list[str]:
    """What is worth knowing about how a run trained: its best student so far, short memory, another machine."""
    facts = next((line for line in reversed(lines) if line.get("stage") == "training"), {})
    facts = facts | (run.outcome or {})
    found = []
    if best := progress.best_on_dev(facts):
        found.append(best_sentence(t, "best_kept" if run.status == "succeeded" else "best", best))
    if facts.get("micro_batch"):
        found.append(t("page_training.micro_batch", n=t.number(facts["micro_batch"])))
    if facts.get("not_bit_identical"):
        found.append(t("page_training.not_bit_identical"))
    return found


def ended_sentence(t: Locale, run: Run, status: str) -> str:
    """How it ended, with the message and hint of a failure."""
    outcome = run.outcome or {}
    if error := outcome.get("error"):
        return errors.stored_error(t, error)
    if status == "succeeded" and (failure := evaluation.evaluation_failure(run)):
        return failure.sentences(t)
    if status == "succeeded":
        parts = [t("page_training.took", time=t.duration(run.seconds))]
        if best := progress.best_on_dev(outcome):
            parts.append(t("page_training.kept", step=t.number(best.step), score=t.number(best.score, 3)))
        return t.series(parts)
    return t(f"page_training.explain.{status}")


def _detail(context: PageContext, found: list[Run]) -> None:
    """Loss terms and log of one run: the one in the address, else the one at work, else the newest trained one."""
    t = context.t
    trained = [run for run in found if run.config.method != BASELINE]
    if not trained:
        return
    ids = [run.id for run in trained]
    at_work = next((run.id for run in trained if run.alive), None)
    default = state.choice("run") if state.choice("run") in ids else at_work or ids[-1]
    names = {run.id: run_progress.run_name(t, run) for run in trained}
    layout.section(t("page_training.detail"))
    chosen = st.selectbox(
        t("page_training.which_run"), ids, index=ids.index(default), format_func=names.get, key=f"which_run_{default}"
    )
    if chosen != default:
        state.choose("run", chosen)
        st.rerun(scope="app")
    run = next(run for run in trained if run.id == chosen)
    lines = run.progress()
    terms = {term: t(f"page_training.term.{term}") for term in progress.loss_terms(lines)}
    if terms:
        drawn = training.losses(t, lines, terms, t("page_training.axis_step"), t("page_training.axis_loss"))
        layout.figure(t, drawn, f"losses_{run.id}", alt=t("page_training.losses_alt"))
    else:
        st.caption(t("page_training.no_losses"))
    for note in notes(t, run, lines):
        st.caption(note)
    with layout.folded("log", t("page_training.log"), icon=":material/terminal:") as opened:
        if opened:
            st.code(run.log() or t("page_training.no_log"), language=None, height=320)
