"""Numbers, money, days and lists as the reader of each language writes them."""

import datetime
import math
import time

import pytest

from kdmcse import i18n
from kdmcse.i18n import Locale

EN, JA = Locale("en"), Locale("ja")
languages = pytest.mark.parametrize("t", [EN, JA], ids=lambda t: t.language)


@languages
@pytest.mark.parametrize("missing", [None, math.nan])
def test_what_is_missing_is_a_dash_and_never_zero(t, missing):
    written = [t.number(missing, 2), t.signed(missing), t.percent(missing), t.duration(missing)]
    written += [t.money(missing, "JPY"), t.price(missing, "JPY"), t.share(missing)]
    assert set(written) == {i18n.MISSING} and t.date(None) == i18n.MISSING


@languages
def test_zero_is_zero_and_no_dash(t):
    assert t.number(0) == "0" and t.number(0.0, 2) == "0.00"
    assert t.percent(0.0) == "0%"
    assert t.money(0, "EUR") == "€0"


@languages
def test_numbers_have_the_decimals_that_were_asked_for(t):
    assert t.number(1234567.891) == "1,234,568"
    assert t.number(1234.5, 2) == "1,234.50"
    assert t.number(-0.25, 2) == "-0.25"
    assert t.number(12, 3) == "12.000"


@languages
def test_a_difference_has_its_sign_as_it_is_written(t):
    assert [t.signed(value, 2) for value in (0.126, 0.004, 0, -0.004, -0.126)] == [
        "+0.13",
        "0.00",
        "0.00",
        "0.00",
        "-0.13",
    ]


@languages
def test_a_share_is_a_percentage(t):
    assert t.percent(0.5) == "50%"
    assert t.percent(0.1234, 1) == "12.3%"
    assert t.percent(1) == "100%"
    assert t.percent(-0.05) == "-5%"


@languages
def test_a_share_keeps_the_digits_that_were_entered(t):
    shares = (0.0004, 0.0125, 0.29, 0.57, 0.9995, 1, 0, 10, -0.2, 1 / 3, -1e-12)
    told = ["0.04%", "1.25%", "29%", "57%", "99.95%", "100%", "0%", "1,000%", "-20%", "33.3333%", "0%"]
    assert [t.share(share) for share in shares] == told


def test_money_has_its_sign_before_the_currency_and_no_decimals():
    assert EN.money(1234.4, "JPY") == "¥1,234"
    assert JA.money(1234.4, "JPY") == "￥1,234"
    assert EN.money(-1234.4, "JPY") == "-\u2060¥1,234"
    assert JA.money(-1234.4, "JPY") == "-\u2060￥1,234"
    assert EN.money(1234.6, "EUR") == "€1,235"
    assert EN.money(-5, "USD") == "-\u2060$5"


def test_no_line_is_broken_within_an_amount_or_a_range_and_files_have_neither_mark():
    assert EN.price(-0.5, "USD") == "-\u2060$0.50"
    for t, written, in_files in (
        (EN, "\u00a0to\u00a0", "0.81 (-$2 to -$1)"),
        (JA, "\u2060〜\u2060", "0.81（-$2〜-$1）"),
    ):
        low, high = (t.money(end, "USD") for end in (-2, -1))
        text = t("stats.interval.text", estimate="0.81", low=low, high=high)
        assert f"{low}{written}{high}" in text and i18n.plain_text(text) == in_files


def test_a_price_keeps_the_cents_that_were_entered():
    assert EN.price(0.05, "USD") == "$0.05" and EN.price(300, "USD") == "$300"
    assert JA.price(1234.5, "EUR") == "€1,234.50"


def test_an_amount_by_the_hour_or_piece_keeps_its_decimals():
    assert (
        EN.price(0.05, "USD") == "$0.05" and EN.price(12.5, "EUR") == "€12.50" and EN.price(0.0125, "USD") == "$0.0125"
    )
    assert JA.price(300, "JPY") == "￥300" and EN.price(1234.6, "JPY") == "¥1,234.60"
    assert EN.price(-0.05, "USD") == "-\u2060$0.05"
    assert EN.price(None, "JPY") == JA.price(math.nan, "JPY") == i18n.MISSING


@languages
@pytest.mark.parametrize("almost", [-0.4, -0.0, -1e-12, 0.4])
def test_nothing_is_written_as_minus_zero(t, almost):
    assert t.number(almost) == "0"
    assert "-" not in t.money(almost, "JPY")
    assert t.number(almost / 1000, 2) == "0.00"
    assert t.percent(almost / 1000) == "0%"


def test_a_day_is_written_in_words():
    day = datetime.date(2026, 4, 1)
    assert EN.date(day) == EN.date("2026-04-01T09:00:00") == "April 1, 2026"
    assert JA.date(day) == "2026年4月1日"


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (-3, "0 seconds", "0秒"),
        (1, "1 second", "1秒"),
        (1.2, "1 second", "1秒"),
        (89, "89 seconds", "89秒"),
        (120, "2 minutes", "2分"),
        (9000, "2.5 hours", "2.5時間"),
    ],
)
def test_a_duration_is_as_exact_as_a_person_wants_it(seconds, english, japanese):
    assert (EN.duration(seconds), JA.duration(seconds)) == (english, japanese)


@pytest.fixture
def in_tokyo(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@languages
def test_a_moment_is_told_as_clocks_and_calendars_here_have_it(t, in_tokyo):
    assert t.time("2026-04-01T23:05:59.123+00:00") == t.time("2026-04-01T23:05:00Z") == "08:05"
    assert t.date("2026-04-01T23:05:59.123+00:00") == t.date("2026-04-02") == t.date(datetime.date(2026, 4, 2))
    assert t.time("2026-04-01T23:05:00") == "23:05" and t.date("2026-04-01T23:05:00") == t.date("2026-04-01")


def test_entries_stand_one_after_the_other_without_a_word():
    assert EN.series(["a", "b", 3]) == "a, b, 3" and JA.series(["a", "b"]) == "a、b"
    assert EN.series([]) == "" and EN.series(["a"]) == "a"


def test_lists_and_sentences_are_joined_as_the_language_does():
    assert EN.list(["a", "b", "c"]) == "a, b, and c" and JA.list(["a", "b", "c"]) == "a、b、c"
    assert EN.join(["One.", None, "", "Two."]) == "One. Two." and JA.join(["一。", None, "二。"]) == "一。二。"
