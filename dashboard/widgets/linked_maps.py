"""Two maps that move together, as a component of the browser: `dashboard/components/map` has what runs there.

It gets positions as whole numbers of 16 bits and categories as bytes, and says in a text what was picked (`kdmcse.evaluation.map_selection`).
"""

import base64
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard import state
from kdmcse.evaluation.map_selection import parse
from kdmcse.i18n import Locale
from kdmcse.presentation.map import Legend
from kdmcse.presentation.palette import MAP_DARK

_FOLDER = Path(__file__).parents[1] / "components" / "map"
_SCRIPTS = ("places.js", "drawing.js", "stage.js", "map.js")
"""Put together in this order: a component has one script."""
WORDS = (
    "move", "lasso", "zoom_in", "zoom_out", "reset", "linked", "view", "clear", "tools", "keys", "show_all", "picked", "nothing", "gallery", "more",
)  # fmt: skip


def linked_maps(
    t: Locale,
    key: str,
    pairs: np.ndarray,
    positions: np.ndarray,
    legend: Legend,
    *,
    titles: Sequence[str],
    picked: str,
    source: str,
) -> None:
    """pairs (n,), positions (n, 4) of `quantise`. What is picked stands in the address under `picked`. source: where captions and pictures are."""
    places, codes = _packed(positions, "<u2"), _packed(legend.codes, "u1")
    data = {
        "pairs": _packed(pairs, "<u4"),
        "positions": places,
        "places": _digest(places),
        "codes": codes,
        "colours": _digest(codes),
        "legend": [asdict(entry) | {"dark": MAP_DARK[entry.colour]} for entry in legend.entries],
        "alike": legend.alike,
        "titles": list(titles),
        "picked": picked,
        "source": source,
        "language": t.language,
        "words": {name: t(f"page_map.words.{name}", **_BLANKS.get(name, {})) for name in WORDS},
    }
    _component()(key=key, data=data, on_picked_change=_keep(key))


_BLANKS = {"picked": {"n": "{n}"}, "more": {"n": "{n}"}}
"""What the browser fills in."""


def _keep(key: str) -> Callable[[], None]:
    """What the browser says is picked goes into the address, where it is some selection at all."""

    def keep() -> None:
        value = state.widget(key)
        said = value.get("picked") if isinstance(value, Mapping) else None
        state.choose("picked", said if isinstance(said, str) and parse(said) else None)

    return keep


@functools.cache
def _component() -> Callable:
    read = {name: (_FOLDER / name).read_text(encoding="utf-8") for name in ("map.html", "map.css", *_SCRIPTS)}
    script = "\n".join(read[name] for name in _SCRIPTS)
    return st.components.v2.component("kdmcse_map", html=read["map.html"], css=read["map.css"], js=script)


def _packed(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def _digest(packed: str) -> str:
    return hashlib.sha256(packed.encode()).hexdigest()[:16]
