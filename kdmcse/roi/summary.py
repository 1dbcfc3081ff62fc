"""Score, cost, effort and return of a proof of concept side by side, each with its interval. The criteria decide, not this table."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import pandas as pd

from kdmcse.config import BASELINE
from kdmcse.roi.cash_flow import Return
from kdmcse.roi.sensitivity import QUANTILES, Band

Decision = Literal["go", "extend", "stop"]


@dataclass(frozen=True)
class ScoreGain:
    """The gain in score over the model that it is compared with."""

    metric: str
    """one of `kdmcse.metrics`"""
    difference: float
    """in units of the metric; above 0 is better"""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Axes:
    """The axes of a proof of concept. What is not known is None or NaN, never 0."""

    estimate: Return
    score: ScoreGain | None = None
    band: Band | None = None
    """where given, the intervals of payback and net present value are its 5 % and 95 % quantiles"""
    decision: Decision | None = None
    """what follows from the criteria; None: there are none, or nothing follows yet"""
    baseline: str = BASELINE
    """the method with which the model is compared, where today's process is not people"""

    def __post_init__(self) -> None:
        if self.decision is not None and self.decision not in get_args(Decision):
            raise ValueError(f"not a decision: {self.decision}")

    @cached_property
    def frame(self) -> pd.DataFrame:
        """axis, figure, value, low, high, probability (that it is above 0).

        The cost is the saving as measured, `saving` against the agreed baseline or `people_saving` against people; how much of it comes true
        is in the returns alone.
        """
        figures = self.estimate.figures
        ends = {"net_present_value": (None, None), "payback_months": (None, None)}
        for name in ends:
            if self.band is not None:
                drawn = self.band.quantiles[name]
                ends[name] = drawn[QUANTILES[0]], drawn[QUANTILES[-1]]
            else:
                ends[name] = tuple(figures.loc[name, ["low", "high"]])
        score = self.score and (self.score.difference, self.score.low, self.score.high)
        saving, today = self.estimate.saving, self.estimate.scenario.today
        name = "people_saving" if today.process == "people" else "saving"
        sure = self.band and self.band.probability_positive
        rows = [
            ("score", "score", *(score or (None, None, None)), None),
            ("cost", name, saving.estimate, saving.low, saving.high, saving.probability_positive),
            ("effort", "one_off", *figures.loc["one_off"], None),
            ("effort", "monthly", *figures.loc["monthly"], None),
            ("return", "payback_months", figures.loc["payback_months", "value"], *ends["payback_months"], None),
            ("return", "net_present_value", self.estimate.net_present_value, *ends["net_present_value"], sure),
        ]  # fmt: skip
        table = pd.DataFrame(rows, columns=["axis", "figure", "value", "low", "high", "probability"])
        numbers = ["value", "low", "high", "probability"]
        table[numbers] = table[numbers].astype(float)
        return table
