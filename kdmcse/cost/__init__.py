"""What the mistakes of a match/no-match decision cost a month, and how sure that is. No models here; light.

    prices = Prices(currency="JPY", false_match=300, missed_match=1200, monthly_volume=20_000, base_rate=0.1)
    estimate_cost(decisions, prices)          # one model, at thresholds that were chosen on other decisions than it is measured on
    found = compare_costs({"today": old, "new": [seed_0, seed_1]}, prices, baseline="today")
    found.best["new"].saving                  # with its interval, and the probability that it is above 0
    found.table, found.curves, found.errors, found.mistakes("new"), found.base_rates()

Two texts are taken for a match when their cosine reaches a threshold; between two thresholds a person may decide.
"""

from kdmcse.cost.bootstrap import Uncertain
from kdmcse.cost.compare import BEST, TODAY, Comparison, Standing, compare_costs, probability
from kdmcse.cost.derived_decisions import derive, derive_for, read_match_score, write_match_score
from kdmcse.cost.estimate import FEW_ROWS, CostEstimate, Sample, estimate_cost, estimate_costs, sample_of, segment_name
from kdmcse.cost.example import worked_example
from kdmcse.cost.prices import Prices, Review, SegmentPrices, Thresholds, amount, read_prices, write_prices
from kdmcse.cost.repriced import Repriced
from kdmcse.cost.use_cases import TEMPLATES, USE_CASES, UseCase

__all__ = [
    "BEST",
    "FEW_ROWS",
    "TEMPLATES",
    "TODAY",
    "USE_CASES",
    "Comparison",
    "CostEstimate",
    "Prices",
    "Repriced",
    "Review",
    "Sample",
    "SegmentPrices",
    "Standing",
    "Thresholds",
    "Uncertain",
    "UseCase",
    "amount",
    "compare_costs",
    "derive",
    "derive_for",
    "estimate_cost",
    "estimate_costs",
    "probability",
    "read_match_score",
    "read_prices",
    "sample_of",
    "segment_name",
    "worked_example",
    "write_match_score",
    "write_prices",
]
