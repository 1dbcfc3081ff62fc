"""How every chart looks: marks, colours of categories, fonts and axes. No Streamlit in this room; Plotly is imported when the first figure is drawn.

A method has one colour and one mark everywhere: colours of different lightness, so that they also differ in
print and for colour-blind eyes, and a mark of its own, so that colour is never the only difference.
"""

import html
from typing import TYPE_CHECKING, Any

from kdmcse.presentation.palette import COLOURS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MARKS = {
    "baseline": "diamond",
    "simcse": "circle",
    "mcse": "square",
    "kdmcse": "star",
    "gist": "triangle-up",
    "dalr": "hexagon",
}
CATEGORIES = (
    "#1F4E79",
    "#D9952B",
    "#5BA3CF",
    "#1B7F5C",
    "#B5442B",
    "#8C6BB1",
    "#A8B545",
    "#4A545E",
    "#E3A6B8",
    "#6F5200",
    "#2FA8A0",
    "#E0703C",
)
OTHER = "#C9D0D7"
CONFIG = {"displaylogo": False, "showSendToCloud": False, "plotlyServerURL": "", "displayModeBar": False}
_FONT = '"Source Sans", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", Meiryo, sans-serif'
INK, GRID = "#3A444E", "#E6EAEE"
_TITLE = {"standoff": 10, "font": {"size": 13, "color": "#66717D"}}
_AXIS = {"automargin": True, "title": _TITLE}


def mark(method: str, size: int) -> dict[str, Any]:
    """The mark of a method in its colour, with a white edge."""
    return {
        "color": COLOURS[method],
        "symbol": MARKS[method],
        "size": size,
        "opacity": 0.85,
        "line": {"color": "white", "width": 1},
    }


def label(text: object, length: int = 80) -> str:
    """User's text for a Plotly label, which reads a dialect of HTML and of TeX."""
    text = " ".join(str(text).split())
    text = text if len(text) <= length else text[: length - 1] + "…"
    return html.escape(text).replace("$", "&#36;")


def new_figure(*, height: int, axis_x: str = "", axis_y: str = "", legend: bool = False) -> "Figure":
    from plotly.graph_objects import Figure

    # All at once: Plotly takes a dozen times as long to update a figure that is there.
    axis = _AXIS | {"gridcolor": GRID, "zeroline": False}
    axes = {
        "xaxis": axis | {"linecolor": GRID, "title": _TITLE | {"text": html.escape(axis_x)}},
        "yaxis": axis | {"title": _TITLE | {"text": html.escape(axis_y)}},
    }
    return Figure(layout=_layout(height=height, legend=legend) | axes)


def style_figure(figure: "Figure", *, height: int, legend: bool) -> None:
    """The look of a figure of several parts."""
    figure.update_layout(_layout(height=height, legend=legend))
    figure.update_xaxes(_AXIS)
    figure.update_yaxes(_AXIS)


def _layout(*, height: int, legend: bool) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 12, "b": 8},
        "showlegend": legend,
        "template": {"data": {"scatter": [{"type": "scatter"}]}},  # no look of Plotly's
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FONT, "size": 14, "color": INK},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hoverlabel": {
            "bgcolor": "white",
            "bordercolor": GRID,
            "font": {"color": INK, "family": _FONT},
            "align": "left",
        },
    }
