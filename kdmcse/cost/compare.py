"""What models cost beside each other: each at its own best thresholds and at today's, with intervals, savings, and tables for charts.

A saving is money a month that the baseline costs more. Its interval comes from redraws that all models share, see `bootstrap`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.config import BASELINE
from kdmcse.cost.base_rates import base_rates
from kdmcse.cost.bootstrap import DRAWS, LEVEL, Bootstrap, BootstrapEstimate
from kdmcse.cost.estimate import CostEstimate, Note, estimate_cost, grid_over
from kdmcse.cost.prices import Prices, Thresholds
from kdmcse.cost.replicates import Replicates, mean_of
from kdmcse.cost.sample import Sample, sample_of
from kdmcse.cost.thresholds import ALIKE
from kdmcse.cost.withheld import alike, on_few
from kdmcse.stats import typical

BEST, TODAY = "best", "today"
"""At its own best thresholds, or at those that are used today."""
MISTAKEN = {"false_match": "others", "missed_match": "matches"}
"""A kind of mistake -> the kind of decisions in which it is made, one of `operation.KINDS`."""


@dataclass(frozen=True)
class ModelCost:
    """What one model costs at some thresholds."""

    model: str
    at: str
    """`BEST` or `TODAY`"""
    estimates: tuple[CostEstimate, ...]
    """one a seed"""
    cost: BootstrapEstimate
    """money a month, the mean over the seeds"""
    saving: BootstrapEstimate | None
    """against the baseline at thresholds of the same kind; None for the baseline itself"""
    saving_from_today: BootstrapEstimate | None
    """against the baseline at today's thresholds; None where there are none, and for the baseline there"""
    trained: bool = True
    """else its one table is no training, and leaves nothing to the chance of one"""

    @property
    def seeds(self) -> int:
        return len(self.estimates)

    @property
    def typical(self) -> CostEstimate:
        """The one that speaks for the others where one has to."""
        return typical(self.estimates, lambda estimate: estimate.monthly_cost)

    @property
    def thresholds(self) -> Thresholds:
        """Those for operation, or today's: of the typical training."""
        return self.typical.thresholds

    @property
    def has_mark(self) -> bool:
        """Whether the (upper) threshold for operation is a place in a chart: not where no pair, or every pair, is taken without a look at it."""
        return bool(np.isfinite(self.thresholds.threshold))

    @property
    def judged_alike(self) -> bool:
        """Whether every training and every fold was judged by thresholds of the same kind as those for operation."""
        takes = {thresholds.takes for estimate in self.estimates for thresholds in estimate.fold_thresholds}
        return takes == {self.thresholds.takes}

    @property
    def grid(self) -> np.ndarray:
        """(about `CURVE_POINTS`,) finite thresholds from the lowest cosine of all seeds to above the highest, with the one for operation."""
        cosine = np.concatenate([estimate.reported_cosine for estimate in self.estimates])
        return grid_over(cosine, self.thresholds.threshold)

    @property
    def shares(self) -> np.ndarray:
        """`CostEstimate.shares`, the mean over the seeds: what each cost follows from at any prices, as long as the thresholds stay."""
        return np.mean([estimate.shares for estimate in self.estimates], axis=0)

    @property
    def false_match_rate(self) -> float:
        """Share of the non-matches in operation that the model takes for a match, the mean over the seeds."""
        return float(np.mean([estimate.false_match_rate for estimate in self.estimates]))

    @property
    def missed_match_rate(self) -> float:
        """Share of the matches in operation that the model takes for none, the mean over the seeds."""
        return float(np.mean([estimate.missed_match_rate for estimate in self.estimates]))

    @property
    def review_rate(self) -> float:
        """Share of all decisions in operation that go to a person, the mean over the seeds."""
        return float(np.mean([estimate.review_rate for estimate in self.estimates]))

    def few_behind(self, error: str, segment: str | None = None) -> int | None:
        """How many decisions a kind of mistake (`false_match`, `missed_match`) was measured on, where few: in one segment or (None) in all."""
        kind, sample = MISTAKEN.get(error), self.typical.sample
        return sample.few.get(kind) if segment is None else sample.few_by_segment.get(kind, {}).get(segment)

    def few_within(self, error: str) -> int | None:
        """The fewest decisions of any segment that a kind of mistake was measured on, where those are few."""
        return min(self.typical.sample.few_by_segment.get(MISTAKEN.get(error), {}).values(), default=None)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; without draws."""
        savings = {name: getattr(self, name) for name in ("saving", "saving_from_today")}
        return {
            "cost": self.cost.to_dict(),
            "seeds": [estimate.to_dict() for estimate in self.estimates],
            **{
                name: saving
                and saving.to_dict()
                | {"probability_positive": saving.probability_positive, "probability_withheld": saving.withheld}
                for name, saving in savings.items()
            },
        }


@dataclass(frozen=True)
class CostComparison:
    """Models on the same decisions at the same prices. Made by `compare_costs`."""

    prices: Prices
    baseline: str
    best: Mapping[str, ModelCost]
    """by model, in the order in which they were given"""
    today: Mapping[str, ModelCost]
    """the same at today's thresholds; empty where there are none"""
    decisions: pd.DataFrame = field(repr=False)
    """as given, without cosines"""
    _bootstrap: Bootstrap = field(default=None, repr=False, compare=False)

    @property
    def models(self) -> list[str]:
        return list(self.best)

    @property
    def model_costs(self) -> list[ModelCost]:
        """Every model at its best, then at today's thresholds."""
        return [*self.best.values(), *self.today.values()]

    @cached_property
    def table(self) -> pd.DataFrame:
        """model, at, seeds, threshold, review_threshold (of the typical training), cost, low, high; saving and saving_from_today with _low, _high and
        _probability (that it is above 0). What is not there is NaN."""
        rows = []
        for model_cost in self.model_costs:
            thresholds = model_cost.thresholds
            row = {"model": model_cost.model, "at": model_cost.at, "seeds": model_cost.seeds}
            row["threshold"] = thresholds.upper
            row["review_threshold"] = thresholds.lower if thresholds.lower < thresholds.upper else np.nan
            cost = model_cost.cost
            row |= {"cost": cost.estimate, "low": cost.low, "high": cost.high}
            for name in ("saving", "saving_from_today"):
                saving = getattr(model_cost, name)
                row[name] = saving.estimate if saving else np.nan
                row[f"{name}_low"], row[f"{name}_high"] = saving.interval if saving else (np.nan, np.nan)
                sure = saving.probability_positive if saving else None
                row[f"{name}_probability"] = np.nan if sure is None else sure
            rows.append(row)
        return pd.DataFrame(rows)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """model, threshold, monthly_cost, low, high: each model at every threshold, the mean over its seeds at the same one, with its interval."""
        tables = []
        for model, model_cost in self.best.items():
            estimates, grid = model_cost.estimates, model_cost.grid
            curve = self._bootstrap.along(estimates, grid, model)
            limits = estimates[0].sample.operation.limits
            low, high = self._bootstrap.band(curve, limits=limits, level=model_cost.cost.level)
            costs = {"monthly_cost": curve.figure.estimate, "low": low, "high": high}
            tables.append(pd.DataFrame({"model": model, "threshold": grid, **costs}))
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """model, at, segment, error, decisions, monthly_decisions, monthly_cost: what a cost is made of, the mean over the seeds."""
        tables = []
        for model_cost in self.model_costs:
            table = pd.concat([estimate.errors for estimate in model_cost.estimates])
            mean = table.groupby(["segment", "error"], sort=False, as_index=False).mean()
            tables.append(mean.assign(model=model_cost.model, at=model_cost.at))
        columns = ["model", "at", "segment", "error", "decisions", "monthly_decisions", "monthly_cost"]
        return pd.concat(tables, ignore_index=True)[columns]

    def mistakes(self, model: str, at: str = BEST) -> pd.DataFrame:
        """The decisions that the typical training gets wrong, see `CostEstimate.mistakes`."""
        return (self.best if at == BEST else self.today)[model].typical.mistakes(self.decisions)

    def base_rates(self, segment: str | None = None) -> pd.DataFrame:
        """model, base_rate, monthly_cost, probability_cost, normalised_cost: costs against the share of true matches (Drummond and Holte 2006).

        The share of one segment, or (None) of all alike; all else as entered. The mean over the seeds of each model, each with its own best
        thresholds at each share, chosen on other decisions than it is measured on. Two more models take `all` pairs or `none`; where people
        review, `people` decide all.
        probability_cost: of all that mistakes could cost, the part of missed matches. normalised_cost: the cost as a share of all that.
        """
        if segment not in self._by_base_rate:
            trainings = {model: model_cost.estimates for model, model_cost in self.best.items()}
            self._by_base_rate[segment] = base_rates(trainings, self.prices, self.decisions, segment)
        return self._by_base_rate[segment]

    @cached_property
    def _by_base_rate(self) -> dict[str | None, pd.DataFrame]:
        return {}

    @cached_property
    def policies(self) -> dict[str, float]:
        """Money a month without any model, see `Operation.policies`."""
        sample = next(iter(self.best.values())).typical.sample
        return sample.operation.policies(sample.folds.reported)

    def cheaper_policy(self, model: str, at: str = BEST) -> str | None:
        """The cheapest of `policies`, where it costs less than both this model and the baseline."""
        costs = self.best if at == BEST else self.today
        least = min(costs[name].cost.estimate for name in (model, self.baseline))
        policy = min(self.policies, key=self.policies.get)
        rounding = ALIKE * np.abs(costs[model].typical.sample.operation.limits).max()
        return policy if least - self.policies[policy] > rounding else None

    @property
    def cheaper_today(self) -> ModelCost | None:
        """The baseline at today's thresholds, where that costs less than at its own best ones, against which savings are measured."""
        today = self.today.get(self.baseline)
        return today if today and today.cost.estimate < self.best[self.baseline].cost.estimate else None

    @property
    def notes(self) -> list[Note]:
        """What must be said beside the figures: how they were made, what is borrowed or derived, what the intervals leave out."""
        first = next(iter(self.best.values()))
        estimate = first.typical
        notes = estimate.notes
        if estimate.few_rows:
            notes.append(Note("few_rows", {"count": estimate.report_rows}))
        else:
            notes += [Note(f"few_{kind}", {"count": count}) for kind, count in estimate.sample.few.items()]
            notes += self.segment_notes
        notes.append(Note("interval", {"level": first.cost.level}))
        if any(one.trained and one.seeds == 1 for one in self.best.values()):
            notes.append(Note("one_seed"))
        return notes

    @property
    def segment_notes(self) -> list[Note]:
        """Which segments alone rest on few decisions of a kind; of those without any it is said that their rate is borrowed."""
        sample, notes = next(iter(self.best.values())).typical.sample, []
        for kind, counts in sample.few_by_segment.items():
            segments = {segment: count for segment, count in counts.items() if count}
            if segments and kind not in sample.few:
                notes.append(Note(f"few_in_{kind}", {"segments": segments}))
        return notes

    @property
    def drawn(self) -> dict[str, np.ndarray]:
        """Every figure's draws, to be kept: see `compare_costs`."""
        return {
            f"{one.at}/{one.model}/{name}": figure.draws
            for one in self.model_costs
            for name in ("cost", "saving", "saving_from_today")
            if (figure := getattr(one, name)) is not None
        }

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "prices": self.prices.to_dict(),
            "baseline": self.baseline,
            "derived_at": next(iter(self.best.values())).typical.sample.derived_at,
            "best": {model: cost.to_dict() for model, cost in self.best.items()},
            "today": {model: cost.to_dict() for model, cost in self.today.items()},
        }


def compare_costs(
    models: Mapping[str, pd.DataFrame | Sequence[pd.DataFrame]],
    prices: Prices,
    *,
    baseline: str,
    untrained: Collection[str] = (BASELINE,),
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
    sample: Sample | None = None,
    drawn: Mapping[str, np.ndarray] | None = None,
) -> CostComparison:
    """Models on the same decisions. models: name -> decisions with that model's cosines, or one such table for every seed that was trained.

    untrained: models that are as they were found. drawn: `CostComparison.drawn` of a call that was the same, which spares the redraws.
    UserError as `estimate_cost` has them. ValueError where the tables hold different decisions, or there is no such baseline.
    """
    seeds = {name: [tables] if isinstance(tables, pd.DataFrame) else list(tables) for name, tables in models.items()}
    if not seeds.get(baseline):
        raise ValueError(f"no such baseline: {baseline}")
    known = seeds[baseline][0].drop(columns="cosine")
    if any(not table.drop(columns="cosine").equals(known) for tables in seeds.values() for table in tables):
        raise ValueError("the models were not judged on the same decisions")
    sample = sample or sample_of(known, prices)
    bootstrap = Bootstrap(sample, draws=draws, seed=seed)
    priced = {
        at: {
            name: _price(tables, prices, sample, bootstrap, name=name, at=at, drawn=bool(drawn))
            for name, tables in seeds.items()
        }
        for at in ((BEST, TODAY) if prices.today else (BEST,))
    }
    lowest, highest = sample.operation.limits

    def cost(one: _Priced, key: str) -> BootstrapEstimate:
        draws = drawn[key] if drawn else bootstrap.settle(one.replicates, (lowest, highest), one.training)
        return BootstrapEstimate(one.monthly_cost, draws, level, on_few(one.estimates))

    def saving(other: _Priced | None, one: _Priced, key: str, *, cheapest: bool) -> BootstrapEstimate | None:
        """Of one against the other; None where they are the same. cheapest: both stand at their own best thresholds."""
        if other is None or other is one:
            return None
        if drawn:
            draws = drawn[key]
        else:
            limits, training = (lowest - highest, highest - lowest), other.training - one.training
            draws = bootstrap.settle(other.replicates - one.replicates, limits, training)
        both = other.estimates, one.estimates
        withheld = alike(*both, cheapest=cheapest) or on_few(*both)
        return BootstrapEstimate(other.monthly_cost - one.monthly_cost, draws, level, withheld)

    def model_cost(name: str, at: str) -> ModelCost:
        one, key = priced[at][name], f"{at}/{name}"
        return ModelCost(
            model=name,
            at=at,
            estimates=one.estimates,
            cost=cost(one, f"{key}/cost"),
            saving=saving(priced[at][baseline], one, f"{key}/saving", cheapest=at == BEST),
            saving_from_today=saving(
                priced.get(TODAY, {}).get(baseline), one, f"{key}/saving_from_today", cheapest=False
            ),
            trained=name not in untrained,
        )

    best, today = ({name: model_cost(name, at) for name in seeds if at in priced} for at in (BEST, TODAY))
    return CostComparison(prices, baseline, best, today, known, bootstrap)


@dataclass(frozen=True)
class _Priced:
    """A model at some thresholds, before it is compared."""

    estimates: tuple[CostEstimate, ...]
    """one a seed"""
    replicates: Replicates | None
    """of the mean cost over the seeds; None where the draws are known already"""
    training: np.ndarray | None
    """what `Bootstrap.of_training` adds"""

    @property
    def monthly_cost(self) -> float:
        """The mean over the seeds."""
        return float(np.mean([estimate.monthly_cost for estimate in self.estimates]))


def _price(
    tables: Sequence[pd.DataFrame],
    prices: Prices,
    sample: Sample,
    bootstrap: Bootstrap,
    *,
    name: str,
    at: str,
    drawn: bool,
) -> _Priced:
    thresholds = prices.today if at == TODAY else None
    estimates = tuple(estimate_cost(table, prices, at=thresholds, sample=sample) for table in tables)
    if drawn:
        return _Priced(estimates, None, None)
    each = [bootstrap.of(estimate, chosen=thresholds is None) for estimate in estimates]
    return _Priced(estimates, mean_of(each), bootstrap.of_training(each, name))
