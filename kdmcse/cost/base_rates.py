"""What models cost against the share of true matches in operation, which the sample rarely has."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kdmcse.cost.estimate import CostEstimate
from kdmcse.cost.prices import Prices
from kdmcse.cost.repriced import Repriced

BASE_RATES = np.linspace(0, 1, 41)
"""Shares of true matches at which a curve of costs is drawn, besides those that were entered."""


def base_rates(
    trainings: Mapping[str, Sequence[CostEstimate]], prices: Prices, decisions: pd.DataFrame, segment: str | None
) -> pd.DataFrame:
    """See `CostComparison.base_rates`, whose prices and decisions these are. trainings: of each model, one a seed."""
    rows = []
    sample = next(iter(trainings.values()))[0].sample
    seeds = {model: [f"{model}/{i}" for i in range(len(each))] for model, each in trainings.items()}
    repriced = Repriced(
        {
            name: decisions.assign(cosine=estimate.cosine)
            for model, names in seeds.items()
            for name, estimate in zip(names, trainings[model], strict=True)
        },
        sample=sample,
    )
    for rate in _rates(prices, segment):
        at_rate = prices.with_base_rate(float(rate), segment)
        operation = dataclasses.replace(sample.operation, prices=at_rate)
        missed, _, wrong = operation.monthly_money(sample.folds.reported).T
        worst = missed[1::2].sum() + wrong[::2].sum()
        each = repriced.costs(at_rate)
        costs = {model: float(np.mean([each[name] for name in names])) for model, names in seeds.items()}
        costs |= operation.policies(sample.folds.reported)
        for model, cost in costs.items():
            shares = (part / worst if worst else np.nan for part in (missed[1::2].sum(), cost))
            rows.append((model, rate, cost, *shares))
    return pd.DataFrame(rows, columns=["model", "base_rate", "monthly_cost", "probability_cost", "normalised_cost"])


def _rates(prices: Prices, segment: str | None) -> np.ndarray:
    """`BASE_RATES` with what was entered for one segment or (None) for all of them alike."""
    by_segment = prices.by_segment
    entered = {one.base_rate for name, one in by_segment.items() if segment in (None, name)}
    if len(entered) > 1 or np.isclose(BASE_RATES, list(entered), rtol=0).any():
        return BASE_RATES
    return np.union1d(BASE_RATES, list(entered))
