"""The Data page: what was given is kept until it is imported, each column is shown with what it was taken for, and a remedy makes what it says."""

import io
import json
import time
from pathlib import Path

import pandas as pd
import pytest
from example_datasets import album
from pages_under_test import CANARY, open_page, shown
from streamlit.testing.v1 import AppTest

import dashboard  # noqa: F401  # it adds the sentences of the pages
from kdmcse import data
from kdmcse.data.drafts import open_upload
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.processes import import_data
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def words(number: int) -> str:
    """A caption that is like no other."""
    return f"{'abcdefghij'[number % 10] * 6} {'klmnopqrst'[number // 10] * 6}"


def shop(number: int = 40, **headers: str) -> bytes:
    """A table of a Japanese shop: two photos a product."""
    names = {"image": "写真", "caption": "商品説明", "product": "商品名", "category": "分類"} | headers
    rows = {"image": [f"{i}.jpg" for i in range(number)], "caption": [words(i) for i in range(number)]}
    rows |= {"product": [f"商品{i // 2}" for i in range(number)], "category": "果物"}
    return pd.DataFrame(rows).rename(columns=names).to_csv(index=False).encode()


def decisions(number: int = 40) -> bytes:
    """A decision between each product and the next three."""
    rows = [
        (words(i), words(j), (i // 2) % 2) for i in range(0, number, 2) for j in range(i + 2, min(i + 8, number), 2)
    ]
    return pd.DataFrame(rows, columns=["文1", "文2", "判定"]).to_csv(index=False).encode()


def give(workspace: Workspace, name: str = "春のカタログ", **files: bytes) -> None:
    """As if these files had been dropped on the page, and the name typed."""
    draft = open_upload(workspace)
    for kind, content in files.items():
        draft.put(kind, f"{kind}.csv", lambda path, content=content: path.write_bytes(content))
    draft.keep(draft.content() | {"name": name})


def opened(workspace: Workspace, monkeypatch, language: str = "ja", **address: str) -> AppTest:
    app = open_page(workspace.path, "data", language, monkeypatch, **address)
    for kind in ("pairs", "sts", "decisions"):
        app.session_state[f"folded_mapping_{kind}"] = True
    return app.run()


def wait(app: AppTest, workspace: Workspace, seconds: float = 100) -> AppTest:
    """Until the import has ended and the page has noticed."""
    end = time.monotonic() + seconds
    while import_data.job(workspace).status() == "running":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "Traceback" not in import_data.job(workspace).log()
    return app.run()


def test_what_is_dropped_is_on_disk_at_once_and_out_of_memory(workspace, monkeypatch):
    app = opened(workspace, monkeypatch)
    next(one for one in app.file_uploader if "pairs" in one.key).set_value(("商品 表.csv", shop(), "text/csv")).run()
    [file] = open_upload(workspace).files().values()
    assert file.path.name == "商品_表.csv" and file.path.read_bytes() == shop()
    assert not [one for one in app.file_uploader if "pairs" in one.key], "there is a file, and no zone to drop another"
    assert any("商品_表.csv" in text for text in shown(app))


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_visit_shows_the_name_the_files_and_what_each_column_was_taken_for(workspace, monkeypatch, language):
    give(workspace, pairs=shop(), decisions=decisions())
    app, t = opened(workspace, monkeypatch, language), Locale(language)
    assert not app.exception and app.text_input[0].value == "春のカタログ"
    said = shown(app)
    for text in ("写真", "商品説明", "商品名", "分類", f"{words(0)}\n{words(1)}\n{words(2)}", t("data.columns.group")):
        assert text in said
    taken = {one.key: one.value for one in app.selectbox if one.key.startswith("map_pairs")}
    assert list(taken.values()) == ["image", "caption", "group", "category"]


def test_a_choice_is_kept_and_takes_the_role_from_the_column_that_had_it(workspace, monkeypatch):
    give(workspace, pairs=shop())
    app = opened(workspace, monkeypatch)
    app.selectbox(key="map_pairs_2").select("caption").run()
    again = opened(workspace, monkeypatch, "en")
    for page in (app, again):
        taken = [one.value for one in page.selectbox if one.key.startswith("map_pairs")]
        assert taken == ["image", "", "caption", "category"]
    again.button(key="reset_pairs").click().run()
    assert [one.value for one in again.selectbox if one.key.startswith("map_pairs")][1:3] == ["caption", "group"]


def test_a_table_that_is_clear_is_folded_and_one_that_is_not_is_open(workspace, monkeypatch):
    give(workspace, pairs=shop(), decisions=decisions().replace("判定".encode(), b"x"))
    app = open_page(workspace.path, "data", "ja", monkeypatch)
    assert [one.key for one in app.selectbox if "map_decisions" in one.key]
    assert not [one.key for one in app.selectbox if "map_pairs" in one.key]
    t = Locale("ja")
    assert any(
        t("data.recognised.missing", columns=t("data.columns.match")) in text.replace("\\", "") for text in shown(app)
    )


def test_what_is_missing_is_told_before_anything_is_started(workspace, monkeypatch):
    app, t = opened(workspace, monkeypatch), Locale("ja")
    app.button(key="import").click().run()
    assert t("errors.dataset_name_missing.message") in app.error[0].value
    give(workspace)
    app.run().button(key="import").click().run()
    assert t("errors.nothing_to_import.message") in app.error[0].value
    give(workspace, pairs=shop(caption="x", product="y"))
    app.run().button(key="import").click().run()
    assert t(
        "errors.columns_missing.message", file="pairs.csv", kind="pairs", missing="caption", found="写真、x、y、分類"
    ) in (app.error[0].value.replace("\\", ""))
    assert import_data.job(workspace).status() == "none"


def test_what_is_imported_is_what_was_shown_and_nothing_waits_any_more(workspace, monkeypatch, tmp_path):
    give(workspace, pairs=shop(), decisions=decisions())
    with album(tmp_path, 40).open("rb") as images:
        draft = open_upload(workspace)
        content = images.read()
        draft.put("images", "images.zip", lambda path: path.write_bytes(content))
    app = opened(workspace, monkeypatch)
    app.selectbox(key="map_pairs_3").select("license").run()
    app.button(key="import").click().run()
    assert app.get("progress") or import_data.job(workspace).status() != "running"
    app = wait(app, workspace)
    [dataset] = data.list_datasets(workspace)
    assert not app.exception and app.query_params["dataset"] == dataset.fingerprint
    assert dataset.name == "春のカタログ" and dataset.manifest["columns"]["pairs"]["license"] == "分類"
    assert dataset.manifest["columns"]["pairs"]["group"] == "商品名" and dataset.has_images
    assert open_upload(workspace).is_empty() and not list((workspace.drafts / "import").glob("files/*"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_nothing_came_of_an_import_is_told_in_the_language_and_the_files_stay(workspace, monkeypatch, language):
    give(workspace, name=CANARY, pairs=shop(4), sts=b"sentence1,sentence2,score\na,b,9\n")
    app = opened(workspace, monkeypatch, language)
    app.button(key="import").click().run()
    app, t = wait(app, workspace), Locale(language)
    told = app.error[0].value.replace("\\", "")
    assert "sts.csv" in told and t("data.problems.score_out_of_range", value="9") in told
    assert set(open_upload(workspace).files()) == {"pairs", "sts"} and app.text_input[0].value == CANARY[:80]
    app.button(key="remove_sts").click().run()
    assert not app.error, "with another file it is another import"
    app.button(key="discard").click().run()
    assert open_upload(workspace).is_empty() and app.text_input[0].value == ""


def test_an_import_is_seen_by_everybody_and_can_be_stopped(workspace, monkeypatch):
    give(workspace, pairs=shop())
    app = opened(workspace, monkeypatch)
    job = import_data.job(workspace)
    with job.hold():
        job.ask({"name": "x", "columns": {}})
        (job.folder / "progress.json").write_text(
            json.dumps({"what": "images", "done": 300, "total": 600, "seconds": 60})
        )
        app.run()
        t = Locale("ja")
        said = " ".join(shown(app)).replace("\\", "")
        assert t("page_data.importing.images", done="300", total="600") in said
        assert t("page_data.importing.left", time=t.duration(60)) in said
        assert not [one for one in app.button if one.key == "import"], "one import at a time"
        app.button(key="stop_import").click().run()
        assert (job.folder / "stop").exists()


def test_the_remedy_makes_a_second_dataset_in_which_more_can_be_measured(workspace, monkeypatch, tmp_path):
    for kind, content in (("pairs", shop()), ("decisions", decisions())):
        (tmp_path / f"{kind}.csv").write_bytes(content)
    plain = data.import_dataset(
        workspace, name="果物", pairs=tmp_path / "pairs.csv", decisions=tmp_path / "decisions.csv"
    )
    before = plain.counts["decisions_usable"]
    app, t = opened(workspace, monkeypatch), Locale("ja")
    wanted = before + 10
    app.number_input(key="hold_out_number_decisions").set_value(wanted).run()
    said = " ".join(shown(app))
    app.button(key="hold_out_decisions_confirmed").click().run()
    app = wait(app, workspace)
    made = next(one for one in data.list_datasets(workspace) if one.fingerprint != plain.fingerprint)
    assert app.query_params["dataset"] == made.fingerprint
    usable, left = made.counts["decisions_usable"], made.counts["train"]
    assert usable >= wanted and left < plain.counts["train"]
    before = plain.counts["train"]
    numbers = {"fewer": t.number(before - left), "left": t.number(left), "now": t.number(before)}
    assert t("page_data.hold_out.cost", **numbers) in said, "it costs what was told"
    assert made.name == t("page_data.hold_out.name", name="果物", usable=t.number(usable))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_with_hundreds_of_columns_shows_those_that_are_used(workspace, monkeypatch, language):
    frame = pd.read_csv(io.BytesIO(shop()))
    wide = pd.concat([frame, pd.DataFrame({f"列{i}": ["x"] * len(frame) for i in range(300)})], axis=1)
    give(workspace, pairs=wide.to_csv(index=False).encode())
    app, t = opened(workspace, monkeypatch, language), Locale(language)
    assert len([one for one in app.selectbox if one.key.startswith("map_pairs")]) == 4
    assert t("page_data.mapping.all", count=300) in shown(app)


def test_the_limit_that_is_told_is_the_one_that_holds():
    import tomllib

    root = Path(__file__).parents[2]
    limit = tomllib.loads((root / ".streamlit/config.toml").read_text())["server"]["maxUploadSize"]
    told = (root / "dashboard/forms/upload.css").read_text()
    assert limit == 1024 and told.count("1 GB") == len(LANGUAGES)


def test_of_a_long_sentence_about_columns_nothing_is_markup(workspace, monkeypatch):
    give(workspace, pairs=shop(category=CANARY))
    app = opened(workspace, monkeypatch)
    assert CANARY in shown(app)
    assert not [
        text
        for text in shown(app)
        if CANARY in text and text != CANARY and "\\" not in text and "](" in text and "：" in text
    ]
