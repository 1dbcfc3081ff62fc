"""The thresholds are the cheapest ones."""

import dataclasses
import math
import time

import numpy as np
import pandas as pd
import pytest
from example_costs import PRICES, decisions_of
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse.cost import (
    Prices,
    Review,
    estimate_cost,
)
from kdmcse.cost.thresholds import best_thresholds, outcomes

MONEY = st.integers(-5, 20)


SCORED = st.lists(
    st.tuples(st.one_of(st.sampled_from([-0.5, 0.0, 0.25, 0.5]), st.floats(-1, 1, width=32)), MONEY, MONEY, MONEY),
    min_size=1,
    max_size=10,
)


def slow_cost(rows, lower, upper):
    """By going through the decisions one at a time."""
    total = 0
    for cosine, rejected, reviewed, accepted in rows:
        total += accepted if cosine >= upper else reviewed if cosine >= lower else rejected
    return total


# The sweep


@settings(deadline=None, max_examples=300)
@given(SCORED, st.booleans())
def test_no_thresholds_are_cheaper_than_the_ones_found(rows, review):
    cosine, money = np.array([r[0] for r in rows]), np.array([r[1:] for r in rows], dtype=float)
    found = best_thresholds(cosine, money, review=review)
    cuts = sorted({*cosine, math.inf})
    pairs = [(low, high) for high in cuts for low in cuts if low <= high and (review or low == high)]
    cheapest = min(slow_cost(rows, *pair) for pair in pairs)
    assert slow_cost(rows, found.lower, found.upper) == cheapest
    priced = np.take_along_axis(money, outcomes(cosine, found)[:, None], axis=1).sum()
    assert priced == cheapest and (review or found.lower == found.upper)


def test_the_threshold_stands_midway_between_its_neighbours():
    assert estimate_cost(decisions_of([0.75, 0.9] * 9, [0.25, 0.1] * 9), PRICES).threshold == 0.5


def test_equal_scores_are_never_split():
    estimate = estimate_cost(decisions_of([0.5] * 9, [0.5] * 9), PRICES)
    assert (estimate.missed_match_rate, estimate.false_match_rate) in [(0, 1), (1, 0)]


def test_between_neighbouring_floats_the_upper_one_is_the_threshold():
    low = 0.1
    high = np.nextafter(low, 1)
    estimate = estimate_cost(decisions_of([high] * 5, [low] * 5), PRICES)
    assert (estimate.threshold, estimate.monthly_cost) == (high, 0)


def test_taking_every_pair_or_none_is_allowed_and_said():
    dear_misses = dataclasses.replace(PRICES, missed_match=1e9)
    dear_matches = dataclasses.replace(PRICES, false_match=1e9)
    backwards = decisions_of([0.1, 0.2] * 5, [0.8, 0.9] * 5)
    all_taken, none_taken = estimate_cost(backwards, dear_misses), estimate_cost(backwards, dear_matches)
    assert (all_taken.accepts, all_taken.threshold, all_taken.missed_match_rate) == ("all", -math.inf, 0)
    assert (none_taken.accepts, none_taken.threshold, none_taken.false_match_rate) == ("none", math.inf, 0)
    assert none_taken.to_dict()["threshold"] is None and np.isfinite(none_taken.curve.to_numpy()).all()
    nobody_knows = dataclasses.replace(dear_misses, false_match=1e9, review=Review(1, 1.0))
    people = estimate_cost(backwards, nobody_knows)
    assert (people.accepts, people.review_rate, people.monthly_cost) == ("people", 1, pytest.approx(1000))


def test_the_share_of_matches_in_operation_moves_the_threshold():
    rows = decisions_of([0.9, 0.7, 0.4, 0.3] * 5, [0.6, 0.5, 0.2, 0.1] * 5)
    same = Prices(currency="JPY", false_match=100, missed_match=100, monthly_volume=1, base_rate=0.01)
    rare, frequent = estimate_cost(rows, same), estimate_cost(rows, dataclasses.replace(same, base_rate=0.99))
    assert rare.threshold > 0.6 and frequent.threshold < 0.3


def test_a_million_decisions_take_a_few_seconds():
    rng = np.random.default_rng(0)
    match = rng.random(1_000_000) < 0.3
    cosine = (rng.normal(0, 0.2, len(match)) + 0.3 * match).astype(np.float32)
    start = time.process_time()
    estimate = estimate_cost(pd.DataFrame({"row": np.arange(len(match)), "match": match, "cosine": cosine}), PRICES)
    assert len(estimate.curve) < 300 and not estimate.sample.folds.crossed
    assert time.process_time() - start < 5
