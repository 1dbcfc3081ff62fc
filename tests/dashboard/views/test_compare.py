"""Trainings side by side: what a visitor sees first, what the address brings back, and what cannot be compared."""

import pytest
from example_poc import complete, config, evaluated, import_example
from pages_under_test import open_page, shown

from dashboard.widgets.text import plain
from kdmcse.config import TrainingConfig
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.store import jsonl
from kdmcse.store.workspace import Workspace


@pytest.fixture
def poc(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    runs = complete(workspace, dataset)
    for run in runs["kdmcse"]:
        jsonl.append(run.progress_file, [{"step": step, "loss": {"total": 3.0 / step}} for step in (1, 2, 3)])
    return workspace, dataset, runs


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_typical_trainings_are_compared_with_the_current_model_first(poc, language, monkeypatch):
    workspace, t = poc[0], Locale(language)
    app = open_page(workspace.path, "compare", language, monkeypatch)
    assert not app.exception
    assert len(app.multiselect[0].value) == 4
    assert app.query_params["compared"] == ",".join(app.multiselect[0].value)
    assert len(app.get("plotly_chart")) == 2
    told = shown(app)
    assert t("page_compare.typical") in told or plain(t("page_compare.typical")) in told
    links = [one.proto.query_string for one in app.get("page_link") if "against=baseline" in one.proto.query_string]
    assert links and "kind=decisions" in links[0] and "method=kdmcse" in links[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_address_brings_the_view_back(poc, language, monkeypatch):
    workspace, dataset, runs = poc
    other = evaluated(workspace, dataset, config(dataset, "kdmcse", 0, training=TrainingConfig(epochs=3)), 0.5)
    mine = [runs["mcse"][2].id, other.id]
    app = open_page(
        workspace.path, "compare", language, monkeypatch, compared=",".join([*mine, "unknown"]), zero=other.id
    )
    assert not app.exception
    assert app.multiselect[0].value == mine
    t = Locale(language)
    assert any(t("page_compare.of_settings", name="", n="2").strip(" ,、") in one for one in shown(app))
    again = app.multiselect[0].set_value(mine[:1]).run()
    assert t("page_compare.too_few") in shown(again) and again.query_params["compared"] == mine[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_that_are_alike_are_shown_only_when_asked_for(poc, language, monkeypatch):
    workspace, _, runs = poc
    t, two = Locale(language), ",".join(run.id for run in runs["kdmcse"][:2])
    app = open_page(workspace.path, "compare", language, monkeypatch, compared=two)
    head = t("page_compare.setting")
    (table,) = (one.value for one in app.table if head in one.value.columns)
    assert len(table) == 1, "the seed"
    app.toggle(key="only_differences").set_value(False).run()
    (table,) = (one.value for one in app.table if head in one.value.columns)
    assert len(table) > 20 and not app.exception
