"""Every page, empty, with results and with trouble, in each language: no trace, no key, one language only."""

import collections
import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import published
import pytest
import small
from example_poc import PRICES, complete, config, evaluated, finish, import_example
from example_study import judged
from filelock import FileLock
from pages_under_test import CANARY, FOLDED, PAGES, ROOT, elements, open_page, shown
from streamlit.testing.v1 import AppTest

from dashboard.widgets.text import plain
from kdmcse import annotation, audit, cost, data
from kdmcse import i18n as words
from kdmcse.config import METHODS, PROPOSED, RECOMMENDED, TrainingConfig
from kdmcse.data import list_datasets
from kdmcse.engine.runs import create, list_runs
from kdmcse.presentation.audit import reading_lines
from kdmcse.presentation.data import dataset_name, shared_sentence, unmeasured_sentence
from kdmcse.presentation.settings import choice_sentences, prompt_sentence, texts_sentence
from kdmcse.results.analysis import Analysis
from kdmcse.results.choices import Choice, Option
from kdmcse.results.learning_curve import SHARES
from kdmcse.results.results import load_results
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import prepare
from kdmcse.training.reproduction.settings import PUBLISHED


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def happy(tmp_path_factory) -> Path:
    """Everything measured, prices entered, maps drawn."""
    folder = tmp_path_factory.mktemp("happy")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", name="Spring", caption="{}", synthetic=True)
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    first = runs["kdmcse"][0]
    lines = [
        {"stage": "training", "step": n, "steps": 3, "loss": {"sentence": 2 / n, "total": 3 / n}} for n in (1, 2, 3)
    ]
    (first.folder / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    draw_map(dataset, first, runs["baseline"][0])
    judge(workspace, dataset, "Aiko", "Ben")
    return workspace.path


def judge(workspace, dataset, *people: str) -> None:
    """Pairs are proposed, and everybody judges most of them."""
    annotation.propose(workspace, dataset, 30)
    for number, person in enumerate(people):
        for score in range(25):
            item = annotation.annotation_queue(workspace, dataset, person).item
            annotation.judge(workspace, dataset, person, item.id, (item.band + score % 2 * number) % 6, 6.0)
    annotation.keep_agreement(workspace, dataset)


def draw_map(dataset, run, baseline) -> None:
    import numpy as np
    import pandas as pd

    pairs = dataset.pairs.loc[dataset.pairs["held_out"], "pair"]
    points = pd.DataFrame(
        {"pair": pairs, **{name: np.arange(len(pairs)) for name in ("before_x", "before_y", "after_x", "after_y")}}
    )
    target = run.folder / "projection" / baseline.id
    target.mkdir(parents=True)
    points.to_parquet(target / "points.parquet")


@pytest.fixture(scope="module")
def beyond(tmp_path_factory) -> Path:
    """All five methods, measured on a dataset that came without images, chosen by dev judgements."""
    folder = tmp_path_factory.mktemp("beyond")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", name="Beyond")
    runs = complete(workspace, dataset, seeds=(0, 1))
    for seed in (0, 1):
        evaluated(workspace, dataset, config(dataset, "gist", seed), 0.74 + seed / 1000)
        last = evaluated(workspace, dataset, config(dataset, "dalr", seed), 0.79 + seed / 1000)
    training = {"stage": "training", "step": 9, "steps": 9, "epoch": 1, "epochs": 1, "kind": "pairs"}
    loss = {"sentence": 1.0, "image": 2.0, "ranking": 3.0, "total": 6.0}
    told = {"kept_step": 7, "dev_score": 0.7123, "micro_batch": 16, "not_bit_identical": True}
    (last.folder / "progress.jsonl").write_text(json.dumps(training | told | {"loss": loss}) + "\n")
    write_json(last.folder / "outcome.json", last.outcome | told)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    draw_map(dataset, runs["kdmcse"][0], runs["baseline"][0])
    for picture in (dataset.folder / "objects").iterdir():
        picture.unlink()
    files = [file for file in dataset.manifest["files"] if file["kind"] != "images"]
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"files": files})
    return workspace.path


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Path:
    """The published files: vectors instead of images, no held-out captions."""
    folder = tmp_path_factory.mktemp("papers")
    workspace = Workspace(folder / "workspace")
    dataset = prepare.prepare(workspace, "wiki-flickr", published.folder(folder / "source")).dataset
    for method in ("baseline", "kdmcse", "gist"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    return workspace.path


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Path:
    """A failed run, a lost one, no judgements, prices at which no match pays, hostile captions and name."""
    folder = tmp_path_factory.mktemp("broken")
    workspace = Workspace(folder / "workspace")
    source = folder / "source"
    dataset = import_example(workspace, source, name=CANARY, caption=CANARY + "{}", sts=0)
    evaluated(workspace, dataset, config(dataset, "baseline"), None)
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0), None)
    dear = {**PRICES.to_dict(), "false_match": 1e9}
    cost.write_prices(workspace, dataset.fingerprint, cost.Prices(**dear))
    failed = create(workspace, config(dataset, "kdmcse", 1))
    finish(failed, "failed")
    fields = {"step": "3", "loss": "nan", "kept_step": "0", "table": "pairs", "rows": "4, 11, 2, … (64)"}
    error = {"code": "training_diverged", "fields": fields, "message": "m", "hint": "h"}
    write_json(failed.folder / "outcome.json", {"status": "failed", "error": error, "seconds": 1.0})
    lost = create(workspace, config(dataset, "mcse", 0))
    (lost.folder / "ticket.json").unlink()
    judge(workspace, dataset, CANARY[:60])
    return workspace.path


@pytest.fixture(autouse=True)
def nothing_typed(tmp_path_factory):
    """What one test types into a form of a shared workspace is not there in the next."""
    yield
    for drafts in tmp_path_factory.getbasetemp().glob("*/workspace/drafts"):
        shutil.rmtree(drafts)


def faults(workspace: Path) -> str:
    """What was written into the log; it is taken away, so that no other test sees it."""
    log = workspace / "dashboard.log"
    told = log.read_text(encoding="utf-8") if log.exists() else ""
    log.unlink(missing_ok=True)
    return told


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["empty", "happy", "broken", "beyond", "papers"])
def test_page_opens_and_speaks_its_language(kind, page, language, request, monkeypatch):
    workspace = request.getfixturevalue(kind)
    app = open_page(workspace, page, language, monkeypatch)
    assert not app.exception
    assert faults(workspace) == ""
    assert app.title[0].value == words.Locale(language)(f"page_{page}.question")
    texts = shown(app)
    keys = set(words.sentences("en"))
    assert not [text for text in texts if text in keys or re.search(r"\b(page_[a-z]+|shared)\.[a-z_]+", text)]
    other = {"en": "ja", "ja": "en"}[language]
    own = set(words.sentences(language).values())
    foreign = {s for s in words.sentences(other).values() if len(s) > 3 and s not in own and "{" not in s}
    assert not foreign & set(texts)


@pytest.mark.parametrize("page", PAGES)
def test_text_of_an_upload_is_never_markup(page, broken, monkeypatch):
    app = open_page(broken, page, "en", monkeypatch)
    for element in elements(app._tree):
        proto = element.proto
        assert not getattr(proto, "allow_html", False)
        if element.type in (
            "markdown",
            "caption",
            "subheader",
            "title",
            "header",
            "error",
            "warning",
            "info",
            "button",
            "badge",
        ):
            assert "<img src=x" not in str(proto) and "![z](http" not in str(proto)
    assert not [e for e in elements(app._tree) if e.type == "html" and "evil" in str(e.proto)]


def test_broken_runs_are_told_in_the_language_of_the_page(broken, monkeypatch):
    told = " ".join(shown(open_page(broken, "training", "ja", monkeypatch)))
    fields = {"step": 3, "loss": "nan", "kept_step": 0, "rows": "4, 11, 2, … (64)"}
    fields["table"] = words.Locale("ja")("page_data.upload.pairs")
    assert words.Locale("ja")("errors.training_diverged.message", **fields) in told
    assert words.Locale("ja")("errors.training_diverged.hint", **fields) in told
    assert words.Locale("ja")("shared.status.lost") in told


@pytest.mark.slow
def test_the_sample_says_so_on_every_page(happy, monkeypatch):
    for page in PAGES:
        assert any(
            words.Locale("en")("results.notice") in text for text in shown(open_page(happy, page, "en", monkeypatch))
        )


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_data_lead_to_the_check_of_a_teacher_beside_the_training(happy, language, monkeypatch):
    app = open_page(happy, "data", language, monkeypatch)
    t = words.Locale(language)
    assert t("page_data.check_teacher") in shown(app)
    labels = [e.proto.label for e in elements(app._tree) if e.type == "page_link"]
    ways = [t("shared.go", title=t(f"pages.{page}")) for page in ("audit", "training")]
    assert [label for label in labels if label in ways] == ways, "the next step is the last"


def test_reload_keeps_dataset_and_language(happy, tmp_path, monkeypatch):
    workspace = Workspace(happy)
    first = workspace.datasets.iterdir().__next__().name
    app = open_page(happy, "scores", "ja", monkeypatch, dataset=first)
    assert app.query_params["dataset"] in (first, [first])
    links = [e.proto.query_string for e in elements(app._tree) if e.type == "page_link"]
    assert links and all("lang=" in link for link in links)
    assert sum(f"dataset={first}" in link for link in links) >= len(PAGES)


def test_an_address_that_names_no_run_and_no_recipe_shows_what_is_there(happy, monkeypatch):
    for page in PAGES:
        app = open_page(happy, page, "xx", monkeypatch, run="../x", recipe="none")
        assert not app.exception and app.title[0].value == words.Locale("en")(f"page_{page}.question")
    assert faults(happy) == ""


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_link_to_a_dataset_that_is_not_here_says_so_and_shows_nothing_in_its_place(happy, language, monkeypatch):
    t, [known] = words.Locale(language), list_datasets(Workspace(happy))[-1:]
    for page in PAGES:
        app = open_page(happy, page, language, monkeypatch, dataset="../../etc")
        assert [one.value for one in app.title] == [t("shared.unknown_dataset.title")] and not app.exception
        assert t("shared.unknown_dataset.text", asked="../../etc") in shown(app)
        ways = [e.proto for e in elements(app._tree) if e.type == "page_link"]
        [way] = [one for one in ways if one.label == plain(dataset_name(t, known))]
        assert known.fingerprint in way.query_string
        assert not app.table and not app.get("plotly_chart") and len(app.main.get("page_link")) == 1
    assert faults(happy) == ""


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


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_scores_say_how_the_settings_were_chosen(happy, tmp_path, language, monkeypatch):
    workspace = Workspace(shutil.copytree(happy, tmp_path / "chosen"))
    run = next(run for run in list_runs(workspace) if run.config.method == "kdmcse")
    options = [
        Option({}, 0.7, 0.01, False, 5, 30, 1.0),
        Option({"cross_modal_weight": 0.01}, 0.745, 0.01, True, 5, 30, 1.0),
    ]
    choice = Choice("choice-kdmcse-1", "kdmcse", 60, run.config.training, tuple(options))
    write_json(run.folder / "choice.json", choice.to_dict())
    app = open_page(workspace.path, "scores", language, monkeypatch)
    t = words.Locale(language)
    assert t("choice.text") in shown(app) and choice_sentences(t, {"kdmcse": choice}, data.list_datasets(workspace)[0])[
        0
    ] in shown(app)


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


def test_what_nobody_opened_is_not_sent(happy, monkeypatch):
    names = set()
    for page in PAGES:
        for part in parts(open_page(happy, page, "en", monkeypatch, folded=FOLDED)._tree):
            assert not part.children, (page, part.label)
            names |= {name for name in FOLDED if part.proto.id.endswith(f"-folded_{name}")}
    elsewhere = {
        "settings",
        "segments",
        "choice",
        "audit_judging",
        "audit_again",
        "compared_learning",
        "live_votes",
        "further",
    }
    elsewhere |= {"hold_out_sts", "hold_out_decisions"}
    assert names == FOLDED - elsewhere, (
        "within another part; only where decisions have segments; only where settings were chosen; only where a teacher was looked at; "
        "only where losses were logged; only where people voted"
    )


def parts(node) -> list:
    """The folded parts of a page."""
    found = []
    for child in getattr(node, "children", {}).values():
        found += [child] if child.type == "expander" and child.proto.id else parts(child)
    return found


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
        "ja": "調整用（dev）の採点のこれまでの最良値：0.712（全1,000ステップ中250ステップ目）",
    }
    assert told.count(best[language]) == 2, "beside the run and in its detail"


def test_a_picked_point_of_a_dataset_without_images_shows_captions_alone(beyond, monkeypatch):
    held_out = list_datasets(Workspace(beyond))[0].pairs.query("held_out")
    app = open_page(beyond, "map", "en", monkeypatch, picked=f"p{held_out['pair'].iloc[0]}")
    told = shown(app)
    assert not app.exception and not app.error and words.Locale("en")("page_map.near_after") in told
    assert words.Locale("en")("shared.image_missing") not in told
    assert words.Locale("en")("shared.no_image") in told


def test_an_image_that_is_lost_among_others_is_said_to_be(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    dataset.image_path(dataset.pairs["image"].iloc[0]).unlink()
    assert words.Locale("en")("shared.image_missing") in shown(open_page(workspace.path, "data", "en", monkeypatch))


def test_a_dataset_of_before_has_no_count_of_dev_judgements(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    counts = {name: n for name, n in dataset.counts.items() if name != "sts_dev"}
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"counts": counts})
    for page in ("data", "training", "overview"):
        app = open_page(workspace.path, page, "en", monkeypatch)
        assert not app.exception and not app.error


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_judged_row_is_counted_where_it_is_used_or_left_out(tmp_path, language, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), words.Locale(language)
    dataset = import_example(workspace, tmp_path / "source")
    counts = dataset.counts | {"sts": 800, "sts_usable": 598, "sts_dev": 200}
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"counts": counts})
    text = shown(open_page(workspace.path, "data", language, monkeypatch))
    assert t("page_data.splits.sts", all="800", usable="598", count=2) in text
    assert t("page_data.splits.sts_dev", count=200) in text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_test_judgements_that_share_a_sentence_with_a_dev_judgement_are_told(tmp_path, language, monkeypatch):
    workspace, t = Workspace(tmp_path / "workspace"), words.Locale(language)
    dataset = small.dataset(workspace, dev=True)
    told = shared_sentence(t, dataset)
    assert told and any(told in text for text in shown(open_page(workspace.path, "data", language, monkeypatch)))


def test_an_import_without_a_name_or_files_is_refused_in_words(empty, monkeypatch):
    app = open_page(empty, "data", "ja", monkeypatch)
    app.button(key="import").click().run()
    assert words.Locale("ja")("errors.dataset_name_missing.hint")[:10] in re.sub(r"\\", "", app.error[0].value)
    assert not list(empty.glob("drafts/import/job/*"))


def test_prices_are_kept_while_they_are_typed(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    app = open_page(workspace.path, "cost", "en", monkeypatch)

    def field(app: AppTest, name: str):
        return next(one for one in app.number_input if one.key.startswith(f"{name}_"))

    field(app, "false_match").set_value(300.0).run()
    again = open_page(workspace.path, "cost", "en", monkeypatch)
    assert field(again, "false_match").value == 300.0
    for name, value in (("missed_match", 1200.0), ("monthly_volume", 5000.0), ("base_rate", 120.0)):
        field(again, name).set_value(value).run()
    assert again.error and cost.read_prices(workspace, dataset.fingerprint) is None
    assert field(open_page(workspace.path, "cost", "en", monkeypatch), "base_rate").value == 120.0
    field(again, "base_rate").set_value(12.5).run()
    assert not again.error and not again.exception
    assert cost.read_prices(workspace, dataset.fingerprint).base_rate == 0.125
    field(app, "false_match").run()
    assert field(app, "monthly_volume").value == 5000.0, "the other tab sees it"


@pytest.fixture(scope="module", params=["rising", "flat"])
def grown(request, tmp_path_factory):
    """KDMCSE on every part of the data, prices entered: with scores that follow a law, or that do not rise."""
    folder = tmp_path_factory.mktemp(request.param)
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", sts=240, pairs=240)
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.2)
    for share, score in zip(SHARES, (0.30, 0.50, 0.62, 0.70), strict=True):
        for seed in (0, 1, 2):
            asked = config(dataset, "kdmcse", seed, training=TrainingConfig().on_share(share))
            score_now = 0.5 if request.param == "flat" else score + seed / 250
            evaluated(workspace, dataset, asked, score_now, separation=share / 2)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return request.param, workspace


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_more_data_brings_is_told_or_refused_and_the_runs_are_drawn(grown, language, monkeypatch):
    kind, workspace = grown
    app = open_page(workspace.path, "effort", language, monkeypatch)
    told = shown(app)
    assert not app.exception and not app.error and not (workspace.path / "dashboard.log").exists()
    [drawn] = [json.loads(e.proto.spec) for e in elements(app._tree) if e.type == "plotly_chart"]
    names = [trace["name"] for trace in drawn["data"]]
    runs_ = next(trace for trace in drawn["data"] if trace["name"] == words.Locale(language)("page_effort.chart.point"))
    assert len(runs_["text"]) == 12
    refusal, band = words.Locale(language)("curve.refused.not_rising"), words.Locale(language)("page_effort.chart.band")
    assert (refusal in told) == (kind == "flat") == (band not in names)
    assert (any("240" in text and "STS" in text for text in told)) == (kind == "rising")
    assert app.table[0].value.shape == (4, 5), "with the cost of mistakes"
    assert "start_curve" not in [button.key for button in app.button], "nothing is missing"


@pytest.mark.slow
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_runs_that_a_curve_lacks_are_started_from_the_page(tmp_path, language, monkeypatch):
    monkeypatch.setattr("kdmcse.models.references.require", lambda reference, role: None)
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    app = open_page(workspace.path, "effort", language, monkeypatch)
    told = shown(app)
    assert any("9" in text and "25%" in text for text in told), "how many, and of what"
    curve = Analysis(load_results(workspace, dataset.fingerprint)).learning_curve()
    t, seconds = words.Locale(language), curve.seconds_of(curve.missing())
    assert t("page_effort.missing.time", time=t.duration(seconds)) in told and seconds == 9 * 61.5
    with FileLock(workspace.path / "worker.lock"):
        app.button(key="start_curve").click().run()
        assert not app.exception and not app.error
        assert words.Locale(language)("shared.progress.runs", done="10", total="19") in shown(app)
        listed = shown(open_page(workspace.path, "training", language, monkeypatch))
    fields = {"method": "KDMCSE", "seed": 2, "share": "10%"}
    assert words.Locale(language)("shared.run_name_share", **fields) in listed


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_work_of_judging_is_told_as_it_was_measured(tmp_path, language, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    assert words.Locale(language)("page_effort.judging.none") in shown(
        open_page(workspace.path, "effort", language, monkeypatch)
    )
    annotation.propose(workspace, dataset, 30)
    t = words.Locale(language)
    more = t("page_effort.judging.more", n="100", time=t.duration(1800))
    for count, item in enumerate(annotation.read_items(workspace, dataset), 1):
        annotation.judge(workspace, dataset, "Aiko", item.id, 3, seconds=(5, 9, 30)[count % 3])
        if count in (3, 30):
            told = shown(open_page(workspace.path, "effort", language, monkeypatch))
            assert (more in told) == (count == 30), "three clicks foretell nothing"


def test_one_size_is_no_curve_to_draw(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method in ("baseline", "kdmcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    app = open_page(workspace.path, "effort", "en", monkeypatch)
    assert not app.exception and app.table[0].value.shape[0] == 1
    assert not [e for e in elements(app._tree) if e.type == "plotly_chart"]
    assert words.Locale("en")("page_effort.curve.text") not in "".join(shown(app)), "no mark to explain"


def test_without_kdmcse_there_is_the_way_to_train_it_and_no_curve(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method in ("baseline", "simcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    app = open_page(workspace.path, "effort", "en", monkeypatch)
    assert not app.exception and words.Locale("en")("page_effort.no_recipe.text") in shown(app)


def test_a_fault_shows_an_id_and_leaves_the_trace_in_the_log(happy, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"counts": {}})
    app = open_page(workspace.path, "data", "en", monkeypatch)
    assert not app.exception and "Traceback" not in " ".join(shown(app))
    error_id = re.search(r"[0-9a-f]{8}", app.error[0].value).group()
    assert error_id in (workspace.path / "dashboard.log").read_text()


def test_a_damaged_dataset_is_told_in_words_and_is_no_fault(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    (dataset.folder / "pairs.parquet").write_bytes(b"not parquet")
    app = open_page(workspace.path, "data", "ja", monkeypatch)
    assert words.Locale("ja")("errors.dataset_damaged.hint")[:10] in re.sub(r"\\", "", app.error[0].value)
    assert not (workspace.path / "dashboard.log").exists()


def test_deleting_a_dataset_asks_first(happy, monkeypatch):
    app = open_page(happy, "data", "en", monkeypatch)
    app.button(key="delete_dataset").click().run()
    assert app.button(key="delete_confirmed") and app.checkbox(key="delete_runs").value
    assert list((happy / "datasets").glob("[!.]*"))


@pytest.mark.slow
def test_opening_every_page_leaves_the_heavy_libraries_alone(happy):
    script = f"""
import sys, os
sys.path.insert(0, {str(ROOT)!r})
os.environ["KDMCSE_WORKSPACE"] = {str(happy)!r}
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "dashboard/app.py")!r}, default_timeout=60).run()
for page in {PAGES[1:]!r}:
    app.switch_page(f"../pages/{{page}}.py").run()
    assert not app.exception
heavy = {{"torch", "transformers", "sentence_transformers", "open_clip", "mteb", "umap", "sklearn"}} & set(sys.modules)
print("heavy:", sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert "heavy: []" in done.stdout, done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_leaks_is_counted_and_both_sides_are_shown(language, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    (tmp_path / "t.txt").write_text("left 3\n", encoding="utf-8")
    (tmp_path / "s.csv").write_text("sentence1,sentence2,score\nLeft 3!,right,1\nleft 4,right,2\n", encoding="utf-8")
    dataset = data.import_dataset(workspace, name="leaks", texts=tmp_path / "t.txt", sts=tmp_path / "s.csv")
    app = open_page(workspace.path, "data", language, monkeypatch)
    assert words.Locale(language)("data.leaks.some", count=1) in shown(app)
    table = next(one.value for one in app.dataframe if words.Locale(language)("page_data.leaks.how") in one.value)
    assert {"Left 3!", "left 3", words.Locale(language)("data.leaks.how.same_text")} <= set(table.iloc[0])
    counts = {name: n for name, n in dataset.counts.items() if name != "leaks"}
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"counts": counts})
    told = shown(open_page(workspace.path, "data", language, monkeypatch))
    assert words.Locale(language)("data.leaks.not_checked") in told


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_disagreements_are_listed_by_what_they_cost_or_it_is_said_why_not(
    language, happy, broken, tmp_path, monkeypatch
):
    app = open_page(happy, "disagreements", language, monkeypatch)
    told = " ".join(shown(app))
    assert re.search("[¥￥][0-9]", told) and words.Locale(language)("page_disagreements.no_prices") not in told
    app = open_page(happy, "disagreements", language, monkeypatch, kind="caption_to_image", method="kdmcse")
    against = next(one.value for one in app.selectbox if one.key.startswith("against_"))
    assert against == "mcse", "which can search images, as today's student cannot"
    pair = {"method": "kdmcse", "against": "baseline"}
    app = open_page(happy, "disagreements", language, monkeypatch, kind="caption_to_image", **pair)
    assert words.Locale(language)("page_disagreements.no_searches.caption_to_image") in shown(app)
    t = words.Locale(language)
    assert t("shared.go", title=t("pages.data")) not in shown(app), "the way on stands above, not on another page"
    app = open_page(broken, "disagreements", language, monkeypatch, kind="sts")
    assert words.Locale(language)("page_disagreements.no_sts.text") in shown(app)
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.7)
    alone = shown(open_page(workspace.path, "disagreements", language, monkeypatch))
    assert words.Locale(language)("page_disagreements.no_baseline.text") in alone
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.3)
    unpriced = shown(open_page(workspace.path, "disagreements", language, monkeypatch))
    assert words.Locale(language)("page_disagreements.no_prices") in unpriced
