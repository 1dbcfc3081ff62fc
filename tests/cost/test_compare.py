"""Models beside each other: intervals, savings, seeds, and whether they hold what is true."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from benchmarks.cost_coverage import bias, simulate
from example_costs import models
from example_poc import PRICES as PLAIN

from kdmcse import cost
from kdmcse.config import BASELINE
from kdmcse.cost import Prices, Review, SegmentPrices, Thresholds, compare_costs, estimate_cost, sample_of
from kdmcse.cost.bootstrap import CHOICE, Bootstrap
from kdmcse.cost.replicates import Replicates, mean_of
from kdmcse.cost.thresholds import outcomes

MUG = SegmentPrices(false_match=300, missed_match=900, monthly_volume=2000, base_rate=0.4, benefit=20)


PRICES = Prices(
    "JPY", 100, 500, 1000, 0.2, 5, segments={"mug": MUG}, review=Review(30, 0.9), today=Thresholds(0.5, 0.2)
)


SHARED = dataclasses.replace(
    PRICES,
    false_match_share=0.2,
    missed_match_share=0.7,
    segments={"mug": dataclasses.replace(MUG, missed_match_share=0.5)},
)


@pytest.fixture(scope="module")
def found():
    return compare_costs(models(), PRICES, baseline="old")


def slow_money(rows, weights, prices):
    """(n, 3) by going through the decisions: what each stands for a month, times its weight."""
    sample = sample_of(rows, prices)
    operation = sample.operation
    totals = {s: weights[operation.stratum == s].sum() for s in set(operation.stratum)}
    pairs = zip(operation.stratum, weights, strict=True)
    share = [operation.monthly_decisions[s] * weight / totals[s] if totals[s] else 0 for s, weight in pairs]
    return operation.row_unit_money * np.array(share)[:, None]


def cheapest(costs):
    """The place of the lowest; of several the first or the last of all, else the middle one."""
    tied = [place for place, cost_ in enumerate(costs) if cost_ <= min(costs) + 1e-4]
    ends = [place for place in (0, len(costs) - 1) if place in tied]
    return ends[0] if ends else tied[(len(tied) - 1) // 2]


# What a redraw is


@pytest.mark.parametrize("shares", [{}, {"false_match_share": 0.2, "missed_match_share": 0.7}], ids=["fixed", "shared"])
@pytest.mark.parametrize("review", [None, pytest.param(Review(30, 0.9), marks=pytest.mark.slow)])
def test_a_redraw_chooses_again_on_the_other_folds_and_measures_what_it_left_out(review, shares):
    prices = dataclasses.replace(PRICES, review=review, today=None, **shares)
    rows = models(60)["old"]
    sample = sample_of(rows, prices)
    estimate, redraws = estimate_cost(rows, prices, sample=sample), Bootstrap(sample, draws=12)
    cosine, folds = rows["cosine"].to_numpy(), sample.folds.of_rows
    scores = np.sort(cosine)
    cuts = [-np.inf, *(scores[1:] + scores[:-1]) / 2, np.inf]
    unit = np.unique(sample.units.keys, return_inverse=True)[1]
    weighted, plain = np.zeros(12), np.zeros(12)
    for draw in range(12):
        weights = redraws.redraws.weights[draw, unit].astype(float)
        whole, ones = slow_money(rows, weights, prices), slow_money(rows, np.ones(60), prices)
        for k in range(sample.folds.count):
            money = slow_money(rows, weights * (folds != k), prices)

            def cost_of(lower, upper, money=money):
                taken = outcomes(cosine, Thresholds(cuts[upper], cuts[lower]))
                return np.take_along_axis(money, taken[:, None], axis=1).sum()

            below = range(len(cuts))
            if review:
                table = [[cost_of(low, up) if low <= up else np.inf for low in below] for up in below]
                upper = cheapest([min(row) for row in table])
                lower = cheapest(table[upper][: upper + 1])
            else:
                upper = lower = cheapest([cost_of(cut, cut) for cut in below])
            taken = outcomes(cosine, Thresholds(cuts[upper], cuts[lower]))
            inside = folds == k
            for into, of in ((weighted, whole), (plain, ones)):
                into[draw] += np.take_along_axis(of, taken[:, None], axis=1)[inside].sum()
    expected = weighted - plain + CHOICE * (plain - plain.mean())
    assert redraws.of(estimate).deviations == pytest.approx(expected, rel=1e-4, abs=estimate.monthly_cost * 1e-4)


@pytest.mark.parametrize("prices", [PRICES, SHARED], ids=["fixed", "shared"])
def test_at_thresholds_that_stay_only_the_decisions_are_redrawn(prices):
    rows = models(60)["old"]
    sample = sample_of(rows, prices)
    estimate, redraws = estimate_cost(rows, prices, at=PRICES.today, sample=sample), Bootstrap(sample, draws=12)
    unit = np.unique(sample.units.keys, return_inverse=True)[1]
    taken = outcomes(rows["cosine"].to_numpy(), PRICES.today)[:, None]
    slow = [
        np.take_along_axis(slow_money(rows, w[unit].astype(float), prices), taken, axis=1).sum()
        for w in redraws.redraws.weights
    ]
    assert redraws.of(estimate, chosen=False).deviations == pytest.approx(
        np.array(slow) - estimate.monthly_cost, rel=1e-4, abs=1
    )
    along = redraws.along([dataclasses.replace(estimate, thresholds=PRICES.today)], np.array([0.1, 0.5]), "old").figure
    assert along.estimate[1] == pytest.approx(estimate.monthly_cost)
    assert along.deviations[:, 1] == pytest.approx(redraws.of(estimate, chosen=False).deviations, rel=1e-3, abs=1)
    assert along.widened[:, 1] == pytest.approx(redraws.of(estimate, chosen=False).widened)


@pytest.mark.parametrize("prices", [PRICES, SHARED], ids=["fixed", "shared"])
def test_what_units_add_to_a_deviation_adds_up_to_the_variance_of_the_redraws(prices):
    rows = models(400)["old"]
    sample = sample_of(rows, prices)
    redraws = Bootstrap(sample, draws=4000)
    figure = redraws.of(estimate_cost(rows, prices, at=PRICES.today, sample=sample), chosen=False)
    assert figure.deviations.var() == pytest.approx((figure.narrowed**2).sum(), rel=0.1)
    assert (figure.widened**2).sum() > (figure.narrowed**2).sum()


# Intervals


def test_the_order_of_the_rows_does_not_matter_and_the_same_seed_gives_the_same_figures(found):
    shuffled = np.random.default_rng(1).permutation(240)
    moved = {
        name: [t.iloc[shuffled].reset_index(drop=True) for t in ([tables] if name == "old" else tables)]
        for name, tables in models().items()
    }
    again, other = (compare_costs(moved, PRICES, baseline="old", seed=seed) for seed in (0, 1))
    pd.testing.assert_frame_equal(again.table, found.table, rtol=1e-3)
    assert abs(other.best["new"].saving.low - found.best["new"].saving.low) > 0


def test_level_and_number_of_draws_do_what_they_say(found):
    wide = compare_costs(models(), PRICES, baseline="old", level=0.99, draws=300)
    assert (
        wide.best["new"].cost.low < found.best["new"].cost.low
        and wide.best["new"].cost.high > found.best["new"].cost.high
    )
    assert (len(wide.best["new"].cost.draws), len(found.best["new"].cost.draws)) == (300, cost.bootstrap.DRAWS)


def test_decisions_in_groups_tell_less_than_as_many_alone():
    rows = models(400, seeds=1)
    rng = np.random.default_rng(0)
    together = rows["old"].assign(cosine=rows["old"]["match"] * 0.2 + np.repeat(rng.normal(0, 0.3, 100), 4))
    alone, grouped = (
        compare_costs({"old": together.assign(group=group)}, PRICES, baseline="old").today["old"].cost
        for group in (np.arange(400), np.arange(400) // 4)
    )
    assert grouped.high - grouped.low > 1.2 * (alone.high - alone.low)


@pytest.mark.parametrize("size", [30, 300])
def test_no_mistakes_in_the_sample_are_no_certainty(size):
    match = np.arange(size) % 2 == 0
    perfect = pd.DataFrame(
        {"row": range(size), "match": match, "cosine": np.where(match, 0.9, 0.1) + np.arange(size) * 1e-5}
    )
    found = compare_costs({"it": perfect}, PLAIN, baseline="it").best["it"].cost
    assert found.estimate == 0 == found.low
    # With no mistake of n, up to about 3 / n are not excluded (rule of three); the dearer kind of mistake here is a wrong match.
    rule_of_three = PLAIN.monthly_volume * 0.9 * PLAIN.false_match * 3 / (size / 2)
    assert 0.5 * rule_of_three < found.high < 1.5 * rule_of_three


def test_where_nothing_is_left_to_chance_the_cost_is_certain():
    rows = models()["old"].assign(cosine=lambda table: 0.001 * table["row"] - table["match"])
    free = Prices("JPY", false_match=1e6, missed_match=1, monthly_volume=100, base_rate=0.1)
    never = compare_costs({"it": rows}, free, baseline="it").best["it"]
    assert never.typical.accepts == "none"
    assert (never.cost.low, never.cost.estimate, never.cost.high) == pytest.approx((10, 10, 10))


def test_seeds_that_differ_widen_the_interval_and_one_seed_says_that_it_knows_nothing_of_others():
    tables = models(400)["new"]
    shifted = [
        t.assign(cosine=(t["cosine"] + i * 0.25 * t["match"]).clip(-1, 1)) for i, t in enumerate((tables[0],) * 3)
    ]
    rivals = {"old": models(400)["old"], "alike": [tables[0]] * 3, "differing": shifted, "once": tables[0]}
    found = compare_costs(rivals, PRICES, baseline="old")
    width = {name: standing.cost.high - standing.cost.low for name, standing in found.best.items()}
    assert width["alike"] == pytest.approx(width["once"], rel=0.02) and width["differing"] > 1.5 * width["alike"]
    assert found.best["differing"].cost.estimate == pytest.approx(
        np.mean([e.monthly_cost for e in found.best["differing"].estimates])
    )
    assert cost.Note("one_seed") in found.notes


def test_todays_student_is_not_trained_once_but_not_at_all():
    rows = models(60, seeds=2)
    for baseline in (BASELINE, "simcse"):
        found = compare_costs({BASELINE: rows["old"], "simcse": rows["new"]}, PRICES, baseline=baseline, draws=50)
        assert cost.Note("one_seed") not in found.notes
    found = compare_costs({"mcse": rows["old"], "kdmcse": rows["new"]}, PRICES, baseline="mcse", draws=50)
    assert cost.Note("one_seed") in found.notes, "the baseline was trained, and once"
    hub = {"organisation/name": rows["old"]}
    found = compare_costs(hub, PRICES, baseline="organisation/name", untrained=list(hub), draws=50)
    assert cost.Note("one_seed") not in found.notes


def test_a_few_seeds_have_the_width_of_students_t():
    redraws = Bootstrap(sample_of(models(60)["old"], PRICES), draws=40_000)
    nothing = np.zeros(1)
    seeds = [Replicates(np.array(cost_), nothing, nothing, nothing, nothing) for cost_ in (90.0, 100.0, 110.0)]
    drawn = redraws.of_training(seeds, "x")
    # Student's t with 2 degrees of freedom has its 95 % at 2.92; the standard error is 10 / sqrt(3).
    assert np.quantile(drawn, 0.95) == pytest.approx(2.92 * 10 / np.sqrt(3), rel=0.05)
    assert (redraws.of_training(seeds[:1], "x") == 0).all()


def test_plenty_of_decisions_are_redrawn_in_blocks_that_stay_on_one_side():
    rows = models(12_000, seeds=1)
    rows = {name: (t if name == "old" else t[0]).assign(group=np.arange(12_000)) for name, t in rows.items()}
    sample = sample_of(rows["old"], PRICES)
    redraws = Bootstrap(sample, draws=200)
    assert redraws.redraws.units <= 1_002 and not sample.folds.crossed
    figure = redraws.of(estimate_cost(rows["old"], PRICES, sample=sample))
    fixed = redraws.of(estimate_cost(rows["old"], PRICES, at=PRICES.today, sample=sample), chosen=False)
    for found in (figure, fixed):
        assert found.deviations.std() == pytest.approx(np.sqrt((found.narrowed**2).sum()), rel=0.2)


# What is shown


def test_the_table_holds_every_model_at_its_best_and_at_todays_thresholds(found):
    table = found.table.set_index(["at", "model"])
    assert list(table.index) == [("best", "old"), ("best", "new"), ("today", "old"), ("today", "new")]
    assert (table["low"] <= table["cost"]).all() and (table["cost"] <= table["high"]).all()
    best, today = table.loc[("best", "new")], table.loc[("today", "new")]
    assert best["saving"] == pytest.approx(table.loc[("best", "old"), "cost"] - best["cost"])
    assert best["saving_from_today"] == pytest.approx(table.loc[("today", "old"), "cost"] - best["cost"])
    assert today["saving"] == pytest.approx(today["saving_from_today"]) and np.isnan(
        table.loc[("best", "old"), "saving"]
    )
    assert (today["threshold"], today["review_threshold"]) == (0.5, 0.2)
    assert best["saving_probability"] > 0.95
    draws = found.best["new"].saving.draws
    assert best["saving_probability"] == (draws > 0).mean()
    assert compare_costs(models(), dataclasses.replace(PRICES, today=None), baseline="old", draws=50).today == {}


def test_curves_have_a_band_around_the_cost_and_hold_the_optimum(found):
    for model in ("old", "new"):
        curve = found.curves[found.curves["model"] == model]
        middle = found.best[model].typical
        assert (curve["low"] <= curve["monthly_cost"] + 1e-6).mean() > 0.95 and (curve["high"] > curve["low"]).all()
        assert (curve["monthly_cost"] <= curve["high"]).all() and middle.threshold in set(curve["threshold"])


@pytest.mark.parametrize("review", [None, Review(30, 0.9)])
def test_a_curve_is_the_mean_of_its_trainings_at_the_same_threshold(review):
    found = compare_costs(models(), dataclasses.replace(PRICES, review=review, today=None), baseline="old", draws=50)
    new = found.best["new"]
    curve = found.curves[found.curves["model"] == "new"].set_index("threshold")["monthly_cost"]
    for threshold in curve.index[[0, 60, 120, -1]]:
        lower = [min(e.thresholds.lower, threshold) if review else None for e in new.estimates]
        tables = zip(models()["new"], lower, strict=True)
        each = [estimate_cost(rows, found.prices, at=Thresholds(threshold, low)).monthly_cost for rows, low in tables]
        assert curve[threshold] == pytest.approx(np.mean(each))


@pytest.mark.parametrize("review", [None, Review(30, 0.9)])
def test_trainings_are_redrawn_along_a_curve_at_once_as_they_are_one_by_one(review):
    tables, prices = models(120)["new"], dataclasses.replace(PRICES, review=review, today=None)
    sample = sample_of(tables[0], prices)
    redraws, grid = Bootstrap(sample, draws=400), np.array([0.1, 0.3, 0.5])
    estimates = [estimate_cost(rows, prices, sample=sample) for rows in tables]
    each = [redraws.along([one], grid, "new").figure for one in estimates]
    curve, slow = redraws.along(estimates, grid, "new"), mean_of(each)
    for name in ("estimate", "deviations", "widened", "narrowed", "stakes"):
        assert getattr(curve.figure, name) == pytest.approx(getattr(slow, name), abs=1e-6 * slow.estimate.max()), name
    for place in range(len(grid)):
        alone = [Replicates(*(getattr(one, name)[..., place] for name in vars(one))) for one in each]
        expected = redraws.of_training(alone, "new")
        assert curve.training[:, place] == pytest.approx(expected, rel=0.25, abs=0.02 * slow.estimate[place])
    assert (redraws.along(estimates[:1], grid, "new").training == 0).all()


def test_errors_add_up_to_the_cost_of_each_model(found):
    sums = found.errors.groupby(["at", "model"])["monthly_cost"].sum()
    for standing in found.model_costs:
        assert sums[(standing.at, standing.model)] == pytest.approx(standing.cost.estimate)
    assert len(found.mistakes("new", "today")) and set(found.mistakes("old")["error"]) == {
        "false_match",
        "missed_match",
    }


def test_the_cost_against_the_base_rate_passes_through_what_was_entered():
    plain = dataclasses.replace(PLAIN, base_rate=0.1)
    found = compare_costs(models(), plain, baseline="old", draws=50)
    table = found.base_rates().pivot(index="base_rate", columns="model", values="monthly_cost")
    assert table.loc[0.1, "new"] == pytest.approx(found.best["new"].cost.estimate)
    between = compare_costs(models(), dataclasses.replace(PLAIN, base_rate=0.1234), baseline="old", draws=50)
    entered = between.base_rates().set_index(["base_rate", "model"])["monthly_cost"]
    assert entered[0.1234, "new"] == pytest.approx(between.best["new"].cost.estimate), "a share between the others"
    assert table.loc[0.0, ["none", "old", "new"]].tolist() == [0, 0, 0] and table.loc[1.0, "all"] == 0
    assert table.loc[1.0, "none"] == plain.monthly_volume * plain.missed_match
    assert table.loc[0.5, "all"] == pytest.approx(plain.monthly_volume * plain.false_match / 2)
    axes = found.base_rates().set_index(["model", "base_rate"])
    assert (
        axes.loc[("none", 0.2), "normalised_cost"]
        == axes.loc[("none", 0.2), "probability_cost"]
        == pytest.approx(0.2 * 1200 / (0.2 * 1200 + 0.8 * 300))
    )
    assert axes.loc[("all", 0.2), "normalised_cost"] == pytest.approx(1 - axes.loc[("all", 0.2), "probability_cost"])


def test_the_base_rate_of_one_segment_can_be_moved_alone(found):
    table = found.base_rates("mug").pivot(index="base_rate", columns="model", values="monthly_cost")
    assert table.loc[0.4, "new"] == pytest.approx(found.best["new"].cost.estimate) and "people" in table
    assert table.loc[1.0, "none"] - table.loc[0.0, "none"] == pytest.approx(2000 * 900)


def test_json_holds_everything_and_no_nan(found):
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["best"]["new"]["saving"]["probability_positive"] == found.best["new"].saving.probability_positive
    assert [seed["monthly_cost"] for seed in told["best"]["new"]["seeds"]] == [
        e.monthly_cost for e in found.best["new"].estimates
    ]
    assert told["best"]["old"]["saving"] is None and told["today"]["new"]["cost"]["low"] == found.today["new"].cost.low


@pytest.mark.parametrize(("rate", "unknown"), [(0.0, "missed_match_rate"), (1.0, "false_match_rate")])
def test_a_rate_of_what_never_occurs_is_null_in_json(rate, unknown):
    found = compare_costs({"it": models(60)["old"]}, PRICES.with_base_rate(rate), baseline="it", draws=20)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))["best"]["it"]["seeds"][0]
    assert [name for name in ("false_match_rate", "missed_match_rate") if told[name] is None] == [unknown]


def test_models_that_were_judged_on_other_decisions_are_not_compared():
    rows = models()
    with pytest.raises(ValueError, match="same decisions"):
        compare_costs({"old": rows["old"], "new": rows["new"][0].iloc[:100]}, PRICES, baseline="old")
    with pytest.raises(ValueError, match="baseline"):
        compare_costs(rows, PRICES, baseline="other")


@pytest.fixture(scope="module")
def simulated():
    return simulate(60, 100, True, 200, seed=3)


# Whether it is true; the whole table is made by benchmarks/cost_coverage.py


@pytest.mark.slow
def test_intervals_hold_what_is_true_about_as_often_as_they_say(simulated):
    # Of 60 intervals that hold it 9 times of 10, fewer than 47 or all 180 together fewer than 150 happen once in 1,000 samples.
    held = simulated[["today_true_90%", "new_true_90%", "saving_true_90%"]].dropna().astype(bool)
    assert len(held) == 60 and (held.sum() >= 47).all() and 150 <= held.to_numpy().sum() < 180


@pytest.mark.slow
def test_cost_and_saving_are_not_made_better_by_choosing_on_the_same_decisions(simulated):
    for figure in ("today", "new", "saving"):
        mean, error = bias(simulated, f"{figure}_error")
        assert abs(mean) < 3 * error
    naive, error = bias(simulated, "new_naive")
    assert naive < -5 * error, "the naive way flatters"
