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

from kdmcse.cost.estimate import CostEstimate
from kdmcse.cost.redraws import redraw
from kdmcse.cost.replicates import Replicates
from kdmcse.cost.sample import Sample

DRAWS = 1_000
LEVEL = 0.95
CHOICE = 0.3
"""How much of it is added by which the plain cost of the chosen thresholds varies: those in use are others than those that judged the folds.
Set by simulated operations (tests/benchmarks/cost_coverage.py): without it 86 to 94 of 100 intervals hold what is true, with half of it 89 to 94."""
MOST_CUTS = 200
"""Thresholds from which a redraw chooses."""
_ALIKE = 1e-6  # of the greatest cost: what single precision cannot tell apart


@dataclass(frozen=True)
class BootstrapEstimate:
    """A figure, and the values it might truly have."""

    estimate: float
    draws: np.ndarray = field(repr=False, compare=False)
    """(R,)"""
    level: float = LEVEL
    """how often an interval made like this one holds what is true"""
    withheld: str | None = None
    """why no probability is stated: one of `withheld.WITHHELD`; None where one is"""

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Its ends; as many draws are below as above, and the estimate is between them."""
        tail = (1 - self.level) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail])
        return min(float(low), self.estimate), max(float(high), self.estimate)

    @property
    def low(self) -> float:
        return self.interval[0]

    @property
    def high(self) -> float:
        return self.interval[1]

    @property
    def alike(self) -> bool:
        """Whether it is the saving of a model that ends every pair like the other, and so exactly 0."""
        return bool(self.withheld) and self.withheld.startswith("alike")

    @property
    def on_few(self) -> bool:
        """Whether it rests on too few decisions of a kind."""
        return bool(self.withheld) and self.withheld.startswith("few")

    @property
    def probability_positive(self) -> float | None:
        """Share of the draws above 0; None where it is `withheld`."""
        return None if self.withheld else float((self.draws > 0).mean())

    def to_dict(self) -> dict[str, float]:
        """For JSON, without the draws."""
        return {"estimate": self.estimate, "low": self.low, "high": self.high, "level": self.level}


@dataclass(frozen=True)
class CurveReplicates:
    """The mean cost of a model's seeds at every threshold of a grid (T,)."""

    figure: Replicates
    training: np.ndarray
    """(R, T) as `Bootstrap.of_training` has it for one figure"""


class Bootstrap:
    """The decisions of a sample with random weights, the same for every model and for every seed of them."""

    def __init__(self, sample: Sample, *, draws: int = DRAWS, seed: int = 0) -> None:
        self.sample, self.operation, self._seed = sample, sample.operation, seed
        self.redraws = redraw(
            sample.units.keys,
            sample.folds.of_rows,
            sample.operation.stratum,
            len(sample.operation.monthly_decisions),
            sample.operation.measures,
            draws=draws,
            seed=seed,
        )

    @property
    def count(self) -> int:
        return self.redraws.count

    def settle(self, figure: Replicates, limits: tuple[float, float], training: np.ndarray | float = 0.0) -> np.ndarray:
        """(R,) what the figure might truly be, within its `limits`. training (R,): what `of_training` adds."""
        return np.clip(figure.draws(self.redraws.noise) + training, *limits)

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
        return self._of_training(between, by_decisions, len(seeds), model)

    def _of_training(self, between: np.ndarray, by_decisions: np.ndarray, seeds: int, model: str) -> np.ndarray:
        """(R, ...) draws from the variances (...) of the cost over the seeds, and of that part of it which is the decisions'."""
        error = np.sqrt(np.maximum(between - by_decisions, 0.0) / seeds)
        drawn = np.random.default_rng([self._seed, zlib.crc32(model.encode())]).standard_t(seeds - 1, self.count)
        return drawn.reshape(-1, *[1] * np.ndim(error)) * error

    def band(self, curve: CurveReplicates, *, limits: tuple[float, float], level: float = LEVEL) -> np.ndarray:
        """(2, T) ends of the interval at each threshold."""
        tail = (1 - level) / 2
        draws = curve.figure.draws(self.redraws.noise) + curve.training
        return np.clip(np.quantile(draws, [tail, 1 - tail], axis=0), *limits)

    def of(self, estimate: CostEstimate, *, chosen: bool = True) -> Replicates:
        """The monthly cost of a model. `chosen`: its thresholds are chosen again in each redraw, else they stay."""
        drawn, folds = self.redraws, self.sample.folds
        deviations, plainly = np.zeros(self.count), np.zeros(self.count)
        cuts = _cuts(estimate.cosine) if chosen else np.array([estimate.thresholds.lower, estimate.thresholds.upper])
        below = drawn.below(estimate.cosine, cuts).astype(np.float32)
        between = drawn.between(estimate.cosine, cuts) if chosen else None
        for some, weights in drawn.blocks():
            places = np.zeros(weights.shape[1], dtype=int), np.ones(weights.shape[1], dtype=int)
            bins = (between @ weights).reshape(len(drawn.groups), -1, len(cuts), weights.shape[1]) if chosen else None
            whole = bins.sum(axis=0) if chosen else None
            for k in range(folds.count):
                lower, upper = self._choose(whole - bins[k + 1], self._chooses[k][some]) if chosen else places
                for j, m in np.ndindex(drawn.totals.shape[1:3]):
                    start, end = drawn.groups[k + 1, j]
                    counts, total = below[m, start:end], drawn.totals[k + 1, j, m, some]
                    rejected = _weight_below(weights[start:end], counts, lower)
                    taken = rejected if lower is upper else _weight_below(weights[start:end], counts, upper)
                    amounts = np.stack([rejected, taken - rejected, total - taken], axis=1)
                    under = counts.sum(axis=0, dtype=np.float64)
                    here = under[lower], under[upper] - under[lower], drawn.sums[m, start:end].sum() - under[upper]
                    plain = np.stack(here, axis=1) @ self._plain[j, m]
                    deviations[some] += (amounts * self._reports[some, j, m]).sum(axis=1) - plain
                    plainly[some] += plain
        deviations += CHOICE * (plainly - plainly.mean())
        given = estimate.fold_thresholds
        possible = (
            any(t.lower > -np.inf for t in given),
            any(t.lower < t.upper for t in given),
            any(t.upper < np.inf for t in given),
        )
        sums = self._outcomes(estimate)[..., None]
        return self._redrawn(np.array(estimate.monthly_cost), deviations, sums, possible, squeeze=True)

    def along(self, estimates: Sequence[CostEstimate], grid: np.ndarray, model: str) -> CurveReplicates:
        """The mean monthly cost of a model's seeds at every threshold of a grid (T,); the review threshold of each stays as in `CostEstimate.curve`.

        The figure is `mean_of` one figure a seed, computed at once, as all of it is linear in the sums. `model`: as in `of_training`.
        """
        drawn, reviews = self.redraws, self.sample.reviews
        each = [self._sums_along(estimate, grid) for estimate in estimates]
        sums = sum(each) / len(each)
        cost = self._cost_of(sums)
        deviations = np.empty((len(grid), self.count))
        lowers, uppers = [_lower(estimate, grid) for estimate in estimates], [grid] * len(estimates)
        # What lies below both thresholds is rejected, what lies between them reviewed, the rest accepted.
        parts = ((lowers, 0, 1), (uppers, 1, 2)) if reviews else ((uppers, 0, 2),)
        between = [(self._mean_between(estimates, cuts), one, other) for cuts, one, other in parts]
        for some, weights in drawn.blocks():
            wide, money = weights.astype(np.float64), _flat(self._reports[some]).transpose(1, 2, 0)
            more = np.zeros((len(grid), len(wide[0])))
            for weight, one, other in between:
                for below_each, price in zip((weight @ wide).reshape(len(money), len(grid), -1), money, strict=True):
                    more += below_each * (price[one] - price[other])
            totals = drawn.totals[1:, ..., some].sum(axis=0).reshape(len(money), -1)
            accepted = (totals * money[:, 2]).sum(axis=0)
            deviations[:, some] = _running(np.add, more) + accepted - cost[:, None]
        figure = self._redrawn(cost, deviations.T, sums, (True, reviews, True))
        if len(each) < 2:
            return CurveReplicates(figure, np.zeros((self.count, len(grid))))
        between = np.var([self._cost_of(one) for one in each], axis=0, ddof=1)
        # At thresholds that stay, what units add to the deviations has their variance.
        by_decisions = np.var([self._of_units(one, widened=False) for one in each], axis=0, ddof=1).sum(axis=0)
        return CurveReplicates(figure, self._of_training(between, by_decisions, len(each), model))

    def _mean_between(self, estimates: Sequence[CostEstimate], cuts: Sequence[np.ndarray]):
        """As `Redraws.reported_between`, the mean of these seeds, each at its own cuts."""
        each = zip(estimates, cuts, strict=True)
        return sum(self.redraws.reported_between(estimate.cosine, own) for estimate, own in each) / len(estimates)

    def _sums_along(self, estimate: CostEstimate, grid: np.ndarray) -> np.ndarray:
        """(P, K, 3, T) sums over the decisions of each part by outcome at every threshold of a grid."""
        drawn = self.redraws
        upper = drawn.below(estimate.cosine, grid)
        lower = drawn.below(estimate.cosine, _lower(estimate, grid)) if self.sample.reviews else upper
        sums = np.stack([lower, upper - lower, drawn.sums[..., None] - upper], axis=2).swapaxes(0, 1)
        sums[drawn.fold < 0] = 0
        return sums

    def _cost_of(self, sums: np.ndarray) -> np.ndarray:
        """(T,) money a month, of sums over each part by outcome (P, K, 3, T)."""
        return np.einsum("pko,pkot->t", self._plain[self.redraws.stratum], sums)

    @cached_property
    def _plain(self) -> np.ndarray:
        """(J, K, 3) money a month for one reported decision of a stratum, for each unit of a measure."""
        rows = self.sample.folds.reported
        totals = np.bincount(self.operation.stratum[rows], minlength=len(self.operation.monthly_decisions))
        return self.operation.stratum_money(totals.astype(np.float64), self.operation.lenders(rows))

    @cached_property
    def _reports(self) -> np.ndarray:
        """(R, J, K, 3) the same in each redraw, for a weight of 1."""
        totals = self.redraws.totals[1:, :, 0].sum(axis=0).T
        return self.operation.stratum_money(totals, self.operation.lenders(self.sample.folds.reported))

    @cached_property
    def _chooses(self) -> list[np.ndarray]:
        """(R, J K, 3) of each fold: the same where the decisions that choose for it are the whole operation; single precision."""
        folds, totals = self.sample.folds, self.redraws.totals
        lent = [self.operation.lenders(folds.chooses(k)) for k in range(folds.count)]
        outside = [np.delete(totals[:, :, 0], k + 1, axis=0).sum(axis=0).T for k in range(folds.count)]
        money = [self.operation.stratum_money(*one) for one in zip(outside, lent, strict=True)]
        return [_flat(one).astype(np.float32) for one in money]

    def _choose(self, bins: np.ndarray, money: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(r,) the cheapest lower and upper cut of each redraw. bins (J K, T, r): weighted sums between cuts; money (r, J K, 3): for 1 of them."""

        def up_to(one: int, other: int) -> np.ndarray:
            """(T, r) what the decisions below each cut cost by the one outcome more than by the other."""
            more = (money[..., one] - money[..., other]).T
            sums = bins[0] * more[0]
            for j in range(1, len(bins)):
                sums += bins[j] * more[j]
            return _running(np.add, sums)

        if not self.sample.reviews:
            place = _cheapest(up_to(0, 2))
            return place, place
        lower = up_to(0, 1)
        place = _cheapest(_running(np.minimum, lower.copy()) + up_to(1, 2))
        return _cheapest(lower, place), place

    def _outcomes(self, estimate: CostEstimate) -> np.ndarray:
        """(P, K, 3) sums over the decisions of each part by outcome, as they were judged."""
        drawn, reported = self.redraws, self.sample.folds.reported
        place = 3 * drawn.part[reported] + estimate.outcomes
        sums = [np.bincount(place, one, minlength=3 * len(drawn.rows)) for one in drawn.measures[reported].T]
        return np.stack(sums).reshape(-1, len(drawn.rows), 3).swapaxes(0, 1)

    def _redrawn(
        self,
        cost: np.ndarray,
        deviations: np.ndarray,
        sums: np.ndarray,
        possible: Sequence[bool],
        *,
        squeeze: bool = False,
    ) -> Replicates:
        """sums (P, K, 3, T): over the decisions of each part by outcome; possible (3,): outcomes that a decision may have."""
        operation, amount = self.operation, self.operation.amount
        money = operation.money_at(0.0 if amount is None else np.sqrt(np.mean(amount**2)))[:, possible]
        amounts = [self._of_units(sums, widened=widened) for widened in (True, False)]
        range_of_costs = money.max(axis=1) - money.min(axis=1)
        stakes = operation.monthly_decisions / self._lent_rows * range_of_costs
        stakes = np.repeat(stakes[:, None], sums.shape[-1], axis=1)
        if squeeze:
            amounts, stakes = [amount[:, 0] for amount in amounts], stakes[:, 0]
        return Replicates(cost, deviations, *amounts, stakes)

    def _of_units(self, sums: np.ndarray, *, widened: bool) -> np.ndarray:
        """(U, T) what each unit adds to the deviation of a cost, see `Replicates`. sums (P, K, 3, T): over the decisions of each part by outcome."""
        drawn, lent, rows, units = self.redraws, self._lent, self._lent_rows, self._lent_units
        unit_money, monthly = self.operation.unit_money, self.operation.monthly_decisions
        seen = np.array([sums[part].sum(axis=0) for part in self._parts])
        mean = np.einsum("dj,dkot,jko->jt", lent.astype(float), seen, unit_money) / rows[:, None]
        scale = units / (units - 1 if widened else units + 1)
        into = np.zeros((drawn.units, sums.shape[-1]))
        for part, to in zip(self._parts, lent, strict=True):
            # A decision counts for every stratum that it is lent to: all of them at once.
            share = to * np.sqrt(scale) * monthly / rows
            own = np.tensordot(sums[part], np.tensordot(share, unit_money, axes=1), axes=([1, 2], [0, 1]))
            own -= np.outer(drawn.rows[part], share @ mean)
            into[drawn.unit[part]] += own  # a unit has one part in a stratum
        return into

    @cached_property
    def _lent(self) -> np.ndarray:
        """(J, J) as `Operation.lenders` has it, of the reported decisions."""
        return self.operation.lenders(self.sample.folds.reported)

    @cached_property
    def _parts(self) -> list[np.ndarray]:
        """The reported parts of each stratum."""
        drawn = self.redraws
        return [np.flatnonzero((drawn.fold >= 0) & (drawn.stratum == j)) for j in range(len(self._lent))]

    @cached_property
    def _lent_rows(self) -> np.ndarray:
        """(J,) reported decisions of each stratum, lent ones included."""
        return self._lent.T @ np.array([self.redraws.rows[part].sum() for part in self._parts])

    @cached_property
    def _lent_units(self) -> np.ndarray:
        """(J,) units of each stratum, lent ones included; 2 at least."""
        units = [
            np.concatenate([self.redraws.unit[part] for part, lends in zip(self._parts, column, strict=True) if lends])
            for column in self._lent.T
        ]
        return np.maximum([len(np.unique(one)) for one in units], 2)


def _lower(estimate: CostEstimate, grid: np.ndarray) -> np.ndarray:
    """(T,) below which pairs are taken for no match, where each of a grid is the threshold."""
    return np.minimum(estimate.thresholds.lower, grid) if estimate.sample.reviews else grid


def _flat(money: np.ndarray) -> np.ndarray:
    """(R, J K, 3) of money (R, J, K, 3)."""
    return money.reshape(len(money), -1, money.shape[-1])


def _cuts(cosine: np.ndarray) -> np.ndarray:
    """Thresholds to choose from: between all neighbours, or where there are many at as many quantiles; and to take all or none."""
    scores = np.unique(cosine)
    middles = np.nextafter(scores[:-1], np.inf) if len(scores) < 2 else (scores[:-1] + scores[1:]) / 2
    if len(middles) > MOST_CUTS:
        middles = middles[np.linspace(0, len(middles) - 1, MOST_CUTS).astype(int)]
    return np.concatenate([[-np.inf], middles, [np.inf]])


def _running(combine: np.ufunc, values: np.ndarray) -> np.ndarray:
    """`combine.accumulate` over the first axis, in place: row by row it is several times as fast as down the columns."""
    for row in range(1, len(values)):
        combine(values[row - 1], values[row], out=values[row])
    return values


def _weight_below(weights: np.ndarray, counts: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """(r,) weight of the decisions of a group below one cut for each redraw. weights (p, r); counts (p, T); cut (r,)."""
    return (counts.take(cut, axis=1) * weights).sum(axis=0, dtype=np.float64)


def _cheapest(cost: np.ndarray, last: np.ndarray | None = None) -> np.ndarray:
    """(r,) the cut of the lowest cost (T, r), up to `last` (r,). Of cuts that are as cheap, those that ask no model, else the middle one: as
    `thresholds` has it."""
    cuts = np.arange(len(cost))[:, None]
    if last is not None:
        beyond = cuts > last
        greatest = np.where(beyond, 0, np.abs(cost)).max(axis=0)
        cost = np.where(beyond, np.float32(np.inf), cost)
        lowest = cost.min(axis=0)
    else:
        lowest = cost.min(axis=0)
        greatest = np.maximum(cost.max(axis=0), -lowest)
    tied = cost <= lowest + np.float32(_ALIKE) * greatest
    # The first of them as the greatest of numbers that fall: quicker than to search each redraw.
    first = len(cost) - (tied * np.arange(len(cost), 0, -1, dtype=np.int16)[:, None]).max(axis=0).astype(np.int64)
    place = first + (tied.sum(axis=0, dtype=np.int16).astype(np.int64) - 1) // 2
    return np.where(tied[0], 0, np.where(tied[-1], len(cost) - 1, place))
