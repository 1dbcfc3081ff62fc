"""How much more data? Runs on shares of the training pairs, a power law through their scores, what further pairs would bring. No models here.

With n pairs that are learnt from, the score (and the monthly cost, falling) is taken to be

    a - b * n ** -c        b > 0, c > 0

the form in which errors fall with data in Hestness et al. 2017 (Deep Learning Scaling Is Predictable, Empirically). For each c of a
grid, a and b are found by least squares with Huber's weights (Huber 1964); the c that fits best is taken. The band is made of `REFITS`
fits to scores drawn again: the law, plus what one seed (drawn again) is above or below it at every size, plus a residual (drawn again,
its size as uncertain as so few of them leave it), plus what the score moves by when the held-out rows are drawn again, by the unit that
repeats and the same for all runs. Nothing is said beyond `REACH` times the largest size that was measured.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.config import BASELINE, RunConfig
from kdmcse.errors import UserError
from kdmcse.plan import learnt_from
from kdmcse.poc import CANDIDATE, SCORES, Poc, estimate_costs, gather
from kdmcse.runs import Run, create
from kdmcse.words import money, number, percent, say
from kdmcse.workspace import Workspace

SHARES = (0.1, 0.25, 0.5, 1.0)
"""Parts of the training data that a curve is measured on, each within the next."""
SEEDS = (0, 1, 2)
MIN_SIZES = 4
"""A law with three numbers fits any three sizes."""
REACH = 4
"""Times the largest measured size: beyond it, nothing is said."""
FURTHER = 1000
"""Pairs by which the answer is told."""
REFITS = 400
REFUSALS = ("few_sizes", "few_runs", "not_rising", "no_levelling", "no_such_law", "not_identified", "too_far")
"""Why there is no law or no gain: fewer than four sizes; too few runs to know their luck; scores that do not rise for certain; that rise
faster than any law; that lie on none; laws so different that the gain may be anything within more than what all the data brought; a size
out of reach."""
MIN_FREEDOM = 3
"""Residuals that must be left to tell luck by; four sizes with two seeds leave four."""
_STRAYING = 0.05
_UNITS = 2000
_EXPONENTS = np.geomspace(0.02, 3, 100)
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Gain:
    """What further pairs bring, with the middle 95 % of the refits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Law:
    """A power law through values by size, and its refits."""

    smallest: float
    """pairs"""
    largest: float
    """pairs; nothing is said beyond `REACH` times this"""
    _fits: np.ndarray = field(repr=False)
    """(1 + REFITS, 3) the fit and its refits, each as its value at `largest`, its slope there against log n, and c"""

    @property
    def parameters(self) -> tuple[float, float, float]:
        """a, b, c"""
        level, slope, c = self._fits[0]
        return float(level + slope / c), float(slope / c * self.largest**c), float(c)

    def at(self, pairs: Sequence[float]) -> pd.DataFrame:
        """pairs, value, low, high. ValueError outside [smallest, REACH * largest]: that is not for a law to say."""
        pairs = np.asarray(pairs, dtype=float)
        if pairs.min() < self.smallest or pairs.max() > REACH * self.largest:
            raise ValueError(f"beyond {self.smallest} to {REACH * self.largest} pairs")
        values = self._values(pairs)
        low, high = np.quantile(values[1:], _INTERVAL, axis=0)
        return pd.DataFrame({"pairs": pairs, "value": values[0], "low": low, "high": high})

    def gain(self, before: float, after: float) -> Gain:
        """Between two sizes. ValueError as `at`."""
        self.at([before, after])
        first, second = self._values(np.array([before, after])).T
        return Gain(float(second[0] - first[0]), *map(float, np.quantile((second - first)[1:], _INTERVAL)))

    def _values(self, pairs: np.ndarray) -> np.ndarray:
        """(1 + REFITS, n)"""
        level, slope, c = self._fits.T[:, :, None]
        return level + slope * _growth(pairs / self.largest, c)


@dataclass(frozen=True)
class Growth:
    """A law, or the reason why there is none."""

    law: Law | None
    refused: str | None
    """one of `REFUSALS`"""


def grow(points: pd.DataFrame, shifts: np.ndarray | None = None, *, aim: float | None = None) -> Growth:
    """The law through `points`: share, seed, pairs, value (higher is better; those without one are left out).

    shifts (REFITS, points): what each value moves by when the held-out rows are drawn again. aim: pairs at which the law is asked
    for the gain since the largest size; there it must say something.
    """
    known = points["value"].notna().to_numpy()
    points, shifts = points[known], 0 if shifts is None else shifts[:, known]
    if points.groupby("share")["pairs"].median().nunique() < MIN_SIZES:
        return Growth(None, "few_sizes")
    if _freedom(points) < MIN_FREEDOM:
        return Growth(None, "few_runs")
    pairs, values = (points[name].to_numpy(dtype=float) for name in ("pairs", "value"))
    sizes = pairs / pairs.max()
    fit = _fits(sizes, values[None])
    level, slope, c = fit.T[:, :, None]
    fitted = (level + slope * _growth(sizes, c))[0]
    drawn = _drawn_again(points, values, fitted) + shifts
    law = Law(pairs.min(), pairs.max(), np.concatenate([fit, _fits(sizes, drawn)]))
    rise = law.gain(law.smallest, law.largest)
    if rise.value <= 1e-9 * np.abs(values).max():
        return Growth(None, "not_rising")
    if _strays(points, values - fitted, rise.value):
        return Growth(None, "no_levelling" if c == _EXPONENTS[0] else "no_such_law")
    if rise.low <= 0:
        return Growth(None, "not_rising")
    if aim is not None and law.largest < aim <= REACH * law.largest:
        gain = law.gain(law.largest, aim)
        if gain.high - gain.low > rise.value:
            return Growth(None, "not_identified")
    return Growth(law, None)


def _growth(sizes: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(1 - size ** -c) / c: 0 at size 1, rising, nearly log(size) where c is small."""
    return -np.expm1(-c * np.log(sizes)) / c


def _fits(sizes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """sizes (n,) in parts of the largest, values (R, n) -> (R, 3) level, slope, exponent by least squares with Huber's weights."""
    x = _growth(sizes, _EXPONENTS[:, None])  # (G, n)
    weights = np.ones_like(values)
    for _ in range(6):
        total, sum_y = weights.sum(axis=1, keepdims=True), (weights * values).sum(axis=1, keepdims=True)
        sum_x, sum_xx, sum_xy = weights @ x.T, weights @ (x * x).T, (weights * values) @ x.T  # (R, G)
        across = sum_xx - sum_x**2 / total
        slope = (sum_xy - sum_x * sum_y / total) / across
        best = np.argmax(slope**2 * across, axis=1)  # what the exponent explains
        rows = np.arange(len(values))
        slope, level = slope[rows, best], ((sum_y - slope * sum_x) / total)[rows, best]
        residual = np.abs(values - level[:, None] - slope[:, None] * x[best])
        scale = 1.345 * 1.4826 * np.median(residual, axis=1, keepdims=True)
        weights = np.where(residual > scale, scale / np.maximum(residual, 1e-12), 1.0).clip(0.01)
    return np.stack([level, slope, _EXPONENTS[best]], axis=1)


def _freedom(points: pd.DataFrame) -> int:
    """Residuals that are left to tell luck by, after three numbers of the law and one of each seed but one."""
    return len(points) - 3 - (points["seed"].nunique() - 1)


def _strays(points: pd.DataFrame, residual: np.ndarray, rise: float) -> bool:
    """Whether whole sizes lie off the law: by more than a twentieth of its rise, and more than luck does in one case of a hundred.

    The F test of lack of fit against what the runs of one size differ by, seeds set apart.
    """
    table = pd.DataFrame({"share": points["share"], "seed": points["seed"], "residual": residual})
    table["residual"] -= table.groupby("seed")["residual"].transform("mean")
    means = table.groupby("share")["residual"].transform("mean")
    sizes = table["share"].nunique() - 3, _freedom(points) - (table["share"].nunique() - 3)
    between, within_ = float((means**2).sum()), float(((table["residual"] - means) ** 2).sum())
    first, second = np.random.default_rng(0).chisquare(np.array(sizes)[:, None], (2, 20_000)) / np.array(sizes)[:, None]
    significant = between / sizes[0] > np.quantile(first / second, 0.99) * within_ / sizes[1]
    return bool(significant and between > len(table) * (_STRAYING * rise) ** 2)


def _drawn_again(points: pd.DataFrame, values: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """(REFITS, n) values as another time might have given them: see the head of this file."""
    rng, n = np.random.default_rng(0), len(values)
    _, seed = np.unique(points["seed"].to_numpy(), return_inverse=True)
    count, freedom, residual = seed.max() + 1, _freedom(points), values - fitted
    own = np.bincount(seed, residual) / np.bincount(seed)
    rest = (residual - own[seed]) * np.sqrt(n / freedom)
    own = own * np.sqrt(count / max(1, count - 1))
    luck = np.sqrt(freedom / rng.chisquare(freedom, (REFITS, 1)))
    return (
        fitted
        + own[rng.integers(count, size=(REFITS, count))][:, seed]
        + luck * rest[rng.integers(n, size=(REFITS, n))]
    )


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
            return [say(f"curve.refused.{self.refused}", language, **numbers)]
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

    def lines(self, language: str) -> list[str]:
        """A line for each share that was measured."""
        found = []
        for share, rows in self.points.groupby("share"):
            low, median, high = (number(rows["score"].quantile(q), language, 3) for q in (0, 0.5, 1))
            pairs, seeds = number(rows["pairs"].median(), language), len(rows)
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
    evaluations = _evaluated(poc)
    costs = {}
    if poc.prices and poc.has_decisions and not poc.cost_problem:
        costs = estimate_costs({run.id: found for run, found in evaluations.items()}, poc.dataset.decisions, poc.prices)
    rows = []
    for run, found in evaluations.items():
        share, seed = run.config.training.data_share, run.config.seed
        rows.append(
            {
                "run": run.id,
                "share": share,
                "seed": seed,
                "pairs": len(learnt_from(poc.dataset.pairs, share, seed)),
                "score": _measured(found.scores, poc.metric),
                "monthly_cost": costs[run.id].monthly_cost if run.id in costs else None,
                "seconds": (run.outcome or {}).get("seconds"),
            }
        )
    points = pd.DataFrame(rows, columns=["run", "share", "seed", "pairs", "score", "monthly_cost", "seconds"])
    points = points.astype(
        {"pairs": int, "seed": int} | dict.fromkeys(("share", "score", "monthly_cost", "seconds"), float)
    )
    present = len(learnt_from(poc.dataset.pairs, 1.0, 0))
    aim = present + _further(points, present)
    judged = [_judged(poc, found) for found in evaluations.values()]
    priced = [pd.DataFrame({"value": -one.row_costs * len(one.row_costs)}) for one in costs.values()]
    return DataCurve(
        points=points,
        present=present,
        metric=poc.metric,
        currency=poc.prices and poc.prices.currency,
        baseline=poc.spread(BASELINE, poc.metric)[0],
        score=grow(points.assign(value=points["score"]), _moved_by_rows(judged), aim=aim),
        saving=grow(points.assign(value=-points["monthly_cost"]), _moved_by_rows(priced), aim=aim),
    )


def start_curve(
    workspace: Workspace,
    dataset_id: str,
    *,
    recipe: str | None = None,
    shares: Sequence[float] = SHARES,
    seeds: Sequence[int] = SEEDS,
) -> list[Run]:
    """Queue what is missing of KDMCSE on these shares with these seeds, and the untouched student, and have it worked on.

    recipe: id of a recipe, else the chosen one of `gather`. Seed by seed, so that there are four sizes early. UserError where there is
    no recipe with a teacher, and as `poc.start`.
    """
    from kdmcse import sources, worker

    found = gather(workspace, dataset_id, recipe=recipe)
    if found.recipe is None or found.recipe.teacher is None:
        raise UserError("curve_without_recipe", dataset=dataset_id)
    sources.require(found.recipe.student, "student")
    sources.require(found.recipe.teacher, "teacher")
    shared = {"dataset": found.dataset.fingerprint, "student": found.recipe.student}
    configs = [RunConfig(method=BASELINE, **shared)]
    for seed, share in itertools.product(dict.fromkeys(seeds), dict.fromkeys(shares)):
        training = dataclasses.replace(found.recipe.training, data_share=share)
        configs.append(
            RunConfig(method=CANDIDATE, teacher=found.recipe.teacher, seed=seed, training=training, **shared)
        )
    asked = [create(workspace, config) for config in configs]
    worker.ensure(workspace)
    return asked


def _further(points: pd.DataFrame, present: int) -> int:
    reach = REACH * points["pairs"].max() if len(points) else 0
    return int(max(0, min(FURTHER, reach - present)))


def _evaluated(poc: Poc) -> dict[Run, Any]:
    """Evaluations of the recipe's KDMCSE runs, on whatever share of the data."""
    from kdmcse.evaluate import read_evaluation

    recipe, found = poc.recipe, {}
    for run in poc.runs if recipe else ():
        config = run.config
        alike = (config.method, config.student, config.teacher) == (CANDIDATE, recipe.student, recipe.teacher)
        alike = alike and dataclasses.replace(config.training, data_share=1.0) == recipe.training
        if alike and (evaluation := read_evaluation(run)) is not None:
            found[run] = evaluation
    return found


def _split(metric: str) -> tuple[str, str]:
    """`sts_spearman` -> `sts`, `spearman`"""
    task = next(task for task in SCORES if metric.startswith(f"{task}_"))
    return task, metric.removeprefix(f"{task}_")


def _measured(scores: Mapping[str, Any], metric: str) -> float | None:
    task, name = _split(metric)
    return (scores.get(task) or {}).get(name)


def _judged(poc: Poc, evaluation: Any) -> pd.DataFrame | None:
    """Held-out rows of an evaluation: unit that repeats, value, and gold where the metric is a correlation (of ranks: as ranks)."""
    task, name = _split(poc.metric)
    if task == "sts":
        if evaluation.sts is None:
            return None
        judged, table = poc.dataset.sts, evaluation.sts.rename(columns={"cosine": "value"})
        unit = judged["group"] if "group" in judged else judged["row"]
        table = table.assign(unit=table["row"].map(dict(zip(judged["row"], unit, strict=True))))
        return table.assign(**table[["gold", "value"]].rank()) if name == "spearman" else table
    if evaluation.retrieval is None:
        return None
    table = evaluation.retrieval[evaluation.retrieval["direction"] == task]
    groups = poc.dataset.pairs.set_index("pair")["group"]
    return pd.DataFrame({"value": table[name], "unit": table["pair"].map(groups)})


def _moved_by_rows(tables: Sequence[pd.DataFrame | None]) -> np.ndarray | None:
    """(REFITS, runs) what a mean of `value`, or its correlation with `gold`, moves by when the units are drawn again.

    The same units for every run. None where a run has no rows. tables: value, and gold and unit (else each row is one) where they are.
    """
    if not tables or any(table is None or table.empty for table in tables):
        return None
    rng, moved, draws = np.random.default_rng(0), [], {}
    for table in tables:
        _, unit = np.unique(table.get("unit", table.index).to_numpy(), return_inverse=True)
        unit %= _UNITS  # many units are as well drawn by the bundle
        units = unit.max() + 1
        if units not in draws:
            draws[units] = np.vstack([np.ones(units), rng.multinomial(units, np.full(units, 1 / units), REFITS)])
        v, g = table["value"].to_numpy(), table.get("gold", pd.Series(0.0, table.index)).to_numpy()
        v0, g0 = v - v.mean(), g - g.mean()
        moments = np.stack([np.ones(len(v)), v0, g0, v0 * v0, g0 * g0, v0 * g0], axis=1)
        parts = np.stack([np.bincount(unit, weights=column) for column in moments.T], axis=1)
        n, v, g, vv, gg, vg = (draws[units] @ parts).T
        with np.errstate(invalid="ignore", divide="ignore"):
            means = v / n
            correlations = (n * vg - v * g) / np.sqrt((n * vv - v * v) * (n * gg - g * g))
        drawn = np.nan_to_num(correlations if "gold" in table else means)
        moved.append(drawn[1:] - drawn[0])
    return np.stack(moved, axis=1)


def _signed(value: float, language: str) -> str:
    return f"{'+' if value > 0 else ''}{number(value, language, 3)}"
