"""Which decisions of a sample stand for which part of the operation, and what each would cost there. Knows no thresholds.

A stratum is a priced segment and a class, match or non-match. With volume V, base rate b, M matches and N non-matches of a segment in the
sample, each of its matches stands for V b / M decisions a month and each non-match for V (1 - b) / N. For one such decision it costs

                taken for none    decided by a person                                          taken for a match
    match       missed_match      review + (1 - accuracy) missed_match - accuracy benefit      -benefit
    non-match   0                 review + (1 - accuracy) false_match                          false_match

Where the prices share the amounts of decisions, false_match and missed_match are each a fixed price and a share of the decision's own amount. So
a decision costs a part that is fixed and a part for each unit of its amount, and all sums over decisions are sums of two measures: how many
they are, and what they amount to. Where nothing is shared there is the first measure alone.

The rates of a stratum without decisions cannot be estimated: it borrows those of all decisions of its class.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse import currencies
from kdmcse.cost.prices import AMOUNT_SHARES, REST, Prices
from kdmcse.errors import UserError

OUTCOMES = ("rejected", "reviewed", "accepted")
"""What becomes of a pair: taken for no match, decided by a person, taken for a match."""
KINDS = ("others", "matches")
"""The kinds of decisions, non-matches and matches, as the strata of a segment follow each other."""


@dataclass(frozen=True)
class Operation:
    """The decisions of a sample as parts of an operation with these prices."""

    prices: Prices
    match: np.ndarray
    """(n,) bool"""
    stratum: np.ndarray
    """(n,) int: twice the place of its segment in `prices.by_segment`, and one more for a match"""
    amount: np.ndarray | None = None
    """(n,) money, where the prices share it; else None"""
    unknown_amounts: int = 0
    """how many of them are not known, see `_filled`"""

    @property
    def segments(self) -> list[str]:
        """The priced segments; two strata each."""
        return list(self.prices.by_segment)

    @cached_property
    def measures(self) -> np.ndarray:
        """(n, K) what sums over decisions are of: 1 and, where the prices share it, the amount."""
        ones = np.ones(len(self.match))
        return ones[:, None] if self.amount is None else np.stack([ones, self.amount], axis=1)

    @cached_property
    def unit_money(self) -> np.ndarray:
        """(J, K, 3) money for one decision of a stratum, for each unit of a measure, by `OUTCOMES`; where nobody reviews, reviewed is as rejected."""
        review, rows = self.prices.review, []
        for segment in self.prices.by_segment.values():
            fixed = segment.false_match, segment.missed_match, segment.benefit, review.price if review else 0.0
            shared = segment.false_match_share, segment.missed_match_share, 0.0, 0.0
            parts = [_by_outcome(*one, review.accuracy if review else None) for one in (fixed, shared)]
            rows += list(np.stack(parts, axis=1))
        return np.array(rows)[:, : self.measures.shape[1]]

    def money_at(self, amount: float) -> np.ndarray:
        """(J, 3) money for one decision of a stratum that is of this amount, by `OUTCOMES`."""
        return self.unit_money[:, 0] + amount * self.unit_money[:, 1:].sum(axis=1)

    @cached_property
    def row_unit_money(self) -> np.ndarray:
        """(n, 3) money for each decision, by `OUTCOMES`."""
        return self._of_rows(self.unit_money)

    @cached_property
    def monthly_decisions(self) -> np.ndarray:
        """(J,) decisions of each stratum in a month."""
        kinds = ((s.monthly_volume, s.base_rate) for s in self.prices.by_segment.values())
        return np.array([part for volume, rate in kinds for part in (volume * (1 - rate), volume * rate)])

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The lowest and highest cost a month that there can be."""
        ends = [0.0] if self.amount is None else [self.amount.min(), self.amount.max()]
        money = np.concatenate([self.money_at(amount) for amount in ends], axis=1)
        return tuple(float(self.monthly_decisions @ end(money, axis=1)) for end in (np.min, np.max))

    def totals(self, rows: np.ndarray) -> np.ndarray:
        """(J, K) sums of the measures over the decisions of each stratum among `rows` (n,) bool."""
        stratum, measures = self.stratum[rows], self.measures[rows]
        return np.stack(
            [np.bincount(stratum, one, minlength=len(self.monthly_decisions)) for one in measures.T], axis=1
        )

    def monthly_money(self, rows: np.ndarray) -> np.ndarray:
        """(J, 3) money a month if all that the decisions of a stratum among `rows` (n,) bool stand for ended alike, by `OUTCOMES`."""
        totals = self.totals(rows)
        return np.einsum("jk,jko->jo", totals, self.stratum_money(totals[:, 0], self.lenders(rows)))

    def policies(self, rows: np.ndarray) -> dict[str, float]:
        """Money a month if every decision ended alike, by `rows` (n,) bool: `all` taken for a match, `none`; where people review, `people` decide."""
        rejected, reviewed, accepted = (float(money) for money in self.monthly_money(rows).sum(axis=0))
        return {"all": accepted, "none": rejected} | ({"people": reviewed} if self.prices.review else {})

    def stakes(self, rows: np.ndarray) -> np.ndarray:
        """(J,) money a month between the dearest and the cheapest end of one decision of each stratum among `rows` (n,) bool, of the mean amount."""
        totals = self.lenders(rows).T @ self.totals(rows)
        money = np.einsum("jk,jko->jo", totals, self.unit_money)
        return self.monthly_decisions * np.ptp(money, axis=1) / totals[:, 0] ** 2

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
        money = self._of_rows(self.stratum_money(totals, lenders))
        return np.where(rows[:, None], money, 0.0)

    def _of_rows(self, money: np.ndarray) -> np.ndarray:
        """(n, 3) of each decision, from money (J, K, 3) for each unit of a measure."""
        fixed = money[self.stratum, 0]
        return fixed if self.amount is None else fixed + self.amount[:, None] * money[self.stratum, 1]

    def stratum_money(self, totals: np.ndarray, lenders: np.ndarray) -> np.ndarray:
        """(..., J, K, 3) money a month for a weight of 1 in a stratum and each unit of a measure. totals (..., J): weights of its decisions."""
        borrowed_from = totals @ lenders
        none = np.zeros(np.shape(borrowed_from))
        share = np.divide(self.monthly_decisions, borrowed_from, out=none, where=borrowed_from > 0)
        return np.einsum("dj,...j,jko->...dko", lenders.astype(float), share, self.unit_money)

    def borrowed(self, rows: np.ndarray) -> list[tuple[str, bool]]:
        """Segment and class (True: match) of every stratum that has no decisions among `rows` and matters: some are decided in a month."""
        there = np.bincount(self.stratum[rows], minlength=len(self.monthly_decisions)) > 0
        missing = np.flatnonzero(~there & (self.monthly_decisions > 0))
        return [(self.segments[stratum // 2], bool(stratum % 2)) for stratum in missing]


def operation_of(decisions: pd.DataFrame, prices: Prices) -> Operation:
    """decisions: match (bool) and, where they have one, segment, amount and the amounts' currency.

    UserError `segment_without_prices` for a segment that nothing prices; where prices share amounts, `amounts_missing` if none is known and
    `amounts_other_currency` if they are in another one.
    """
    match = decisions["match"].to_numpy(dtype=bool)
    segments = list(prices.by_segment)
    if "segment" in decisions:
        codes, names = pd.factorize(decisions["segment"].fillna(REST).astype(str), use_na_sentinel=False)
        places = np.array([_place(str(name), segments) for name in names], dtype=np.int64)
        segment = places[codes] if len(places) else codes
    else:
        segment = np.full(len(match), _place(REST, segments), dtype=np.int64)
    stratum = 2 * segment + match
    if not prices.shares_amounts:
        return Operation(prices, match, stratum)
    amount = decisions["amount"].to_numpy(dtype=np.float64) if "amount" in decisions else np.full(len(match), np.nan)
    known = np.isfinite(amount)
    if not known.any():
        raise UserError("amounts_missing", field=AMOUNT_SHARES[0])
    in_currency = str(decisions["currency"].iloc[0]) if "currency" in decisions else prices.currency
    if currencies.narrower(in_currency, prices.currency) is None:
        told = {"amounts": currencies.named(in_currency), "prices": prices.currency}
        raise UserError("amounts_other_currency", field=AMOUNT_SHARES[0], **told)
    return Operation(prices, match, stratum, _filled(amount, known, stratum), int((~known).sum()))


def _filled(amount: np.ndarray, known: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """(n,) amounts, one that is not known as the mean of the others of its stratum; where all of a stratum are not, of all."""
    counts, sums = (
        np.bincount(stratum[known], minlength=stratum.max() + 1),
        np.bincount(stratum[known], amount[known], minlength=stratum.max() + 1),
    )
    means = np.where(counts > 0, sums / np.maximum(counts, 1), amount[known].mean())
    return np.where(known, amount, means[stratum])


def _by_outcome(false: float, missed: float, benefit: float, review: float, accuracy: float | None) -> np.ndarray:
    """(2, 3) of a non-match and of a match, see the head of this module; accuracy None: nobody reviews."""
    if accuracy is None:
        return np.array([(0.0, 0.0, false), (missed, missed, -benefit)])
    wrong = 1 - accuracy
    return np.array(
        [(0.0, review + wrong * false, false), (missed, review + wrong * missed - accuracy * benefit, -benefit)]
    )


def _place(name: str, segments: list[str]) -> int:
    if name in segments:
        return segments.index(name)
    if REST in segments:
        return segments.index(REST)
    raise UserError("segment_without_prices", field=f"segments/{name}", segment=name)
