"""A decision follows from the contract alone: never go with something open, never go and stop at once, each with its reasons."""

import dataclasses
import datetime
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_criteria import agreed

from kdmcse import i18n, stats
from kdmcse.criteria.criteria import GATES, STAGES, Locked
from kdmcse.criteria.decision import STATES, VALUES, Decision, Findings, judge
from kdmcse.i18n import LANGUAGES

DAY = datetime.date(2031, 3, 31)
FULL = {
    "least_gain": 0.01,
    "least_saving": 1000,
    "most_hours": 40,
    "most_money": 5e5,
    "currency": "JPY",
    "stop_below": 0.02,
}
FULL |= {"stop_date": DAY.isoformat(), **GATES[2], "stage": 2}
GOOD = Findings(
    gain_low=0.02, gain=0.03, gain_high=0.04, verdict="better", saving_low=1500, saving=2000, saving_high=2500, currency="JPY",
    effort_hours=30, effort_money=4e5, rows=400, more_rows=None, seeds=3, annotators=2, kappa=0.7, leaks=0, on=DAY,
)  # fmt: skip


def locked(seen: tuple[str, ...] = (), version: int = 1, **terms) -> Locked:
    return Locked(version, "2031-01-02T03:04:05+00:00", "3f9a21bc" + "0" * 56, agreed(**FULL | terms), seen, True)


def decide(terms: dict | None = None, **found) -> Decision:
    return judge(locked(**terms or {}), dataclasses.replace(GOOD, **found))


def line(decision: Decision, name: str):
    return next(one for one in decision.lines if one.name == name)


# The three values


def test_everything_agreed_and_reached_is_a_go():
    decision = decide()
    assert decision.value == "go" and {one.state for one in decision.lines if one.kind != "stop"} == {"met"}
    assert decision.steps("en") == []


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_go_leads_on_to_the_next_stage(stage, language):
    told = decide({"stage": stage}).sentence(language)
    assert i18n.say(f"contract.next.{stage}", language) in told


@pytest.mark.parametrize(
    ("name", "found", "code"),
    [
        ("score", {"gain_low": 0.01}, "not_met"),
        ("score", {"gain_low": -0.01, "verdict": "not_decisive"}, "not_met"),
        ("score", {"verdict": "not_decisive"}, "not_decisive"),
        ("score", {"verdict": None}, "unknown"),
        ("score", {"gain_low": None}, "unknown"),
        ("score", {"gain_high": float("nan")}, "unknown"),
        ("cost", {"saving_low": 999.0}, "not_met"),
        ("cost", {"saving_low": None}, "unknown"),
        ("cost", {"currency": "EUR"}, "other_currency"),
        ("hours", {"effort_hours": None}, "unknown"),
        ("money", {"effort_money": None}, "unknown"),
        ("money", {"currency": None}, "other_currency"),
        ("pairs", {"rows": 299}, "not_met"),
        ("pairs", {"rows": None}, "unknown"),
        ("seeds", {"seeds": 2}, "not_met"),
        ("seeds", {"seeds": None}, "unknown"),
        ("annotators", {"annotators": 1}, "not_met"),
        ("annotators", {"annotators": None}, "unknown"),
        ("kappa", {"kappa": 0.59}, "not_met"),
        ("kappa", {"kappa": None}, "unknown"),
        ("leaks", {"leaks": 1}, "not_met"),
        ("leaks", {"leaks": None}, "unknown"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_open_is_extended_with_what_is_missing(name, found, code, language):
    decision = decide(**found)
    assert decision.value == "extend"
    assert line(decision, name).code == code and line(decision, name) in decision.reasons
    assert len(decision.steps(language)) == len(decision.reasons) >= 1
    assert line(decision, name).sentence(language) in decision.sentence(language)


@pytest.mark.parametrize(
    ("name", "found", "code"),
    [
        ("score", {"verdict": "worse", "gain_low": -0.04, "gain": -0.03, "gain_high": -0.02}, "worse"),
        ("score", {"verdict": "worse", "gain_low": None, "gain": None, "gain_high": None}, "worse"),
        ("score", {"verdict": "not_decisive", "gain_low": -0.01, "gain": 0.0, "gain_high": 0.009}, "out_of_reach"),
        ("cost", {"saving_low": 0.0, "saving_high": 999.0}, "out_of_reach"),
        ("hours", {"effort_hours": 40.5}, "exceeded"),
        ("money", {"effort_money": 5e5 + 1}, "exceeded"),
        ("gain", {"gain_low": 0.012, "gain": 0.015, "gain_high": 0.019}, "met"),
        ("date", {"on": DAY + datetime.timedelta(days=1), "gain_low": 0.0, "verdict": "not_decisive"}, "met"),
        ("date", {"on": DAY + datetime.timedelta(days=1), "verdict": None}, "met"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_reached_any_more_or_was_to_end_it_stops(name, found, code, language):
    decision = decide(**found)
    assert decision.value == "stop"
    assert line(decision, name).code == code and line(decision, name).stops and line(decision, name) in decision.reasons
    assert line(decision, name).sentence(language) in decision.sentence(language) and decision.steps(language) == []


def test_too_little_evidence_ends_nothing():
    low = {"gain_low": -0.1, "gain": 0.0, "gain_high": 0.005, "verdict": "not_decisive"}
    assert decide(**low).value == "stop"
    for little in ({"rows": stats.MIN_ROWS - 1}, {"rows": None}, {"seeds": stats.MIN_SEEDS - 1}, {"seeds": None}):
        decision = decide(**low | little)
        assert decision.value == "extend" and line(decision, "gain").code == "too_early"
    assert decide(saving_high=1.0, saving_low=0.0, seeds=1).value == "extend"


def test_the_last_day_still_counts_and_a_success_outlives_it():
    late = {"on": DAY + datetime.timedelta(days=1)}
    assert decide(gain_low=0.0, on=DAY).value == "extend"
    assert decide(**late).value == "go" and line(decide(**late), "date").code == "succeeded"
    assert line(decide(on=None), "date").state == "unknown" and decide(on=None).value == "go"


def test_an_axis_that_was_not_agreed_on_is_shown_and_decides_nothing():
    terms = {"least_saving": None, "most_hours": None, "most_money": None, "currency": None}
    decision = decide(terms, saving_low=None, saving_high=None, effort_hours=None, effort_money=None, currency=None)
    assert decision.value == "go"
    assert line(decision, "cost").state == line(decision, "effort").state == "not_agreed"


def test_a_gate_that_was_not_asked_for_is_not_there():
    decision = decide(
        {"least_annotators": 0, "least_kappa": None, "no_leaks": False}, annotators=None, kappa=None, leaks=None
    )
    assert decision.value == "go" and {one.name for one in decision.lines if one.kind == "gate"} == {"pairs", "seeds"}


def test_more_pairs_are_asked_for_once_and_as_many_as_satisfy_both():
    steps = decide(gain_low=0.0, more_rows=250, rows=299).steps("en")
    assert len(steps) == 1 and "250" in steps[0]
    steps = decide(gain_low=0.0, more_rows=250, rows=20).steps("en")
    assert len(steps) == 1 and "280" in steps[0]
    assert len(decide(gain_low=0.0, more_rows=None, rows=20).steps("en")) == 2


# What is said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("found", [{}, {"rows": 20}, {"verdict": "worse"}], ids=VALUES)
def test_every_decision_names_its_contract_by_version_day_and_digest(found, language):
    decision = judge(locked(("run",), 2), dataclasses.replace(GOOD, **found))
    told = decision.sentence(language)
    day = {"en": "January 2, 2031", "ja": "2031年1月2日"}[language]
    assert all(part in told for part in ("2", day, "3f9a21bc"))
    assert i18n.say("contract.remark.changed_after", language, date=day, runs=1) in told
    assert decision.headline(language) == i18n.say(f"contract.headline.{decision.value}", language)


def test_a_decision_goes_into_json():
    told = json.loads(json.dumps(decide(kappa=None).to_dict()))
    assert told["value"] == "extend" and told["contract"]["version"] == 1 and len(told["lines"]) == len(decide().lines)


# Whatever was agreed and found

amounts = st.none() | st.floats(0, 3000)
gains = st.none() | st.floats(-0.1, 0.1) | st.just(float("nan"))
terms = st.fixed_dictionaries(
    {
        "least_gain": st.floats(0, 0.1), "least_saving": amounts, "most_hours": amounts, "most_money": amounts,
        "stop_below": st.floats(-0.1, 0.1), "stop_date": st.none() | st.just(DAY.isoformat()), "least_pairs": st.integers(20, 500),
        "least_seeds": st.integers(2, 5), "least_annotators": st.integers(0, 3), "least_kappa": st.none() | st.floats(0, 1),
        "no_leaks": st.booleans(),
    }
)  # fmt: skip
numbers = st.none() | st.integers(0, 500)
findings = st.builds(
    Findings, gain_low=gains, gain=gains, gain_high=gains, verdict=st.sampled_from((None, *stats.VERDICTS)), saving_low=amounts,
    saving=amounts, saving_high=amounts, currency=st.sampled_from((None, "JPY", "EUR")), effort_hours=amounts, effort_money=amounts,
    rows=numbers, more_rows=numbers, seeds=st.none() | st.integers(0, 6), annotators=st.none() | st.integers(0, 4), kappa=gains,
    leaks=st.none() | st.integers(0, 2), on=st.none() | st.dates(DAY - datetime.timedelta(9), DAY + datetime.timedelta(9)),
)  # fmt: skip


def reached(contract, found: Findings) -> bool:
    """By hand: every agreed axis is met and every gate passed. A comparison with NaN is false."""

    def known(*values):
        return None not in values

    return bool(
        found.verdict == "better"
        and known(found.gain_low, found.gain_high) and found.gain_low > contract.least_gain and found.gain_high == found.gain_high
        and (contract.least_saving is None
             or (known(found.saving_low, found.saving_high) and found.currency == "JPY" and found.saving_low >= contract.least_saving))
        and (contract.most_hours is None or (known(found.effort_hours) and found.effort_hours <= contract.most_hours))
        and (contract.most_money is None
             or (known(found.effort_money) and found.currency == "JPY" and found.effort_money <= contract.most_money))
        and known(found.rows) and found.rows >= contract.least_pairs
        and known(found.seeds) and found.seeds >= contract.least_seeds
        and (not contract.least_annotators or (known(found.annotators) and found.annotators >= contract.least_annotators))
        and (contract.least_kappa is None or (known(found.kappa) and found.kappa >= contract.least_kappa))
        and (not contract.no_leaks or found.leaks == 0)
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(terms, findings)
def test_go_is_never_said_with_anything_open_and_only_withheld_for_a_reason(terms, found):
    decision = judge(locked(**terms), found)
    assert decision.value in VALUES and {one.state for one in decision.lines} <= set(STATES)
    stops = [one for one in decision.lines if one.stops]
    assert (decision.value == "stop") == bool(stops)
    assert (decision.value == "go") == (reached(decision.agreed.contract, found) and not stops)
    assert decision.reasons, "nothing is decided without a reason"


@settings(max_examples=200, deadline=None)
@given(findings)
def test_what_everything_agreed_reaches_is_no_stop_but_by_a_condition_that_was_agreed(found):
    decision = judge(locked(stop_below=-2.0, stop_date=None), found)
    if reached(decision.agreed.contract, found):
        assert decision.value == "go" or (found.gain_high < found.gain_low)


@settings(max_examples=100, deadline=None)
@given(terms, findings, st.sampled_from(list(LANGUAGES)))
def test_everything_can_be_said_in_both_languages(terms, found, language):
    decision = judge(locked(**terms), found)
    for one in decision.lines:
        assert one.label(language) and one.status(language) and one.sentence(language)
    assert decision.sentence(language) and all(decision.steps(language))
    assert len(decision.steps(language)) == 0 or decision.value == "extend"
    assert "nan" not in decision.sentence(language) and "None" not in decision.sentence(language)


@settings(max_examples=200, deadline=None)
@given(terms, findings, st.floats(0, 0.1))
def test_a_higher_bar_never_turns_into_a_go(terms, found, more):
    stricter = terms | {"least_gain": terms["least_gain"] + more}
    if judge(locked(**stricter), found).value == "go":
        assert judge(locked(**terms), found).value == "go"
