"""Examples on their pages: narrowed down by the address, pinned for the meeting, with what was found instead."""

import dataclasses
import datetime
import shutil

import numpy as np
import pandas as pd
import pytest
from example_poc import PRICES, analysed, complete, import_example
from pages_under_test import open_page, shown

from dashboard.widgets.text import plain
from kdmcse import cost, demonstration
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.demonstration import Ballot
from kdmcse.documents.report_content import report
from kdmcse.engine.runs import list_runs
from kdmcse.evaluation.retrieval import FOUND
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.votes import vote_sentence
from kdmcse.results import pins
from kdmcse.results.pins import Pin
from kdmcse.results.typical_run import current_and_new
from kdmcse.store.workspace import Workspace

languages = pytest.mark.parametrize("language", LANGUAGES)
TODAY = datetime.date(2026, 1, 15)


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poc")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", segments=("bags", "caps"))
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace, dataset


@pytest.fixture
def copy(poc, tmp_path):
    """The same, to be changed by one test."""
    shutil.copytree(poc[0].path, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace"), poc[1]


def said(app) -> str:
    return "\n".join(shown(app)).replace("\\", "")


def button(app, key):
    return next(one for one in app.button if one.key == key)


def changed(workspace, dataset):
    return analysed(workspace, dataset).disagreements("decisions", CANDIDATE, BASELINE)


@languages
def test_the_address_narrows_examples_down_and_the_lists_say_by_how_much(poc, language, monkeypatch):
    t, found = Locale(language), changed(*poc)
    word = found.gained["text_a"].iloc[0].split()[-1]
    app = open_page(poc[0].path, "disagreements", language, monkeypatch, way="gained", find=word)
    assert not app.exception and app.text_input(key="typed_find").value == word
    some = found.gained[(found.gained["text_a"] + found.gained["text_b"]).str.contains(word, regex=False)]
    count = t("shared.filter.count", shown=t.number(len(some)), all=t.number(len(found.gained)))
    if len(some) == len(found.gained):
        count = t.number(len(some))
    assert plain(t("page_disagreements.gained.decisions", n=count)).replace("\\", "") in said(app)
    assert t("page_disagreements.lost.decisions", n=t.number(len(found.lost))) not in said(app)


@languages
def test_what_is_typed_into_a_filter_stands_in_the_address_and_outlives_another_language(poc, language, monkeypatch):
    other = next(one for one in LANGUAGES if one != language)
    app = open_page(poc[0].path, "disagreements", language, monkeypatch)
    app.text_input(key="typed_find").set_value("nothing like it").run()
    assert app.query_params["find"] in ("nothing like it", ["nothing like it"])
    assert Locale(language)("shared.filter.nothing") in said(app)
    app.button(key=f"lang_{other}").click().run()
    assert app.text_input(key="typed_find").value == "nothing like it"
    assert Locale(other)("shared.filter.nothing") in said(app)
    app.button(key="reset_filter").click().run()
    assert "find" not in app.query_params and app.text_input(key="typed_find").value == ""
    assert not app.exception


def test_amounts_are_asked_for_and_told_on_each_card_where_they_differ_and_once_where_they_do_not(
    poc, copy, monkeypatch
):
    t, found = Locale("en"), changed(*poc)
    prices = sorted(found.table["price"].unique())
    assert len(prices) > 1
    most = int(prices[0])
    app = open_page(poc[0].path, "disagreements", "en", monkeypatch, most=str(most + 1))
    assert app.number_input(key="typed_most").value == most + 1
    shown_rows = int((found.table["price"] <= most + 1).sum())
    assert 0 < shown_rows < len(found.table)
    assert t("page_disagreements.costs", amount="", truth="").split(".")[0][:11] in said(app)
    workspace, dataset = copy
    by_truth = found.table.groupby("truth")["price"].first()
    missed = PRICES.missed_match * by_truth[0] / by_truth[1]  # so that both kinds of mistake amount to the same
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, missed_match=missed))
    assert changed(workspace, dataset).table["price"].round(6).nunique() == 1
    app = open_page(workspace.path, "disagreements", "en", monkeypatch)
    assert said(app).count("Each of these decisions represents about") == 1
    assert not [one for one in app.number_input if one.key == "typed_most"]
    assert "Saves about" not in said(app)


@languages
def test_trainings_that_are_compared_have_the_same_filters(poc, language, monkeypatch):
    t = Locale(language)
    app = open_page(poc[0].path, "compare", language, monkeypatch, way="lost", segment="bags")
    assert not app.exception and app.text_input(key="typed_find").value == ""
    assert t("page_compare.fixed", n="0") not in said(app) and "0" in said(app)
    app.text_input(key="typed_find").set_value("nothing like it").run()
    assert t("shared.filter.nothing") in said(app)


@languages
def test_a_search_shows_what_each_model_found_first(poc, language, monkeypatch):
    t = Locale(language)
    app = open_page(poc[0].path, "disagreements", language, monkeypatch, kind="caption_to_caption")
    found = analysed(*poc).disagreements("caption_to_caption", CANDIDATE, BASELINE)
    cards = min(6, len(found.gained)) + min(6, len(found.lost))
    assert not app.exception and said(app).count(t("page_disagreements.found.query")) == cards > 1


@languages
def test_an_image_search_shows_the_images_that_were_found_where_the_evaluation_kept_them(copy, language, monkeypatch):
    (workspace, dataset), t = copy, Locale(language)
    pairs = dataset.pairs.loc[dataset.pairs["held_out"], "pair"].to_numpy()
    for run in list_runs(workspace, dataset.fingerprint):
        if run.config.method == "mcse":  # which finds everything one place later
            table = pd.read_parquet(run.folder / "evaluation" / "retrieval.parquet")
            table["rank"] += table["direction"] == "caption_to_image"
            table.to_parquet(run.folder / "evaluation" / "retrieval.parquet")
        if run.config.method == CANDIDATE:
            found = {name: np.roll(pairs, place) for place, name in enumerate(FOUND)}
            pd.DataFrame(found | {"pair": pairs}).to_parquet(run.folder / "evaluation" / "found_images.parquet")
    sides = {"method": CANDIDATE, "against": "mcse", "kind": "caption_to_image"}
    app = open_page(workspace.path, "disagreements", language, monkeypatch, **sides)
    assert not app.exception
    cards = said(app).count(t("page_disagreements.found.query"))
    assert cards == 6 and said(app).count(t("page_disagreements.found.unknown")) == cards, "the other kept none"
    assert said(app).count(t("page_disagreements.found.right")) >= cards


@languages
def test_three_pinned_examples_stand_on_the_first_page_and_in_the_report_which_says_who_chose_them(
    copy, language, monkeypatch
):
    (workspace, dataset), t = copy, Locale(language)
    app = open_page(workspace.path, "disagreements", language, monkeypatch)
    rows = list(changed(workspace, dataset).gained["row"][:3])
    for number, row in enumerate(rows, 1):
        button(app, f"pin_True_{row}").click().run()
        assert t("page_disagreements.pins.count", n=str(number), most="3") in said(app)
    assert all(one.disabled for one in app.button if one.key.startswith("pin_False"))
    first = open_page(workspace.path, "overview", language, monkeypatch)
    texts = changed(workspace, dataset).table.set_index("row").loc[rows]
    assert t("first_page.examples.pinned") in said(first) and t("first_page.examples.title") not in said(first)
    assert all(text in said(first) for text in texts["text_a"])
    document = report(analysed(workspace, dataset), language, today=TODAY)
    [section] = [one for one in document.sections if one.name == "examples"]
    assert section.title == t("document.section.pinned")
    assert [len(one.examples) for one in (*section.blocks, *section.aside)] == [2, 1]
    told = " ".join(document.texts)
    kind = t("document.examples.kind_decisions")
    assert t("document.examples.pinned", kind=kind) in told and t("document.examples.shown", kind=kind) not in told
    button(app, "unpin_0").click().run()
    assert t("page_disagreements.pins.count", n="2", most="3") in said(app)


def test_a_pin_that_the_trainings_do_not_bear_out_any_more_gives_way_to_typical_examples(copy, monkeypatch):
    (workspace, dataset), t = copy, Locale("en")
    row = int(changed(workspace, dataset).gained["row"].iloc[0])
    pins.add(analysed(workspace, dataset), Pin("decisions", CANDIDATE, BASELINE, row, False))
    first = open_page(workspace.path, "overview", "en", monkeypatch)
    assert t("first_page.examples.title") in said(first)
    app = open_page(workspace.path, "disagreements", "en", monkeypatch)
    assert t("page_disagreements.pins.gone", count=1) in said(app)
    assert t("page_disagreements.pins.count", n="0", most="3") in said(app)


@languages
def test_blind_votes_stand_beside_the_score_and_in_the_report(copy, language, monkeypatch):
    (workspace, dataset), t = copy, Locale(language)
    assert t("votes.title") not in said(open_page(workspace.path, "scores", language, monkeypatch))
    current, new = current_and_new(analysed(workspace, dataset))
    for number in range(3):
        ballot = Ballot(f"sentence {number}", "held_out", current.id, new.id)
        demonstration.vote(workspace, dataset.fingerprint, "Aiko", ballot, "new")
    sentence = vote_sentence(t, demonstration.summary(workspace, dataset.fingerprint, new=new.id))
    app = open_page(workspace.path, "scores", language, monkeypatch)
    assert t("votes.title") in said(app) and sentence in said(app)
    assert sentence in report(analysed(workspace, dataset), language, today=TODAY).texts
