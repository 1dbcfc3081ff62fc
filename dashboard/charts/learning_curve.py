"""Score by pairs trained on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import Chart, chart, hover, mark
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation.palette import COLOURS
from kdmcse.presentation.statistics import range_text

if TYPE_CHECKING:
    import pandas as pd


def data_curve(
    t: Locale,
    points: "pd.DataFrame",
    line: "pd.DataFrame | None",
    names: Mapping[str, str],
    axes: tuple[str, str],
    baseline: float | None,
) -> Chart:
    """Score by pairs learnt from: a dot per run, and the law with its band where there is one, dashed beyond what was measured.

    points: pairs, score, label. line: pairs, value, low, high, measured. names of: point, law, beyond, band, baseline.
    """
    colour, traces = COLOURS["kdmcse"], []
    if line is not None:
        traces.append(
            {
                "type": "scatter",
                "x": [*line["pairs"], *reversed(line["pairs"])],
                "y": [*line["high"], *reversed(line["low"])],
                "mode": "lines",
                "fill": "toself",
                "fillcolor": f"{colour}21",
                "line": {"width": 0},
                "name": names["band"],
                "hoverinfo": "skip",
            }
        )
        beyond = line[line["pairs"] >= line.loc[line["measured"], "pairs"].max()]
        for name, part, dash in (("law", line[line["measured"]], "solid"), ("beyond", beyond, "dash")):
            traces.append(
                {
                    "type": "scatter",
                    "x": part["pairs"],
                    "y": part["value"],
                    "mode": "lines",
                    "name": names[name],
                    "line": {"color": colour, "width": 2, "dash": dash},
                    "customdata": [
                        plain_text(range_text(t, *(t.number(value, 3) for value in row)))
                        for row in part[["value", "low", "high"]].to_numpy()
                    ],
                    "hovertemplate": hover(t, "%{x:,.0f}", "%{customdata}"),
                }
            )
    traces.append(
        {
            "type": "scatter",
            "x": points["pairs"],
            "y": points["score"],
            "mode": "markers",
            "name": names["point"],
            "cliponaxis": False,
            "marker": mark("kdmcse", 11),
            "text": points["label"],
            "hovertemplate": hover(t, "%{text}<br>%{x:,.0f}", "%{y:.3f}"),
        }
    )
    if baseline is not None:
        ends = [0, max(points["pairs"].max(), 0 if line is None else line["pairs"].max())]
        traces.append(
            {
                "type": "scatter",
                "x": ends,
                "y": [baseline] * 2,
                "mode": "lines",
                "name": names["baseline"],
                "line": {"color": COLOURS["baseline"], "width": 1, "dash": "dot"},
                "hovertemplate": "%{y:.3f}<extra></extra>",
            }
        )
    x = {"rangemode": "tozero", "tickformat": ",.0f"}
    return chart(t, traces, height=380, x=x, axis_x=axes[0], axis_y=axes[1], legend=True)
