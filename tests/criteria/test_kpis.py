"""A KPI says what it is, where its target lies and on which side; rows give it an interval."""

import json

import pytest
from example_criteria import agreed

from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.kpis import LEAST_ROWS, MOST, Kpi, KpiValue, mean_of, share_of
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES

TIME = {"name": "Handling time", "target": 4, "direction": "at_most", "unit": "min"}


def kpi(**changes) -> Kpi:
    return Kpi(**TIME | changes)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""), ("name", "  "), ("name", "n" * 41), ("name", 3), ("unit", "u" * 21), ("unit", 3), ("target", None), ("target", "4"),
        ("target", float("nan")), ("target", 1e13), ("direction", "below"), ("source", "rumour"), ("colour", "red"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_makes_no_sense_is_refused_and_the_kpi_and_its_field_are_named(field, wrong, language):
    with pytest.raises(UserError) as refused:
        agreed(kpis=[TIME, TIME | {"name": "Other", field: wrong}])
    assert refused.value.fields["field"] == f"kpis/2/{field}"
    assert refused.value.message(language) and refused.value.hint(language)


@pytest.mark.parametrize("missing", ("name", "target", "direction"))
def test_what_is_left_out_is_missing(missing):
    with pytest.raises(UserError) as refused:
        agreed(kpis=[{name: value for name, value in TIME.items() if name != missing}])
    assert (refused.value.code, refused.value.fields["field"]) == ("input_missing", f"kpis/1/{missing}")


def test_names_are_told_apart_in_any_width_and_case_and_there_are_not_too_many():
    with pytest.raises(UserError) as twice:
        agreed(kpis=[TIME, TIME | {"name": "ＨＡＮＤＬＩＮＧ  time"}])
    assert twice.value.code == "kpi_twice" and "Handling time" in twice.value.message("en")
    many = [TIME | {"name": f"KPI {number}"} for number in range(MOST + 1)]
    assert len(agreed(kpis=many[:MOST]).kpis) == MOST
    with pytest.raises(UserError) as too_many:
        agreed(kpis=many)
    assert too_many.value.code == "kpis_too_many"
    for odd in ("Handling time", {"name": "x"}, ["Handling time"], 3):
        with pytest.raises(UserError) as no_list:
            agreed(kpis=odd)
        assert no_list.value.code == "kpis_not_a_list"


def test_votes_are_a_share():
    assert kpi(source="votes", unit="", target=60).unit == kpi(source="votes", unit="％", target=60).unit == "%"
    for field, wrong in (("unit", "min"), ("target", 101), ("target", -1)):
        with pytest.raises(UserError) as refused:
            kpi(source="votes", **{"unit": "%", "target": 60} | {field: wrong})
        assert refused.value.fields["field"] == field


def test_what_json_holds_is_the_same_kpi_again():
    criteria = agreed(kpis=[TIME, {"name": "Preferred", "target": 55, "direction": "at_least", "source": "votes"}])
    assert Criteria.from_dict(json.loads(json.dumps(criteria.to_dict()))) == criteria


def test_the_target_itself_is_met():
    assert kpi().reached(4) and kpi().reached(3.9) and not kpi().reached(4.1)
    up = kpi(direction="at_least")
    assert up.reached(4) and up.reached(4.1) and not up.reached(3.9)


def test_an_interval_comes_from_twenty_rows_on():
    assert LEAST_ROWS == 20
    few, enough = mean_of((1.0, 2.0) * 9), mean_of((1.0, 2.0) * 10)
    assert (few.value, few.low, few.rows) == (1.5, None, 18)
    assert enough.low < enough.value < enough.high and enough.rows == 20
    assert share_of(9, 19).low is None and share_of(0, 0) == KpiValue(rows=0)
    share = share_of(10, 20)
    assert share.value == 50 and (round(share.low, 1), round(share.high, 1)) == (29.9, 70.1), "Wilson"


def test_rows_that_are_all_alike_have_a_mean_and_no_interval():
    assert mean_of((5.0,) * 30) == KpiValue(5.0, None, None, 30)
