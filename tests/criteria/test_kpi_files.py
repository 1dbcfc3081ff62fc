"""A file of answers is read as people write it: days, numbers, yes and no, in both languages; what cannot be read is told by its row."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.criteria.kpi_files import CODES, MOST_ROWS, guess_columns, read_rows
from kdmcse.criteria.kpis import Kpi
from kdmcse.data.tables import Table, load_table
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.kpis import problem_text

TIME = Kpi(name="Handling time", target=4, direction="at_most", unit="min")
SHARE = Kpi(name="Passed on", target=20, direction="at_most", unit="%")
TODAY = datetime.date(2031, 3, 31)


@pytest.fixture
def table(tmp_path):
    """A file of these lines, as it is read."""

    def write(*lines: str, name: str = "survey.csv", encoding: str = "utf-8") -> Table:
        (tmp_path / name).write_text("\n".join(lines), encoding=encoding)
        return load_table(tmp_path / name)

    return write


def read(table: Table, kpi=TIME, day="day", value="value"):
    return read_rows(table, kpi, day=day, value=value, today=TODAY)


@pytest.mark.parametrize(
    "cell",
    ["2031-03-09", "2031/3/9", "2031.03.09", "２０３１年３月９日", "2031年3月9日", "20310309",
     "2031-03-09T10:15:00Z", "2031/03/09 10:15", "9.3.2031", "2031/3/9(日)", "2031年3月9日（日） 10:15"],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(table, cell):
    assert read(table("day,value", f"{cell},3")).days == ("2031-03-09",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_that_may_be_parts_of_one_are_not_taken_for_percent(table, language):
    with pytest.raises(UserError) as unclear:
        read(table("day,value", "2031-03-09,0.85", "2031-03-10,1"), SHARE)
    assert unclear.value.code == "kpi_share_unclear" and "0.85" in unclear.value.message(language)
    assert read(table("day,value", "2031-03-09,0.85", "2031-03-10,12"), SHARE).values == (0.85, 12)
    assert read(table("day,value", "2031-03-09,0.85%", "2031-03-10,1%"), SHARE).values == (0.85, 1)


def test_whether_the_day_or_the_month_comes_first_is_told_by_the_column_or_not_at_all(table):
    assert read(table("day,value", "03/09/2031,3", "03/25/2031,3")).days == ("2031-03-09", "2031-03-25")
    assert read(table("day,value", "09/03/2031,3", "25/03/2031,3")).days == ("2031-03-09", "2031-03-25")
    for lines in (["03/09/2031,3"], ["03/25/2031,3", "25/03/2031,3"]):
        with pytest.raises(UserError) as unsure:
            read(table("day,value", *lines))
        assert unsure.value.code == "kpi_no_rows" and "2026-11-30" in unsure.value.message("en"), "how to write it"


@given(
    st.dates(datetime.date(1990, 1, 1), TODAY),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%d.%m.%Y", "%Y%m%d"]),
)
def test_every_day_that_was_is_read_back(day, pattern):
    frame = _frame([day.strftime(pattern)], ["3"])
    assert read(frame).days == (day.isoformat(),)


@given(
    st.lists(st.floats(-1e9, 1e9).map(lambda value: round(value, 4)), min_size=1, max_size=30),
    st.sampled_from(["", " min", "min"]),
)
def test_every_number_is_read_back_with_its_unit_or_without(numbers, unit):
    cells = [f"{number:.4f}{unit}" for number in numbers]
    found = read(_frame(["2031-03-01"] * len(cells), cells))
    assert found.values == tuple(numbers) and not found.problems and not found.yes_no


@given(
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=8),
    st.sampled_from([TIME, SHARE]),
)
def test_whatever_stands_in_a_file_every_row_is_read_or_told(rows, kpi):
    frame = _frame(*(list(column) for column in zip(*rows, strict=True)))
    guess_columns(frame, kpi)
    try:
        found = read(frame, kpi)
    except UserError as refused:
        assert refused.code == "kpi_no_rows" and all(refused.sentences(Locale(language)) for language in LANGUAGES)
        return
    assert len(found.values) == len(found.days) and len(found.values) + len(found.problems) == len(rows)
    assert all(day <= TODAY.isoformat() for day in found.days)
    for problem in found.problems:
        assert problem.code in CODES and all(problem_text(Locale(language), problem) for language in LANGUAGES)


def _frame(days, values) -> Table:
    """A table as `load_table` gives it, its cells clean."""
    import pandas as pd

    index = pd.Index(range(2, 2 + len(days)), name="row")
    return Table("survey.csv", pd.DataFrame({"day": days, "value": values}, index=index, dtype="str"), [], "utf-8", "0")


@pytest.mark.parametrize(
    "words", [("はい", "いいえ"), ("yes", "no"), ("1", "0"), ("１", "０"), ("○", "×"), ("TRUE", "FALSE")]
)
def test_yes_and_no_are_counted_where_the_unit_is_a_share(table, words):
    yes, no = words
    found = read(table("day,value", *[f"2031-03-01,{yes}"] * 5, *[f"2031-03-02,{no}"] * 15, "2031-03-03,maybe"), SHARE)
    assert found.yes_no and found.value.value == 25 and found.value.rows == 20 and found.value.day == "2031-03-02"
    [left] = found.problems
    assert (left.row, left.column, left.code) == (22, "value", "neither_yes_nor_no")


def test_percentages_of_a_share_are_numbers(table):
    found = read(table("day,value", "2031-03-01,12%", "2031-03-02,0%", "2031-03-03,1%"), SHARE)
    assert not found.yes_no and found.values == (12.0, 0.0, 1.0)


def test_yes_and_no_are_no_numbers_of_another_unit_and_the_refusal_says_where_they_are(table):
    with pytest.raises(UserError) as refused:
        read(table("day,value", "2031-03-01,はい"))
    assert "はい" in refused.value.message("ja") and "%" in refused.value.hint("ja")


def test_the_columns_are_found_by_what_they_hold(table):
    found = table("担当,受付日,対応時間", "Aiko,2031/3/1,3分", "Ben,2031/3/2,4分", "Cem,,5分", encoding="cp932")
    assert guess_columns(found, Kpi(name="対応時間", target=4, direction="at_most", unit="分")) == (
        "受付日",
        "対応時間",
    )
    several = table("id,day,handling time (min)", "1,2031/3/1,3", "2,2031/3/2,4")
    assert guess_columns(several, TIME) == ("day", "handling time (min)")
    assert guess_columns(several, Kpi(name="Effort", target=4, direction="at_most")) == ("day", None), "nobody guesses"
    assert guess_columns(table("a,b", "x,y", "z,w"), TIME) == (None, None)


def test_a_row_that_cannot_be_read_is_told_with_its_number(table):
    found = read(
        table(
            "day,value",
            "2031-03-01,3",
            ",3",
            "soon,3",
            "2031-04-01,3",
            "2031-03-02,",
            "2031-03-02,slow",
            "2031-03-01,3,4",
        )
    )
    assert [(problem.row, problem.code) for problem in found.problems] == [
        (8, "row_ragged"), (3, "day_missing"), (4, "day_unreadable"), (5, "day_later"), (6, "value_missing"), (7, "value_not_number"),
    ]  # fmt: skip
    for language in LANGUAGES:
        assert all(str(problem.row) in problem_text(Locale(language), problem) for problem in found.problems)


def test_a_file_that_cannot_be_a_kpi_is_refused(table, monkeypatch):
    with pytest.raises(UserError) as twice:
        read(table("day,value", "2031-03-01,3"), value="day")
    assert twice.value.code == "kpi_one_column"
    long = _frame(["2031-03-01"] * (MOST_ROWS + 1), ["3"] * (MOST_ROWS + 1))
    with pytest.raises(UserError) as too_long:
        read(long)
    assert too_long.value.code == "kpi_file_too_long"
