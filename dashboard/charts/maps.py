"""Two maps of captions, before and after training, in one coordinate system."""

import html
from typing import TYPE_CHECKING, Any

from dashboard.charts.theme import AXIS, CATEGORIES, GRID, INK, OTHER, Chart, chart, label
from kdmcse.i18n import Locale

if TYPE_CHECKING:
    import pandas as pd

_SIDES = {"before": ("", (0, 0.485)), "after": ("2", (0.515, 1))}
"""Of the chart: the number of its axes in Plotly, and its part of the width."""


def before_and_after(
    t: Locale, points: "pd.DataFrame", titles: tuple[str, str], other: str, chosen: int | None = None
) -> Chart:
    """Two maps in one coordinate system. points: pair, before_x, before_y, after_x, after_y, colour, caption.

    `customdata` carries the pair: all that a picked point says of itself. `other` names what is in no shown category.
    """
    traces, shown = [], shown_category(points["colour"], other)
    for category, colour in categories(points["colour"], other).items():
        rows = points[shown == category]
        about = {
            "name": label(category, 24),
            "legendgroup": category,
            "customdata": rows["pair"].astype(int).tolist(),
            "text": [label(caption) for caption in rows["caption"]],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": colour, "size": 7, "opacity": 0.75, "line": {"width": 0}},
            "unselected": {"marker": {"opacity": 0.75}},
        }
        traces += [_trace(rows, side) | about | {"showlegend": side == "before"} for side in _SIDES]
    if len(ringed := points[points["pair"] == chosen]):
        ring = {"symbol": "circle-open", "size": 18, "color": INK, "line": {"width": 2.5}}
        about = {"showlegend": False, "hoverinfo": "skip", "marker": ring}
        traces += [_trace(ringed, side) | about for side in _SIDES]
    return chart(
        t,
        traces,
        height=470,
        annotations=[_title(title, side) for title, side in zip(titles, _SIDES, strict=True)],
        clickmode="event+select",
        dragmode="pan",
        margin={"l": 8, "r": 16, "t": 34, "b": 8},
        legend={"y": -0.03, "yanchor": "top", "itemclick": False, "itemdoubleclick": False},
        **_axes(),
    )


def _trace(rows: "pd.DataFrame", side: str) -> dict[str, Any]:
    x, y, (number, _) = rows[f"{side}_x"], rows[f"{side}_y"], _SIDES[side]
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "xaxis": f"x{number}", "yaxis": f"y{number}"}


def _axes() -> dict[str, Any]:
    """Those of the right map follow those of the left one."""
    bare = AXIS | {"showticklabels": False, "showgrid": False, "zeroline": False, "linecolor": GRID, "mirror": True}
    found = {}
    for number, width in _SIDES.values():
        found[f"xaxis{number}"] = bare | {"anchor": f"y{number}", "domain": width}
        found[f"yaxis{number}"] = bare | {"anchor": f"x{number}"}
    found["xaxis2"]["matches"], found["yaxis2"]["matches"] = "x", "y"
    return found


def _title(text: str, side: str) -> dict[str, Any]:
    place = {"y": 1, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom", "showarrow": False}
    return place | {"text": html.escape(text), "x": sum(_SIDES[side][1]) / 2, "font": {"size": 16}}


def categories(values: "pd.Series", other: str) -> dict[str, str]:
    """The most frequent values with a colour each; the rest, and the empty one, share `other`."""
    counts = values[values.astype(str).str.strip() != ""].astype(str).value_counts()
    named = sorted(counts.index[: len(CATEGORIES)])
    found = dict(zip(named, CATEGORIES, strict=False))
    return found if set(values.astype(str)) <= set(named) else {**found, other: OTHER}


def shown_category(values: "pd.Series", other: str) -> "pd.Series":
    """The category of each point as the legend has it: `other` for those without a colour of their own."""
    text = values.astype(str)
    return text.where(text.isin(set(categories(values, other)) - {other}), other)
