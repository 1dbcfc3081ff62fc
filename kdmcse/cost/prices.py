"""What mistakes cost and how often a decision is made, for each segment: entered by people, checked at birth, kept per dataset. Computes nothing."""

import dataclasses
import functools
import math
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from kdmcse.config import LATER, Config
from kdmcse.cost.use_cases import USE_CASES
from kdmcse.errors import UserError
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace
from kdmcse.validation import (
    NOT_NEGATIVE,
    NOT_ZERO,
    Amount,
    Cosine,
    Currency,
    Entered,
    Refused,
    Share,
    after,
    before,
    checked,
    fitting,
    table_of,
)

REST = ""
"""The segment of every decision whose own segment has no prices."""


def _there(given: Any) -> Any:
    if given is None:
        raise Refused("price_missing")
    return given


Cut = Entered[Annotated[float, Field(allow_inf_nan=True)]]
Price = Annotated[Entered[Amount], NOT_NEGATIVE, before(_there)]
PricedShare = Annotated[Entered[Share], before(_there)]
_part = functools.partial(checked, missing="price_missing", unknown="unknown_setting")


@_part(room="today")
class Thresholds(Config):
    """Where a decision is made: from `threshold` on a pair is a match; from `review_threshold` up to there a person decides; below it is none."""

    threshold: Annotated[Cut, before(_there)]
    """cosine; -inf takes every pair for a match, inf none"""
    review_threshold: Cut | None = None
    """cosine; None: nobody is asked"""

    def __post_init__(self) -> None:
        if self.review_threshold is not None and self.review_threshold > self.threshold:
            raise UserError("thresholds_crossed", field="today/review_threshold", lower=self.review_threshold, upper=self.threshold)  # fmt: skip

    @property
    def lower(self) -> float:
        """Below this cosine a pair is taken for no match."""
        return self.threshold if self.review_threshold is None else self.review_threshold

    @property
    def upper(self) -> float:
        """From this cosine on a pair is taken for a match."""
        return self.threshold

    @property
    def takes(self) -> str:
        """`all`, `none`, `people` (every pair goes to a person) or `some`."""
        ends = {(-math.inf, -math.inf): "all", (math.inf, math.inf): "none", (-math.inf, math.inf): "people"}
        return ends.get((self.lower, self.upper), "some")


@_part(room="review")
class Review(Config):
    """A person who decides what the model is not sure of."""

    price: Price
    """money for one reviewed pair"""
    accuracy: Annotated[Entered[Annotated[float, Field(ge=0.5, le=1)]], before(_there)]
    """share of the reviewed pairs that the person decides rightly, matches and non-matches alike; 0.5 is guessing"""


@_part
class SegmentPrices(Config):
    """What a mistake costs in one segment and how often a decision is made there."""

    false_match: Price
    """money lost by one pair that is wrongly taken for a match"""
    missed_match: Price
    """money lost by one true match that is missed"""
    monthly_volume: Annotated[Price, NOT_ZERO]
    """decisions per month in operation"""
    base_rate: PricedShare
    """share of true matches among the decisions in operation, 0 to 1"""
    benefit: Price = 0.0
    """money gained by one true match that is found"""
    false_match_share: PricedShare = field(default=0.0, metadata=LATER)
    """share of a decision's own amount, 0 to 1, that a wrong match loses besides"""
    missed_match_share: PricedShare = field(default=0.0, metadata=LATER)
    """the same of a missed match"""

    def to_dict(self) -> dict[str, Any]:
        """For JSON and TOML; a share of nothing is left out."""
        return {name: value for name, value in super().to_dict().items() if value or name not in AMOUNT_SHARES}


AMOUNT_SHARES = ("false_match_share", "missed_match_share")
"""Shares of a decision's own amount."""
RATES = tuple(f.name for f in dataclasses.fields(SegmentPrices) if f.name not in AMOUNT_SHARES)
"""What is priced for each segment besides them."""
_NEEDED = RATES[:4]


def _segments(given: Any) -> dict[str, SegmentPrices]:
    if not isinstance(given, Mapping):
        raise UserError("segment_without_prices", field="segments", segment=given)
    return {name: _segment(name, table) for name, table in given.items()}


def _segment(name: str, table: Any) -> SegmentPrices:
    """Its errors name its field; those of the rest are named as of the prices themselves."""
    if isinstance(table, SegmentPrices):
        return table
    where = {"field": f"segments/{name}", "segment": name}
    if not isinstance(table, Mapping) or not table:
        raise UserError("segment_without_prices", **where)
    try:
        return SegmentPrices(**dict.fromkeys(_NEEDED) | table)
    except UserError as error:
        if name != REST:
            where["field"] += f"/{error.fields.pop('field')}"
            error.fields = where | error.fields
        raise


def _cosines(today: Thresholds) -> Thresholds:
    for name, cosine in today.to_dict().items():
        if cosine is not None:
            fitting(Entered[Cosine], f"today/{name}", cosine)
    return today


@checked
class Prices(Config):
    """The prices of an operation. Those of the segments stand in `segments`; the others are of all the rest, None where there is no rest."""

    currency: Currency
    """ISO 4217 code, such as JPY"""
    false_match: Price | None = None
    """of the rest, as in `SegmentPrices`"""
    missed_match: Price | None = None
    monthly_volume: Annotated[Price, NOT_ZERO] | None = None
    base_rate: PricedShare | None = None
    benefit: Price = 0.0
    false_match_share: PricedShare = field(default=0.0, metadata=LATER)
    missed_match_share: PricedShare = field(default=0.0, metadata=LATER)
    segments: Annotated[Mapping[str, SegmentPrices], before(_segments)] = field(default_factory=dict)
    """by the segment's name, as the decisions have it"""
    review: Annotated[Review, table_of(Review)] | None = None
    """None: nobody reviews"""
    today: Annotated[Thresholds, table_of(Thresholds), after(_cosines)] | None = None
    """the thresholds that are used today, whatever the model; None: none are known"""
    use_case: Literal[tuple(USE_CASES)] = "empty"
    """one of `USE_CASES`: which words fit"""

    def __post_init__(self) -> None:
        rest = self.segments.get(REST)
        for name, value in (vars(rest) if rest else {}).items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "segments", {name: table for name, table in self.segments.items() if name != REST})
        if self.has_rest or not self.segments:
            for name in (*RATES, *AMOUNT_SHARES):
                if getattr(self, name) is None:
                    raise UserError("price_missing", field=name)
        if self.today and self.today.lower < self.today.upper and self.review is None:
            raise UserError("review_without_prices", field="review")

    @property
    def has_rest(self) -> bool:
        """Whether there are prices for the segments that are not named."""
        return any(getattr(self, name) is not None for name in _NEEDED)

    @cached_property
    def by_segment(self) -> dict[str, SegmentPrices]:
        """Segment -> prices, the rest (`REST`) first where there is one."""
        names = (*RATES, *AMOUNT_SHARES)
        rest = {REST: SegmentPrices(**{name: getattr(self, name) for name in names})} if self.has_rest else {}
        return rest | dict(self.segments)

    @property
    def shares_amounts(self) -> bool:
        """Whether what a mistake costs hangs on the amount of its decision."""
        return any(getattr(segment, name) for segment in self.by_segment.values() for name in AMOUNT_SHARES)

    @property
    def monthly_decisions(self) -> float:
        """Decisions per month, all segments together."""
        return sum(segment.monthly_volume for segment in self.by_segment.values())

    def with_base_rate(self, base_rate: float, segment: str | None = None) -> "Prices":
        """These prices at another share of true matches in operation, of one segment or (None) of all alike."""
        changed = [segment] if segment is not None else list(self.by_segment)
        tables = {
            name: dataclasses.replace(table, base_rate=base_rate) if name in changed else table
            for name, table in self.by_segment.items()
        }
        return dataclasses.replace(self, segments=tables)

    @classmethod
    def from_dict(cls, table: dict) -> "Prices":
        """From JSON or TOML. What is not given has its default. UserError naming the field, for a segment as `segments/NAME/FIELD`."""
        missing = [] if table.get("segments") else [name for name in ("currency", *_NEEDED) if table.get(name) is None]
        if not table.get("currency") and "currency" not in missing:
            missing.append("currency")
        if missing and not set(table) - {f.name for f in dataclasses.fields(cls)}:
            raise UserError("price_missing", field=tuple(missing))
        if isinstance(today := table.get("today"), int | float) and not isinstance(today, bool):
            table = table | {"today": {"threshold": today}}
        return super().from_dict(table)

    def to_dict(self) -> dict[str, Any]:
        """For JSON and TOML; what is not there or has its default is left out."""
        table: dict[str, Any] = {"currency": self.currency}
        table |= self.by_segment[REST].to_dict() if self.has_rest else {}
        table |= {"segments": {name: entry.to_dict() for name, entry in self.segments.items()}} if self.segments else {}
        for name in ("review", "today"):
            if (entry := getattr(self, name)) is not None:
                table[name] = {rate: value for rate, value in entry.to_dict().items() if value is not None}
        return table | ({"use_case": self.use_case} if self.use_case != "empty" else {})


def read_prices(workspace: Workspace, dataset_id: str) -> Prices | None:
    """The prices that were entered for this dataset, or None."""
    table = read_json(_prices_path(workspace, dataset_id))
    return None if table is None else Prices.from_dict(table)


def write_prices(workspace: Workspace, dataset_id: str, prices: Prices) -> None:
    """Keep the prices for this dataset; what was entered before is replaced."""
    write_json(_prices_path(workspace, dataset_id), prices.to_dict())


def _prices_path(workspace: Workspace, dataset_id: str) -> Path:
    if Path(dataset_id).name != dataset_id:
        raise ValueError(f"not a dataset id: {dataset_id!r}")
    return workspace.prices / f"{dataset_id}.json"
