"""The meeting mode shows the report's own sections as at most five slides, of which the address names one; before results, the way to them."""

import dataclasses
import datetime

import pytest
from example_poc import PRICES, agreed, complete, import_example
from pages_under_test import elements, open_page, shown

from dashboard.views.meeting import MOST, ORDER, sections
from dashboard.widgets.text import plain
from kdmcse import cost
from kdmcse.documents.content import Sentence
from kdmcse.documents.report_content import report
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.results.analysis import Analysis
from kdmcse.results.results import load_results
from kdmcse.store.workspace import Workspace

CANARY = "{} <img src=x> **bold**"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meeting")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "sources", caption=CANARY, synthetic=True)
    agreed(workspace, dataset)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace


@pytest.fixture(scope="module")
def documents(place):
    [folder] = place.datasets.iterdir()
    analysis = Analysis(load_results(place, folder.name))
    return {language: report(analysis, language, today=datetime.date.today()) for language in LANGUAGES}


def slide(place, language, monkeypatch, number):
    app = open_page(place.path, "meeting", language, monkeypatch, slide=str(number))
    assert not app.exception and not app.error
    return app


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slide_says_what_its_section_of_the_report_says(place, documents, language, monkeypatch):
    t, chosen = Locale(language), sections(documents[language])
    assert len(chosen) == MOST
    for number, section in enumerate(chosen, 1):
        app = slide(place, language, monkeypatch, number)
        told = shown(app)
        assert plain(section.title) in told
        assert any(t("results.notice") in text for text in told), "that the sample is made up"
        for block in section.all_blocks:
            if isinstance(block, Sentence):
                assert block.text in told or plain(block.text) in told
        [way] = [
            e.proto
            for e in elements(app._tree)
            if e.type == "page_link" and e.proto.label == plain(t("page_meeting.leave"))
        ]
        assert f"lang={language}" in way.query_string and "slide" not in way.query_string


def test_nothing_can_be_entered(place, monkeypatch):
    app = slide(place, "en", monkeypatch, 1)
    assert not [e for e in app.main if e.type in ("selectbox", "text_input", "number_input", "radio", "checkbox")]
    assert not app.main.get("button")


def test_a_slide_that_there_is_not_is_the_first(place, documents, monkeypatch):
    first = documents["en"].sections[0]
    for asked in ("0", "6", "-1", "９", "x"):
        assert plain(first.title) in shown(slide(place, "en", monkeypatch, asked))


def test_captions_are_never_markup(place, documents, monkeypatch):
    number = 1 + [one.name for one in sections(documents["en"])].index("examples")
    app = slide(place, "en", monkeypatch, number)
    assert any("<img src=x>" in text.value for text in app.text), "as text"
    for element in elements(app._tree):
        if element.type in ("markdown", "header", "subheader"):
            assert "<img src=x" not in element.value


def test_fewer_sections_are_fewer_slides(documents):
    document = documents["en"]
    some = [one for one in document.sections if one.name in ("criteria", "answer", "map")]
    assert [one.name for one in sections(dataclasses.replace(document, sections=some))] == ["answer", "criteria"]
    without = [one for one in document.sections if one.name != "examples"]
    names = [one.name for one in sections(dataclasses.replace(document, sections=without))]
    assert names == [name for name in ORDER if name != "examples"], "another stands in"


def test_the_report_is_built_once_for_all_slides(place, monkeypatch):
    from dashboard import cache

    built = []
    monkeypatch.setattr(cache, "report", lambda *given, **named: built.append(given) or report(*given, **named))
    cache._documents.clear()
    app = slide(place, "ja", monkeypatch, 1)
    for number in ("2", "3"):
        app.query_params["slide"] = number
        assert not app.run().exception
    assert len(built) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_anything_is_measured_it_shows_the_way(language, tmp_path, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), Locale(language)
    assert t("shared.no_dataset.text") in shown(open_page(workspace.path, "meeting", language, monkeypatch))
    dataset = import_example(workspace, tmp_path / "sources")
    agreed(workspace, dataset)
    app = open_page(workspace.path, "meeting", language, monkeypatch)
    assert t("shared.no_evaluation.text") in shown(app)
    assert any(e.proto.page.endswith("training") for e in elements(app.main) if e.type == "page_link")
