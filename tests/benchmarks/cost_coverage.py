"""Whether the intervals and verdicts of the cost room hold what is true: `python tests/benchmarks/cost_coverage.py [CASES] [DRAWS]`.

Operations whose monthly cost at any threshold is known: two segments with unequal base rates, prices and volumes, decisions in groups of four
whose similarities hang together, a model of today and a new one that err on much the same pairs. From each a sample is drawn, with more matches
than the operation has, priced by `kdmcse.cost`, and compared with the truth: the operation's cost at the very thresholds that judged the folds
(`procedure`), and at the threshold that was chosen on all decisions for use (`in use`). Shown beside it is the naive way, which chooses the
threshold and measures its cost on the same decisions. In some lines decisions have amounts of which prices take a share, or matches are rare.

Then verdicts: KDMCSE with three seeds against today's model, where both are equally good and where it is better, at ordinary prices and at those
at which hardly any model is let decide.
"""

import dataclasses
import math
import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.cost import (
    CostEstimate,
    Prices,
    Review,
    Sample,
    SegmentPrices,
    Thresholds,
    compare_costs,
    estimate_cost,
    sample_of,
)
from kdmcse.cost.folds import Folds
from kdmcse.results.costs import Costs

GROUP = 4
HANGS_TOGETHER = 0.3
"""Share of the variance of a similarity that a group has in common."""
ALIKE = 0.6
"""Share of it that both models have in common."""
SHARE = 0.4
"""Matches in the sample; the operation has 0.05 and 0.3."""
SECOND = 0.4
"""Decisions of the sample that are of the second segment."""
MEANS = {"today": np.array([[0.0, 1.2], [0.3, 1.8]]), "new": np.array([[0.0, 1.9], [0.3, 2.5]])}
"""Of the similarities by segment and class; their standard deviation is 1."""
REVIEW = Review(price=40, accuracy=0.95)
AMOUNT, SPREAD = 1_000, 1.0
"""Median of the amounts of decisions, and the standard deviation of their logarithm."""
MEAN_AMOUNT = AMOUNT * math.exp(SPREAD**2 / 2)
SHARED = {"false_match": 100, "missed_match": 400, "false_match_share": 0.12, "missed_match_share": 0.5}
"""Prices of the first segment that share amounts; of an amount of `MEAN_AMOUNT` about as dear as the fixed ones."""
LEVELS = (0.9, 0.95)
MORE = 2
"""Samples for the mean errors, which need no redraws, for each one with intervals."""


def prices(review: bool, shared: bool = False) -> Prices:
    second = SegmentPrices(false_match=200, missed_match=800, monthly_volume=5_000, base_rate=0.3, benefit=50)
    fixed = Prices("JPY", 300, 1200, 20_000, 0.05, segments={"second": second}, review=REVIEW if review else None)
    return dataclasses.replace(fixed, **SHARED) if shared else fixed


@dataclass(frozen=True)
class Drawn:
    """A sample of decisions and both models' similarities."""

    decisions: pd.DataFrame
    cosines: dict[str, np.ndarray]

    def of(self, model: str) -> pd.DataFrame:
        return self.decisions.assign(cosine=self.cosines[model])


def draw(rows: int, rng: np.random.Generator, *, matches: float = SHARE, shared: bool = False) -> Drawn:
    """Until every segment has at least two decisions of either class. matches: their share; shared: decisions have amounts."""
    while True:
        groups = np.arange(rows) // GROUP
        second = (rng.random(groups[-1] + 1) < SECOND)[groups].astype(int)
        match = rng.random(rows) < matches
        if np.bincount(2 * second + match, minlength=4).min() >= 2:
            break

    def noise(common: np.ndarray | None = None) -> np.ndarray:
        group, own = rng.standard_normal(groups[-1] + 1)[groups], rng.standard_normal(rows)
        drawn = math.sqrt(HANGS_TOGETHER) * group + math.sqrt(1 - HANGS_TOGETHER) * own
        return drawn if common is None else math.sqrt(ALIKE) * common + math.sqrt(1 - ALIKE) * drawn

    common = noise()
    cosines = {model: means[second, match.astype(int)] + noise(common) for model, means in MEANS.items()}
    table = {"group": groups, "row": np.arange(rows), "match": match, "segment": np.where(second, "second", "first")}
    if shared:
        table["amount"] = rng.lognormal(math.log(AMOUNT), SPREAD, rows)
    return Drawn(pd.DataFrame(table), cosines)


def below(threshold: float, means: np.ndarray) -> np.ndarray:
    """Share of each stratum whose similarity is below."""
    return np.array([(1 + math.erf((threshold - mean) / math.sqrt(2))) / 2 for mean in means.ravel()])


def costs_at(estimate: CostEstimate, model: str, thresholds: Thresholds) -> np.ndarray:
    """(J,) money a month in the operation, by stratum."""
    operation = estimate.sample.operation
    lower, upper = below(thresholds.lower, MEANS[model]), below(thresholds.upper, MEANS[model])
    outcomes = np.stack([lower, upper - lower, 1 - upper], axis=1)
    return operation.monthly_decisions * (operation.money_at(MEAN_AMOUNT) * outcomes).sum(axis=1)


def truth(estimate: CostEstimate, model: str) -> float:
    """What the thresholds of the folds cost, each for its part of the decisions."""
    folds, stratum = estimate.sample.folds, estimate.sample.operation.stratum
    counts = np.array([np.bincount(stratum[folds.of_rows == k], minlength=4) for k in range(folds.count)])
    true = np.array([costs_at(estimate, model, thresholds) for thresholds in estimate.fold_thresholds])
    return float((counts / counts.sum(axis=0) * true).sum())


def errors(drawn: Drawn, sample: Sample) -> dict[str, float]:
    """How far the figures of one sample are off: of each model and of the saving, and the same for the naive way."""
    everything = np.ones(len(drawn.decisions), dtype=bool)
    whole = dataclasses.replace(sample, folds=Folds(np.zeros(len(everything), dtype=int), 1))
    found = {}
    for model in MEANS:
        estimate = estimate_cost(drawn.of(model), sample.operation.prices, sample=sample)
        same = sample.choose(estimate.cosine, everything)
        naive = estimate_cost(drawn.of(model), sample.operation.prices, at=same, sample=whole).monthly_cost
        found[model] = np.array(
            [
                estimate.monthly_cost,
                truth(estimate, model),
                costs_at(estimate, model, estimate.thresholds).sum(),
                naive,
                costs_at(estimate, model, same).sum(),
            ]
        )
    found["saving"] = found["today"] - found["new"]
    return {
        f"{name}_{what}": value
        for name, (cost, true, used, naive, after) in found.items()
        for what, value in (("true", true), ("used", used), ("error", cost - true), ("naive", naive - after))
    }


def held(drawn: Drawn, sample: Sample, truths: dict[str, float], draws: int, seed: int) -> dict[str, bool]:
    """Whether each interval holds what is true of the procedure, and of the threshold in use."""
    models = {model: drawn.of(model) for model in MEANS}
    found = compare_costs(models, sample.operation.prices, baseline="today", draws=draws, seed=seed, sample=sample)
    figures = {model: found.best[model].cost for model in MEANS} | {"saving": found.best["new"].saving}
    return {
        f"{name}_{what}_{level:.0%}": figure.low <= truths[f"{name}_{what}"] <= figure.high
        for name, any_level in figures.items()
        for level in LEVELS
        for figure in [dataclasses.replace(any_level, level=level)]
        for what in ("true", "used")
    }


def simulate(
    cases: int,
    rows: int,
    review: bool,
    draws: int,
    seed: int = 0,
    *,
    halves: bool = False,
    matches: float = SHARE,
    shared: bool = False,
) -> pd.DataFrame:
    """A row a sample; intervals for the first `cases`, errors for `MORE` times as many."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(MORE * cases):
        drawn = draw(rows, rng, matches=matches, shared=shared)
        sample = sample_of(drawn.decisions, prices(review, shared))
        if halves:
            sample = dataclasses.replace(sample, folds=Folds(np.where(sample.folds.of_rows % 2, 0, -1), 1))
        row: dict = errors(drawn, sample)
        if number < cases:
            row |= held(drawn, sample, row, draws, int(rng.integers(2**31)))
        found.append(row)
    return pd.DataFrame(found)


def verdicts(
    cases: int,
    rows: int,
    draws: int,
    seed: int = 0,
    *,
    priced: Prices,
    gain: float = 0.0,
    matches: float = SHARE,
    shared: bool = False,
    astray: float = 0.0,
) -> pd.DataFrame:
    """A row a sample: verdict, zero (a saving of exactly 0), withheld (no probability), holds (the interval its estimate). Three seeds of KDMCSE.

    gain: how much farther KDMCSE puts matches from non-matches than today's model does; 0: neither is better. astray: share of the non-matches
    that each model finds as alike as only matches are, so that it is not let decide where a wrong match is dear.
    """
    rng, found = np.random.default_rng(seed), []
    for _ in range(cases):
        drawn = draw(rows, rng, matches=matches, shared=shared)
        today = drawn.cosines["today"]
        stratum = (drawn.decisions["segment"] == "second").astype(int), drawn.decisions["match"].astype(int)
        plain = today - MEANS["today"][stratum]
        match, seeds = drawn.decisions["match"].to_numpy(), []

        def scored(cosine: np.ndarray, match: np.ndarray = match) -> np.ndarray:
            return cosine + 3 * np.abs(rng.standard_normal(rows)) * (~match & (rng.random(rows) < astray))

        for _ in range(3):
            noise = math.sqrt(ALIKE) * plain + math.sqrt(1 - ALIKE) * rng.standard_normal(rows)
            seeds.append(drawn.decisions.assign(cosine=scored(today - plain + noise + gain * match)))
        models = {BASELINE: drawn.decisions.assign(cosine=scored(today)), CANDIDATE: seeds}
        compared = compare_costs(models, priced, baseline=BASELINE, draws=draws, seed=int(rng.integers(2**31)))
        verdict, saving = Costs(comparison=compared, baseline=BASELINE).verdict, compared.best[CANDIDATE].saving
        found.append(
            {
                "verdict": verdict.verdict,
                "zero": saving.estimate == 0,
                "withheld": saving.withheld is not None,
                "holds": saving.low <= saving.estimate <= saving.high,
            }
        )
    return pd.DataFrame(found)


def verdict_line(name: str, table: pd.DataFrame) -> str:
    shares = [(table["verdict"] == value).mean() for value in ("better", "worse")]
    shares += [table[column].mean() for column in ("withheld", "zero", "holds")]
    return f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"


VERDICT_COLUMNS = (
    "decisions", "better", "worse", "no probability stated", "saving exactly 0", "interval holds its estimate"
)  # fmt: skip

COVERAGE = (
    "today_true_90%", "new_true_90%", "saving_true_90%", "new_used_90%", "saving_used_90%",
    "today_true_95%", "new_true_95%", "saving_true_95%",
)  # fmt: skip


def coverage(table: pd.DataFrame) -> dict[str, float]:
    """Share of the intervals that hold what is true."""
    return {name: float(table[name].dropna().astype(float).mean()) for name in COVERAGE}


def bias(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """Mean error and its standard error."""
    return float(table[column].mean()), float(table[column].std() / math.sqrt(len(table)))


def line(name: str, table: pd.DataFrame) -> str:
    def told(column: str) -> str:
        mean, error = bias(table, column)
        return f"{mean:+,.0f} ± {2 * error:,.0f}"

    cells = [name, *(f"{share:.1%}" for share in coverage(table).values())]
    for figure in ("new", "saving"):
        cells += [f"{table[f'{figure}_true'].mean():,.0f}", told(f"{figure}_error"), told(f"{figure}_naive")]
    return "| " + " | ".join(cells) + " |"


COLUMNS = (
    "decisions", "today's cost, 90%", "new cost", "saving", "new cost in use", "saving in use",
    "today's cost, 95%", "new cost", "saving",
    "true new cost", "error", "naive error", "true saving", "error", "naive error",
)  # fmt: skip


def main(cases: int = 1_000, draws: int = 400) -> None:
    print(
        f"How many of {cases} intervals of 90% and of 95% ({draws} redraws) hold what is true, and the mean errors of {MORE * cases} samples"
    )
    print("with two standard errors; money a month.\n")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|", flush=True)
    for rows in (100, 400, 2000):
        for review in (False, True):
            started = time.perf_counter()
            table = simulate(cases, rows, review, draws, seed=rows + review)
            print(line(f"{rows}, {'review band' if review else 'no review'}", table), flush=True)
            print(f"{rows} {review}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print(line("2000, halves", simulate(cases, 2000, False, draws, seed=7, halves=True)), flush=True)
    for rows in (100, 400, 2000):
        for review in (False, True):
            name = f"{rows}, amounts, {'review band' if review else 'no review'}"
            print(line(name, simulate(cases, rows, review, draws, seed=rows + review, shared=True)), flush=True)
    for rows, matches in ((200, 0.1), (400, 0.05), (1000, 0.05)):
        name = f"{rows}, about {rows * matches:.0f} matches"
        print(line(name, simulate(cases, rows, False, draws, seed=rows, matches=matches)), flush=True)
    tell_verdicts(cases, draws)


def tell_verdicts(cases: int, draws: int) -> None:
    print("\n| " + " | ".join(VERDICT_COLUMNS) + " |\n" + "|---" * len(VERDICT_COLUMNS) + "|", flush=True)
    ordinary, dear = prices(False), Prices("JPY", 10_000, 300, 20_000, 0.05)
    for rows in (100, 400, 2000):
        for gain in (0.0, 0.6):
            name = f"{rows}, {'better' if gain else 'equally good'}"
            print(verdict_line(name, verdicts(cases, rows, draws, rows, priced=ordinary, gain=gain)), flush=True)
    for rows in (100, 400):
        name = f"{rows}, equally good, hardly any model let decide"
        print(verdict_line(name, verdicts(cases, rows, draws, rows, priced=dear, astray=0.2)), flush=True)
        name = f"{rows}, equally good, review band"
        print(verdict_line(name, verdicts(cases, rows, draws, rows, priced=prices(True))), flush=True)
        name = f"{rows}, equally good, amounts"
        table = verdicts(cases, rows, draws, rows, priced=prices(False, True), shared=True)
        print(verdict_line(name, table), flush=True)
    for rows, matches in ((200, 0.05), (400, 0.06)):
        name = f"{rows}, equally good, about {rows * matches:.0f} matches"
        print(verdict_line(name, verdicts(cases, rows, draws, rows, priced=ordinary, matches=matches)), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
