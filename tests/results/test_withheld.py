"""What is not said of a saving is said nowhere: overview, report, card, criteria and return agree."""

import dataclasses
import datetime

import pytest
from example_poc import PRICES, analysed, complete, import_example, sentence

from kdmcse import cost
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.cards import cost_card
from kdmcse.presentation.costs import comparison_lines
from kdmcse.presentation.results import payoff, payoff_headline
from kdmcse.presentation.roi import axes_sentence, pays_sentence
from kdmcse.results.outlook import default_scenario
from kdmcse.store.workspace import Workspace

TODAY = datetime.date(2026, 1, 2)


def prepared(tmp_path, prices, **rows):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", **rows)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, prices)
    return analysed(workspace, dataset)


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_neither_model_is_let_decide_every_page_says_so_and_none_that_it_pays(tmp_path, language):
    found, t = prepared(tmp_path, dataclasses.replace(PRICES, missed_match=0)), Locale(language)
    why = t("cost.withheld.alike_none", least="20")
    assert found.costs().saving == 0 and found.costs().saving_verdict == "equal"
    card = cost_card(t, found.results, found.costs())
    assert why in sentence(found, language) and why in card.note and card.verdict == "equal"
    assert payoff(found.verdicts(), found.costs()) == found.verdicts().deciding.verdict, "the score has the word"
    headline = payoff_headline(t, found.results, found.verdicts(), found.costs())
    assert headline == t("results.payoff.score_better_cost_equal")
    assert any(why in line for line in comparison_lines(t, found.costs().comparison))
    outlook = found.outlook(default_scenario(found.results, "Now"), TODAY)
    saving = outlook.found.saving
    assert (saving.estimate, saving.probability_positive, outlook.sensitivity.band.probability_positive) == (
        0,
        None,
        None,
    )
    assert t("roi.axes.cost_alike_none") in axes_sentence(t, outlook.axes)
    assert t("roi.band.unsure") in pays_sentence(t, outlook.sensitivity.band)
    assert outlook.axes.frame["probability"].isna().all() and outlook.found.payback_months is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_saving_that_rests_on_two_matches_is_marked_and_has_no_probability_anywhere(tmp_path, language):
    found, t = prepared(tmp_path, PRICES, decisions=60, matches=30), Locale(language)
    comparison = found.costs().comparison
    best = comparison.best["kdmcse"]
    assert best.saving.withheld == "few_matches" and best.to_dict()["saving"]["probability_positive"] is None
    why, mark = t("cost.withheld.few_matches", least="20"), t("cost.note.few_matches", count=2)
    assert why in sentence(found, language) and mark in sentence(found, language)
    assert any(mark in line for line in comparison_lines(t, comparison))
    outlook = found.outlook(default_scenario(found.results, "Now"), TODAY)
    assert outlook.found.saving.probability_positive is None and why in pays_sentence(t, outlook.sensitivity.band)
