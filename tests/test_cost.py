"""What mistakes cost per month."""

import dataclasses
import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse.cost import FEW_ROWS, Prices, estimate_cost, read_prices, split_halves, write_prices
from kdmcse.errors import UserError
from kdmcse.workspace import Workspace

PRICES = Prices(currency="JPY", false_match=100, missed_match=500, monthly_volume=1000, base_rate=0.2)


def decisions_of(halves):
    """Decisions whose halves are known: `halves` holds (calibration, match, cosine) and `row` is chosen to fit."""
    rows = pd.DataFrame(halves, columns=["calibration", "match", "cosine"])
    pool = pd.DataFrame({"row": np.arange(20 * len(rows) + 20), "match": True})
    taken = []
    for match in (True, False):
        kind = rows[rows["match"] == match]
        hashes = pd.util.hash_array(pool["row"].to_numpy())
        order = list(pool["row"].to_numpy()[np.argsort(hashes)])
        ids = pd.Series(0, index=kind.index)
        wanted = int(kind["calibration"].sum())
        assert wanted == (len(kind) + 1) // 2, "the calibration half has half of each class, and the odd one"
        ids[kind.index[kind["calibration"]]] = order[:wanted]
        ids[kind.index[~kind["calibration"]]] = order[-(len(kind) - wanted) :]
        taken.append(ids)
    rows["row"] = pd.concat(taken)
    assert (split_halves(rows) == rows["calibration"]).all()
    return rows.drop(columns="calibration")


def test_a_worked_example():
    # Missing every match costs 0.2 * 500 = 100 per decision, accepting every non-match 0.8 * 100 = 80.
    # Chosen on: matches 0.9 0.6 0.5, others 0.7 0.2 0.1.
    #   threshold 0.35 misses none, accepts one of three:   80/3 = 26.7   <- cheapest
    #   threshold 0.65 misses two of three, accepts one: 200/3 + 80/3;   threshold 0.8: 200/3;   none: 100;   all: 80
    # Reported on: matches 0.8 0.3, others 0.4 0.0: misses 0.3 (half), accepts 0.4 (half):
    #   1000 * (100 / 2 + 80 / 2) = 90,000 a month.
    estimate = estimate_cost(
        decisions_of(
            [(True, True, c) for c in (0.9, 0.6, 0.5)]
            + [(True, False, c) for c in (0.7, 0.2, 0.1)]
            + [(False, True, c) for c in (0.8, 0.3)]
            + [(False, False, c) for c in (0.4, 0.0)]
        ),
        PRICES,
    )
    assert estimate.threshold == pytest.approx(0.35)
    assert (estimate.missed_match_rate, estimate.false_match_rate) == (0.5, 0.5)
    assert estimate.missed_monthly_cost == pytest.approx(50_000)
    assert estimate.false_monthly_cost == pytest.approx(40_000)
    assert estimate.monthly_cost == pytest.approx(90_000)
    assert (estimate.calibration_rows, estimate.report_rows, estimate.accepts) == (6, 4, "some")
    assert estimate.few_rows


def slow_cost(matches, others, threshold, prices):
    """Monthly cost by counting, one pair at a time."""
    missed = sum(1 for cosine in matches if not cosine >= threshold)
    false = sum(1 for cosine in others if cosine >= threshold)
    return prices.monthly_volume * (
        prices.base_rate * missed / len(matches) * prices.missed_match
        + (1 - prices.base_rate) * false / len(others) * prices.false_match
    )


COSINES = st.lists(
    st.one_of(st.sampled_from([-0.5, 0.0, 0.25, 0.5]), st.floats(-1, 1, width=32)), min_size=2, max_size=12
)


@settings(deadline=None)
@given(
    COSINES,
    COSINES,
    st.floats(0, 1),
    st.floats(0, 1000),
    st.floats(0, 1000),
    st.randoms(use_true_random=False),
)
def test_no_threshold_is_cheaper_than_the_one_found(matches, others, base_rate, false_match, missed_match, random):
    prices = Prices(
        currency="EUR", false_match=false_match, missed_match=missed_match, monthly_volume=1000, base_rate=base_rate
    )
    rows = pd.DataFrame(
        {"row": range(len(matches) + len(others)), "match": [True] * len(matches) + [False] * len(others)}
    )
    rows["cosine"] = [*matches, *others]
    estimate = estimate_cost(rows, prices)
    assert estimate.calibration_rows + estimate.report_rows == len(rows)
    calibration = split_halves(rows)

    def pick(half, match):
        return rows["cosine"][half & (rows["match"] == match)].tolist()

    chosen_on = pick(calibration, True), pick(calibration, False)
    reported_on = pick(~calibration, True), pick(~calibration, False)
    every_cut = sorted({*chosen_on[0], *chosen_on[1], math.inf})
    cheapest = min(slow_cost(*chosen_on, cut, prices) for cut in every_cut)
    assert slow_cost(*chosen_on, estimate.threshold, prices) == pytest.approx(cheapest, rel=1e-9, abs=1e-9)
    assert estimate.monthly_cost == pytest.approx(slow_cost(*reported_on, estimate.threshold, prices), abs=1e-9)
    curve = estimate.curve
    assert curve["threshold"].is_monotonic_increasing and np.isfinite(curve.to_numpy()).all()
    for _ in range(3):
        at = curve.iloc[random.randrange(len(curve))]
        assert at["monthly_cost"] == pytest.approx(slow_cost(*reported_on, at["threshold"], prices), abs=1e-9)

    shuffled = rows.sample(frac=1, random_state=random.randrange(100))
    assert estimate_cost(shuffled, prices) == estimate, "the order of the rows does not matter"


def halves_alike(matches, others):
    """Decisions with the same cosines in both halves."""
    return decisions_of(
        [(half, match, c) for half in (True, False) for match, cs in ((True, matches), (False, others)) for c in cs]
    )


def test_the_threshold_stands_midway_between_its_neighbours():
    assert estimate_cost(halves_alike([0.75, 0.9], [0.25, 0.1]), PRICES).threshold == 0.5


def test_equal_scores_are_never_split():
    estimate = estimate_cost(halves_alike([0.5, 0.5, 0.5], [0.5, 0.5]), PRICES)
    assert (estimate.missed_match_rate, estimate.false_match_rate) in [(0, 1), (1, 0)]


def test_between_neighbouring_floats_the_upper_one_is_the_threshold():
    low = 0.1
    high = np.nextafter(low, 1)
    estimate = estimate_cost(halves_alike([high], [low]), PRICES)
    assert (estimate.threshold, estimate.monthly_cost) == (high, 0)


def test_taking_every_pair_or_none_is_allowed_and_said():
    dear_misses = dataclasses.replace(PRICES, missed_match=1e9)
    dear_matches = dataclasses.replace(PRICES, false_match=1e9)
    backwards = halves_alike([0.1, 0.2], [0.8, 0.9])
    all_taken, none_taken = estimate_cost(backwards, dear_misses), estimate_cost(backwards, dear_matches)
    assert (all_taken.accepts, all_taken.threshold, all_taken.missed_match_rate) == ("all", -math.inf, 0)
    assert (none_taken.accepts, none_taken.threshold, none_taken.false_match_rate) == ("none", math.inf, 0)
    assert none_taken.to_dict()["threshold"] is None and np.isfinite(none_taken.curve.to_numpy()).all()


def test_the_share_of_matches_in_operation_moves_the_threshold():
    rows = halves_alike([0.9, 0.7, 0.4, 0.3], [0.6, 0.5, 0.2, 0.1])
    same = Prices(currency="JPY", false_match=100, missed_match=100, monthly_volume=1, base_rate=0.01)
    rare, frequent = estimate_cost(rows, same), estimate_cost(rows, dataclasses.replace(same, base_rate=0.99))
    assert rare.threshold > 0.6 and frequent.threshold < 0.3


def test_every_price_changes_the_cost():
    rows = halves_alike([0.9, 0.4], [0.6, 0.1])
    before = estimate_cost(rows, PRICES).monthly_cost
    for change in ({"false_match": 10}, {"monthly_volume": 999}, {"base_rate": 0.3}):
        assert estimate_cost(rows, dataclasses.replace(PRICES, **change)).monthly_cost != before
    assert estimate_cost(rows, dataclasses.replace(PRICES, missed_match=20)).missed_monthly_cost > 0


def test_the_halves_do_not_depend_on_the_order_nor_on_which_text_comes_first():
    rows = pd.DataFrame({"text_a": [f"a{i}" for i in range(40)], "text_b": [f"b{i}" for i in range(40)]})
    rows["match"] = rows.index % 2 == 0
    calibration = split_halves(rows)
    assert calibration.sum() == 20 and calibration[rows["match"]].sum() == 10
    mirrored = rows.rename(columns={"text_a": "text_b", "text_b": "text_a"}).sample(frac=1, random_state=1)
    assert (split_halves(mirrored) == calibration[mirrored.index]).all()


def test_a_repeated_pair_of_texts_never_stands_in_both_halves():
    rows = pd.DataFrame({"text_a": ["x", "y", "z", "w"] * 5, "text_b": "other", "match": True})
    halves = rows.assign(calibration=split_halves(rows)).groupby("text_a")["calibration"].nunique()
    assert (halves == 1).all()


@pytest.mark.parametrize("matches, others", [(0, 10), (10, 0), (1, 10), (10, 1)])
def test_a_class_that_is_missing_in_a_half_is_refused(matches, others):
    rows = pd.DataFrame({"match": [True] * matches + [False] * others, "cosine": 0.5})
    with pytest.raises(UserError) as refused:
        estimate_cost(rows, PRICES)
    assert refused.value.code == "one_class_only"
    assert refused.value.fields == {"matches": matches, "others": others}


def test_no_decisions_are_refused():
    with pytest.raises(UserError, match="no held-out match decisions"):
        estimate_cost(pd.DataFrame({"match": [], "cosine": []}), PRICES)


def test_a_decision_without_a_cosine_is_refused_and_not_counted_as_zero():
    with pytest.raises(UserError, match="1 of 2 decisions"):
        estimate_cost(pd.DataFrame({"match": [True, False], "cosine": [0.5, np.nan]}), PRICES)


def test_few_rows_are_flagged():
    assert estimate_cost(halves_alike([0.9] * 9, [0.1] * 10), PRICES).report_rows == FEW_ROWS - 1
    assert estimate_cost(halves_alike([0.9] * 9, [0.1] * 10), PRICES).few_rows
    assert not estimate_cost(halves_alike([0.9] * 10, [0.1] * 10), PRICES).few_rows


def test_a_million_decisions_take_a_few_seconds():
    rng = np.random.default_rng(0)
    match = rng.random(1_000_000) < 0.3
    cosine = (rng.normal(0, 0.2, len(match)) + 0.3 * match).astype(np.float32)
    start = time.perf_counter()
    estimate = estimate_cost(pd.DataFrame({"row": np.arange(len(match)), "match": match, "cosine": cosine}), PRICES)
    assert len(estimate.curve) < 300
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "YEN"},
        {"currency": None},
        {"false_match": -1},
        {"missed_match": math.nan},
        {"monthly_volume": math.inf},
        {"monthly_volume": "many"},
        {"base_rate": 1.01},
        {"base_rate": True},
    ],
)
def test_impossible_prices_are_refused_by_name(change):
    with pytest.raises(UserError) as refused:
        dataclasses.replace(PRICES, **change)
    assert refused.value.fields["field"] in change


def test_a_price_file_that_lacks_a_price_or_has_a_strange_one_is_refused(tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text('currency = "JPY"\nfalse_match = 1\n')
    with pytest.raises(UserError, match="missed_match, monthly_volume, base_rate"):
        Prices.from_toml(file)
    file.write_text('currency = "JPY"\nfalse_mach = 1\n')
    with pytest.raises(UserError, match="false_mach"):
        Prices.from_toml(file)


def test_prices_are_kept_per_dataset(tmp_path):
    workspace = Workspace(tmp_path)
    assert read_prices(workspace, "abc") is None
    write_prices(workspace, "abc", PRICES)
    assert read_prices(workspace, "abc") == PRICES
    assert read_prices(workspace, "abd") is None
    with pytest.raises(ValueError):
        read_prices(workspace, "../abc")


def test_the_decisions_own_costs_add_up_to_the_month():
    rng = np.random.default_rng(5)
    match = rng.random(200) < 0.4
    decisions = pd.DataFrame({"row": range(200), "match": match, "cosine": rng.normal(match * 0.5, 0.5)})
    estimate = estimate_cost(decisions, Prices("JPY", 300, 1200, 20000, 0.2))
    assert len(estimate.row_costs) == estimate.report_rows
    assert estimate.row_costs.sum() == pytest.approx(estimate.monthly_cost)
