"""Scores of every method, seed by seed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.charts.theme import mark, new_figure
from kdmcse.presentation.palette import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


def scores_by_seed(rows: "pd.DataFrame", column: str, names: Mapping[str, str], axis: str, seed: str) -> "Figure":
    """A line per method, a dot per seed. rows: method, seed, `column`; `names` by method; `seed`: "Seed {n}"."""
    figure = new_figure(height=76 + 46 * len(names), axis_x=axis)
    for method, name in names.items():
        found = rows[(rows["method"] == method) & rows[column].notna()]
        figure.add_scatter(
            x=found[column],
            y=[name] * len(found),
            mode="markers",
            name=name,
            cliponaxis=False,
            marker=mark(method, 13),
            text=["" if method == "baseline" else seed.format(n=n) for n in found["seed"]],
            hovertemplate="%{y} %{text}<br>%{x:.3f}<extra></extra>",
        )
        if method == "baseline" and len(found):
            figure.add_vline(x=found[column].iloc[0], line={"color": COLOURS[method], "dash": "dot", "width": 1})
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=list(names.values()), showgrid=False)
    return figure
