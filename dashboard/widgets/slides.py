"""What a presenter moves from slide to slide with: keys, two wide buttons, full screen. The address keeps the slide."""

from collections.abc import Mapping

import streamlit as st

from dashboard import state
from dashboard.widgets.components import fixed_script
from kdmcse.i18n import Locale

_KEY = "meeting"


def chosen_slide(count: int) -> int:
    """Which of `count` slides the address names, from 1; the first one where it names none of them."""
    asked = state.choice("slide") or ""
    slide = int(asked) if asked.isascii() and asked.isdigit() else 1
    return slide if 1 <= slide <= count else 1


def keys(t: Locale, slide: int, count: int, about: str) -> None:
    """The script that listens, and the line at the foot. about: what is presented."""
    words = {name: t(f"page_meeting.{name}") for name in ("back", "next", "full_screen")}
    words |= {"number": t("page_meeting.number", slide=slide, count=count), "about": about}
    data = {"slide": slide, "count": count, "words": words, "language": t.language}
    with st.container(key=_KEY):
        fixed_script("meeting/keys")(key="meeting_keys", data=data, on_slide_change=_turned)


def _turned() -> None:
    said = state.widget("meeting_keys")
    slide = said.get("slide") if isinstance(said, Mapping) else None
    if isinstance(slide, int):
        state.choose("slide", str(slide))
