"""Do 95% intervals hold the truth 95% of the time? `python tests/benchmarks/coverage.py [--simulations 1000] [--processes 1]`

Simulates proofs of concept of which the truth is known, and prints three tables. The first: how often the interval of the difference held the true
difference, how often the candidate was called better and worse (where there is no difference, each is a false verdict), and the time
of one comparison. Rows are pairs with human judgements from 0 to 5 in halves, or queries that find their answer or do not; grouped
rows share half of the variance of everything with the rows of their unit. A trained method's quality varies from seed to seed. The second: how
often the gain from more data lies in its interval, for learning curves of every law. The third: how often those who follow the advice how many
further rows decide get a verdict.
"""

import argparse
import functools
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from kdmcse import stats
from kdmcse.stats.growth_laws import grow

POPULATION = 1_000_000
"""Rows from which the truth is taken."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
"""Qualities of a seed, in standard deviations, over which the truth is the mean."""
BETWEEN_SEEDS = 0.12
"""Standard deviation of the log of a seed's error: about 2 points of Spearman."""
DESIGNS = ("rows", "groups", "unequal", "shared", "grid")
"""Rows that share nothing; groups of about `ROWS_PER_UNIT`; groups of very different sizes; pairs out of as many sentences as there are
pairs; every one of `LEFT` sentences with each of the others."""
ROWS_PER_UNIT = 4
LEFT = 10
CANDIDATE, WEAKER = 0.6, 0.75
"""Size of a method's own error beside what it should see; of the candidate, and of a baseline that is really worse."""


@dataclass(frozen=True)
class Setting:
    """A kind of proof of concept."""

    metric: str
    """`spearman` or `recall`"""
    rows: int
    design: str
    """which rows share what: one of `DESIGNS`"""
    baseline_seeds: int
    """0: not trained"""
    different: bool
    """whether the candidate is truly better"""
    seeds: int = 3

    @property
    def truth(self) -> "Truth":
        return truth(self.metric, self.baseline_seeds > 0, self.different)


@dataclass(frozen=True)
class Rows:
    """What one simulated evaluation sees."""

    gold: np.ndarray
    """(n,)"""
    candidate: np.ndarray
    """(seeds, n)"""
    baseline: np.ndarray
    unit: np.ndarray
    """(n, k)"""


def labels(setting: Setting, rng: np.random.Generator) -> np.ndarray:
    """(n, k) what each row shares with others."""
    n = setting.rows
    if setting.design == "grid":
        return np.stack([np.arange(n) % LEFT, LEFT + np.arange(n) // LEFT], axis=1)
    if setting.design == "shared":
        first = rng.integers(0, n, n)
        return np.stack([first, (first + rng.integers(1, n, n)) % n], axis=1)
    sizes = {
        "rows": lambda: np.ones(n, dtype=int),
        "groups": lambda: 1 + rng.poisson(ROWS_PER_UNIT - 1, n),
        "unequal": lambda: np.ceil(rng.lognormal(0.5, 1.3, n)).astype(int),
    }[setting.design]()
    return np.repeat(np.arange(n), sizes)[:n, None]


class World:
    """Rows drawn from the population: what the judges see, what all models get wrong, what each gets wrong."""

    def __init__(self, labels: np.ndarray, rng: np.random.Generator) -> None:
        self.labels, self._rng = labels, rng
        self.seen, self.wrong = self.noise(), self.noise()
        scale = 2.5 + 1.4 * (self.seen + 0.4 * self.noise())
        self.gold = np.round(2 * np.clip(scale, 0, 5)) / 2
        self.own = {"candidate": self.noise(), "baseline": self.noise()}

    def noise(self) -> np.ndarray:
        """(n,) standard normal, half of the variance shared with the rows of the same labels."""
        rows, k = self.labels.shape
        shared = self._rng.standard_normal(self.labels.max() + 1)[self.labels].sum(axis=1) / np.sqrt(k)
        return (shared + self._rng.standard_normal(rows)) / np.sqrt(2)

    def values(self, metric: str, method: str, error: float) -> np.ndarray:
        """(n,) of one training: cosines for `spearman`, found or not for `recall`."""
        alone = 0.2 * self._rng.standard_normal(len(self.labels))
        cosine = self.seen + 0.5 * self.wrong + error * self.own[method] + alone
        return (
            cosine
            if metric == "spearman"
            else (self.wrong + error * self.own[method] + alone < 1 - error).astype(float)
        )


def simulate(setting: Setting, baseline_error: float, rng: np.random.Generator) -> Rows:
    world = World(labels(setting, rng), rng)

    def trained(method: str, error: float, seeds: int) -> np.ndarray:
        errors = error * np.exp(BETWEEN_SEEDS * rng.standard_normal(seeds)) if seeds else [error]
        return np.stack([world.values(setting.metric, method, one) for one in errors])

    candidate = trained("candidate", CANDIDATE, setting.seeds)
    return Rows(world.gold, candidate, trained("baseline", baseline_error, setting.baseline_seeds), world.labels)


def measure(metric: str, gold: np.ndarray) -> stats.RowMetric:
    return stats.Spearman(gold) if metric == "spearman" else stats.Mean((0, 1))


@dataclass(frozen=True)
class Truth:
    """Over all rows and all seeds of the population."""

    candidate: float
    difference: float
    baseline_error: float
    """size of the baseline's own error that gives this difference"""


@functools.cache
def truth(metric: str, baseline_trained: bool, different: bool) -> Truth:
    """Numbers of rows and units change nothing in it."""
    world = World(np.arange(POPULATION)[:, None], np.random.default_rng(0))
    everything = np.ones((1, POPULATION), dtype=np.int32)
    measured = measure(metric, world.gold)

    def score(method: str, error: float, trained: bool) -> float:
        errors = error * np.exp(BETWEEN_SEEDS * NODES) if trained else [error]
        found = [measured.scorer(world.values(metric, method, one)[None])(everything)[0, 0] for one in errors]
        return float(np.average(found, weights=WEIGHTS if trained else None))

    candidate = score("candidate", CANDIDATE, True)
    if different:
        return Truth(candidate, candidate - score("baseline", WEAKER, baseline_trained), WEAKER)
    if baseline_trained:
        return Truth(candidate, 0.0, CANDIDATE)
    low, high = CANDIDATE / 2, CANDIDATE * 2
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if score("baseline", middle, False) > candidate else (low, middle)
    return Truth(candidate, 0.0, middle)


def compared(setting: Setting, simulation: int, **changes) -> tuple[stats.Comparison, float]:
    """One simulated proof of concept, and the seconds that its comparison took; `changes` to what `stats.compare` is given."""
    rows = simulate(setting, setting.truth.baseline_error, np.random.default_rng([simulation, setting.rows]))
    given = {"unit": rows.unit, "baseline_trained": setting.baseline_seeds > 0, "seed": simulation} | changes
    started = time.perf_counter()
    found = stats.compare(measure(setting.metric, rows.gold), rows.candidate, rows.baseline, **given)
    return found, time.perf_counter() - started


@dataclass(frozen=True)
class Advised:
    """Somebody who was told how many further rows decide, and judged so many."""

    need: str
    more_rows: int | None
    decided: bool


ADVISED_ROWS = 200


def advised(
    simulation: int, spread: float | None = 2.0, true: float = 0.0, resamples: int = stats.RESAMPLES
) -> Advised:
    """Rows whose mean is the difference of two methods. True differences are spread normally about 0 by so many standard errors of
    `ADVISED_ROWS`, or `true` of them throughout."""
    rng = np.random.default_rng([simulation, 5])
    size = (rng.normal() * spread if spread else true) / math.sqrt(ADVISED_ROWS)

    def compared(rows: np.ndarray) -> stats.Comparison:
        given = {"candidate_trained": False, "resamples": resamples, "seed": simulation}
        return stats.compare(stats.Mean(), rows, np.zeros(len(rows)), **given)

    rows = size + rng.normal(size=ADVISED_ROWS)
    first = compared(rows)
    if not first.more_rows:
        return Advised(first.need, None, first.need == "nothing")
    further = size + rng.normal(size=first.more_rows)
    return Advised(first.need, first.more_rows, compared(np.concatenate([rows, further])).need == "nothing")


SHARES, SEEDS, FURTHER = (0.1, 0.25, 0.5, 1.0), (0, 1, 2), 2.0
"""Sizes of a learning curve in parts of the largest, trained with each seed; and where the gain is asked for."""
CURVES = {
    "power, c = 0.2": lambda n: -(n**-0.2),
    "power, c = 0.5": lambda n: -(n**-0.5),
    "power, c = 1": lambda n: -1 / n,
    "exponential, c = 1.5": lambda n: -math.exp(-1.5 * n),
    "exponential, c = 3": lambda n: -math.exp(-3 * n),
    "exponential, c = 6": lambda n: -math.exp(-6 * n),
    "logarithmic": math.log,
}
"""How a score grows with the data, up to its level and its height."""


def gained(curve: Callable[[float], float], simulation: int, noise: float = 0.03) -> bool | None:
    """Whether the interval of the gain from twice the data holds it; None where nothing is said. noise: standard deviation of a training, and
    again of a seed, in parts of the rise from the smallest size to the largest."""
    rng = np.random.default_rng([simulation, 3])
    rise = curve(1.0) - curve(SHARES[0])
    own = rng.normal(0, noise, len(SEEDS))
    rows = [
        (share, seed, 1000 * share, curve(share) / rise + own[seed] + rng.normal(0, noise))
        for seed in SEEDS
        for share in SHARES
    ]
    grown = grow(pd.DataFrame(rows, columns=["share", "seed", "pairs", "value"]), aim=1000 * FURTHER)
    if grown.refused:
        return None
    gain = grown.law.gain(1000, 1000 * FURTHER)
    return gain.low <= (curve(FURTHER) - curve(1.0)) / rise <= gain.high


def holds(interval: stats.Interval, value: float) -> bool:
    return interval.low is not None and interval.low <= value <= interval.high


def settings() -> Iterator[Setting]:
    for different in (True, False):
        for rows in (50, 200, 1000):
            for design in ("rows", "groups"):
                yield Setting("spearman", rows, design, 0, different)
        yield Setting("spearman", 200, "groups", 3, different)
        for rows in (50, 200, 1000):
            yield Setting("recall", rows, "groups", 0, different)
        for rows, design in ((200, "unequal"), (200, "shared"), (300, "grid")):
            yield Setting("spearman", rows, design, 0, different)
            yield Setting("recall", rows, design, 0, different)


def line(setting: Setting, simulations: int, resamples: int = stats.RESAMPLES) -> str:
    """Of the table."""
    found = [compared(setting, simulation, resamples=resamples) for simulation in range(simulations)]
    comparisons, seconds = zip(*found, strict=True)
    shares = [
        statistics.fmean(holds(one.difference, setting.truth.difference) for one in comparisons),
        statistics.fmean(holds(one.candidate, setting.truth.candidate) for one in comparisons),
        *(statistics.fmean(one.verdict == verdict for one in comparisons) for verdict in ("better", "worse")),
    ]
    units = statistics.median(one.difference.units for one in comparisons)
    baseline = f"{setting.baseline_seeds} seeds" if setting.baseline_seeds else "untouched"
    cells = [setting.metric, setting.rows, setting.design, f"{units:.0f}", baseline, f"{setting.truth.difference:.3f}"]
    cells += [f"{share:.1%}" for share in shares] + [f"{statistics.median(seconds):.2f}"]
    return f"| {' | '.join(map(str, cells))} |"


def curve_line(name: str, simulations: int) -> str:
    """Of the second table."""
    held = [gained(CURVES[name], simulation) for simulation in range(simulations)]
    answered = [one for one in held if one is not None]
    return f"| {name} | {len(answered) / len(held):.1%} | {statistics.fmean(answered):.1%} |"


def advice_line(truth: tuple[float | None, float], simulations: int) -> str:
    """Of the third table. truth: the spread of the true differences, or None and the true difference, in standard errors."""
    found = [advised(simulation, *truth) for simulation in range(simulations)]
    followed = [one for one in found if one.more_rows]
    shares = [statistics.fmean(one.need == need for one in found) for need in ("nothing", "too_small")]
    cells = [f"spread by {truth[0]:g}" if truth[0] else f"always {truth[1]:g}", *(f"{share:.1%}" for share in shares)]
    cells += [f"{len(followed) / len(found):.1%}", f"{statistics.median(one.more_rows for one in followed):.0f}"]
    return f"| {' | '.join(cells)} | {statistics.fmean(one.decided for one in followed):.1%} |"


TRUTHS = ((1.0, 0.0), (1.5, 0.0), (2.0, 0.0), (None, 0.5), (None, 1.0), (None, 2.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    heads = (
        "score",
        "rows",
        "design",
        "units",
        "baseline",
        "true difference",
        "interval holds it",
        "interval of the score holds it",
    )
    print(f"| {' | '.join(heads)} | better | worse | seconds |")
    print("|---" * (len(heads) + 3) + "|", flush=True)
    with ProcessPoolExecutor(given.processes) as pool:
        for found in pool.map(functools.partial(line, simulations=given.simulations), settings()):
            print(found, flush=True)
        print("\n| true curve | a gain is told | its interval holds the true one |\n|---|---|---|", flush=True)
        for found in pool.map(functools.partial(curve_line, simulations=given.simulations), CURVES):
            print(found, flush=True)
        print("\n| true differences | decided at once | told that rows will not do | told how many |", end="")
        print(" median | of these, decided with so many |\n|---|---|---|---|---|---|", flush=True)
        for found in pool.map(functools.partial(advice_line, simulations=given.simulations), TRUTHS):
            print(found, flush=True)


if __name__ == "__main__":
    main()
