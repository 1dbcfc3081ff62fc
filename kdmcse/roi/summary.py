"""Score, cost, effort and return side by side, each with its interval, in one table and one sentence. Decides nothing: the contract does."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import pandas as pd

from kdmcse.i18n import money, number, say
from kdmcse.presentation import roi
from kdmcse.roi.cash_flow import Return
from kdmcse.roi.sensitivity import QUANTILES, Band

Decision = Literal["go", "extend", "stop"]
AXES = ("score", "cost", "effort", "return")


@dataclass(frozen=True)
class Score:
    """How much better the model scores than the untouched one."""

    metric: str
    """one of `kdmcse.metrics`"""
    difference: float
    """in units of the metric; above 0 is better"""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Axes:
    """The axes of a proof of concept. What is not known is None or NaN, never 0."""

    found: Return
    score: Score | None = None
    band: Band | None = None
    """where it is there, the intervals of the return are its 5 % and 95 %: of inputs and evaluation together"""
    decision: Decision | None = None
    """what the contract says; None: there is no contract, or it does not say yet"""

    def __post_init__(self) -> None:
        if self.decision is not None and self.decision not in get_args(Decision):
            raise ValueError(f"not a decision: {self.decision}")

    @cached_property
    def frame(self) -> pd.DataFrame:
        """axis, figure, value, low, high, probability (that it is above 0)."""
        figures = self.found.figures
        ends = {"net_present_value": (None, None), "payback_months": (None, None)}
        for name in ends:
            if self.band is not None:
                drawn = self.band.quantiles[name]
                ends[name] = drawn[QUANTILES[0]], drawn[QUANTILES[-1]]
            else:
                ends[name] = tuple(figures.loc[name, ["low", "high"]])
        score = self.score and (self.score.difference, self.score.low, self.score.high)
        saving = self.found.saving
        sure = self.band and self.band.probability_positive
        rows = [
            ("score", "score", *(score or (None, None, None)), None),
            ("cost", "saving", *figures.loc["saving"], saving.probability_positive),
            ("effort", "one_off", *figures.loc["one_off"], None),
            ("effort", "monthly", *figures.loc["monthly"], None),
            ("return", "payback_months", figures.loc["payback_months", "value"], *ends["payback_months"], None),
            ("return", "net_present_value", self.found.net_present_value, *ends["net_present_value"], sure),
        ]  # fmt: skip
        table = pd.DataFrame(rows, columns=["axis", "figure", "value", "low", "high", "probability"])
        numbers = ["value", "low", "high", "probability"]
        table[numbers] = table[numbers].astype(float)
        return table

    def table(self, language: str) -> pd.DataFrame:
        """`frame` as text: axis, figure, value, interval, probability."""
        rows = [
            (
                say(f"returns.axis.{row.axis}", language),
                self._called(row.figure, language),
                self._value(row.figure, row.value, language),
                self._interval(row, language),
                roi.probability(row.probability, language),
            )
            for row in self.frame.itertuples()
        ]
        return pd.DataFrame(rows, columns=["axis", "figure", "value", "interval", "probability"])

    def sentence(self, language: str) -> str:
        """All axes and the contract's word in one sentence."""
        rows = {row.figure: row for row in self.frame.itertuples()}
        told = {name: self._value(name, row.value, language) for name, row in rows.items()}
        for name, row in rows.items():
            if row.low == row.low and name != "saving":
                told[name] = say("returns.with_range", language, value=told[name], range=self._interval(row, language))
        score = "there" if self.score else "missing"
        back = "never" if self.found.payback_months is None else "comes"
        return say(
            "returns.axes.sentence",
            language,
            score=say(
                f"returns.axes.score_{score}", language, metric=self._called("score", language), score=told["score"]
            ),
            cost=self._cost(rows["saving"], language),
            effort=say("returns.axes.effort", language, once=told["one_off"], monthly=told["monthly"]),
            payback=say(f"returns.axes.payback_{back}", language, months=told["payback_months"]),
            value=told["net_present_value"],
            horizon=self.found.scenario.horizon_months,
            decision=say(f"returns.decision.{self.decision or 'none'}", language),
        )

    def _cost(self, row, language: str) -> str:
        """The saving, or what it costs more; the ends of an interval keep their sign."""
        currency = self.found.scenario.currency
        word = "less" if row.value >= 0 else "more"
        amount = money(abs(row.value), currency, language)
        if row.low != row.low:
            return say(f"returns.axes.cost_{word}", language, amount=amount)
        low, high = (row.low, row.high) if row.value >= 0 else (-row.high, -row.low)
        ends = roi.interval("saving", low, high, currency, language)
        probable = roi.probability(row.probability, language)
        return say(f"returns.axes.cost_{word}_range", language, amount=amount, range=ends, probability=probable)

    def _called(self, figure: str, language: str) -> str:
        if figure == "score":
            return say(f"poc.metric.{self.score.metric}", language) if self.score else "–"
        return say(f"returns.figure.{figure}", language)

    def _value(self, figure: str, value: float, language: str) -> str:
        if figure == "score":
            return "–" if value != value else ("+" if value > 0 else "") + number(value, language, 3)
        return roi.figure(figure, value, self.found.scenario.currency, language)

    def _interval(self, row, language: str) -> str:
        if row.low != row.low or row.high != row.high:
            return "–"
        low, high = (self._value(row.figure, end, language) for end in (row.low, row.high))
        return say("returns.range", language, low=low, high=high)
