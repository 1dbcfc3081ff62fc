"""What the mistakes of a match/no-match decision cost a month, and how sure that is. No models and no words here; light.

    prices = Prices(currency="JPY", false_match=300, missed_match=1200, monthly_volume=20_000, base_rate=0.1)
    prices = Prices(..., missed_match_share=0.3)    # where decisions have an `amount`: a missed match costs 1200 and 30 % of its amount
    estimate_cost(decisions, prices)          # one model, at thresholds that were chosen on other decisions than it is measured on
    comparison = compare_costs({"today": old, "new": [seed_0, seed_1]}, prices, baseline="today")
    comparison.best["new"].saving             # with its interval, and the probability that it is above 0
    comparison.table, comparison.curves, comparison.errors, comparison.mistakes("new"), comparison.base_rates()

Two texts are taken for a match when their cosine reaches a threshold; between two thresholds a person may decide.
Sentences about costs are made in `kdmcse.presentation.costs`.
"""

from kdmcse.cost.bootstrap import BootstrapEstimate
from kdmcse.cost.compare import BEST, TODAY, CostComparison, ModelCost, compare_costs
from kdmcse.cost.derived_decisions import derive, derive_for, read_match_score, write_match_score
from kdmcse.cost.estimate import CostEstimate, Note, estimate_cost, estimate_costs
from kdmcse.cost.example import worked_example
from kdmcse.cost.prices import Prices, Review, SegmentPrices, Thresholds, read_prices, write_prices
from kdmcse.cost.repriced import Repriced
from kdmcse.cost.sample import FEW_ROWS, Sample, sample_of
from kdmcse.cost.use_cases import USE_CASES, UseCase
from kdmcse.cost.withheld import WITHHELD

__all__ = [
    "BEST",
    "FEW_ROWS",
    "TODAY",
    "USE_CASES",
    "WITHHELD",
    "CostComparison",
    "CostEstimate",
    "Prices",
    "Repriced",
    "Review",
    "Sample",
    "SegmentPrices",
    "ModelCost",
    "Note",
    "Thresholds",
    "BootstrapEstimate",
    "UseCase",
    "compare_costs",
    "derive",
    "derive_for",
    "estimate_cost",
    "estimate_costs",
    "read_match_score",
    "read_prices",
    "sample_of",
    "worked_example",
    "write_match_score",
    "write_prices",
]
