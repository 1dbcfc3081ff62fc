"""Which currency an amount is in: told by its sign or the name of its column, and only where they tell it."""

import pytest

from kdmcse import currencies


@pytest.mark.parametrize(
    ("cell", "number", "currency"),
    [
        ("1,200", "1,200", None),
        ("$ 12", "12", "$"),
        ("US$12.50", "12.50", "USD"),
        ("￥1,200", "1,200", "¥"),
        ("¥1200円", "1200", "JPY"),
        ("12 €", "12", "EUR"),
        ("12eur", "12", "EUR"),
        ("GBP 12", "12", "GBP"),
        ("-£3", "-3", "GBP"),
        ("12ドル", "12", "$"),
        ("5米ドル", "5", "USD"),
        ("$12円", "$12円", None),
        ("US $ 1 200 ", "1 200", "USD"),
        ("10 20 円", "10 20", "JPY"),
        ("１\u3000２００\u00a0円", "1 200", "JPY"),
        ("- 5", "-5", None),
        ("dear", "dear", None),
        ("", "", None),
    ],
)
def test_a_cell_is_a_number_and_a_sign(cell, number, currency):
    assert currencies.split_sign(cell) == (number, currency)


@pytest.mark.parametrize(
    ("header", "currency", "name"),
    [
        ("price_usd", "USD", "price"),
        ("Price (JPY)", "JPY", "price"),
        ("priceEUR", "EUR", "price"),
        ("priceusd", "USD", "price"),
        ("金額（円）", "JPY", "金額"),
        ("価格（米ドル）", "USD", "価格"),
        ("amount in €", "EUR", "amount in"),
        ("Amount ($)", "$", "amount"),
        ("$ price USD", "USD", "price"),
        ("price_usd_jpy", None, "price"),
        ("price", None, "price"),
        ("all prices", None, "all prices"),
        ("amateur_price", None, "amateur_price"),
        ("元値", None, "元値"),
        ("価格（ドル）", "$", "価格"),
        ("ドル価格", "$", "価格"),
        ("カナダドル価格", "CAD", "価格"),
        ("ハンドル価格", None, "ハンドル価格"),
        ("ﾊﾝﾄﾞﾙ価格", None, "ハンドル価格"),
        ("キャンドル単価", None, "キャンドル単価"),
        ("ドルフィン価格", None, "ドルフィン価格"),
        ("ユーロピアン価格", None, "ユーロピアン価格"),
        ("円盤価格", None, "円盤価格"),
        ("円換算価格", "JPY", "換算価格"),
        ("bonus$", "$", "bonus"),
    ],
)
def test_the_name_of_a_column_tells_a_currency_or_none(header, currency, name):
    assert currencies.of_name(header) == currency
    assert currencies.without(header) == name


def test_of_two_that_may_be_the_same_the_one_that_says_more_is_known():
    assert currencies.narrower("$", "CAD") == currencies.narrower("CAD", "$") == "CAD"
    assert currencies.narrower("¥", "¥") == "¥" and currencies.narrower("JPY", "JPY") == "JPY"
    assert currencies.narrower("¥", "USD") is currencies.narrower("JPY", "USD") is currencies.narrower("$", "¥") is None
