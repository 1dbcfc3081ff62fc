"""Prices that share the amounts of decisions, from the upload to the return."""

import dataclasses
import datetime

import pytest
from example_poc import PRICES, analysed, complete, import_example
from example_roi import PEOPLE

from kdmcse import cost
from kdmcse.cost import Repriced, estimate_cost
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.cards import cost_card
from kdmcse.presentation.costs import price_rows
from kdmcse.results.outlook import default_scenario
from kdmcse.store.workspace import Workspace

SHARED = dataclasses.replace(PRICES, missed_match=100.0, missed_match_share=0.4)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("amounts")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "sources", amounts=("900", "12,500", "30.5", "4000", ""))
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, SHARED)
    return analysed(workspace, dataset)


def test_amounts_of_an_upload_price_its_mistakes(found):
    comparison = found.costs().comparison
    wrong = comparison.mistakes("baseline")
    missed = wrong[(wrong["error"] == "missed_match") & wrong["amount"].notna()]
    assert missed["price"].to_numpy() == pytest.approx(100 + 0.4 * missed["amount"]) and missed["price"].nunique() > 2
    by_hand = [estimate_cost(table, SHARED).monthly_cost for table in found.costs().decisions.values()]
    assert sorted(by_hand) == pytest.approx(sorted(one.monthly_cost for one in found.costs().estimates.values()))
    assert (Locale("en")("cost.price.missed_match_share"), "40%") in price_rows(Locale("en"), comparison.prices)


def test_the_return_is_that_of_the_costs_and_moves_with_the_shares(found):
    outlook = found.outlook(default_scenario(found.results, "Now"), datetime.date(2026, 1, 2))
    assert outlook.found.saving.estimate == pytest.approx(found.costs().saving)
    swings = outlook.sensitivity.tornado.set_index("input")["swing"]
    assert swings["prices/missed_match_share"] > 0 and outlook.sensitivity.band.draws > 0


def test_people_who_decide_all_miss_amounts_too(found):
    scenario = dataclasses.replace(default_scenario(found.results, "People"), today=PEOPLE)
    outlook = found.outlook(scenario, datetime.date(2026, 1, 2))
    plain = Repriced(found.costs().decisions).at_mean_amounts(SHARED)
    people = PEOPLE.people_cost(**plain.by_segment[""].to_dict())
    expected = people - found.costs().cost("kdmcse").estimate
    assert plain.missed_match > 1_000 and outlook.found.saving.estimate == pytest.approx(expected)


@pytest.fixture(scope="module")
def in_dollars(tmp_path_factory):
    """Amounts whose column says USD, prices in JPY that take a share of them."""
    folder = tmp_path_factory.mktemp("dollars")
    workspace = Workspace(folder / "workspace")
    amounts = ("900", "12,500", "30.5", "4000", "")
    dataset = import_example(workspace, folder / "sources", amounts=amounts, amount_column="price_usd")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, SHARED)
    return workspace, dataset


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_of_amounts_in_another_currency_give_no_cost_and_every_place_names_both(in_dollars, language):
    found, t = analysed(*in_dollars), Locale(language)
    costs = found.costs()
    assert costs.comparison is None and costs.problem.code == "amounts_other_currency"
    assert found.next_step() == "look_at_cost"
    report = ReportFacts(t, found, datetime.date(2026, 1, 2)).why_no_cost
    for said in (cost_card(t, found.results, costs).note, report):
        assert "USD" in said and "JPY" in said
    assert costs.problem.hint(language) in report


def test_in_the_currency_of_the_amounts_or_without_shares_there_is_a_cost_as_ever(in_dollars):
    workspace, dataset = in_dollars
    for prices in (dataclasses.replace(SHARED, currency="USD"), PRICES):
        cost.write_prices(workspace, dataset.fingerprint, prices)
        assert analysed(workspace, dataset).costs().comparison.prices == prices
    cost.write_prices(workspace, dataset.fingerprint, SHARED)


def test_a_scenario_in_another_currency_than_the_amounts_is_refused(in_dollars):
    workspace, dataset = in_dollars
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(SHARED, currency="USD"))
    found = analysed(workspace, dataset)
    scenario = default_scenario(found.results, "Now")
    assert found.outlook(scenario, datetime.date(2026, 1, 2)).found.saving.estimate
    with pytest.raises(UserError) as refused:
        found.outlook(dataclasses.replace(scenario, prices=SHARED.to_dict()), datetime.date(2026, 1, 2))
    assert refused.value.code == "amounts_other_currency"
    cost.write_prices(workspace, dataset.fingerprint, SHARED)
