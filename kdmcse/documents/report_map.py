"""The map of the report: where captions stand before and after training, and what of that changed, in the words of its page. Calculates no result."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.data import PairDataset
from kdmcse.documents.content import Group, MapChart
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.engine.runs import Run
from kdmcse.evaluation.projection import read_projection
from kdmcse.presentation.map import change_details, change_sentence, most_changed
from kdmcse.presentation.palette import COLOURS, GROUP_COLOURS
from kdmcse.results.neighbours import known_neighbours

MOST_POINTS = 1500
"""of a map: more cannot be told apart on a slide, and make it slow to open"""


@dataclass(frozen=True)
class _Drawn:
    """The map of one training."""

    run: Run
    baseline: Run
    points: pd.DataFrame


def _drawn(facts: ReportFacts) -> _Drawn | None:
    """That of the first training of KDMCSE that has one; None where no map was drawn."""
    baselines = [run for run in facts.results.compared if run.config.method == BASELINE]
    for run in facts.results.compared if baselines else ():
        if run.config.method == CANDIDATE:
            points = read_projection(run, baselines[0])
            if points is not None and len(points):
                return _Drawn(run, baselines[0], points)
    return None


def map_sentences(facts: ReportFacts) -> list[str]:
    """What changed on the map, and the groups that gained and lost most; empty where there is no map or that was not counted yet."""
    drawn = _drawn(facts)
    found = drawn and known_neighbours(drawn.run, drawn.baseline, len(drawn.points))
    if not found:
        return []
    t = facts.t
    return [t.join([change_sentence(t, found), *change_details(t, found)]), *most_changed(t, found)]


def map_chart(facts: ReportFacts) -> MapChart | None:
    """The held-out captions before and after, coloured by group; None where no map was drawn."""
    drawn = _drawn(facts)
    if drawn is None:
        return None
    t, points, seed = facts.t, drawn.points, drawn.run.config.seed
    total, points = len(points), points.iloc[:: math.ceil(len(points) / MOST_POINTS)]
    column, labels = _colour_column(facts.results.dataset, points["pair"])
    if labels is None:
        groups = [Group("", COLOURS[CANDIDATE], *_places(points))]
    else:
        labels = labels.to_numpy()
        colours = zip(sorted(set(labels)), GROUP_COLOURS, strict=False)  # by the alphabet, as on the page of the map
        groups = [Group(label, colour, *_places(points[labels == label])) for label, colour in colours]
    caption = t("report.map.coloured", count=total, column=column) if column else t("report.map.plain", count=total)
    return MapChart(
        "map",
        (t("document.map.before"), t("document.map.after")),
        t("document.map.described", seed=seed),
        groups,
        [t(f"document.head.{head}") for head in ("group", "before_x", "before_y", "after_x", "after_y")],
        caption,
    )


def _places(points: pd.DataFrame) -> tuple[list[tuple[float, float]], ...]:
    """The places before and after, to three digits of what a map shows."""
    return tuple(
        [(round(float(x), 3), round(float(y), 3)) for x, y in points[[f"{when}_x", f"{when}_y"]].to_numpy()]
        for when in ("before", "after")
    )


def _colour_column(dataset: PairDataset, pairs: Sequence[int]) -> tuple[str | None, pd.Series | None]:
    """The column whose values part the points best into a few groups: the first with as many values that repeat as there are colours at most."""
    table = dataset.pairs.set_index("pair").loc[list(pairs)]
    for column in ["category", *dataset.extra_columns, "group"]:
        if (
            column in table
            and 2 <= table[column].nunique() <= len(GROUP_COLOURS)
            and table[column].nunique() < len(table)
        ):
            return column, table[column].astype(str)
    return None, None
