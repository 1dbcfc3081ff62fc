"""The runs of a recipe on shares of the data -> points, and what further pairs bring in score and money. Fits nothing itself."""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import stats
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.cost import estimate_costs
from kdmcse.data.splits import training_rows
from kdmcse.i18n import money, number, percent, say
from kdmcse.metrics import COST, JUDGED
from kdmcse.results.intervals import Scored, rows
from kdmcse.results.results import Poc, decided
from kdmcse.stats.power_law import MIN_SIZES, REACH, REFITS, Gain, Growth, grow
from kdmcse.stats.resampling import number_units, resample

SHARES = (0.1, 0.25, 0.5, 1.0)
"""Parts of the training data that a curve is measured on, each within the next."""
SEEDS = (0, 1, 2)
FURTHER = 1000
"""Pairs by which the answer is told."""


@dataclass(frozen=True)
class DataCurve:
    """What is known of how KDMCSE's score and cost grow with the data, for one recipe of a dataset."""

    points: pd.DataFrame
    """one row per evaluated run: run, share, seed, pairs (learnt from), score, monthly_cost, seconds; NaN where missing"""
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

    @property
    def further(self) -> int:
        """Pairs that the answer is about: `FURTHER`, or as many as are within reach."""
        return _further(self.points, self.present)

    @property
    def refused(self) -> str | None:
        """Why there is no gain: one of `REFUSALS`; None where there is one."""
        return self.score.refused or (None if self.further else "too_far")

    @property
    def gain(self) -> Gain | None:
        """In score, by `further` pairs."""
        return None if self.refused else self.score.law.gain(self.present, self.present + self.further)

    @property
    def money(self) -> Gain | None:
        """Saved a month by `further` pairs. None without prices, where the cost follows no law, or where the score's gain is refused."""
        if self.refused or self.saving.law is None:
            return None
        return self.saving.law.gain(self.present, self.present + self.further)

    @property
    def money_refused(self) -> str | None:
        """`no_prices`, or why the cost follows no law; None where there is money."""
        known = self.points["monthly_cost"].notna().any()
        return (self.saving.refused if known else "no_prices") if self.money is None else None

    @cached_property
    def line(self) -> pd.DataFrame | None:
        """The law to draw: pairs, value, low, high, measured (False beyond the largest size). None where there is none."""
        if (law := self.score.law) is None:
            return None
        end = min(REACH * law.largest, max(self.present + self.further, 1.5 * law.largest))
        sizes = np.unique(np.append(np.geomspace(law.smallest, end, 80).clip(law.smallest, end), law.largest))
        return law.at(sizes).assign(measured=sizes <= law.largest)

    def missing(self, shares: Sequence[float] = SHARES, seeds: Sequence[int] = SEEDS) -> list[tuple[float, int]]:
        """Share and seed of the runs that a curve still lacks."""
        known = set(zip(self.points["share"], self.points["seed"], strict=True))
        return [pair for pair in itertools.product(shares, seeds) if pair not in known]

    def seconds_of(self, missing: Sequence[tuple[float, int]]) -> float | None:
        """How long these runs will take one after the other, at most, by the finished runs of the same or the next larger share."""
        took = self.points.groupby("share")["seconds"].median().dropna()
        if took.empty:
            return None
        return float(
            sum(took[min((one for one in took.index if one >= share), default=took.index[-1])] for share, _ in missing)
        )

    def sentence(self, language: str) -> str:
        """What further pairs would bring, or why that cannot be said."""
        return {"en": " ", "ja": ""}[language].join(self.sentences(language))

    def sentences(self, language: str) -> list[str]:
        """The answer, how far it can be trusted, and what it leaves open."""
        numbers = {"min_sizes": MIN_SIZES, "reach": REACH, "sizes": self.points["share"].nunique()}
        if self.refused:
            observed = [self._last_step(language)] if self.refused == "no_levelling" else []
            return [say(f"curve.refused.{self.refused}", language, **numbers), *observed]
        told = {"further": number(self.further, language), "metric": say(f"poc.metric.{self.metric}", language)}
        told |= {name: _signed(value, language) for name, value in dataclasses.asdict(self.gain).items()}
        if self.money:
            amounts = dataclasses.asdict(self.money).items()
            told |= {f"money_{name}": money(value, self.currency, language) for name, value in amounts}
        pieces = [say("curve.gain_and_money" if self.money else "curve.gain", language, **told)]
        if self.gain.low <= 0:
            pieces.append(say("curve.note.unsure", language))
        if self.money_refused not in (None, "no_prices"):
            pieces.append(say(f"curve.money_refused.{self.money_refused}", language))
        if self.further < FURTHER:
            pieces.append(say("curve.note.too_far", language, wanted=number(FURTHER, language), **numbers))
        return pieces

    def _last_step(self, language: str) -> str:
        """What the score did between the two largest sizes that were measured."""
        last = self.points.groupby("share")[["pairs", "score"]].median().dropna().iloc[-2:]
        (before, after), (low, high) = last["pairs"], last["score"]
        told = {"before": number(before, language), "after": number(after, language)}
        told |= {"low": number(low, language, 3), "high": number(high, language, 3)}
        return say("curve.note.last_step", language, metric=say(f"poc.metric.{self.metric}", language), **told)

    def lines(self, language: str) -> list[str]:
        """A line for each share that was measured."""
        found = []
        for share, runs in self.points.groupby("share"):
            low, median, high = (number(runs["score"].quantile(q), language, 3) for q in (0, 0.5, 1))
            pairs, seeds = number(runs["pairs"].median(), language), len(runs)
            told = {"low": low, "median": median, "high": high, "pairs": pairs, "seeds": seeds}
            told |= {"share": percent(share, language), "metric": say(f"poc.metric.{self.metric}", language)}
            found.append(say("curve.line", language, **told))
        return found

    def to_dict(self) -> dict[str, Any]:
        """For JSON; None where something is missing."""
        points = [{k: None if v != v else v for k, v in row.items()} for row in self.points.to_dict("records")]
        law = self.score.law
        return {
            "metric": self.metric,
            "present_pairs": self.present,
            "further_pairs": self.further,
            "refused": self.refused,
            "gain": self.gain and dataclasses.asdict(self.gain),
            "money_per_month": self.money and dataclasses.asdict(self.money),
            "money_refused": self.money_refused,
            "currency": self.currency,
            "law": law and dict(zip("abc", law.parameters, strict=True)),
            "points": points,
        }


def curve(poc: Poc) -> DataCurve:
    """The curve of the chosen recipe, from what has been evaluated so far."""
    parts = _on_parts(poc)
    shares = {run.id: run.config.training.data_share for run in parts.compared}
    points = parts.scores[["run", "seed", poc.metric, "monthly_cost", "seconds"]].rename(columns={poc.metric: "score"})
    points["share"] = points["run"].map(shares).astype(float)
    drawn = zip(points["share"], points["seed"], strict=True)
    sizes = [len(training_rows(poc.dataset.pairs, share, seed)) for share, seed in drawn]
    points = points.assign(seed=points["seed"].astype(int), pairs=np.array(sizes, dtype=int))
    present = len(training_rows(poc.dataset.pairs, 1.0, 0))
    aim = present + _further(points, present)
    return DataCurve(
        points=points[["run", "share", "seed", "pairs", "score", "monthly_cost", "seconds"]],
        present=present,
        metric=poc.metric,
        currency=poc.prices and poc.prices.currency,
        baseline=poc.spread(BASELINE, poc.metric)[0],
        score=grow(points.assign(value=points["score"]), _moved_by_rows(parts, poc.metric), aim=aim),
        saving=grow(points.assign(value=-points["monthly_cost"]), _moved_by_rows(parts, COST.name), aim=aim),
    )


def _further(points: pd.DataFrame, present: int) -> int:
    reach = REACH * points["pairs"].max() if len(points) else 0
    return int(max(0, min(FURTHER, reach - present)))


def _on_parts(poc: Poc) -> Poc:
    """The same, as if the recipe's KDMCSE runs on whatever share of the data, where evaluated, were what is compared."""
    from kdmcse.evaluation.evaluation import read_evaluation

    recipe, found = poc.recipe, {}
    for run in poc.runs if recipe else ():
        config = run.config
        alike = (config.method, config.student, config.teacher) == (CANDIDATE, recipe.student, recipe.teacher)
        alike = alike and dataclasses.replace(config.training, data_share=1.0) == recipe.training
        if alike and (evaluation := read_evaluation(run)) is not None:
            found[run] = evaluation
    evaluations, costs = {run.id: evaluation for run, evaluation in found.items()}, {}
    if poc.estimates:
        costs = estimate_costs(decided(evaluations, poc.dataset, match_score=poc.match_score), poc.prices)
    return dataclasses.replace(poc, compared=tuple(found), evaluations=evaluations, estimates=costs)


def _moved_by_rows(parts: Poc, metric: str) -> np.ndarray | None:
    """(REFITS, runs) what each run's value of `metric` moves by when the held-out units are drawn again, the same for every run.

    None where the rows of a run are not known.
    """
    judged = parts.judged if metric == JUDGED.name else None
    tables = [
        rows(metric, parts.evaluations[run.id], parts.dataset, estimate=parts.estimates.get(run.id), judged=judged)
        for run in parts.compared
    ]
    scored = Scored.of(tables)
    if scored.values is None:
        return None
    kind = stats.Pearson if metric == "sts_pearson" else stats.Spearman
    measure = stats.Mean() if scored.gold is None else kind(scored.gold)
    scorer, unit = measure.scorer(scored.values), number_units(scored.unit, len(scored.row))
    drawn = resample(scorer, unit, REFITS, np.random.default_rng(0))
    return np.nan_to_num(drawn - scorer(np.ones((1, len(unit)))))


def _signed(value: float, language: str) -> str:
    return f"{'+' if value > 0 else ''}{number(value, language, 3)}"
