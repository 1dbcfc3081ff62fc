"""The form of a training: what it offers, what it starts, what it keeps, and what it says of a training that runs."""

import collections
import dataclasses
import json
import re

import pytest
import small
from example_poc import config, import_example
from example_study import judged
from filelock import FileLock
from pages_under_test import open_page, shown
from streamlit.testing.v1 import AppTest

from dashboard.widgets.text import plain
from kdmcse import audit, data
from kdmcse import i18n as words
from kdmcse.config import METHODS, PROPOSED, RECOMMENDED, TrainingConfig
from kdmcse.data import list_datasets
from kdmcse.engine.runs import create
from kdmcse.presentation.audit import reading_lines
from kdmcse.presentation.data import unmeasured_sentence
from kdmcse.presentation.settings import prompt_sentence, texts_sentence
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction.settings import PUBLISHED


def test_broken_runs_are_told_in_the_language_of_the_page(broken, monkeypatch):
    told = " ".join(shown(open_page(broken, "training", "ja", monkeypatch)))
    fields = {"step": 3, "loss": "nan", "kept_step": 0, "rows": "4, 11, 2, … (64)"}
    fields["table"] = words.Locale("ja")("page_data.upload.pairs")
    assert words.Locale("ja")("errors.training_diverged.message", **fields) in told
    assert words.Locale("ja")("errors.training_diverged.hint", **fields) in told
    assert words.Locale("ja")("shared.status.lost") in told


def entered(app: AppTest, kind: str, name: str):
    """The input of a training's form, whose key names the dataset too."""
    return next(one for one in getattr(app, kind) if one.key.startswith(f"{name}_"))


def test_a_bad_setting_is_refused_at_the_form(happy, monkeypatch):
    app = open_page(happy, "training", "en", monkeypatch)
    entered(app, "number_input", "setting_temperature_pilot").set_value(-1.0)
    app.button(key="start").click().run()
    assert any("temperature" in error.value for error in app.error)
    entered(app, "number_input", "setting_temperature_pilot").set_value(0.05)
    entered(app, "multiselect", "methods").set_value([])
    app.button(key="start").click().run()
    assert app.error and not app.exception


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_form_offers_every_method_and_every_setting_once(happy, language, monkeypatch):
    app = open_page(happy, "training", language, monkeypatch)
    methods, offered = (
        entered(app, "multiselect", "methods"),
        [words.Locale(language)(f"results.method.{m}") for m in METHODS],
    )
    assert methods.value == list(PROPOSED) and methods.options == offered
    inputs = collections.Counter(widget.label for widget in [*app.number_input, *app.selectbox])
    for field in dataclasses.fields(TrainingConfig):
        assert inputs[words.Locale(language)(f"page_training.setting.{field.name}")] == 1, field.name
    for method in METHODS:
        assert words.Locale(language)(f"results.method_help.{method}") in re.sub(r"\\(.)", r"\1", " ".join(shown(app)))


def test_a_word_is_chosen_in_words_and_the_papers_values_are_there_to_start_from(papers, monkeypatch):
    app = open_page(papers, "training", "ja", monkeypatch)
    assert entered(app, "selectbox", "start_from").value == "published", "for the paper's own data"
    teacher = next(one for one in app.selectbox if one.key.startswith("teacher_"))
    assert teacher.options[0] == words.Locale("ja")("page_training.published_teacher")
    assert entered(app, "selectbox", "setting_mixing_published").options == ["無作為", "一定の間隔（公開コードと同じ）"]
    for field in dataclasses.fields(TrainingConfig):
        key, value = f"setting_{field.name}_published_", getattr(PUBLISHED, field.name)
        assert next(one for one in [*app.number_input, *app.selectbox] if one.key.startswith(key)).value == value
    [dataset] = list_datasets(Workspace(papers))
    left_out = texts_sentence(words.Locale("ja"), RECOMMENDED, dataset)
    assert left_out and not [one for one in app.caption if one.value == plain(left_out)]
    entered(app, "selectbox", "start_from").set_value("pilot").run()
    assert entered(app, "number_input", "setting_epochs_pilot").value == RECOMMENDED.epochs
    assert [one for one in app.caption if one.value == plain(left_out)], "a new PoC leaves sentences without images out"


def test_what_the_form_starts_is_what_it_shows(beyond, tmp_path, monkeypatch):
    from kdmcse.processes import launch

    asked = {}
    monkeypatch.setattr(launch, "start_training", lambda workspace, dataset, **given: asked.update(given))
    app = open_page(beyond, "training", "en", monkeypatch)
    entered(app, "multiselect", "methods").set_value(["dalr", "gist"])
    entered(app, "selectbox", "setting_ranking_pilot").set_value("listnet")
    entered(app, "selectbox", "setting_false_negative_cosine_pilot").set_value("value").run()
    entered(app, "number_input", "setting_false_negative_cosine_pilot").set_value(0.4)
    entered(app, "number_input", "setting_guide_margin_pilot").set_value(0.1)
    app.button(key="start").click().run()
    assert asked["methods"] == ("gist", "dalr") and not app.exception
    changed = {"ranking": "listnet", "false_negative_cosine": 0.4, "guide_margin": 0.1}
    assert asked["training"] == dataclasses.replace(RECOMMENDED, **changed)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_student_that_seems_to_lack_its_prompt_is_told_until_the_prompt_is_chosen(beyond, language, monkeypatch):
    student, t = "intfloat/multilingual-e5-small", words.Locale(language)
    monkeypatch.setattr("kdmcse.models.references.cached", lambda *_: None)
    app = open_page(beyond, "training", language, monkeypatch)
    hint = plain(prompt_sentence(t, "student", student, "e5"))
    chosen = next(one for one in app.selectbox if str(one.key).startswith("student_"))
    assert hint not in shown(app)
    chosen.set_value(student).run()
    assert hint in shown(app)
    entered(app, "selectbox", "setting_prompt_pilot").set_value("e5").run()
    assert not app.exception and hint not in shown(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_teacher_of_sentences_that_seems_to_lack_its_prompt_is_told(beyond, language, monkeypatch):
    teacher, t = "intfloat/multilingual-e5-base", words.Locale(language)
    monkeypatch.setattr("kdmcse.models.references.cached", lambda *_: None)
    app = open_page(beyond, "training", language, monkeypatch)
    hint = plain(prompt_sentence(t, "text_teacher", teacher, "e5"))
    entered(app, "multiselect", "methods").set_value(["rankcse"]).run()
    chosen = next(one for one in app.selectbox if str(one.key).startswith("text_teacher_"))
    assert hint not in shown(app)
    chosen.set_value(teacher).run()
    assert not app.exception and hint in shown(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_texts_that_the_student_does_not_read_whole_are_told_before_the_start(beyond, language, monkeypatch):
    t, [dataset] = words.Locale(language), list_datasets(Workspace(beyond))
    app = open_page(beyond, "training", language, monkeypatch)
    entered(app, "selectbox", "student").set_value("other").run()
    entered(app, "text_input", "student_name").set_value(small.student()).run()
    entered(app, "number_input", "setting_max_length_pilot").set_value(9).run()
    training = dataclasses.replace(RECOMMENDED, max_length=9)
    lines = reading_lines(t, audit.before_training(dataset, training, small.student()))
    assert not app.exception and lines and {*map(plain, lines)} <= {*shown(app)}
    entered(app, "number_input", "setting_max_length_pilot").set_value(64).run()
    fewer = reading_lines(t, audit.before_training(dataset, RECOMMENDED, small.student()))
    assert len(fewer) < len(lines) and not {*map(plain, lines)} - {*map(plain, fewer)} & {*shown(app)}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_dev_judgements_choose_unless_a_person_does(tmp_path, language, monkeypatch):
    from kdmcse.processes import launch

    dataset, asked = judged(tmp_path), {}
    monkeypatch.setattr(launch, "start_training", lambda workspace, dataset, **given: asked.update(given))
    app = open_page(tmp_path / "workspace", "training", language, monkeypatch)
    t = words.Locale(language)
    assert entered(app, "toggle", "choose").label == t("page_training.choose", count=len(dataset.dev))
    takes = t("choice.effort.unknown", count=8 * len(PROPOSED), runs=t.number(3 * len(PROPOSED)))
    assert takes in shown(app)
    app.button(key="start").click().run()
    assert asked["settled_by"] == "dev" and asked["training"] == RECOMMENDED
    entered(app, "toggle", "choose").set_value(False).run()
    assert takes not in shown(app)
    app.button(key="start").click().run()
    assert asked["settled_by"] == "hand"


def test_a_margin_of_0_is_said_to_train_simcse_once(beyond, monkeypatch):
    app = open_page(beyond, "training", "en", monkeypatch)
    told = words.Locale("en")("page_training.margin_is_simcse")
    assert told in [one.value for one in app.caption]
    entered(app, "multiselect", "methods").set_value(["simcse_margin", "kdmcse"]).run()
    assert told not in [one.value for one in app.caption]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_training_that_nothing_will_measure_says_so_before_its_start(beyond, language, tmp_path, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), words.Locale(language)
    (tmp_path / "t.txt").write_text("a red mug\na blue cap\n")
    (tmp_path / "s.csv").write_text("sentence1,sentence2,score\na red mug,a blue cap,1\n")
    alone = data.import_dataset(workspace, name="alone", texts=tmp_path / "t.txt")
    files = {"pairs": tmp_path / "p.csv", "sts": tmp_path / "s.csv"}
    files["pairs"].write_text("image,caption,split\na.jpg,a red mug,train\nb.jpg,a blue cap,train\n")
    leaking = data.import_dataset(workspace, name="leaks", **files)
    assert not alone.measures and leaking.leakage == "everything"
    for dataset in (alone, leaking):
        app = open_page(workspace.path, "training", language, monkeypatch, dataset=dataset.fingerprint)
        assert unmeasured_sentence(t, dataset) in [one.value for one in app.warning] and not app.exception
    assert not open_page(beyond, "training", language, monkeypatch).warning


def test_a_text_teacher_is_asked_for_where_a_method_reads_one(beyond, monkeypatch):
    from kdmcse.processes import launch

    asked = {}
    monkeypatch.setattr(launch, "start_training", lambda workspace, dataset, **given: asked.update(given))
    app = open_page(beyond, "training", "ja", monkeypatch)
    assert not [one for one in app.selectbox if one.key.startswith("text_teacher")]
    entered(app, "multiselect", "methods").set_value(["simcse", "rankcse"]).run()
    readers = next(one for one in app.selectbox if one.key.startswith("text_teacher"))
    readers.set_value("intfloat/multilingual-e5-base")
    app.button(key="start").click().run()
    assert asked["text_teacher"] == "intfloat/multilingual-e5-base" and asked["methods"] == ("simcse", "rankcse")


def test_settings_that_nobody_opened_start_as_they_would_be_shown(beyond, papers, monkeypatch):
    from kdmcse.processes import launch

    asked = []
    monkeypatch.setattr(launch, "start_training", lambda workspace, dataset, **given: asked.append(given["training"]))
    for place in (beyond, papers):
        for opened in (True, False):
            app = open_page(place, "training", "en", monkeypatch, folded=() if opened else ("settings",))
            assert any(one.key.startswith("setting_") for one in app.number_input) == opened
            app.button(key="start").click().run()
        assert asked[-1] == asked[-2]
    assert len(asked) == 4


def test_what_was_typed_stays_when_its_part_is_closed(beyond, monkeypatch):
    app = open_page(beyond, "training", "en", monkeypatch)
    entered(app, "number_input", "setting_epochs_pilot").set_value(7).run()
    app.session_state["folded_settings"] = False
    app.run()
    assert entered(app, "number_input", "setting_epochs_pilot").value == 7


def test_what_a_training_is_to_be_stays_over_other_pages_and_is_not_that_of_another_dataset(
    beyond, papers, monkeypatch
):
    app = open_page(beyond, "training", "en", monkeypatch)
    entered(app, "multiselect", "methods").set_value(["mcse"])
    entered(app, "number_input", "seeds").set_value(5)
    entered(app, "selectbox", "setting_pooling_pilot").set_value("cls")
    entered(app, "selectbox", "setting_false_negative_cosine_pilot").set_value("value").run()
    entered(app, "number_input", "setting_false_negative_cosine_pilot").set_value(0.4)
    entered(app, "number_input", "setting_epochs_pilot").set_value(7).run()
    app.switch_page("../pages/cost.py").run()
    app.switch_page("../pages/training.py").run()
    assert (entered(app, "multiselect", "methods").value, entered(app, "number_input", "seeds").value) == (["mcse"], 5)
    assert entered(app, "selectbox", "setting_pooling_pilot").value == "cls"
    assert entered(app, "number_input", "setting_false_negative_cosine_pilot").value == 0.4
    assert entered(app, "number_input", "setting_epochs_pilot").value == 7
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(papers))
    app.run()
    assert entered(app, "selectbox", "start_from").value == "published" and not app.exception
    assert entered(app, "multiselect", "methods").value == [*PROPOSED]
    assert entered(app, "number_input", "seeds").value == 3
    epochs = next(one for one in app.number_input if one.key.startswith("setting_epochs_"))
    assert epochs.value == PUBLISHED.epochs


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_best_student_on_dev_and_short_memory_are_told(beyond, tmp_path, language, monkeypatch):
    told = shown(open_page(beyond, "training", language, monkeypatch))
    assert words.Locale(language)("page_training.best_kept", score="0.712", step="7", steps="9") in told
    assert words.Locale(language)("page_training.micro_batch", n="16") in told
    assert words.Locale(language)("page_training.not_bit_identical") in told
    assert any(words.Locale(language)("page_training.kept", score="0.712", step="7") in text for text in told)
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    run = create(workspace, config(dataset, "kdmcse"))
    line = {"stage": "training", "step": 300, "steps": 1000, "kept_step": 250, "dev_score": 0.7123}
    (run.folder / "progress.jsonl").write_text(json.dumps(line) + "\n")
    (run.folder / "ticket.json").unlink()
    with FileLock(run.folder / "alive.lock"):
        told = shown(open_page(workspace.path, "training", language, monkeypatch))
    best = {
        "en": "Best on dev ratings so far: 0.712 at step 250 of 1,000",
        "ja": "調整用（dev）の採点でのこれまでの最高値：0.712（全1,000ステップ中250ステップ目）",
    }
    assert told.count(best[language]) == 2, "beside the run and in its detail"
