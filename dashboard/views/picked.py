"""What was picked on a map, as the address says it: the points, their colours, and which of them are picked. For the map and for what it links to."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dashboard import cache, state
from dashboard.context import PageContext
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.engine.runs import Run
from kdmcse.evaluation.evaluation import is_evaluated
from kdmcse.evaluation.map_selection import parse, picked, quantise
from kdmcse.evaluation.projection import read_projection
from kdmcse.presentation.map import Legend, legend
from kdmcse.results.map_colours import Colouring, colourings
from kdmcse.results.recipes import read_alike


@dataclass(frozen=True)
class MapPoints:
    """The points of a map in its order, and what they can be coloured by."""

    pairs: np.ndarray
    positions: np.ndarray = field(repr=False)
    colourings: list[Colouring] = field(repr=False)
    legends: dict[tuple[str, str | None], Legend] = field(default_factory=dict, repr=False)
    """by language and colour, of those that were shown"""

    def colouring(self, name: str | None) -> Colouring | None:
        """The one of that name, else the first; None where there is none."""
        return next((one for one in self.colourings if one.name == name), next(iter(self.colourings), None))


def models(context: PageContext) -> tuple[list[Run], list[Run]]:
    """The measured trained runs, and the untouched ones."""
    evaluated = [run for run in context.results.compared if is_evaluated(run)]
    trained = [run for run in evaluated if run.config.method != BASELINE]
    return trained, [run for run in evaluated if run.config.method == BASELINE]


def chosen_run(trained: list[Run]) -> Run:
    """The run in the address, else the first KDMCSE run."""
    first = next((run for run in trained if run.config.method == CANDIDATE), trained[0])
    return next((run for run in trained if run.id == state.choice("run")), first)


def counterpart(run: Run, untouched: list[Run]) -> Run:
    """The untouched run that a run is held against."""
    return next((one for one in untouched if read_alike(one, run)), untouched[0])


def map_points(context: PageContext, run: Run, baseline: Run) -> MapPoints:
    """The points of a drawn map."""
    prices = context.results.prices

    def load() -> MapPoints:
        points = read_projection(run, baseline)
        found = colourings(context.results, context.costs, run, baseline, points)
        return MapPoints(points["pair"].to_numpy(), quantise(points), found)

    return cache.linked_maps((run.folder, baseline.id, prices and prices.digest), load)


def legend_of(context: PageContext, points: MapPoints) -> Legend:
    """The legend of the colour in the address."""
    colouring = points.colouring(state.choice("colour"))
    key = context.t.language, colouring and colouring.name  # what an address may say has no end, what there is has
    if key not in points.legends:
        points.legends[key] = legend(context.t, colouring, len(points.pairs))
    return points.legends[key]


def picked_pairs(points: MapPoints, shown: Legend) -> np.ndarray:
    """(n,) whether each point is picked by the address."""
    return picked(parse(state.choice("picked")), points.pairs, points.positions, shown.codes)


def picked_captions(context: PageContext) -> pd.Series | None:
    """The captions that are picked on the map of the address; None where it names none."""
    trained, untouched = models(context)
    if parse(state.choice("picked")) is None or state.choice("run") is None or not trained or not untouched:
        return None
    run = chosen_run(trained)
    baseline = counterpart(run, untouched)
    if run.id != state.choice("run") or read_projection(run, baseline) is None:
        return None
    points = map_points(context, run, baseline)
    chosen = points.pairs[picked_pairs(points, legend_of(context, points))]
    return cache.captions(context.dataset).loc[chosen, "caption"] if len(chosen) else None
