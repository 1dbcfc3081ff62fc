"""The first page is understood in half a minute: few words, few numbers, each with its page."""

import dataclasses
import datetime
import json
import re

import pytest
from example_poc import PRICES, agreed, analysed, complete, config, evaluated, import_example

from kdmcse import cost
from kdmcse.criteria import kpi_values
from kdmcse.documents.first_page import CHANGES, FirstPage, changed_since, first_page
from kdmcse.documents.report_content import payback_card, report
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.documents.report_html import render_html
from kdmcse.i18n import LANGUAGES, MISSING, Locale, plain_text
from kdmcse.presentation import roi
from kdmcse.presentation.criteria import decision_headline, line_sentence
from kdmcse.presentation.kpis import target_text
from kdmcse.presentation.methods import method_name
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace

MOST_WORDS, MOST_NUMBERS = 60, 9
MOST_LETTERS = 180
"""Of Japanese, which sets no spaces: 60 words of three letters."""
TODAY = datetime.date(2026, 1, 15)


def visible_texts(page: FirstPage) -> list[str]:
    """Every text that stands there at first sight, but for the names of bars, examples and the way on."""
    axes = [text for axis in page.axes for text in (axis.title, axis.value, axis.note)]
    return [page.headline, page.sentence, *axes, page.agreed, page.rests_on]


def facts_of(workspace, dataset, language="en") -> ReportFacts:
    return ReportFacts(Locale(language), analysed(workspace, dataset), TODAY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Everything is there: scores, costs, criteria, a scenario."""
    folder = tmp_path_factory.mktemp("whole")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    agreed(workspace, dataset)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    scenario_store.save(workspace, dataset.fingerprint, default_scenario(analysed(workspace, dataset).results, "Own"))
    return workspace, dataset


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_at_most_sixty_words_and_nine_numbers(whole, language):
    page = first_page(facts_of(*whole, language))
    text = plain_text(" ".join(visible_texts(page)))
    assert len(re.findall(r"\d[\d.,]*", text)) <= MOST_NUMBERS, text
    if language == "en":
        assert len(text.split()) <= MOST_WORDS, text
    else:
        assert len(re.sub(r"\s", "", text)) <= MOST_LETTERS, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_axes_have_values_before_and_after_with_intervals_and_lead_to_their_pages(whole, language):
    facts = facts_of(*whole, language)
    accuracy, cost_, effort = first_page(facts).axes
    assert [one.page for one in (accuracy, cost_, effort)] == ["scores", "cost", "roi"]
    deciding = facts.verdicts.deciding
    assert [bar.value for bar in accuracy.bars.bars] == [deciding.baseline.estimate, deciding.candidate.estimate]
    assert all(bar.low < bar.value < bar.high for bar in accuracy.bars.bars)
    assert "→" in accuracy.value and "→" in cost_.value and effort.value != "–"
    [payback] = effort.bars.bars
    assert payback.low < payback.value < payback.high and effort.value == payback_card(facts).value
    assert accuracy.tone == deciding.verdict and cost_.tone == "better"


def test_the_headline_is_the_decision_and_the_sentence_what_is_missing_for_a_go(whole):
    facts = facts_of(*whole)
    page = first_page(facts)
    assert page.headline == decision_headline(facts.t, facts.decision) and page.value == facts.decision.value
    assert page.value == "extend" and page.sentence == facts.decision_steps[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_baseline_that_is_not_the_current_model_stands_under_its_own_name(tmp_path, language):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    agreed(workspace, dataset, baseline="mcse")
    facts = facts_of(workspace, dataset, language)
    accuracy, cost_, _ = first_page(facts).axes
    assert accuracy.names == cost_.names == (method_name(facts.t, "mcse"), facts.t("first_page.new"))
    assert accuracy.bars.bars[0].value == facts.verdicts.deciding.baseline.estimate
    assert cost_.bars.bars[0].value == facts.costs.cost("mcse").estimate


def test_what_is_not_known_yet_says_what_to_do(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method, score in (("baseline", 0.3), ("kdmcse", 0.5)):
        evaluated(workspace, dataset, config(dataset, method), score)
    facts = facts_of(workspace, dataset)
    _, cost_, effort = first_page(facts).axes
    assert (cost_.value, cost_.note) == ("–", facts.t("first_page.no_prices"))
    assert (effort.value, effort.note) == ("–", facts.t("document.card.not_measured"))


def test_every_reason_to_stop_has_its_plain_words():
    for language in LANGUAGES:
        t = Locale(language)
        for kind, names in {"axis": ("score", "cost", "hours", "money"), "stop": ("gain", "date")}.items():
            assert all(t.has(f"first_page.stop.{kind}.{name}") for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_kpis_stand_on_it_and_in_the_report_with_target_value_and_state(whole, language):
    assert first_page(facts_of(*whole, language)).kpis == ()
    workspace, dataset = whole
    kpis = [
        {"name": "Handling time", "target": 4, "direction": "at_most", "unit": "min"},
        {"name": "Satisfaction", "target": 4, "direction": "at_least"},
    ]
    locked = agreed(workspace, dataset, kpis=kpis)
    try:
        time, _ = locked.criteria.kpis
        before = first_page(facts_of(*whole, language)).state
        kpi_values.type_in(workspace, dataset.fingerprint, time, 1, TODAY, 3.5, today=TODAY)
        facts = facts_of(*whole, language)
        t, page = facts.t, first_page(facts)
        one, other = page.kpis
        assert (one.name, one.value, one.state) == ("Handling time", kpi_number(t, "3.5"), "met")
        assert (
            target_text(t, time) in one.target
            and one.interval == other.interval == ""
            and one.word == t("criteria.state.met")
        )
        assert (other.value, other.state) == (MISSING, "unknown")
        assert changed_since(before, page.state) == ["kpis"]
        html = plain_text(render_html(report(facts.analysis, language, today=TODAY)))
        lines = [line for line in facts.decision.lines if line.kpi]
        assert len(lines) == 2 and all(plain_text(line_sentence(t, line)) in html for line in lines)
    finally:
        for entry in kpi_values.entries(workspace, dataset.fingerprint):
            kpi_values.undo(workspace, dataset.fingerprint, entry.id)
        agreed(workspace, dataset)


def kpi_number(t: Locale, number: str) -> str:
    return t("criteria.kpi.number", number=number, unit="min")


def test_what_changed_since_the_last_look_is_named(whole):
    now = first_page(facts_of(*whole)).state
    assert changed_since(None, now) == changed_since("", now) == changed_since(now, now) == []
    then = json.loads(now) | {"trainings": 1, "decision": "stop"}
    assert changed_since(json.dumps(then), now) == ["decision", "trainings"]
    assert set(json.loads(now)) == set(CHANGES)


@pytest.mark.parametrize("spoilt", ["no json", "[]", '"text"', "{}", '{"other": 1}'])
def test_what_a_browser_kept_and_nobody_can_read_is_no_change(whole, spoilt):
    assert changed_since(spoilt, first_page(facts_of(*whole)).state) == []


def test_without_criteria_it_says_so_and_names_no_decision(whole):
    facts = facts_of(*whole)
    facts.results = dataclasses.replace(facts.results, criteria=None)
    facts.decision = None
    page = first_page(facts)
    assert page.value is None and page.agreed == facts.t("first_page.agreed.nothing")


def test_what_never_pays_back_says_so_as_the_report_does(whole, monkeypatch):
    facts = facts_of(*whole)
    outlook = facts.outlooks[0]
    scenario = dataclasses.replace(
        outlook.found.scenario, effort=dataclasses.replace(outlook.found.scenario.effort, hosting_monthly=1e9)
    )
    facts.outlooks = [facts.analysis.outlook(scenario, TODAY)]
    assert facts.outlooks[0].found.payback_months is None
    effort = first_page(facts).axes[2]
    assert (effort.value, effort.note) == (payback_card(facts).value, payback_card(facts).note)
    assert effort.bars is None and effort.value == roi.months(facts.t, None)
