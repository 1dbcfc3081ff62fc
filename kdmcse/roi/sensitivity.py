"""Sensitivity of a return: to each input alone (tornado, break-evens), and to all of them and the measurement at once (Monte Carlo)."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.errors import UserError
from kdmcse.roi import fields
from kdmcse.roi.cash_flow import Return, benefit_cost, net_present_value, payback, scenario_effort_parts
from kdmcse.roi.scenario import MAX_HORIZON, MAX_RATE, MAX_SHARE, Scenario
from kdmcse.validation import MAX_AMOUNT

DRAWS = 10_000
MEASURED = "saving"
"""The row of a tornado that is no input: the interval of the measured saving."""
FURTHEST = 10
"""A break-even at more than so many times the entered value is none that a person could bring about."""
JOINT = 5
"""How many prices vary together where the saving is interpolated on a grid."""
QUANTILES = (0.05, 0.5, 0.95)

_STEPS = 40


def tornado(estimate: Return) -> pd.DataFrame:
    """One row an input, the greatest swing first: input, base, low, high, default, value_low, value_high, swing.

    value_low, value_high: net present values at the ends of the range, all else as entered; swing is between the lowest
    and the highest of them and of the value as entered. The row `saving` is the interval of the evaluation, where it has one.
    """
    base = estimate.net_present_value
    rows = []
    for path, value in estimate.scenario.inputs.items():
        span = estimate.scenario.range_of(path)
        values = [estimate.net_present_value_at({path: end}) for end in (span.low, span.high)]
        rows.append((path, value, span.low, span.high, span.default, *values))
    if estimate.saving.low is not None:
        values = estimate.figures.loc["net_present_value"]
        saving = estimate.saving
        rows.append((MEASURED, saving.estimate, saving.low, saving.high, False, values["low"], values["high"]))
    table = pd.DataFrame(rows, columns=["input", "base", "low", "high", "default", "value_low", "value_high"])
    ends = table[["value_low", "value_high"]].assign(base=base)
    table["swing"] = ends.max(axis=1) - ends.min(axis=1)
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def break_evens(estimate: Return, paths: Sequence[str] | None = None) -> pd.DataFrame:
    """Between which values of each input alone it pays: input, base, pays_from, pays_up_to, lowest, highest (that were looked at).

    Between them the net present value is above zero: around the entered value, or where it does not pay there, at the values nearest to it
    by factor. NaN: no such end within what was looked at; both NaN: the input alone decides nothing. paths: None for prices, today's
    process, hourly rate and the share of the saving that comes true.
    """
    scenario = estimate.scenario
    if paths is None:
        wanted = ("prices/", "today/", "effort/hourly_rate", "saving_share")
        paths = [path for path in scenario.inputs if path.startswith(wanted)]
    rows = []
    for path in paths:
        base, bounds = scenario.inputs[path], sensible(scenario, path)
        ends = _paying(lambda value, path=path: estimate.net_present_value_at({path: value}), base, bounds)
        rows.append((path, base, *ends, bounds.low, bounds.high))
    return pd.DataFrame(rows, columns=["input", "base", "pays_from", "pays_up_to", "lowest", "highest"])


@dataclass(frozen=True)
class Bounds:
    """The lowest and the highest value of an input."""

    low: float
    high: float


def sensible(scenario: Scenario, path: str) -> Bounds:
    """The values among which a break-even is looked for: allowed ones, up to `FURTHEST` times the entered one, or where that is 0 the end of its
    range."""
    if fields.is_cosine(path):
        return Bounds(-1.0, 1.0)
    if path == "yearly_rate":
        return Bounds(-0.99, MAX_RATE)
    highest = {"horizon_months": float(MAX_HORIZON), "saving_share": MAX_SHARE}.get(path, MAX_AMOUNT)
    if fields.is_share(path):
        highest = 1.0
    entered = scenario.inputs[path] or scenario.range_of(path).high
    return Bounds(1.0 if path == "horizon_months" else 0.0, min(highest, FURTHEST * entered))


@dataclass(frozen=True)
class Band:
    """Net present value, payback and benefit/cost over random draws of every input in its range and of the measured saving."""

    net_present_values: np.ndarray = field(repr=False)
    """(draws,)"""
    paybacks: np.ndarray = field(repr=False)
    """(draws,) months; infinite: never"""
    benefit_costs: np.ndarray = field(repr=False)
    """(draws,) NaN where nothing is paid"""
    seed: int
    shape: str
    """how the inputs were drawn: `triangular` or `uniform`"""
    withheld: str | None = None
    """why no probability is stated, as in `Saving`"""

    @property
    def draws(self) -> int:
        return len(self.net_present_values)

    @property
    def probability_positive(self) -> float | None:
        """Share of the draws with a net present value above 0; None where that of the saving is `withheld`."""
        return None if self.withheld else float((self.net_present_values > 0).mean())

    @cached_property
    def quantiles(self) -> pd.DataFrame:
        """Index `QUANTILES`; net_present_value, payback_months (infinite: never), benefit_cost (NaN where some draw pays nothing)."""
        # "lower" takes one draw; an interpolation between a number and infinity would be infinite.
        months = np.quantile(self.paybacks, QUANTILES, method="lower")
        values = np.quantile(self.net_present_values, QUANTILES)
        ratios = np.quantile(self.benefit_costs, QUANTILES)
        columns = {"net_present_value": values, "payback_months": months, "benefit_cost": ratios}
        return pd.DataFrame(columns, index=list(QUANTILES))

    def histogram(self, bins: int = 60) -> pd.DataFrame:
        """low, high, draws: a histogram of the net present value."""
        counts, edges = np.histogram(self.net_present_values, bins)
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "draws": counts})


def monte_carlo(estimate: Return, *, draws: int = DRAWS, seed: int = 0) -> Band:
    """Draw every input from its range and the saving from its measurement; reproducible by `seed`.

    The saving is interpolated linearly between low, base and high: on a joint grid of the `JOINT` prices that change it most, and for each of
    the other prices alone. The deviation of the measurement is added as it is at the prices of the scenario. Where error rates do not depend
    on the prices, the joint part is exact.
    """
    rng = np.random.default_rng(seed)
    values = draw_inputs(estimate, draws, rng)
    moved = {path: v for path, v in values.items() if path.startswith(("prices/", "today/")) and np.ptp(v) > 0}
    savings = _read_from_grid(estimate, moved, draws) + estimate.saving.deviations(draws, rng)
    parts = scenario_effort_parts(values)
    months = payback(parts.one_off_total, savings * values["saving_share"] - parts.monthly_total)
    ratios = benefit_cost(savings, values)
    value, withheld = net_present_value(savings, values), estimate.saving.withheld
    return Band(value, months, ratios, seed, estimate.scenario.shape, withheld)


def draw_inputs(estimate: Return, draws: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """(draws,) values of every input by its path, each from its range and by the shape of the scenario."""
    return {path: _draw(estimate, path, draws, rng) for path in estimate.scenario.inputs}


def _draw(estimate: Return, path: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    base, span = estimate.scenario.inputs[path], estimate.scenario.range_of(path)
    low, high = span.low, span.high
    if low == high:
        return np.full(draws, float(base))
    drawn = (
        rng.triangular(low, base, high, draws)
        if estimate.scenario.shape == "triangular"
        else rng.uniform(low, high, draws)
    )
    return np.rint(drawn) if path == "horizon_months" else drawn


def _read_from_grid(estimate: Return, moved: Mapping[str, np.ndarray], draws: int) -> np.ndarray:
    """(draws,) savings, interpolated between the nearest points at which the saving was computed."""
    base = {path: estimate.scenario.inputs[path] for path in moved}
    spans = {path: estimate.scenario.range_of(path) for path in moved}
    knots = {path: sorted({spans[path].low, spans[path].high, base[path]}) for path in moved}
    alone = {path: np.array([estimate.saving_at({path: knot}) for knot in knots[path]]) for path in moved}
    joint = sorted(moved, key=lambda path: -np.ptp(alone[path]))[:JOINT]
    savings = np.full(draws, float(estimate.saving.estimate))
    for path in moved:
        if path not in joint:
            savings += np.interp(moved[path], knots[path], alone[path]) - estimate.saving.estimate
    if not joint:
        return savings
    points = itertools.product(*(knots[path] for path in joint))
    grid = np.array([estimate.saving_at(dict(zip(joint, point, strict=True))) for point in points])
    grid = grid.reshape([len(knots[path]) for path in joint]) - estimate.saving.estimate
    places = []
    for path in joint:
        left = np.clip(np.searchsorted(knots[path], moved[path], side="right") - 1, 0, len(knots[path]) - 2)
        start, end = np.array(knots[path])[left], np.array(knots[path])[left + 1]
        places.append((left, (moved[path] - start) / (end - start)))
    for corner in itertools.product((0, 1), repeat=len(joint)):
        weight = np.prod([far if side else 1 - far for side, (_, far) in zip(corner, places, strict=True)], axis=0)
        savings += weight * grid[tuple(left + side for side, (left, _) in zip(corner, places, strict=True))]
    return savings


def _paying(function: Callable[[float], float], base: float, bounds: Bounds) -> tuple[float, float]:
    """The ends of the values at which `function` is above 0, around `base` or nearest to it; NaN for one that is not within the bounds."""
    at_base = function(base)
    down, up = (_roots(function, base, at_base, _outward(base, end)) for end in (bounds.low, bounds.high))
    below, above = next(down, math.nan), next(up, math.nan)
    if at_base > 0 or (math.isnan(below) and math.isnan(above)):
        return below, above
    if math.isnan(above) or _distance(below, base) < _distance(above, base):
        return next(down, math.nan), below
    return above, next(up, math.nan)


def _roots(function: Callable[[float], float], base: float, at_base: float, way: Iterable[float]) -> Iterator[float]:
    """Where `function` passes zero on the way, from `base` on; by Brent's method between two steps."""
    from scipy.optimize import brentq

    last, above = base, at_base > 0
    for step in way:
        try:
            value = function(step)
        except UserError:  # the saving cannot be computed beyond this value
            return
        if (value > 0) != above:
            yield brentq(function, *sorted((last, step)))
        last, above = step, value > 0


def _distance(zero: float, base: float) -> float:
    return abs(math.log(zero / base)) if zero > 0 and base > 0 else abs(zero - base)


def _outward(base: float, end: float) -> list[float]:
    """Values from base to the end, near ones first: by equal factors where the end is far away, else in equal steps."""
    if base == end:
        return []
    if abs(end) < 100 and abs(base) < 100:
        return list(np.linspace(base, end, _STEPS + 1)[1:])
    if end == 0:
        return [base * 2.0**-step for step in range(1, _STEPS)] + [0.0]
    start = base or 1e-6
    factor = (end / start) ** (1 / _STEPS)
    return [start * factor**step for step in range(1, _STEPS)] + [end]
