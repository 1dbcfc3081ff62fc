"""Use cases to start from, with example prices that are marked as such. Measures nothing; every number here is invented."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class UseCase:
    """A kind of decision that is made by comparing two texts."""

    id: str
    """one of `USE_CASES`"""
    example: dict[str, Any] | None
    """invented prices in JPY as `Prices.from_dict` takes them; None: the empty one has none"""

    def example_prices(self, currency: str) -> dict[str, Any] | None:
        """The invented prices as a table; a hundredth of the yen in any other currency."""
        if self.example is None:
            return None
        scale = 1 if currency == "JPY" else 100
        table = self.example | {name: self.example[name] / scale for name in ("false_match", "missed_match", "benefit")}
        review = self.example["review"] | {"price": self.example["review"]["price"] / scale}
        return table | {"currency": currency, "review": review, "use_case": self.id}


def _example(
    false_match: float, missed_match: float, monthly_volume: float, base_rate: float, review: float, accuracy: float
) -> dict[str, Any]:
    return {
        "false_match": false_match, "missed_match": missed_match, "benefit": 0, "monthly_volume": monthly_volume, "base_rate": base_rate,
        "review": {"price": review, "accuracy": accuracy},
    }  # fmt: skip


USE_CASES = {
    case.id: case
    for case in (
        UseCase("product_matching", _example(500, 800, 50_000, 0.05, 40, 0.97)),
        UseCase("faq_routing", _example(600, 350, 8_000, 0.60, 120, 0.95)),
        UseCase("document_search", _example(100, 1_500, 12_000, 0.10, 60, 0.95)),
        UseCase("duplicate_listings", _example(300, 1_200, 20_000, 0.20, 30, 0.98)),
        UseCase("empty", None),
    )
}
"""Use case by its id, in the order in which they are offered."""
