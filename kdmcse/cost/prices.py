"""What mistakes cost and how often a decision is made, for each segment: entered by people, checked at birth, kept per dataset. Computes nothing."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kdmcse.config import LATER, Config, require_currency
from kdmcse.cost.use_cases import USE_CASES
from kdmcse.errors import UserError
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

MAX_AMOUNT = 1e12
"""in the units of the field"""
REST = ""
"""The segment of every decision whose own segment has no prices."""


@dataclass(frozen=True)
class Thresholds(Config):
    """Where a decision is made: from `threshold` on a pair is a match; from `review_threshold` up to there a person decides; below it is none."""

    threshold: float
    """cosine; -inf takes every pair for a match, inf none"""
    review_threshold: float | None = None
    """cosine; None: nobody is asked"""

    def __post_init__(self) -> None:
        if self.review_threshold is not None and self.review_threshold > self.threshold:
            raise UserError("thresholds_crossed", field="review_threshold", lower=self.review_threshold, upper=self.threshold)  # fmt: skip

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


@dataclass(frozen=True)
class Review(Config):
    """A person who decides what the model is not sure of."""

    price: float
    """money for one reviewed pair"""
    accuracy: float = 1.0
    """share of the reviewed pairs that the person decides rightly, matches and non-matches alike; 0.5 is guessing"""

    def __post_init__(self) -> None:
        _amount(self.price, field="review/price")
        _between(self.accuracy, 0.5, 1, field="review/accuracy")


@dataclass(frozen=True)
class SegmentPrices(Config):
    """What a mistake costs in one segment and how often a decision is made there."""

    false_match: float
    """money lost by one pair that is wrongly taken for a match"""
    missed_match: float
    """money lost by one true match that is missed"""
    monthly_volume: float
    """decisions per month in operation"""
    base_rate: float
    """share of true matches among the decisions in operation, 0 to 1"""
    benefit: float = 0.0
    """money gained by one true match that is found"""
    false_match_share: float = field(default=0.0, metadata=LATER)
    """share of a decision's own amount, 0 to 1, that a wrong match loses besides"""
    missed_match_share: float = field(default=0.0, metadata=LATER)
    """the same of a missed match"""

    def to_dict(self) -> dict[str, Any]:
        """For JSON and TOML; a share of nothing is left out."""
        return {name: value for name, value in super().to_dict().items() if value or name not in SHARES}


SHARES = ("false_match_share", "missed_match_share")
"""Shares of a decision's own amount."""
RATES = tuple(f.name for f in dataclasses.fields(SegmentPrices) if f.name not in SHARES)
"""What is priced for each segment besides them."""
_NEEDED = RATES[:4]


@dataclass(frozen=True)
class Prices(Config):
    """The prices of an operation. Those of the segments stand in `segments`; the others are of all the rest, None where there is no rest."""

    currency: str
    """ISO 4217 code, such as JPY"""
    false_match: float | None = None
    """of the rest, as in `SegmentPrices`"""
    missed_match: float | None = None
    monthly_volume: float | None = None
    base_rate: float | None = None
    benefit: float = 0.0
    false_match_share: float = field(default=0.0, metadata=LATER)
    missed_match_share: float = field(default=0.0, metadata=LATER)
    segments: Mapping[str, SegmentPrices] = field(default_factory=dict)
    """by the segment's name, as the decisions have it"""
    review: Review | None = None
    """None: nobody reviews"""
    today: Thresholds | None = None
    """the thresholds that are used today, whatever the model; None: none are known"""
    use_case: str = "empty"
    """one of `USE_CASES`: which words fit"""

    def __post_init__(self) -> None:
        require_currency("currency", self.currency)
        if self.use_case not in USE_CASES:
            raise UserError("setting_not_a_choice", field="use_case", value=self.use_case, known=tuple(USE_CASES))
        if not isinstance(self.segments, Mapping):
            raise UserError("segment_without_prices", field="segments", segment=self.segments)
        for name, kind in (("review", Review), ("today", Thresholds)):
            if isinstance(table := getattr(self, name), Mapping):
                object.__setattr__(self, name, _read(kind, table, name))
        named = {name: _segment(name, table) for name, table in self.segments.items() if name != REST}
        self._take_rest(self.segments.get(REST))
        object.__setattr__(self, "segments", named)
        if self.has_rest or not named:
            _check_segment(REST, {name: getattr(self, name) for name in (*RATES, *SHARES)})
        if self.today is not None:
            for name in ("threshold", "review_threshold"):
                if (cosine := getattr(self.today, name)) is not None:
                    _between(cosine, -1, 1, field=f"today/{name}")
            if self.today.lower < self.today.upper and self.review is None:
                raise UserError("review_without_prices", field="review")

    def _take_rest(self, table: Any) -> None:
        """The rest may stand among the segments too, under the name of `REST`."""
        if table is not None:
            for name, value in vars(_segment(REST, table)).items():
                object.__setattr__(self, name, value)

    @property
    def has_rest(self) -> bool:
        """Whether there are prices for the segments that are not named."""
        return any(getattr(self, name) is not None for name in _NEEDED)

    @cached_property
    def by_segment(self) -> dict[str, SegmentPrices]:
        """Segment -> prices, the rest (`REST`) first where there is one."""
        names = (*RATES, *SHARES)
        rest = {REST: SegmentPrices(**{name: getattr(self, name) for name in names})} if self.has_rest else {}
        return rest | dict(self.segments)

    @property
    def shares_amounts(self) -> bool:
        """Whether what a mistake costs hangs on the amount of its decision."""
        return any(getattr(segment, name) for segment in self.by_segment.values() for name in SHARES)

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
            raise UserError("price_missing", field=", ".join(missing))
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


def _read(kind: type[Config], table: Mapping, room: str) -> Any:
    """A part of the prices; what it lacks or does not know is named with its path."""
    for f in dataclasses.fields(kind):
        if f.default is dataclasses.MISSING and table.get(f.name) is None:
            raise UserError("price_missing", field=f"{room}/{f.name}")
    for name in table:
        if name not in kind.__dataclass_fields__:
            raise UserError("unknown_setting", field=f"{room}/{name}", known=tuple(kind.__dataclass_fields__))
    return kind(**table)


def _segment(name: str, table: Any) -> SegmentPrices:
    if isinstance(table, SegmentPrices):
        table = table.to_dict()
    if not isinstance(table, Mapping) or not table:
        raise UserError("segment_without_prices", field=f"segments/{name}", segment=name)
    known = SegmentPrices.__dataclass_fields__
    for rate in table:
        if rate not in known:
            raise UserError("unknown_setting", field=f"segments/{name}/{rate}", segment=name, known=tuple(known))
    rates = {rate: table.get(rate, None if rate in _NEEDED else 0.0) for rate in known}
    _check_segment(name, rates)
    return SegmentPrices(**rates)


def _check_segment(name: str, table: dict[str, Any]) -> None:
    for rate, value in table.items():
        where = {"field": f"segments/{name}/{rate}", "segment": name} if name else {"field": rate}
        if value is None:
            raise UserError("price_missing", **where)
        if rate == "base_rate" or rate in SHARES:
            _between(value, 0, 1, **where)
        else:
            _amount(value, **where)
            if rate == "monthly_volume" and value == 0:
                raise UserError("volume_zero", **where)


def _amount(value: Any, **where: str) -> None:
    if _is_number(value) and value < 0:
        raise UserError("amount_negative", **where, value=value)
    _between(value, 0, MAX_AMOUNT, **where)


def _between(value: Any, low: float, high: float, **where: str) -> None:
    if not _is_number(value):
        raise UserError("not_a_number", **where, value=value)
    if value < low or value > high:
        raise UserError("setting_out_of_range", **where, value=value, low=low, high=high)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
