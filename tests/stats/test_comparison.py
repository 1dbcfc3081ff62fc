"""A score has an interval or a reason for none; a verdict is better, worse or not decisive, and says what would decide."""

import json
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
import scipy.stats
from benchmarks import coverage
from hypothesis import given
from hypothesis import strategies as st

from kdmcse import stats
from kdmcse.stats import AveragePrecision, Comparison, Interval, Mean, Pearson, RowMetric, Spearman, comparison


def example(n=300, error=0.5, baseline_error=0.9, seeds=3, chance=0):
    """Gold in halves, a candidate by seeds and a baseline: the larger an error, the worse."""
    rng = np.random.default_rng(chance)
    gold = np.round(2 * np.clip(rng.normal(2.5, 1.2, n), 0, 5)) / 2
    candidate = gold + error * rng.normal(size=n) + 0.1 * rng.normal(size=(seeds, n))
    return gold, candidate, gold + baseline_error * rng.normal(size=n)


def apart(difference, spread=1.0, n=100, chance=0):
    """Two methods whose mean difference over rows is exactly `difference`, with this standard deviation."""
    rng = np.random.default_rng(chance)
    baseline, noise = rng.normal(size=n), rng.normal(size=n)
    return baseline + difference + spread * (noise - noise.mean()) / noise.std(ddof=1), baseline


# Intervals


@pytest.mark.slow
@pytest.mark.parametrize("metric, function", [(Spearman, scipy.stats.spearmanr), (Pearson, scipy.stats.pearsonr)])
def test_with_many_units_and_one_training_an_interval_is_scipys_bca(metric, function):
    gold, candidate, _ = example(n=400, seeds=1)
    found = stats.interval(metric(gold), candidate, trained=False, resamples=4000)
    theirs = scipy.stats.bootstrap(
        (gold, candidate[0]), lambda x, y: function(x, y).statistic, paired=True, vectorized=False, n_resamples=2000,
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    assert found.estimate == pytest.approx(function(gold, candidate[0]).statistic, abs=1e-9)
    width = theirs.high - theirs.low
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * width)


def test_the_interval_of_a_mean_is_students():
    values = np.random.default_rng(0).normal(size=25)
    found = stats.interval(Mean(), values, trained=False, resamples=20_000)
    theirs = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    assert found.high - found.low == pytest.approx(theirs.high - theirs.low, rel=0.06)


def test_the_same_rows_again_in_their_units_are_no_new_evidence():
    gold, candidate, baseline = example(n=60)
    once = stats.compare(Spearman(gold), candidate, baseline)
    rows = np.tile(np.arange(60), 4)
    again = stats.compare(Spearman(gold[rows]), candidate[:, rows], baseline[rows], unit=rows)
    assert again.rows_error == pytest.approx(once.rows_error, rel=1e-6)
    assert again.difference.units == 60 and again.difference.rows == 240
    by_row = stats.compare(Spearman(gold[rows]), candidate[:, rows], baseline[rows])
    assert by_row.rows_error < 0.6 * once.rows_error


def test_seeds_that_differ_widen_the_interval_and_those_that_agree_do_not():
    gold, candidate, baseline = example(seeds=1)
    one = stats.compare(Spearman(gold), candidate, baseline)
    alike = stats.compare(Spearman(gold), np.repeat(candidate, 3, axis=0), baseline)
    noise = np.random.default_rng(1).normal(size=len(gold))
    unlike = stats.compare(Spearman(gold), [candidate[0] + error * noise for error in (0, 0.4, 0.8)], baseline)

    def width(found):
        return found.difference.high - found.difference.low

    assert width(alike) == pytest.approx(width(one), rel=0.02) and alike.seeds_error == pytest.approx(0, abs=1e-9)
    assert width(unlike) > 2 * width(one) and unlike.seeds_error > 0.01


def test_what_repeats_may_be_named_by_anything():
    gold, candidate, baseline = example(n=40)
    numbers = np.arange(40) // 2
    names = np.array([f"product {i}" for i in numbers], dtype=object)
    a, b = (stats.compare(Spearman(gold), candidate, baseline, unit=unit) for unit in (numbers, names))
    assert a == b


def test_the_same_question_has_the_same_answer_and_another_seed_another():
    gold, candidate, baseline = example(n=50)
    a, b, other = (stats.compare(Spearman(gold), candidate, baseline, seed=seed) for seed in (0, 0, 1))
    assert a == b
    assert other.difference.estimate == a.difference.estimate and other.difference.low != a.difference.low


def test_a_score_never_leaves_its_range():
    gold = np.arange(30.0)
    found = stats.interval(Spearman(gold), [gold + 0.6 * np.random.default_rng(i).normal(size=30) for i in range(2)])
    assert 0 < found.low < found.estimate <= found.high <= 1


def test_a_metric_of_ones_own_needs_no_more_than_scores_by_weights():
    class Within(RowMetric):
        """Share of rows within 1 of gold."""

        def __init__(self, gold):
            self.gold = gold

        def scorer(self, values):
            return Mean().scorer((np.abs(values - self.gold) < 1).astype(float))

    gold, candidate, baseline = example()
    own = stats.compare(Within(gold), candidate, baseline)
    hits = [(np.abs(values - gold) < 1).astype(float) for values in (candidate, baseline)]
    same = stats.compare(Mean(), *hits)
    assert own.difference == same.difference and own.verdict == "better"
    assert own.p_value == pytest.approx(same.p_value, abs=0.01)


def test_average_precision_is_compared_too():
    gold, candidate, baseline = example(baseline_error=2)
    found = stats.compare(AveragePrecision(gold > 4), candidate, baseline)
    assert found.verdict == "better" and 0 < found.candidate.low < found.candidate.high <= 1


# What is missing is missing


def test_a_constant_has_no_score_and_is_not_zero():
    gold, candidate, baseline = example()
    for found in (
        stats.compare(Spearman(np.ones(300)), candidate, baseline),
        stats.compare(Spearman(gold), candidate, np.ones(300)),
        stats.compare(Spearman(gold), np.concatenate([candidate[:2], np.ones((1, 300))]), baseline),
    ):
        assert found.difference.estimate is None and found.difference.low is None
        assert (found.verdict, found.reason, found.need) == ("not_decisive", "undefined", "unknown")


@pytest.mark.parametrize("missing", [None, [], [None], [np.full(300, np.nan)], np.full(300, np.nan)])
def test_a_missing_score_is_missing_and_the_other_one_is_shown(missing):
    gold, candidate, baseline = example()
    found = stats.compare(Spearman(gold), candidate, missing)
    assert found.baseline.estimate is None and found.difference.estimate is None
    assert found.candidate == stats.interval(Spearman(gold), candidate)
    assert (found.verdict, found.reason) == ("not_decisive", "not_measured")


def test_one_missing_seed_leaves_no_mean_over_seeds():
    gold, candidate, _ = example()
    assert stats.interval(Spearman(gold), [candidate[0], None, candidate[2]]).reason == "not_measured"
    candidate[1, 7] = np.nan
    assert stats.interval(Spearman(gold), candidate).reason == "not_measured"


def test_two_units_say_nothing_about_chance():
    gold, candidate, baseline = example()
    found = stats.compare(Spearman(gold), candidate, baseline, unit=np.arange(300) % 2)
    assert found.candidate.estimate is None and found.difference.estimate is None and found.difference.units == 2
    assert found.verdict == "not_decisive" and found.reason == "few_units" and found.p_value is None


def test_two_rows_have_no_score_for_a_rank_correlation_of_two_is_always_1_or_minus_1():
    found = stats.interval(Spearman([1.0, 2.0]), [[0.9, 0.8], [0.7, 0.1]])
    assert (found.estimate, found.low, found.rows, found.caveats) == (None, None, 2, ["few_units"])


def test_a_score_that_hangs_on_one_row_has_no_interval():
    gold, candidate, _ = example(n=50)
    assert stats.interval(Spearman(np.where(np.arange(50) == 7, 5.0, 0.0)), candidate).reason == "often_undefined"


def test_where_all_rows_agree_nothing_is_known_about_chance():
    found = stats.compare(Mean((0, 1)), np.ones((3, 40)), np.ones(40))
    assert found.difference.estimate == 0 and found.difference.low is None
    assert (found.verdict, found.reason) == ("not_decisive", "no_variation")


def test_rows_and_units_that_do_not_match_are_a_bug():
    gold, candidate, baseline = example()
    with pytest.raises(ValueError, match="300 rows against 299"):
        stats.compare(Spearman(gold), candidate, baseline[:-1])
    with pytest.raises(ValueError, match="299 units for 300 rows"):
        stats.interval(Spearman(gold), candidate, unit=np.arange(299))
    with pytest.raises(ValueError, match="1 rows without a value"):
        Spearman([1.0, np.nan, 2.0])


# Tests by swapping labels


def test_the_p_value_of_means_is_scipys_permutation_test():
    candidate, baseline = apart(0.15)
    found = stats.compare(Mean(), candidate, baseline, candidate_trained=False, resamples=10_000)
    theirs = scipy.stats.permutation_test(
        (candidate, baseline), lambda x, y, axis: (x - y).mean(axis=axis), permutation_type="samples", vectorized=True,
        n_resamples=10_000, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.02)


@pytest.mark.slow
def test_the_p_value_of_spearmans_is_scipys_permutation_test_of_ranks():
    gold, candidate, baseline = example(n=120, baseline_error=0.6, seeds=1)
    ranked = [scipy.stats.zscore(scipy.stats.rankdata(values)) for values in (candidate[0], baseline)]
    judged = scipy.stats.rankdata(gold)

    def difference(x, y):
        return scipy.stats.pearsonr(judged, x).statistic - scipy.stats.pearsonr(judged, y).statistic

    theirs = scipy.stats.permutation_test(
        ranked, difference, permutation_type="samples", vectorized=False, n_resamples=2000, rng=np.random.default_rng(0)
    )
    found = stats.compare(Spearman(gold), candidate, baseline, resamples=10_000)
    assert 0.005 < theirs.pvalue < 0.5, "an example that could tell apart"
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.03)


@pytest.mark.parametrize("chance", range(12))
def test_interval_and_p_value_never_contradict_each_other(chance):
    gold, candidate, baseline = example(n=60, baseline_error=0.62, chance=chance)
    found = stats.compare(Spearman(gold), candidate, baseline)
    if found.p_value <= 0.05:
        assert not found.difference.includes_zero
    if found.difference.includes_zero:
        assert found.p_value >= 0.05


# Verdicts


def test_better_and_worse_are_said_where_rows_and_seeds_carry_it():
    gold, candidate, baseline = example()
    better = stats.compare(Spearman(gold), candidate, baseline)
    assert (better.verdict, better.reason, better.need, better.more_rows) == (
        "better",
        "interval_excludes_zero",
        "nothing",
        0,
    )
    worse = stats.compare(Spearman(gold), baseline, candidate, candidate_trained=False)
    assert worse.verdict == "worse" and worse.difference.estimate == pytest.approx(-better.difference.estimate)


def test_no_difference_is_not_decisive():
    gold, candidate, _ = example()
    rng = np.random.default_rng(5)
    found = stats.compare(Spearman(gold), candidate, gold + 0.5 * rng.normal(size=300))
    assert (found.verdict, found.reason) == ("not_decisive", "interval_includes_zero")


def test_few_rows_have_an_interval_with_a_warning_and_no_verdict():
    gold, candidate, baseline = example(n=19, error=0.1, baseline_error=3)
    found = stats.compare(Spearman(gold), candidate, baseline)
    assert found.difference.low > 0 and (found.verdict, found.reason) == ("not_decisive", "few_rows")
    assert found.difference.caveats == ["wide"]
    assert not stats.interval(Spearman(example(n=20)[0]), example(n=20)[1]).few_rows


def test_one_seed_decides_nothing_and_its_interval_says_what_it_leaves_out():
    gold, candidate, baseline = example(error=0.1, baseline_error=3)
    found = stats.compare(Spearman(gold), candidate[:1], baseline)
    assert (found.verdict, found.reason, found.need) == ("not_decisive", "one_seed", "seeds")
    assert found.candidate.rows_only and found.candidate.caveats == ["rows_only"] and not found.baseline.rows_only
    trained = stats.compare(Spearman(gold), candidate, baseline, baseline_trained=True)
    assert (trained.reason, trained.difference.seeds) == ("one_seed", 1)


def test_groups_that_are_few_are_noted():
    gold, candidate, _ = example(n=60)
    found = stats.interval(Spearman(gold), candidate, unit=np.arange(60) // 5)
    assert found.caveats == ["rough"]
    assert stats.interval(Spearman(gold), candidate).caveats == []


# Several at once


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=8), st.floats(0.001, 0.999))
def test_holm_finds_what_stepping_down_finds(p_values, level):
    known = sorted(p for p in p_values if p is not None)
    found = 0
    while found < len(known) and known[found] * (len(known) - found) <= level:
        found += 1
    adjusted = stats.holm(p_values)
    assert [p is None for p in adjusted] == [p is None for p in p_values]
    assert sum(p is not None and p <= level for p in adjusted) == found


def test_one_of_several_comparisons_must_stand_out_further():
    found = stats.compare(Mean(), *apart(0.25), candidate_trained=False)
    assert found.verdict == "better" and 0.01 < found.p_value < 0.05
    nothing = stats.compare(Mean(), *apart(0.0), candidate_trained=False)
    missing = stats.compare(Mean(), apart(0.0)[0], None)
    adjusted = stats.adjust({"a": found, "b": nothing, "c": nothing, "d": nothing, "missing": missing})
    assert (adjusted["a"].verdict, adjusted["a"].reason) == ("not_decisive", "p_too_large_among_several")
    assert adjusted["a"].p_adjusted == pytest.approx(4 * found.p_value)
    assert adjusted["missing"].p_adjusted is None and adjusted["missing"].reason == "not_measured"
    assert adjusted["a"].need == "rows" and adjusted["a"].more_rows > 20
    assert stats.adjust({"alone": found})["alone"].verdict == "better"


# What would decide


def test_the_chance_of_a_verdict_is_that_of_drawn_true_differences_and_drawn_rows():
    """Against simulation: a true difference that the rows allow, further rows of it, a test of all of them together."""
    found, rng = stats.compare(Mean(), *apart(0.15), candidate_trained=False), np.random.default_rng(0)
    error, kept = found.rows_error, comparison.SPREAD**2 / (1 + comparison.SPREAD**2)
    for times in (2, 5, 12):
        true = kept * 0.15 + error * np.sqrt(kept) * rng.normal(size=100_000)
        further = true + error / np.sqrt(times - 1) * rng.normal(size=100_000)
        together = 0.15 / times + further * (1 - 1 / times)
        decided = np.abs(together) > scipy.stats.t.isf(0.025, 100 * times - 1) * error / np.sqrt(times)
        assert found.chance_to_decide(times) == pytest.approx(decided.mean(), abs=0.01)


def test_with_the_further_rows_that_are_named_the_chance_is_as_promised():
    found = stats.compare(Mean(), *apart(0.17), candidate_trained=False)
    assert found.need == "rows" and found.chance_to_decide(1 + found.more_rows / 100) == pytest.approx(0.8, abs=0.005)
    assert found.chance_to_decide(1) == 0, "it is not decided now"
    textbook = 100 * ((scipy.stats.norm.isf(0.025) + scipy.stats.norm.isf(0.2)) / 1.7) ** 2
    assert found.more_rows > 2 * textbook, "the difference as observed promises too much"


@pytest.mark.parametrize(("simulations", "least"), [(100, 0.6), pytest.param(600, 0.75, marks=pytest.mark.slow)])
def test_whoever_follows_the_advice_gets_a_verdict_in_three_of_four_cases(simulations, least):
    advised = [coverage.advised(simulation, resamples=400) for simulation in range(simulations)]
    decided = [one.decided for one in advised if one.more_rows]
    assert len(decided) >= simulations / 20 and np.mean(decided) >= least


def test_rows_do_not_cure_seeds_that_differ():
    gold, candidate, baseline = example(n=2000)
    noise = np.random.default_rng(1).normal(size=2000)
    seeds = [candidate[0] + error * noise for error in (0.1, 0.3, 0.75)]
    found = stats.compare(Spearman(gold), seeds, baseline)
    assert (found.verdict, found.need, found.more_rows) == ("not_decisive", "seeds", None)


def test_a_difference_may_be_too_small_for_any_number_of_rows():
    found = stats.compare(Mean(), *apart(0.05), candidate_trained=False)
    assert (found.need, found.more_rows) == ("too_small", None)


# Kept and told


def everything():
    gold, candidate, baseline = example(n=60)
    yield stats.compare(Spearman(gold), candidate, baseline)
    yield stats.compare(Spearman(gold), candidate[:1], baseline)
    yield stats.compare(Spearman(np.ones(60)), candidate, baseline)
    yield stats.compare(Spearman(gold), None, baseline)
    yield stats.compare(Spearman(gold), candidate, baseline, unit=np.zeros(60))
    yield stats.compare(Mean(), *apart(0.1), candidate_trained=False)


def test_a_comparison_survives_json():
    for found in everything():
        again = Comparison.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
        assert (again, again.reason, again.need) == (found, found.reason, found.need)
        assert Interval.from_dict(json.loads(json.dumps(found.candidate.to_dict()))) == found.candidate


# What it takes


def test_1500_pairs_and_2000_resamples_take_little_time_and_memory():
    gold, candidate, baseline = example(n=1500)
    started = time.process_time()
    stats.compare(Spearman(gold), candidate, baseline)
    assert time.process_time() - started < 5
    tracemalloc.start()
    stats.compare(Spearman(gold), candidate, baseline)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20, "all weights at once would be 24 MB in every one of several tables"


def test_scores_and_verdicts_are_imported_without_what_is_slow():
    code = "import sys, kdmcse.stats; sys.exit(bool({'scipy', 'sklearn', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
