"""Costs by threshold, by kind of error and by share of true matches."""

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dashboard.charts.theme import CATEGORIES, INK, mark, new_figure
from kdmcse.presentation.palette import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


def cost_by_threshold(
    curves: Mapping[str, "pd.DataFrame"],
    optima: Mapping[str, tuple[float, float]],
    names: Mapping[str, str],
    axis_x: str,
    axis_y: str,
) -> "Figure":
    """One curve per model with its band, and a mark at its own threshold. curves: threshold, monthly_cost, low, high; optima: threshold, cost,
    of those that have one."""
    figure = new_figure(height=380, axis_x=axis_x, axis_y=axis_y, legend=True)
    for method, curve in curves.items():
        figure.add_scatter(
            x=np.concatenate([curve["threshold"], curve["threshold"][::-1]]),
            y=np.concatenate([curve["high"], curve["low"][::-1]]),
            mode="lines",
            fill="toself",
            fillcolor=f"{COLOURS[method]}1F",
            line={"width": 0},
            showlegend=False,
            legendgroup=method,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=curve["threshold"],
            y=curve["monthly_cost"],
            mode="lines",
            name=names[method],
            legendgroup=method,
            line={"color": COLOURS[method], "width": 2, "shape": "hv"},
            hovertemplate="%{x:.3f}: %{y:,.0f}<extra></extra>",
        )
        if method not in optima:
            continue
        threshold, amount = optima[method]
        figure.add_scatter(
            x=[threshold],
            y=[amount],
            mode="markers",
            showlegend=False,
            legendgroup=method,
            cliponaxis=False,
            marker=mark(method, 14),
            hovertemplate=f"{html.escape(names[method])}<br>%{{x:.3f}}: %{{y:,.0f}}<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero", tickformat=",.0f")
    return figure


def stacked_costs(table: "pd.DataFrame", axis: str) -> "Figure":
    """A bar per model, a part per kind of error. table: name, kind, monthly_cost (below 0: what matches gain)."""
    names, kinds = list(dict.fromkeys(table["name"])), list(dict.fromkeys(table["kind"]))
    figure = new_figure(height=110 + 46 * len(names), axis_x=axis, legend=True)
    for place, kind in enumerate(kinds):
        part = table[table["kind"] == kind].set_index("name")["monthly_cost"].reindex(names).fillna(0)
        figure.add_bar(
            x=part,
            y=names,
            orientation="h",
            name=html.escape(kind),
            marker={
                "color": CATEGORIES[place % len(CATEGORIES)],
                "pattern": {"shape": ("", "/", ".", "x", "-", "|")[place // 2 % 6], "solidity": 0.2},
            },
            hovertemplate="%{y}: %{x:,.0f}<extra>" + html.escape(kind) + "</extra>",
        )
    figure.update_layout(barmode="relative", bargap=0.35)
    figure.update_xaxes(tickformat=",.0f")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def cost_by_base_rate(
    table: "pd.DataFrame", names: Mapping[str, str], now: float | None, axis_x: str, axis_y: str
) -> "Figure":
    """A line per model, dotted ones for taking all, none or asking people. table: model, base_rate, monthly_cost; now: the entered share."""
    figure = new_figure(height=360, axis_x=axis_x, axis_y=axis_y, legend=True)
    for model, line in table.groupby("model", sort=False):
        known = model in COLOURS
        figure.add_scatter(
            x=line["base_rate"],
            y=line["monthly_cost"],
            mode="lines",
            name=html.escape(names[model]),
            line={
                "color": COLOURS.get(model, "#A9B2BB"),
                "width": 2 if known else 1.5,
                "dash": "solid" if known else {"all": "dot", "none": "dash"}.get(model, "dashdot"),
            },
            hovertemplate="%{x:.0%}: %{y:,.0f}<extra>" + html.escape(names[model]) + "</extra>",
        )
    if now is not None:
        figure.add_vline(x=now, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    # Taking all or none soon costs many times as much: what the models cost sets the scale.
    models = table[table["model"].isin(COLOURS)]["monthly_cost"]
    low, high = float(models.min()), float(models.max())
    figure.update_yaxes(tickformat=",.0f", range=[min(0.0, low), (high or 1.0) * 1.15])
    return figure
