"""Intervals, reasons and what would decide, as a person reads them."""

import numpy as np
import pytest

from kdmcse import stats
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.statistics import (
    difference_text,
    interval_notes,
    interval_text,
    score_text,
    table_notes,
    verdict_reason,
    what_would_decide,
)
from kdmcse.results.benchmarks import OverTrainings
from kdmcse.stats import Comparison, Interval, Spearman
from kdmcse.stats.comparison import CAVEATS, NO_INTERVAL

EN, JA = Locale("en"), Locale("ja")


def interval(estimate=0.8123, low=0.79, high=0.8311, rows=300, units=300, seeds=3, rows_only=False, reason=None):
    return Interval(estimate, low, high, 0.95, rows, units, seeds, rows_only, reason)


def comparison(**changes):
    score = interval()
    return Comparison(score, score, interval(**changes), p_value=0.5, rows_error=0.01, seeds_error=0.0, seeds_freedom=2)


def test_a_score_has_its_interval_beside_it():
    assert interval_text(EN, interval()) == "0.812 (0.790\u00a0to\u00a00.831)"
    assert interval_text(JA, interval(), 2) == "0.81（0.79\u2060〜\u20600.83）"


def test_a_score_of_a_whole_set_has_its_mean_and_the_range_of_its_trainings():
    alone = interval(low=None, high=None, reason="undefined")
    assert score_text(EN, alone, OverTrainings.of([0.3, 0.1, 0.11])) == "0.170 [0.100\u00a0to\u00a00.300]"
    assert score_text(JA, alone, OverTrainings.of([0.3, 0.1, 0.11])) == "0.170［0.100\u2060〜\u20600.300］"
    assert score_text(EN, alone, OverTrainings.of([0.3, 0.3])) == "0.300"
    assert score_text(EN, interval(), OverTrainings.of([0.1, 0.9])) == interval_text(EN, interval())
    assert score_text(EN, interval(estimate=None, low=None, high=None), OverTrainings.of([])) == "–"


def test_a_difference_has_its_signs():
    assert difference_text(EN, interval(0.0123, -0.001, 0.0256)) == "+0.012 (-0.001\u00a0to\u00a0+0.026)"


@pytest.mark.parametrize("text", [interval_text, difference_text])
def test_what_is_not_known_is_a_dash_and_a_score_without_interval_stands_alone(text):
    missing = interval(estimate=None, low=None, high=None, reason="not_measured")
    assert text(EN, missing) == text(JA, missing) == "–"
    alone = interval(low=None, high=None, reason="often_undefined")
    assert "to" not in text(EN, alone) and "–" not in text(EN, alone)


def test_notes_count_rows_and_groups_in_the_singular_and_the_plural():
    assert "Only 1 held-out row (" in interval_notes(EN, interval(rows=1, units=1))[0]
    assert "Only 19 held-out rows (" in interval_notes(EN, interval(rows=19, units=19))[0]
    assert "12 independent groups" in interval_notes(EN, interval(units=12))[0]
    assert interval_notes(JA, interval(rows=19, units=19))[0].startswith("評価用のデータが19件")
    assert interval_notes(EN, interval()) == []


def test_too_few_rows_are_named_as_the_reason():
    assert verdict_reason(EN, comparison(rows=12)) == (
        "12 held-out rows are too few to decide anything; at least 20 are needed."
    )
    assert "1 held-out row is" in verdict_reason(EN, comparison(rows=1))


def test_how_many_further_rows_would_decide_is_told():
    undecided = comparison(estimate=0.018, low=-0.002, high=0.038)
    assert undecided.need == "rows"
    assert f"About {EN.number(undecided.more_rows)} more held-out rows" in what_would_decide(EN, undecided)
    assert f"約{JA.number(undecided.more_rows)}件" in what_would_decide(JA, undecided)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language):
    t = Locale(language)
    keys = [f"reason.{code}" for code in stats.REASONS] + [f"need.{code}" for code in stats.NEEDS]
    keys += [f"note.{code}" for code in (*NO_INTERVAL, *CAVEATS)]
    assert [key for key in keys if not t.has(f"stats.{key}")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_comparison_can_be_told(language):
    t, rng = Locale(language), np.random.default_rng(0)
    gold = rng.normal(size=60)
    candidate, baseline = gold + 0.5 * rng.normal(size=(3, 60)), gold + rng.normal(size=60)
    for found in (
        stats.compare(Spearman(gold), candidate, baseline),
        stats.compare(Spearman(gold), candidate[:1], baseline),
        stats.compare(Spearman(np.ones(60)), candidate, baseline),
        stats.compare(Spearman(gold), None, baseline),
        stats.compare(Spearman(gold), candidate, baseline, unit=np.zeros(60)),
    ):
        assert verdict_reason(t, found) and what_would_decide(t, found)
        for one in (found.candidate, found.baseline, found.difference):
            assert interval_text(t, one) and all(interval_notes(t, one))


def test_of_several_scores_those_without_an_interval_are_named_and_the_rest_is_said_once():
    alike, few = interval(1.0, None, None, reason="no_variation"), interval(rows=12, units=12)
    found = table_notes(EN, [("MCSE Recall@1", alike), ("MCSE Recall@5", alike), ("a", few), ("b", few)])
    assert found[0].startswith("MCSE Recall@1, MCSE Recall@5: ") and "interval is wide" in found[1] and len(found) == 2
    nothing = interval(None, None, None, rows=2, units=2, reason="few_units")
    assert table_notes(EN, [("a", nothing), ("b", nothing)]) == interval_notes(EN, nothing), "a dash is seen"
    assert score_text(EN, nothing, OverTrainings.of([-1.0, -1.0])) == "–"
