"""Costs of mistakes are those of the definition, and what makes no cost is refused."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from example_costs import MUG, PRICES, SEGMENTED, decisions_of, random_decisions, segmented

from kdmcse.cost import (
    FEW_ROWS,
    Note,
    Prices,
    Review,
    Thresholds,
    derive,
    estimate_cost,
    read_match_score,
    worked_example,
    write_match_score,
)
from kdmcse.cost.estimate import ERRORS
from kdmcse.cost.folds import FOLDS, deal, units
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace


def folds_of(rows):
    match = rows["match"].to_numpy(dtype=bool) if "match" in rows else np.zeros(len(rows), dtype=bool)
    return pd.Series(deal(units(rows).keys, match.astype(int)).of_rows, index=rows.index)


# Which decisions stand on which side


def test_every_fold_has_its_part_of_each_class_and_the_order_of_rows_does_not_matter():
    rows = random_decisions(403)
    folds = folds_of(rows)
    counts = pd.crosstab(folds, rows["match"])
    assert len(counts) == FOLDS and (counts.max() - counts.min() <= 1).all()
    shuffled = rows.sample(frac=1, random_state=3)
    assert (folds_of(shuffled) == folds[shuffled.index]).all()
    assert estimate_cost(shuffled, SEGMENTED) == estimate_cost(rows, SEGMENTED)


def test_rows_that_share_a_text_never_stand_on_both_sides():
    rng = np.random.default_rng(1)
    chain = pd.DataFrame({"text_a": [f"a{i}" for i in range(300)], "text_b": [f"b{i}" for i in range(300)]})
    for i in rng.integers(0, 299, 60):  # a text of one pair is a text of another, in either place
        chain.loc[i, "text_b"] = chain.loc[i + 1, "text_a"]
    chain = chain.assign(match=rng.random(300) < 0.4)
    folds = folds_of(chain)
    assert units(chain).kind == "text"
    sides = pd.concat([folds.groupby(chain[text].rename("text")).agg(set) for text in ("text_a", "text_b")])
    assert (sides.groupby(level=0).agg(lambda found: len(set.union(*found))) == 1).all()
    mirrored = chain.rename(columns={"text_a": "text_b", "text_b": "text_a"})
    assert (folds_of(mirrored) == folds).all()


def test_where_all_hangs_together_a_repeated_pair_still_stands_on_one_side():
    names = [f"text {i}" for i in range(14)]
    rows = pd.DataFrame([(a, b) for a in names for b in names], columns=["text_a", "text_b"])
    rows["match"] = rows["text_a"] == rows["text_b"]
    folds = folds_of(rows)
    assert folds.nunique() == FOLDS and units(rows).kind == "frequent_text"
    pair = rows.apply(lambda row: tuple(sorted((row["text_a"], row["text_b"]))), axis=1)
    assert (folds.groupby(pair).nunique() == 1).all()


def test_a_text_that_nearly_all_decisions_share_ties_nothing_together_and_that_is_said():
    rows = random_decisions(100, text_a=[f"inquiry {i // 2}" for i in range(100)], text_b="the one answer")
    assert units(rows).kind == "pair" and folds_of(rows).nunique() == FOLDS
    assert (folds_of(rows).groupby(rows["text_a"]).nunique() == 1).all()
    estimate = estimate_cost(rows, PRICES)
    assert Note("unit_pair") in estimate.notes


def test_a_group_column_says_what_belongs_together():
    rows = random_decisions(200).assign(group=np.arange(200) // 7)
    assert (folds_of(rows).groupby(rows["group"]).nunique() == 1).all()


def named(n, **more):
    """Decisions whose texts are all different."""
    return random_decisions(n, text_a=[f"a{i}" for i in range(n)], text_b=[f"b{i}" for i in range(n)], **more)


@pytest.mark.parametrize("blank", ["", None, float("nan")])
def test_a_decision_without_a_group_is_none_of_another(blank):
    rows, partly = named(200), [blank] * 100 + [f"g{i // 4}" for i in range(100)]
    assert (units(rows.assign(group=blank)).keys == units(rows).keys).all()
    for one in (rows, rows.drop(columns=["text_a", "text_b"])):
        assert len(np.unique(units(one.assign(group=partly)).keys)) == 100 + 25


def test_decisions_that_share_a_group_or_a_text_stand_on_one_side():
    rows = named(200, group=[f"g{i // 7}" for i in range(200)])
    for i in range(6, 199, 28):  # one sentence in two groups
        rows.loc[i + 1, "text_b"] = rows.loc[i, "text_a"]
    folds = folds_of(rows)
    assert units(rows).kind == "text" and folds.nunique() == FOLDS
    assert (folds.groupby(rows["group"]).nunique() == 1).all()
    assert all(folds[i] == folds[i + 1] for i in range(6, 199, 28))


def test_a_group_of_all_decisions_ties_nothing_together_and_that_is_said():
    rows = named(100, group="the one shop")
    assert units(rows).kind == "text" and folds_of(rows).nunique() == FOLDS
    assert [note.code for note in estimate_cost(rows, PRICES).notes] == ["folds", "groups_left_out"]


def test_where_groups_are_too_wide_texts_and_narrow_groups_still_hold_together():
    rows = named(400)
    rows["text_a"] = [f"a{i // 2}" for i in range(400)]
    by_text = units(rows)
    shops = units(rows.assign(group=[f"shop {i % 4}" for i in range(400)]))
    assert (shops.kind, shops.groups_left_out, by_text.groups_left_out) == ("text", True, False)
    assert (shops.keys == by_text.keys).all() and len(np.unique(by_text.keys)) == 200
    some = rows.assign(group=["the shop"] * 200 + [f"g{i // 4}" for i in range(200)])
    assert len(np.unique(units(some).keys)) == 100 + 50, "narrow groups go on to hold together"
    rows["text_b"] = [f"b{i // 2}" for i in range(400)]
    chain = units(rows.assign(group=[f"g{(i + 1) // 2}" for i in range(400)]))
    assert (chain.keys == units(rows).keys).all() and chain.groups_left_out, (
        "none is wide, yet with the pairs they tie all"
    )


def test_judgements_with_an_empty_group_cost_what_they_cost_without():
    judged = named(200).rename(columns={"text_a": "sentence1", "text_b": "sentence2"})
    judged = judged.assign(score=np.where(judged["match"], 4.0, 1.0))
    plain, blank = (
        derive(table.drop(columns="match"), 3.5).assign(cosine=judged["cosine"])
        for table in (judged, judged.assign(group=""))
    )
    assert estimate_cost(blank, PRICES) == estimate_cost(plain, PRICES)


def test_plenty_of_decisions_are_halved_instead():
    estimate = estimate_cost(random_decisions(6000), PRICES)
    assert (estimate.calibration_rows, estimate.report_rows, len(estimate.fold_thresholds)) == (3000, 3000, 1)
    assert estimate.thresholds == estimate.fold_thresholds[0]
    scarce = estimate_cost(random_decisions(400), PRICES)
    assert (scarce.calibration_rows, scarce.report_rows, len(scarce.fold_thresholds)) == (320, 400, FOLDS)
    assert [note.code for note in scarce.notes] == ["folds"] and [note.code for note in estimate.notes] == ["halves"]


def slow_monthly_cost(rows, prices, thresholds_of):
    """From the definition, one decision at a time; thresholds_of: index -> thresholds."""
    total = 0.0
    segments = rows["segment"].map(lambda name: name if name in prices.segments else "")
    for name, segment in prices.by_segment.items():
        for is_match, share in ((True, segment.base_rate), (False, 1 - segment.base_rate)):
            kind = rows[(segments == name) & (rows["match"] == is_match)]
            for index, row in kind.iterrows():
                given, wrong = thresholds_of(index), 1 - prices.review.accuracy
                lost = segment.missed_match if is_match else segment.false_match
                if row["cosine"] >= given.upper:
                    cost = -segment.benefit if is_match else segment.false_match
                elif row["cosine"] >= given.lower:
                    cost = prices.review.price + wrong * lost - (1 - wrong) * segment.benefit * is_match
                else:
                    cost = segment.missed_match if is_match else 0
                total += segment.monthly_volume * share / len(kind) * cost
    return total


# What a cost is


def test_the_cost_is_that_of_its_definition_at_the_thresholds_of_each_fold():
    rows = segmented()
    estimate = estimate_cost(rows, SEGMENTED)
    folds = estimate.sample.folds.of_rows
    slow = slow_monthly_cost(rows, SEGMENTED, lambda index: estimate.fold_thresholds[folds[index]])
    assert estimate.monthly_cost == pytest.approx(slow)
    today = estimate_cost(rows, SEGMENTED, at=SEGMENTED.today)
    assert today.monthly_cost == pytest.approx(slow_monthly_cost(rows, SEGMENTED, lambda index: SEGMENTED.today))
    for found in (estimate, today):
        assert found.errors["monthly_cost"].sum() == pytest.approx(found.monthly_cost)
        assert set(found.errors["error"]) == set(ERRORS) and set(found.errors["segment"]) == {"", "mug"}


def test_the_thresholds_of_a_fold_are_the_cheapest_on_the_others():
    rows = segmented(120)
    estimate = estimate_cost(rows, SEGMENTED)
    folds = estimate.sample.folds.of_rows
    cuts = [-math.inf, *np.sort(rows["cosine"]), math.inf]
    for k, chosen in enumerate(estimate.fold_thresholds):
        others = rows[folds != k]

        def cost(at, others=others):
            return slow_monthly_cost(others, SEGMENTED, lambda index: at)

        for seed in range(8):
            low, high = np.sort(np.random.default_rng(seed).choice(cuts, 2))
            assert cost(chosen) <= cost(Thresholds(high, low)) + 1e-6


def test_the_curve_is_the_cost_at_each_threshold():
    rows = segmented()
    estimate = estimate_cost(rows, SEGMENTED)
    curve = estimate.curve
    assert curve["threshold"].is_monotonic_increasing and np.isfinite(curve.to_numpy()).all()
    assert estimate.threshold in set(curve["threshold"])
    for place in (0, 60, 140, len(curve) - 1):
        threshold, cost = curve.iloc[place]
        given = Thresholds(threshold, min(threshold, estimate.thresholds.lower))
        assert cost == pytest.approx(slow_monthly_cost(rows, SEGMENTED, lambda index, given=given: given))


@pytest.mark.parametrize(
    "change",
    [
        {"false_match": 90},
        {"missed_match": 450},
        {"monthly_volume": 1001},
        {"base_rate": 0.21},
        {"benefit": 6},
        {"review": Review(31, 0.9)},
        {"review": Review(30, 0.91)},
        {"review": None, "today": None},
        *({"segments": {"mug": dataclasses.replace(MUG, **{name: value})}} for name, value in
          (("false_match", 310), ("missed_match", 910), ("monthly_volume", 2001), ("base_rate", 0.41), ("benefit", 21))),
        {"segments": {}},
        {"today": Thresholds(0.5, 0.1)},
        {"today": Thresholds(0.4, 0.2)},
    ],
)  # fmt: skip
def test_every_price_changes_the_cost(change):
    changed = dataclasses.replace(SEGMENTED, **change)
    rows = segmented()
    if "today" in change and changed.today:
        before, after = (estimate_cost(rows, prices, at=prices.today) for prices in (SEGMENTED, changed))
    else:
        before, after = estimate_cost(rows, SEGMENTED), estimate_cost(rows, changed)
    assert before.monthly_cost != after.monthly_cost
    assert changed.digest != SEGMENTED.digest and Prices.from_dict(changed.to_dict()) == changed


def test_match_cosine_and_segment_of_a_decision_change_the_cost():
    rows = segmented()
    before = estimate_cost(rows, SEGMENTED).monthly_cost
    wrong = estimate_cost(rows, SEGMENTED).mistakes(rows).index[0]
    other = {"plate": "mug", "mug": "plate"}
    swapped = {"match": ~rows["match"], "cosine": -rows["cosine"], "segment": rows["segment"].replace(other)}
    for column, value in swapped.items():
        changed = rows.copy()
        changed.loc[wrong, column] = value[wrong]
        assert estimate_cost(changed, SEGMENTED).monthly_cost != before, column


def test_the_mistakes_that_cost_most_a_month_come_first_with_their_price():
    rows = segmented().assign(text_a="left", text_b=[f"right {i}" for i in range(300)], group=range(300))
    estimate = estimate_cost(rows, dataclasses.replace(SEGMENTED, review=None, today=None))
    found = estimate.mistakes(rows)
    assert found["monthly_cost"].is_monotonic_decreasing and not found["price"].is_monotonic_decreasing
    assert set(found["price"]) == {900, 500, 300, 100}
    wrong = np.where(found["match"], found["cosine"] < found["upper"], found["cosine"] >= found["upper"])
    assert wrong.all() and {"text_a", "text_b", "row"} <= set(found.columns)
    assert set(found["segment"]) == {"", "mug"} and set(found["error"]) == {"false_match", "missed_match"}
    gained = estimate.errors.set_index("error")["monthly_cost"]["benefit"].sum()
    assert found["monthly_cost"].sum() == pytest.approx(estimate.monthly_cost - gained)
    dearest = found[found["price"] == 900]
    assert (np.diff(np.abs(dearest["cosine"] - dearest["upper"])) <= 1e-12).all()


@pytest.mark.parametrize("prices", [SEGMENTED, dataclasses.replace(SEGMENTED, review=None, today=None)])
def test_every_decision_names_the_part_and_the_thresholds_that_judged_it(prices):
    rows = segmented()
    estimate = estimate_cost(rows, prices)
    judged, folds = estimate.judged_by, estimate.sample.folds.of_rows
    assert (judged["part"] == folds + 1).all() and set(judged["part"]) == set(range(1, FOLDS + 1))
    for row, cosine in zip(judged.itertuples(), rows["cosine"], strict=True):
        given = estimate.fold_thresholds[row.part - 1]
        assert (row.lower, row.upper) == (given.lower, given.upper)
        assert row.outcome == int(cosine >= row.lower) + int(cosine >= row.upper)
    assert (judged["lower"] < judged["upper"]).any() == (prices.review is not None)


def test_decisions_have_no_part_where_all_are_judged_by_the_same_thresholds():
    halved = estimate_cost(random_decisions(6000), PRICES).judged_by
    today = estimate_cost(segmented(), SEGMENTED, at=SEGMENTED.today).judged_by
    for judged in (halved, today):
        assert set(judged["part"]) == {0} and len(judged[["lower", "upper"]].drop_duplicates()) == 1


def test_a_stratum_without_decisions_borrows_the_rates_of_all_and_says_so():
    rows = segmented()
    rows = rows[~((rows["segment"] == "mug") & rows["match"])].reset_index(drop=True)
    estimate = estimate_cost(rows, SEGMENTED, at=SEGMENTED.today)
    assert estimate.borrowed == [("mug", True)]
    missed = (rows["cosine"][rows["match"]] < 0.2).mean()
    table = estimate.errors.set_index(["segment", "error"])
    assert table.loc[("mug", "missed_match"), "monthly_decisions"] == pytest.approx(2000 * 0.4 * missed)
    assert Note("borrowed_matches", {"segment": "mug"}) in estimate.notes
    by_segment = table["monthly_cost"].groupby("segment", sort=False).sum()
    assert estimate.stratum_costs.reshape(-1, 2).sum(axis=1) == pytest.approx(by_segment.to_numpy())
    kinds = (~rows["match"] & (rows["segment"] == "mug")).sum(), rows["match"].sum()
    dearest = 2000 * np.array([0.6 * 300, 0.4 * (900 + 20)]) / kinds
    stakes = estimate.sample.operation.stakes(estimate.sample.folds.reported)
    assert stakes[2:] == pytest.approx(dearest), "of a non-match its own count, of a match that of all"
    unseen = dataclasses.replace(SEGMENTED, segments={"mug": MUG, "lamp": MUG})
    assert estimate_cost(rows, unseen).borrowed == [("mug", True), ("lamp", False), ("lamp", True)]
    never = dataclasses.replace(SEGMENTED, segments={"mug": dataclasses.replace(MUG, base_rate=0)})
    assert estimate_cost(rows, never).borrowed == [], "what never occurs need not be known"


def test_eight_decisions_by_hand():
    # 10,000 decisions a month, 10 % of them matches: 1,000 and 9,000; of two each, one stands for 500 and for 4,500.
    # Chosen on matches 0.9 0.6, others 0.7 0.2; a missed match 1,200, a wrong one 300:
    #   0.10: 2 x 4,500 x 300 = 2,700,000     0.40: 1 x 4,500 x 300 = 1,350,000     0.65: 500 x 1,200 + 4,500 x 300 = 1,950,000
    #   0.80: 1 x 500 x 1,200 = 600,000 <- cheapest     1.00: 2 x 500 x 1,200 = 1,200,000
    # Measured at 0.80 on matches 0.9 0.7, others 0.82 0.1: 1 x 500 x 1,200 + 1 x 4,500 x 300 = 1,950,000.
    # Reviewed at 50 with 90 % right: a match 50 + 0.1 x 1,200 = 170, another 50 + 0.1 x 300 = 80. From 0.40 to 0.80 a person decides:
    #   chosen 1 x 500 x 170 + 1 x 4,500 x 80 = 445,000; measured 1 x 4,500 x 300 + 1 x 500 x 170 = 1,435,000.
    example = worked_example()
    assert list(example.candidates["monthly_cost"]) == [2_700_000, 1_350_000, 1_950_000, 600_000, 1_200_000]
    assert (example.estimate.thresholds.lower, example.estimate.thresholds.upper) == pytest.approx((0.8, 0.8))
    assert example.estimate.monthly_cost == pytest.approx(1_950_000)
    assert (example.estimate.missed_monthly_cost, example.estimate.false_monthly_cost) == (600_000, 1_350_000)
    band = example.reviewed.thresholds
    assert (band.upper, band.lower) == (pytest.approx(0.8), pytest.approx(0.4))
    assert example.reviewed.monthly_cost == pytest.approx(1_435_000)
    assert example.stands_for == (500, 4_500) and example.review_money == pytest.approx((170, 80))
    assert example.count("choose", band).monthly_cost == pytest.approx(445_000)
    assert example.count("measure", band).monthly_cost == pytest.approx(1_435_000)
    assert example.count("measure", example.estimate.thresholds).monthly_cost == pytest.approx(1_950_000)


# For want of decisions


def test_scores_become_decisions_and_are_marked_wherever_they_are_used():
    rng = np.random.default_rng(0)
    judged = pd.DataFrame(
        {"row": range(60), "sentence1": [f"a{i}" for i in range(60)], "sentence2": "b", "score": np.arange(60) % 6}
    )
    decisions = derive(judged, 4).assign(cosine=rng.random(60))
    assert decisions["match"].tolist() == [score >= 4 for score in judged["score"]]
    estimate = estimate_cost(decisions, PRICES)
    lower_cut = derive(judged, 3).assign(cosine=decisions["cosine"])
    assert estimate_cost(lower_cut, PRICES).monthly_cost != estimate.monthly_cost
    assert estimate.to_dict()["derived_at"] == 4 and estimate_cost(segmented(), PRICES).to_dict()["derived_at"] is None
    note = Note("derived", {"score": 4.0})
    assert note == estimate.notes[0] and note not in estimate_cost(segmented(), PRICES).notes
    for refused in (lambda: derive(judged, 6), lambda: derive(judged, -1), lambda: derive(judged[:0], 3)):
        with pytest.raises(UserError):
            refused()


def test_the_cut_is_kept_per_dataset(tmp_path):
    workspace = Workspace(tmp_path)
    assert read_match_score(workspace, "abc") is None
    write_match_score(workspace, "abc", 3.5)
    assert read_match_score(workspace, "abc") == 3.5 and read_match_score(workspace, "abd") is None
    with pytest.raises(UserError):
        write_match_score(workspace, "abc", 5.5)
    assert read_match_score(workspace, "abc") == 3.5
    write_match_score(workspace, "abc", None)
    assert read_match_score(workspace, "abc") is None
    with pytest.raises(ValueError):
        write_match_score(workspace, "../abc", 1)


# What does not make a cost


def test_no_decisions_are_refused():
    with pytest.raises(UserError, match="no held-out match decisions"):
        estimate_cost(pd.DataFrame({"match": [], "cosine": []}), PRICES)


def test_a_decision_without_a_cosine_is_refused_and_not_counted_as_zero():
    with pytest.raises(UserError, match="Decisions without a similarity: 1 of 4"):
        estimate_cost(decisions_of([0.5, 0.5], [0.5, np.nan]), PRICES)


@pytest.mark.parametrize("matches, others", [(0, 10), (10, 0), (1, 10), (10, 1)])
def test_a_class_that_is_missing_where_thresholds_are_chosen_is_refused(matches, others):
    with pytest.raises(UserError) as refused:
        estimate_cost(decisions_of([0.5] * matches, [0.5] * others), PRICES)
    assert refused.value.code == "one_class_only"
    assert refused.value.fields == {"matches": matches, "others": others}


def test_few_rows_are_flagged():
    assert estimate_cost(decisions_of([0.9] * 9, [0.1] * 10), PRICES).report_rows == FEW_ROWS - 1
    assert estimate_cost(decisions_of([0.9] * 9, [0.1] * 10), PRICES).few_rows
    assert not estimate_cost(decisions_of([0.9] * 10, [0.1] * 10), PRICES).few_rows
