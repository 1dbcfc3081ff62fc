"""Prices are kept, read and refused by name."""

import dataclasses
import math

import pytest
from example_costs import MUG, PRICES, SEGMENTED, segmented

from kdmcse.cost import (
    USE_CASES,
    Prices,
    Thresholds,
    estimate_cost,
    read_prices,
    write_prices,
)
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

# Prices


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "YEN"},
        {"currency": None},
        {"false_match": -1},
        {"missed_match": math.nan},
        {"monthly_volume": math.inf},
        {"monthly_volume": "many"},
        {"monthly_volume": 0},
        {"base_rate": 1.01},
        {"base_rate": True},
        {"benefit": -5},
        {"use_case": "other"},
    ],
)
def test_impossible_prices_are_refused_by_name(change):
    with pytest.raises(UserError) as refused:
        dataclasses.replace(PRICES, **change)
    assert refused.value.fields["field"] in change


@pytest.mark.parametrize(
    "change, code",
    [
        ({"false_match": -1}, "amount_negative"),
        ({"missed_match": None}, "price_missing"),
        ({"monthly_volume": 0}, "volume_zero"),
        ({"base_rate": 1.2}, "setting_out_of_range"),
        ({"base_rate": "x"}, "not_a_number"),
        ({"colour": 1}, "unknown_setting"),
    ],
)
def test_a_segment_is_refused_with_its_name_and_field(change, code):
    table = PRICES.to_dict() | {"segments": {"mug": MUG.to_dict() | change}}
    with pytest.raises(UserError) as refused:
        Prices.from_dict(table)
    field = next(iter(change))
    assert (refused.value.code, refused.value.fields["segment"]) == (code, "mug")
    assert refused.value.fields["field"] == f"segments/mug/{field}"
    for language in LANGUAGES:
        assert "mug" in refused.value.message(language)


@pytest.mark.parametrize(
    "change, code, field",
    [
        ({"review": {"price": -1, "accuracy": 0.9}}, "amount_negative", "review/price"),
        ({"review": {"price": 10, "accuracy": 0.4}}, "setting_out_of_range", "review/accuracy"),
        ({"review": {"accuracy": 0.9}}, "price_missing", "review/price"),
        ({"review": {"price": 10}}, "price_missing", "review/accuracy"),
        ({"today": {"threshold": 0.2, "review_threshold": 0.5}}, "thresholds_crossed", "today/review_threshold"),
        ({"today": {"threshold": 1.2}}, "setting_out_of_range", "today/threshold"),
        ({"today": {"threshold": 0.5, "review_threshold": 0.2}}, "review_without_prices", "review"),
        ({"segments": {"mug": {}}}, "segment_without_prices", "segments/mug"),
    ],
)
def test_reviews_and_thresholds_that_make_no_sense_are_refused_at_their_field(change, code, field):
    with pytest.raises(UserError) as refused:
        Prices.from_dict(PRICES.to_dict() | change)
    assert (refused.value.code, refused.value.fields["field"]) == (code, field)


def test_a_segment_that_nothing_prices_is_refused_and_the_rest_prices_it():
    only_mugs = Prices("JPY", segments={"mug": MUG})
    with pytest.raises(UserError) as refused:
        estimate_cost(segmented(), only_mugs)
    assert refused.value.code == "segment_without_prices" and refused.value.fields["segment"] == "plate"
    assert not only_mugs.has_rest and estimate_cost(segmented()[lambda rows: rows["segment"] == "mug"], only_mugs)
    with pytest.raises(UserError, match="currency"):
        Prices.from_dict({"segments": {"mug": MUG.to_dict()}})


def test_prices_of_before_are_read_as_one_segment(tmp_path):
    workspace = Workspace(tmp_path)
    old = {"currency": "JPY", "false_match": 100, "missed_match": 500, "monthly_volume": 1000, "base_rate": 0.2}
    write_json(workspace.prices / "abc.json", old)
    assert read_prices(workspace, "abc") == PRICES and list(PRICES.by_segment) == [""]
    file = tmp_path / "prices.toml"
    file.write_text("\n".join(f'{name} = {value if name != "currency" else chr(34) + value + chr(34)}' for name, value in old.items()))  # fmt: skip
    assert Prices.from_toml(file) == PRICES


def test_a_price_file_has_segments_review_and_today(tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text(
        'currency = "JPY"\nfalse_match = 100\nmissed_match = 500\nmonthly_volume = 1000\nbase_rate = 0.2\nbenefit = 5\n'
        "[segments.mug]\nfalse_match = 300\nmissed_match = 900\nmonthly_volume = 2000\nbase_rate = 0.4\nbenefit = 20\n"
        "[review]\nprice = 30\naccuracy = 0.9\n[today]\nthreshold = 0.5\nreview_threshold = 0.2\n"
    )
    assert Prices.from_toml(file) == SEGMENTED
    file.write_text(
        'currency = "JPY"\nfalse_match = 1\nmissed_match = 5\nmonthly_volume = 10\nbase_rate = 0.2\ntoday = 0.4\n'
    )
    assert Prices.from_toml(file).today == Thresholds(0.4)


def test_every_use_case_has_examples_that_are_prices():
    for case in USE_CASES.values():
        for currency in ("JPY", "EUR"):
            table = case.example_prices(currency)
            assert (table is None) == (case.id == "empty")
            assert table is None or Prices.from_dict(table).use_case == case.id


def test_a_price_file_that_lacks_a_price_or_has_a_strange_one_is_refused(tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text('currency = "JPY"\nfalse_match = 1\n')
    with pytest.raises(UserError, match="missed_match, monthly_volume, base_rate"):
        Prices.from_toml(file)
    file.write_text('currency = "JPY"\nfalse_mach = 1\n')
    with pytest.raises(UserError, match="false_mach"):
        Prices.from_toml(file)


def test_prices_are_kept_per_dataset(tmp_path):
    workspace = Workspace(tmp_path)
    assert read_prices(workspace, "abc") is None
    write_prices(workspace, "abc", PRICES)
    assert read_prices(workspace, "abc") == PRICES
    assert read_prices(workspace, "abd") is None
    with pytest.raises(ValueError):
        read_prices(workspace, "../abc")
