"""What moves the return most, and how it lies when every input moves."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import INK, Chart, amounts, chart, hover, label, line_at, money_axis
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation.palette import LESS, MORE

if TYPE_CHECKING:
    import pandas as pd

TAIL = 0.005
"""Share of the draws at either end that a histogram leaves out."""


def tornado(t: Locale, currency: str, rows: "pd.DataFrame", base: float, names: Mapping[str, str], axis: str) -> Chart:
    """A bar per input from the value as entered to the values at both ends of its range, the greatest swing on top.

    rows: label, value_low, value_high, low, high (as text). names of: low, high, the ends of an input.
    """
    ends = [base, *rows["value_low"], *rows["value_high"]]
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
            "customdata": amounts(t, rows[f"value_{end}"], currency),
            "hovertemplate": hover(t, "%{y}<br>%{text}", "%{customdata}"),
        }
        for end, colour, pattern in (("low", LESS, "/"), ("high", MORE, ""))
    ]
    return chart(
        t,
        traces,
        height=70 + 38 * len(rows),
        x=money_axis(t, currency, min(0.0, *ends), max(0.0, *ends)),
        y={"autorange": "reversed", "showgrid": False, "ticksuffix": "  "},
        axis_x=axis,
        legend=True,
        barmode="group",  # beside each other: both ends may lie on one side of the base
        bargap=0.3,
        shapes=[_at_zero()],
    )


def histogram(t: Locale, currency: str, bins: "pd.DataFrame", names: Mapping[str, str], axes: tuple[str, str]) -> Chart:
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
            "customdata": _ends(t, currency, bins[rows]),
            "hovertemplate": hover(t, "%{customdata}", "%{y:,.0f}"),
        }
        for name, rows, colour, pattern in (
            ("below", middle < 0, LESS, "/"),
            ("above", middle >= 0, MORE, ""),
        )
    ]
    return chart(
        t,
        traces,
        height=320,
        x=money_axis(t, currency, min(0.0, bins["low"].min()), max(0.0, bins["high"].max())),
        y={"tickformat": ",.0f"},
        axis_x=axes[0],
        axis_y=axes[1],
        legend=True,
        bargap=0,
        barmode="overlay",
        shapes=[_at_zero()],
    )


def _ends(t: Locale, currency: str, bins: "pd.DataFrame") -> list[str]:
    ends = zip(amounts(t, bins["low"], currency), amounts(t, bins["high"], currency), strict=True)
    return [plain_text(t("roi.range", low=low, high=high)) for low, high in ends]


def _marker(colour: str, pattern: str) -> dict:
    return {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6}}


def _at_zero() -> dict:
    return line_at(0, color=INK, width=1, dash="dot")
