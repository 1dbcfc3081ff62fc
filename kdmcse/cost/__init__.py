"""What the mistakes of a match/no-match decision cost a month, and how sure that is. No models here; light.

    prices = Prices(currency="JPY", false_match=300, missed_match=1200, monthly_volume=20_000, base_rate=0.1)
    estimate_cost(decisions, prices)          # one model, at thresholds that were chosen on other decisions than it is measured on

Two texts are taken for a match when their cosine reaches a threshold; between two thresholds a person may decide.
"""

from kdmcse.cost.estimate import FEW_ROWS, CostEstimate, Sample, estimate_cost, estimate_costs, sample_of, segment_name
from kdmcse.cost.prices import Prices, Review, SegmentPrices, Thresholds, amount, read_prices, write_prices
from kdmcse.cost.templates import TEMPLATES, USE_CASES, UseCase

__all__ = [
    "FEW_ROWS",
    "TEMPLATES",
    "USE_CASES",
    "CostEstimate",
    "Prices",
    "Review",
    "Sample",
    "SegmentPrices",
    "Thresholds",
    "UseCase",
    "amount",
    "estimate_cost",
    "estimate_costs",
    "read_prices",
    "sample_of",
    "segment_name",
    "write_prices",
]
