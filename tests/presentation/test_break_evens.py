"""A break-even says in which direction it pays, and what decides nothing is named in one line."""

import math

import pytest
from example_roi import EXAMPLE

from kdmcse.i18n import LANGUAGES, Locale, capital, plain_text
from kdmcse.presentation import roi
from kdmcse.presentation.break_evens import break_even, break_even_sentences, undeciding_sentence
from kdmcse.roi import break_evens

EN, JA = Locale("en"), Locale("ja")
NOWHERE = math.nan


@pytest.mark.parametrize(
    ("path", "base", "low", "high", "english", "japanese"),
    [
        (
            "prices/monthly_volume",
            20_000,
            2460.2,
            NOWHERE,
            "pays from 2,461 decisions a month",
            "月2,461件以上で採算が取れます",
        ),
        (
            "prices/monthly_volume",
            2_000,
            NOWHERE,
            2460.2,
            "pays up to 2,460 decisions a month",
            "月2,460件以下で採算が取れます",
        ),
        (
            "prices/false_match",
            300,
            NOWHERE,
            657.69,
            "pays as long as a wrong match costs less than about ¥660",
            "誤った一致1件が約660円未満なら採算が取れます",
        ),
        (
            "prices/false_match",
            650,
            NOWHERE,
            653.2,
            "pays as long as a wrong match costs less than about ¥653",
            "誤った一致1件が約653円未満なら採算が取れます",
        ),
        (
            "prices/missed_match",
            300,
            12_345,
            NOWHERE,
            "pays when a missed match costs more than about ¥12,000",
            "見逃し1件が約1.2万円を超えると採算が取れます",
        ),
        (
            "prices/base_rate",
            0.1,
            0.0222,
            0.1778,
            "pays as long as about 2.2% to 17.8% of the pairs match",
            "一致の割合が約2.2%から約17.8%までなら採算が取れます",
        ),
        ("prices/unheard_of", 300, 389.4, NOWHERE, "pays above about ¥390", "約390円を超えると採算が取れます"),
        ("horizon_months", 12, 2.5, NOWHERE, "pays from 2.5 months on", "2.5か月以上で採算が取れます"),
        ("effort/gpu_hours", 12, NOWHERE, 80.5, "pays up to 80 hours", "80時間以下で採算が取れます"),
    ],
)
def test_a_break_even_says_in_which_direction_it_pays(path, base, low, high, english, japanese):
    for t, said in ((EN, english), (JA, japanese)):
        assert plain_text(break_even(t, path, base, low, high, "JPY")) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_input_that_decides_nothing_is_named_in_one_line_and_nowhere_else(language):
    t = Locale(language)
    table, names = break_evens(EXAMPLE), []
    said = break_even_sentences(t, table, "JPY")
    for row in table.itertuples():
        label = roi.label(t, row.input)
        decides = break_even(t, row.input, row.base, row.pays_from, row.pays_up_to, "JPY") is not None
        assert any(capital(label) in one for one in said) == decides
        names += [] if decides else [label]
    assert 0 < len(names) < len(table) and t.list(names) in undeciding_sentence(t, table)
    assert "10" in undeciding_sentence(t, table)
    assert undeciding_sentence(t, table[table["pays_from"].notna()]) is None


def test_a_small_share_keeps_its_digits():
    assert "0.041%" in break_even(EN, "prices/base_rate", 0.1, 0.00041234567, math.nan, "JPY")


def test_what_decides_nothing_has_no_break_even():
    assert break_even(EN, "prices/false_match", 300, math.nan, math.nan, "JPY") is None


def test_the_share_from_which_it_pays_is_told_from_the_one_that_does_not():
    said = break_even(EN, "saving_share", 0.3, 0.3004, float("nan"), "JPY")
    assert "30.04%" in said
