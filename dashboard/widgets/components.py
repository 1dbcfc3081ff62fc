"""Small things that only a browser can draw or know: fixed scripts of ours in `dashboard/components`, whose data is set as text."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.charts import theme
from kdmcse.documents.content import Bar
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import in_dark

_FOLDER = Path(__file__).parents[1] / "components"


def frame(language: str) -> None:
    """Tells the browser the language of the page; on a phone the menu closes once a page is chosen; charts are reached by keys, and have other
    colours on a dark page."""
    fixed_script("frame/menu")(key="menu", data={"language": language, "dark": theme.IN_DARK})


def appearance(t: Locale, pages: Sequence[str]) -> None:
    """Light, dark, or as the visitor's system is set: their choice, which their browser keeps. pages: the addresses for which it does."""
    words = {name: t(f"shared.appearance.{name}") for name in ("title", "system", "light", "dark")}
    fixed_script("frame/appearance")(key="appearance", data={"words": words, "pages": list(pages)})


def seen_before(what: str, now: str) -> str | None:
    """What `now` was at this visitor's last look at `what`, which their browser keeps for the next; None while it has not said so."""
    key = f"visit_{what}"
    said = state.widget(key)
    before = said.get("before") if isinstance(said, Mapping) else None
    data = {"what": what, "state": now, "before": before or ""}
    fixed_script("visit/visit")(key=key, data=data, on_before_change=_noted)
    return before if isinstance(before, str) else None


def bars(described: str, shown: Mapping[str, Bar], key: str, *, written: bool = False) -> None:
    """Bars from 0 with their intervals, by name. described: for those who cannot see them; written: with the values, in the type of the page."""
    ends = [end for bar in shown.values() for end in (bar.value, bar.low, bar.high) if end is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)

    def at(value: float | None) -> float | None:
        return None if value is None else round(100 * (value - low) / ((high - low) or 1.0), 2)

    drawn = []
    for name, bar in shown.items():
        left, right = sorted((at(0.0), at(bar.value)))
        place = {"left": left, "width": right - left, "low": at(bar.low), "high": at(bar.high)}
        drawn.append(
            {"name": name, "text": bar.text, "colour": f"light-dark({bar.colour}, {in_dark(bar.colour)})", **place}
        )
    fixed_script("bars/bars")(key=key, data={"described": described, "bars": drawn, "written": written})


def _noted() -> None:
    """The page is drawn again, with what the browser said."""


@functools.cache
def fixed_script(name: str) -> Callable:
    """The component of a script in `dashboard/components`, with its style where it has one."""
    script = (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
    style = _FOLDER / f"{name}.css"
    css = style.read_text(encoding="utf-8") if style.exists() else None
    return st.components.v2.component(name.replace("/", "_"), js=script, css=css)
