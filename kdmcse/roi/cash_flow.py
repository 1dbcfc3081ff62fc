"""Payback, net present value and benefit/cost of a scenario, from the saving of its model. Draws nothing at random.

The one-off cost O is paid now. At the end of each of H months the realised saving S comes in and the operation M is paid; S is the
measured saving times the share that comes true. The yearly rate r is effective, so a month is discounted by its twelfth root:

    A = sum over t = 1..H of (1 + r)^(-t / 12)        net present value = (S - M) A - O        benefit/cost = S A / (O + M A)

Payback is undiscounted: O / (S - M) months.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.roi.effort import EffortParts, Today, effort_parts
from kdmcse.roi.scenario import Scenario

SavingOf = Callable[[dict[str, Any], Today], float]
"""Prices and today's process -> money saved a month, as `kdmcse.cost` computes it. UserError where the prices are not allowed."""

FIGURES = (
    "one_off",
    "monthly",
    "realised_saving",
    "net_monthly",
    "net_present_value",
    "payback_months",
    "benefit_cost",
)
"""Rows of `Return.figures`, in the order in which they are computed from each other."""


@dataclass(frozen=True)
class Saving:
    """Money saved a month with its interval, as measured. ValueError for numbers that are no saving."""

    estimate: float
    low: float | None = None
    """with `high` the interval; None: not known"""
    high: float | None = None
    level: float = 0.9
    """confidence level of the interval"""
    resamples: np.ndarray | None = field(default=None, repr=False, compare=False)
    """(B,) the saving of each draw of a bootstrap"""
    withheld: str | None = None
    """why no probability is stated, in the words of who measured; None where one is"""

    def __post_init__(self) -> None:
        if self.resamples is not None:
            draws = np.asarray(self.resamples, dtype=np.float64)
            if draws.ndim != 1 or not len(draws) or not np.isfinite(draws).all():
                raise ValueError("resamples must be finite numbers (B,)")
            object.__setattr__(self, "resamples", draws)
            if self.low is None and self.high is None:
                tail = (1 - self.level) / 2
                for name, end in zip(("low", "high"), np.quantile(draws, [tail, 1 - tail]), strict=True):
                    object.__setattr__(self, name, float(end))
        if (self.low is None) != (self.high is None) or not 0 < self.level < 1 or not math.isfinite(self.estimate):
            raise ValueError(f"not a saving: {self}")
        if self.low is not None and not (math.isfinite(self.high - self.low) and self.low <= self.high):
            raise ValueError(f"not an interval: {self.low} to {self.high}")

    @property
    def probability_positive(self) -> float | None:
        """Share of the resamples above 0; without resamples that of the normal halves of `deviations`; None without an interval, or `withheld`."""
        if self.withheld:
            return None
        if self.resamples is not None:
            return float((self.resamples > 0).mean())
        if self.low is None:
            return None
        side = max(self.estimate - self.low, 0.0) if self.estimate > 0 else max(self.high - self.estimate, 0.0)
        if side == 0:
            return float(self.estimate > 0)
        return NormalDist().cdf(self.estimate / (side / self._width))

    def deviations(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """(draws,) deviations from the estimate: from the resamples, else from two halves of normal distributions.

        The halves are as wide as the interval is below and above the estimate, so their quantiles are its ends. 0 without an interval.
        """
        if self.resamples is not None:
            return rng.choice(self.resamples, draws) - self.estimate
        if self.low is None:
            return np.zeros(draws)
        bell = rng.standard_normal(draws) / self._width
        return bell * np.where(bell < 0, max(self.estimate - self.low, 0.0), max(self.high - self.estimate, 0.0))

    @property
    def _width(self) -> float:
        """Half of an interval of this level, in standard deviations of a normal distribution."""
        return NormalDist().inv_cdf((1 + self.level) / 2)


@dataclass(frozen=True)
class Return:
    """Payback, net present value and benefit/cost of a scenario, from `estimate_return`. Intervals carry the interval of the saving alone."""

    scenario: Scenario
    saving: Saving
    """as measured at the prices of the scenario against its process of today, before the share that comes true"""
    saving_of: SavingOf = field(repr=False, compare=False)
    _asked: dict[tuple, float] = field(default_factory=dict, repr=False, compare=False)
    """results of `saving_of` by the values that it was asked for"""

    @property
    def one_off(self) -> float:
        """Money before the first month."""
        return self.scenario.effort.one_off

    @property
    def monthly(self) -> float:
        """Money for operation, each month."""
        return self.scenario.effort.monthly

    @cached_property
    def annuity(self) -> float:
        """What one unit of money at the end of every month of the horizon is worth now."""
        return float(annuity(self.scenario.yearly_rate, self.scenario.horizon_months))

    @property
    def net_present_value(self) -> float:
        """Money as it is worth now: all savings less all costs."""
        return self._value("net_present_value", self.saving.estimate)

    @property
    def payback_months(self) -> float | None:
        """Months until the one-off cost has come back; None: never."""
        months = self._value("payback_months", self.saving.estimate)
        return months if math.isfinite(months) else None

    @property
    def benefit_cost(self) -> float | None:
        """Present value of the savings for each unit of present cost; None where nothing is paid."""
        ratio = self._value("benefit_cost", self.saving.estimate)
        return None if math.isnan(ratio) else ratio

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Index `FIGURES`; value, low, high. Payback that never comes is infinite; what is not known is NaN."""
        rows = {}
        for name in FIGURES:
            ends = [
                self._value(name, end) if end is not None else math.nan for end in (self.saving.low, self.saving.high)
            ]
            if name in ("one_off", "monthly"):
                ends = [math.nan, math.nan]
            # A larger saving pays back sooner, so the ends change places.
            low, high = ends[::-1] if name == "payback_months" else ends
            rows[name] = (self._value(name, self.saving.estimate), low, high)
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"], dtype=float)

    def _value(self, figure: str, saving: float) -> float:
        kept = saving * self.scenario.saving_share
        net = kept - self.monthly
        return {
            "one_off": lambda: self.one_off,
            "monthly": lambda: self.monthly,
            "realised_saving": lambda: kept,
            "net_monthly": lambda: net,
            "net_present_value": lambda: net * self.annuity - self.one_off,
            "payback_months": lambda: float(payback(self.one_off, net)),
            "benefit_cost": lambda: _ratio(kept * self.annuity, self.one_off + self.monthly * self.annuity),
        }[figure]()

    def saving_at(self, values: Mapping[str, float]) -> float:
        """The measured saving with other values at these paths. Asks `saving_of` where a price or today's process is among them."""
        if not any(path.startswith(("prices/", "today/")) for path in values):
            return self.saving.estimate
        asked = tuple(sorted(values.items()))
        if asked not in self._asked:
            changed = self.scenario.with_inputs(values)
            self._asked[asked] = float(self.saving_of(changed.prices, changed.today))
        return self._asked[asked]

    def net_present_value_at(self, values: Mapping[str, float]) -> float:
        """The net present value with other values at these paths. UserError where a value is not allowed."""
        return float(net_present_value(self.saving_at(values), self.scenario.inputs | dict(values)))


def estimate_return(scenario: Scenario, saving_of: SavingOf, saving: Saving | None = None) -> Return:
    """The return of a scenario. `saving`: the measured saving at its prices with its interval; None: the value of `saving_of` alone.

    UserError as `saving_of` raises it. ValueError where `saving` and `saving_of` disagree.
    """
    measured = float(saving_of(scenario.prices, scenario.today))
    if saving is None:
        saving = Saving(measured)
    if not math.isclose(saving.estimate, measured, rel_tol=1e-6, abs_tol=1e-6):
        raise ValueError(f"the saving is {saving.estimate}, but its function gives {measured}")
    return Return(scenario, saving, saving_of)


def annuity(yearly_rate: Any, horizon_months: Any) -> Any:
    """What 1 at the end of each month is worth now; floats or arrays (n,)."""
    month = np.log1p(yearly_rate) / 12
    flat = np.abs(month) < 1e-12
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(flat, horizon_months, -np.expm1(-horizon_months * month) / np.expm1(month))


def net_present_value(saving: Any, values: Mapping[str, Any]) -> Any:
    """values: path -> float or array (n,), the inputs of a scenario; saving: as measured, float or (n,)."""
    parts = scenario_effort_parts(values)
    net_monthly = saving * values["saving_share"] - parts.monthly_total
    return net_monthly * annuity(values["yearly_rate"], values["horizon_months"]) - parts.one_off_total


def benefit_cost(saving: Any, values: Mapping[str, Any]) -> Any:
    """Present value of the savings for each unit of present cost, as `net_present_value`; NaN where nothing is paid."""
    parts, factor = scenario_effort_parts(values), annuity(values["yearly_rate"], values["horizon_months"])
    benefit, cost = saving * values["saving_share"] * factor, parts.one_off_total + parts.monthly_total * factor
    benefit, cost = np.broadcast_arrays(np.asarray(benefit, float), np.asarray(cost, float))
    return np.divide(benefit, cost, out=np.full(cost.shape, np.nan), where=cost > 0)


def scenario_effort_parts(values: Mapping[str, Any]) -> EffortParts:
    """The parts of the effort, from the inputs of a scenario: path -> float or array (n,)."""
    return effort_parts(
        {path.removeprefix("effort/"): value for path, value in values.items() if path.startswith("effort/")}
    )


def payback(one_off: Any, net_monthly: Any) -> Any:
    """Months until the one-off cost has come back, floats or arrays (n,): 0 without a one-off cost, infinite where it never comes back."""
    one_off, net_monthly = np.broadcast_arrays(np.asarray(one_off, float), np.asarray(net_monthly, float))
    months = np.divide(one_off, net_monthly, out=np.full(one_off.shape, np.inf), where=net_monthly > 0)
    return np.where((one_off == 0) & (net_monthly >= 0), 0.0, months)


def _ratio(benefit: float, cost: float) -> float:
    return benefit / cost if cost > 0 else math.nan
