"""The answer of the page of costs: headline and interval are of one quantity, and an exactly equal cost has a word of its own."""

import contextlib
import dataclasses
from types import SimpleNamespace

import pytest
import streamlit as st
from example_costs import MUG, PRICES, models, useless

from dashboard.views import costs
from dashboard.widgets.text import plain
from dashboard.widgets.verdicts import verdict_badge
from kdmcse.cost import Review, Thresholds, compare_costs
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.costs import sure_sentence
from kdmcse.presentation.rounded import money_range, rounded_money
from kdmcse.results.costs import Costs
from kdmcse.stats import VERDICTS

languages = pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)


def answered(t, monkeypatch, *, baseline, candidate, prices=PRICES) -> tuple[Costs, tuple]:
    """What the page says of these models; and text, verdict and detail of its answer."""
    said = []
    monkeypatch.setattr(costs.verdicts, "answer", lambda t, *told: said.append(told))
    compared = compare_costs({"baseline": baseline, "kdmcse": candidate}, prices, baseline="baseline", draws=100)
    found = Costs(comparison=compared, baseline="baseline")
    costs.saving(SimpleNamespace(t=t, results=SimpleNamespace(prices=prices), costs=found))
    [told] = said
    return found, told


@languages
def test_where_kdmcse_costs_more_the_interval_is_that_of_the_additional_cost(t, monkeypatch):
    old, new = models().values()
    found, (text, verdict, detail) = answered(t, monkeypatch, baseline=new, candidate=[old] * 3)
    saving = found.comparison.best["kdmcse"].saving
    ends = -saving.high, -saving.low
    assert saving.high < 0 and verdict == "worse" and rounded_money(t, -saving.estimate, "JPY", *ends) in text
    told = t("page_cost.interval_more", level=t.percent(saving.level), range=money_range(t, *ends, "JPY"))
    assert detail == t.join([told, sure_sentence(t, saving)]) and "-" not in detail


@languages
@pytest.mark.parametrize("way", ["less", "more"])
def test_a_difference_that_is_not_decisive_has_the_interval_of_what_the_headline_names(t, monkeypatch, way):
    first, second = models(seed=3)["old"], models(seed=4)["old"]
    first, second = (first.assign(cosine=one["cosine"], match=first["match"]) for one in (first, second))
    pair = [[first], [second.assign(cosine=(first["cosine"] * 0.97 + second["cosine"] * 0.03))]]
    found, _ = answered(t, monkeypatch, baseline=pair[0], candidate=pair[1])
    if (found.saving >= 0) != (way == "less"):
        pair.reverse()
    found, (text, verdict, detail) = answered(t, monkeypatch, baseline=pair[0], candidate=pair[1])
    saving, sign = found.comparison.best["kdmcse"].saving, 1 if way == "less" else -1
    assert verdict == "not_decisive" and sign * saving.estimate > 0
    ends = sorted(sign * end for end in saving.interval)
    assert rounded_money(t, abs(saving.estimate), "JPY", *ends) in text
    written = money_range(t, *ends, "JPY")
    assert t(f"page_cost.interval_{way}", level=t.percent(saving.level), range=written) in detail


@languages
def test_an_exactly_equal_cost_has_a_badge_of_its_own_with_the_word_of_the_sentence(t, monkeypatch):
    old = models()["old"]
    found, (text, verdict, *detail) = answered(t, monkeypatch, baseline=[old], candidate=[old])
    assert found.saving == 0 and verdict == found.saving_verdict == "equal" and not any(detail)
    badges = []
    monkeypatch.setattr(st, "badge", lambda word, *, icon, color: badges.append((word, icon, color)))
    for one in (*VERDICTS, verdict):
        verdict_badge(t, one)
    assert all(len(set(kind)) == len(badges) for kind in zip(*badges, strict=True)), "word, sign and colour are its own"
    assert text.startswith(badges[-1][0])


@languages
def test_the_answer_tells_what_costs_less_than_both_models_and_than_the_saving_is_measured_against(t, monkeypatch):
    rare = dataclasses.replace(PRICES, base_rate=0.02, today=Thresholds(1.0))
    found, (*_, detail) = answered(t, monkeypatch, baseline=useless(2), candidate=useless(4), prices=rare)
    today = found.comparison.cheaper_today.cost.estimate
    none = t("cost.cheaper.none", cost=t.money(10_000, "JPY"))
    assert found.cost("kdmcse").estimate > 10_000 < found.cost("baseline").estimate and none in detail
    assert detail.endswith(t("cost.cheaper.today", name=t("results.name.baseline"), cost=t.money(today, "JPY")))
    assert today < found.cost("baseline").estimate


@languages
def test_where_todays_threshold_is_known_it_is_said_that_a_models_own_may_cost_more_by_chance(t, monkeypatch):
    said = []
    monkeypatch.setattr(costs.st, "caption", said.append)
    for today in (Thresholds(0.2, 0.2), None):
        prices = dataclasses.replace(PRICES, today=today)
        tables = dict(zip(("baseline", "kdmcse"), models().values(), strict=True))
        found = compare_costs(tables, prices, baseline="baseline", draws=100)
        said.clear()
        costs.result(SimpleNamespace(t=t, results=SimpleNamespace(prices=prices)), found)
        assert (plain(t("page_cost.at.by_chance")) in said) == (today is not None)


@languages
@pytest.mark.parametrize("review", [None, Review(30, 0.9)], ids=["alone", "reviewed"])
@pytest.mark.parametrize("segments", [{}, {"mug": MUG}], ids=["whole", "segments"])
def test_only_the_lines_that_are_drawn_against_the_share_of_matches_are_explained(t, monkeypatch, review, segments):
    said = []

    @contextlib.contextmanager
    def folded(name, title, *, icon, explanation):
        said.append(explanation)
        yield False

    monkeypatch.setattr(costs.layout, "folded", folded)
    found = SimpleNamespace(prices=dataclasses.replace(PRICES, review=review, segments=segments))
    costs.base_rates(SimpleNamespace(t=t), found)
    lines = ["text", "lines_people" if review else "lines", *["entered"] * (not segments)]
    assert said == [t.join(t(f"page_cost.base_rate.{line}") for line in lines)]
