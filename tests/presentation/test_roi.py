"""Returns are said in both languages: inputs, figures, the arithmetic, the axes, scenarios side by side."""

import dataclasses
import math
import re

import pytest
from example_roi import EVERY, EXAMPLE, PEOPLE, axes, changed, returned

from kdmcse.cost import Prices, Review
from kdmcse.i18n import LANGUAGES, Locale, plain_text
from kdmcse.presentation import roi
from kdmcse.presentation.costs import price_rows
from kdmcse.presentation.rounded import rounded_money
from kdmcse.roi import Axes, Saving, estimate_return, fields, monte_carlo, tornado
from kdmcse.roi.cash_flow import FIGURES
from kdmcse.roi.scenario import MAX_SHARE
from kdmcse.roi.scenario_store import ScenarioVersion

EN, JA = Locale("en"), Locale("ja")


@pytest.fixture(params=LANGUAGES)
def t(request) -> Locale:
    return Locale(request.param)


# Inputs


def test_every_input_and_figure_has_its_words(t):
    entered = {fields.leaf_of(path) for path in changed(today=PEOPLE).entries if not path.startswith("prices/")}
    needed = [f"roi.input.{leaf}" for leaf in entered]
    needed += [f"roi.input_help.{leaf}" for leaf in entered - {"name", "contract"}]
    needed += [f"roi.{kind}.{name}" for name in FIGURES for kind in ("figure", "figure_help")]
    assert [key for key in needed if not t.has(key)] == []
    for path, amount in EVERY.scenario.inputs.items():
        assert roi.label(t, path) != fields.leaf_of(path)
        assert roi.unit(t, path, "JPY") and roi.value(t, path, amount, "JPY")


def test_a_price_of_a_segment_says_whose_it_is():
    assert roi.label(EN, "prices/segments/a~1b/false_match") == "a/b: cost of a wrong match"
    assert roi.label(EN, "ranges/effort/pairs") == "range of “pairs to rate”"
    assert roi.label(JA, "prices/unheard_of") == "unheard_of"
    assert roi.label(EN, "prices/review/accuracy") == EN("cost.price.accuracy")
    assert roi.label(EN, "today/accuracy") == EN("roi.input.accuracy")


def test_the_process_of_today_is_named_by_what_decides_in_it(t):
    assert t("results.method.mcse") in roi.choice(t, "baseline", "mcse")
    assert t("results.name.baseline") in roi.choice(t, "baseline", "baseline")
    assert roi.choice(t, "people", "mcse") == t("roi.choice.people")


def test_a_share_is_told_with_the_digits_that_it_was_entered_with(t):
    told = [roi.value(t, "prices/base_rate", share, "JPY") for share in (0.0004, 0.0125, 0.29, 0.9995, 1.0)]
    assert told == ["0.04%", "1.25%", "29%", "99.95%", "100%"]
    assert roi.value(t, "yearly_rate", 0.0475, "JPY") == "4.75%"
    rows = dict(price_rows(t, Prices("JPY", 300, 1200, 20_000, 0.0004, review=Review(20, 0.9995))))
    assert rows[t("cost.price.base_rate")] == "0.04%" and rows[t("cost.price.accuracy")] == "99.95%"


# Figures


def test_months_know_one_many_parts_of_one_and_never():
    assert [roi.months(EN, amount) for amount in (1, 2.0, 2.5, math.inf, None)] == [
        "1 month",
        "2 months",
        "2.5 months",
        "no payback",
        "no payback",
    ]


def test_a_figure_has_its_interval_where_it_is_known():
    half = returned(Saving(456_000, 50_000, 900_000)).figures.loc["payback_months"]
    assert (
        roi.interval(EN, "payback_months", half["low"], half["high"], "JPY")
        == "1.2 months at the earliest, possibly never"
    )
    assert roi.figure_with_interval(EN, "one_off", 5.0, math.nan, math.nan, "JPY") == "¥5"
    assert roi.figure(EN, "benefit_cost", math.nan, "JPY") == "–"


@pytest.mark.parametrize(
    ("amount", "low", "high", "english", "japanese"),
    [
        (14.7, 10, 20, "14.7 months (10 months\u00a0to\u00a020 months)", "14.7か月（10か月\u2060〜\u206020か月）"),
        (
            14.7,
            10,
            math.inf,
            "14.7 months (10 months at the earliest, possibly never)",
            "14.7か月（最短10か月、回収できない可能性あり）",
        ),
        (None, 10, math.inf, "not expected (at best after 10 months)", "回収の見込みなし（楽観的な場合10か月）"),
        (math.inf, math.inf, math.inf, "no payback", "回収の見込みなし"),
        (None, math.nan, math.nan, "no payback", "回収の見込みなし"),
    ],
)
def test_a_payback_that_never_comes_is_told_once(amount, low, high, english, japanese):
    for t, text in ((EN, english), (JA, japanese)):
        assert roi.figure_with_interval(t, "payback_months", amount, low, high, "JPY") == text
    assert roi.interval(EN, "payback_months", math.inf, math.inf, "JPY") == "no payback"


def test_a_unit_does_not_repeat_what_its_label_says():
    for path in EVERY.scenario.inputs:
        label, unit = roi.label(JA, path), roi.unit(JA, path, "JPY")
        assert "（" not in unit or "（" not in label, (label, unit)


def test_the_unit_of_a_share_says_how_great_it_may_be(t):
    assert str(int(MAX_SHARE)) in roi.unit(t, "saving_share", "JPY")
    assert roi.unit(t, "prices/base_rate", "JPY") == t("roi.unit_of.share") != roi.unit(t, "saving_share", "JPY")


# One return


def test_the_arithmetic_is_shown_step_by_step(t):
    table = roi.arithmetic_table(t, EXAMPLE)
    assert list(table.columns) == ["step", "calculation", "result"] and len(table) == 12
    shown = " ".join(table["result"])
    for figure in (
        "20,000",
        "900,000",
        "1,000,000",
        "56,000",
        "456,000",
        "400,000",
        "11.2551",
        "3,502,031",
        "2.5",
        "3.15",
    ):
        assert figure in shown
    assert "400 × 30" in table["calculation"][0] and "12.6825%" in table["calculation"][8]


def test_seconds_that_were_measured_are_marked():
    measured = dataclasses.replace(EXAMPLE.scenario.effort, seconds_are="measured")
    assert "(measured)" in roi.arithmetic_table(EN, returned(effort=measured))["calculation"][0]


def test_what_matters_most_and_the_draws_have_a_sentence_each(t):
    assert "10,000" in roi.band_sentence(t, monte_carlo(EXAMPLE), "JPY")
    assert t("roi.measured_saving") in roi.tornado_sentence(t, tornado(EXAMPLE), "JPY")
    assert roi.tornado_sentence(t, tornado(EXAMPLE).head(0), "JPY") is None


def test_the_tornado_names_every_input(t):
    shown = roi.tornado_table(t, tornado(EVERY), "JPY")
    assert len(shown) == len(EVERY.scenario.inputs) and all(shown["input"])
    assert set(roi.tornado_table(t, tornado(EXAMPLE), "JPY")["range_is"]) == {
        t(f"roi.range_is.{source}") for source in ("measured", "default")
    }


def test_the_usual_range_of_an_accuracy_is_told_as_what_it_is(t):
    table = tornado(EVERY)
    told = dict(zip(table["input"], roi.tornado_table(t, table, "JPY")["range_is"], strict=True))
    row = table.set_index("input").loc["today/accuracy"]
    assert 1 - row["low"] == pytest.approx(2 * (1 - row["base"])) and row["high"] == 1
    assert told["today/accuracy"] == t("roi.range_is.default_accuracy")
    assert told["effort/day_rate"] == t("roi.range_is.default")


# The axes


@pytest.mark.parametrize("decision", ["go", "extend", "stop", None])
def test_every_axis_is_in_one_sentence_with_the_decision(t, decision):
    sentence = roi.axes_sentence(t, axes(decision=decision))
    end = {"en": ".", "ja": "。"}[t.language]
    assert sentence.endswith(t(f"roi.decision.{decision or 'none'}") + end)
    amounts = {
        "en": ("¥460,000", "¥260,000", "¥1.0 M", "¥56,000", "¥3.5 M"),
        "ja": ("46万円", "25.6万", "100万円", "5.6万円", "350万円"),
    }
    for said in ("+0.120", "+0.080", "2.5", *amounts[t.language]):
        assert said in plain_text(sentence)


def test_what_is_not_known_is_a_dash_and_never_zero(t):
    bare = Axes(returned())
    table = roi.axes_table(t, bare)
    assert list(table["interval"]) == ["–"] * 6 and table["value"][0] == "–"
    assert t("roi.axes.score_missing") in roi.axes_sentence(t, bare)


def test_a_model_that_costs_more_says_so_with_its_interval_turned_round():
    dearer = estimate_return(changed(), lambda prices, today: -1000.0, Saving(-1000.0, -3000.0, 500.0))
    sentence = roi.axes_sentence(EN, axes(estimate=dearer, band=None))
    assert "¥1,000 a month more than the current model (-¥500 to ¥3,000" in plain_text(sentence)
    assert "does not pay back" in sentence


def test_the_saving_names_what_it_is_compared_with(t):
    assert t("results.method.simcse") in roi.axes_sentence(t, axes(baseline="simcse"))
    by_people = roi.axes_sentence(t, axes(estimate=EVERY, baseline="simcse"))
    assert t("roi.axes.than_people") in by_people and t("results.method.simcse") not in by_people


def test_the_sentence_and_the_axes_tell_the_saving_as_measured_and_the_arithmetic_what_comes_true(t):
    half = axes(estimate=returned(EXAMPLE.saving, saving_share=0.5), band=None)
    measured = rounded_money(t, 456_000, "JPY", 256_000, 656_000)
    assert measured in roi.axes_sentence(t, half)
    assert rounded_money(t, 228_000, "JPY", 128_000, 328_000) not in roi.axes_sentence(t, half)
    assert roi.axes_table(t, half).set_index("figure")["value"][t("quantities.name.saving")] == measured
    shown = roi.axes_table(t, half, exact=True).set_index("figure")["value"]
    assert "456,000" in shown[t("quantities.name.saving")]
    compared = roi.comparison_table(t, [half.estimate], exact=True).iloc[:, 0]
    assert "228,000" in compared[t("quantities.name.realised_saving")]
    steps = roi.arithmetic_table(t, half.estimate).set_index("step")["result"]
    assert "228,000" in steps[t("roi.step.realised_saving")]


def test_what_is_saved_against_people_is_not_called_the_saving(t):
    figures = set(roi.axes_table(t, axes(estimate=EVERY))["figure"])
    assert t("quantities.name.people_saving") in figures and t("quantities.name.saving") not in figures
    compared = roi.comparison_table(t, [EVERY])
    assert t("quantities.name.process_probability") in compared.index
    assert t("quantities.name.saving_probability") not in compared.index


def test_what_may_come_back_at_best_is_not_said_never_to(t):
    dear = estimate_return(changed(), lambda prices, today: 1000.0, Saving(1000.0, -50_000.0, 400_000.0))
    sentence = roi.axes_sentence(t, axes(estimate=dear, band=None))
    assert dear.payback_months is None and t("roi.axes.payback_hardly", low="X").split("X")[0] in sentence
    assert not any(word in sentence for word in ("never", "does not pay back", "回収できない"))


# Scenarios


def test_the_comparison_marks_the_scenario_of_the_criteria(t):
    dear = changed(
        name="Dear", effort=dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=10**6), contract="abc"
    )
    older = estimate_return(changed(name="Older", contract="an older version"), EXAMPLE.saving_of)
    several = [EXAMPLE, older, estimate_return(dear, EXAMPLE.saving_of)]
    assert t("scenarios.for_criteria.yes") not in list(roi.comparison_table(t, several).loc[t("scenarios.criteria")])
    table = roi.comparison_table(t, several, criteria="abc")
    assert list(table.loc[t("scenarios.criteria")]) == [
        t(f"scenarios.for_criteria.{mark}") for mark in ("no", "no", "yes")
    ]
    assert table.loc[t("roi.figure.payback_months"), "Dear"] == t("roi.never")
    value = table.loc[t("roi.figure.net_present_value"), "A small shop"]
    assert rounded_money(t, 3_502_031, "JPY", 1_251_015, 5_753_046) in value
    exact = roi.comparison_table(t, several, exact=True)
    assert "3,502,031" in exact.loc[t("roi.figure.net_present_value"), "A small shop"]


def test_an_overtaken_version_and_its_author_are_named(t):
    stored = ScenarioVersion("a", 3, EXAMPLE.scenario, "Sato", "2031-01-02T03:04:05Z", 1, (), fresh=True)
    said = roi.overtaken_sentence(t, stored, ["Suzuki"])
    assert "Suzuki" in said and "2" in said
    assert t("scenarios.saved.somebody") in roi.overtaken_sentence(t, stored, [""])
    assert roi.overtaken_sentence(t, stored, []) is None


def test_no_latin_words_are_left_in_a_japanese_return():
    texts = [roi.axes_sentence(JA, axes())]
    texts += [roi.band_sentence(JA, monte_carlo(EXAMPLE), "JPY"), roi.tornado_sentence(JA, tornado(EXAMPLE), "JPY")]
    for table in (
        roi.tornado_table(JA, tornado(EVERY), "JPY"),
        roi.arithmetic_table(JA, EXAMPLE),
        roi.axes_table(JA, axes()),
    ):
        texts += [str(cell) for cell in table.to_numpy().ravel()]
    allowed_words = {"GPU", "STS", "Spearman"}
    assert {word for text in texts for word in re.findall(r"[A-Za-z]{2,}", text)} - allowed_words == set()
