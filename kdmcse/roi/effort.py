"""The effort of a project and the process that it would replace: entered numbers, and sums over them."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from kdmcse.errors import UserError
from kdmcse.roi.fields import Number
from kdmcse.validation import Amount, Share, checked

HOURS_A_DAY = 8
"""Of a day of work."""
Process = Literal["baseline", "people"]
Source = Literal["measured", "assumed"]

SECONDS_PER_HOUR = 3600


@checked(room="effort", missing="input_missing", unknown="scenario_key_unknown", kw_only=True)
class Effort:
    """The effort of a project, once and for every month of operation. Money is in the currency of the prices."""

    pairs: Number[Amount]
    """pairs of texts to judge"""
    seconds_per_judgement: Number[Amount]
    """seconds a person needs for one pair"""
    seconds_are: Source = "assumed"
    """whether those seconds were `measured` or `assumed`"""
    annotators: Number[Amount] = 2
    """people who judge each pair, on average"""
    hourly_rate: Number[Amount]
    """money for an hour of judging"""
    engineering_days: Number[Amount]
    """days of work until it is in operation"""
    day_rate: Number[Amount]
    """money for a day of that work"""
    gpu_hours: Number[Amount]
    """hours of a GPU; see `gpu_hours`"""
    gpu_hour_price: Number[Amount]
    """money for such an hour"""
    licences_once: Number[Amount]
    """money"""
    hosting_monthly: Number[Amount]
    """money a month"""
    licences_monthly: Number[Amount]
    """money a month"""
    people_monthly: Number[Amount]
    """money a month for the people who run it"""

    @property
    def amounts(self) -> dict[str, float]:
        """Name -> number, for every number."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "seconds_are"}

    @property
    def parts(self) -> pd.DataFrame:
        """part, when (`once` or `monthly`), amount: the summands of `one_off` and `monthly`."""
        parts = effort_parts(self.amounts)
        rows = [(part, "once", float(amount)) for part, amount in parts.once.items()]
        rows += [(part, "monthly", float(amount)) for part, amount in parts.monthly.items()]
        return pd.DataFrame(rows, columns=["part", "when", "amount"])

    @property
    def hours(self) -> float:
        """Person-hours before the first month of operation: judging, and the days of work at `HOURS_A_DAY`."""
        return float(judging_hours(self.amounts) + HOURS_A_DAY * self.engineering_days)

    @property
    def one_off(self) -> float:
        """Money before the first month of operation."""
        return float(effort_parts(self.amounts).one_off_total)

    @property
    def monthly(self) -> float:
        """Money for each month of operation."""
        return float(effort_parts(self.amounts).monthly_total)


@dataclass(frozen=True)
class EffortParts:
    """Part -> money, each a float or an array (n,)."""

    once: dict[str, Any]
    """paid before the first month"""
    monthly: dict[str, Any]
    """paid every month"""

    @property
    def one_off_total(self) -> Any:
        """Money before the first month; a float or an array (n,)."""
        return sum(self.once.values())

    @property
    def monthly_total(self) -> Any:
        """Money every month; a float or an array (n,)."""
        return sum(self.monthly.values())


def effort_parts(values: Mapping[str, Any]) -> EffortParts:
    """The parts that the numbers of `Effort` come to; each number a float or an array (n,)."""
    once = {
        "labelling": judging_hours(values) * values["hourly_rate"],
        "engineering": values["engineering_days"] * values["day_rate"],
        "gpu": values["gpu_hours"] * values["gpu_hour_price"],
        "licences_once": values["licences_once"],
    }
    return EffortParts(once, {name: values[name] for name in ("hosting_monthly", "licences_monthly", "people_monthly")})


def judging_hours(values: Mapping[str, Any]) -> Any:
    """Hours that people judge; a float or an array (n,)."""
    return values["pairs"] * values["seconds_per_judgement"] / SECONDS_PER_HOUR * values["annotators"]


def gpu_hours(seconds: Iterable[float | None]) -> float:
    """Hours that runs took together, from the seconds of each; a run that has not ended (None) is left out."""
    return sum(taken for taken in seconds if taken is not None) / SECONDS_PER_HOUR


@checked(room="today", missing="input_missing", unknown="scenario_key_unknown", kw_only=True)
class Today:
    """The process that would go on without the project."""

    process: Process = "baseline"
    """`baseline`: what KDMCSE is compared with decides, the agreed baseline or else today's student; `people`: people decide everything"""
    price_per_decision: Number[Amount] | None = None
    """money for one decision of a person; stored, but not used where the model decides"""
    accuracy: Number[Share] | None = None
    """share of a person's decisions that are right, among matches and non-matches alike"""

    def __post_init__(self) -> None:
        for name in ("price_per_decision", "accuracy"):
            if self.process == "people" and getattr(self, name) is None:
                raise UserError("input_missing", field=f"today/{name}")

    def people_cost(self, **prices: Any) -> Any:
        """`people_cost` of these prices at this price and accuracy of people. ValueError where no people were priced."""
        if self.price_per_decision is None or self.accuracy is None:
            raise ValueError("no people were priced")
        return people_cost(price_per_decision=self.price_per_decision, accuracy=self.accuracy, **prices)


def people_cost(
    *,
    price_per_decision: Any,
    accuracy: Any,
    monthly_volume: Any,
    base_rate: Any,
    false_match: Any,
    missed_match: Any,
    benefit: Any = 0.0,
) -> Any:
    """Money a month where people decide everything: decisions and mistakes at their prices, less the benefit of the matches found.

    Floats or arrays, element by element: (S,) over segments or (n,) over draws.
    """
    mistake = base_rate * missed_match + (1 - base_rate) * false_match
    return monthly_volume * (price_per_decision + (1 - accuracy) * mistake - accuracy * base_rate * benefit)
