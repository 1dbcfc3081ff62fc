"""What is not said: that a saving of exactly 0 is one, and how probable a saving is that rests on few decisions."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from example_costs import models

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.cost import FEW_ROWS, Note, Prices, Review, SegmentPrices, Thresholds, compare_costs
from kdmcse.results.costs import Costs

DEAR = Prices("JPY", false_match=10_000, missed_match=300, monthly_volume=10_000, base_rate=0.05)
"""At which a weak model is not let decide."""


def weak_models(rng, n=200, shift=0.5):
    """Decisions with the cosines of a model of today and of two seeds of another one: some non-matches lie above all matches."""
    match = rng.random(n) < 0.3
    rows = pd.DataFrame({"row": range(n), "match": match})
    common = rng.normal(0, 0.5, n)

    def scored(better):
        wild = np.where(~match & (rng.random(n) < 0.2), 3, 1)
        return rows.assign(cosine=np.tanh((better * match + common + rng.normal(0, 0.8, n) * wild) / 3))

    return {BASELINE: scored(shift), CANDIDATE: [scored(shift + 0.5) for _ in range(2)]}


def compared(tables, prices, **more):
    found = compare_costs(tables, prices, baseline=BASELINE, draws=200, **more)
    return found.best[CANDIDATE].saving, Costs(comparison=found, baseline=BASELINE).verdict


def test_where_no_model_is_let_decide_nothing_is_better_or_worse():
    rng, zeros = np.random.default_rng(0), 0
    for number in range(40):
        saving, verdict = compared(weak_models(rng), DEAR, seed=number)
        assert saving.low <= saving.estimate <= saving.high
        if saving.estimate == 0:
            assert verdict.verdict == "not_decisive" and verdict.difference.includes_zero
        if saving.alike:
            zeros += 1
            assert (saving.estimate, saving.withheld, saving.probability_positive) == (0, "alike_none", None)
    assert zeros > 10, "at these prices it happens often"


@pytest.mark.parametrize(
    ("prices", "kind"),
    [
        (Prices("JPY", 10_000_000, 1, 1_000, 0.1), "alike_none"),
        (Prices("JPY", 1, 10_000_000, 1_000, 0.1), "alike_all"),
        (Prices("JPY", 10_000_000, 10_000_000, 1_000, 0.1, review=Review(0, 1)), "alike_people"),
    ],
)
def test_it_is_said_how_both_models_end_every_pair(prices, kind):
    rows = models()
    rows = {name: rows["old"].assign(cosine=np.arange(240) % k / 240.0) for name, k in ((BASELINE, 7), (CANDIDATE, 11))}
    saving, verdict = compared(rows, prices)
    assert (saving.estimate, saving.withheld, verdict.verdict) == (0, kind, "not_decisive")
    assert (verdict.difference.low, verdict.difference.high) == (0, 0) or verdict.difference.includes_zero


def test_at_thresholds_of_today_nothing_is_said_of_what_is_cheapest():
    rows = models()["old"]
    rows = {name: rows.assign(cosine=np.arange(240) % k / 240.0) for name, k in ((BASELINE, 7), (CANDIDATE, 11))}
    prices = Prices("JPY", 10_000_000, 1, 1_000, 0.1, today=Thresholds(1.0))
    found = compare_costs(rows, prices, baseline=BASELINE, draws=50)
    best, today = found.best[CANDIDATE], found.today[CANDIDATE]
    assert best.saving.withheld == "alike_none"
    assert today.saving.withheld == best.saving_from_today.withheld == "alike_some"


def test_models_that_decide_every_pair_alike_save_nothing():
    rows = models()["old"]
    saving, verdict = compared({BASELINE: rows, CANDIDATE: [rows, rows]}, DEAR)
    assert saving.estimate == 0 and saving.alike and verdict.verdict == "not_decisive"
    saving, _ = compared({BASELINE: rows, CANDIDATE: models()["new"]}, dataclasses.replace(DEAR, base_rate=0.5))
    assert not saving.alike and saving.probability_positive > 0.5


@pytest.mark.parametrize(("rare", "kind"), [(True, "few_matches"), (False, "few_others")])
@pytest.mark.parametrize("count", [10, FEW_ROWS - 1, FEW_ROWS])
def test_fewer_than_twenty_of_a_kind_state_no_probability_and_decide_nothing(rare, kind, count):
    rng = np.random.default_rng(1)
    match = (np.arange(200) < count) == rare
    rows = pd.DataFrame({"row": range(200), "match": match})
    old, *new = (rows.assign(cosine=rng.normal(s * match, 0.5)) for s in (0.2, 2, 2))
    found = compare_costs({BASELINE: old, CANDIDATE: new}, DEAR, baseline=BASELINE, draws=200)
    best, told = found.best[CANDIDATE], json.loads(json.dumps(found.to_dict()))["best"][CANDIDATE]
    few = count < FEW_ROWS
    assert best.saving.withheld == (kind if few else None)
    assert (
        (told["saving"]["probability_positive"] is None) == few == np.isnan(found.table["saving_probability"].iloc[1])
    )
    assert told["saving"]["probability_withheld"] == (kind if few else None)
    assert (best.few_behind("missed_match"), best.few_behind("false_match")) == (
        (count if few and rare else None),
        (count if few and not rare else None),
    )
    verdict = Costs(comparison=found, baseline=BASELINE).verdict
    assert not few or verdict.verdict == "not_decisive"
    assert told["seeds"][0]["few"] == ({"matches" if rare else "others": count} if few else {})
    assert "few_by_segment" not in told["seeds"][0], "there are no segments"


def two_segments(rare, volume, *, count=2, right=1.0, rows=300):
    """Models and prices: `count` decisions of the `rare` kind are of segment b, which has this volume. right: how well they are told apart."""
    rng = np.random.default_rng(3)
    match = np.arange(rows) % 3 == 0
    kind = np.flatnonzero(match == (rare == "matches"))
    segment = np.where(match == (rare == "matches"), "a", np.where(np.arange(rows) % 2, "a", "b"))
    segment[kind[:count]] = "b"
    table = pd.DataFrame({"row": range(rows), "match": match, "segment": segment})
    far = np.where(np.isin(np.arange(rows), kind[:count]), right, 1)
    old, *new = (table.assign(cosine=rng.normal(s * far * (match - 0.5), 0.5)) for s in (0.8, 1.2, 1.2))
    of_b = SegmentPrices(false_match=300, missed_match=1200, monthly_volume=volume, base_rate=0.3)
    of_a = dataclasses.replace(of_b, monthly_volume=1_000)
    return {BASELINE: old, CANDIDATE: new}, Prices("JPY", segments={"a": of_a, "b": of_b})


@pytest.mark.parametrize(("rare", "error"), [("matches", "missed_match"), ("others", "false_match")])
@pytest.mark.parametrize(
    ("volume", "count", "withheld"), [(1e6, 2, True), (1e6, 19, True), (1e6, 20, False), (1, 2, False)]
)
def test_few_of_a_kind_in_a_segment_are_marked_and_withhold_where_they_carry_the_money(
    rare, error, volume, count, withheld
):
    tables, prices = two_segments(rare, volume, count=count)
    found = compare_costs(tables, prices, baseline=BASELINE, draws=200)
    best, told = found.best[CANDIDATE], json.loads(json.dumps(found.to_dict()))["best"][CANDIDATE]
    reason = f"few_segment_{rare}" if withheld else None
    assert (best.saving.withheld, told["saving"]["probability_withheld"]) == (reason, reason)
    assert (best.saving.probability_positive is None, best.cost.on_few) == (withheld, withheld)
    assert not withheld or Costs(comparison=found, baseline=BASELINE).verdict.verdict == "not_decisive"
    few = count if count < FEW_ROWS else None
    assert (best.few_behind(error), best.few_behind(error, "a"), best.few_behind(error, "b")) == (None, None, few)
    assert best.few_within(error) == few
    assert told["seeds"][0]["few_by_segment"] == ({rare: {"b": few}} if few else {})
    assert (Note(f"few_in_{rare}", {"segments": {"b": count}}) in found.notes) == (few is not None)


def test_two_matches_that_both_models_find_tell_little_of_a_segment_that_carries_the_money():
    tables, prices = two_segments("matches", 1e6, right=9)
    saving = compare_costs(tables, prices, baseline=BASELINE, draws=200).best[CANDIDATE].saving
    assert saving.withheld == "few_segment_matches"


def test_a_borrowed_rate_withholds_as_one_of_few_decisions_does():
    tables, prices = two_segments("matches", 1e6, count=0)
    found = compare_costs(tables, prices, baseline=BASELINE, draws=200)
    best = found.best[CANDIDATE]
    assert best.saving.withheld == "few_segment_matches" and best.few_behind("missed_match", "b") == 0
    codes = [note.code for note in found.notes]
    assert "borrowed_matches" in codes and "few_in_matches" not in codes, "it is said once"


@pytest.mark.parametrize(("dearest", "why"), [(10.0, None), (1e9, "few_amounts")])
def test_where_one_amount_carries_all_the_money_the_probability_of_a_saving_is_not_stated(dearest, why):
    tables, prices = weak_models(np.random.default_rng(4)), Prices("JPY", 200, 300, 1_000, 0.3, missed_match_share=0.2)
    amount = np.full(200, 10.0)
    amount[np.flatnonzero(tables[BASELINE]["match"])[0]] = dearest
    priced = {
        name: [one.assign(amount=amount) for one in (rows if isinstance(rows, list) else [rows])]
        for name, rows in tables.items()
    }
    saving, _ = compared(priced, prices)
    assert saving.withheld == why and (saving.probability_positive is None) == bool(why)
    fixed, _ = compared(priced, dataclasses.replace(prices, missed_match_share=0.0))
    assert fixed.withheld is None, "amounts that no price shares are of no account"
    dear, _ = compared(priced, dataclasses.replace(prices, false_match=1e12))
    assert dear.withheld != "few_amounts", "the other kind carries all the money"
