"""What a column of amounts says of itself: its currency, amounts that cannot be, other columns that it might have been."""

import json

import pandas as pd
import pytest
from example_datasets import problems_of, table

from kdmcse.data import import_dataset
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.data import problem_table


def imported(workspace, folder, amounts, column="price", **more):
    rows = {"text_a": [f"a {i}" for i in range(len(amounts))], "text_b": "b", "match": 1, column: amounts}
    return import_dataset(workspace, name="d", decisions=table(folder, "d.csv", pd.DataFrame(rows | more)))


def told(dataset, code):
    found = dataset.problems[dataset.problems["code"] == code]
    return [(row, json.loads(fields)) for row, fields in zip(found["row"], found["fields"], strict=True)]


@pytest.mark.parametrize(
    ("column", "amounts", "currency"),
    [
        ("price", ["1", "2"], None),
        ("price_usd", ["1", "2"], "USD"),
        ("金額（円）", ["1", "2"], "JPY"),
        ("price", ["$1", "2"], "$"),
        ("price_usd", ["$1", "2"], "USD"),
        ("price", ["¥1", "2円"], "JPY"),
        ("price", ["€1", ""], "EUR"),
        ("price", ["$dear", "2"], None),
    ],
)
def test_the_currency_is_kept_where_the_header_or_a_sign_tells_it(workspace, tmp_path, column, amounts, currency):
    dataset = imported(workspace, tmp_path, amounts, column)
    assert dataset.amount_currency == currency
    assert ("currency" in dataset.decisions) == (currency is not None)


def test_an_amount_in_another_currency_than_its_column_is_not_known_and_told(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["$5", "¥800", "$7", "9", "EUR 3"])
    assert dataset.amount_currency == "$"
    assert dataset.decisions["amount"].fillna(-1).tolist() == [5, -1, 7, 9, -1]
    assert told(dataset, "amount_other_currency") == [
        (3, {"value": "¥800", "currency": "$"}),
        (6, {"value": "EUR 3", "currency": "$"}),
    ]
    named = imported(workspace, tmp_path, ["$5", "¥800", "¥900"], "price_usd")
    assert named.decisions["amount"].fillna(-1).tolist() == [5, -1, -1], "the header says it, whatever most cells have"


@pytest.mark.parametrize(
    ("column", "amounts", "currency", "odd"),
    [
        ("price", [*["1100"] * 35, "$10"], None, ["$10"]),
        ("price", [*["¥1100"] * 35, "CNY 80"], "¥", ["CNY 80"]),
        ("price", [*["$1100"] * 35, "AUD 80"], "$", ["AUD 80"]),
        ("price", [*["US$1100"] * 35, "$80"], "USD", []),
        ("price", [*["¥1100"] * 5, *["800円"] * 5], "JPY", []),
        ("price", ["$5", "¥800"], None, ["$5", "¥800"]),
        ("price ($)", [*["1100"] * 35, "AUD 80"], "$", ["AUD 80"]),
        ("price ($)", [*["USD 11"] * 35, "AUD 80", "7"], "USD", ["AUD 80"]),
        ("price_usd", [*["AUD 11"] * 3, "7"], "USD", ["AUD 11"] * 3),
    ],
)
def test_most_cells_tell_the_currency_and_the_odd_ones_are_named(workspace, tmp_path, column, amounts, currency, odd):
    dataset = imported(workspace, tmp_path, amounts, column)
    assert dataset.amount_currency == currency
    assert dataset.decisions["amount"].isna().tolist() == [amount in odd for amount in amounts]
    code = "amount_currency_unclear" if currency is None else "amount_other_currency"
    assert [fields["value"] for _, fields in told(dataset, code)] == odd
    for language in LANGUAGES:
        assert "{" not in "".join(problem_table(Locale(language), dataset)["message"])


def test_cells_without_a_currency_are_taken_as_most_that_have_one_and_that_is_told_once(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["$5", "$6", "7", "$8", "", "EUR 3"])
    assert dataset.amount_currency == "$" and dataset.decisions["amount"].fillna(-1).tolist() == [5, 6, 7, 8, -1, -1]
    assert told(dataset, "amount_currency_taken") == [(pd.NA, {"currency": "$", "unsigned": 1, "signed": 3})]
    assert told(imported(workspace, tmp_path, ["$5", "6"], "price_usd"), "amount_currency_taken") == []


@pytest.mark.parametrize(
    ("amounts", "read"),
    [
        (["1.299,00 €", "899,00 €", "1.199 €"], [1299, 899, 1199]),
        (["1.299.000", "1.199"], [1_299_000, 1199]),
        (["0,5", "1.199", "12"], [0.5, 1199, 12]),
        (["1 299,50", "1.199"], [1299.5, 1199]),
        (["1,299.50", "1,199"], [1299.5, 1199]),
        (["0.500", "1,199"], [0.5, 1199]),
        (["1 299", "1\u00a0299", "1\u202f299", "12 345 678"], [1299, 1299, 1299, 12_345_678]),
        (["1,200円", "10,500円"], [1200, 10_500]),
    ],
)
def test_a_column_is_read_as_its_cells_prove_and_nothing_is_told(workspace, tmp_path, amounts, read):
    dataset = imported(workspace, tmp_path, amounts)
    assert dataset.decisions["amount"].tolist() == read
    assert not [code for code in dataset.problems["code"] if code != "amount_outlying"]


@pytest.mark.parametrize(
    ("amounts", "read"), [(["1.114", "2.250"], [1.114, 2.25]), (["10,500", "8,000"], [10_500, 8000])]
)
def test_a_column_that_proves_nothing_is_told_once_with_how_it_was_read(workspace, tmp_path, amounts, read):
    dataset = imported(workspace, tmp_path, amounts)
    assert dataset.decisions["amount"].tolist() == read
    fields = {"value": amounts[0], "read": f"{read[0]}", "count": 2}
    assert told(dataset, "amount_style_assumed") == [(pd.NA, fields)] and len(dataset.problems) == 1
    for language in LANGUAGES:
        [said] = problem_table(Locale(language), dataset)["message"]
        assert amounts[0] in said and str(read[0]) in said


def test_of_mixed_styles_the_majority_is_followed_and_told_and_the_others_are_not_known(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["899,00", "1.299,00", "8.50", "1.199"])
    assert dataset.decisions["amount"].fillna(-1).tolist() == [899, 1299, -1, 1199]
    assert told(dataset, "amount_mixed_style") == [(4, {"value": "8.50", "points": 1, "commas": 2})]
    fields = {"value": "1.199", "read": "1199", "count": 1, "points": 1, "commas": 2}
    assert told(dataset, "amount_style_majority") == [(pd.NA, fields)]
    tied = imported(workspace, tmp_path, ["899,00", "8.50", "1.199", "7"])
    assert tied.decisions["amount"].fillna(-1).tolist() == [-1, -1, -1, 7]
    assert [row for row, _ in told(tied, "amount_mixed_style")] == [2, 3, 4]
    for language in LANGUAGES:
        assert "{" not in "".join(problem_table(Locale(language), dataset)["message"])


@pytest.mark.parametrize("cell", ["10 20", "1 2000", "1, 20", "12 .5", "1 200 30", "1 200,300 400"])
def test_blanks_that_part_no_groups_of_three_digits_make_no_number(workspace, tmp_path, cell):
    dataset = imported(workspace, tmp_path, ["1020.5", cell])
    assert told(dataset, "amount_not_number") == [(3, {"value": cell})]


def test_the_same_numbers_in_another_currency_are_another_dataset(workspace, tmp_path):
    plain, dollars, yen = (
        imported(workspace, tmp_path, ["1", "2"], name) for name in ("price", "price_usd", "price_jpy")
    )
    assert len({one.fingerprint for one in (plain, dollars, yen)}) == 3


def test_of_two_columns_that_could_hold_the_amounts_the_other_is_told(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["1", "2"], "price_usd", price_jpy=["150", "300"], 金額=["", ""])
    assert dataset.manifest["columns"]["decisions"]["amount"] == "price_usd"
    assert problems_of(dataset) == [(pd.NA, name, "amount_column_unused") for name in ("price_jpy", "金額")]
    for language in LANGUAGES:
        assert all("price_usd" in said for said in problem_table(Locale(language), dataset)["message"])
    assert imported(workspace, tmp_path, ["1", "2"], "price_usd").problems.empty


def test_an_amount_far_above_the_others_is_told_with_its_row_and_kept(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["0", "20", "30", "25", "25", "2,500", "2499", "18", "0", "24"])
    assert told(dataset, "amount_outlying") == [(7, {"value": "2,500", "times": "100", "median": "25"})]
    assert dataset.decisions["amount"].tolist()[5] == 2500 and dataset.counts["problems_by_code"] == {
        "amount_style_assumed": 1,
        "amount_outlying": 1,
    }
    for language in LANGUAGES:
        assert "2,500" in problem_table(Locale(language), dataset)["message"][0]


def test_an_amount_that_is_too_large_is_said_to_be_that(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["1e15", "1e12", "1e400", "3e11"])
    assert told(dataset, "amount_too_large") == [
        (2, {"value": "1e15", "limit": "1,000,000,000,000"}),
        (4, {"value": "1e400", "limit": "1,000,000,000,000"}),
    ]
    assert dataset.decisions["amount"].isna().tolist() == [True, False, True, False]


def test_an_empty_column_of_amounts_is_told(workspace, tmp_path):
    dataset = imported(workspace, tmp_path, ["", ""], "price_usd")
    assert "amount" not in dataset.decisions and dataset.amount_currency is None
    assert problems_of(dataset) == [(pd.NA, "price_usd", "amount_column_empty")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_for_an_amount_is_said_as_it_is_calculated(workspace, tmp_path, language):
    """As `cost.operation` fills them: the mean of segment and kind, or of all where none of those is known."""
    dataset = imported(workspace, tmp_path, ["", "dear", "-1", "1e15", "¥3", "$4", "$5"])
    messages = problem_table(Locale(language), dataset)["message"]
    assert len(messages) == 5 and all(Locale(language)("data.amount_filled") in said for said in messages)
    words = {
        "en": ("segment", "kind", "none of those is known", "all decisions"),
        "ja": ("セグメント", "種類", "すべて不明", "全判定"),
    }
    assert all(word in Locale(language)("data.amount_filled") for word in words[language])
