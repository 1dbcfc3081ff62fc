"""The button that trains everything of a proof of concept a few more times, in the settings that it had."""

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import errors, waiting
from kdmcse.config import BASELINE
from kdmcse.errors import UserError
from kdmcse.processes import launch

MORE = 2


def offer(context: PageContext) -> None:
    """One button with how long it will take; none while something trains or where nothing was trained."""
    t, results = context.t, context.results
    if context.active or not any(run.config.method != BASELINE for run in results.compared):
        return
    seconds = launch.repeat_seconds(results, MORE)
    label = t("shared.repeats.button", count=MORE)
    if seconds:
        label = t("shared.repeats.button_with_time", label=label, time=t.duration(seconds))
    if st.button(label, icon=":material/replay:", key="repeats", help=t("shared.repeats.help")):
        try:
            waiting.while_working(t, "start", t("shared.repeats.starting"), lambda: launch.start_repeats(results, MORE))
        except UserError as error:
            errors.show_error(t, error)
        else:
            st.rerun()
