"""Scores of every method, seed by seed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import Chart, chart, line_at, mark
from kdmcse.config import BASELINE
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import COLOURS

if TYPE_CHECKING:
    import pandas as pd


def scores_by_seed(t: Locale, rows: "pd.DataFrame", column: str, names: Mapping[str, str], axis: str) -> Chart:
    """A line per method, a dot per seed. rows: method, seed, `column`; `names` by method."""
    traces, shapes = [], []
    for method, name in names.items():
        found = rows[(rows["method"] == method) & rows[column].notna()]
        traces.append(
            {
                "type": "scatter",
                "x": found[column],
                "y": [name] * len(found),
                "mode": "markers",
                "name": name,
                "cliponaxis": False,
                "marker": mark(method, 13),
                "text": ["" if method == BASELINE else t("shared.seed", n=t.number(n)) for n in found["seed"]],
                "hovertemplate": "%{y} %{text}<br>%{x:.3f}<extra></extra>",
            }
        )
        if method == BASELINE and len(found):
            shapes.append(line_at(found[column].iloc[0], color=COLOURS[method], dash="dot", width=1))
    y = {
        "autorange": "reversed",
        "categoryorder": "array",
        "categoryarray": list(names.values()),
        "showgrid": False,
    }
    return chart(t, traces, height=76 + 46 * len(names), y=y, axis_x=axis, shapes=shapes)
