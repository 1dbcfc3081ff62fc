"""What a visitor saw when they were here last: it is in their browser, not here."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from dashboard import state

_SCRIPT = Path(__file__).parents[1] / "components" / "visit" / "visit.js"


def seen_before(dataset: str, now: str) -> str | None:
    """What `now` was at this visitor's last look at the dataset, which the browser keeps for the next; None while it has not said so."""
    key = f"visit_{dataset}"
    said = state.widget(key)
    before = said.get("before") if isinstance(said, Mapping) else None
    _component()(key=key, data={"dataset": dataset, "state": now, "before": before or ""}, on_before_change=_noted)
    return before if isinstance(before, str) else None


def _noted() -> None:
    """The page is drawn again, with what the browser said."""


@functools.cache
def _component() -> Callable:
    return st.components.v2.component("last_visit", js=_SCRIPT.read_text(encoding="utf-8"))
