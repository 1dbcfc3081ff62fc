"""What moves the return most, and how it lies when every input moves."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import INK, Chart, chart, label, line_at
from kdmcse.presentation.palette import COLOURS

if TYPE_CHECKING:
    import pandas as pd

TAIL = 0.005
"""Share of the draws at either end that a histogram leaves out."""


def tornado(rows: "pd.DataFrame", base: float, names: Mapping[str, str], axis: str) -> Chart:
    """A bar per input from the value as entered to the values at both ends of its range, the greatest swing on top.

    rows: label, value_low, value_high, low, high (as text). names of: low, high, the ends of an input.
    """
    shown = [label(text, 44) for text in rows["label"]]
    traces = [
        {
            "type": "bar",
            "y": shown,
            "x": rows[f"value_{end}"] - base,
            "base": base,
            "orientation": "h",
            "name": names[end],
            "marker": _marker(colour, pattern),
            "text": [label(text) for text in rows[end]],
            "textposition": "none",
            "customdata": rows[f"value_{end}"],
            "hovertemplate": "%{y}<br>%{text}: %{customdata:,.0f}<extra></extra>",
        }
        for end, colour, pattern in (("low", COLOURS["mcse"], "/"), ("high", COLOURS["kdmcse"], ""))
    ]
    return chart(
        traces,
        height=70 + 38 * len(rows),
        x={"tickformat": ",.0f", "nticks": 7},
        y={"autorange": "reversed", "showgrid": False, "ticksuffix": "  "},
        axis_x=axis,
        legend=True,
        barmode="overlay",
        bargap=0.35,
        shapes=[_at_zero()],
    )


def histogram(bins: "pd.DataFrame", names: Mapping[str, str], axes: tuple[str, str]) -> Chart:
    """Draws of an amount, those below 0 marked; without the few outermost ones. bins: low, high, draws. names of: below, above."""
    counted = bins["draws"].cumsum() / bins["draws"].sum()
    bins = bins[(counted >= TAIL) & (counted.shift(fill_value=0.0) <= 1 - TAIL)]
    middle = (bins["low"] + bins["high"]) / 2
    traces = [
        {
            "type": "bar",
            "x": middle[rows],
            "y": bins["draws"][rows],
            "width": (bins["high"] - bins["low"])[rows],
            "name": names[name],
            "marker": _marker(colour, pattern),
            "customdata": bins[["low", "high"]][rows],
            "hovertemplate": "%{customdata[0]:,.0f} – %{customdata[1]:,.0f}: %{y:,.0f}<extra></extra>",
        }
        for name, rows, colour, pattern in (
            ("below", middle < 0, "#B5442B", "/"),
            ("above", middle >= 0, COLOURS["kdmcse"], ""),
        )
    ]
    return chart(
        traces,
        height=320,
        x={"tickformat": ",.0f", "nticks": 7},
        y={"tickformat": ",.0f"},
        axis_x=axes[0],
        axis_y=axes[1],
        legend=True,
        bargap=0,
        barmode="overlay",
        shapes=[_at_zero()],
    )


def _marker(colour: str, pattern: str) -> dict:
    return {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6}}


def _at_zero() -> dict:
    return line_at(0, color=INK, width=1, dash="dot")
