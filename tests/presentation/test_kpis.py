"""KPIs are written as they were typed, as fine as their interval supports, and never like a target that they miss."""

import pytest

from kdmcse.criteria.decision import judge_kpi
from kdmcse.criteria.kpis import Kpi, KpiValue
from kdmcse.i18n import LANGUAGES, MISSING, Locale, plain_text
from kdmcse.presentation import kpis as texts
from kdmcse.presentation.criteria import line_sentence

EN, JA = Locale("en"), Locale("ja")
TIME = Kpi(name="Handling time", target=4, direction="at_most", unit="min")
SHARE = Kpi(name="Passed on", target=20, direction="at_most", unit="%")
PLAIN = Kpi(name="Satisfaction", target=4.25, direction="at_least")


def test_a_target_is_written_as_it_was_typed():
    assert [texts.target_text(EN, kpi) for kpi in (TIME, SHARE, PLAIN)] == [
        "at most 4 min",
        "at most 20%",
        "at least 4.25",
    ]
    fine = Kpi(name="Loss", target=0.00001, direction="at_most")
    assert texts.target_text(EN, fine) == "at most 0.00001"
    assert texts.kpi_text(JA, Kpi(name="対応時間", target=4, direction="at_most", unit="分")) == "対応時間：4分以下"


@pytest.mark.parametrize(
    ("kpi", "known", "written"),
    [
        (TIME, KpiValue(3.4875, 3.35, 3.617, 40), "3.49 min (3.35 min to 3.62 min)"),
        (TIME, KpiValue(3.4875, 1.2, 5.9, 40), "3 min (1 min to 6 min)"),
        (TIME, KpiValue(3.5), "3.5 min"),
        (TIME, KpiValue(), MISSING),
        (SHARE, KpiValue(10.0, 4.66, 20.15, 60), "10.0% (4.7% to 20.2%)"),
        (SHARE, KpiValue(30.0, None, None, 5), "30.0%"),
        (PLAIN, KpiValue(4.3, 4.1, 4.5, 60), "4.30 (4.10 to 4.50)"),
        (Kpi(name="Cases", target=100, direction="at_least"), KpiValue(1234.5, 1100.0, 1400.0, 30), "1,234 (1,100 to 1,400)"),
    ],
)  # fmt: skip
def test_a_value_is_as_fine_as_its_interval(kpi, known, written):
    assert plain_text(texts.value_text(EN, kpi, known)) == written


def test_what_differs_from_the_target_is_never_written_like_it():
    assert texts.numbers_of(EN, TIME, KpiValue(4.2, 4.01, 6.5, 40)) == {
        "found": "4.20 min", "low": "4.01 min", "high": "6.50 min", "rows": "40",
    }  # fmt: skip
    assert "20.04%" in line_sentence(EN, judge_kpi(SHARE, KpiValue(20.04)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_value_rests_on_is_told(language):
    t = Locale(language)
    day = "2031-03-09"
    assert texts.basis_text(t, TIME, KpiValue()) == ""
    for known, told in ((KpiValue(3.0, day=day), None), (KpiValue(3.0, rows=40, day=day), "40")):
        text = texts.basis_text(t, TIME, known)
        assert t.date(day) in text and (told is None or told in text)
