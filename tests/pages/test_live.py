"""The page of the live demonstration: what it says in every state, that votes are blind, and that it loads no model itself."""

import shutil

import numpy as np
import pytest
from example_live import live_poc
from example_poc import complete, import_example
from pages_under_test import open_page, shown

from dashboard import cache
from kdmcse import demonstration
from kdmcse.config import CANDIDATE
from kdmcse.engine.runs import list_runs
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

languages = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    """Made-up models: held-out captions can be searched, nothing can be encoded."""
    folder = tmp_path_factory.mktemp("poc")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    return workspace, dataset, complete(workspace, dataset, seeds=(0, 1, 2))


@pytest.fixture
def copy(poc, tmp_path):
    """The same, to be changed by one test."""
    shutil.copytree(poc[0].path, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def caption(dataset, place=0) -> str:
    return dataset.pairs.loc[dataset.pairs["held_out"], "caption"].iloc[place]


def said(app) -> str:
    return "\n".join(shown(app)).replace("\\", "")


def button(app, key):
    return next(one for one in app.button if one.key == key)


@languages
def test_before_a_sentence_it_offers_three_by_a_rule(poc, language, monkeypatch):
    t = Locale(language)
    app = open_page(poc[0].path, "live", language, monkeypatch)
    text = said(app)
    assert t("page_live.prepared.rule") in text and t("page_live.query.start") in text
    assert [one.key for one in app.button if one.key.startswith("query_")] == [
        "query_helps",
        "query_equal",
        "query_hurts",
    ]


@languages
def test_a_prepared_sentence_is_answered_without_any_model(poc, language, monkeypatch):
    t = Locale(language)
    app = open_page(poc[0].path, "live", language, monkeypatch)
    button(app, "query_helps").click().run()
    text = said(app)
    assert t("page_live.query.left_out") in text
    assert "10" in text and ("same" in text or "共通" in text or "同じ" in text)
    assert cache.query_encoder().process is None


def test_the_typical_training_is_shown_not_the_best_one(poc, monkeypatch):
    workspace, dataset, runs = poc
    app = open_page(workspace.path, "live", "en", monkeypatch, query=caption(dataset), mode="vote", judge="Aiko")
    button(app, "ballot_A").click().run()
    assert demonstration.votes(workspace, dataset.fingerprint)["new"].iloc[-1] == runs[CANDIDATE][1].id
    button(app, "ballot_undo").click().run()


@languages
def test_a_sentence_that_cannot_be_encoded_is_told_why(poc, language, monkeypatch):
    app = open_page(poc[0].path, "live", language, monkeypatch, query="something else")
    assert "students/small" in said(app) or "student" in said(app)
    long = open_page(poc[0].path, "live", language, monkeypatch, query="a" * 501)
    assert "501" in said(long)
    empty = open_page(poc[0].path, "live", language, monkeypatch, query="  ")
    assert Locale(language)("errors.query_empty.message") in said(empty)


@languages
def test_a_vote_is_blind_counted_once_and_undone(copy, language, monkeypatch):
    t = Locale(language)
    [dataset] = cache.datasets(copy)
    given = {"query": caption(dataset, 3), "mode": "vote", "judge": "Aiko"}
    app = open_page(copy.path, "live", language, monkeypatch, **given)
    lists = [one for one in shown(app) if one == t("page_live.result.new")]
    assert lists == [] and t("page_live.prepared.helps", count=1, total=1)[:9] not in said(app)
    button(app, "ballot_B").click().run()
    assert len(demonstration.votes(copy, dataset.fingerprint)) == 1
    assert t("page_live.vote.better", side="B") in said(app)
    assert not [one for one in app.button if one.key in ("ballot_A", "ballot_B", "ballot_equal")]
    button(app, "ballot_undo").click().run()
    assert demonstration.votes(copy, dataset.fingerprint).empty
    button(app, "ballot_equal").click().run()
    assert demonstration.votes(copy, dataset.fingerprint)["preference"].tolist() == ["equal"]


@languages
def test_who_saw_the_names_votes_on_another_sentence(copy, language, monkeypatch):
    t = Locale(language)
    [dataset] = cache.datasets(copy)
    app = open_page(copy.path, "live", language, monkeypatch, query=caption(dataset, 4), judge="Aiko")
    again = open_page(copy.path, "live", language, monkeypatch, query=caption(dataset, 4), judge="Aiko", mode="vote")
    assert t("page_live.vote.seen") in said(again) and app is not again
    assert not [one for one in again.button if one.key == "ballot_A"]
    other = open_page(copy.path, "live", language, monkeypatch, query=caption(dataset, 5), judge="Aiko", mode="vote")
    assert t("page_live.vote.ask") in said(other)


@languages
def test_who_has_no_name_is_asked_for_it_first(poc, language, monkeypatch):
    app = open_page(poc[0].path, "live", language, monkeypatch, mode="vote")
    assert Locale(language)("page_live.vote.who") in said(app)
    assert not [one for one in app.button if one.key.startswith("query_")]


def test_a_sentence_is_saved_and_taken_off_again(copy, monkeypatch):
    [dataset] = cache.datasets(copy)
    app = open_page(copy.path, "live", "en", monkeypatch, query=caption(dataset, 6))
    button(app, "keep_query").click().run()
    assert [one.text for one in demonstration.saved(copy, dataset.fingerprint)] == [caption(dataset, 6)]
    assert [one for one in app.button if one.key == "query_saved_0"]
    button(app, "keep_query").click().run()
    assert demonstration.saved(copy, dataset.fingerprint) == []


@languages
def test_two_models_that_are_the_same_are_called_so(copy, language, monkeypatch):
    [dataset] = cache.datasets(copy)
    runs = list_runs(copy)
    for run in runs:
        np.save(run.folder / "evaluation" / "embeddings.npy", np.load(runs[0].folder / "evaluation" / "embeddings.npy"))
    app = open_page(copy.path, "live", language, monkeypatch, query=caption(dataset))
    assert Locale(language)("page_live.result.identical") in said(app)
    voting = open_page(copy.path, "live", language, monkeypatch, query=caption(dataset, 1), mode="vote", judge="Aiko")
    assert Locale(language)("page_live.vote.alike") in said(voting)


@languages
def test_without_a_new_model_the_way_to_one_is_shown(copy, language, monkeypatch):
    for run in list_runs(copy):
        if run.config.method == CANDIDATE:
            shutil.rmtree(run.folder)
    app = open_page(copy.path, "live", language, monkeypatch)
    assert Locale(language)("page_live.no_new.title") in said(app)


@languages
def test_everything_is_searched_once_prepared_and_marked_as_trained_on(copy, language, monkeypatch):
    t = Locale(language)
    [dataset] = cache.datasets(copy)
    app = open_page(copy.path, "live", language, monkeypatch, scope="everything")
    count = t.number(dataset.pairs["caption"].nunique())
    assert t("page_live.scope.missing", count=count) in said(app)
    rng = np.random.default_rng(0)
    for run in list_runs(copy):
        (run.folder / "search").mkdir()
        vectors = rng.normal(size=(dataset.pairs["caption"].nunique(), 12)).astype(np.float32)
        np.save(run.folder / "search" / "everything.npy", vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    app = open_page(copy.path, "live", language, monkeypatch, scope="everything", query=caption(dataset))
    assert t("page_live.scope.trained", count=count) in said(app)


@languages
def test_a_frozen_snapshot_shows_all_and_takes_votes_beside_it_only(copy, language, tmp_path, monkeypatch):
    t = Locale(language)
    [dataset] = cache.datasets(copy)
    write_json(copy.path / "snapshot.json", {"version": 1, "created": "2026-11-30T00:00:00+00:00", "files": {}})
    before = sorted(copy.path.rglob("*"))
    given = {"query": caption(dataset), "judge": "Aiko"}
    look = open_page(copy.path, "live", language, monkeypatch, **given)
    assert t("shared.frozen") in said(look) and t("shared.fault.message") not in said(look)
    refused = open_page(copy.path, "live", language, monkeypatch, mode="vote", **given)
    assert t("page_live.vote.frozen") in said(refused)
    monkeypatch.setenv("KDMCSE_VOTES", str(tmp_path / "votes"))
    app = open_page(copy.path, "live", language, monkeypatch, mode="vote", query=caption(dataset, 1), judge="Aiko")
    button(app, "ballot_A").click().run()
    assert len(demonstration.votes(cache.workspace(), dataset.fingerprint)) == 1
    assert sorted(copy.path.rglob("*")) == before and list((tmp_path / "votes").rglob("*.jsonl"))


@pytest.mark.slow
@languages
def test_a_typed_sentence_is_answered_by_both_models(tmp_path, language, monkeypatch):
    poc = live_poc(tmp_path)
    try:
        app = open_page(poc.workspace.path, "live", language, monkeypatch, query="a big red mug")
        text = said(app)
        assert Locale(language)("page_live.query.left_out") not in text
        assert ("same" if language == "en" else "共通") in text or "順" in text
        assert cache.query_encoder().process is not None
    finally:
        cache.query_encoder().close()
        cache.query_encoder.clear()  # its log is in the workspace of this test
