"""KPIs of people's own beside the three axes: what was agreed of one, and what its values come to. Opens no files.

A KPI is agreed with its target and direction; its values are entered later, see `kpi_values`, or are the blind votes of the live demonstration.
"""

import functools
import unicodedata
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Any, Literal

from pydantic import Field

from kdmcse import stats
from kdmcse.config import Config
from kdmcse.errors import UserError
from kdmcse.validation import MAX_AMOUNT, Refused, before, checked

MOST = 8
"""KPIs of one contract: more are no longer read on a first page."""
MAX_NAME, MAX_UNIT = 40, 20
"""characters"""
DIRECTIONS = ("at_least", "at_most")
SOURCES = ("entered", "votes")
"""Values that people type or upload; the share of blind votes for the new model's list."""
PERCENT = "%"
"""The unit of shares: of votes, and of rows that say yes or no."""
LEAST_ROWS = stats.MIN_ROWS
"""Fewer rows than this tell nothing about others of their kind."""


def tidy(text: str) -> str:
    """A name or unit as it is kept: plain width, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _at_most(limit: int) -> Any:
    def check(given: object) -> object:
        if not isinstance(given, str):
            return given
        if len(kept := tidy(given)) > limit:
            raise Refused("contract_text_too_long", limit=limit)
        return kept

    return before(check)


@checked(missing="input_missing", unknown="unknown_setting", kw_only=True)
class Kpi(Config):
    """A figure of people's own that counts for the decision. UserError naming the field for a value that is not allowed."""

    name: Annotated[str, _at_most(MAX_NAME)]
    """never empty"""
    target: Annotated[float, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    """in `unit`"""
    direction: Literal[DIRECTIONS]
    """one of `DIRECTIONS`: on which side of the target it is met"""
    unit: Annotated[str, _at_most(MAX_UNIT)] = ""
    """in people's own words; `PERCENT` of votes"""
    source: Literal[SOURCES] = "entered"
    """one of `SOURCES`"""

    def __post_init__(self) -> None:
        if not self.name:
            raise UserError("input_missing", field="name")
        if self.source == "votes":
            if self.unit not in ("", PERCENT):
                raise UserError("kpi_votes_unit", field="unit", value=self.unit)
            object.__setattr__(self, "unit", PERCENT)
            if not 0 <= self.target <= 100:
                raise UserError("setting_out_of_range", field="target", value=self.target, low=0, high=100)

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> "Kpi":
        return cls(**table)

    @property
    def key(self) -> str:
        """The same for a name in another case or width."""
        return self.name.casefold()

    @property
    def is_share(self) -> bool:
        return self.unit == PERCENT

    def reached(self, value: float) -> bool:
        """Whether a value lies on the agreed side of the target, the target itself included."""
        return value >= self.target if self.direction == "at_least" else value <= self.target


@dataclass(frozen=True)
class KpiValue:
    """What is known of a KPI, in its unit. None where it is not known, never 0."""

    value: float | None = None
    low: float | None = None
    """95% interval; None of a figure without rows, of few rows, and where all rows are alike"""
    high: float | None = None
    rows: int | None = None
    """answers, cases or votes that it rests on; None: a figure was entered as it is"""
    day: str | None = None
    """the newest of its days, ISO 8601"""
    equal: int = 0
    """votes that found both lists equally good, which count for neither"""


def of_rows(values: tuple[float, ...], *, yes_no: bool, day: str) -> KpiValue:
    """What rows come to: the share of yes, else the mean. values (n,), of yes and no 1 and 0."""
    return share_of(int(sum(values)), len(values), day=day) if yes_no else mean_of(values, day=day)


def share_of(yes: int, rows: int, *, day: str | None = None, equal: int = 0) -> KpiValue:
    """A share in percent, with its interval (Wilson) from `LEAST_ROWS` on."""
    if not rows:
        return KpiValue(rows=0, equal=equal)
    low, high = (100 * end for end in stats.wilson(yes, rows)) if rows >= LEAST_ROWS else (None, None)
    return KpiValue(100 * yes / rows, low, high, rows, day, equal)


@functools.lru_cache(64)
def mean_of(values: tuple[float, ...], *, day: str | None = None) -> KpiValue:
    """The mean of rows, taken as independent of each other, with its interval (BCa bootstrap) from `LEAST_ROWS` on."""
    found = stats.interval(stats.Mean(), values, trained=False)
    ends = (found.low, found.high) if len(values) >= LEAST_ROWS else (None, None)
    return KpiValue(fmean(values), *ends, len(values), day)
