"""Annotation is said in both languages: what was proposed, how far people are, whether they agree and why that may be unknown."""

from dataclasses import replace

import pytest

from kdmcse.annotation import AnnotationEffort, AnnotatorAgreement, Coefficients, Item, PairAgreement, Proposal
from kdmcse.annotation.agreement import REASONS, Agreement
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation import annotation as texts

ITEM = Item("0" * 16, "a mug", "a cup", 1, 2, 0, None, 1.0, "spelling", (), 0, "2031-01-02T03:04:05+00:00")
CLEAR = Coefficients(common=30, kappa=0.7, alpha=0.72, difference=0.25, reason=None)
FEW = Coefficients(common=2, kappa=None, alpha=None, difference=None, reason="few_common")


@pytest.fixture(params=LANGUAGES)
def t(request) -> Locale:
    return Locale(request.param)


def proposal(added: int, asked: int, measure: str = "spelling", models: tuple[str, ...] = ()) -> Proposal:
    return Proposal((ITEM,) * 5, added, asked, measure, models)


def agreement(kappa: float | None = 0.7, reason: str | None = None, people: tuple = ("anna", "ben")) -> Agreement:
    everybody = tuple(AnnotatorAgreement(name, 30, 4.0, CLEAR) for name in people)
    pairs = (PairAgreement("anna", "ben", CLEAR if kappa else FEW),)
    return Agreement(everybody, pairs, 30, 60, kappa, 0.72, reason)


def effort(timed: int = 3, people: int = 2) -> AnnotationEffort:
    return AnnotationEffort(people, 40, 30, 10, timed, 4.0 if timed else None, 0.1, 60)


# What was proposed


def test_fewer_pairs_than_asked_for_are_explained(t):
    assert t("annotation.proposed.all") in texts.proposal_sentences(t, proposal(3, 5))
    assert t("annotation.proposed.all") not in texts.proposal_sentences(t, proposal(5, 5))


@pytest.mark.parametrize("measure", ["teacher", "baseline", "spelling"])
def test_where_the_similarity_comes_from_is_said(t, measure):
    assert t(f"annotation.proposed.{measure}") in texts.proposal_sentences(t, proposal(5, 5, measure))


@pytest.mark.parametrize(
    ("models", "key"), [((), "not_disputed"), (("teacher",), "not_disputed"), (("a", "b"), "disputed")]
)
def test_disagreement_takes_two_models(t, models, key):
    assert t(f"annotation.proposed.{key}") in texts.proposal_sentences(t, proposal(5, 5, models=models))


# What it takes


def test_progress_counts_pairs_judgements_and_people(t):
    said = texts.effort_sentences(t, effort())
    assert all(number in said for number in ("60", "30", "10", "40", "4.0"))


def test_a_short_time_is_told_in_its_own_unit(t):
    said = texts.effort_sentences(t, replace(effort(), hours=0.02))
    assert t.duration(72) in said and t.number(0.0, 1) not in said


def test_without_a_measured_judgement_no_pace_is_said(t):
    assert t("annotation.pace_none") in texts.effort_sentences(t, effort(timed=0))


def test_one_person_is_no_plural():
    assert "40 ratings by 1 person." in texts.effort_sentences(Locale("en"), effort(people=1))


# Whether people agree


@pytest.mark.parametrize(
    ("kappa", "level", "advice"),
    [(0.85, "high", False), (0.6, "substantial", False), (0.5, "moderate", True), (-0.9, "low", True)],
)
def test_the_level_is_named_and_low_ones_come_with_advice(t, kappa, level, advice):
    said = texts.agreement_sentences(t, agreement(kappa))
    assert t(f"annotation.level.{level}") in said and t.number(kappa, 2) in said
    assert (t("annotation.advice") in said) == advice


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_a_sentence(t, reason):
    said = texts.agreement_sentences(t, agreement(None, reason))
    assert said == t(f"annotation.reason.{reason}", count=2, needed=20), "the two who share most share 2 pairs"
    assert texts.missing_lines(t, agreement(None, reason)) == []


def test_without_a_pair_that_has_a_kappa_the_most_common_items_are_said(t):
    assert texts.agreement_sentences(t, agreement(None)) == t("annotation.reason.few_common", count=2, needed=20)


def test_without_a_kappa_the_reason_is_that_of_the_two_who_share_most(t):
    equal = PairAgreement("anna", "carla", Coefficients(60, None, None, 1.5, "all_equal"))
    said = texts.agreement_sentences(t, replace(agreement(None), pairs=(*agreement(None).pairs, equal)))
    assert said == t("annotation.reason.all_equal")


def test_there_is_a_line_for_each_person_and_for_pairs_among_more_than_two(t):
    assert len(texts.agreement_lines(t, agreement())) == 2
    lines = texts.agreement_lines(t, agreement(people=("anna", "ben", "carla")))
    assert len(lines) == 4 and all(name in lines[-1] for name in ("anna", "ben", "+0.25"))


def test_who_has_too_few_items_in_common_is_named(t):
    people = (AnnotatorAgreement("anna", 30, 4.0, CLEAR), AnnotatorAgreement("dora", 2, None, FEW))
    (line,) = texts.missing_lines(t, Agreement(people, (), 30, 32, 0.7, 0.7, None))
    assert "dora" in line and t("annotation.reason.few_with_others", count=2, needed="20") in line
