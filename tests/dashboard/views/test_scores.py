"""The page of the scores: a figure with its interval, or a dash and why."""

from types import SimpleNamespace

import pytest
from example_annotation import judge_all
from example_poc import complete, import_example
from pages_under_test import FOLDED, open_page, shown

from dashboard.views import scores
from dashboard.widgets.text import plain
from kdmcse import annotation
from kdmcse.i18n import LANGUAGES, MISSING, Locale
from kdmcse.store.workspace import Workspace


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_judged_pairs_have_no_score_and_only_why(tmp_path, language, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), Locale(language)
    dataset = import_example(workspace, tmp_path / "source", sts=0)
    complete(workspace, dataset)
    annotation.propose(workspace, dataset, 30)
    judge_all((workspace, dataset), "Aiko", [1, 5])
    app = open_page(workspace.path, "scores", language, monkeypatch)
    assert not app.exception
    head = plain(t("page_scores.measures.spearman"))
    (judged,) = (table.value for table in app.table if head in table.value.columns)
    assert set(judged[head]) == {MISSING}
    told = shown(app)
    assert plain(t("page_scores.judged.text", count=2)) in told, "which speaks of no interval"
    assert plain(t("stats.note.few_units", count=2, min_units="3")) in told
    assert plain(t("stats.note.wide", count=2, min_rows="20")) not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_test_judgements_decide_nothing_and_are_told_where_the_score_would_stand(tmp_path, language, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), Locale(language)
    dataset = import_example(workspace, tmp_path / "source", sts=2)
    complete(workspace, dataset)
    why = t("stats.reason.few_units", count=2, min_units="3")
    for page in ("scores", "overview", "report"):
        app = open_page(workspace.path, page, language, monkeypatch)
        assert not app.exception
        told = " ".join(shown(app))
        assert why in told or page == "report"
        assert "1.000" not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_methods_were_trained_once_is_said_once_above_the_comparisons(tmp_path, language, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), Locale(language)
    complete(workspace, import_example(workspace, tmp_path / "source"), seeds=(0,))
    app = open_page(workspace.path, "scores", language, monkeypatch)
    once = t("stats.reason.one_seed", min_seeds="2")
    told = [one for one in shown(app) if once in one]
    assert len(told) == 2 and told[1] == t.join([once, t("stats.need.seeds")]), "in the answer, and above the lists"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_plot_answers_and_all_numbers_wait_behind_it(tmp_path, language, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), Locale(language)
    complete(workspace, import_example(workspace, tmp_path / "source"))
    closed = open_page(workspace.path, "scores", language, monkeypatch, folded=FOLDED)
    assert not closed.exception and not closed.table
    assert len(closed.get("plotly_chart")) == 1
    told = " ".join(shown(closed))
    assert t("results.method.simcse_margin") not in told, "which nobody trained"
    opened = open_page(workspace.path, "scores", language, monkeypatch)
    assert len(opened.get("plotly_chart")) == 2 and len(opened.table) >= 4
    told = shown(opened)
    assert t("page_scores.reading.text") in told and plain(t("page_scores.strict")) in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_todays_student_has_no_trainings(language, monkeypatch):
    t, runs = Locale(language), {"baseline": [0], "kdmcse": [0, 1, 2]}
    monkeypatch.setattr(scores, "interval_text", lambda t, interval: "")
    intervals = SimpleNamespace(interval=lambda method, metric: None)
    context = SimpleNamespace(
        t=t, results=SimpleNamespace(of_method=runs.get), analysis=SimpleNamespace(intervals=intervals)
    )
    told = {method: scores._row(context, "sts", method)[t("page_scores.runs")] for method in runs}
    assert told == {"baseline": MISSING, "kdmcse": "3"}
