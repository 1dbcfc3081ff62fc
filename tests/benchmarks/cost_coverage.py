"""Whether the intervals of the cost room hold what is true: `python tests/benchmarks/cost_coverage.py [CASES] [DRAWS]`.

Operations whose monthly cost at any threshold is known: two segments with unequal base rates, prices and volumes, decisions in groups of four
whose similarities hang together, a model of today and a new one that err on much the same pairs. From each a sample is drawn, with more matches
than the operation has, priced by `kdmcse.cost`, and compared with the truth: the operation's cost at the very thresholds that judged the folds
(`procedure`), and at the threshold that was chosen on all decisions for use (`in use`). Shown beside it is the naive way, which chooses the
threshold and measures its cost on the same decisions.
"""

import math
import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.cost import Prices, Review, SegmentPrices, Thresholds, compare_costs, estimate_cost, sample_of
from kdmcse.cost.estimate import CostEstimate
from kdmcse.cost.units import Folds

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


def prices(review: bool) -> Prices:
    second = SegmentPrices(false_match=200, missed_match=800, monthly_volume=5_000, base_rate=0.3, benefit=50)
    return Prices("JPY", 300, 1200, 20_000, 0.05, segments={"second": second}, review=REVIEW if review else None)


@dataclass(frozen=True)
class Drawn:
    """A sample of decisions and both models' similarities."""

    decisions: pd.DataFrame
    cosines: dict[str, np.ndarray]

    def of(self, model: str) -> pd.DataFrame:
        return self.decisions.assign(cosine=self.cosines[model])


def draw(rows: int, rng: np.random.Generator) -> Drawn:
    """Until every segment has at least two decisions of either class."""
    while True:
        groups = np.arange(rows) // GROUP
        second = (rng.random(groups[-1] + 1) < SECOND)[groups].astype(int)
        match = rng.random(rows) < SHARE
        if np.bincount(2 * second + match, minlength=4).min() >= 2:
            break

    def noise(common: np.ndarray | None = None) -> np.ndarray:
        group, own = rng.standard_normal(groups[-1] + 1)[groups], rng.standard_normal(rows)
        drawn = math.sqrt(HANGS_TOGETHER) * group + math.sqrt(1 - HANGS_TOGETHER) * own
        return drawn if common is None else math.sqrt(ALIKE) * common + math.sqrt(1 - ALIKE) * drawn

    common = noise()
    cosines = {model: means[second, match.astype(int)] + noise(common) for model, means in MEANS.items()}
    table = {"group": groups, "row": np.arange(rows), "match": match, "segment": np.where(second, "second", "first")}
    return Drawn(pd.DataFrame(table), cosines)


def below(threshold: float, means: np.ndarray) -> np.ndarray:
    """Share of each stratum whose similarity is below."""
    return np.array([(1 + math.erf((threshold - mean) / math.sqrt(2))) / 2 for mean in means.ravel()])


def costs_at(estimate: CostEstimate, model: str, thresholds: Thresholds, shift: float = 0.0) -> np.ndarray:
    """(J,) money a month in the operation, by stratum."""
    operation = estimate.sample.operation
    means = MEANS[model] + shift * np.array([0, 1])
    lower, upper = below(thresholds.lower, means), below(thresholds.upper, means)
    outcomes = np.stack([lower, upper - lower, 1 - upper], axis=1)
    return operation.monthly_decisions * (operation.unit_money * outcomes).sum(axis=1)


def truth(estimate: CostEstimate, model: str) -> float:
    """What the thresholds of the folds cost, each for its part of the decisions."""
    folds, stratum = estimate.sample.folds, estimate.sample.operation.stratum
    counts = np.array([np.bincount(stratum[folds.of_rows == k], minlength=4) for k in range(folds.count)])
    true = np.array([costs_at(estimate, model, thresholds) for thresholds in estimate.fold_thresholds])
    return float((counts / counts.sum(axis=0) * true).sum())


def case(rows: int, review: bool, draws: int, rng: np.random.Generator, *, halves: bool = False) -> dict[str, float]:
    """One sample: errors of the figures, and whether each interval holds the truth."""
    drawn, priced = draw(rows, rng), prices(review)
    sample = sample_of(drawn.decisions, priced)
    if halves:
        sample = sample_of(drawn.decisions, priced, folds=Folds(np.where(sample.folds.of_rows % 2, 0, -1), 1))
    found = compare_costs(
        {model: drawn.of(model) for model in MEANS},
        priced,
        baseline="today",
        draws=draws,
        seed=int(rng.integers(2**31)),
        sample=sample,
    )
    true, used, naive, after = {}, {}, {}, {}
    for model in MEANS:
        estimate = found.best[model].middle
        true[model] = truth(estimate, model)
        used[model] = costs_at(estimate, model, estimate.thresholds).sum()
        same = sample.choose(estimate.cosine, np.ones(rows, dtype=bool))
        naive[model] = estimate_cost(
            drawn.of(model), priced, at=same, sample=sample_of(drawn.decisions, priced)
        ).monthly_cost
        after[model] = costs_at(estimate, model, same).sum()
    saving = found.best["new"].saving
    result = {}
    for model in MEANS:
        cost = found.best[model].cost
        result |= {f"{model}_held": cost.low <= true[model] <= cost.high, f"{model}_error": cost.estimate - true[model]}
        result |= {f"{model}_used_held": cost.low <= used[model] <= cost.high, f"{model}_naive": naive[model] - after[model], f"{model}_true": true[model]}  # fmt: skip
    true_saving, used_saving = true["today"] - true["new"], used["today"] - used["new"]
    result["saving_held"] = saving.low <= true_saving <= saving.high
    result["saving_used_held"] = saving.low <= used_saving <= saving.high
    result["saving_error"] = saving.estimate - true_saving
    result["saving_naive"] = naive["today"] - naive["new"] - (after["today"] - after["new"])
    result["saving_true"] = true_saving
    return result


def simulate(cases: int, rows: int, review: bool, draws: int, seed: int = 0, *, halves: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame([case(rows, review, draws, rng, halves=halves) for _ in range(cases)])


def line(name: str, table: pd.DataFrame) -> str:
    def held(column: str) -> str:
        return f"{table[column].mean():.1%}"

    def bias(column: str) -> str:
        mean, error = table[column].mean(), table[column].std() / math.sqrt(len(table))
        return f"{mean:+,.0f} ± {2 * error:,.0f}"

    cells = [
        name, len(table), held("today_held"), held("new_held"), held("saving_held"), held("new_used_held"), held("saving_used_held"),
        f"{table['new_true'].mean():,.0f}", bias("new_error"), bias("new_naive"), f"{table['saving_true'].mean():,.0f}", bias("saving_error"), bias("saving_naive"),
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


HEAD = """| decisions | cases | today's cost held | new cost held | saving held | new cost in use | saving in use | true new cost | error | naive error | true saving | error | naive error |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def main(cases: int = 500, draws: int = 400) -> None:
    print(
        f"90% intervals, {draws} redraws; errors are means with two standard errors, money a month\n\n{HEAD}",
        flush=True,
    )
    for rows in (100, 400, 2000):
        for review in (False, True):
            started = time.perf_counter()
            table = simulate(cases, rows, review, draws, seed=rows + review)
            print(line(f"{rows}, {'review band' if review else 'no review'}", table), flush=True)
            print(f"{rows} {review}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print(line("2000, halves", simulate(cases, 2000, False, draws, seed=7, halves=True)), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
