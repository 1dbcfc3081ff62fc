"""What a return hangs on: each input alone (tornado, break-even), and all of them at once with the evaluation's own chance (Monte Carlo)."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.errors import UserError
from kdmcse.roi import fields
from kdmcse.roi.cash_flow import Return, net_present_value, payback, totals
from kdmcse.roi.scenario import MAX_HORIZON, MAX_RATE, MAX_SHARE

DRAWS = 10_000
MEASURED = "saving"
"""The row of a tornado that is no input: the interval of the evaluation."""
JOINT = 5
"""Prices that are moved together where the saving is read from a grid."""
QUANTILES = (0.05, 0.5, 0.95)

SavingsOf = Callable[[dict[str, Any], dict[str, np.ndarray], np.random.Generator], np.ndarray]
"""The cost room at n draws at once, with the evaluation's chance in them: prices with (n,) in place of each number, what `people_cost`
needs of people (nothing where the model is compared with), and a source of chance, to (n,) savings."""

_STEPS = 40
_HALVINGS = 100


def tornado(found: Return) -> pd.DataFrame:
    """One row an input, the greatest swing first: input, base, low, high, default, value_low, value_high, swing.

    value_low and value_high are the net present values at the ends of the range, all else as entered; swing is between the lowest
    and the highest of them and of the value as entered. The row `saving` is the interval of the evaluation, where it has one.
    """
    base = found.net_present_value
    rows = []
    for path, value in found.scenario.inputs.items():
        low, high, default = found.scenario.range_of(path)
        ends = [_value_at(found, path, end, strict=not default) for end in (low, high)]
        rows.append((path, value, *ends[0][:1], *ends[1][:1], default, ends[0][1], ends[1][1]))
    if found.saving.low is not None:
        values = found.figures.loc["net_present_value"]
        rows.append((MEASURED, found.saving.estimate, found.saving.low, found.saving.high, False, values["low"], values["high"]))  # fmt: skip
    table = pd.DataFrame(rows, columns=["input", "base", "low", "high", "default", "value_low", "value_high"])
    ends = table[["value_low", "value_high"]].assign(base=base)
    table["swing"] = ends.max(axis=1) - ends.min(axis=1)
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def break_evens(found: Return, paths: Sequence[str] | None = None) -> pd.DataFrame:
    """Where each input alone makes the net present value zero: input, base, zero_at (NaN: nowhere allowed), allowed_low, allowed_high.

    By bisection on the real function. Of several zeros the one nearest to the value as entered, by factor. paths: None for prices, today's
    process, hourly rate and the share of the saving that comes true.
    """
    scenario = found.scenario
    if paths is None:
        wanted = ("prices/", "today/", "effort/hourly_rate", "saving_share")
        paths = [path for path in scenario.inputs if path.startswith(wanted)]
    rows = []
    for path in paths:
        zero = _zero(lambda value, path=path: found.net_present_value_at({path: value}), path, scenario.inputs[path])
        rows.append((path, scenario.inputs[path], zero, *allowed(path)))
    return pd.DataFrame(rows, columns=["input", "base", "zero_at", "allowed_low", "allowed_high"])


def allowed(path: str) -> tuple[float, float]:
    """The values among which a break-even is looked for."""
    if fields.is_share(path):
        return 0.0, 1.0
    if fields.is_cosine(path):
        return -1.0, 1.0
    known = {
        "yearly_rate": (-0.99, MAX_RATE),
        "horizon_months": (1.0, float(MAX_HORIZON)),
        "saving_share": (0.0, MAX_SHARE),
    }
    return known.get(path, (0.0, fields.MAX_AMOUNT))


@dataclass(frozen=True)
class Band:
    """Net present value and payback over draws of every input in its range and of the evaluation."""

    net_present_values: np.ndarray = field(repr=False)
    """(draws,)"""
    paybacks: np.ndarray = field(repr=False)
    """(draws,) months; infinite: never"""
    seed: int
    shape: str
    """how the inputs were drawn: `triangular` or `uniform`"""

    @property
    def draws(self) -> int:
        return len(self.net_present_values)

    @property
    def probability_positive(self) -> float:
        """Share of the draws with a net present value above 0."""
        return float((self.net_present_values > 0).mean())

    @property
    def probability_never(self) -> float:
        """Share of the draws in which it never pays back."""
        return float(np.isinf(self.paybacks).mean())

    @cached_property
    def quantiles(self) -> pd.DataFrame:
        """Index `QUANTILES`; net_present_value, payback_months (infinite: never)."""
        # "lower" reads one draw: no mean of a number and infinity.
        months = np.quantile(self.paybacks, QUANTILES, method="lower")
        values = np.quantile(self.net_present_values, QUANTILES)
        return pd.DataFrame({"net_present_value": values, "payback_months": months}, index=list(QUANTILES))

    def histogram(self, bins: int = 60) -> pd.DataFrame:
        """low, high, draws of the net present value, for a picture."""
        counts, edges = np.histogram(self.net_present_values, bins)
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "draws": counts})


def monte_carlo(found: Return, *, draws: int = DRAWS, seed: int = 0, savings_of: SavingsOf | None = None) -> Band:
    """Draw every input from its range, by the scenario's shape, and the saving from the evaluation; the same for the same seed.

    `savings_of` prices all draws at once, exactly. Without it the saving is read from a grid of the real function: the `JOINT` prices that
    move it most together, linear between low, base and high of each; the others one at a time; and the evaluation's chance is added as it is
    at the scenario's prices. For error rates that do not depend on the prices the joint part is exact.
    """
    rng = np.random.default_rng(seed)
    values = {path: _draw(found, path, draws, rng) for path in found.scenario.inputs}
    moved = {path: v for path, v in values.items() if path.startswith(("prices/", "today/")) and np.ptp(v) > 0}
    if savings_of is not None:
        prices = fields.leaves(found.scenario.prices, "prices")
        prices |= {path: v for path, v in values.items() if path.startswith("prices/")}
        people = {path.removeprefix("today/"): v for path, v in values.items() if path.startswith("today/")}
        savings = np.asarray(savings_of(fields.table_of(prices)["prices"], people, rng), dtype=np.float64)
    else:
        savings = _read_from_grid(found, moved, draws) + found.saving.deviations(draws, rng)
    one_off, monthly = totals(values)
    months = payback(one_off, savings * values["saving_share"] - monthly)
    return Band(net_present_value(savings, values), months, seed, found.scenario.shape)


def _draw(found: Return, path: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    base, (low, high, _) = found.scenario.inputs[path], _usable(found, path)
    if low == high:
        return np.full(draws, float(base))
    drawn = (
        rng.triangular(low, base, high, draws)
        if found.scenario.shape == "triangular"
        else rng.uniform(low, high, draws)
    )
    return np.rint(drawn) if path == "horizon_months" else drawn


def _usable(found: Return, path: str) -> tuple[float, float, bool]:
    """The range, a default end that the cost room refuses drawn back to the value as entered."""
    low, high, default = found.scenario.range_of(path)
    return *(_value_at(found, path, end, strict=not default)[0] for end in (low, high)), default


def _value_at(found: Return, path: str, end: float, *, strict: bool) -> tuple[float, float]:
    """The end and the net present value there; where a default end is refused, those of the value as entered."""
    try:
        return end, found.net_present_value_at({path: end})
    except UserError:
        if strict:
            raise
        return found.scenario.inputs[path], found.net_present_value


def _read_from_grid(found: Return, moved: Mapping[str, np.ndarray], draws: int) -> np.ndarray:
    """(draws,) savings, each read between the nearest points at which the real function was asked."""
    base = {path: found.scenario.inputs[path] for path in moved}
    knots = {path: sorted({*_usable(found, path)[:2], base[path]}) for path in moved}
    alone = {path: np.array([found.saving_at({path: knot}) for knot in knots[path]]) for path in moved}
    joint = sorted(moved, key=lambda path: -np.ptp(alone[path]))[:JOINT]
    savings = np.full(draws, float(found.saving.estimate))
    for path in moved:
        if path not in joint:
            savings += np.interp(moved[path], knots[path], alone[path]) - found.saving.estimate
    if not joint:
        return savings
    points = itertools.product(*(knots[path] for path in joint))
    grid = np.array([found.saving_at(dict(zip(joint, point, strict=True))) for point in points])
    grid = grid.reshape([len(knots[path]) for path in joint]) - found.saving.estimate
    places = []
    for path in joint:
        left = np.clip(np.searchsorted(knots[path], moved[path], side="right") - 1, 0, len(knots[path]) - 2)
        start, end = np.array(knots[path])[left], np.array(knots[path])[left + 1]
        places.append((left, (moved[path] - start) / (end - start)))
    for corner in itertools.product((0, 1), repeat=len(joint)):
        weight = np.prod([far if side else 1 - far for side, (_, far) in zip(corner, places, strict=True)], axis=0)
        savings += weight * grid[tuple(left + side for side, (left, _) in zip(corner, places, strict=True))]
    return savings


def _zero(function: Callable[[float], float], path: str, base: float) -> float:
    """The value nearest to base at which `function` is or passes zero; NaN where it does neither within the allowed values."""
    at_base = function(base)
    if at_base == 0:
        return float(base)
    low, high = allowed(path)
    ways = [list(way) for way in (_outward(base, low), _outward(base, high))]
    last = [(base, at_base), (base, at_base)]
    found = []
    for step in range(_STEPS + 2):
        for side, way in enumerate(ways):
            if step >= len(way):
                continue
            try:
                value = function(way[step])
            except UserError:  # the cost room allows less than this
                ways[side] = []
                continue
            if value == 0 or (value > 0) != (at_base > 0):
                found.append(_bisect(function, last[side], (way[step], value)))
            last[side] = (way[step], value)
        if found:
            return min(found, key=lambda zero: _distance(zero, base))
    return math.nan


def _distance(zero: float, base: float) -> float:
    return abs(math.log(zero / base)) if zero > 0 and base > 0 else abs(zero - base)


def _outward(base: float, end: float) -> list[float]:
    """Values from base to the end, first close, then far: by factors where the end is far off, else evenly."""
    if base == end:
        return []
    if abs(end) < 100 and abs(base) < 100:
        return list(np.linspace(base, end, _STEPS + 1)[1:])
    if end == 0:
        return [base * 2.0**-step for step in range(1, _STEPS)] + [0.0]
    start = base or 1e-6
    factor = (end / start) ** (1 / _STEPS)
    return [start * factor**step for step in range(1, _STEPS)] + [end]


def _bisect(function: Callable[[float], float], one: tuple[float, float], other: tuple[float, float]) -> float:
    """Where the sign changes between two points, to the last digit a float has there."""
    for _ in range(_HALVINGS):
        middle = (one[0] + other[0]) / 2
        if other[1] == 0 or middle in (one[0], other[0]):
            return float(other[0])
        value = function(middle)
        if value == 0 or (value > 0) != (one[1] > 0):
            other = (middle, value)
        else:
            one = (middle, value)
    return float(other[0])
