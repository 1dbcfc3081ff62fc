"""A background job on a page: how far it is until it has ended, and why it failed."""

from collections.abc import Callable

import streamlit as st

from dashboard.widgets.errors import error_boundary, show_error
from dashboard.widgets.run_progress import POLL_SECONDS
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.i18n import Locale


def until_ended(
    t: Locale,
    is_running: Callable[[], bool],
    progress: Callable[[], tuple[float, str]],
    *,
    every: float = POLL_SECONDS,
) -> None:
    """The share that is done (0 to 1) and words about it, looked at every so many seconds; once the job has ended the page is drawn anew."""

    @st.fragment(run_every=every)
    def poll() -> None:
        with error_boundary(t):
            if not is_running():
                st.rerun()
            share, text = progress()
            st.progress(share, text=text)

    poll()


def failed(t: Locale, job: BackgroundJob, otherwise: str) -> None:
    """Why the job failed, where a person can mend it; else what there is to say without."""
    if error := job.failure():
        show_error(t, error)
    else:
        st.error(otherwise, icon=":material/error:")
