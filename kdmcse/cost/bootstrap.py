"""How far a cost might lie from what was measured: decisions are redrawn in whole units, thresholds are chosen again each time.

The Bayesian bootstrap (Rubin 1981): every unit gets a random weight, exponential with mean 1, the same for all models, which are thus compared
in pairs. In each redraw the thresholds of every fold are chosen again on the reweighted decisions of the other folds. Kept is how far the
reweighted cost at these thresholds lies from the plain cost at the same thresholds, both on decisions that had no say in choosing them: the
chance of the sample with the choice in it, and no profit from choosing and measuring on the same decisions. Part of how the plain cost itself
varies with the choice is added (`CHOICE`).

Mistakes are few, so three things that vanish with more of them are put right. With r_u what unit u adds to the deviation of the estimate,

    variance      the redraws are widened from G / (G + 1) to G / (G - 1) times sum r^2, with G the units of a stratum
    skewness      the middle moves by sum r^3 / (2 sum r^2), the second-order term of a studentised mean (Hall 1992); half a mistake in a rate
    few units     normal noise of variance 2 sum r^4 / sum r^2 is added: the spread of Student's t with (sum r^2)^2 / sum r^4 degrees of freedom

A stratum without mistakes has r = 0, yet its rate may not be 0: each stratum counts as if it had `UNSEEN` mistakes more.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kdmcse.cost.estimate import CostEstimate, Sample

DRAWS = 1_000
LEVEL = 0.95
UNSEEN = 0.01
"""Mistakes that are added to what was seen in a stratum where the chance of mistakes is weighed."""
CHOICE = 0.3
"""How much of it is added by which the plain cost of the chosen thresholds varies: those in use are others than those that judged the folds.
Set by simulated operations (tests/benchmarks/cost_coverage.py): without it 86 to 94 of 100 intervals hold what is true, with half of it 89 to 94."""
MOST_UNITS = 5_000
"""Where there are more, they are redrawn in `BLOCKS` of whole units."""
BLOCKS = 1_000
MOST_CUTS = 200
"""Thresholds from which a redraw chooses."""
_ALIKE = 1e-6  # of the greatest cost: what single precision cannot tell apart
_AT_ONCE = 250  # redraws, so that they fit into memory


@dataclass(frozen=True)
class BootstrapEstimate:
    """A figure, and the values it might truly have."""

    estimate: float
    draws: np.ndarray = field(repr=False, compare=False)
    """(R,)"""
    level: float = LEVEL
    """how often an interval made like this one holds what is true"""

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Its ends; as many draws are below as above."""
        tail = (1 - self.level) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail])
        return float(low), float(high)

    @property
    def low(self) -> float:
        return self.interval[0]

    @property
    def high(self) -> float:
        return self.interval[1]

    @property
    def probability_positive(self) -> float:
        """Share of the draws above 0."""
        return float((self.draws > 0).mean())

    def to_dict(self) -> dict[str, float]:
        """For JSON, without the draws."""
        return {"estimate": self.estimate, "low": self.low, "high": self.high, "level": self.level}


@dataclass(frozen=True)
class Replicates:
    """A figure over the redraws. Figures of one `Bootstrap` may be averaged and subtracted. Trailing axes are figures of their own."""

    estimate: np.ndarray
    """(...)"""
    deviations: np.ndarray
    """(R, ...) from the estimate"""
    widened: np.ndarray
    """(U, ...) what each unit adds to the deviation of the estimate, widened to an unbiased variance"""
    narrowed: np.ndarray
    """(U, ...) the same as the redraws have it"""
    stakes: np.ndarray
    """(K, ...) what one mistake more in a stratum would add"""

    def __sub__(self, other: "Replicates") -> "Replicates":
        return Replicates(
            self.estimate - other.estimate,
            self.deviations - other.deviations,
            self.widened - other.widened,
            self.narrowed - other.narrowed,
            np.concatenate([self.stakes, -other.stakes]),
        )

    def draws(self, noise: np.ndarray) -> np.ndarray:
        """(R, ...) values that the figure might truly have. noise (R,): standard normal."""
        second, third, fourth = (
            (self.widened**power).sum(axis=0) + UNSEEN * (self.stakes**power).sum(axis=0) for power in (2, 3, 4)
        )
        seen, redrawn = (self.widened**2).sum(axis=0), (self.narrowed**2).sum(axis=0)
        width = np.sqrt(_ratio(seen, redrawn, 1.0))
        noise = noise.reshape(-1, *[1] * np.ndim(self.estimate))
        middle = self.estimate + _ratio(third, 2 * second, 0.0)
        return middle + width * self.deviations + np.sqrt(2 * _ratio(fourth, second, 0.0)) * noise


def mean_of(several: Sequence[Replicates]) -> Replicates:
    """The mean of figures that are alike, such as the costs of several seeds; a mistake more would be one of all of them."""
    fields = ("estimate", "deviations", "widened", "narrowed", "stakes")
    return Replicates(*(np.mean([getattr(one, name) for one in several], axis=0) for name in fields))


class Bootstrap:
    """The decisions of a sample with random weights, the same for every model and for every seed of them."""

    def __init__(self, sample: Sample, *, draws: int = DRAWS, seed: int = 0) -> None:
        self.sample, self.operation = sample, sample.operation
        unit, fold = sample.units.keys, sample.folds.of_rows
        keys, unit = np.unique(unit, return_inverse=True)
        if len(keys) > MOST_UNITS:
            # A block lies in one fold: units in the order of their folds, then of their hashes.
            of_units = np.zeros(len(keys), dtype=np.int64)
            of_units[unit] = fold
            block = np.empty(len(keys), dtype=np.int64)
            block[np.argsort(of_units, kind="stable")] = np.arange(len(keys)) * BLOCKS // len(keys)
            unit = block[unit]
            unit = np.unique(np.stack([unit, fold]), axis=1, return_inverse=True)[1]
        self.units = int(unit.max()) + 1
        strata = len(self.operation.monthly_decisions)
        parts, self._part = np.unique(unit * strata + self.operation.stratum, return_inverse=True)
        self._unit, self._stratum = parts // strata, parts % strata
        self._fold = np.zeros(len(parts), dtype=np.int64)
        self._fold[self._part] = fold
        self._rows = np.bincount(self._part).astype(np.float64)
        rng = np.random.default_rng(seed)
        self._weights = rng.standard_exponential((draws, self.units), dtype=np.float32)
        self._noise, self._seed = rng.standard_normal(draws), seed

    @property
    def count(self) -> int:
        return len(self._weights)

    def settle(
        self,
        figure: Replicates,
        *,
        limits: tuple[float, float],
        training: np.ndarray | float = 0.0,
        level: float = LEVEL,
    ) -> BootstrapEstimate:
        """The figure with what it might truly be, within its `limits`. training (R,): what `of_training` adds."""
        draws = np.clip(figure.draws(self._noise) + training, *limits)
        return BootstrapEstimate(float(figure.estimate), draws, level)

    def of_training(self, seeds: Sequence[Replicates], model: str) -> np.ndarray:
        """(R,) how far the mean over these seeds might lie from that over all seeds; 0 for one seed, whose chance nobody knows.

        Student's t with as many degrees of freedom as there are seeds less one, times the standard error between seeds: a few seeds that are
        redrawn among themselves would give too little. What seeds differ by because of the decisions is in their redraws already, and taken off.
        `model`: every name has draws of its own.
        """
        if len(seeds) < 2:
            return np.zeros(self.count)
        between = np.var([one.estimate for one in seeds], ddof=1)
        by_decisions = np.var([one.deviations for one in seeds], axis=0, ddof=1).mean()
        error = np.sqrt(max(between - by_decisions, 0.0) / len(seeds))
        return error * np.random.default_rng([self._seed, zlib.crc32(model.encode())]).standard_t(
            len(seeds) - 1, self.count
        )

    def band(self, figure: Replicates, *, limits: tuple[float, float], level: float = LEVEL) -> np.ndarray:
        """(2, T) ends of the interval of each figure."""
        tail = (1 - level) / 2
        return np.clip(np.quantile(figure.draws(self._noise), [tail, 1 - tail], axis=0), *limits)

    def of(self, estimate: CostEstimate, *, chosen: bool = True) -> Replicates:
        """The monthly cost of a model. `chosen`: its thresholds are chosen again in each redraw, else they stay."""
        folds = self.sample.folds
        deviations, plainly = np.zeros(self.count), np.zeros(self.count)
        cuts = _cuts(estimate.cosine) if chosen else np.array([estimate.thresholds.lower, estimate.thresholds.upper])
        below = self._below(estimate.cosine, cuts)
        for start in range(0, self.count, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            weights = self._weights[some][:, self._unit]
            money = self._money(weights, folds.reported)
            plain = self._money(np.ones((1, len(self._rows))), folds.reported)
            for k in range(folds.count):
                inside = np.flatnonzero(self._fold == k)
                if chosen:
                    lower, upper = self._choose(weights, below, k)
                else:
                    lower, upper = np.zeros(len(weights), dtype=int), np.ones(len(weights), dtype=int)
                held = below[inside]
                outcomes = held[:, lower].T, (held[:, upper] - held[:, lower]).T, self._rows[inside] - held[:, upper].T
                stratum = self._stratum[inside]
                for outcome, counts in enumerate(outcomes):
                    here = plain[:, stratum, outcome]
                    deviations[some] += ((weights[:, inside] * money[:, stratum, outcome] - here) * counts).sum(axis=1)
                    plainly[some] += (here * counts).sum(axis=1)
        deviations += CHOICE * (plainly - plainly.mean())
        rejected, reviewed, accepted = self._outcomes(estimate)
        counts = np.stack([rejected, reviewed, accepted], axis=1)
        given = estimate.fold_thresholds
        possible = (
            any(t.lower > -np.inf for t in given),
            any(t.lower < t.upper for t in given),
            any(t.upper < np.inf for t in given),
        )
        return self._redrawn(np.array(estimate.monthly_cost), deviations, counts[..., None], possible, squeeze=True)

    def along(self, estimate: CostEstimate, grid: np.ndarray) -> Replicates:
        """The monthly cost at every threshold of a grid (T,); a review threshold stays as in `CostEstimate.curve`."""
        reported = np.flatnonzero(self._fold >= 0)
        lower = np.minimum(estimate.thresholds.lower, grid) if self.sample.reviews else grid
        below = [self._below(estimate.cosine, cuts)[reported] for cuts in (lower, grid)]
        counts = np.zeros((len(self._rows), 3, len(grid)))
        counts[reported] = np.stack([below[0], below[1] - below[0], self._rows[reported, None] - below[1]], axis=1)
        plain = self._money(np.ones((1, len(self._rows))), self.sample.folds.reported)[0]
        cost = np.einsum("po,pot->t", plain[self._stratum], counts)
        deviations = np.empty((self.count, len(grid)))
        for start in range(0, self.count, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            weights = self._weights[some][:, self._unit]
            money = self._money(weights, self.sample.folds.reported)
            deviations[some] = -cost
            for outcome in range(3):
                deviations[some] += (weights * money[:, self._stratum, outcome]) @ counts[:, outcome]
        return self._redrawn(cost, deviations, counts, (True, self.sample.reviews, True))

    def _below(self, cosine: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        """(P, T) rows of each part (unit and stratum) whose cosine is below each cut (T,), ascending."""
        place = np.searchsorted(cuts, cosine, side="right")  # the first cut above: from there on the row is below
        counts = np.bincount(self._part * (len(cuts) + 1) + place, minlength=len(self._rows) * (len(cuts) + 1))
        return np.cumsum(counts.reshape(len(self._rows), -1)[:, :-1], axis=1).astype(np.float32)

    def _money(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(r, J, 3) money a month for a weight of 1. weights (r, P); rows (n,) bool: what is the whole operation."""
        inside = np.unique(self._part[rows])
        strata = np.eye(len(self.operation.monthly_decisions))[self._stratum[inside]] * self._rows[inside, None]
        return self.operation.stratum_money(weights[:, inside] @ strata, self.operation.lenders(rows))

    def _choose(self, weights: np.ndarray, below: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(r,) the cheapest lower and upper cut for each redraw on all folds but k."""
        outside = np.flatnonzero(self._fold != k)
        money = self._money(weights, self.sample.folds.chooses(k)).astype(np.float32)
        held, weights, stratum = below[outside], weights[:, outside], self._stratum[outside]

        def up_to(one: int, other: int) -> np.ndarray:
            return (weights * (money[..., one] - money[..., other])[:, stratum]) @ held

        if not self.sample.reviews:
            place = _cheapest(up_to(0, 2))
            return place, place
        lower = up_to(0, 1)
        place = _cheapest(np.minimum.accumulate(lower, axis=1) + up_to(1, 2))
        lower[np.arange(lower.shape[1]) > place[:, None]] = np.inf
        return _cheapest(lower), place

    def _outcomes(self, estimate: CostEstimate) -> np.ndarray:
        """(3, P) rows of each part by outcome, as they were judged."""
        reported = self._part[self.sample.folds.reported]
        return np.stack([np.bincount(reported[estimate.outcomes == o], minlength=len(self._rows)) for o in range(3)])

    def _redrawn(
        self,
        cost: np.ndarray,
        deviations: np.ndarray,
        counts: np.ndarray,
        possible: Sequence[bool],
        *,
        squeeze: bool = False,
    ) -> Replicates:
        """counts (P, 3, T): rows of each part by outcome; possible (3,): outcomes that a decision may have."""
        reported = self.sample.folds.reported
        parts = np.flatnonzero(self._fold >= 0)
        lenders = self.operation.lenders(reported).astype(float)
        unit_money, monthly = self.operation.unit_money, self.operation.monthly_decisions
        strata = len(monthly)
        member = np.eye(strata)[self._stratum[parts]]
        pooled = np.einsum("dj,pd,pot->jot", lenders, member, counts[parts])
        rows = np.einsum("dj,pd,p->j", lenders, member, self._rows[parts])
        mean = np.einsum("jot,jo->jt", pooled, unit_money) / rows[:, None]
        own = np.einsum("pot,jo->pjt", counts[parts], unit_money) - self._rows[parts, None, None] * mean
        own *= (member @ lenders)[..., None] * (monthly / rows)[:, None]
        units = np.array([len(np.unique(self._unit[parts][(member @ lenders)[:, j] > 0])) for j in range(strata)])
        units = np.maximum(units, 2)
        amounts = []
        for scale in (units / (units - 1), units / (units + 1)):
            scaled = np.einsum("pjt,j->pt", own, np.sqrt(scale))
            into = np.zeros((self.units, scaled.shape[1]))
            np.add.at(into, self._unit[parts], scaled)
            amounts.append(into)
        range_of_costs = unit_money[:, possible].max(axis=1) - unit_money[:, possible].min(axis=1)
        stakes = np.repeat((monthly / rows * range_of_costs)[:, None], counts.shape[2], axis=1)
        if squeeze:
            amounts, stakes = [amount[:, 0] for amount in amounts], stakes[:, 0]
        return Replicates(cost, deviations, *amounts, stakes)


def _cuts(cosine: np.ndarray) -> np.ndarray:
    """Thresholds to choose from: between all neighbours, or where there are many at as many quantiles; and to take all or none."""
    scores = np.unique(cosine)
    middles = np.nextafter(scores[:-1], np.inf) if len(scores) < 2 else (scores[:-1] + scores[1:]) / 2
    if len(middles) > MOST_CUTS:
        middles = middles[np.linspace(0, len(middles) - 1, MOST_CUTS).astype(int)]
    return np.concatenate([[-np.inf], middles, [np.inf]])


def _cheapest(cost: np.ndarray) -> np.ndarray:
    """(r,) the cut of the lowest cost (r, T). Of cuts that are as cheap, those that ask no model, else the middle one: as `thresholds` has it."""
    tied = cost <= cost.min(axis=1, keepdims=True) + _ALIKE * np.abs(np.where(np.isfinite(cost), cost, 0)).max(
        axis=1, keepdims=True
    )
    place = tied.argmax(axis=1) + (tied.sum(axis=1) - 1) // 2
    return np.where(tied[:, 0], 0, np.where(tied[:, -1], cost.shape[1] - 1, place))


def _ratio(above: np.ndarray, below: np.ndarray, otherwise: float) -> np.ndarray:
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), below)
    return np.divide(above, below, out=np.full(above.shape, otherwise), where=below > 0)
