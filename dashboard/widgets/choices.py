"""A choice that the address keeps, so that a reload, a link and the back button find it."""

from collections.abc import Callable, Sequence

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
