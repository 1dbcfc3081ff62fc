"""The students between today's and the trained one: what each has gained on the user's data, and forgotten on public tests."""

from collections.abc import Mapping

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.views.map import choose_run
from dashboard.widgets import layout, waiting
from dashboard.widgets.choices import bound
from kdmcse.config import BASELINE
from kdmcse.engine.runs import Run
from kdmcse.evaluation.benchmarks import local_folder
from kdmcse.metrics import PUBLIC_STS
from kdmcse.presentation.interpolation import tests_of
from kdmcse.presentation.statistics import difference_text, interval_text
from kdmcse.processes import interpolation, launch
from kdmcse.results.interpolation import SHARES, Stop, read_stops
from kdmcse.stats import Comparison

_FIRST = 0.5


def interpolated(context: PageContext) -> None:
    """The part of the scores that a visitor opens; measured when asked for."""
    t = context.t
    with layout.folded("interpolation", t("page_scores.interpolation.title"), icon=":material/compare:") as opened:
        if not opened:
            return
        st.text(t("page_scores.interpolation.text"))
        trained = [run for run in context.results.compared if run.config.method != BASELINE]
        run = choose_run(context, [run for run in trained if run.status == "succeeded"])
        status = interpolation.status(run)
        if status == "running":
            _wait(context, run)
        elif status == "done":
            _show(context, run, read_stops(run, context.verdicts.metric, context.analysis.intervals))
        else:
            _offer(context, run, has_failed=status == "failed")


def _show(context: PageContext, run: Run, stops: list[Stop]) -> None:
    """The score that decides at every stop, then everything that is known of the chosen one."""
    t, metric = context.t, context.verdicts.metric
    layout.table([_row(context, t("interpolation.share"), t.percent(stop.share), stop.own) for stop in stops])
    label = t("page_scores.interpolation.slider")
    asked = next((one for one in SHARES if f"{one:g}" == state.choice("share")), _FIRST)
    given = bound("share", f"share_{run.id}", asked, lambda share: f"{share:g}")
    share = st.select_slider(label, SHARES, format_func=t.percent, **given)
    chosen = next(stop for stop in stops if stop.share == share)
    tests: Mapping[str, Comparison] = tests_of(t, chosen, metric)
    layout.table([_row(context, t("page_scores.interpolation.test"), name, one) for name, one in tests.items()])
    if not chosen.general:
        st.text(t("interpolation.unknown"))
        folder = local_folder(context.workspace)
        st.text(t("page_benchmarks.public.local.text", folder=folder, names=t.series(PUBLIC_STS)))
    st.caption(t("page_scores.interpolation.export"))
    st.code(f"kdmcse interpolate {run.id} --share {share:g} --out student", language="bash")


def _row(context: PageContext, head: str, name: str, one: Comparison) -> dict[str, str]:
    t = context.t
    return {
        head: name,
        t("page_scores.interpolation.score"): interval_text(t, one.candidate),
        t("page_scores.interpolation.gain"): difference_text(t, one.difference),
    }


def _wait(context: PageContext, run: Run) -> None:
    """They are being measured: look again until they are."""
    t, total = context.t, len(SHARES)

    def progress() -> tuple[float, str]:
        done = (interpolation.job(run).progress() or {"done": 0})["done"]
        return done / total, t("page_scores.interpolation.measuring", done=t.number(done), total=t.number(total))

    waiting.until_ended(t, interpolation.job(run), progress, key="interpolation")


def _offer(context: PageContext, run: Run, *, has_failed: bool) -> None:
    """The button that has them measured, and why the last attempt failed."""
    t = context.t
    if has_failed:
        waiting.failed(t, interpolation.job(run), t("page_scores.interpolation.failed"))
    if st.button(t("page_scores.interpolation.start"), key="start_interpolation", icon=":material/straighten:"):
        waiting.while_working(
            t, "start", t("page_scores.interpolation.starting"), lambda: launch.start_interpolation(run)
        )
        st.rerun()
