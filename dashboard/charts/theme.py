"""How every chart looks: marks, colours of categories, fonts and axes. No Streamlit in this room; Plotly is imported when the first figure is drawn.

A method has one colour and one mark everywhere: colours of different lightness, so that they also differ in
print and for colour-blind eyes, and a mark of its own, so that colour is never the only difference.
"""

import html
from typing import TYPE_CHECKING

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


def label(text: object, length: int = 80) -> str:
    """User's text for a Plotly label, which reads a dialect of HTML and of TeX."""
    text = " ".join(str(text).split())
    text = text if len(text) <= length else text[: length - 1] + "…"
    return html.escape(text).replace("$", "&#36;")


def new_figure(*, height: int, axis_x: str = "", axis_y: str = "", legend: bool = False) -> "Figure":
    from plotly.graph_objects import Figure

    figure = Figure()
    style_figure(figure, height=height, legend=legend)
    figure.update_xaxes(title_text=html.escape(axis_x), gridcolor=GRID, zeroline=False, linecolor=GRID)
    figure.update_yaxes(title_text=html.escape(axis_y), gridcolor=GRID, zeroline=False)
    return figure


def style_figure(figure: "Figure", *, height: int, legend: bool) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 12, "b": 8},
        showlegend=legend,
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={
            "family": _FONT,
            "size": 14,
            "color": INK,
        },
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={
            "bgcolor": "white",
            "bordercolor": GRID,
            "font": {"color": INK, "family": _FONT},
            "align": "left",
        },
    )
    title = {"standoff": 10, "font": {"size": 13, "color": "#66717D"}}
    figure.update_xaxes(automargin=True, title=title)
    figure.update_yaxes(automargin=True, title=title)
