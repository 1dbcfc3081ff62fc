"""The marks of an axis are round, tell each other apart, and are counted in what the language counts in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.i18n import LANGUAGES, Locale, plain_text
from kdmcse.presentation.ticks import money_format, money_ticks, ticks_around

EN, JA = Locale("en"), Locale("ja")


@pytest.mark.parametrize(
    ("ticks", "english", "japanese"),
    [
        ([0, 1e6, 2e6], ["¥0", "¥1 M", "¥2 M"], ["0円", "100万円", "200万円"]),
        ([-5e5, 0, 5e5], ["-¥500 K", "¥0", "¥500 K"], ["-50万円", "0円", "50万円"]),
        ([0, 2.5e4, 5e4], ["¥0", "¥25 K", "¥50 K"], ["0円", "2.5万円", "5.0万円"]),
        ([0, 1e8, 2e8], ["¥0", "¥100 M", "¥200 M"], ["0円", "10,000万円", "20,000万円"]),
        ([0, 200, 400], ["¥0", "¥200", "¥400"], ["0円", "200円", "400円"]),
    ],
)
def test_amounts_of_an_axis_are_counted_in_one_unit(ticks, english, japanese):
    for t, said in ((EN, english), (JA, japanese)):
        assert [plain_text(text) for text in money_ticks(t, ticks, "JPY")] == said


def written(number_format: str, value: float) -> str:
    """What a spreadsheet writes by the formats that are used here."""
    form = number_format.split(";")[0 if value == 0 else 1].removeprefix("[=0]")
    before, number, after = ("", form, "")
    if number.startswith('"'):
        _, before, number = number.split('"', 2)
    if number.endswith('"'):
        number, after, _ = number.split('"')
    thousands = len(number) - len(number.rstrip(","))
    scaled, number = value / 1000**thousands, number.rstrip(",")
    if number == "0\\.0":  # a point before the last digit
        digits = f"{round(scaled):02d}"
        return f"{before}{digits[:-1]}.{digits[-1]}{after}"
    return f"{before}{scaled:,.{len(number.partition('.')[2])}f}{after}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "ticks", [[0, 1e6, 2e6], [0, 2.5e4, 5e4], [0, 200, 400], [0, 2.5e3, 5e3], [0, 2.5e3, 1.25e4], [0, 1e9, 2e9]]
)
def test_a_number_format_writes_what_the_marks_say(language, ticks):
    t = Locale(language)
    for tick, text in zip(ticks, money_ticks(t, ticks, "JPY"), strict=True):
        said = plain_text(written(money_format(t, ticks, "JPY"), tick)).replace(",", "")
        assert said.replace(".0万", "万") == plain_text(text).replace(",", "").replace(".0万", "万")


@given(st.floats(-1e9, 1e9), st.floats(1, 1e9), st.sampled_from(sorted(LANGUAGES)))
def test_no_two_marks_read_alike(low, span, language):
    marks = money_ticks(Locale(language), ticks_around(low, low + span), "JPY")
    assert len(set(marks)) == len(marks)
