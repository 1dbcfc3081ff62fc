"""Costs by threshold, by kind of error and by share of true matches."""

import html
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.charts.theme import FAINT, INK, Chart, amounts, chart, hover, line_at, mark, money_axis
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import COLOURS, MISTAKES

if TYPE_CHECKING:
    import pandas as pd

_PATTERNS = ("", "/", ".", "x", "-", "|")


def cost_by_threshold(
    t: Locale,
    currency: str,
    curves: Mapping[str, "pd.DataFrame"],
    optima: Mapping[str, tuple[float, float]],
    names: Mapping[str, str],
    compared: Collection[str],
    axis_x: str,
    axis_y: str,
) -> Chart:
    """One curve per model, those that are compared with their bands, and a mark at its own threshold. curves: threshold, monthly_cost, low,
    high; optima: threshold, cost, of those that have one."""
    traces = []
    for method, curve in curves.items():
        if method in compared:
            traces.append(_band(method, curve))
        traces.append(
            {
                "type": "scatter",
                "x": curve["threshold"],
                "y": curve["monthly_cost"],
                "mode": "lines",
                "name": html.escape(names[method]),
                "legendgroup": method,
                "line": {"color": COLOURS[method], "width": 2, "shape": "hv"},
                "customdata": amounts(t, curve["monthly_cost"], currency),
                "hovertemplate": hover(t, "%{x:.3f}", "%{customdata}", names[method]),
            }
        )
        if method not in optima:
            continue
        threshold, amount = optima[method]
        traces.append(
            {
                "type": "scatter",
                "x": [threshold],
                "y": [amount],
                "mode": "markers",
                "name": html.escape(names[method]),
                "showlegend": False,
                "legendgroup": method,
                "cliponaxis": False,
                "marker": mark(method, 14) | {"opacity": 1},  # the curve runs behind it
                "customdata": amounts(t, [amount], currency),
                "hovertemplate": hover(t, "%{x:.3f}", "%{customdata}", names[method]),
            }
        )
    shown = [end for method, curve in curves.items() for end in _ends(curve, banded=method in compared)]
    y = {"rangemode": "tozero", **money_axis(t, currency, min(0.0, *shown), max(shown))}
    return chart(t, traces, height=380, y=y, axis_x=axis_x, axis_y=axis_y, legend=True)


def _ends(curve: "pd.DataFrame", *, banded: bool) -> tuple[float, float]:
    low, high = ("low", "high") if banded else ("monthly_cost", "monthly_cost")
    return float(curve[low].min()), float(curve[high].max())


def _band(method: str, curve: "pd.DataFrame") -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": np.concatenate([curve["threshold"], curve["threshold"][::-1]]),
        "y": np.concatenate([curve["high"], curve["low"][::-1]]),
        "mode": "lines",
        "fill": "toself",
        "fillcolor": f"{COLOURS[method]}1F",
        "line": {
            "width": 1,
            "color": f"{COLOURS[method]}99",
        },  # two bands that lie on each other are told by their edges
        "showlegend": False,
        "legendgroup": method,
        "hoverinfo": "skip",
    }


def stacked_costs(t: Locale, currency: str, table: "pd.DataFrame", axis: str) -> Chart:
    """A bar per model, a part per kind of error. table: name, kind, error, monthly_cost (below 0: what matches gain).

    Parts of one error have its colour, and a pattern each.
    """
    names, errors = list(dict.fromkeys(table["name"])), dict(zip(table["kind"], table["error"], strict=True))
    traces, before = [], Counter()
    for kind, error in errors.items():
        part = table[table["kind"] == kind].set_index("name")["monthly_cost"].reindex(names).fillna(0)
        colour = MISTAKES[error]
        traces.append(
            {
                "type": "bar",
                "x": part,
                "y": names,
                "orientation": "h",
                "name": html.escape(kind),
                "marker": {
                    "color": colour,
                    "pattern": {"shape": _PATTERNS[before[colour] % len(_PATTERNS)], "solidity": 0.2},
                },
                "customdata": amounts(t, part, currency),
                "hovertemplate": hover(t, "%{y}", "%{customdata}", kind),
            }
        )
        before[colour] += 1
    return chart(
        t,
        traces,
        height=110 + 46 * len(names),
        x=money_axis(t, currency, *_stacked(table)),
        y={"autorange": "reversed", "showgrid": False},
        axis_x=axis,
        legend=True,
        barmode="relative",
        bargap=0.35,
    )


def _stacked(table: "pd.DataFrame") -> tuple[float, float]:
    """How far the bars reach below and above 0."""
    parts, names = table["monthly_cost"], table["name"]
    below, above = (side.groupby(names).sum() for side in (parts.clip(upper=0), parts.clip(lower=0)))
    return float(below.min()), float(above.max())


def cost_by_base_rate(
    t: Locale,
    currency: str,
    table: "pd.DataFrame",
    names: Mapping[str, str],
    now: float | None,
    axis_x: str,
    axis_y: str,
) -> Chart:
    """A line per model, broken ones for taking all, none or asking people. table: model, base_rate, monthly_cost; now: the entered share."""
    traces = []
    for model, line in table.groupby("model", sort=False):
        known = model in COLOURS
        traces.append(
            {
                "type": "scatter",
                "x": line["base_rate"],
                "y": line["monthly_cost"],
                "mode": "lines",
                "name": html.escape(names[model]),
                "line": {
                    "color": COLOURS.get(model, FAINT),
                    "width": 2 if known else 1.5,
                    "dash": "solid" if known else {"all": "dot", "none": "dash"}.get(model, "dashdot"),
                },
                "customdata": amounts(t, line["monthly_cost"], currency),
                "hovertemplate": hover(t, "%{x:.3~%}", "%{customdata}", names[model]),
            }
        )
    # Taking all or none soon costs many times as much: what the models cost sets the scale.
    models = table[table["model"].isin(COLOURS)]["monthly_cost"]
    low, high = float(models.min()), float(models.max())
    top = (high or 1.0) * 1.15
    return chart(
        t,
        traces,
        height=360,
        x={"tickformat": ".0%", "range": [0, 1]},
        y={"range": [min(0.0, low), top], **money_axis(t, currency, min(0.0, low), top)},
        axis_x=axis_x,
        axis_y=axis_y,
        legend=True,
        shapes=[] if now is None else [line_at(now, color=INK, width=1, dash="dot")],
    )
