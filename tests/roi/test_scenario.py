"""What is no scenario is told at its field; a scenario survives its table."""

import dataclasses
import json
import math

import pytest
from example_roi import EXAMPLE, PEOPLE, changed, returned
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse import i18n
from kdmcse.errors import UserError
from kdmcse.roi import (
    Scenario,
)
from kdmcse.roi import fields as inputs


def effort_with(**fields):
    return {"effort": {**dataclasses.asdict(EXAMPLE.scenario.effort), **fields}}


def prices_with(**fields):
    return {"prices": {**EXAMPLE.scenario.prices, **fields}}


BAD = [
    (prices_with(false_match=-1), "amount_negative", "prices/false_match"),
    (prices_with(false_match=math.nan), "not_a_number", "prices/false_match"),
    (prices_with(missed_match=math.inf), "not_a_number", "prices/missed_match"),
    (prices_with(missed_match=1e13), "setting_out_of_range", "prices/missed_match"),
    (prices_with(monthly_volume=0), "volume_zero", "prices/monthly_volume"),
    (prices_with(segments={"a/b": {"monthly_volume": 0}}), "volume_zero", "prices/segments/a~1b/monthly_volume"),
    (prices_with(base_rate=1.2), "setting_out_of_range", "prices/base_rate"),
    (prices_with(base_rate=-0.2), "amount_negative", "prices/base_rate"),
    (prices_with(review_threshold=2), "setting_out_of_range", "prices/review_threshold"),
    (prices_with(currency="YEN"), "currency_unknown", "prices/currency"),
    ({"prices": {}}, "input_missing", "prices/currency"),
    ({"prices": [1]}, "not_a_table", "prices"),
    (prices_with(note="a\x00b"), "text_unprintable", "prices/note"),
    (prices_with(many=list(range(3000))), "table_too_long", "prices"),
    (prices_with(**{"é": 1, "e\u0301": 2}), "name_twice", "prices"),
    (effort_with(hourly_rate=-1), "amount_negative", "effort/hourly_rate"),
    (effort_with(pairs=True), "not_a_number", "effort/pairs"),
    (effort_with(pairs="400"), "not_a_number", "effort/pairs"),
    (effort_with(seconds_are="guessed"), "setting_not_a_choice", "effort/seconds_are"),
    (effort_with(wages=1), "scenario_key_unknown", "effort/wages"),
    ({"effort": {"pairs": 1}}, "input_missing", "effort/seconds_per_judgement"),
    ({"effort": 3}, "not_a_table", "effort"),
    ({"today": {"process": "people", "accuracy": 0.9}}, "input_missing", "today/price_per_decision"),
    ({"today": {"process": "people", "price_per_decision": 3}}, "input_missing", "today/accuracy"),
    ({"today": {"accuracy": 1.1}}, "setting_out_of_range", "today/accuracy"),
    ({"today": {"process": "luck"}}, "setting_not_a_choice", "today/process"),
    ({"horizon_months": 0}, "horizon_zero", "horizon_months"),
    ({"horizon_months": -3}, "amount_negative", "horizon_months"),
    ({"horizon_months": 1.5}, "setting_not_whole", "horizon_months"),
    ({"horizon_months": 601}, "setting_out_of_range", "horizon_months"),
    ({"yearly_rate": -1}, "rate_too_low", "yearly_rate"),
    ({"yearly_rate": -1.5}, "rate_too_low", "yearly_rate"),
    ({"yearly_rate": math.nan}, "not_a_number", "yearly_rate"),
    ({"saving_share": -0.1}, "amount_negative", "saving_share"),
    ({"shape": "round"}, "setting_not_a_choice", "shape"),
    ({"ranges": {"yearly_rate": (0.2, 0.3)}}, "range_without_base", "yearly_rate"),
    ({"ranges": {"prices/false_match": (400, 200)}}, "range_without_base", "prices/false_match"),
    ({"ranges": {"prices/false_match": (-1, 400)}}, "amount_negative", "prices/false_match"),
    ({"ranges": {"prices/base_rate": (0, 1.5)}}, "setting_out_of_range", "prices/base_rate"),
    ({"ranges": {"prices/false_match": (math.nan, 400)}}, "not_a_number", "prices/false_match"),
    ({"ranges": {"prices/false_match": (1,)}}, "range_half", "prices/false_match"),
    ({"ranges": {"prices/currency": (1, 2)}}, "range_of_unknown", "prices/currency"),
    ({"ranges": 3}, "not_a_table", "ranges"),
    ({"name": "  "}, "input_missing", "name"),
    ({"name": None}, "not_a_text", "name"),
    ({"name": "a" * 201}, "text_too_long", "name"),
    ({"notes": "\ud800"}, "text_unprintable", "notes"),
]  # fmt: skip


# Bad input


@pytest.mark.parametrize(("fields", "code", "field"), BAD)
def test_bad_input_is_told_at_its_field_in_both_languages(fields, code, field):
    with pytest.raises(UserError) as caught:
        changed(**fields)
    assert (caught.value.code, caught.value.fields["field"]) == (code, field)
    for language in i18n.LANGUAGES:
        assert field in caught.value.message(language) and caught.value.hint(language)
    assert len(caught.value.message()) < 400


def test_a_negative_rate_and_a_cosine_below_zero_are_allowed():
    assert returned(yearly_rate=-0.02).net_present_value > returned(yearly_rate=0).net_present_value
    assert changed(**prices_with(threshold=-0.3)).prices["threshold"] == -0.3


def test_a_scenario_survives_its_table_and_its_own_copy():
    scenario = changed(ranges={"prices/false_match": (100, 400)}, today=PEOPLE, notes="why\r\nnot", contract="abc")
    again = Scenario.from_dict(json.loads(json.dumps(scenario.to_dict())))
    assert again == scenario and again.digest == scenario.digest and again.notes == "why\nnot"
    prices = dict(EXAMPLE.scenario.prices)
    kept = changed(prices=prices)
    prices["false_match"] = 1
    assert kept.prices["false_match"] == 300


TABLES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("a/~#0[é", max_size=4), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=200)
@given(TABLES)
def test_a_table_can_be_made_again_from_its_paths(table):
    assert inputs.table_of(inputs.leaves({"prices": table}, "")) == {"prices": table}
