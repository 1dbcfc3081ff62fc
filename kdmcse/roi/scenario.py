"""A scenario: the prices, today's process, effort, horizon and rate of one case for the project, with the range of each. Computes no saving.

The prices are a table as `kdmcse.cost` stores it; here its numbers are known by their paths alone.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from kdmcse.config import as_decimal
from kdmcse.errors import Reason, UserError
from kdmcse.i18n import MISSING
from kdmcse.roi import fields
from kdmcse.roi.effort import Effort, Today
from kdmcse.validation import Currency, Refused, after, checked, fitting, table_of

CHANCE = 0.5
"""The accuracy of guessing: nobody is taken to decide worse."""
DEFAULT_SPREAD = 0.2
"""An input without a range of its own reaches this share below and above its value."""
MAX_HORIZON = 600
"""months"""
MAX_SHARE = 10.0
"""the realised saving is at most ten times the measured one"""
MAX_RATE = 10.0
"""a year; 1 is 100 %"""

Shape = Literal["triangular", "uniform"]


@dataclass(frozen=True)
class InputRange:
    """The lowest and the highest value of an input."""

    low: float
    high: float
    default: bool
    """whether nobody entered it"""


def _given(text: str) -> str:
    if not text:
        raise Refused("input_missing")
    return text


def _months(value: float) -> int:
    if value == 0:
        raise Refused("horizon_zero")
    if value != int(value):
        raise Refused("setting_not_whole", value=value, allowed=Reason("settings.allowed.any_whole"))
    return int(value)


def _rate(value: float) -> float:
    if value <= -1:
        raise Refused("rate_too_low", value=value)
    return value


@checked(missing="input_missing", unknown="scenario_key_unknown", kw_only=True)
class Scenario:
    """A named case. Scenarios of one digest have the same figures on the same evaluation."""

    name: Annotated[fields.Name, after(_given)]
    prices: dict[str, Any]
    """as `kdmcse.cost.Prices` stores them; with a `currency`"""
    effort: Annotated[Effort, table_of(Effort)]
    today: Annotated[Today, table_of(Today)] = field(default_factory=Today)
    horizon_months: Annotated[fields.Number[Annotated[float, Field(ge=0, le=MAX_HORIZON)]], after(_months)] = 36
    """months of operation that are counted"""
    yearly_rate: Annotated[fields.Number[Annotated[float, Field(ge=-math.inf, le=MAX_RATE)]], after(_rate)] = 0.05
    """discount rate; 0.05 is 5 %"""
    saving_share: fields.Number[Annotated[float, Field(ge=0, le=MAX_SHARE)]] = 1.0
    """share of the measured saving that is realised in operation"""
    ranges: dict[str, Any] = field(default_factory=dict)
    """path of an input -> lowest and highest possible value, as entered"""
    shape: Shape = "triangular"
    """distribution of every input within its range"""
    notes: fields.text(fields.MAX_NOTES) = ""
    contract: Annotated[fields.Name, after(lambda digest: digest or None)] | None = None
    """digest of the locked criteria that this scenario belongs to; None: of none"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", fields.priced(self.prices, "prices"))
        if "currency" not in self.prices:
            raise UserError("input_missing", field="prices/currency")
        fitting(Currency, "prices/currency", self.prices["currency"])
        object.__setattr__(self, "ranges", self._checked_ranges())

    @classmethod
    def from_dict(cls, table: object) -> Self:
        """From JSON. UserError naming the path of what is missing, unknown or not allowed."""
        if not isinstance(table, Mapping):
            raise UserError("not_a_table", field=MISSING, value=str(table))
        return cls(**table)

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return self.prices["currency"]

    def belongs_to(self, criteria: str | None) -> bool:
        """Whether it is marked for the locked criteria of this digest; an older version of them has another. None: nothing was agreed."""
        return criteria is not None and self.contract == criteria

    @cached_property
    def inputs(self) -> dict[str, float]:
        """Path -> every number that the figures depend on."""
        idle = "today/" if self.today.process == "baseline" else "-"
        return {path: value for path, value in self._numbers.items() if not path.startswith(idle)}

    @property
    def _numbers(self) -> dict[str, float]:
        people = {name: getattr(self.today, name) for name in ("price_per_decision", "accuracy")}
        found = fields.leaves(self.prices, "prices") | fields.leaves(people, "today")
        found |= fields.leaves(self.effort.amounts, "effort")
        found |= {name: getattr(self, name) for name in ("horizon_months", "yearly_rate", "saving_share")}
        return {path: value for path, value in found.items() if fields.is_number(value)}

    def with_inputs(self, values: Mapping[str, float]) -> "Scenario":
        """This scenario with other values at these paths, without ranges. UserError where a value is not allowed."""
        tables = fields.leaves(self.prices, "prices")
        changed: dict[str, dict] = {"effort": {}, "today": {}}
        top: dict[str, Any] = {"ranges": {}}
        for path, value in values.items():
            room, _, name = path.partition("/")
            if room == "prices":
                tables[path] = value
            elif name:
                changed[room][name] = value
            else:
                top[path] = value
        return dataclasses.replace(
            self,
            prices=fields.table_of(tables)["prices"],
            effort=dataclasses.replace(self.effort, **changed["effort"]),
            today=dataclasses.replace(self.today, **changed["today"]),
            **top,
        )

    def range_of(self, path: str) -> InputRange:
        """The range of an input, by default a fifth below and above its value, as far as allowed.

        The default of an accuracy reaches from twice the mistakes, but no lower than `CHANCE`, to none. A threshold is a setting and no
        uncertain value, so its default range is its value.
        """
        if path in self.ranges:
            return InputRange(*self.ranges[path], default=False)
        value = self.inputs[path]
        if fields.is_cosine(path):
            return InputRange(value, value, default=True)
        if fields.is_accuracy(path):
            ends = [min(value, max(2 * value - 1, CHANCE)), 1.0]
        else:
            ends = sorted((value * (1 - DEFAULT_SPREAD), value * (1 + DEFAULT_SPREAD)))
        return InputRange(*(self._allowed(path, end) for end in ends), default=True)

    def _allowed(self, path: str, end: float) -> float:
        if fields.is_share(path):
            end = min(max(end, 0.0), 1.0)
        elif path == "horizon_months":
            end = min(max(round(end), 1), MAX_HORIZON)
        try:
            self.with_inputs({path: end})
        except UserError:
            return self.inputs[path]
        return end

    def _checked_ranges(self) -> dict[str, tuple[float, float]]:
        numbers, checked = self._numbers, {}
        for path, ends in self.ranges.items():
            if path not in numbers:
                raise UserError("range_of_unknown", field=path)
            if not isinstance(ends, list | tuple) or len(ends) != 2:
                raise UserError("range_half", field=path)
            # An end must be a value that the field itself would take.
            bare = [self.with_inputs({path: end})._numbers[path] for end in ends]
            if not bare[0] <= numbers[path] <= bare[1]:
                raise UserError("range_without_base", field=path, low=bare[0], high=bare[1], value=numbers[path])
            checked[path] = tuple(bare)
        return checked

    def to_dict(self) -> dict[str, Any]:
        """For JSON, and back by `from_dict`."""
        plain = dataclasses.asdict(self)
        return plain | {"ranges": {path: list(ends) for path, ends in self.ranges.items()}}

    @property
    def entries(self) -> dict[str, Any]:
        """Path -> everything that was entered; a range is one entry, `ranges/` before the path of its input."""
        table = self.to_dict()
        ranges = table.pop("ranges")
        return fields.leaves(table, "") | {f"ranges/{path}": ends for path, ends in ranges.items()}

    @property
    def digest(self) -> str:
        """12 hex digits over everything that the figures depend on: all but name, notes and the mark of the success criteria."""
        kept = {path: value for path, value in self.entries.items() if path not in ("name", "notes", "contract")}
        numbers = {path: as_decimal(value) for path, value in kept.items()}
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:12]
