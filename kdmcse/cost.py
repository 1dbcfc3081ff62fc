"""What the mistakes of a match/no-match decision cost per month, at each model's own best threshold. No models here.

Two texts are taken for a match when their cosine reaches a threshold. The threshold is chosen on one half of the
held-out decisions (calibration) and its cost is reported on the other. With M matches and N non-matches in a half, of
which the threshold misses m and wrongly accepts f, a month of `monthly_volume` decisions, a share `base_rate` of them
true matches, costs

    monthly_volume * (base_rate * m/M * missed_match + (1 - base_rate) * f/N * false_match)

so that a sample with another share of matches than daily business still gives the cost of daily business.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.config import Config, within
from kdmcse.errors import UserError
from kdmcse.workspace import Workspace, read_json, write_json

FEW_ROWS = 20
"""A cost that was measured on fewer rows than this is a guess, and shown as one."""
CURVE_POINTS = 201
"""Thresholds at which the curve is drawn."""


@dataclass(frozen=True)
class Prices(Config):
    """What a mistake costs and how often a decision is made."""

    currency: str
    """ISO 4217 code, such as JPY"""
    false_match: float
    """money lost by one pair that is wrongly taken for a match"""
    missed_match: float
    """money lost by one true match that is missed"""
    monthly_volume: float
    """decisions per month in operation"""
    base_rate: float
    """share of true matches among the decisions in operation, 0 to 1"""

    def __post_init__(self) -> None:
        from babel.core import get_global

        if not isinstance(self.currency, str) or self.currency not in get_global("all_currencies"):
            raise UserError("currency_unknown", field="currency", value=self.currency)
        within("false_match", self.false_match, 0, 1e12)
        within("missed_match", self.missed_match, 0, 1e12)
        within("monthly_volume", self.monthly_volume, 0, 1e12)
        within("base_rate", self.base_rate, 0, 1)

    @classmethod
    def from_dict(cls, table: dict) -> "Prices":
        names = cls.__dataclass_fields__
        missing = [name for name in names if name not in table]
        if missing and not set(table) - set(names):
            raise UserError("price_missing", field=", ".join(missing))
        return super().from_dict(table)


@dataclass(frozen=True)
class CostEstimate:
    """The monthly cost of a model's mistakes at its best threshold, and what it is made of."""

    prices: Prices
    threshold: float
    """a cosine that reaches it is taken for a match; -inf takes every pair, inf none"""
    false_match_rate: float
    """share of the report half's non-matches that are taken for a match"""
    missed_match_rate: float
    """share of the report half's matches that are missed"""
    calibration_rows: int
    report_rows: int
    row_costs: np.ndarray = field(repr=False, compare=False)
    """(report_rows,) what each decision of the report half adds to the month, in the order of the decisions; sums to `monthly_cost`"""
    _report: tuple[np.ndarray, np.ndarray] = field(repr=False, compare=False)
    """sorted cosines of the report half's matches, and of its non-matches"""

    @property
    def monthly_cost(self) -> float:
        return self.false_monthly_cost + self.missed_monthly_cost

    @property
    def false_monthly_cost(self) -> float:
        return float(self.prices.monthly_volume * _weights(self.prices)[1] * self.false_match_rate)

    @property
    def missed_monthly_cost(self) -> float:
        return float(self.prices.monthly_volume * _weights(self.prices)[0] * self.missed_match_rate)

    @property
    def accepts(self) -> str:
        """`all`, `none` or `some`: where mistakes of one kind are dear enough, the cheapest is not to decide at all."""
        return {-math.inf: "all", math.inf: "none"}.get(self.threshold, "some")

    @property
    def few_rows(self) -> bool:
        return self.report_rows < FEW_ROWS

    @cached_property
    def curve(self) -> pd.DataFrame:
        """threshold, monthly_cost on the report half: from a threshold that takes every pair to one that takes none."""
        matches, others = self._report
        low, high = min(matches[0], others[0]), max(matches[-1], others[-1])
        grid = np.unique(np.append(np.linspace(low, high, CURVE_POINTS - 1), np.nextafter(high, np.inf)))
        if self.accepts == "some":
            grid = np.union1d(grid, [self.threshold])
        missed, false = np.searchsorted(matches, grid), len(others) - np.searchsorted(others, grid)
        weights = _weights(self.prices)
        cost = weights[0] * missed / len(matches) + weights[1] * false / len(others)
        return pd.DataFrame({"threshold": grid, "monthly_cost": self.prices.monthly_volume * cost})

    def to_dict(self) -> dict:
        """For JSON; an infinite threshold is null, and `accepts` tells which."""
        return {
            "threshold": self.threshold if self.accepts == "some" else None,
            "accepts": self.accepts,
            "currency": self.prices.currency,
            "monthly_cost": self.monthly_cost,
            "false_match_rate": self.false_match_rate,
            "missed_match_rate": self.missed_match_rate,
            "false_monthly_cost": self.false_monthly_cost,
            "missed_monthly_cost": self.missed_monthly_cost,
            "calibration_rows": self.calibration_rows,
            "report_rows": self.report_rows,
            "few_rows": self.few_rows,
        }


def estimate_cost(decisions: pd.DataFrame, prices: Prices) -> CostEstimate:
    """The cost of deciding by cosine. `decisions` has match (bool) and cosine, and what `split_halves` knows rows by.

    UserError `no_decisions`; `one_class_only` when a half lacks matches or non-matches; `decisions_unscored`.
    """
    if not len(decisions):
        raise UserError("no_decisions")
    cosine = decisions["cosine"].to_numpy(dtype=np.float64, na_value=np.nan)
    match = decisions["match"].to_numpy(dtype=bool)
    if unscored := int((~np.isfinite(cosine)).sum()):
        raise UserError("decisions_unscored", unscored=unscored, rows=len(cosine))
    calibration = split_halves(decisions)
    halves = []
    for half in (calibration, ~calibration):
        matches, others = np.sort(cosine[half & match]), np.sort(cosine[half & ~match])
        if not len(matches) or not len(others):
            raise UserError("one_class_only", matches=int(match.sum()), others=int((~match).sum()))
        halves.append((matches, others))
    threshold = _best_threshold(*halves[0], _weights(prices))
    matches, others = halves[1]
    missed_price, false_price = (prices.monthly_volume * weight for weight in _weights(prices))
    accepted, is_match = cosine[~calibration] >= threshold, match[~calibration]
    row_costs = np.where(is_match, ~accepted * (missed_price / len(matches)), accepted * (false_price / len(others)))
    return CostEstimate(
        prices=prices,
        threshold=threshold,
        false_match_rate=float(1 - np.searchsorted(others, threshold) / len(others)),
        missed_match_rate=float(np.searchsorted(matches, threshold) / len(matches)),
        calibration_rows=int(calibration.sum()),
        report_rows=int((~calibration).sum()),
        row_costs=row_costs,
        _report=halves[1],
    )


def split_halves(decisions: pd.DataFrame) -> np.ndarray:
    """True for the calibration half (n,): half of the matches and half of the others, whatever the order of the rows.

    A row is known by its two texts (in either order, so repeats never stand on both sides), else by its `row`, else by
    its index. Where a class has an odd number of different rows, the calibration half gets the extra one.
    """
    if {"text_a", "text_b"} <= set(decisions.columns):
        a, b = _hash(decisions["text_a"]), _hash(decisions["text_b"])
        key = _hash(np.minimum(a, b) * np.uint64(0x9E3779B97F4A7C15) + np.maximum(a, b))
    else:
        key = _hash(decisions["row"] if "row" in decisions.columns else decisions.index)
    match = decisions["match"].to_numpy(dtype=bool)
    calibration = np.zeros(len(decisions), dtype=bool)
    for kind in (match, ~match):
        different = np.unique(key[kind])
        if len(different):
            calibration |= kind & (key <= different[(len(different) + 1) // 2 - 1])
    return calibration


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


def _weights(prices: Prices) -> tuple[float, float]:
    """Cost per decision of missing every match, and of accepting every non-match."""
    return prices.base_rate * prices.missed_match, (1 - prices.base_rate) * prices.false_match


def _best_threshold(matches: np.ndarray, others: np.ndarray, weights: tuple[float, float]) -> float:
    """The cheapest threshold over two sorted arrays: midway between neighbouring scores, never between equal ones.

    Among equally cheap ones the one with the widest gap between its neighbours.
    """
    scores = np.unique(np.concatenate([matches, others]))
    below, above = np.append(-np.inf, scores), np.append(scores, np.inf)
    missed = np.append(0, np.searchsorted(matches, scores, side="right")) / len(matches)
    false = 1 - np.append(0, np.searchsorted(others, scores, side="right")) / len(others)
    cost = weights[0] * missed + weights[1] * false
    gap = np.where(np.isfinite(below) & np.isfinite(above), above - below, 0.0)
    cheapest = np.flatnonzero(cost <= cost.min() * (1 + 1e-12))
    best = cheapest[np.argmax(gap[cheapest])]
    if best == 0:
        return -math.inf
    if best == len(scores):
        return math.inf
    middle = (below[best] + above[best]) / 2
    # Between neighbouring floats there is no middle; the upper one still leaves the lower one out.
    return float(middle if middle > below[best] else above[best])


def _hash(values: object) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        array = np.asarray(values, dtype=object)
    return pd.util.hash_array(array)
