"""Amounts are said as finely as their interval supports, in the words of each language, and never as what they are not."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.i18n import MISSING, Locale, plain_text
from kdmcse.presentation.rounded import (
    about_money,
    agreed_money,
    before_and_after,
    money_range,
    money_with_range,
    rounded_beside,
    rounded_money,
)
from kdmcse.stats import Interval

EN, JA = Locale("en"), Locale("ja")


@pytest.mark.parametrize(
    ("estimate", "low", "high", "currency", "english", "japanese"),
    [
        (1_037_778, 427_657, 1_716_767, "JPY", "about ¥1.0 M (¥0.4–1.7 M)", "およそ100万円（43万〜172万円）"),
        (30_416_030, 14_401_234, 53_108_700, "JPY", "about ¥30 M (¥14–53 M)", "およそ3,000万円（1,440万〜5,310万円）"),
        (120e6, 95e6, 148e6, "JPY", "about ¥120 M (¥100–150 M)", "およそ1.2億円（9,500万〜1.48億円）"),
        (900_000, 400_000, 1_500_000, "JPY", "about ¥0.9 M (¥0.4–1.5 M)", "およそ90万円（40万〜150万円）"),
        (12_300, 11_000, 13_000, "USD", "about $12,300 ($11,000–13,000)", "およそ1.23万米ドル（1.1万〜1.3万米ドル）"),
        (8.4, 7.1, 9.9, "EUR", "about €8.4 (€7.1–9.9)", "およそ8.4ユーロ（7.1〜9.9ユーロ）"),
        (9_999, 9_000, 11_000, "JPY", "about ¥10,000 (¥9,000–11,000)", "およそ1万円（9,000円〜1.1万円）"),
    ],
)
def test_an_amount_is_as_fine_as_its_interval_supports(estimate, low, high, currency, english, japanese):
    assert plain_text(about_money(EN, estimate, currency, low, high)) == english
    assert plain_text(about_money(JA, estimate, currency, low, high)) == japanese


def test_an_amount_a_month_says_so_where_the_language_says_it():
    told = [plain_text(about_money(t, 1_037_778, "JPY", 427_657, 1_716_767, a_month=True)) for t in (EN, JA)]
    assert told == ["about ¥1.0 M a month (¥0.4–1.7 M)", "月およそ100万円（43万〜172万円）"]


def test_a_narrow_interval_keeps_the_digits_that_it_supports():
    assert about_money(EN, 1_234_567, "JPY", 1_234_500, 1_234_600).startswith("about ¥1,234,570 ")


def test_without_an_interval_two_digits_are_said():
    assert plain_text(about_money(EN, 1_244_950, "JPY")) == "about ¥1.2 M"
    assert plain_text(about_money(JA, 1_244_950, "JPY")) == "およそ120万円"
    assert "(" not in about_money(EN, 5, "JPY", 5, 5), "an interval that is a point is none"


def test_what_is_not_known_is_a_dash():
    assert about_money(EN, None, "JPY") == about_money(EN, float("nan"), "JPY", 1, 2) == MISSING
    assert about_money(EN, float("inf"), "JPY") == MISSING
    assert money_range(JA, None, 3, "JPY") == MISSING


def test_an_interval_on_both_sides_of_zero_shows_both_signs():
    assert plain_text(money_range(EN, -900_000, 100_000, "JPY")) == "-¥900,000 to ¥100,000"
    assert plain_text(money_range(JA, -900_000, 100_000, "JPY")) == "-90万〜10万円"


def test_what_is_not_zero_is_never_called_zero():
    assert plain_text(about_money(EN, 500_000, "JPY", 4_000, 1_700_000)) == "about ¥0.5 M (¥4,000 to ¥1.7 M)"
    assert plain_text(about_money(JA, 500_000, "JPY", 4_000, 1_700_000)) == "およそ50万円（4,000円〜170万円）"
    assert plain_text(rounded_money(EN, 30_000, "JPY", -400_000, 460_000)) == "¥30,000"


def test_an_amount_and_its_interval_stay_on_one_line():
    for t in (EN, JA):
        range_ = money_range(t, 427_657, 1_716_767, "JPY")
        assert " " not in range_ and "\u2060" in range_


def value_of(text: str) -> float:
    text = plain_text(text)
    scale = next((by for name, by in (("億", 1e8), ("万", 1e4), (" M", 1e6), (" B", 1e9)) if name in text), 1)
    return float("".join(one for one in text if one in "-.0123456789")) * scale


@given(
    st.floats(1, 1e12), st.floats(0.001, 0.9), st.floats(0.001, 3), st.sampled_from(["en", "ja"]), st.sampled_from([1, -1])
)  # fmt: skip
def test_rounding_moves_no_amount_by_more_than_an_eighth_of_its_interval(size, below, above, language, sign):
    ends = sorted((sign * size * (1 - below), sign * size * (1 + above)))
    said = value_of(rounded_money(Locale(language), sign * size, "JPY", *ends))
    assert abs(said - sign * size) <= (ends[1] - ends[0]) / 8 * 1.001 and said != 0


@pytest.mark.parametrize(
    ("before", "after", "english", "japanese"),
    [
        (2_240_000, 660_000, ["¥2.24 M", "¥0.66 M"], ["224万円", "66万円"]),
        (4_240_000, 3_202_222, ["¥4.2 M", "¥3.2 M"], ["420万円", "320万円"]),
        (500_000, 520_000, ["¥500,000", "¥520,000"], ["50万円", "52万円"]),
    ],
)
def test_before_and_after_are_as_far_apart_as_the_rounded_difference_beside_them(before, after, english, japanese):
    difference, half = before - after, 0.3 * abs(before - after) + 40_000
    for t, said in ((EN, english), (JA, japanese)):
        ends = [(one, one * 0.8, one * 1.2) for one in (before, after)]
        told = before_and_after(t, *ends, (difference, difference - half, difference + half), "JPY")
        assert [plain_text(text) for text in told] == said


@given(
    st.floats(1e3, 1e9), st.floats(0.05, 0.95), st.floats(0.05, 0.9), st.sampled_from(["en", "ja"])
)  # fmt: skip
def test_what_lies_between_before_and_after_is_never_another_difference(before, share, width, language):
    t, after = Locale(language), before * share
    difference, half = before - after, (before - after) * width
    saving = rounded_money(t, difference, "JPY", difference - half, difference + half)
    known = ((one, one * 0.9, one * 1.1) for one in (before, after))
    first, last = before_and_after(t, *known, (difference, difference - half, difference + half), "JPY")
    # To half a digit of the saving, as it is rounded, and what is left of the two digits beyond it.
    assert abs(value_of(first) - value_of(last) - value_of(saving)) <= 0.13 * 2 * half + 0.01 * value_of(saving)


def test_an_amount_beside_another_is_told_from_it():
    assert [plain_text(rounded_beside(t, 657.69, 300, "JPY")) for t in (EN, JA)] == ["¥660", "660円"]
    assert [plain_text(rounded_beside(t, 1_234, 1_200, "JPY")) for t in (EN, JA)] == ["¥1,230", "1,230円"]
    assert plain_text(rounded_beside(EN, 0.0125, 0.02, "USD")) == "$0.012"


def test_what_was_agreed_keeps_all_its_digits():
    for amount, english, japanese in (
        (0, "¥0", "0円"), (500_000, "¥500,000", "50万円"), (1_500_000, "¥1.5 M", "150万円"), (1_234_567, "¥1,234,567", "1,234,567円"),
    ):  # fmt: skip
        assert [plain_text(agreed_money(t, amount, "JPY")) for t in (EN, JA)] == [english, japanese]
    assert agreed_money(EN, None, "JPY") == MISSING


def test_a_cell_holds_an_amount_with_its_interval_or_alone():
    figure = Interval(2_822_222, 2_494_208, 3_147_913, 0.95, 600, 600, 3, False, None)
    assert plain_text(money_with_range(JA, figure, "JPY")) == "280万円（249万〜315万円）"
    assert plain_text(money_with_range(EN, figure, "JPY")) == "¥2.8 M (¥2.5–3.1 M)"
    alone = dataclasses.replace(figure, low=None, high=None)
    assert plain_text(money_with_range(JA, alone, "JPY")) == "280万円"
