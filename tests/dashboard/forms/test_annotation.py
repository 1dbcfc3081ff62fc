"""Judging on the page: every press is kept at once, a reload goes on, and no model's opinion is shown."""

import errno
import re
from pathlib import Path

import pytest
import streamlit as st
from example_poc import complete, import_example
from pages_under_test import elements, open_page, shown

from dashboard import cache
from dashboard.widgets.text import plain
from kdmcse import annotation
from kdmcse import i18n as words
from kdmcse.annotation import agreement
from kdmcse.presentation.annotation import agreement_sentences, effort_sentences
from kdmcse.store.workspace import Workspace


@pytest.fixture
def shop(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    return workspace, dataset


@pytest.fixture
def proposed(shop):
    annotation.propose(*shop, 30)
    return shop


def press(app, key: str) -> None:
    """The button whose key begins so."""
    next(button for button in app.button if button.key.startswith(key)).click().run()
    assert not app.exception and not app.error


def sentences(app) -> set[str]:
    return {text.value for text in app.text}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_pairs_are_proposed_on_the_page_and_it_says_how(shop, language, monkeypatch):
    app = open_page(shop[0].path, "annotate", language, monkeypatch)
    assert words.Locale(language)("page_annotate.answer_none") in sentences(app)
    app.number_input(key="propose_number").set_value(40)
    press(app, "propose")
    assert len(annotation.read_items(*shop)) == 40
    told = re.sub(r"\\(.)", r"\1", app.success[0].value)
    assert words.Locale(language)("annotation.proposed.spelling") in told and "40" in told
    assert words.Locale(language)("page_annotate.answer", total="40") in sentences(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_name_begins_the_judging_and_stands_in_the_address(proposed, language, monkeypatch):
    app = open_page(proposed[0].path, "annotate", language, monkeypatch)
    app.text_input(key="judge_name").set_value("  Aiko ")
    app.button(key="start_judging").click().run()
    assert app.query_params["judge"] in ("Aiko", ["Aiko"])
    item = annotation.annotation_queue(*proposed, "Aiko").item
    assert {item.sentence1, item.sentence2} <= sentences(app)
    assert words.Locale(language)("page_annotate.person.now", name="Aiko") in sentences(app)
    labels = [button.label for button in app.button if button.key.startswith("act_score")]
    assert [re.sub(r"\\(.)", r"\1", label) for label in labels] == [
        f"{score} · {words.Locale(language)(f'page_annotate.score.{score}')}" for score in annotation.SCORES
    ]
    shown_keys = [element.proto.shortcut for element in elements(app._tree) if element.type == "button"]
    assert {"0", "1", "2", "3", "4", "5", "s", "u"} <= {key.lower() for key in shown_keys}


def test_a_name_that_is_none_is_refused_in_words(proposed, monkeypatch):
    app = open_page(proposed[0].path, "annotate", "ja", monkeypatch)
    app.button(key="start_judging").click().run()
    assert words.Locale("ja")("errors.annotator_without_name.message") in re.sub(r"\\(.)", r"\1", app.error[0].value)


def test_every_press_is_kept_at_once_and_the_next_pair_is_shown(proposed, monkeypatch):
    app = open_page(proposed[0].path, "annotate", "en", monkeypatch, judge="Aiko")
    for score in (0, 5, 3):
        item = annotation.annotation_queue(*proposed, "Aiko").item
        assert {item.sentence1, item.sentence2} <= sentences(app)
        press(app, f"act_score|{item.id}|{score}")
    table = annotation.judgements(*proposed)
    assert table["score"].tolist() == [0, 5, 3] and table["seconds"].between(0, 60).all()
    again = open_page(proposed[0].path, "annotate", "en", monkeypatch, judge="aiko")
    item = annotation.annotation_queue(*proposed, "Aiko").item
    assert {item.sentence1, item.sentence2} <= sentences(again), "a reload, or another window, goes on"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_with_the_first_judgement_nothing_says_any_more_that_nobody_has_judged(proposed, language, monkeypatch):
    nobody = words.Locale(language)("page_annotate.agreement.none")
    app = open_page(proposed[0].path, "annotate", language, monkeypatch, judge="Aiko")
    assert nobody in sentences(app) and "update" in [button.key for button in app.button]
    press(app, "act_score")
    assert nobody not in sentences(app)
    rests = words.Locale(language)("page_annotate.agreement.rests", count=1)
    assert [one.value for one in app.caption].count(rests) == 2, "agreement and effort say as of when they are"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_with_the_last_pair_the_whole_page_is_drawn_anew_so_that_its_counts_agree(shop, language, monkeypatch):
    annotation.propose(*shop, 4)
    app = open_page(shop[0].path, "annotate", language, monkeypatch, judge="Aiko")
    anew, rerun = [], st.rerun
    monkeypatch.setattr(st, "rerun", lambda: (anew.append(len(annotation.judgements(*shop))), rerun()))
    for _ in range(4):
        press(app, "act_score")
    assert anew == [1, 4], "with the first and the last; between them a press draws the next pair alone"
    assert effort_sentences(words.Locale(language), annotation.annotation_effort(*shop)) in sentences(app)


@pytest.mark.slow
def test_undo_skip_and_look_again(proposed, monkeypatch):
    app = open_page(proposed[0].path, "annotate", "en", monkeypatch, judge="Aiko")
    first = annotation.annotation_queue(*proposed, "Aiko").item
    press(app, f"act_score|{first.id}|4")
    press(app, "act_undo")
    assert annotation.annotation_queue(*proposed, "Aiko").item == first and first.sentence1 in sentences(app)
    press(app, "act_skip")
    assert annotation.annotation_queue(*proposed, "Aiko").skipped == 1
    for _ in range(29):
        press(app, "act_score")
    assert [one.value for one in app.success] == [
        plain(words.Locale("en")("page_annotate.desk.finished_skipped", skipped=1))
    ]
    press(app, "act_again")
    assert first.sentence1 in sentences(app)
    press(app, "act_score")
    assert [one.value for one in app.success] == [plain(words.Locale("en")("page_annotate.desk.finished"))]
    assert len(annotation.judgements(*proposed)) == 30


def test_enough_for_today_says_thank_you_and_lets_the_next_one_sit_down(proposed, monkeypatch):
    app = open_page(proposed[0].path, "annotate", "ja", monkeypatch, judge="Aiko")
    press(app, "act_score")
    press(app, "act_enough")
    thanks = words.Locale("ja")("page_annotate.person.thanks", name="Aiko", judged=1, total=30)
    for _ in range(2):
        assert thanks in re.sub(r"\\(.)", r"\1", app.success[0].value) and "judge" not in app.query_params
        app.run()  # as when the agreement has been measured
    press(app, "known_0")
    assert words.Locale("ja")("page_annotate.person.now", name="Aiko") in sentences(app)


def test_a_judge_is_never_told_what_models_think(shop, monkeypatch):
    complete(*shop, seeds=(0,))
    annotation.propose(*shop, 30)
    app = open_page(shop[0].path, "annotate", "en", monkeypatch, judge="Aiko")
    item = annotation.annotation_queue(*shop, "Aiko").item
    told = " ".join(text for text in shown(app) if not text.startswith("<style>"))
    told += " ".join(str(table.value.to_numpy()) for table in app.table)
    assert item.sentence1 in told and not re.search(r"\d\.\d\d", told)
    assert not re.search("teacher|KDMCSE is|cosine", told)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_guidance_has_an_example_for_every_score(proposed, language, monkeypatch):
    app = open_page(proposed[0].path, "annotate", language, monkeypatch, judge="Aiko")
    plain = re.sub(r"\\(.)", r"\1", " ".join(app.table[0].value.to_numpy().flatten()))
    for score in annotation.SCORES:
        for part in ("when", "second"):
            assert words.Locale(language)(f"page_annotate.guidance.{part}.{score}") in plain


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_agreement_seconds_and_the_export_are_below(proposed, language, monkeypatch):
    for person in ("Aiko", "Ben"):
        for number in range(25):
            annotation.judge(*proposed, person, annotation.annotation_queue(*proposed, person).item.id, number % 6, 4.0)
    found = annotation.keep_agreement(*proposed)
    app, t = open_page(proposed[0].path, "annotate", language, monkeypatch), words.Locale(language)
    assert {agreement_sentences(t, found), effort_sentences(t, annotation.annotation_effort(*proposed))} <= sentences(
        app
    )
    told = shown(app)
    assert "Aiko" in told and "Ben" in told and words.Locale(language)("shared.download_csv") in told


def test_where_agreement_could_not_be_measured_the_page_says_so(proposed, monkeypatch):
    def broken(table):
        raise RuntimeError

    annotation.judge(*proposed, "Aiko", annotation.annotation_queue(*proposed, "Aiko").item.id, 3, 4.0)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(agreement, "measure_agreement", broken)
        annotation.keep_agreement(*proposed)
    app = open_page(proposed[0].path, "annotate", "en", monkeypatch)
    log = proposed[0].labels / proposed[1].fingerprint / "log.txt"
    assert [error.value for error in app.error] == [
        plain(words.Locale("en")("page_annotate.agreement.failed", file=log))
    ]


def test_a_judgement_that_cannot_be_written_is_told_and_the_pair_stays(proposed, monkeypatch):
    app = open_page(proposed[0].path, "annotate", "en", monkeypatch, judge="Aiko")
    item = annotation.annotation_queue(*proposed, "Aiko").item
    annotation.judge(*proposed, "Ben", item.id, 1, 1.0)

    def full(path, mode="r", *given, **named):
        if mode == "a+b":
            raise OSError(errno.ENOSPC, "no space")
        return opened(path, mode, *given, **named)

    opened = Path.open
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        app.button(key=f"act_score|{item.id}|3").click().run()
    assert "The disk is full" in app.error[0].value and len(app.error) == 1
    assert not app.exception and item.sentence1 in sentences(app)
    assert annotation.annotation_queue(*proposed, "Aiko").item.id == item.id
    assert not (proposed[0].path / "dashboard.log").exists()


def test_what_people_say_is_seen_by_the_other_pages_at_once(proposed):
    workspace, dataset = proposed
    for score in (1, 4):
        annotation.judge(*proposed, "Aiko", annotation.annotation_queue(*proposed, "Aiko").item.id, score, 1.0)
        found = cache.analysis(workspace, dataset.fingerprint, None).results
        assert len(found.judged) == len(annotation.judgements(*proposed))
