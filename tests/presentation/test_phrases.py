"""A phrase for the meeting is there where the numbers support it, and nowhere else."""

import dataclasses
import datetime
from types import SimpleNamespace

import pytest
from example_poc import PRICES, agreed, analysed, complete, config, evaluated, import_example

from kdmcse import cost
from kdmcse.config import BASELINE
from kdmcse.i18n import LANGUAGES, Locale, plain_text
from kdmcse.presentation.phrases import phrases
from kdmcse.presentation.rounded import money_range, rounded_money
from kdmcse.results.disagreements import disagreements
from kdmcse.results.outlook import default_scenario
from kdmcse.store.workspace import Workspace

TODAY = datetime.date(2026, 4, 1)
EN = Locale("en")
pytestmark = pytest.mark.usefixtures("kept_evidence")


def poc(tmp_path, *, priced=True, **changes):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", **changes)
    complete(workspace, dataset)
    if priced:
        cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace, dataset


def said(found, t=EN, *, scenario=None, verdicts=None, costs=None, decision=None) -> dict[str, object]:
    """Name -> phrase."""
    outlook = found.outlook(scenario, TODAY) if scenario else None
    verdicts, costs = verdicts or found.verdicts(), costs or found.costs()
    changed = disagreements(
        found.results, found.scores(), found.costs(), "decisions", "kdmcse", verdicts.baseline, metric=verdicts.metric
    )
    every = phrases(t, found.results, verdicts, costs, decision or found.decision(TODAY), outlook, changed)
    assert len({one.name for one in every}) == len(every)
    return {one.name: one for one in every}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_decisive_may_be_said_with_its_numbers_and_its_condition(tmp_path, language):
    workspace, dataset = poc(tmp_path, decisions=180, sts=200)
    found, t = analysed(workspace, dataset), Locale(language)
    found_phrases = said(found, t, scenario=default_scenario(found.results, "Plan"))
    assert {"go", "score_better", "cost_less", "examples", "payback", "pays", "limits"} <= set(found_phrases)
    assert not {"extend", "stop", "score_open", "score_worse", "cost_more", "cost_open", "loses"} & set(found_phrases)
    saving = found.costs().verdict.difference
    text = found_phrases["cost_less"].text
    assert rounded_money(t, saving.estimate, "JPY", saving.low, saving.high) in text
    assert money_range(t, saving.low, saving.high, "JPY") in text
    if language == "en":
        assert "less a month (¥" in plain_text(text)
    assert all(one.condition for one in found_phrases.values())
    assert list(found_phrases)[-1] == "limits"


def test_a_saving_that_is_not_decisive_is_not_called_one_and_promises_no_payback(tmp_path):
    workspace, dataset = poc(tmp_path, decisions=18, sts=200)
    found = analysed(workspace, dataset)
    found_phrases = said(found, scenario=default_scenario(found.results, "Plan"))
    assert not {"cost_less", "examples", "payback", "pays"} & set(found_phrases)
    assert "cost_open" in found_phrases


def test_without_prices_nothing_is_said_of_money(tmp_path):
    workspace, dataset = poc(tmp_path, priced=False, sts=200)
    found_phrases = said(analysed(workspace, dataset))
    assert not {name for name in found_phrases if name.startswith(("cost", "pay", "loses", "examples"))}
    assert not any("¥" in one.text for one in found_phrases.values())


def test_criteria_that_came_after_results_are_not_said_to_have_come_before(tmp_path):
    workspace, dataset = poc(tmp_path, sts=200)
    agreed(workspace, dataset, least_gain=0.01)
    found_phrases = said(analysed(workspace, dataset))
    assert "go_after" in found_phrases and "go" not in found_phrases
    assert "before anybody saw" not in found_phrases["go_after"].text


def test_where_another_method_is_as_good_nobody_says_that_all_are_beaten(tmp_path):
    workspace, dataset = poc(tmp_path, sts=200)
    found = analysed(workspace, dataset)
    verdicts = found.verdicts()
    undecided = SimpleNamespace(**{name: getattr(verdicts.against["mcse"], name) for name in ("difference", "reason")})
    undecided.verdict = "not_decisive"
    mixed = dataclasses.replace(verdicts, against={**verdicts.against, "mcse": undecided})
    assert ("others" in said(found, verdicts=mixed)) is False


def test_a_worse_model_is_called_worse_and_nothing_speaks_for_it(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", sts=200, decisions=180)
    evaluated(workspace, dataset, config(dataset, BASELINE), 0.8, separation=0.4)
    for seed in (0, 1, 2):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed), 0.3, separation=0.05)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset)
    found_phrases = said(found, scenario=default_scenario(found.results, "Plan"))
    assert "score_worse" in found_phrases and "stop" in found_phrases
    assert not {"score_better", "cost_less", "others", "examples", "payback", "pays", "go"} & set(found_phrases)


def test_the_sample_never_speaks_of_our_business(tmp_path):
    workspace, dataset = poc(tmp_path, sts=200, synthetic=True)
    assert list(said(analysed(workspace, dataset)))[0] == "sample"


def test_before_anything_is_measured_there_is_nothing_to_say(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    found = analysed(workspace, import_example(workspace, tmp_path / "sources"))
    assert phrases(EN, found.results, found.verdicts(), found.costs(), None, None, None) == []
