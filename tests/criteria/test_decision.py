"""A decision follows from criteria and findings alone: never go with something open, never go and stop at once, each with its reasons."""

import datetime
import json

import pytest
from example_criteria import DAY, decide, findings, line, locked, terms
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse import stats
from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.decision import STATES, VALUES, Findings, Step, judge
from kdmcse.criteria.kpis import Kpi, KpiValue
from kdmcse.criteria.measurable import REASONS
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.criteria import line_sentence, step_sentence

# The three values


def test_everything_agreed_and_reached_is_a_go():
    decision = decide()
    assert decision.value == "go" and {one.state for one in decision.lines if one.kind != "stop"} == {"met"}
    assert decision.steps == ()


@pytest.mark.parametrize(
    ("name", "found", "code"),
    [
        ("score", {"gain_low": 0.01}, "not_met"),
        ("score", {"gain_low": -0.01, "verdict": "not_decisive"}, "not_met"),
        ("score", {"verdict": "not_decisive"}, "not_decisive"),
        ("score", {"verdict": None}, "unknown"),
        ("score", {"gain_low": None}, "no_interval"),
        ("score", {"gain": None}, "unknown"),
        ("score", {"gain_high": float("nan")}, "no_interval"),
        ("cost", {"saving_low": 999.0}, "not_met"),
        ("cost", {"saving_low": None}, "unknown"),
        ("cost", {"currency": "EUR"}, "other_currency"),
        ("hours", {"effort_hours": None}, "unknown"),
        ("money", {"effort_money": None}, "unknown"),
        ("money", {"effort_currency": "EUR"}, "other_currency"),
        ("money", {"effort_currency": None}, "other_currency"),
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
def test_whatever_is_open_is_extended_with_what_is_missing(name, found, code):
    decision = decide(**found)
    assert decision.value == "extend"
    assert line(decision, name).code == code and line(decision, name) in decision.reasons
    assert len(decision.steps) == len(decision.reasons) >= 1


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
def test_what_cannot_be_reached_any_more_or_was_to_end_it_stops(name, found, code):
    decision = decide(**found)
    assert decision.value == "stop"
    assert line(decision, name).code == code and line(decision, name).stops and line(decision, name) in decision.reasons
    assert decision.steps == ()


def test_too_little_evidence_ends_nothing():
    low = {"gain_low": -0.1, "gain": 0.0, "gain_high": 0.005, "verdict": "not_decisive"}
    assert decide(**low).value == "stop"
    rows, seeds = ({"rows": stats.MIN_ROWS - 1}, {"rows": None}), ({"seeds": stats.MIN_SEEDS - 1}, {"seeds": None})
    for little in (*rows, *seeds, {"gain_rows_only": True}):
        decision = decide(**low | little)
        assert decision.value == "extend" and line(decision, "gain").code == "too_early"
    assert decide(saving_high=1.0, saving_low=0.0).value == "stop"
    assert decide(saving_high=1.0, saving_low=0.0, seeds=1).value == "extend"
    once = decide(saving_high=1.0, saving_low=0.0, saving_rows_only=True)
    assert once.value == "extend" and Step("cost", "seeds") in once.steps
    assert decide(saving_high=1.0, saving_low=0.0, saving_on_few=True).value == "extend"


def test_a_saving_that_is_not_decisive_meets_nothing():
    terms = {"least_saving": 0.0}
    nothing = {"saving_low": 0.0, "saving": 0.0, "saving_high": 0.0}
    decision = decide(terms, **nothing, saving_verdict="not_decisive")
    assert decision.value == "extend" and line(decision, "cost").code == "not_decisive"
    assert decision.steps == (Step("cost", "not_decisive"),)
    once = decide(terms, **nothing, saving_verdict="not_decisive", saving_rows_only=True)
    assert once.steps == (Step("cost", "seeds"),), "more decisions do not replace a second training"
    assert decide(terms, saving_verdict="better").value == "go"


def test_a_saving_of_exactly_0_meets_nothing_and_stops_nothing():
    nothing = {"saving_low": -1.0, "saving": 0.0, "saving_high": 1.0}
    decision = decide({"least_saving": 0.0}, **nothing, saving_verdict="equal")
    assert decision.value == "extend" and line(decision, "cost").code == "equal"
    assert decision.steps == (Step("cost", "equal"),)


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


def test_rows_of_a_score_that_is_not_measured_are_no_second_thing_to_do():
    nothing = {"gain_low": None, "gain": None, "gain_high": None, "verdict": None, "rows": None}
    decision = decide(**nothing, unmeasurable="not_judged")
    assert line(decision, "pairs").state == "unknown" and line(decision, "seeds").state == "met"
    assert decision.steps == (Step("score", "not_judged"),)


def test_no_saving_ends_anything_while_the_agreed_score_is_not_measured():
    little = {"saving_high": 1.0, "saving_low": 0.0}
    assert decide(**little).value == "stop" and decide(**little, verdict=None).value == "extend"


def test_more_pairs_are_asked_for_once_and_as_many_as_satisfy_both():
    assert decide(gain_low=0.0, more_rows=250, rows=299).steps == (Step("score", "more", 250),)
    assert decide(gain_low=0.0, more_rows=250, rows=20).steps == (Step("score", "more", 280),)
    steps = decide(gain_low=0.0, more_rows=None, rows=20).steps
    assert steps == (Step("score", "not_met"), Step("pairs", "more", 280))


def test_where_more_pairs_would_not_decide_nobody_is_sent_for_them():
    open_ = {"gain_low": 0.0, "verdict": "not_decisive"}
    assert decide(**open_, need="too_small").steps == (Step("score", "too_small"),)
    assert decide(**open_, need="seeds").steps == (Step("score", "seeds"),)
    assert decide(**open_, need="seeds", seeds=1).steps == (Step("seeds", "more", 2),), "the gate says how many"
    assert decide(**open_, need="rows", more_rows=250).steps == (Step("score", "more", 250),)


def test_a_gain_without_an_interval_asks_for_rows_and_not_for_what_was_trained():
    found = decide(gain_low=None, gain_high=None, verdict="not_decisive")
    assert line(found, "score").code == "no_interval" and found.steps == (Step("score", "pairs"),)
    (step,) = decide(gain_low=None, gain_high=None, verdict="not_decisive", rows=5).steps
    assert (step.name, step.code) == ("pairs", "more"), "the gate says how many"
    for t in map(Locale, LANGUAGES):
        assert t.number(found.lines[0].numbers["found"], 3) in line_sentence(t, line(found, "score"))
        assert step_sentence(t, found.steps[0])


@pytest.mark.parametrize("reason", (*REASONS, "not_judged", "few_judged", "few_units"))
def test_a_score_that_no_training_gives_says_why(reason):
    decision = decide(gain_low=None, gain=None, gain_high=None, verdict=None, unmeasurable=reason)
    assert line(decision, "score").state == "unknown" and decision.steps == (Step("score", reason),)
    for language in LANGUAGES:
        assert line_sentence(Locale(language), line(decision, "score")) and step_sentence(
            Locale(language), decision.steps[0]
        )


def test_a_decision_goes_into_json():
    told = json.loads(json.dumps(decide(kappa=None).to_dict()))
    assert told["value"] == "extend" and told["contract"]["version"] == 1 and len(told["lines"]) == len(decide().lines)


# KPIs of people's own

TIME = Kpi(name="Handling time", target=4, direction="at_most", unit="min")
HAPPY = Kpi(name="Satisfaction", target=4, direction="at_least")
VOTES = Kpi(name="Preferred", target=50, direction="at_least", source="votes")


@pytest.mark.parametrize(
    ("kpi", "known", "code", "state"),
    [
        (TIME, KpiValue(3.5, 3.1, 3.9, 40), "met", "met"),
        (TIME, KpiValue(3.5, 3.1, 4.0, 40), "met", "met"),
        (TIME, KpiValue(3.8, 3.5, 4.1, 40), "not_met", "not_met"),
        (TIME, KpiValue(3.5, None, None, 19), "few", "unknown"),
        (TIME, KpiValue(3.5, None, None, 20), "alike_met", "met"),
        (TIME, KpiValue(4.5, None, None, 20), "alike_not_met", "not_met"),
        (TIME, KpiValue(4.0), "figure_met", "met"),
        (TIME, KpiValue(4.01), "figure_not_met", "not_met"),
        (TIME, KpiValue(), "unknown", "unknown"),
        (HAPPY, KpiValue(4.5, 4.1, 4.9, 30), "met", "met"),
        (HAPPY, KpiValue(4.2, 3.9, 4.6, 30), "not_met", "not_met"),
        (VOTES, KpiValue(70.0, 52.0, 84.0, 24), "met", "met"),
        (VOTES, KpiValue(60.0, 42.0, 76.0, 24), "not_met", "not_met"),
        (VOTES, KpiValue(rows=0), "unknown", "unknown"),
        (VOTES, KpiValue(100.0, None, None, 19), "few", "unknown"),
    ],
)
def test_the_end_towards_the_target_must_reach_it_and_a_figure_is_compared_as_it_is(kpi, known, code, state):
    decision = decide({"kpis": (kpi,)}, kpis={kpi.name: known})
    (found,) = (one for one in decision.lines if one.kpi)
    assert (found.code, found.state, found.kpi) == (code, state, kpi)
    assert decision.value == ("go" if state == "met" else "extend")
    assert (found in decision.reasons) and not found.stops
    for t in map(Locale, LANGUAGES):
        assert kpi.name in line_sentence(t, found)
        assert all(kpi.name in step_sentence(t, step) for step in decision.steps)
    assert json.loads(json.dumps(decision.to_dict()))["lines"][4]["kpi"]["name"] == kpi.name


def test_a_kpi_alone_never_stops_and_asks_for_what_would_settle_it():
    far = decide({"kpis": (TIME, HAPPY, VOTES)}, kpis={TIME.name: KpiValue(9.0, 8.0, 10.0, 400)})
    assert far.value == "extend"
    assert far.steps == (
        Step("entered", "not_reached", kpi=TIME),
        Step("entered", "unknown", kpi=HAPPY),
        Step("votes", "unknown", kpi=VOTES),
    )
    nearly = {TIME.name: KpiValue(3.9, 3.7, 4.1, 400), VOTES.name: KpiValue(60.0, None, None, 12)}
    steps = decide({"kpis": (TIME, VOTES)}, kpis=nearly).steps
    assert steps == (Step("entered", "not_sure", kpi=TIME), Step("votes", "few", 8, VOTES))
    assert "8" in step_sentence(Locale("en"), steps[1])


def test_a_kpi_that_was_not_agreed_counts_for_nothing():
    assert decide(kpis={TIME.name: KpiValue(9.0)}).value == "go"


# Whatever was agreed and found


def reached(criteria: Criteria, found: Findings) -> bool:
    """By hand: every agreed axis is met and every gate passed. A comparison with NaN is false."""

    def known(*values):
        return None not in values

    return bool(
        found.verdict == "better"
        and known(found.gain_low, found.gain_high) and found.gain_low > criteria.least_gain and found.gain_high == found.gain_high
        and (criteria.least_saving is None
             or (known(found.saving_low, found.saving_high) and found.currency == "JPY" and found.saving_low >= criteria.least_saving))
        and (criteria.most_hours is None or (known(found.effort_hours) and found.effort_hours <= criteria.most_hours))
        and (criteria.most_money is None
             or (known(found.effort_money) and found.effort_currency == "JPY" and found.effort_money <= criteria.most_money))
        and known(found.rows) and found.rows >= criteria.least_pairs
        and known(found.seeds) and found.seeds >= criteria.least_seeds
        and (not criteria.least_annotators or (known(found.annotators) and found.annotators >= criteria.least_annotators))
        and (criteria.least_kappa is None or (known(found.kappa) and found.kappa >= criteria.least_kappa))
        and (not criteria.no_leaks or found.leaks == 0)
        and all(reached_kpi(kpi, found.kpis.get(kpi.name)) for kpi in criteria.kpis)
    )  # fmt: skip


def reached_kpi(kpi: Kpi, known: KpiValue | None) -> bool:
    if known is None or known.value is None or (known.rows is not None and known.rows < 20):
        return False
    ends = (known.value,) if None in (known.low, known.high) else (known.low, known.high)
    return ends[0] >= kpi.target if kpi.direction == "at_least" else ends[-1] <= kpi.target


@settings(max_examples=400)
@given(terms, findings)
def test_go_is_never_said_with_anything_open_and_only_withheld_for_a_reason(terms, found):
    decision = judge(locked(**terms), found)
    assert decision.value in VALUES and {one.state for one in decision.lines} <= set(STATES)
    stops = [one for one in decision.lines if one.stops]
    assert (decision.value == "stop") == bool(stops)
    assert (decision.value == "go") == (reached(decision.locked.criteria, found) and not stops)
    assert decision.reasons, "nothing is decided without a reason"
    assert not decision.steps or decision.value == "extend"


@settings(max_examples=200)
@given(findings)
def test_what_everything_agreed_reaches_is_no_stop_but_by_a_condition_that_was_agreed(found):
    decision = judge(locked(stop_below=-2.0, stop_date=None), found)
    if reached(decision.locked.criteria, found):
        assert decision.value == "go" or (found.gain_high < found.gain_low)


@settings(max_examples=200)
@given(terms, findings, st.floats(0, 0.1))
def test_a_higher_bar_never_turns_into_a_go(terms, found, more):
    stricter = terms | {"least_gain": terms["least_gain"] + more}
    if judge(locked(**stricter), found).value == "go":
        assert judge(locked(**terms), found).value == "go"
