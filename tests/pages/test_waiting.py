"""Pages whose figures a background job makes: how far it is while it works, and why it failed; and what a page reads of runs."""

import datetime

import pytest
from example_poc import complete, config, import_example
from pages_under_test import open_page, shown
from streamlit.testing.v1 import AppTest

from dashboard.context import PageContext
from dashboard.widgets.text import plain
from kdmcse import data
from kdmcse import i18n as words
from kdmcse.engine import runs
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.errors import UserError
from kdmcse.processes import benchmarks, interpolation, projection
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

T = {language: words.Locale(language) for language in words.LANGUAGES}
PAGES = ("map", "scores", "benchmarks")
SAID = {
    "map": "page_map.drawing",
    "scores": "page_scores.interpolation.measuring",
    "benchmarks": "page_benchmarks.measuring",
}
FAILED = {
    "map": "page_map.failed",
    "scores": "page_scores.interpolation.failed",
    "benchmarks": "page_benchmarks.failed",
}


@pytest.fixture
def measured(tmp_path):
    """Every method with one training."""
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources")
    return workspace, complete(workspace, dataset, seeds=(0,))


def job_of(page: str, measured) -> BackgroundJob:
    workspace, trained = measured
    run, baseline = trained["kdmcse"][0], trained["baseline"][0]
    if page == "benchmarks":
        return benchmarks.job(workspace, run.config.dataset)
    job = projection.job(run, baseline) if page == "map" else interpolation.job(run)
    job.folder.mkdir(parents=True, exist_ok=True)
    return job


def opened(page: str, measured, language: str, monkeypatch) -> AppTest:
    return open_page(measured[0].path, page, language, monkeypatch)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_while_a_job_works_its_page_says_how_far_and_afterwards_asks_anew(measured, page, language, monkeypatch):
    job, counted = job_of(page, measured), {"done": 1, "total": 5, "run": None}
    write_json(job.folder / "progress.json", counted if page == "benchmarks" else {"done": 1})
    said = T[language](SAID[page], **{} if page == "map" else {"done": "1", "total": "5"})
    with job.hold():
        app = opened(page, measured, language, monkeypatch)
        assert any(said in one for one in shown(app)) and not app.exception and not app.error
    app.run()
    assert not any(said in one for one in shown(app)) and not app.exception


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_why_a_job_failed_is_said_in_its_own_words_or_in_those_of_the_page(measured, page, language, monkeypatch):
    job, error = job_of(page, measured), UserError("run_alive", run="r")
    job.end("failed", None)
    assert [one.value for one in opened(page, measured, language, monkeypatch).error] == [T[language](FAILED[page])]
    job.end("failed", error)
    (told,) = opened(page, measured, language, monkeypatch).error
    assert plain(error.hint(language)) in told.value


@pytest.mark.parametrize("page", PAGES)
def test_what_works_in_the_background_can_be_stopped_from_its_page(measured, page, monkeypatch):
    job = job_of(page, measured)
    write_json(
        job.folder / "progress.json", {"done": 1, "total": 5, "run": None} if page == "benchmarks" else {"done": 1}
    )
    with job.hold():
        app = opened(page, measured, "en", monkeypatch)
        [stop] = [one for one in app.button if (one.key or "").startswith("stop_")]
        stop.click().run()
        assert job.is_asked_to_stop() and not app.exception
        app = opened(page, measured, "en", monkeypatch)
        assert T["en"]("shared.waiting.stopping") in shown(app)


def test_a_page_reads_the_runs_once_and_what_is_drawn_again_reads_them_afresh(measured):
    workspace, trained = measured
    run, (dataset,) = trained["kdmcse"][0], data.list_datasets(workspace)
    context = PageContext(T["en"], workspace, dataset, datetime.date.today())
    before = context.runs
    assert run in before and context.active == []
    asked = runs.create(workspace, config(dataset, "simcse", 7))
    with run.hold():
        assert context.runs is before and context.active == []
        assert set(context.afresh().active) == {run, asked}
