"""A choice that the address keeps, so that a reload, a link and the back button find it."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard import state


def pick(
    name: str,
    label: str,
    options: Sequence[str],
    preset: str,
    words: Callable[[str], str],
    widget: Callable = st.selectbox,
) -> str:
    """One of `options`: the one under `name` in the address, else `preset`. widget: `st.selectbox`, or one that is called like it."""
    now = state.choice(name) if state.choice(name) in options else preset
    # Keyed by what can be chosen: other choices are another widget.
    chosen = widget(
        label, options, index=list(options).index(now), format_func=words, key=f"{name}_{now}_{len(options)}"
    )
    if chosen != now:
        state.choose(name, chosen)
        st.rerun()
    return chosen


def bound(
    name: str, key: str, value: object, write: Callable[[Any], str | None] = lambda value: str(value)
) -> dict[str, Any]:
    """Arguments of a widget that shows `value`, as the address says it under `name`, and puts there what a visitor makes of it.

    write: a value -> as the address has it, None: not at all. Where the address is another one, as by the back button, the widget shows that.
    """
    if not state.is_known(key) or state.recall(f"bound_{key}") != repr(value):
        state.put(key, value)
        state.remember(f"bound_{key}", repr(value))
    return {"key": key, "on_change": _keep, "args": (name, key, write)}


def _keep(name: str, key: str, write: Callable[[Any], str | None]) -> None:
    value = state.widget(key)
    state.choose(name, write(value))
    state.remember(f"bound_{key}", repr(value))


def typed_text(name: str, label: str, *, placeholder: str | None = None) -> str:
    """A text that is typed: the one under `name` in the address."""
    given = bound(name, f"typed_{name}", state.choice(name) or "", lambda value: value or None)
    return st.text_input(label, placeholder=placeholder, **given) or ""


def typed_amount(name: str, label: str) -> int | None:
    """An amount of at least 0 that is typed, or none: the one under `name` in the address."""
    now = state.choice(name) or ""
    value = int(now) if re.fullmatch(r"[0-9]{1,15}", now) else None
    given = bound(name, f"typed_{name}", value, lambda value: None if value is None else str(value))
    return st.number_input(label, min_value=0, value=None, step=1, **given)


def typed_number(name: str, label: str, low: int, high: int, preset: int, *, key: str, step: int = 1) -> int:
    """A whole number from low to high: the one under `name` in the address, else `preset`."""
    now = state.choice(name) or ""
    value = int(now) if re.fullmatch(r"[0-9]{1,9}", now) and low <= int(now) <= high else preset
    return int(st.number_input(label, low, high, step=step, **bound(name, key, value)))
