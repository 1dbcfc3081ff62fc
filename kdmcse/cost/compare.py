"""What models cost beside each other: each at its own best thresholds and at today's, with intervals, savings, and tables for pictures.

A saving is money a month that the baseline costs more. Its interval comes from redraws that all models share, see `chance`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.cost.bootstrap import DRAWS, LEVEL, Redrawn, Redraws, Uncertain, mean_of
from kdmcse.cost.estimate import CostEstimate, Sample, estimate_cost, sample_of, segment_name
from kdmcse.cost.operation import operation_of
from kdmcse.cost.prices import Prices, amount
from kdmcse.i18n import number, percent, say

BEST, TODAY = "best", "today"
"""At its own best thresholds, or at those that are used today."""
BASE_RATES = np.linspace(0, 1, 41)
"""Shares of true matches at which a curve of costs is drawn."""


@dataclass(frozen=True)
class Standing:
    """A model at some thresholds."""

    model: str
    at: str
    """`BEST` or `TODAY`"""
    estimates: tuple[CostEstimate, ...]
    """one a seed"""
    cost: Uncertain
    """money a month, the mean over the seeds"""
    saving: Uncertain | None
    """against the baseline at thresholds of the same kind; None for the baseline itself"""
    saving_from_today: Uncertain | None
    """against the baseline at today's thresholds; None where there are none, and for the baseline there"""

    @property
    def seeds(self) -> int:
        return len(self.estimates)

    @property
    def middle(self) -> CostEstimate:
        """The seed whose cost is the (lower) median."""
        return sorted(self.estimates, key=lambda one: one.monthly_cost)[(self.seeds - 1) // 2]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; without draws."""
        savings = {name: getattr(self, name) for name in ("saving", "saving_from_today")}
        return {
            "cost": self.cost.to_dict(),
            "seeds": [estimate.to_dict() for estimate in self.estimates],
            **{name: found and found.to_dict() | {"probability_positive": found.probability_positive} for name, found in savings.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Models on the same decisions at the same prices. Made by `compare_costs`."""

    prices: Prices
    baseline: str
    best: Mapping[str, Standing]
    """by model, in the order in which they were given"""
    today: Mapping[str, Standing]
    """the same at today's thresholds; empty where there are none"""
    decisions: pd.DataFrame = field(repr=False)
    """as given, without cosines"""
    _redraws: Redraws = field(default=None, repr=False, compare=False)

    @property
    def models(self) -> list[str]:
        return list(self.best)

    @property
    def standings(self) -> list[Standing]:
        """Of every model at its best, then at today's thresholds."""
        return [*self.best.values(), *self.today.values()]

    @cached_property
    def table(self) -> pd.DataFrame:
        """model, at, seeds, threshold, review_threshold (of the middle seed), cost, low, high; saving and saving_from_today with _low, _high and
        _probability (that it is above 0). What is not there is NaN."""
        rows = []
        for standing in self.standings:
            thresholds = standing.middle.thresholds
            row = {"model": standing.model, "at": standing.at, "seeds": standing.seeds, "threshold": thresholds.upper}
            row["review_threshold"] = thresholds.lower if thresholds.lower < thresholds.upper else np.nan
            row |= {"cost": standing.cost.estimate, "low": standing.cost.low, "high": standing.cost.high}
            for name in ("saving", "saving_from_today"):
                found = getattr(standing, name)
                row[name] = found.estimate if found else np.nan
                row[f"{name}_low"], row[f"{name}_high"] = found.interval if found else (np.nan, np.nan)
                row[f"{name}_probability"] = found.probability_positive if found else np.nan
            rows.append(row)
        return pd.DataFrame(rows)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """model, threshold, monthly_cost, low, high: the middle seed of each model at every threshold."""
        tables = []
        for model, standing in self.best.items():
            estimate = standing.middle
            figure = self._redraws.along(estimate, estimate.grid)
            low, high = self._redraws.band(figure, limits=estimate.sample.operation.limits, level=standing.cost.level)
            tables.append(estimate.curve.assign(low=low, high=high).assign(model=model))
        columns = ["model", "threshold", "monthly_cost", "low", "high"]
        return pd.concat(tables, ignore_index=True)[columns]

    @cached_property
    def errors(self) -> pd.DataFrame:
        """model, at, segment, error, decisions, monthly_decisions, monthly_cost: what a cost is made of, the mean over the seeds."""
        tables = []
        for standing in self.standings:
            table = pd.concat([estimate.errors for estimate in standing.estimates])
            mean = table.groupby(["segment", "error"], sort=False, as_index=False).mean()
            tables.append(mean.assign(model=standing.model, at=standing.at))
        columns = ["model", "at", "segment", "error", "decisions", "monthly_decisions", "monthly_cost"]
        return pd.concat(tables, ignore_index=True)[columns]

    def mistakes(self, model: str, at: str = BEST) -> pd.DataFrame:
        """The decisions that the middle seed gets wrong, see `CostEstimate.mistakes`."""
        return (self.best if at == BEST else self.today)[model].middle.mistakes(self.decisions)

    def base_rates(self, segment: str | None = None) -> pd.DataFrame:
        """model, base_rate, monthly_cost, probability_cost, normalised_cost: costs against the share of true matches (Drummond and Holte 2006).

        The share of one segment, or (None) of all alike; all else as entered. Each model's middle seed has its own best thresholds at each
        share, chosen on other decisions than it is measured on. Two more models take `all` pairs or `none`; where people review, `people` decide all.
        probability_cost: of all that mistakes could cost, the part of missed matches. normalised_cost: the cost as a share of all that.
        """
        rows = []
        known = self.decisions
        sample = next(iter(self.best.values())).middle.sample
        for rate in BASE_RATES:
            prices = self.prices.with_base_rate(float(rate), segment)
            operation = operation_of(known, prices)
            here = dataclasses.replace(sample, operation=operation)
            missed, wrong = (operation.monthly_decisions * operation.unit_money[:, outcome] for outcome in (0, 2))
            worst = missed[1::2].sum() + wrong[::2].sum()
            costs = {
                model: estimate_cost(known.assign(cosine=standing.middle.cosine), prices, sample=here).monthly_cost
                for model, standing in self.best.items()
            }
            costs |= {"all": wrong.sum(), "none": missed.sum()}
            if prices.review:
                costs["people"] = float(operation.monthly_decisions @ operation.unit_money[:, 1])
            for model, cost in costs.items():
                rows.append(
                    (
                        model,
                        rate,
                        cost,
                        missed[1::2].sum() / worst if worst else np.nan,
                        cost / worst if worst else np.nan,
                    )
                )
        return pd.DataFrame(rows, columns=["model", "base_rate", "monthly_cost", "probability_cost", "normalised_cost"])

    def notes(self, language: str) -> list[str]:
        """What must be said beside the figures: how they were made, what is borrowed, what is derived, what the intervals leave out."""
        estimate = next(iter(self.best.values())).middle
        told = estimate.notes(language)
        if estimate.few_rows:
            told.append(say("cost.note.few_rows", language, rows=number(estimate.report_rows, language)))
        told.append(
            say("cost.note.interval", language, level=percent(next(iter(self.best.values())).cost.level, language))
        )
        once = [
            standing.model for standing in self.best.values() if standing.seeds == 1 and standing.model != self.baseline
        ]
        if once:
            told.append(say("cost.note.one_seed", language))
        return told

    def sentence(self, model: str, language: str, *, at: str = BEST, names: Mapping[str, str] | None = None) -> str:
        """The cost of a model and its saving against the baseline with intervals. names: what models are called."""
        standing, names = (self.best if at == BEST else self.today)[model], names or {}

        def told(value: float) -> str:
            return amount(value, self.prices.currency, language)

        cost = standing.cost
        fields = {
            "model": names.get(model, model),
            "cost": told(cost.estimate),
            "low": told(cost.low),
            "high": told(cost.high),
            "level": percent(cost.level, language),
        }
        pieces = [say(f"cost.compared.{at}", language, **fields)]
        if (saving := standing.saving) is not None:
            less = saving.estimate >= 0
            low, high = saving.interval if less else (-saving.high, -saving.low)
            pieces.append(
                say(
                    f"cost.compared.{'less' if less else 'more'}",
                    language,
                    baseline=names.get(self.baseline, self.baseline),
                    saving=told(abs(saving.estimate)),
                    low=told(low),
                    high=told(high),
                    probability=probability(saving.probability_positive, language),
                )
            )
        return {"en": " ", "ja": ""}[language].join(pieces)

    def lines(self, language: str, names: Mapping[str, str] | None = None) -> list[str]:
        """All of it for a shell: each model with its thresholds and what its cost is made of, then the notes."""
        told, currency = [], self.prices.currency
        for standing in self.standings:
            told.append(self.sentence(standing.model, language, at=standing.at, names=names))
            thresholds = standing.middle.thresholds
            key = "band" if thresholds.takes == "some" and thresholds.lower < thresholds.upper else thresholds.takes
            ends = {"lower": number(thresholds.lower, language, 3), "upper": number(thresholds.upper, language, 3)}
            told.append("  " + say(f"cost.line.{key}", language, **ends))
            rows = self.errors[(self.errors["model"] == standing.model) & (self.errors["at"] == standing.at)]
            for row in rows.itertuples():
                fields = {
                    "error": say(f"cost.error.{row.error}", language),
                    "monthly": number(row.monthly_decisions, language),
                    "cost": amount(row.monthly_cost, currency, language),
                }
                line = say("cost.line.error", language, **fields)
                if self.prices.segments:
                    line = say("cost.of", language, segment=segment_name(row.segment, language), what=line)
                told.append(f"  {line}")
        return told + self.notes(language)

    @property
    def drawn(self) -> dict[str, np.ndarray]:
        """Every figure's draws, to be kept: see `compare_costs`."""
        return {
            f"{one.at}/{one.model}/{name}": figure.draws
            for one in self.standings
            for name in ("cost", "saving", "saving_from_today")
            if (figure := getattr(one, name)) is not None
        }

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "prices": self.prices.to_dict(),
            "baseline": self.baseline,
            "derived_at": next(iter(self.best.values())).middle.sample.derived_at,
            "best": {model: standing.to_dict() for model, standing in self.best.items()},
            "today": {model: standing.to_dict() for model, standing in self.today.items()},
        }


def compare_costs(
    models: Mapping[str, pd.DataFrame | Sequence[pd.DataFrame]],
    prices: Prices,
    *,
    baseline: str,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
    sample: Sample | None = None,
    drawn: Mapping[str, np.ndarray] | None = None,
) -> Comparison:
    """Models on the same decisions. models: name -> decisions with that model's cosines, or one such table for every seed that was trained.

    drawn: `Comparison.drawn` of a call that was the same, which spares the redraws.
    UserError as `estimate_cost` has them. ValueError where the tables hold different decisions, or there is no such baseline.
    """
    seeds = {name: [tables] if isinstance(tables, pd.DataFrame) else list(tables) for name, tables in models.items()}
    if not seeds.get(baseline):
        raise ValueError(f"no such baseline: {baseline}")
    known = seeds[baseline][0].drop(columns="cosine")
    if any(not table.drop(columns="cosine").equals(known) for tables in seeds.values() for table in tables):
        raise ValueError("the models were not judged on the same decisions")
    sample = sample or sample_of(known, prices)
    redraws = Redraws(sample, draws=draws, seed=seed)
    found: dict[str, dict[str, tuple]] = {}
    for at in (BEST, TODAY) if prices.today else (BEST,):
        given = prices.today if at == TODAY else None
        found[at] = {}
        for name in seeds:
            estimates = tuple(estimate_cost(table, prices, at=given, sample=sample) for table in seeds[name])
            each = [] if drawn else [redraws.of(estimate, chosen=given is None) for estimate in estimates]
            found[at][name] = estimates, each and mean_of(each), each and redraws.of_training(each, name)

    lowest, highest = sample.operation.limits
    apart = (lowest - highest, highest - lowest)

    def mean(one: tuple) -> float:
        return float(np.mean([estimate.monthly_cost for estimate in one[0]]))

    def cost(one: tuple, key: str) -> Uncertain:
        if drawn:
            return Uncertain(mean(one), drawn[key], level)
        return redraws.settle(one[1], limits=(lowest, highest), training=one[2], level=level)

    def against(other: tuple, one: tuple, key: str) -> Uncertain:
        if drawn:
            return Uncertain(mean(other) - mean(one), drawn[key], level)
        figure: Redrawn = other[1] - one[1]
        return redraws.settle(figure, limits=apart, training=other[2] - one[2], level=level)

    def standing(name: str, at: str) -> Standing:
        one, today = found[at][name], found.get(TODAY, {}).get(baseline)
        key = f"{at}/{name}"
        return Standing(
            model=name,
            at=at,
            estimates=one[0],
            cost=cost(one, f"{key}/cost"),
            saving=None if name == baseline else against(found[at][baseline], one, f"{key}/saving"),
            saving_from_today=(
                None if today is None or today is one else against(today, one, f"{key}/saving_from_today")
            ),
        )

    best, today = ({name: standing(name, at) for name in seeds if at in found} for at in (BEST, TODAY))
    return Comparison(prices, baseline, best, today, known, redraws)


def probability(value: float, language: str) -> str:
    """A share of draws as a percentage; what a few draws more would change is not written as certain."""
    if 0.01 <= value <= 0.99:
        return percent(value, language)
    return say("cost.compared.nearly_certain" if value > 0.5 else "cost.compared.nearly_excluded", language)
