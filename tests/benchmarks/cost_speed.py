"""How long pricing takes: `python tests/benchmarks/cost_speed.py [ROUNDS]`.

The sweep over a million scored decisions, with and without a review band; the whole estimate around it; and 1,000 redraws of 2,000 decisions with
the thresholds chosen again in each. Seconds by the clock and (in brackets) of the processor, which a busy neighbour disturbs less.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from kdmcse.cost import Prices, Review, SegmentPrices, estimate_cost, sample_of
from kdmcse.cost.bootstrap import Bootstrap
from kdmcse.cost.thresholds import best_thresholds

MILLION = 1_000_000


def prices(review: bool) -> Prices:
    segment = SegmentPrices(false_match=200, missed_match=800, monthly_volume=5_000, base_rate=0.3, benefit=50)
    return Prices("JPY", 300, 1200, 20_000, 0.05, segments={"b": segment}, review=Review(40, 0.95) if review else None)


def decisions(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    match = rng.random(rows) < 0.3
    cosine = rng.normal(0.3 * match, 0.2).astype(np.float32)
    segment = rng.choice(["a", "b"], rows)
    return pd.DataFrame({"row": np.arange(rows), "match": match, "cosine": cosine, "segment": segment})


def tell(name: str, act: Callable[[], object], rounds: int) -> None:
    clock, processor = [], []
    for _ in range(rounds):
        started, busy = time.perf_counter(), time.process_time()
        act()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - busy)
    told = (f"{end(clock):.2f} ({end(processor):.2f})" for end in (min, statistics.median, max))
    print(f"| {name} | {' | '.join(told)} | {rounds} |", flush=True)


def main(rounds: int = 7) -> None:
    print("| what | min | median | max | n |\n|---|---|---|---|---|")
    many, some = decisions(MILLION), decisions(2_000)
    for review in (False, True):
        measure(many, some, review, rounds)


def measure(many: pd.DataFrame, some: pd.DataFrame, review: bool, rounds: int) -> None:
    band, priced = "with a review band" if review else "one threshold", prices(review)
    sample, cosine = sample_of(many, priced), many["cosine"].to_numpy(dtype=np.float64)
    money = sample.operation.row_money(np.ones(MILLION, dtype=bool))
    tell(f"the sweep, {MILLION:,} decisions, {band}", lambda: best_thresholds(cosine, money, review=review), rounds)
    tell(f"the whole estimate, {MILLION:,} decisions, {band}", lambda: estimate_cost(many, priced), rounds)
    estimate = estimate_cost(some, priced)
    name = f"1,000 redraws of 2,000 decisions, one model, {band}"
    tell(name, lambda: Bootstrap(estimate.sample).of(estimate), rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
