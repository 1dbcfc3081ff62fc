"""The loss terms of a run while it trains."""

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dashboard.charts.theme import INK, new_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TERMS = {"sentence": "#7A848E", "image": "#D9952B", "caption": "#5BA3CF", "ranking": "#8E1B3A", "total": "#1F4E79"}
DASHES = {"sentence": "dot", "image": "dash", "caption": "dashdot", "ranking": "longdash", "total": "solid"}


def losses(lines: Sequence[Mapping], names: Mapping[str, str], axis_x: str, axis_y: str) -> "Figure":
    """One curve per loss term. lines: what the trainer wrote; those with `step` and `loss` count."""
    figure = new_figure(height=280, axis_x=axis_x, axis_y=axis_y, legend=True)
    counted = [line for line in lines if line.get("loss") and "step" in line]
    # A step on sentences without images has fewer terms: its total would jump among the others.
    counted = [line for line in counted if line.get("kind") != "texts"] or counted
    for term, name in names.items():
        points = [(line["step"], line["loss"][term]) for line in counted if line["loss"].get(term) is not None]
        if points:
            steps, values = zip(*points, strict=True)
            figure.add_scatter(
                x=steps,
                y=values,
                mode="lines" if len(points) > 1 else "markers",
                name=name,
                line={"color": TERMS.get(term, INK), "dash": DASHES.get(term, "solid"), "width": 2},
                hovertemplate="%{y:.3f}<extra>" + html.escape(name) + "</extra>",
            )
    figure.update_layout(hovermode="x unified")
    if "ranking" in names:  # it grows with the batch and would flatten the others
        figure.update_yaxes(type="log", dtick=1)
    return figure


def warm_up() -> None:
    """Import Plotly and draw once: the first figure that somebody waits for is then no slower than the second."""
    import plotly.subplots  # noqa: F401

    losses([{"step": 1, "loss": {"total": 1.0}}], {"total": ""}, "", "").to_json()
