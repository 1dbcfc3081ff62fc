"""The runs of a recipe on shares of the data -> points, and what further pairs bring in score and money."""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.config import BASELINE
from kdmcse.cost import CostEstimate, estimate_costs
from kdmcse.data.splits import training_rows
from kdmcse.errors import UserError
from kdmcse.results.costs import scored_decisions
from kdmcse.results.results import EvaluatedRun, Results
from kdmcse.results.rows import SeedScores, metric_rows, statistic
from kdmcse.results.scores import score_table, seed_values
from kdmcse.stats import Mean, RowMetric
from kdmcse.stats.growth_laws import REACH, REFITS, Gain, Growth, grow
from kdmcse.stats.resampling import moves
from kdmcse.stats.units import Units

SHARES = (0.1, 0.25, 0.5, 1.0)
"""Parts of the training data that a curve is measured on, each within the next."""
SEEDS = (0, 1, 2)
FURTHER = 1000
"""Further pairs for which the gain is given."""


@dataclass(frozen=True)
class LearningCurve:
    """What is known of how KDMCSE's score and cost grow with the data, for one recipe of a dataset."""

    points: pd.DataFrame
    """one row per measured run: run, share, seed, pairs (trained on), score, monthly_cost, seconds; NaN where missing"""
    present: int
    """training pairs of the dataset"""
    metric: str
    """what `score` is"""
    currency: str | None
    """of `monthly_cost`; None without prices"""
    baseline: float | None
    """today's student on `metric`"""
    score: Growth
    saving: Growth
    """of the monthly cost, counted below zero: what rises is saved"""
    on_fewer_steps: int = 0
    """trainings on a share that are left out, as they took fewer steps"""

    @property
    def sizes(self) -> int:
        """Sizes of the training data of which the score is known."""
        return self.points.loc[self.points["score"].notna(), "share"].nunique()

    @property
    def further(self) -> int:
        """Pairs that the answer is about: `FURTHER`, or as many as are within reach."""
        return _further(self.points, self.present)

    @property
    def refused(self) -> str | None:
        """Why there is no gain: one of `stats.growth_laws.REFUSALS`; None where there is one."""
        return self.score.refused or (None if self.further else "too_far")

    @property
    def gain(self) -> Gain | None:
        """In score, by `further` pairs."""
        return None if self.refused else self.score.law.gain(self.present, self.present + self.further)

    @property
    def money(self) -> Gain | None:
        """Saved a month by `further` pairs. None without prices, where the cost follows no law, or where the score's gain is refused."""
        if self.refused or not self._money_reaches:
            return None
        return self.saving.law.gain(self.present, self.present + self.further)

    @property
    def money_refused(self) -> str | None:
        """`no_prices`, why the cost follows no law, or that its law does not reach as far; None where there is money."""
        if self.points["monthly_cost"].isna().all():
            return "no_prices"
        return self.saving.refused or (None if self._money_reaches else "too_far")

    @property
    def _money_reaches(self) -> bool:
        law = self.saving.law
        return law is not None and self.present + self.further <= law.furthest

    @cached_property
    def line(self) -> pd.DataFrame | None:
        """The law to draw: pairs, value, low, high, measured (False beyond the largest size). None where there is none."""
        if (law := self.score.law) is None:
            return None
        end = min(law.furthest, max(self.present + self.further, 1.5 * law.largest))
        sizes = np.unique(np.append(np.geomspace(law.smallest, end, 80).clip(law.smallest, end), law.largest))
        return law.at(sizes).assign(measured=sizes <= law.largest)

    @cached_property
    def by_share(self) -> pd.DataFrame:
        """share, pairs, trainings, and of score and monthly_cost the mean over the trainings with _low and _high, the lowest and highest."""
        rows = []
        for share, runs in self.points.groupby("share"):
            row = {"share": share, "pairs": runs["pairs"].mean(), "trainings": len(runs)}
            for name in ("score", "monthly_cost"):
                row |= {name: runs[name].mean(), f"{name}_low": runs[name].min(), f"{name}_high": runs[name].max()}
            rows.append(row)
        sizes = [f"{name}{end}" for name in ("score", "monthly_cost") for end in ("", "_low", "_high")]
        return pd.DataFrame(rows, columns=["share", "pairs", "trainings", *sizes])

    def missing(self, shares: Sequence[float] = SHARES, seeds: Sequence[int] = SEEDS) -> list[tuple[float, int]]:
        """Share and seed of the runs that a curve still lacks."""
        known = set(zip(self.points["share"], self.points["seed"], strict=True))
        return [pair for pair in itertools.product(shares, seeds) if pair not in known]

    def seconds_of(self, missing: Sequence[tuple[float, int]]) -> float | None:
        """About how long these runs will take one after the other: as long as the finished ones, for all take as many steps.

        None before a run has finished.
        """
        took = self.points["seconds"].median()
        return None if np.isnan(took) else float(took * len(missing))

    def to_dict(self) -> dict[str, Any]:
        """For JSON; None where something is missing."""
        table = self.points.assign(training_cost=self.points["monthly_cost"])  # `monthly_cost` is what scripts know
        points = [{k: None if v != v else v for k, v in row.items()} for row in table.to_dict("records")]
        law = self.score.law
        return {
            "metric": self.metric,
            "present_pairs": self.present,
            "further_pairs": self.further,
            "refused": self.refused,
            "gain": self.gain and asdict(self.gain),
            "money_per_month": self.money and asdict(self.money),
            "money_refused": self.money_refused,
            "currency": self.currency,
            "laws": law and law.shares,
            "points": points,
        }


def learning_curve(results: Results, scores: pd.DataFrame, metric: str) -> LearningCurve:
    """The curve of the chosen recipe. scores: `score_table` of the compared runs. metric: the score that it is about, that of the verdict."""
    runs = results.on_shares
    table = score_table(runs, results.dataset, results.judged)
    points = table[["run", "share", "seed", metric, "seconds"]].rename(columns={metric: "score"})
    took = {run.id: run.seconds for run in results.runs}
    points["seconds"] = points["run"].map(took).astype(float)
    costs = _costs(results, runs)
    points["monthly_cost"] = points["run"].map(lambda run: costs[run].monthly_cost if run in costs else np.nan)
    points["monthly_cost"] = points["monthly_cost"].astype(float)
    drawn = zip(points["share"], points["seed"], strict=True)
    sizes = [len(training_rows(results.dataset.pairs, share, seed)) for share, seed in drawn]
    points = points.assign(seed=points["seed"].astype(int), pairs=np.array(sizes, dtype=int))
    present = len(training_rows(results.dataset.pairs, 1.0, 0))
    aim = present + _further(points, present)
    tables = [metric_rows(metric, run.evaluation, results.dataset, results.judged) for run in runs]
    untouched = seed_values(scores, BASELINE, metric)
    return LearningCurve(
        points=points[["run", "share", "seed", "pairs", "score", "monthly_cost", "seconds"]],
        present=present,
        metric=metric,
        currency=results.prices and results.prices.currency,
        baseline=untouched[0] if untouched else None,
        score=grow(points.assign(value=points["score"]), _moved_by_rows(tables, metric), aim=aim),
        saving=grow(
            points.assign(value=-points["monthly_cost"]),
            _moved_by_rows([_cost_rows(costs.get(run.id)) for run in runs], None),
            aim=aim,
        ),
        on_fewer_steps=results.on_fewer_steps,
    )


def _costs(results: Results, runs: Sequence[EvaluatedRun]) -> dict[str, CostEstimate]:
    """By run id, what the mistakes of each run cost, each at its own best thresholds; empty where there is no cost, for whatever reason."""
    if results.prices is None or not results.can_price:
        return {}
    try:
        tables = scored_decisions(runs, results.dataset, match_score=results.match_score)
        return estimate_costs(tables, results.prices)
    except UserError:  # the Cost page says why
        return {}


def _cost_rows(estimate: CostEstimate | None) -> pd.DataFrame | None:
    """The mean over rows of the negative cost of each: more is better, and a resample keeps the month's volume."""
    if estimate is None:
        return None
    value = -estimate.row_costs * len(estimate.row_costs)
    return pd.DataFrame({"row": np.arange(len(value)), "value": value, "unit": estimate.unit})


def _further(points: pd.DataFrame, present: int) -> int:
    """As many as are within reach of the largest size with a score: a law through the scores knows no other."""
    known = points.loc[points["score"].notna(), "pairs"]
    return int(max(0, min(FURTHER, REACH * known.max() - present))) if len(known) else 0


def _moved_by_rows(tables: Sequence[pd.DataFrame | None], metric: str | None) -> np.ndarray | None:
    """(REFITS, runs) what each run's value moves by when the held-out units are drawn again, the same for every run.

    metric: None for money, whose value is the mean of its rows. None where the rows of a run are not known.
    """
    scores = SeedScores.of(tables)
    if scores.values is None:
        return None
    measure: RowMetric = statistic(metric, scores.gold) if metric else Mean()
    units = Units.of(scores.unit, len(scores.row))
    return moves(measure.scorer(scores.values), units, REFITS, np.random.default_rng(0))
