"""Decisions and prices, with segments, a review and thresholds of today."""

import numpy as np
import pandas as pd

from kdmcse.cost import (
    Prices,
    Review,
    SegmentPrices,
    Thresholds,
)

PRICES = Prices(currency="JPY", false_match=100, missed_match=500, monthly_volume=1000, base_rate=0.2)


MUG = SegmentPrices(false_match=300, missed_match=900, monthly_volume=2000, base_rate=0.4, benefit=20)


SEGMENTED = Prices(
    "JPY", 100, 500, 1000, 0.2, 5, segments={"mug": MUG}, review=Review(30, 0.9), today=Thresholds(0.5, 0.2)
)


def decisions_of(matches, others, **more):
    """Decisions with these cosines of matches and of non-matches."""
    rows = pd.DataFrame({"match": [True] * len(matches) + [False] * len(others), "cosine": [*matches, *others]})
    return rows.assign(row=range(len(rows)), **more)


def random_decisions(n=300, seed=0, **more):
    rng = np.random.default_rng(seed)
    match = rng.random(n) < 0.4
    cosine = rng.normal(match * 0.4, 0.3).clip(-1, 1)
    return pd.DataFrame({"row": range(n), "match": match, "cosine": cosine, **more})


def useless(seed):
    """Always the same decisions, with cosines that tell nothing of them."""
    rows = random_decisions()
    return rows.assign(cosine=np.random.default_rng(seed).uniform(-0.9, 0.9, len(rows)))


def segmented(n=300, seed=2):
    return random_decisions(n, seed, segment=np.where(np.arange(n) % 3, "mug", "plate"))


def models(n=240, seed=0, seeds=3):
    """Decisions in groups of two, with the cosines of a model of today and of three seeds of a better one."""
    rng = np.random.default_rng(seed)
    match = rng.random(n) < 0.4
    table = pd.DataFrame(
        {
            "row": range(n),
            "match": match,
            "group": np.arange(n) // 2,
            "segment": np.where(np.arange(n) % 3, "mug", "plate"),
            "amount": np.random.default_rng(seed + 1).lognormal(6, 1, n).round(),
        }
    )
    common = rng.normal(0, 0.2, n)
    old = table.assign(cosine=(0.2 * match + common + rng.normal(0, 0.2, n)).clip(-1, 1))
    new = [table.assign(cosine=(0.5 * match + common + rng.normal(0, 0.1, n)).clip(-1, 1)) for _ in range(seeds)]
    return {"old": old, "new": new}
