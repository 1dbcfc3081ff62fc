"""What is not said of a saving is said nowhere: overview, report, card, criteria and return agree."""

import dataclasses
import datetime

import pytest
from example_poc import PRICES, analysed, complete, import_example, sentence
from pages_under_test import open_page, shown

from dashboard.widgets.text import plain
from kdmcse import cost
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.cards import cost_card
from kdmcse.presentation.costs import comparison_lines, rate_text
from kdmcse.presentation.results import payoff, payoff_headline
from kdmcse.presentation.roi import axes_sentence, pays_sentence
from kdmcse.results.findings import findings
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


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_matches_of_a_segment_that_carries_the_money_are_marked_and_leave_no_probability_anywhere(
    tmp_path, language, monkeypatch
):
    dear = cost.SegmentPrices(false_match=3, missed_match=12_000_000, monthly_volume=20_000, base_rate=0.1)
    rare = ("a",) * 19 + ("b",)
    found = prepared(tmp_path, dataclasses.replace(PRICES, segments={"b": dear}), segments=rare)
    t, comparison = Locale(language), found.costs().comparison
    assert comparison.best["kdmcse"].saving.withheld == "few_segment_matches"
    why = t("cost.withheld.few_segment_matches", least="20")
    mark = t("cost.note.few_in_matches", segments=t("cost.few_in", segment="b", count="2"))
    assert why in sentence(found, language) and mark in sentence(found, language)
    lines = comparison_lines(t, comparison)
    assert mark in lines and any(why in line for line in lines)
    marked = t("cost.few_behind", value="", count=2)
    assert [t("cost.error.missed_match") in line for line in lines if marked in line] == [True] * len(comparison.best)
    assert all(t("cost.of", segment="b", what="") in line for line in lines if marked in line)
    cell = rate_text(t, comparison.best["kdmcse"], "missed_match")
    assert t("cost.few_within", value="", count=2) in cell
    report = ReportFacts(t, found, TODAY)
    assert mark in report.cost_notes and cell in [row["missed_match_rate"] for row in report.cost_rows]
    outlook = found.outlook(default_scenario(found.results, "Now"), TODAY)
    assert outlook.found.saving.probability_positive is None and why in pays_sentence(t, outlook.sensitivity.band)
    assert findings(found.results, found.verdicts(), found.costs(), {}, TODAY).saving_on_few
    for page in ("overview", "cost", "disagreements"):
        app = open_page(found.results.workspace.path, page, language, monkeypatch)
        assert any(mark in text or plain(mark) in text for text in shown(app)), page
        assert page != "cost" or any(plain(cell) in table.value.to_numpy() for table in app.table)
