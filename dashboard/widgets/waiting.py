"""What takes a while on a page: how far it is, how long it will still take, a way to end it, and why it failed."""

import contextvars
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from dashboard import cache, state
from dashboard.widgets.errors import error_boundary, show_error
from dashboard.widgets.run_progress import POLL_SECONDS
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.i18n import Locale

T = TypeVar("T")
WORTH_TELLING = 2.0
"""Seconds from which on it is told how long something still takes."""
_LOOK_SECONDS = 0.2
_ALMOST = 0.95
"""Of a bar, where something takes longer than it was thought to."""


def until_ended(
    t: Locale,
    job: BackgroundJob,
    progress: Callable[[], tuple[float, str]],
    *,
    key: str,
    every: float = POLL_SECONDS,
    expected: float | None = None,
    timed: bool = True,
) -> None:
    """The share that is done (0 to 1) and words about it, looked at every so many seconds, with a button that ends the job.

    Once it has ended the page is drawn anew. How long it still takes follows from how fast the share grew since this visitor came. expected: the
    seconds that a job takes which cannot say how far it is. timed: False where the words tell the time themselves.
    """

    @st.fragment(run_every=every)
    def poll() -> None:
        with error_boundary(t):
            if job.status() != "running":
                state.take(f"{key}_since")
                st.rerun()
            (share, text), left = progress(), None
            if expected is not None:
                elapsed = time.time() - (job.request() or {}).get("time", time.time())
                share, left = min(elapsed / expected, _ALMOST), expected - elapsed
            elif timed:
                left = _time_left(key, share)
            if job.is_asked_to_stop():
                text = t("shared.waiting.stopping")
            elif left is not None and left >= 1:
                text = t.join([text, t("shared.waiting.left", time=t.duration(left))])
            st.progress(min(max(share, 0.0), 1.0), text=text)
            st.button(
                t("shared.waiting.stop"),
                type="tertiary",
                icon=":material/stop_circle:",
                disabled=job.is_asked_to_stop(),
                on_click=job.ask_to_stop,
                key=f"stop_{key}",
            )

    poll()


def _time_left(key: str, share: float) -> float | None:
    """Seconds; None as long as nothing has moved."""
    now, seen = time.time(), str(state.recall(f"{key}_since") or "").split()
    if len(seen) != 2 or float(seen[1]) > share:  # nothing seen yet, or it was begun anew
        state.remember(f"{key}_since", f"{now} {share}")
        return None
    elapsed, grown = now - float(seen[0]), share - float(seen[1])
    return elapsed * (1 - share) / grown if grown > 0 and elapsed >= WORTH_TELLING else None


def while_working(t: Locale, kind: str, text: str, work: Callable[[], T]) -> T:
    """What `work` returns or raises. Meanwhile a bar with `text`; after `WORTH_TELLING` seconds also how long it still takes, by how long this kind
    of work took before.

    A visitor may leave the page or press something on it meanwhile: `work` goes on behind, and what it keeps is there later. It shows nothing itself.
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def attempt() -> None:
        try:
            found.append(work())
        except BaseException as error:
            failed.append(error)

    inside = contextvars.copy_context()
    thread = threading.Thread(target=inside.run, args=(attempt,), daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    begun, before, place = time.monotonic(), cache.seconds_of(kind), st.empty()
    thread.start()
    thread.join(_LOOK_SECONDS)
    computed = thread.is_alive()  # and not only looked up
    while thread.is_alive():
        elapsed = time.monotonic() - begun
        place.progress(min(elapsed / before, _ALMOST) if before else 0.0, text=_told(t, text, elapsed, before))
        thread.join(_LOOK_SECONDS)
    place.empty()
    if failed:
        raise failed[0]
    if computed:
        cache.took(kind, time.monotonic() - begun)
    return found[0]


def _told(t: Locale, text: str, elapsed: float, before: float | None) -> str:
    """before: seconds that this kind of work took last."""
    if elapsed < WORTH_TELLING:
        return text
    left = before - elapsed if before else 0.0
    how_long, seconds = ("left", left) if left >= 1 else ("so_far", elapsed)
    return t.join([text, t(f"shared.waiting.{how_long}", time=t.duration(seconds))])


def failed(t: Locale, job: BackgroundJob, otherwise: str) -> None:
    """Why the job failed, where a person can mend it; else what there is to say without."""
    if error := job.failure():
        show_error(t, error)
    else:
        st.error(otherwise, icon=":material/error:")
