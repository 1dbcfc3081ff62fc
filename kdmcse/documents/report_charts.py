"""Where the marks of the report's charts stand, for SVG in the template: scores by seed, costs by threshold, the maps. Calculates no result."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kdmcse.cost import ModelCost
from kdmcse.data import PairDataset
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import COLOURS, GROUP_COLOURS

RIGHT = 70
"""Room for the value at the right end of a line."""


@dataclass(frozen=True)
class DotLine:
    """One method's line in the chart of scores."""

    label: str
    colour: str
    y: float
    xs: list[float]
    """a training each"""
    mean: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class DotChart:
    """Scores of every method, a dot a training."""

    lines: list[DotLine]
    ticks: list[tuple[float, str]]
    bottom: float
    right: float


@dataclass(frozen=True)
class CurveLine:
    """One model's curve in the chart of costs."""

    label: str
    colour: str
    points: str
    mark: tuple[float, float] | None
    """the threshold for operation"""


@dataclass(frozen=True)
class CurveChart:
    """Costs at every threshold."""

    lines: list[CurveLine]
    xticks: list[tuple[float, str]]
    yticks: list[tuple[float, str]]
    bottom: float
    right: float


@dataclass(frozen=True)
class MapChart:
    """Held-out captions before and after, on one scale."""

    sides: list[tuple[str, list[tuple[float, float, str]]]]
    column: str | None
    legend: list[tuple[str, str]]
    count: int
    radius: float


def dot_chart(
    t: Locale, values: Mapping[str, Sequence[float]], means: Mapping[str, float], *, width: float, left: float
) -> DotChart | None:
    """values: by method, a score a training. means: by method. None where no method has the score."""
    methods = [method for method, each in values.items() if each]
    if not methods:
        return None
    every = [value for method in methods for value in values[method]]
    ticks = ticks_around(min(every), max(every))

    def x(value: float) -> float:
        return round(left + _share(value, ticks) * (width - left - RIGHT), 1)

    lines = []
    for i, method in enumerate(methods):
        xs, mean = [x(value) for value in values[method]], means[method]
        lines.append(
            DotLine(
                label=t(f"results.method.{method}"),
                colour=COLOURS[method],
                y=26 + i * 34,
                xs=xs,
                mean=x(mean),
                low=min(xs),
                high=max(xs),
                text=t.number(mean, 3),
            )
        )
    labels = [(x(tick), t.number(tick, digits_of(ticks))) for tick in ticks]
    return DotChart(lines, labels, bottom=26 + (len(methods) - 1) * 34 + 24, right=width - RIGHT)


def curve_chart(
    t: Locale,
    curves: Mapping[str, pd.DataFrame],
    costs: Mapping[str, ModelCost],
    currency: str,
    *,
    width: float,
    height: float,
    left: float,
) -> CurveChart:
    """curves: by method, threshold and monthly_cost. costs: by method, what is marked."""
    frames = list(curves.values())
    xs = ticks_around(min(f["threshold"].min() for f in frames), max(f["threshold"].max() for f in frames))
    amounts = [f["monthly_cost"] for f in frames]
    ys = ticks_around(min(0, *(amount.min() for amount in amounts)), max(amount.max() for amount in amounts) or 1)
    top, bottom = 14, height - 44

    def at(threshold: float, cost: float) -> tuple[float, float]:
        across = left + _share(threshold, xs) * (width - left - 16)
        return round(across, 1), round(bottom - _share(cost, ys) * (bottom - top), 1)

    lines = []
    for method, curve in curves.items():
        points = " ".join("{},{}".format(*at(*row)) for row in curve[["threshold", "monthly_cost"]].to_numpy())
        one = costs[method]
        mark = at(one.thresholds.threshold, one.cost.estimate) if one.has_mark else None
        lines.append(CurveLine(t(f"results.method.{method}"), COLOURS[method], points, mark))
    return CurveChart(
        lines=lines,
        xticks=[(at(tick, 0)[0], t.number(tick, digits_of(xs))) for tick in xs],
        yticks=[(at(xs[0], tick)[1], t.money(tick, currency)) for tick in ys],
        bottom=bottom,
        right=width - 16,
    )


def map_chart(
    t: Locale, points: pd.DataFrame, dataset: PairDataset, *, seed: int, width: float, height: float
) -> MapChart:
    """points: pair, before_x, before_y, after_x, after_y. seed: of the training that is shown."""
    column, labels = _colour_column(dataset, points["pair"])
    names = list(labels.value_counts().index) if labels is not None else []
    shown = names if len(names) <= len(GROUP_COLOURS) else names[: len(GROUP_COLOURS) - 1]
    colours, rest = dict(zip(shown, GROUP_COLOURS, strict=False)), GROUP_COLOURS[-1]
    fills = [COLOURS["kdmcse"]] * len(points) if labels is None else [colours.get(label, rest) for label in labels]
    low = [min(points[f"before_{axis}"].min(), points[f"after_{axis}"].min()) for axis in "xy"]
    high = [max(points[f"before_{axis}"].max(), points[f"after_{axis}"].max()) for axis in "xy"]
    scale = min((width - 16) / ((high[0] - low[0]) or 1), (height - 16) / ((high[1] - low[1]) or 1))
    margin = [(width - (high[0] - low[0]) * scale) / 2, (height - (high[1] - low[1]) * scale) / 2]
    sides = []
    for when, title in (("before", t("report.map.before")), ("after", t("report.map.after", seed=seed))):
        across = margin[0] + (points[f"{when}_x"] - low[0]) * scale
        down = height - margin[1] - (points[f"{when}_y"] - low[1]) * scale
        sides.append((title, list(zip(across.round(1), down.round(1), fills, strict=True))))
    legend = list(colours.items())
    if len(shown) < len(names):
        legend.append((t("report.map.others"), rest))
    return MapChart(sides, column, legend, len(points), 2.6 if len(points) < 500 else 1.8)


def ticks_around(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that reach around both."""
    span = (high - low) or abs(high) or 1.0
    raw = span / about
    step = next(
        m * 10 ** math.floor(math.log10(raw))
        for m in (1, 2, 2.5, 5, 10)
        if m * 10 ** math.floor(math.log10(raw)) >= raw
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, max(last, first + 1) + 1)]


def _share(value: float, ticks: list[float]) -> float:
    return (value - ticks[0]) / (ticks[-1] - ticks[0])


def digits_of(ticks: list[float]) -> int:
    """Decimals that tell every tick from its neighbours."""
    return next(digits for digits in range(11) if all(abs(round(tick, digits) - tick) < 1e-9 for tick in ticks))


def _colour_column(dataset: PairDataset, pairs: Sequence[int]) -> tuple[str | None, pd.Series | None]:
    """The column whose values part the points best into a few groups: the first with 2 to 12 values that repeat."""
    table = dataset.pairs.set_index("pair").loc[list(pairs)]
    for column in ["category", *dataset.extra_columns, "group"]:
        if column in table and 2 <= table[column].nunique() <= 12 and table[column].nunique() < len(table):
            return column, table[column]
    return None, None
