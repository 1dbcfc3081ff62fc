"""How every chart looks: marks, colours of categories, fonts and axes. This room needs neither Streamlit nor Plotly: a chart is plain data.

A method has one colour and one mark everywhere: colours of different lightness, so that they also differ in
print and for colour-blind eyes, and a mark of its own, so that colour is never the only difference.
"""

import html
import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from kdmcse.i18n import MISSING, Locale, plain_text
from kdmcse.presentation.palette import COLOURS, DARK
from kdmcse.presentation.ticks import money_ticks, ticks_around

Chart = dict[str, Any]
"""A figure as Plotly's JSON has it: `data`, a list of traces, and `layout`. Streamlit validates it, once; built of Plotly's objects it takes
several times as long."""
MARKS = {
    "baseline": "diamond",
    "simcse": "circle",
    "simcse_margin": "triangle-down",
    "mcse": "square",
    "kdmcse": "star",
    "gist": "triangle-up",
    "dalr": "hexagon",
    "rankcse": "cross",
}
CONFIG = {"displaylogo": False, "showSendToCloud": False, "plotlyServerURL": "", "displayModeBar": False}
_FONT = '"Source Sans", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", Meiryo, sans-serif'
INK, GRID, FAINT, _ASIDE = "#3A444E", "#E6EAEE", "#A9B2BB", "#66717D"
IN_DARK = DARK | {INK: "#c9d1d9", GRID: "#2a323b", FAINT: "#7c8792", _ASIDE: "#a9b4bf", "#ffffff": "#161c23"}
"""What stands for a colour of a chart on a dark page. Plotly writes colours into what it draws and takes no variables: the browser replaces
them, at once and with nothing asked of the server."""
_TITLE = {"standoff": 10, "font": {"size": 13, "color": _ASIDE}}
_TITLE_ROOM = 24
AXIS = {"automargin": True, "title": _TITLE}


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


def amounts(t: Locale, values: Iterable[float], currency: str) -> list[str]:
    """Amounts of money as `Locale.money` writes them, on one line. For each point of a curve Babel would take longer than all the rest."""
    above, below = (plain_text(t.money(one, currency)).split("1") for one in (1, -1))
    thousands = t.separators[1]

    def written(value: float) -> str:
        if math.isnan(value):
            return MISSING
        whole = round(value)
        before, after = above if whole >= 0 else below
        return before + f"{abs(whole):,}".replace(",", thousands) + after

    return [written(value) for value in values]


def money_axis(t: Locale, currency: str, low: float, high: float) -> dict[str, Any]:
    """An axis of amounts around both, marked in what the language counts in: ¥1 M, 100万円."""
    ticks = ticks_around(low, high)
    return {"tickvals": ticks, "ticktext": [plain_text(text) for text in money_ticks(t, ticks, currency)]}


def hover(t: Locale, where: str, value: str, name: str = "") -> str:
    """What a mark tells: where it stands and its value, both as Plotly's templates, and in the colour of its line the name."""
    return f"{where}{t('shared.colon')}{value}<extra>{html.escape(name)}</extra>"


def chart(
    t: Locale,
    traces: Sequence[dict[str, Any]],
    *,
    height: int,
    x: dict[str, Any] | None = None,
    y: dict[str, Any] | None = None,
    axis_x: str = "",
    axis_y: str = "",
    legend: bool | dict[str, Any] = False,
    **layout: Any,
) -> Chart:
    """Traces in the look of all charts. axis_x, axis_y: titles of the axes; x, y, legend, layout: further properties of each.

    Numbers that Plotly writes, on axes and by templates, have the marks of the language.
    """
    axis = AXIS | {"gridcolor": GRID, "zeroline": False}
    look = {
        "height": height,
        "margin": layout.pop("margin", None) or _margins(t, traces, axis_x, axis_y, bool(legend)),
        "separators": t.separators,
        "showlegend": bool(legend),
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
        | (legend if isinstance(legend, dict) else {}),
        "template": {"data": {"scatter": [{"type": "scatter"}]}},  # no look of Plotly's
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FONT, "size": 14, "color": INK},
        "hoverlabel": {
            "bgcolor": "white",
            "bordercolor": GRID,
            "font": {"color": INK, "family": _FONT},
            "align": "left",
        },
        "xaxis": axis | {"linecolor": GRID, "title": _TITLE | {"text": html.escape(axis_x)}} | (x or {}),
        "yaxis": axis | {"title": _TITLE | {"text": html.escape(axis_y)}} | (y or {}),
    }
    return {"data": list(traces), "layout": look | layout}


def _margins(t: Locale, traces: Sequence[dict[str, Any]], axis_x: str, axis_y: str, legend: bool) -> dict[str, int]:
    """Pixels about as wide as the labels: Plotly makes room for wider ones itself (`automargin`), and then draws everything twice."""
    return {
        "l": 22 + _widest(t, traces, "y") + (_TITLE_ROOM if axis_y else 0),
        "r": 4 + math.ceil(_widest(t, traces, "x") / 2),  # the last label stands in the middle of its mark, at the edge
        "t": 52 if legend else 12,
        "b": 30 + (_TITLE_ROOM if axis_x else 0),
    }


def _widest(t: Locale, traces: Sequence[dict[str, Any]], axis: str) -> int:
    """Pixels of the widest label of an axis, about: of names, or of numbers up to the farthest from 0."""
    places = [(place, trace.get("base", 0)) for trace in traces for place in trace[axis]]
    if names := [place for place, _ in places if isinstance(place, str)]:
        return max(map(width_of, names))
    # A bar may begin elsewhere than at 0.
    highest = max((abs(place + base) for place, base in places if place is not None and place == place), default=0.0)
    return width_of(t.number(highest) if highest >= 10 else t.number(0, 2))


def width_of(text: str) -> int:
    """Pixels of a label of an axis, about."""
    wide = sum(unicodedata.east_asian_width(one) in "WFA" for one in text)
    return 15 * wide + 7 * (len(text) - wide) + 3 * sum(map(str.isupper, text)) - 3 * sum(map(text.count, ",. "))


def line_at(x: float, **line: Any) -> dict[str, Any]:
    """A vertical line through the whole chart, one of its `shapes`."""
    return {"type": "line", "x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain", "line": line}
