"""Two lists of results side by side, with pictures and lines between the results that both have: a component of our own, drawn in the browser."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

_HTML = '<div class="lists"></div>'
_HERE = Path(__file__)


@dataclass(frozen=True)
class Row:
    """One result."""

    caption: str
    picture: str | None
    """data address; None where there is none"""
    notes: Sequence[tuple[str, str]] = ()
    """kind (up, down, same, only, group) and words"""


@dataclass(frozen=True)
class List:
    """One list, the best first."""

    title: str
    rows: Sequence[Row]


def two_lists(
    lists: Sequence[List], moves: Sequence[tuple[int, int]], *, label: str, pictures: bool, blind: bool, key: str
) -> None:
    """One or two lists. moves: of each result that both have, its place in each, from 0. blind: lines do not tell which way they go."""
    columns = [
        {
            "title": one.title,
            "hits": [
                {
                    "caption": row.caption,
                    "picture": row.picture,
                    "notes": [{"kind": kind, "text": text} for kind, text in row.notes],
                }
                for row in one.rows
            ],
        }
        for one in lists
    ]
    shown = {"columns": columns, "moves": [list(move) for move in moves], "label": label}
    _component()(data=shown | {"pictures": pictures, "blind": blind}, key=key)


@functools.cache
def _component() -> Callable:
    css, js = (_HERE.with_suffix(ending).read_text(encoding="utf-8") for ending in (".css", ".js"))
    return st.components.v2.component("two_lists", html=_HTML, css=css, js=js)
