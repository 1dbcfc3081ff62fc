"""Scenarios are kept with their history, and compared."""

import dataclasses
import json
import math
import multiprocessing
import re
import sys
import types

import pytest
from example_roi import EXAMPLE, FULL, changed

from kdmcse.errors import UserError
from kdmcse.roi import (
    estimate_return,
    monte_carlo,
    scenario_comparison,
    scenario_store,
)
from kdmcse.roi.example import saving_of_rates
from kdmcse.store.workspace import Workspace

DATASET = "0123456789ab"


def with_price(**prices):
    return changed(prices={**EXAMPLE.scenario.prices, **prices})


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


# Kept


def test_what_was_saved_is_there_again(workspace):
    full = dataclasses.replace(FULL, contract=None)
    first, second = (scenario_store.save(workspace, DATASET, one, by="Sato") for one in (EXAMPLE.scenario, full))
    assert [kept.scenario for kept in scenario_store.list_scenarios(workspace, DATASET)] == [EXAMPLE.scenario, full]
    assert (first.version, first.by, first.fresh, first.overtaken) == (1, "Sato", True, ())
    assert scenario_store.open_scenario(workspace, DATASET, second.id).scenario == full
    assert scenario_store.list_scenarios(workspace, "other") == []
    path = workspace.path / "scenarios" / DATASET / first.id / "0001.json"
    assert json.loads(path.read_text(encoding="utf-8"))["by"] == "Sato"


def test_history_says_who_changed_what_and_when(workspace):
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario, by="Sato")
    dearer = with_price(false_match=500)
    scenario_store.save(workspace, DATASET, dearer, by="鈴木", id=kept.id, seen=1)
    ranged = dataclasses.replace(dearer, ranges={"prices/false_match": (100, 900)}, yearly_rate=0.1)
    scenario_store.save(workspace, DATASET, ranged, by="", id=kept.id, seen=2)
    table = scenario_store.history(workspace, DATASET, kept.id)
    changes = [tuple(row) for row in table[["version", "by", "field", "from", "to"]].to_numpy()[:3]]
    rate = str(EXAMPLE.scenario.yearly_rate)
    assert changes == [
        (3, "", "yearly_rate", rate, "0.1"),
        (3, "", "ranges/prices/false_match", "", "[100, 900]"),
        (2, "鈴木", "prices/false_match", "300", "500"),
    ]
    assert set(table[table["version"] == 1]["from"]) == {""}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at) for at in table["at"])
    assert scenario_store.open_scenario(workspace, DATASET, kept.id, 1).scenario == EXAMPLE.scenario
    assert scenario_store.open_scenario(workspace, DATASET, kept.id).scenario == ranged


def test_what_is_saved_again_unchanged_makes_no_version(workspace):
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario)
    again = scenario_store.save(workspace, DATASET, with_price(false_match=300.0), id=kept.id, seen=1)
    assert again.version == 1 and not again.fresh
    assert scenario_store.overtaken_authors(workspace, DATASET, again) == ()


def test_of_two_tabs_the_later_one_is_told_and_both_versions_stay(workspace):
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario, by="Sato")
    one, other = with_price(false_match=500), with_price(missed_match=900)
    scenario_store.save(workspace, DATASET, one, by="Suzuki", id=kept.id, seen=1)
    later = scenario_store.save(workspace, DATASET, other, by="Sato", id=kept.id, seen=1)
    assert (later.version, later.based_on, later.overtaken) == (3, 1, (2,))
    assert scenario_store.overtaken_authors(workspace, DATASET, later) == ("Suzuki",)
    assert [scenario_store.open_scenario(workspace, DATASET, kept.id, v).scenario for v in (2, 3)] == [one, other]
    # The later one's history says that the other's value was replaced.
    last = scenario_store.history(workspace, DATASET, kept.id)
    assert set(last[last["version"] == 3]["field"]) == {"prices/false_match", "prices/missed_match"}
    reopened = scenario_store.open_scenario(workspace, DATASET, kept.id)
    assert scenario_store.overtaken_authors(workspace, DATASET, reopened) == ()
    calm = scenario_store.save(workspace, DATASET, one, id=kept.id, seen=3)
    assert calm.overtaken == ()


def save_often(folder, id, price):
    for step in range(5):
        scenario_store.save(
            Workspace(folder), DATASET, with_price(false_match=price + step), by=str(price), id=id, seen=1
        )


@pytest.mark.slow
def test_processes_that_save_at_once_lose_nothing(workspace, monkeypatch):
    # A spawned child would run the page that was tried before in this process.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario)
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=save_often, args=(workspace.path, kept.id, price)) for price in (1000, 2000)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    versions = [scenario_store.open_scenario(workspace, DATASET, kept.id, version) for version in range(1, 12)]
    prices = sorted(kept.scenario.prices["false_match"] for kept in versions[1:])
    assert prices == [price + step for price in (1000, 2000) for step in range(5)]
    with pytest.raises(UserError):
        scenario_store.open_scenario(workspace, DATASET, kept.id, 12)


def test_a_new_scenario_carries_no_mark_of_the_criteria_whatever_it_was_copied_from(workspace):
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario)
    marked = scenario_store.mark_for_criteria(workspace, DATASET, kept.id, "abc").scenario
    dearer = dataclasses.replace(marked, horizon_months=6)
    assert scenario_store.save(workspace, DATASET, dearer).scenario.contract is None
    assert scenario_store.of_criteria(workspace, DATASET, "abc") == marked
    assert scenario_store.save(workspace, DATASET, dearer, id=kept.id, seen=2).scenario.contract == "abc"


def test_the_scenario_of_the_criteria_is_marked_by_a_version_of_its_own(workspace):
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario)
    marked = scenario_store.mark_for_criteria(workspace, DATASET, kept.id, "c0ffee", by="Sato")
    assert (marked.version, marked.scenario.contract, marked.by) == (2, "c0ffee", "Sato")
    assert marked.scenario.digest == EXAMPLE.scenario.digest, "the mark changes no figure"
    assert scenario_store.mark_for_criteria(workspace, DATASET, kept.id, None).scenario == EXAMPLE.scenario
    assert list(scenario_store.history(workspace, DATASET, kept.id)["field"][:2]) == ["contract", "contract"]


def test_what_is_being_typed_is_kept_beside_the_versions(workspace):
    id = scenario_store.new_id()
    typed = {"name": "", "prices": {"false_match": -3}}
    scenario_store.write_draft(workspace, DATASET, id, typed)
    assert (
        scenario_store.read_draft(workspace, DATASET, id) == typed
        and scenario_store.list_scenarios(workspace, DATASET) == []
    )
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario, id=id)
    assert kept.version == 1 and scenario_store.read_draft(workspace, DATASET, id) == typed
    assert scenario_store.read_draft(workspace, DATASET, "none") is None


def test_a_draft_that_has_what_the_version_has_is_no_change(workspace):
    ranged = dataclasses.replace(EXAMPLE.scenario, ranges={"yearly_rate": (0.1, 0.2)})
    for same in ({}, {"by": "Aiko", "seen": 1}, {"values": {"yearly_rate": ranged.yearly_rate}, "prices": {}},
                 {"ranges": {"yearly_rate": [0.1, 0.2], "saving_share": None}, "prices": ranged.prices}):  # fmt: skip
        assert not scenario_store.differs(ranged, same)
    for other in ({"values": {"yearly_rate": 0.9}}, {"values": {"notes": "x"}}, {"ranges": {"yearly_rate": None}},
                  {"ranges": {"yearly_rate": [0.1, None]}}, {"prices": ranged.prices | {"false_match": 9}}):  # fmt: skip
        assert scenario_store.differs(ranged, other)
    kept = scenario_store.save(workspace, DATASET, ranged)
    assert scenario_store.with_unsaved_changes(workspace, DATASET) == []
    scenario_store.write_draft(workspace, DATASET, kept.id, {"values": {"yearly_rate": 0.9}})
    assert scenario_store.with_unsaved_changes(workspace, DATASET) == [dataclasses.replace(kept, fresh=False)]


@pytest.mark.parametrize("id", ["missing", "../other", ".hidden", "a/b", "..", ""])
def test_a_scenario_that_is_not_there_is_told(workspace, id):
    for do in (scenario_store.open_scenario, scenario_store.history):
        with pytest.raises(UserError) as caught:
            do(workspace, DATASET, id)
        assert caught.value.code == "scenario_unknown"
    with pytest.raises(UserError):
        scenario_store.save(workspace, DATASET, EXAMPLE.scenario, id=id or "..")
    assert not (workspace.path / "scenarios" / "other").exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 1}', b"\xff", None])
def test_a_damaged_version_is_told_and_the_others_stay(workspace, damage):
    kept = scenario_store.save(workspace, DATASET, EXAMPLE.scenario)
    scenario_store.save(workspace, DATASET, FULL, id=kept.id, seen=1)
    path = workspace.path / "scenarios" / DATASET / kept.id / "0002.json"
    path.write_bytes(
        path.read_bytes().replace(b'"horizon_months": 12', b'"horizon_months": 0') if damage is None else damage
    )
    with pytest.raises(UserError) as caught:
        scenario_store.list_scenarios(workspace, DATASET)
    assert caught.value.code == "scenario_damaged" and "0002.json" in caught.value.message("ja")
    assert scenario_store.open_scenario(workspace, DATASET, kept.id, 1).scenario == EXAMPLE.scenario


def test_a_person_is_named_in_printable_words(workspace):
    for by, code in (("a" * 101, "text_too_long"), ("\x07", "text_unprintable")):
        with pytest.raises(UserError) as caught:
            scenario_store.save(workspace, DATASET, EXAMPLE.scenario, by=by)
        assert caught.value.code == code
    assert scenario_store.list_scenarios(workspace, DATASET) == []


def returns():
    dear = changed(
        name="Dear", effort=dataclasses.replace(EXAMPLE.scenario.effort, people_monthly=10**6), contract="abc"
    )
    return [EXAMPLE, estimate_return(dear, saving_of_rates), estimate_return(changed(), saving_of_rates)]


# Compared


def test_scenarios_stand_side_by_side():
    found = returns()
    band = monte_carlo(EXAMPLE)
    table = scenario_comparison.compare(found, {EXAMPLE.scenario.digest: band})
    assert list(table.columns) == ["A small shop", "Dear", "A small shop (2)"]
    for column, one in zip(table.columns, found, strict=True):
        for name, row in one.figures.iterrows():
            assert table.loc[name, column] == row["value"]
    assert table.loc["net_present_value:low", "A small shop"] == band.quantiles["net_present_value"].iloc[0]
    assert math.isnan(table.loc["net_present_value:low", "Dear"]) and table.loc["payback_months", "Dear"] == math.inf
    assert math.isnan(table.loc["probability_saving", "Dear"]) and table.loc["probability_value", "A small shop"] > 0.9


def test_only_inputs_that_differ_are_told_apart():
    other = with_price(false_match=500)
    table = scenario_comparison.differences(
        [EXAMPLE.scenario, dataclasses.replace(other, name="B", ranges={"yearly_rate": (0.1, 0.2)})]
    )
    assert list(table.index) == ["prices/false_match", "ranges/yearly_rate"]
    assert list(table.loc["prices/false_match"]) == [300, 500] and list(table.loc["ranges/yearly_rate"]) == [
        None,
        [0.1, 0.2],
    ]
    assert scenario_comparison.differences([EXAMPLE.scenario, changed(notes="x")]).empty
