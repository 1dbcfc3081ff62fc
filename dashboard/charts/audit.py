"""A teacher's cosines: how true and wrong pairs, two images and two captions lie."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import Chart, chart, hover, line_at
from kdmcse.audit.cosines import BIN
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import SERIES

if TYPE_CHECKING:
    from kdmcse.audit.cosines import Look, Spread

KINDS = {
    "true": (SERIES[0], "solid"),
    "wrong": (SERIES[2], "solid"),
    "images": (SERIES[1], "dash"),
    "captions": (SERIES[4], "dot"),
}
"""Kind of pairs -> colour and dash: colour is never the only difference."""


def cosine_spread(t: Locale, look: "Look", names: Mapping[str, str], axes: tuple[str, str]) -> Chart:
    """The share of each kind's cosines in bars, as lines; and the median true pair. names: of the kinds."""
    joined = _joined(look)
    traces = [_trace(t, getattr(look, kind), joined, names[kind], *style) for kind, style in KINDS.items()]
    median = line_at(look.true.quartiles[1], color=KINDS["true"][0], width=1, dash="dot")
    axis = {"tickformat": ".1~%", "rangemode": "tozero"}
    return chart(t, traces, height=320, y=axis, axis_x=axes[0], axis_y=axes[1], legend=True, shapes=[median])


def _joined(look: "Look") -> int:
    """How many bars make one, so that few pairs draw no thorns: the width of Freedman and Diaconis (1981) for the true pairs, the fewest."""
    lower, _, upper = look.true.quartiles
    return max(1, round(2 * (upper - lower) / look.pairs ** (1 / 3) / BIN))


def _trace(t: Locale, spread: "Spread", joined: int, name: str, colour: str, dash: str) -> dict:
    first = round(spread.first / BIN)
    begins = range(first - first % joined, first + len(spread.bars), joined)  # the same for all kinds
    bars = [sum(spread.bars[max(0, begin - first) : begin - first + joined]) for begin in begins]
    return {
        "type": "scatter",
        "x": [round((begin + joined / 2) * BIN, 4) for begin in begins],
        "y": [round(bar, 6) for bar in bars],
        "mode": "lines",
        "name": name,
        "line": {"color": colour, "width": 2, "dash": dash},
        "hovertemplate": hover(t, "%{x:.2f}", "%{y:.1%}"),
    }
