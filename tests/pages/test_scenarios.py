"""Scenarios on their page: saved, compared, exchanged as files, with their history; nothing typed is lost and nothing is deleted."""

import dataclasses
import datetime
import json
import re
import shutil

import pytest
from example_poc import PRICES, analysed, complete, import_example
from pages_under_test import elements, open_page, shown

from dashboard.forms import roi_inputs
from kdmcse import cost
from kdmcse import i18n as words
from kdmcse.criteria import locking
from kdmcse.documents import scenario_files, scenario_workbook
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Measured, agreed and priced, and no scenario yet."""
    folder = tmp_path_factory.mktemp("scenarios")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", decisions=300)
    complete(workspace, dataset, seeds=(0, 1))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace, dataset


@pytest.fixture
def place(made, tmp_path):
    """A copy that a test may write into."""
    shutil.copytree(made[0].path, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace"), made[1].fingerprint


@pytest.fixture
def two(place):
    """Two saved scenarios, the first with two versions."""
    base = default_scenario(analysed(*place).results, "Own servers")
    first = scenario_store.save(*place, base, by="Aiko")
    scenario_store.save(*place, base.with_inputs({"effort/engineering_days": 40}), by="Ben", id=first.id, seen=1)
    table = base.with_inputs({"effort/hosting_monthly": 900_000, "horizon_months": 12}).to_dict() | {"name": "Cloud"}
    return first, scenario_store.save(*place, type(base).from_dict(table), by="")


def text_field(app, name: str):
    return next(one for one in [*app.text_input, *app.text_area] if one.key.startswith(f"scenario_{name}_"))


def told(app) -> str:
    """All that can be read, without escapes."""
    return re.sub(r"\\(.)", r"\1", "\n".join(text for text in shown(app) if not text.startswith("<style>")))


def tables(app) -> str:
    return re.sub(r"\\(.)", r"\1", "\n".join(table.value.to_csv() for table in app.table))


def address(app) -> str | None:
    found = app.query_params.get("scenario")
    return found[0] if isinstance(found, list) else found


# Saving


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_inputs_are_saved_under_a_name_and_chosen(place, language, monkeypatch):
    app = open_page(place[0].path, "roi", language, monkeypatch)
    next(one for one in app.number_input if one.key.startswith("effort/engineering_days_")).set_value(40.0).run()
    app = open_page(place[0].path, "scenarios", language, monkeypatch)
    assert words.Locale(language)("page_scenarios.none") in told(app)
    app.button(key="save_scenario").click().run()
    field = words.Locale(language)("page_scenarios.save.name")
    assert words.Locale(language)("errors.input_missing.message", field=field) in told(app) and not app.exception
    text_field(app, "name").set_value("自社サーバー").run()
    text_field(app, "by").set_value("Aiko").run()
    text_field(app, "notes").set_value("As told by the IT department.").run()
    again = open_page(place[0].path, "scenarios", language, monkeypatch)
    assert text_field(again, "name").value == "自社サーバー" and text_field(again, "by").value == "Aiko", (
        "kept while typed"
    )
    again.button(key="save_scenario").click().run()
    [kept] = scenario_store.list_scenarios(*place)
    assert (kept.scenario.name, kept.by, kept.scenario.notes) == (
        "自社サーバー",
        "Aiko",
        "As told by the IT department.",
    )
    assert kept.scenario.effort.engineering_days == 40 and address(again) == kept.id
    assert words.Locale(language)("page_scenarios.save.said.new", name="自社サーバー") in told(again)
    again.button(key="save_version").click().run()
    unchanged = words.Locale(language)("page_scenarios.save.said.unchanged", name="自社サーバー", version="1")
    assert unchanged in told(again) and len(scenario_store.list_scenarios(*place)) == 1
    assert (scenario_store.read_draft(*place, roi_inputs.UNSAVED) or {}).get("values", {}) == {}, (
        "they are the scenario's now"
    )


def test_a_new_version_says_what_changed_and_by_whom(place, two, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch, scenario=two[0].id)
    next(one for one in app.number_input if one.key.startswith("horizon_months_")).set_value(24.0).run()
    app = open_page(place[0].path, "scenarios", "en", monkeypatch, scenario=two[0].id)
    text_field(app, "by").set_value("Chie").run()
    app.button(key="save_version").click().run()
    assert not app.exception and not app.warning
    kept = scenario_store.open_scenario(*place, two[0].id)
    assert (kept.version, kept.by, kept.scenario.horizon_months) == (3, "Chie", 24)
    assert [change["field"] for change in kept.changes] == ["horizon_months"]
    assert "Version 3" in told(app) and "Chie" in told(app) and "Ben" in told(app)
    assert "36 months,24 months" in tables(app) and "0,40" in tables(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_was_typed_and_is_in_no_version_is_told_where_the_figures_are(place, two, language, monkeypatch):
    t, id = words.Locale(language), two[0].id
    said = t("scenarios.saved.not_all", name="Own servers", version="2")
    marked = t("page_scenarios.list.unsaved", version="2")
    app = open_page(place[0].path, "roi", language, monkeypatch, scenario=id)
    assert said not in told(app)
    days = next(one for one in app.number_input if one.key.startswith("effort/engineering_days_"))
    days.set_value(55.0).run()
    assert said in told(app) and t("page_roi.save_version") in told(app)
    listed = open_page(place[0].path, "scenarios", language, monkeypatch)
    assert said in told(listed) and tables(listed).count(marked) == 1, "whichever scenario is chosen"
    days.set_value(40.0).run()
    assert said not in told(app), "the version has that"
    days.set_value(55.0).run()
    app = open_page(place[0].path, "scenarios", language, monkeypatch, scenario=id)
    app.button(key="save_version").click().run()
    assert said not in told(app) and marked not in tables(app) and not app.exception


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_who_saves_after_somebody_else_is_told(place, two, language, monkeypatch):
    app = open_page(place[0].path, "roi", language, monkeypatch, scenario=two[0].id)
    next(one for one in app.number_input if one.key.startswith("horizon_months_")).set_value(24.0).run()
    newest = scenario_store.open_scenario(*place, two[0].id)
    scenario_store.save(*place, newest.scenario.with_inputs({"yearly_rate": 0.02}), by="Dai", id=newest.id, seen=2)
    app = open_page(place[0].path, "scenarios", language, monkeypatch, scenario=two[0].id)
    app.button(key="save_version").click().run()
    said = words.Locale(language)("scenarios.saved.overtaken", by="Dai", versions="3", count=1)
    assert said in re.sub(r"\\(.)", r"\1", app.warning[0].value)
    kept = scenario_store.open_scenario(*place, two[0].id).scenario
    assert (kept.horizon_months, kept.yearly_rate) == (24, 0.02), "and both changes stay"


def test_what_is_wrong_with_the_inputs_is_told_and_nothing_is_saved(place, monkeypatch):
    scenario_store.write_draft(
        *place, roi_inputs.UNSAVED, {"values": {"effort/pairs": -3, "name": "Bad"}, "by": "Aiko"}
    )
    app = open_page(place[0].path, "scenarios", "en", monkeypatch)
    app.button(key="save_scenario").click().run()
    assert any("Pairs to judge" in re.sub(r"\\(.)", r"\1", error.value) for error in app.error) and not app.exception
    assert scenario_store.list_scenarios(*place) == []


# Comparing


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_scenarios_stand_side_by_side_with_their_differences(place, two, language, monkeypatch):
    app = open_page(place[0].path, "scenarios", language, monkeypatch)
    assert not app.exception and not app.error
    text = tables(app)
    t = words.Locale(language)
    for path in ("effort/engineering_days", "effort/hosting_monthly", "horizon_months"):
        assert roi_inputs.called(t, path) in text
    assert words.Locale(language)("scenarios.probability_value").lower() in text.lower()
    assert "Own servers" in text and "Cloud" in text
    assert roi_inputs.called(t, "effort/pairs") not in text, "only what differs"


def test_every_scenario_and_every_version_has_its_amounts_in_its_own_currency(place, two, monkeypatch):
    _, cloud = two
    table = cloud.scenario.to_dict()
    table["prices"] = table["prices"] | {"currency": "EUR", "false_match": 2.5}
    abroad = type(cloud.scenario).from_dict(table)
    scenario_store.save(*place, abroad, id=cloud.id, seen=1)
    later = abroad.with_inputs({"prices/false_match": 3.5})
    scenario_store.save(*place, later, id=cloud.id, seen=2)
    app = open_page(place[0].path, "scenarios", "en", monkeypatch, scenario=cloud.id)
    name = roi_inputs.called(words.Locale("en"), "prices/false_match")
    rows = [line for line in words.plain_text(tables(app)).split("\n") if f",{name}," in line]
    assert [line.split(f"{name},")[1] for line in rows] == ["¥300,€3.50", "€2.50,€3.50", "¥300,€2.50"]
    assert not app.exception


def test_without_criteria_no_figure_is_shown(place, two, monkeypatch):
    shutil.rmtree(place[0].contracts / place[1])
    app = open_page(place[0].path, "scenarios", "en", monkeypatch)
    assert words.Locale("en")("page_criteria.needed.title") in told(app)
    assert words.Locale("en")("roi.figure.net_present_value") not in tables(app)
    assert "Engineering days" in tables(app), "inputs may be compared"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_scenario_of_the_criteria_is_marked_and_only_one_is(place, two, language, monkeypatch):
    digest = locking.current(*place).digest
    for chosen in (two[0], two[1]):
        app = open_page(place[0].path, "scenarios", language, monkeypatch, scenario=chosen.id)
        app.button(key="mark").click().run()
        assert words.Locale(language)("page_scenarios.criteria.marked", version="1") in told(app)
        marked = [one.id for one in scenario_store.list_scenarios(*place) if one.scenario.contract == digest]
        assert marked == [chosen.id]
    assert scenario_store.open_scenario(*place, two[0].id).version == 4, "both marks are in its history"


def test_a_scenario_of_an_older_version_of_the_criteria_is_none_of_those_that_hold_now(place, two, monkeypatch):
    agreed, yes = locking.current(*place), words.Locale("en")("scenarios.for_criteria.yes")
    scenario_store.mark_for_criteria(*place, two[0].id, agreed.digest)

    def marks() -> int:
        app = open_page(place[0].path, "scenarios", "en", monkeypatch)
        return sum(int((table.value == yes).to_numpy().sum()) for table in app.table)

    assert marks() == 2, "in the list and in the comparison"
    locking.lock(place[0], dataclasses.replace(agreed.criteria, least_gain=0.02))
    assert marks() == 0


# Files


@pytest.mark.parametrize("kind", ["json", "xlsx"])
def test_files_are_read_again_as_new_scenarios(place, two, kind, monkeypatch):
    digest = locking.current(*place).digest
    scenario_store.mark_for_criteria(*place, two[0].id, digest)
    known = [one.scenario for one in scenario_store.list_scenarios(*place)]
    content = scenario_files.to_json(known) if kind == "json" else scenario_workbook.to_xlsx(words.Locale("ja"), known)
    app = open_page(place[0].path, "scenarios", "en", monkeypatch)
    app.file_uploader[0].set_value((f"theirs.{kind}", content, "application/octet-stream")).run()
    app.button(key="read_scenarios").click().run()
    assert not app.exception and not app.error
    assert words.Locale("en")("page_scenarios.files.done", n="2", file=f"theirs.{kind}") in told(app)
    copies = [dataclasses.replace(one, contract=None) for one in known]
    assert [one.scenario for one in scenario_store.list_scenarios(*place)] == known + copies
    assert scenario_store.of_criteria(*place, digest) == known[0], "a copy decides nothing"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_everything_that_is_wrong_with_a_file_is_listed_and_nothing_is_taken(place, two, language, monkeypatch):
    table = json.loads(scenario_files.to_json([one.scenario for one in scenario_store.list_scenarios(*place)]))
    table["scenarios"][0]["effort"]["pairs"] = -1
    table["scenarios"][1]["prices"]["false_match"] = None
    app = open_page(place[0].path, "scenarios", language, monkeypatch)
    app.file_uploader[0].set_value(("bad.json", json.dumps(table).encode(), "application/json")).run()
    app.button(key="read_scenarios").click().run()
    assert words.Locale(language)("page_scenarios.files.refused", file="bad.json") in told(app) and not app.exception
    listed = app.dataframe[0].value
    assert len(listed) == 2 and listed.iloc[:, 0].tolist() == ["scenarios[1]", "scenarios[2]"]
    assert len(scenario_store.list_scenarios(*place)) == 2


def test_both_files_are_offered(place, two, monkeypatch):
    app = open_page(place[0].path, "scenarios", "ja", monkeypatch)
    offered = [e.proto.label for e in elements(app._tree) if e.type == "download_button"]
    assert offered == [words.Locale("ja")(f"page_scenarios.files.{kind}") for kind in ("xlsx", "json")]


# Trouble


def test_a_scenario_that_does_not_fit_the_decisions_is_told_beside_the_others(place, two, monkeypatch):
    table = two[1].scenario.to_dict() | {"name": "Elsewhere"}
    table["prices"] = {"currency": "JPY", "segments": {"lamp": {**PRICES.to_dict()}}}
    del table["prices"]["segments"]["lamp"]["currency"]
    scenario_store.save(*place, type(two[1].scenario).from_dict(table))
    app = open_page(place[0].path, "scenarios", "en", monkeypatch)
    assert not app.exception and "Elsewhere" in app.warning[0].value
    assert words.Locale("en")("roi.figure.one_off") in tables(app).lower()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_range_that_the_prices_refuse_blocks_no_page_and_no_report(place, two, language, monkeypatch):
    t, path = words.Locale(language), "prices/review/accuracy"
    prices = dataclasses.replace(PRICES, review=cost.Review(20, 0.7)).to_dict()
    wide = dataclasses.replace(two[1].scenario, name="Too wide", prices=prices, ranges={path: (0.4, 1)})
    kept = scenario_store.save(*place, wide)
    app = open_page(place[0].path, "scenarios", language, monkeypatch)
    [warning] = [re.sub(r"\\(.)", r"\1", one.value) for one in app.warning]
    assert "Too wide" in warning and roi_inputs.called(t, path) in warning and not app.exception and not app.error
    assert t("roi.figure.net_present_value").lower() in tables(app).lower()
    content = ReportFacts(t, analysed(*place), datetime.date.today())
    assert list(content.scenario_table) == ["Own servers", "Cloud"]
    app = open_page(place[0].path, "roi", language, monkeypatch, scenario=kept.id)
    assert roi_inputs.called(t, path) in re.sub(r"\\(.)", r"\1", app.error[0].value) and not app.exception


def test_a_file_with_a_range_that_the_prices_refuse_is_refused(place, two, monkeypatch):
    prices = dataclasses.replace(PRICES, review=cost.Review(20, 0.7)).to_dict()
    table = two[1].scenario.to_dict() | {"prices": prices, "ranges": {"prices/review/accuracy": [0.4, 1]}}
    content = scenario_files.to_json([type(two[1].scenario).from_dict(table)])
    app = open_page(place[0].path, "scenarios", "en", monkeypatch)
    app.file_uploader[0].set_value(("wide.json", content, "application/json")).run()
    app.button(key="read_scenarios").click().run()
    assert app.dataframe[0].value.iloc[0, 2] == "prices/review/accuracy" and not app.exception
    assert len(scenario_store.list_scenarios(*place)) == 2


def test_an_address_of_no_scenario_is_that_of_the_unsaved_inputs(place, two, monkeypatch):
    for page in ("scenarios", "roi"):
        app = open_page(place[0].path, page, "en", monkeypatch, scenario="../../etc")
        assert not app.exception and not app.error


def test_every_link_keeps_the_scenario(place, two, monkeypatch):
    app = open_page(place[0].path, "scenarios", "en", monkeypatch, scenario=two[1].id)
    links = [e.proto.query_string for e in elements(app._tree) if e.type == "page_link"]
    assert links and all(f"scenario={two[1].id}" in link for link in links)
