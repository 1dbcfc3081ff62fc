"""The numbers of a chart as a table, read from the chart itself: for who cannot see it, and for spreadsheets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dashboard.charts.theme import Chart
from kdmcse.i18n import Locale

if TYPE_CHECKING:
    import pandas as pd

Band = dict[Any, tuple[float, float]]


def chart_table(t: Locale, drawing: Chart) -> "pd.DataFrame":
    """A row a mark, in the order of the traces. Full digits, None where there is none; columns that say nothing are left out.

    Columns: what the mark belongs to, its place on both axes by their titles, its interval, and what is written at it.
    """
    import html

    import pandas as pd

    rows = pd.DataFrame(_rows(drawing), columns=["series", "x", "y", "low", "high", "text"], dtype="object")
    for name in ("series", "x", "y", "text"):
        rows[name] = [html.unescape(one) if isinstance(one, str) else one for one in rows[name]]
    layout = drawing["layout"]
    for axis in "xy":
        if not layout[f"{axis}axis"].get("visible", True) or rows[axis].equals(rows["series"]):
            rows = rows.drop(columns=axis)
    rows = rows.dropna(axis="columns", how="all")
    if "y" in rows and all(isinstance(one, str) for one in rows["y"]):  # names stand before their values
        rows.insert(1, "y", rows.pop("y"))
    titles = {axis: html.unescape(layout[f"{axis}axis"]["title"]["text"]) for axis in "xy"}
    heads = {name: t(f"shared.chart.{name}") for name in ("series", "x", "y", "low", "high", "text")}
    return rows.rename(columns=heads | {axis: title for axis, title in titles.items() if title}).infer_objects()


def _rows(drawing: Chart) -> Iterator[tuple]:
    bands: dict[str | None, Band] = {}
    for trace in drawing["data"]:
        group = trace.get("legendgroup")
        if trace.get("fill") == "toself":
            bands[group] = _band(trace)
            continue
        xs, ys, base = list(trace["x"]), list(trace["y"]), trace.get("base", 0)
        texts = [one or None for one in trace.get("text", [None] * len(xs))]
        lows, highs = _ends(trace, bands.get(group, {}) if trace.get("mode") == "lines" else {})
        yield from zip(
            [trace.get("name") or None] * len(xs),
            [_number(x, base) for x in xs],
            map(_number, ys),
            lows,
            highs,
            texts,
            strict=True,
        )


def _band(trace: dict[str, Any]) -> Band:
    """A band is drawn along its upper end and back along its lower one."""
    xs, ys = list(trace["x"]), list(trace["y"])
    half = len(xs) // 2
    return {_number(x): (_number(low), _number(high)) for x, high, low in zip(xs[:half], ys, ys[::-1], strict=False)}


def _ends(trace: dict[str, Any], band: Band) -> tuple[list, list]:
    """The ends of the interval of each mark."""
    xs = [_number(x) for x in trace["x"]]
    if arms := trace.get("error_x"):
        lows = [x - arm for x, arm in zip(xs, arms["arrayminus"], strict=True)]
        return lows, [x + arm for x, arm in zip(xs, arms["array"], strict=True)]
    ends = [band.get(x, (None, None)) for x in xs]
    return [low for low, _ in ends], [high for _, high in ends]


def _number(place: Any, base: float = 0) -> Any:
    """A plain number, or the name that stands there; base: where a bar begins."""
    if place is None or isinstance(place, str):
        return place
    place = float(place) + base
    return int(place) if place.is_integer() else place
