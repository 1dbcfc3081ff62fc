"""What the data page says of a dataset: what is used, what is left out, what leaks."""

import re

import pytest
import small
from example_poc import import_example
from pages_under_test import elements, open_page, shown

from kdmcse import data
from kdmcse import i18n as words
from kdmcse.presentation.data import shared_sentence
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_data_lead_to_the_check_of_a_teacher_beside_the_training(happy, language, monkeypatch):
    app = open_page(happy, "data", language, monkeypatch)
    t = words.Locale(language)
    assert t("page_data.check_teacher") in shown(app)
    labels = [e.proto.label for e in elements(app._tree) if e.type == "page_link"]
    ways = [t("shared.go", title=t(f"pages.{page}")) for page in ("audit", "training")]
    assert [label for label in labels if label in ways] == ways, "the next step is the last"


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
