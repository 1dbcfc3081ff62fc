"""KPIs of people's own: agreed in the form, their values brought once the criteria are locked, seen on the first page."""

import datetime
import re

import pytest
from example_poc import agreed, complete, import_example
from pages_under_test import CANARY, elements, open_page, shown

from kdmcse.criteria import kpi_values, locking
from kdmcse.criteria.kpis import MOST
from kdmcse.governance.deletion import delete_dataset
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.kpis import target_text
from kdmcse.store.workspace import Workspace

TIME = {"name": "Handling time", "target": 4, "direction": "at_most", "unit": "min"}
SHARE = {"name": "Passed on", "target": 30, "direction": "at_most", "unit": "%"}
VOTES = {"name": "Preferred", "target": 55, "direction": "at_least", "source": "votes"}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "source")


def one(app, kind: str, key: str):
    return next(found for found in getattr(app, kind) if found.key.startswith(key))


def part(app, kind: str, name: str, number: int = 0):
    """An input of a KPI in the form."""
    return one(app, kind, f"criteria_kpi_{name}_{number}_")


def told(app) -> str:
    return re.sub(r"\\(.)", r"\1", "\n".join(shown(app)))


def tables(app) -> str:
    return re.sub(r"\\(.)", r"\1", "\n".join(table.value.to_csv() for table in app.table))


def people(app):
    one(app, "text_input", "criteria_name_").set_value("Aiko Mori").run()
    return app


# The form


@pytest.mark.parametrize("language", LANGUAGES)
def test_kpis_are_typed_outlive_a_reload_and_are_locked(workspace, dataset, language, monkeypatch):
    app = people(open_page(workspace.path, "criteria", language, monkeypatch))
    part(app, "text_input", "name").set_value("Handling time").run()
    part(app, "number_input", "target").set_value(4.0).run()
    part(app, "selectbox", "direction").set_value("at_most").run()
    part(app, "text_input", "unit").set_value("min").run()
    part(app, "text_input", "name", 1).set_value("Preferred").run()
    part(app, "selectbox", "source", 1).set_value("votes").run()
    part(app, "number_input", "target", 1).set_value(55.0).run()
    again = open_page(workspace.path, "criteria", language, monkeypatch)
    assert part(again, "text_input", "name", 1).value == "Preferred"
    assert part(again, "text_input", "name", 2).value == "", "a line to go on with"
    again.button(key="lock_criteria").click().run()
    assert not again.exception and not again.error
    kpis = locking.current(workspace, dataset.fingerprint).criteria.kpis
    assert [kpi.to_dict() for kpi in kpis] == [TIME | {"source": "entered"}, VOTES | {"unit": "%"}]
    assert all(target_text(Locale(language), kpi) in tables(again) for kpi in kpis)


def test_a_line_that_was_emptied_loses_none_below_it(workspace, dataset, monkeypatch):
    agreed(workspace, dataset, kpis=[TIME, SHARE, VOTES])
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    app.button(key="change_criteria").click().run()
    for kind, name, empty in (("text_input", "name", ""), ("number_input", "target", None), ("text_input", "unit", "")):
        part(app, kind, name, 1).set_value(empty).run()
    app.run()
    assert part(app, "text_input", "name", 2).value == "Preferred"
    people(app).button(key="lock_criteria").click().run()
    names = [kpi.name for kpi in locking.current(workspace, dataset.fingerprint).criteria.kpis]
    assert names == ["Handling time", "Preferred"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_with_a_kpi_is_told_beside_it_or_when_it_is_locked(workspace, dataset, language, monkeypatch):
    t, app = Locale(language), people(open_page(workspace.path, "criteria", language, monkeypatch))
    part(app, "text_input", "name").set_value("Preferred").run()
    assert not app.error, "the target is still to be typed"
    app.button(key="lock_criteria").click().run()
    field = t("criteria.kpi.place", place="1", field=t("criteria.kpi.field.target"))
    assert field in told(app) and locking.current(workspace, dataset.fingerprint) is None
    part(app, "selectbox", "source").set_value("votes").run()
    part(app, "number_input", "target").set_value(120.0).run()
    assert len(app.error) == 1 and field in told(app)
    part(app, "number_input", "target").set_value(60.0).run()
    part(app, "text_input", "name", 1).set_value("preferred").run()
    part(app, "number_input", "target", 1).set_value(1.0).run()
    assert len(app.error) == 1 and t("criteria.field.kpis") in told(app), "two of one name"


def test_there_is_no_line_for_more_than_are_kept(workspace, dataset, monkeypatch):
    agreed(workspace, dataset, kpis=[TIME | {"name": f"KPI {number}"} for number in range(MOST)])
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    app.button(key="change_criteria").click().run()
    assert len([one for one in app.text_input if one.key.startswith("criteria_kpi_name_")]) == MOST


# Their values


def test_without_kpis_nothing_is_asked_for(workspace, dataset, monkeypatch):
    agreed(workspace, dataset)
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert Locale("en")("page_criteria.kpis.section") not in told(app) and not app.number_input


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_is_typed_and_undone(workspace, dataset, language, monkeypatch):
    agreed(workspace, dataset, kpis=[TIME])
    t, app = Locale(language), open_page(workspace.path, "criteria", language, monkeypatch)
    assert t("criteria.state.unknown") in tables(app)
    app.button(key="kpi_add").click().run()
    assert len(app.error) == 1, "there is no value yet"
    one(app, "number_input", "kpi_value_").set_value(3.5).run()
    app.button(key="kpi_add").click().run()
    assert not app.exception and not app.error
    assert t("criteria.kpi.number", number="3.5", unit="min") in tables(app) and t("criteria.state.met") in tables(app)
    assert one(app, "number_input", "kpi_value_").value is None
    assert len(kpi_values.entries(workspace, dataset.fingerprint)) == 1
    app.button(key="kpi_undo").click().run()
    assert kpi_values.entries(workspace, dataset.fingerprint) == () and t("criteria.state.unknown") in tables(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_read_shown_and_kept_with_its_interval(workspace, dataset, language, monkeypatch):
    agreed(workspace, dataset, kpis=[TIME, SHARE])
    t, app = Locale(language), open_page(workspace.path, "criteria", language, monkeypatch)
    one(app, "selectbox", "kpi_chosen").select_index(1).run()
    lines = [
        "受付日,引き継ぎ",
        *[f"2026/3/{1 + n % 28},{'はい' if n % 10 == 0 else 'いいえ'}" for n in range(60)],
        ",はい",
    ]
    one(app, "file_uploader", "kpi_upload_").upload("survey.csv", "\n".join(lines).encode("cp932"), "text/csv").run()
    assert one(app, "selectbox", "kpi_day_column_").value == "受付日"
    assert one(app, "selectbox", "kpi_value_column_").value == "引き継ぎ"
    assert t("page_criteria.kpis.left_out", count=1) in told(app) and t("criteria.kpi.problem.day_missing") in told(app)
    app.button(key="kpi_keep").click().run()
    assert not app.exception and not app.error
    [entry] = kpi_values.entries(workspace, dataset.fingerprint)
    assert (entry.kpi, entry.file, entry.value.rows, entry.left_out) == ("passed on", "survey.csv", 60, 1)
    assert "10%" in tables(app) and t("criteria.state.met") in tables(app)
    assert not [button for button in app.button if button.key == "kpi_keep"]


def test_a_file_that_cannot_be_read_says_why(workspace, dataset, monkeypatch):
    agreed(workspace, dataset, kpis=[TIME])
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    one(app, "file_uploader", "kpi_upload_").upload("one.csv", b"value\n3\n", "text/csv").run()
    assert "one.csv" in told(app) and len(app.error) == 1 and not app.exception


def test_a_kpi_of_votes_asks_for_no_value(workspace, dataset, monkeypatch):
    agreed(workspace, dataset, kpis=[VOTES])
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert Locale("en")("page_criteria.kpis.votes", name="Preferred") in told(app)
    assert not app.number_input and not app.exception


# Where they are seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_kpis_stand_on_the_first_page(workspace, dataset, language, monkeypatch):
    complete(workspace, dataset, seeds=(0, 1))
    locked = agreed(workspace, dataset, kpis=[TIME, SHARE])
    today = datetime.date.today()
    time = locked.criteria.kpis[0]
    kpi_values.type_in(workspace, dataset.fingerprint, time, locked.criteria.stage, today, 3.5, today=today)
    t, app = Locale(language), open_page(workspace.path, "overview", language, monkeypatch)
    assert not app.exception and not app.error
    text = told(app)
    assert t("criteria.kpi.number", number="3.5", unit="min") in text and target_text(t, time) in text
    assert t("criteria.step.entered.unknown", kpi="Passed on") in text


def test_what_people_call_a_kpi_is_never_markup(workspace, dataset, monkeypatch):
    complete(workspace, dataset, seeds=(0, 1))
    name = CANARY[:40]
    agreed(workspace, dataset, kpis=[TIME | {"name": name, "unit": ":red[z]"}, SHARE])
    for page in ("criteria", "overview"):
        app = open_page(workspace.path, page, "en", monkeypatch)
        assert not app.exception
        for element in elements(app._tree):
            if element.type in (
                "markdown",
                "caption",
                "subheader",
                "success",
                "error",
                "number_input",
                "button",
                "page_link",
            ):
                assert "![z](" not in str(element.proto) and " :red[z]" not in str(element.proto)


def test_values_go_with_the_dataset(workspace, dataset):
    locked = agreed(workspace, dataset, kpis=[TIME])
    where = workspace, dataset.fingerprint, locked.criteria.kpis[0], 1
    kpi_values.type_in(*where, datetime.date(2026, 3, 1), 3.5, today=datetime.date(2026, 3, 2))
    delete_dataset(workspace, dataset, with_runs=True)
    assert not list(workspace.contracts.iterdir())
