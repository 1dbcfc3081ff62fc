"""An import at work: how far it is, and where it led to."""

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext
from dashboard.widgets.text import plain
from dashboard.widgets.waiting import until_ended
from kdmcse.presentation.data import dataset_name
from kdmcse.processes import import_data

LOOK_SECONDS = 1
WORTH_TELLING = 2
"""Seconds of an import after which the time left is told."""
_SHARES = {"tables": (0.0, 0.05), "images": (0.05, 0.75), "comparing": (0.8, 0.2)}
"""Of a whole import: where a part begins and how long it is."""


def underway(context: PageContext) -> bool:
    """The import that is at work, of whomever; once it has ended, whoever watched it is led to the dataset."""
    job = import_data.job(context.workspace)
    if job.status() == "running":
        state.remember("watched_import", True)
        with st.container(border=True, key="importing"):
            until_ended(
                context.t, job, lambda: _progress(context), key="import", every=LOOK_SECONDS, timed=False
            )  # each part of an import goes at a pace of its own
            st.caption(context.t("page_data.importing.goes_on"))
        return True
    made = (import_data.result(context.workspace) or {}).get("dataset")
    known = {one.fingerprint: one for one in cache.datasets(context.workspace)}
    watched = state.take("watched_import")
    if made not in known:
        return False
    if watched or context.dataset is None:
        state.leave_dataset()
        _show(context, made)
        st.rerun()
    if made != context.dataset.fingerprint:
        with st.container(horizontal=True, vertical_alignment="center", key="imported"):
            st.text(context.t("page_data.importing.done", name=dataset_name(context.t, known[made])))
            what = context.t("page_data.importing.show")
            st.button(what, type="tertiary", key="show_imported", on_click=_show, args=(context, made))
    return False


def _show(context: PageContext, made: str) -> None:
    import_data.forget(context.workspace)
    state.choose("dataset", made)


def _progress(context: PageContext) -> tuple[float, str]:
    t, now = context.t, import_data.job(context.workspace).progress()
    if not now:
        return 0.0, t("page_data.importing.starting")
    begins, length = _SHARES[now["what"]]
    share = now["done"] / max(now["total"], 1)
    text = t(f"page_data.importing.{now['what']}", done=t.number(now["done"]), total=t.number(now["total"]))
    if now["seconds"] > WORTH_TELLING and share > 0:
        left = now["seconds"] / share * (1 - share)
        text = t.join([text, t("page_data.importing.left", time=t.duration(left))])
    return begins + length * share, plain(text)
