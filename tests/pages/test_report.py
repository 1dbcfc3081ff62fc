"""The report page offers each form, builds it when asked, and offers the file in the language that was chosen."""

import datetime

import pytest
from example_poc import PRICES, complete, import_example
from pages_under_test import open_page

from kdmcse import cost
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.store.workspace import Workspace

BEGINS = {"pptx": b"PK", "pdf": b"%PDF", "html": b"<!doctype html>", "workbook": b"PK", "xlsx": b"PK"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "sources")
    complete(workspace, dataset, seeds=(0,))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_form_says_what_it_holds_and_is_built_when_asked(place, language, monkeypatch):
    import dashboard.views.report as view

    built = {}
    render = view.render
    monkeypatch.setattr(view, "render", lambda *given, **named: built.setdefault(given[2], render(*given, **named)))
    t = Locale(language)
    app = open_page(place.path, "report", language, monkeypatch)
    texts = [one.value for one in app.text]
    for form in BEGINS:
        assert t(f"page_report.{form}.text") in texts
    assert not built, "nothing is built before somebody asks"
    for form, begin in BEGINS.items():
        app.button(key=f"build_{form}").click().run()
        assert not app.exception and not app.error
        assert built[form].startswith(begin)
        [ready] = [one.value for one in app.text if t(f"page_report.{form}.name") in one.value and "KB" in one.value]
    other = next(one for one in LANGUAGES if one != language)
    app.radio(key="report_language").set_value(other)
    app.button(key="build_html").click().run()
    assert f'<html lang="{language}">'.encode() in built["html"], "kept from before"
    built.clear()
    app.button(key="build_html").click().run()
    assert f'<html lang="{other}">'.encode() in built["html"]
    assert str(datetime.date.today().year).encode() in built["html"]
