"""Which decisions of a sample stand for which part of the operation, and what each would cost there. Knows no thresholds.

A stratum is a priced segment and a class, match or non-match. With volume V, base rate b, M matches and N non-matches of a segment in the
sample, each of its matches stands for V b / M decisions a month and each non-match for V (1 - b) / N. For one such decision it costs

                taken for none    decided by a person                                          taken for a match
    match       missed_match      review + (1 - accuracy) missed_match - accuracy benefit      -benefit
    non-match   0                 review + (1 - accuracy) false_match                          false_match

The rates of a stratum without decisions cannot be estimated: it borrows those of all decisions of its class.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.cost.prices import REST, Prices
from kdmcse.errors import UserError

OUTCOMES = ("rejected", "reviewed", "accepted")
"""What becomes of a pair: taken for no match, decided by a person, taken for a match."""


@dataclass(frozen=True)
class Operation:
    """The decisions of a sample as parts of an operation with these prices."""

    prices: Prices
    match: np.ndarray
    """(n,) bool"""
    stratum: np.ndarray
    """(n,) int: twice the place of its segment in `prices.by_segment`, and one more for a match"""

    @property
    def segments(self) -> list[str]:
        """The priced segments; two strata each."""
        return list(self.prices.by_segment)

    @cached_property
    def unit_money(self) -> np.ndarray:
        """(J, 3) money for one decision of a stratum, by `OUTCOMES`; where nobody reviews, reviewed is as rejected."""
        review, rows = self.prices.review, []
        for segment in self.prices.by_segment.values():
            false, missed, benefit = segment.false_match, segment.missed_match, segment.benefit
            if review is None:
                rows += [(0.0, 0.0, false), (missed, missed, -benefit)]
                continue
            wrong, right = 1 - review.accuracy, review.accuracy
            rows.append((0.0, review.price + wrong * false, false))
            rows.append((missed, review.price + wrong * missed - right * benefit, -benefit))
        return np.array(rows)

    @cached_property
    def monthly_decisions(self) -> np.ndarray:
        """(J,) decisions of each stratum in a month."""
        kinds = ((s.monthly_volume, s.base_rate) for s in self.prices.by_segment.values())
        return np.array([part for volume, rate in kinds for part in (volume * (1 - rate), volume * rate)])

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The lowest and highest cost a month that there can be."""
        return tuple(float(self.monthly_decisions @ end(self.unit_money, axis=1)) for end in (np.min, np.max))

    def lenders(self, rows: np.ndarray) -> np.ndarray:
        """(J, J) bool: whether the decisions of the first stratum among `rows` (n,) bool stand for the second.

        UserError `one_class_only` where `rows` lack a class.
        """
        strata = len(self.monthly_decisions)
        there = np.bincount(self.stratum[rows], minlength=strata) > 0
        match = np.arange(strata) % 2 == 1
        if not there[match].any() or not there[~match].any():
            raise UserError("one_class_only", matches=int(self.match.sum()), others=int((~self.match).sum()))
        alike = match[:, None] == match[None, :]
        return np.where(there[None, :], np.eye(strata, dtype=bool), alike) & there[:, None]

    def row_money(self, rows: np.ndarray) -> np.ndarray:
        """(n, 3) money a month that each decision stands for by `OUTCOMES`, where `rows` (n,) bool are the whole operation; 0 for others."""
        lenders = self.lenders(rows)
        totals = np.bincount(self.stratum[rows], minlength=len(lenders))
        money = self.stratum_money(totals, lenders)
        return np.where(rows[:, None], money[self.stratum], 0.0)

    def stratum_money(self, totals: np.ndarray, lenders: np.ndarray) -> np.ndarray:
        """(..., J, 3) money a month for a weight of 1 in a stratum. totals (..., J): weights of the decisions in each."""
        borrowed_from = totals @ lenders
        none = np.zeros(np.shape(borrowed_from))
        share = np.divide(self.monthly_decisions, borrowed_from, out=none, where=borrowed_from > 0)
        return np.einsum("dj,...j,jo->...do", lenders.astype(float), share, self.unit_money)

    def borrowed(self, rows: np.ndarray) -> list[tuple[str, bool]]:
        """Segment and class (True: match) of every stratum that has no decisions among `rows` and matters: some are decided in a month."""
        there = np.bincount(self.stratum[rows], minlength=len(self.monthly_decisions)) > 0
        missing = np.flatnonzero(~there & (self.monthly_decisions > 0))
        return [(self.segments[stratum // 2], bool(stratum % 2)) for stratum in missing]


def operation_of(decisions: pd.DataFrame, prices: Prices) -> Operation:
    """decisions: match (bool) and, where they have one, segment. UserError `segment_without_prices` for a segment that nothing prices."""
    match = decisions["match"].to_numpy(dtype=bool)
    segments = list(prices.by_segment)
    if "segment" in decisions:
        codes, names = pd.factorize(decisions["segment"].fillna(REST).astype(str), use_na_sentinel=False)
        places = np.array([_place(str(name), segments) for name in names], dtype=np.int64)
        segment = places[codes] if len(places) else codes
    else:
        segment = np.full(len(match), _place(REST, segments), dtype=np.int64)
    return Operation(prices, match, 2 * segment + match)


def _place(name: str, segments: list[str]) -> int:
    if name in segments:
        return segments.index(name)
    if REST in segments:
        return segments.index(REST)
    raise UserError("segment_without_prices", field=f"segments/{name}", segment=name)
