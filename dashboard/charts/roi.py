"""What moves the return most, and how it lies when every input moves."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import INK, label, new_figure
from kdmcse.presentation.palette import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

TAIL = 0.005
"""Share of the draws at either end that a histogram leaves out."""


def tornado(rows: "pd.DataFrame", base: float, names: Mapping[str, str], axis: str) -> "Figure":
    """A bar per input from the value as entered to the values at both ends of its range, the greatest swing on top.

    rows: label, value_low, value_high, low, high (as text). names of: low, high, the ends of an input.
    """
    figure = new_figure(height=70 + 38 * len(rows), axis_x=axis, legend=True)
    shown = [label(text, 44) for text in rows["label"]]
    for end, colour, pattern in (("low", COLOURS["mcse"], "/"), ("high", COLOURS["kdmcse"], "")):
        figure.add_bar(
            y=shown,
            x=rows[f"value_{end}"] - base,
            base=base,
            orientation="h",
            name=names[end],
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6},
            },
            text=[label(text) for text in rows[end]],
            textposition="none",
            customdata=rows[f"value_{end}"],
            hovertemplate="%{y}<br>%{text}: %{customdata:,.0f}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_layout(barmode="overlay", bargap=0.35)
    figure.update_xaxes(tickformat=",.0f", nticks=7)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return figure


def histogram(bins: "pd.DataFrame", names: Mapping[str, str], axes: tuple[str, str]) -> "Figure":
    """Draws of an amount, those below 0 marked; without the few outermost ones. bins: low, high, draws. names of: below, above."""
    counted = bins["draws"].cumsum() / bins["draws"].sum()
    bins = bins[(counted >= TAIL) & (counted.shift(fill_value=0.0) <= 1 - TAIL)]
    figure = new_figure(height=320, axis_x=axes[0], axis_y=axes[1], legend=True)
    middle = (bins["low"] + bins["high"]) / 2
    for name, rows, colour, pattern in (
        ("below", middle < 0, "#B5442B", "/"),
        ("above", middle >= 0, COLOURS["kdmcse"], ""),
    ):
        figure.add_bar(
            x=middle[rows],
            y=bins["draws"][rows],
            width=(bins["high"] - bins["low"])[rows],
            name=names[name],
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6},
            },
            customdata=bins[["low", "high"]][rows],
            hovertemplate="%{customdata[0]:,.0f} – %{customdata[1]:,.0f}: %{y:,.0f}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_layout(bargap=0, barmode="overlay")
    figure.update_xaxes(tickformat=",.0f", nticks=7)
    figure.update_yaxes(tickformat=",.0f")
    return figure
