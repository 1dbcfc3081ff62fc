"""What results come to in money: KDMCSE's saving at any prices, a scenario to start from, what a scenario comes to. Reads no files.

outlooks = Outlooks(results, verdicts, costs, decision)     # KDMCSE and the agreed baseline, both with costs
outlook = outlooks.of(scenario)                             # figures, what matters most, break-evens, Monte Carlo, each when asked for
"""

import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.config import CANDIDATE
from kdmcse.cost import CostComparison, Prices, Repriced, compare_costs
from kdmcse.criteria.decision import Decision
from kdmcse.errors import UserError
from kdmcse.results.comparison import Verdicts
from kdmcse.results.costs import Costs
from kdmcse.results.results import Results
from kdmcse.roi import fields
from kdmcse.roi.cash_flow import Return, Saving, estimate_return
from kdmcse.roi.effort import Effort, Today, gpu_hours
from kdmcse.roi.scenario import Scenario
from kdmcse.roi.sensitivity import Band, break_evens, monte_carlo, tornado
from kdmcse.roi.summary import Axes, ScoreGain

RATES = {"JPY": (3_000, 60_000), "KRW": (30_000, 600_000), "TWD": (900, 18_000), "INR": (1_500, 30_000)}
"""Currency -> an hour of judging and a day of engineering, to start from where nothing is known."""
OTHER_RATES = (30, 600)
"""The same in every other currency."""
ASSUMED_SECONDS = 30
"""For one judgement, where nobody took the time."""
_ASSUMED_JUDGING = {"seconds_per_judgement": ASSUMED_SECONDS, "annotators": 2}
ASSUMED_DAYS, ASSUMED_DAYS_MONTHLY = 20, 1
"""Of engineering until operation, and of a person who runs it. 0 would make any saving look as if it paid back at once."""
ASSUMED_HOSTING_DAYS, ASSUMED_GPU_HOURS = 0.5, 0.1
"""Hosting a month in days of engineering, an hour of a GPU in hours of judging."""
BREAK_EVENS = 8
"""Inputs whose break-even is looked for: those that move the net present value most."""
_KNOWN = 20_000  # answers of the cost room that are kept
_TURNING = ("prices/", "today/", "effort/hourly_rate", "saving_share")


@dataclass(frozen=True)
class Sensitivity:
    """What the figures of a scenario hang on, each part computed when it is first asked for. Scenarios of one digest may share it."""

    found: Return

    @cached_property
    def band(self) -> Band:
        return monte_carlo(self.found)

    @cached_property
    def tornado(self) -> pd.DataFrame:
        return tornado(self.found)

    @cached_property
    def break_evens(self) -> pd.DataFrame:
        """Of the `BREAK_EVENS` prices, rates and shares that matter most; not of those that do not matter."""
        moving = self.tornado.loc[self.tornado["swing"] > 0, "input"]
        return break_evens(self.found, [path for path in moving if path.startswith(_TURNING)][:BREAK_EVENS])


@dataclass(frozen=True)
class Outlook:
    """What a scenario comes to, and what that hangs on."""

    found: Return
    sensitivity: Sensitivity
    score: ScoreGain | None
    decision: str | None
    """what follows from the success criteria, as in `Axes`"""
    baseline: str
    """the method with which KDMCSE is compared"""
    shares: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    """by method, of the baseline and KDMCSE: `ModelCost.shares` at the prices of the scenario"""

    @cached_property
    def axes(self) -> Axes:
        return Axes(self.found, self.score, self.sensitivity.band, self.decision, self.baseline)

    def named(self, scenario: Scenario) -> "Outlook":
        """The same figures for a scenario of the same digest: name, notes and mark change none, but stand in what is said."""
        if scenario == self.found.scenario:
            return self
        return dataclasses.replace(self, found=dataclasses.replace(self.found, scenario=scenario))


class Outlooks:
    """What scenarios come to by the decisions of a proof of concept, at any prices and against either process of today."""

    def __init__(self, results: Results, verdicts: Verdicts, costs: Costs, decision: Decision | None) -> None:
        """ValueError where KDMCSE or the agreed baseline has no cost, see `has_saving`."""
        if not has_saving(costs):
            raise ValueError("KDMCSE or what it is compared with has no cost")
        self._costs, self._baseline = costs, costs.baseline
        self._score, self._decision = score_gain(verdicts), decision and decision.value
        self._runs = {
            method: [run.id for run in results.of_method(method) if run.id in costs.estimates]
            for method in (costs.baseline, CANDIDATE)
        }
        self._repriced = Repriced({run: costs.decisions[run] for runs in self._runs.values() for run in runs})
        self._means = functools.lru_cache(_KNOWN)(self._means_at)
        self._compared = functools.lru_cache(8)(self._compared_at)

    def of(self, scenario: Scenario) -> Outlook:
        """What the scenario comes to. UserError where a price is not allowed, or an end of its range."""
        check_prices(scenario)
        returned = estimate_return(scenario, self.saving_of, self.saving(scenario.prices, scenario.today))
        compared = self._compared(_key(scenario.prices)).best
        shares = {method: compared[method].shares for method in (self._baseline, CANDIDATE)}
        return Outlook(returned, Sensitivity(returned), self._score, self._decision, self._baseline, shares)

    def saving_of(self, prices: dict[str, Any], today: Today) -> float:
        """Money a month that today's process costs more than KDMCSE, the mean over seeds. UserError where a price is not allowed."""
        baseline, candidate = self._means(_key(prices))
        return (baseline if today.process == "baseline" else self._people(prices, today)) - candidate

    def saving(self, prices: dict[str, Any], today: Today) -> Saving:
        """The same with its chance, which is that of the decisions and of training. UserError as `saving_of`."""
        candidate = self._compared(_key(prices)).best[CANDIDATE]
        found = candidate.saving
        if today.process != "baseline":
            cost = candidate.cost
            found = dataclasses.replace(cost, draws=self._people(prices, today) - cost.draws)
        found = dataclasses.replace(found, estimate=self.saving_of(prices, today))
        return Saving(
            found.estimate, *found.interval, level=found.level, resamples=found.draws, withheld=found.withheld
        )

    def _people(self, prices: dict[str, Any], today: Today) -> float:
        """Money a month where people decide everything, all segments together."""
        segments = self._repriced.at_mean_amounts(Prices.from_dict(prices)).by_segment.values()
        return sum(today.people_cost(**segment.to_dict()) for segment in segments)

    def _means_at(self, key: str) -> tuple[float, float]:
        """Of the agreed baseline, and of KDMCSE."""
        costs = self._repriced.costs(Prices.from_dict(json.loads(key)))
        baseline, candidate = (fmean(costs[run] for run in runs) for runs in self._runs.values())
        return baseline, candidate

    def _compared_at(self, key: str) -> CostComparison:
        prices = Prices.from_dict(json.loads(key))
        if prices == self._costs.comparison.prices:
            return self._costs.comparison
        tables = {method: [self._costs.decisions[run] for run in runs] for method, runs in self._runs.items()}
        return compare_costs(tables, prices, baseline=self._baseline)


def check_prices(scenario: Scenario) -> None:
    """UserError where `Prices` refuses the prices of a scenario, or an end of their ranges."""
    Prices.from_dict(scenario.prices)
    check_ranges(scenario)


def check_ranges(scenario: Scenario) -> None:
    """UserError, its field a path of the scenario, where `Prices` refuses an end of the range of a price."""
    priced = {path: ends for path, ends in scenario.ranges.items() if path.startswith("prices/")}
    points = [{path: end} for path, ends in priced.items() for end in ends]
    # Thresholds bound each other, so the ends of theirs are tried together too.
    cosines = [path for path in priced if fields.is_cosine(path)]
    points += [dict(zip(cosines, ends, strict=True)) for ends in product(*(priced[path] for path in cosines))]
    for point in filter(None, points):
        try:
            Prices.from_dict(scenario.with_inputs(point).prices)
        except UserError as error:
            raise UserError(error.code, **error.fields | {"field": f"prices/{error.fields['field']}"}) from error


def has_saving(costs: Costs) -> bool:
    """Whether the mistakes of KDMCSE and of the agreed baseline are priced."""
    return costs.verdict is not None


def score_gain(verdicts: Verdicts) -> ScoreGain | None:
    """KDMCSE against the agreed baseline on the score that carries the verdict; None where that is not known."""
    difference = verdicts.deciding and verdicts.deciding.difference
    if not difference or difference.estimate is None:
        return None
    return ScoreGain(verdicts.metric, difference.estimate, difference.low, difference.high)


def default_scenario(results: Results, name: str) -> Scenario:
    """A scenario at the stored prices: the computing as measured, the rest assumed, see `assumed_inputs`. ValueError without prices.

    What ratings measured is offered (`measured_judging`), not taken: a click while rating changes no return.
    """
    if results.prices is None:
        raise ValueError("there are no prices")
    effort = Effort(
        pairs=results.dataset.judged_rows,
        seconds_are="assumed",
        **_ASSUMED_JUDGING,
        gpu_hours=round(gpu_hours(results.run_seconds), 2),
        licences_once=0,
        licences_monthly=0,
        **_assumed(results.prices.currency),
    )
    return Scenario(name=name, prices=results.prices.to_dict(), effort=effort)


def measured_judging(results: Results) -> dict[str, float]:
    """By path, what a rating takes and how many people rate a pair, as measured in the app; empty as long as too few were timed."""
    judged = results.effort
    if judged is None or judged.pace is None:
        return {}
    people = round(judged.judgements / judged.pairs, 2)
    return {"effort/seconds_per_judgement": round(judged.pace, 1), "effort/annotators": people}


def assumed_inputs(scenario: Scenario) -> list[str]:
    """By path, the days, rates, monthly costs and unmeasured judging that equal what is proposed without knowing anything."""
    effort = scenario.effort
    proposed = _assumed(scenario.currency) | (_ASSUMED_JUDGING if effort.seconds_are == "assumed" else {})
    return [f"effort/{name}" for name, value in proposed.items() if getattr(effort, name) == value]


def _assumed(currency: str) -> dict[str, float]:
    """By field of `Effort`, the days, monthly costs and rates to start from where nothing is known, other than 0."""
    hourly_rate, day_rate = RATES.get(currency, OTHER_RATES)
    return {
        "hourly_rate": hourly_rate,
        "engineering_days": ASSUMED_DAYS,
        "day_rate": day_rate,
        "gpu_hour_price": hourly_rate * ASSUMED_GPU_HOURS,
        "hosting_monthly": day_rate * ASSUMED_HOSTING_DAYS,
        "people_monthly": day_rate * ASSUMED_DAYS_MONTHLY,
    }


def _key(prices: dict[str, Any]) -> str:
    return json.dumps(prices, sort_keys=False)
