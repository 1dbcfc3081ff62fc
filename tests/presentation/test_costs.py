"""Costs, savings, notes and the worked example, as a person reads them."""

import dataclasses
import math
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from example_costs import useless

from kdmcse.cost import (
    USE_CASES,
    Note,
    Prices,
    Review,
    SegmentPrices,
    Thresholds,
    compare_costs,
    estimate_cost,
    worked_example,
)
from kdmcse.cost.estimate import ERRORS
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.costs import (
    USE_CASE_WORDS,
    comparison_lines,
    cost_sentence,
    example_sentences,
    example_steps,
    judged_sentence,
    name_of_test_threshold,
    note_sentences,
    probability,
    segment_name,
    threshold_cell,
    thresholds_text,
    undecided_sentences,
    unmarked_sentence,
    use_case_word,
)

EN = Locale("en")
MUG = SegmentPrices(false_match=300, missed_match=900, monthly_volume=2000, base_rate=0.4, benefit=20)
PRICES = Prices(
    "JPY", 100, 500, 1000, 0.2, 5, segments={"mug": MUG}, review=Review(30, 0.9), today=Thresholds(0.5, 0.2)
)
languages = pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)


def models(n=120):
    """The same decisions with the cosines of a worse and of a better model."""
    rng = np.random.default_rng(0)
    match = rng.random(n) < 0.4
    segment = np.where(np.arange(n) % 3, "mug", "plate")
    table = pd.DataFrame({"row": range(n), "match": match, "segment": segment})
    worse, better = (
        table.assign(cosine=(height * match + rng.normal(0, spread, n)).clip(-1, 1))
        for height, spread in ((0.2, 0.3), (0.5, 0.1))
    )
    return {"old": worse, "new": better}


@pytest.fixture(scope="module")
def comparison():
    return compare_costs(models(), PRICES, baseline="old", draws=100)


@languages
def test_a_cost_has_its_interval_and_its_saving(comparison, t):
    model_cost, text = comparison.best["new"], cost_sentence(t, comparison, "new", names={"new": "KDMCSE"})
    for value in (*model_cost.cost.interval, model_cost.cost.estimate, model_cost.saving.estimate):
        assert t.money(value, "JPY") in text
    assert "KDMCSE" in text and "old" in text


@languages
def test_the_baseline_has_a_cost_and_no_saving(comparison, t):
    text = cost_sentence(t, comparison, "old", at="today")
    assert t.money(comparison.today["old"].cost.estimate, "JPY") in text and "new" not in text


@languages
def test_what_costs_more_is_told_as_more(t):
    backwards = compare_costs(models(), PRICES, baseline="new", draws=100)
    more = -backwards.best["old"].saving.estimate
    assert more > 0 and t.money(more, "JPY") in cost_sentence(t, backwards, "old")


@languages
@pytest.mark.parametrize(
    ("prices", "policy", "money"),
    [
        (Prices("JPY", 100, 500, 1000, 0.02), "none", 10_000),
        (Prices("JPY", 100, 500, 1000, 0.95), "all", 5_000),
        (Prices("JPY", 100, 500, 1000, 0.3, review=Review(20, 1.0)), "people", 20_000),
    ],
)
def test_what_it_costs_to_end_all_pairs_alike_is_told_where_it_is_less_than_both_models(t, prices, policy, money):
    found = compare_costs({"old": useless(2), "new": useless(4)}, prices, baseline="old", draws=50)
    told = t(f"cost.cheaper.{policy}", cost=t.money(money, "JPY"))
    assert min(one.cost.estimate for one in found.best.values()) > money == pytest.approx(found.policies[policy])
    assert told in cost_sentence(t, found, "new") and told not in cost_sentence(t, found, "old")


@languages
def test_where_a_model_costs_less_than_to_end_all_pairs_alike_or_as_much_nothing_is_told(t):
    alike = {name: table.assign(cosine=0.5) for name, table in models().items()}
    for tables in (models(), alike):
        found = compare_costs(tables, Prices("JPY", 100, 500, 1000, 0.1), baseline="old", draws=50)
        assert found.cheaper_policy("new") is None and found.cheaper_today is None
    assert found.best["new"].cost.estimate == pytest.approx(min(found.policies.values())), "it takes none itself"


@languages
def test_the_lines_name_every_part_of_a_cost_and_end_with_the_notes(comparison, t):
    lines = comparison_lines(t, comparison)
    parts = [kind for kind in ERRORS if kind in set(comparison.errors["error"])]
    assert all(any(t(f"cost.error.{kind}") in line for line in lines) for kind in parts)
    assert any("mug" in line for line in lines) and any(t("cost.rest") in line for line in lines)
    notes = note_sentences(t, comparison.notes)
    assert lines[-len(notes) :] == notes and t("cost.note.one_seed") in notes


@languages
def test_every_note_has_a_sentence_with_its_numbers(t):
    counts = {"calibration_rows": 1234, "report_rows": 5, "folds": 2}
    notes = [Note("folds", counts), Note("halves", counts), Note("unit_frequent_text"), Note("unit_pair")]
    assert "1,234" in note_sentences(t, notes)[0]
    named = [Note("borrowed_matches", {"segment": "mug"}), Note("borrowed_others", {"segment": ""})]
    assert "mug" in note_sentences(t, named)[0] and t("cost.rest") in note_sentences(t, named)[1]
    assert "4.0" in note_sentences(t, [Note("derived", {"score": 4})])[0]
    assert "95%" in note_sentences(t, [Note("interval", {"level": 0.95})])[0]


def test_one_decision_is_not_decisions():
    assert "1 decision only" in note_sentences(EN, [Note("few_rows", {"count": 1})])[0]
    assert "18 decisions only" in note_sentences(EN, [Note("few_rows", {"count": 18})])[0]


def test_thresholds_of_a_review_are_two_and_of_a_model_that_parts_nothing_none():
    cheap = dataclasses.replace(PRICES, review=Review(1, 0.99), today=None)
    reviewed = compare_costs(models(), cheap, baseline="old", draws=100).best["old"]
    found = reviewed.typical.thresholds
    assert found.lower < found.upper
    assert thresholds_text(EN, reviewed) == f"{found.lower:.3f}\u00a0to\u00a0{found.upper:.3f}"
    alone = compare_costs(models(), dataclasses.replace(PRICES, review=None, today=None), baseline="old", draws=100)
    assert thresholds_text(EN, alone.best["new"]) == f"{alone.best['new'].typical.threshold:.3f}"
    free = dataclasses.replace(PRICES, false_match=0, segments={}, review=None, today=None)
    everything = compare_costs(models(), free, baseline="old", draws=100).best["old"]
    assert thresholds_text(Locale("ja"), everything) == "すべて一致とする"


@pytest.mark.parametrize(
    ("lower", "upper", "english", "japanese"),
    [
        (0.4, 0.9, "0.400\u00a0to\u00a00.900", "0.400\u2060〜\u20600.900"),
        (-math.inf, 0.993, "below 0.993", "0.993未満"),
        (0.4, math.inf, "from 0.400 on", "0.400以上"),
        (-math.inf, -math.inf, "accept every pair", "すべて一致とする"),
        (math.inf, math.inf, "reject every pair", "すべて不一致とする"),
        (-math.inf, math.inf, "people decide all", "すべて人が判定する"),
    ],
)
def test_a_threshold_without_an_end_is_written_in_words(lower, upper, english, japanese):
    model = SimpleNamespace(thresholds=Thresholds(upper, lower))
    assert (thresholds_text(EN, model), thresholds_text(Locale("ja"), model)) == (english, japanese)
    for t in (EN, Locale("ja")):
        cells = [threshold_cell(t, end, lower, upper) for end in ("lower", "upper")]
        assert not {"inf", "-inf", "∞", "-∞"} & {str(cell) for cell in cells}


@languages
def test_a_method_that_decides_nothing_is_named_and_the_others_are_not(t):
    rows = models()
    useless = rows["old"].assign(cosine=0.5)
    rivals = {"baseline": useless, "simcse": useless, "kdmcse": rows["new"]}
    cheap = Prices("JPY", 300, 1200, 20_000, 0.2, review=Review(50, 0.95))
    found = compare_costs(rivals, cheap, baseline="baseline", draws=50)
    assert [one.thresholds.takes for one in found.best.values()] == ["people", "people", "some"]
    assert found.best["kdmcse"].review_rate < 1 and found.best["kdmcse"].cost.estimate < 1_480_000
    for sentences in (undecided_sentences(t, found), [unmarked_sentence(t, found.best.values())]):
        assert all("SimCSE" in one and "KDMCSE" not in one for one in sentences) and sentences
    alone = compare_costs({"kdmcse": rows["new"]}, cheap, baseline="kdmcse", draws=50)
    assert undecided_sentences(t, alone) == [] and unmarked_sentence(t, alone.best.values()) is None


@languages
def test_where_a_fold_was_judged_by_a_model_that_else_decides_nothing_that_is_said(t):
    useless = models()["old"].assign(cosine=0.5)
    found = compare_costs({"mcse": useless}, Prices("JPY", 300, 1200, 20_000, 0.2), baseline="mcse", draws=50)
    model = found.best["mcse"]
    estimate = dataclasses.replace(
        model.typical, thresholds=Thresholds(math.inf), fold_thresholds=(Thresholds(math.inf), Thresholds(0.5))
    )
    mixed = dataclasses.replace(found, best={"mcse": dataclasses.replace(model, estimates=(estimate,))})
    assert undecided_sentences(t, mixed) == [
        t("cost.accepts.none", methods="MCSE"),
        t("cost.accepts.differs", methods="MCSE"),
    ]


@languages
def test_a_decision_is_told_with_the_name_of_the_threshold_that_judged_it(t):
    judged = {"outcome": 2, "lower": 0.597, "upper": 0.597, "part": 3}
    sentence = judged_sentence(t, "KDMCSE", 0.612, **judged)
    assert all(part in sentence for part in ("KDMCSE", "0.612", "0.597", "3", t("quantities.name.test_threshold")))
    today = judged_sentence(t, "KDMCSE", 0.612, **judged, today=True)
    assert t("cost.price.threshold") in today and t("quantities.name.test_threshold") not in today
    names = {name_of_test_threshold(t, end, part) for end in ("only", "lower", "upper", "both") for part in (0, 1, 2)}
    assert len(names) == 12, "no two test thresholds have one name"
    everything = judged_sentence(t, "KDMCSE", -0.1, outcome=2, lower=-math.inf, upper=-math.inf, part=1)
    assert t("cost.thresholds.all") in everything


@languages
def test_where_people_review_a_decision_is_told_with_the_threshold_that_decided_it_whatever_is_true(t):
    reviewed = dataclasses.replace(PRICES, segments={}, today=None)
    estimate = estimate_cost(models()["old"], reviewed)
    judged, cosine = estimate.judged_by, estimate.cosine
    assert set(judged["outcome"]) == {0, 1, 2} and set(estimate.wrong) == {False, True}
    for row, similarity in zip(judged.itertuples(index=False), cosine, strict=True):
        sentence = judged_sentence(t, "KDMCSE", similarity, **row._asdict())
        end, decisive = (("lower", [row.lower]), ("both", [row.lower, row.upper]), ("upper", [row.upper]))[row.outcome]
        assert name_of_test_threshold(t, end, row.part) in sentence
        finite = [t.number(threshold, 3) for threshold in (row.lower, row.upper) if math.isfinite(threshold)]
        decisive = [t.number(threshold, 3) for threshold in decisive if math.isfinite(threshold)]
        assert all((threshold in sentence) == (threshold in decisive) for threshold in finite)


@languages
def test_a_probability_that_few_draws_would_change_is_not_written_as_certain(t):
    assert probability(t, 0.97) == "97%" and probability(t, None) == "–"
    assert "99" in probability(t, 1.0) and "1%" in probability(t, 0.0)


@languages
def test_the_rest_has_a_name(t):
    assert segment_name(t, "mug") == "mug" and segment_name(t, "") == t("cost.rest")


@languages
def test_every_use_case_has_words_of_its_own(t):
    assert all(use_case_word(t, case, what) for case in USE_CASES for what in USE_CASE_WORDS)
    assert len({use_case_word(t, case, "false_match") for case in USE_CASES}) == len(USE_CASES)


@languages
def test_every_field_that_asks_for_money_is_called_a_cost_or_a_value(t):
    costs, gains = {"en": ("cost", "value"), "ja": ("損失|コスト", "利益|削減額")}[t.language]
    for case in USE_CASES:
        for what, kind in (("false_match", costs), ("missed_match", costs), ("benefit", gains)):
            assert re.search(kind, use_case_word(t, case, what)), (case, what)


def test_the_worked_example_writes_down_its_results():
    results = [result.replace("¥", "") for result in example_steps(EN, worked_example())["result"]]
    assert results == [
        "500", "4,500", "2,700,000", "1,350,000", "1,950,000", "600,000", "1,200,000", "0.80", "1,950,000", "170", "80", "445,000", "1,435,000",
    ]  # fmt: skip


@languages
def test_every_line_of_the_arithmetic_comes_to_what_it_says(t):
    steps = example_steps(t, worked_example())
    assert not steps["step"].duplicated().any()
    for step in steps[steps["calculation"] != ""].itertuples():
        sum_ = step.calculation
        for written, meant in (("¥", ""), ("￥", ""), (",", ""), ("×", "*"), ("÷", "/"), ("−", "-"), ("%", "/100")):
            sum_ = sum_.replace(written, meant)
        result = float(step.result.translate(str.maketrans("", "", "¥￥,")))
        assert eval(sum_, {"__builtins__": {}}) == pytest.approx(result), step  # noqa: S307
    text = " ".join(example_sentences(t, worked_example()))
    assert "600,000" in text and "1,950,000" in text and "1,435,000" in text
