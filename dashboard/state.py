"""What this visitor looks at: the address keeps dataset, language and chosen run; the session keeps ids and flags.

The only file that touches st.session_state and st.query_params. Nothing that matters lives here: that is on disk.
"""

import re

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kdmcse.i18n import LANGUAGES, Locale

OF_EXAMPLES = ("find", "segment", "way", "least", "most")
"""What the address calls what examples are narrowed down by."""


def locale() -> Locale:
    """In the language of the address, else of the browser, else English."""
    asked = st.query_params.get("lang")
    if asked not in LANGUAGES:
        asked = "ja" if (st.context.locale or "").lower().startswith("ja") else "en"
    return Locale(asked)


def show_again(language: str, page: str) -> None:
    """Tell the browser what its inputs hold, where it has lost that. Before any is drawn.

    In another language: to the browser a choice is the words it was made by. On the page that was drawn last: a link may be clicked while
    something is typed, so that the browser has left the page and its inputs are gone, while the run in between was never made.
    """
    in_other_words = recall("language") not in (None, language)
    if in_other_words or recall("drawn") == page:
        for key, value in list(st.session_state.items()):
            shown = isinstance(value, str | float | int) and not isinstance(value, bool) or _is_choice(value)
            if shown and not recall(f"read_only.{key}") and (in_other_words or not _came_with_run(key)):
                st.session_state[key] = value
    remember("language", language)


def _came_with_run(key: str) -> bool:
    """Whether the browser sent with this run what the input holds; True too of what is no input."""
    known = get_script_run_ctx().session_state._state  # Streamlit has no public name for what came with a run
    widget = known._key_id_mapper.get_id_from_key(key)
    return widget is None or widget in known._new_widget_state


def drawn(page: str) -> None:
    """The page is complete: what inputs hold from now on is of its inputs."""
    remember("drawn", page)


def _is_choice(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def choice(name: str) -> str | None:
    """What the address says under `name` (`dataset`, `run`, `scenario`), as typed by anyone: check it before use."""
    return st.query_params.get(name)


def choose(name: str, value: str | None) -> None:
    """Put `value` into the address, where reload and the back button find it; None takes it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def asked_page() -> str | None:
    """The page that the visitor's first address named, by its own name; None where it named none."""
    named = get_script_run_ctx().pages_manager.intended_page_name  # Streamlit tells of the first run of a visit alone
    if named and re.fullmatch(r"[\w-]+", named):
        remember("asked_page", named)
    return recall("asked_page")


def leave_dataset() -> None:
    """What was chosen of one dataset is not asked for in another."""
    names = ("dataset", "run", "recipe", "audit", "picked", "colour", "compared", "zero", "flipped")
    typed = ("propose", "beside", "share", "mistakes_of", "mistakes_at", "settings")
    held_out = [name for name in st.query_params if name.startswith("hold_out_")]
    for name in (*names, *typed, *held_out, *OF_EXAMPLES):
        choose(name, None)


def address(**changes: str | None) -> dict[str, str]:
    """Query parameters of a link from here: language, dataset, recipe, scenario and who judges stay unless changed."""
    names = ("dataset", "lang", "recipe", "scenario", "judge")
    kept = {name: st.query_params[name] for name in names if name in st.query_params}
    return {name: value for name, value in {**kept, **changes}.items() if value is not None}


def remember(name: str, value: str | int | float | bool | None) -> None:
    """Keep a primitive for this visit."""
    st.session_state[f"kept.{name}"] = value


def recall(name: str) -> str | int | float | bool | None:
    """What was remembered in this visit; None where nothing was."""
    return st.session_state.get(f"kept.{name}")


def take(name: str) -> str | int | float | bool | None:
    """What was remembered, once."""
    return st.session_state.pop(f"kept.{name}", None)


def preset(key: str, value: object) -> None:
    """What the widget with this key shows first."""
    st.session_state.setdefault(key, value)


def put(key: str, value: object) -> None:
    """What the widget with this key shows, whatever it showed. Before it is drawn."""
    st.session_state[key] = value


def read_only(key: str) -> str:
    """The key of an input whose value may not be written: one for several files, which holds a list as a choice does."""
    remember(f"read_only.{key}", True)
    return key


def widget(key: str) -> object:
    """The value of the widget with this key now, for callbacks that run before the page does."""
    return st.session_state.get(key)


def is_known(key: str) -> bool:
    """Whether the widget with this key has a value, be it None."""
    return key in st.session_state
