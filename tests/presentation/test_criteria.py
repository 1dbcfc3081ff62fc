"""Criteria, their versions and decisions are said in both languages, each with what it follows from."""

import dataclasses
import datetime
import re
from types import SimpleNamespace

import pytest
from example_criteria import FULL, GOOD, agreed, decide, findings, line, locked, terms
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse.criteria.criteria import SAMPLE_PEOPLE, Criteria, Person
from kdmcse.criteria.decision import VALUES, Line, judge
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.i18n import LANGUAGES, Locale, plain_text
from kdmcse.presentation import criteria as texts

DAY = {"en": "January 2, 2031", "ja": "2031年1月2日"}


@pytest.fixture(params=LANGUAGES)
def t(request) -> Locale:
    return Locale(request.param)


# Criteria


def test_every_field_is_said_in_words(t):
    full = agreed(
        **FULL | {"further": ("sts_pearson",), "people": (Person("Aiko Mori", "search"), Person("Ben Li"))},
    )
    shown = {field.label: field.value for field in texts.field_texts(t, full)}
    assert len(shown) == len(dataclasses.fields(Criteria)) - 2 and all(shown.values())
    people = {"en": "Aiko Mori (search) and Ben Li", "ja": "Aiko Mori（search）、Ben Li"}[t.language]
    assert shown[t("criteria.field.people")] == people
    assert shown[t("criteria.field.stop_date")] == t.date(FULL["stop_date"])
    assert plain_text(shown[t("criteria.field.most_money")]) == {"en": "¥500,000", "ja": "50万円"}[t.language]


def test_what_was_not_agreed_or_not_asked_for_says_so(t):
    values = {
        name: texts.field_value(t, agreed(no_leaks=False), name) for name in ("least_saving", "further", "no_leaks")
    }
    assert values["least_saving"] == t("criteria.not_agreed")
    assert (values["further"], values["no_leaks"]) == (t("criteria.no_further"), t("criteria.not_asked"))


def test_the_sample_was_agreed_by_nobody(t):
    assert texts.field_value(t, agreed(stage=0, people=SAMPLE_PEOPLE), "people") == t("criteria.by_sample")


def test_a_change_shows_from_which_value_to_which(t):
    before, after = agreed(), agreed(least_gain=0.02, stage=2)
    stage, gain = texts.changes(t, before, after)
    assert stage.label == t("criteria.field.stage") and (gain.before, gain.after) == ("0.000", "0.020")
    assert texts.changes(t, before, before) == []


# Versions


def test_a_version_is_named_by_number_and_day_and_its_digest_stands_where_all_is_told(t):
    name = texts.version_name(t, locked(version=2))
    assert all(part in name for part in ("2", DAY[t.language])) and "3f9a21bc" not in name
    sentence = texts.version_sentence(t, locked(version=2))
    assert name in sentence and "3f9a21bc" in sentence


@pytest.mark.parametrize(
    ("version", "seen", "people", "key"),
    [
        (1, (), ("A",), "agreed_before"),
        (1, ("run",), ("A",), "agreed_after"),
        (2, (), ("A",), "changed_before"),
        (2, ("run", "other"), ("A",), "changed_after"),
    ],
)
def test_a_remark_says_whether_results_existed(t, version, seen, people, key):
    remark = texts.version_remark(t, locked(seen, version, people=people))
    assert remark == t(f"criteria.remark.{key}", date=DAY[t.language], **{"count": len(seen)} if seen else {})


def test_a_version_that_cannot_be_read_is_said_to_be_altered(t):
    unreadable = LockedCriteria(1, "", "", None, (), False)
    assert texts.version_date(t, unreadable) == "–"
    assert t("criteria.remark.altered") in texts.version_sentence(t, unreadable)


# Decisions


@pytest.mark.parametrize("found", [{}, {"rows": 20}, {"verdict": "worse"}], ids=VALUES)
def test_a_decision_says_its_reasons_and_by_which_criteria_it_was_judged(t, found):
    decision = judge(locked(("run",), 2), dataclasses.replace(GOOD, **found))
    basis = texts.decision_basis(t, decision)
    assert decision.reasons and all(texts.line_sentence(t, line) for line in decision.reasons)
    assert texts.version_name(t, decision.locked) in basis and texts.version_remark(t, decision.locked) in basis
    assert texts.decision_headline(t, decision) == t(f"criteria.headline.{decision.value}")


def test_one_missing_pair_is_no_plural():
    steps = [decide(rows=rows).steps[0] for rows in (299, 298)]
    assert [texts.step_sentence(Locale("en"), step) for step in steps] == [
        "Add 1 more row to measure on.",
        "Add 2 more rows to measure on.",
    ]


@pytest.mark.parametrize(
    ("name", "found", "told", "agreed_"),
    [
        ("hours", {"effort_hours": 40.04}, "40.04", "40.00"),
        ("hours", {"effort_hours": 40.4}, "40.4", "40.0"),
        ("hours", {"effort_hours": 41.4}, "41", "40"),
        ("kappa", {"kappa": 0.599}, "0.599", "0.600"),
        ("score", {"gain_low": 0.0104}, "0.0104", "0.0100"),
        ("money", {"effort_money": 500_000.4}, "500,000.40", "500,000"),
        ("money", {"effort_money": 500_001.4}, "500,001", "500,000"),
    ],
)
def test_what_differs_from_what_was_agreed_is_never_written_like_it(t, name, found, told, agreed_):
    numbers = re.findall(r"\d[\d.,]*\d", texts.line_sentence(t, line(decide(**found), name)))
    assert {told, agreed_} <= set(numbers)


def test_gates_on_people_are_doubted_where_another_score_than_theirs_decides(t):
    dataset, day = SimpleNamespace(counts={"sts_usable": 60, "held_out_pairs": 60}), datetime.date(2031, 1, 1)

    def doubted(**terms) -> list[str]:
        return texts.doubts(t, dataset, agreed(**terms).to_dict(), day, judged=True)

    people = t("criteria.doubt.people", metric=t("results.metric.judged_spearman"))
    assert doubted(least_annotators=2) == doubted(least_kappa=0.6) == [people] and doubted() == []
    assert doubted(primary="judged_spearman", least_annotators=2, least_kappa=0.6) == []


def test_amounts_have_the_agreed_currency(t):
    assert {"en": "¥2,000", "ja": "2,000円"}[t.language] in plain_text(texts.line_sentence(t, line(decide(), "cost")))


@pytest.mark.parametrize(
    ("low", "agreed_", "english", "japanese"),
    [
        (427_657, 0, "¥1.0 M a month (95% interval ¥0.4–1.7 M)", "100万円（95%信頼区間：43万〜172万円）"),
        (427_657, 500_000, "¥1.0 M a month (95% interval ¥0.4–1.7 M)", "100万円（95%信頼区間：43万〜172万円）"),
        (
            427_657,
            427_000,
            "¥1,037,778 a month (95% interval ¥427,657 to ¥1,716,767)",
            "100万円（95%信頼区間：43万〜172万円）",
        ),
        (
            427_657,
            428_000,
            "¥1.0 M a month (95% interval ¥0.4–1.7 M)",
            "￥1,037,778（95%信頼区間：￥427,657〜￥1,716,767）",
        ),
    ],
)
def test_a_saving_is_rounded_unless_that_moves_it_past_what_was_agreed(low, agreed_, english, japanese):
    numbers = {"found": 1_037_778, "low": low, "high": 1_716_767, "agreed": agreed_, "currency": "JPY"}
    for language, said in (("en", english), ("ja", japanese)):
        code = "met" if low >= agreed_ else "not_met"
        told = Line("axis", "cost", code, code, numbers)
        assert said in plain_text(texts.line_sentence(Locale(language), told))


@settings(max_examples=100)
@given(terms, findings, st.sampled_from(sorted(LANGUAGES)))
def test_everything_can_be_said_in_both_languages(terms, found, language):
    t, decision = Locale(language), judge(locked(**terms), found)
    for one in decision.lines:
        assert texts.line_label(t, one) and texts.line_state(t, one)
    said = [texts.decision_headline(t, decision), texts.decision_basis(t, decision)]
    said += [texts.line_sentence(t, line) for line in decision.lines]
    said += [texts.step_sentence(t, step) for step in decision.steps]
    assert all(said) and "nan" not in " ".join(said) and "None" not in " ".join(said)
