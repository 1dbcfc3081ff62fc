"""The loss terms of a run while it trains, and the losses of several beside each other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.charts.theme import INK, Chart, chart, label
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import COLOURS, SERIES

TERMS = dict(zip(("total", "sentence", "image", "caption", "ranking"), SERIES, strict=True))
_LINES = ("solid", "dot", "dash", "longdash", "dashdot")
"""Of several trainings of one method, whose colour is one."""
DASHES = {"sentence": "dot", "image": "dash", "caption": "dashdot", "ranking": "longdash", "total": "solid"}


def losses(t: Locale, lines: Sequence[Mapping], names: Mapping[str, str], axis_x: str, axis_y: str) -> Chart:
    """One curve per loss term. lines: what the trainer wrote; those with `step` and `loss` count."""
    counted = [line for line in lines if line.get("loss") and "step" in line]
    # A step on sentences without images has fewer terms: its total would jump among the others.
    counted = [line for line in counted if line.get("kind") != "texts"] or counted
    traces = []
    for term, name in names.items():
        points = [(line["step"], line["loss"][term]) for line in counted if line["loss"].get(term) is not None]
        if points:
            traces.append(_curve(name, points, TERMS.get(term, INK), DASHES.get(term, "solid")))
    # The ranking term grows with the batch and would flatten the others.
    y = {"type": "log", "dtick": 1} if "ranking" in names else None
    return chart(t, traces, height=280, y=y, axis_x=axis_x, axis_y=axis_y, legend=True, hovermode="x unified")


def losses_side_by_side(
    t: Locale, runs: Sequence[tuple[str, str, Sequence[tuple[int, float]]]], axis_x: str, axis_y: str
) -> Chart:
    """One curve per training that has any steps. runs: name, method, steps with their total loss."""
    traces, before = [], Counter()
    for name, method, points in runs:
        if not points:
            continue
        traces.append(_curve(name, points, COLOURS[method], _LINES[before[method] % len(_LINES)]))
        before[method] += 1
    # Methods add up different terms: on equal steps the greatest would flatten the others.
    y = {"type": "log", "dtick": 1}
    return chart(t, traces, height=340, y=y, axis_x=axis_x, axis_y=axis_y, legend=True, hovermode="x unified")


def _curve(name: str, points: Sequence[tuple[int, float]], colour: str, dash: str) -> dict[str, Any]:
    steps, values = zip(*points, strict=True)
    return {
        "type": "scatter",
        "x": steps,
        "y": values,
        "mode": "lines" if len(points) > 1 else "markers",
        "name": label(name),
        "line": {"color": colour, "dash": dash, "width": 2},
        "hovertemplate": "%{y:.3f}<extra>" + label(name) + "</extra>",
    }
