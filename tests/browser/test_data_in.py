"""An upload in a real browser: what was dropped, typed and chosen is there after a reload, in another tab and language; then it is imported."""

import csv
from pathlib import Path

import pytest
from browser.server import server
from browser.visitor import Visitor
from example_datasets import album
from playwright.sync_api import expect

from kdmcse.data import list_datasets
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.store.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
NUMBER = 40


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """A Japanese shop's table with two texts a row, its photos and some decisions."""
    rows = [(f"{i}.jpg", f"説明 {i}", f"コピー {i}", f"商品{i // 2}", "果物") for i in range(NUMBER)]
    with (tmp_path / "商品一覧.csv").open("w", encoding="cp932", newline="") as file:
        csv.writer(file).writerows([("写真", "商品説明", "キャッチコピー", "商品名", "分類"), *rows])
    with (tmp_path / "decisions.csv").open("w", encoding="utf-8", newline="") as file:
        pairs = [(f"説明 {i}", f"説明 {i + 2}", i % 4 // 2) for i in range(0, NUMBER - 2, 2)]
        csv.writer(file).writerows([("文1", "文2", "判定"), *pairs])
    return {
        "pairs": tmp_path / "商品一覧.csv",
        "images": album(tmp_path, NUMBER),
        "decisions": tmp_path / "decisions.csv",
    }


def mapped(visitor: Visitor, page, language: str, column: str):
    """What the choice of a column shows."""
    words = Locale(language)
    return page.get_by_role("combobox", name=words("page_data.mapping.choice", column=column)).first


def shows(page, language: str, names: list[str], role: str, column: str, visitor: Visitor) -> None:
    """The name, the files and the choice stand there."""
    words = Locale(language)
    expect(page.get_by_label(words("page_data.upload.name"), exact=True)).to_have_value("春のカタログ", timeout=60_000)
    for name in names:
        page.get_by_text(name).first.wait_for(timeout=60_000)
    expect(mapped(visitor, page, language, column)).to_have_value(words(f"data.columns.{role}"), timeout=60_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_given_is_lost_until_it_is_imported(language, chromium, files, tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    with server(workspace.path, tmp_path / "server.log") as address:
        visitor = Visitor(chromium, address, language)
        page, say = visitor.page, visitor.say
        page.goto(f"{address}/data?lang={language}")
        visitor.expect_page("data")
        visitor.fill(say("page_data.upload.name"), "春のカタログ")
        for kind, path in files.items():
            visitor.upload(kind, path)
        # Two texts: which one is taken is told, and the other is chosen.
        told = say("data.recognised.could_be", role=say("data.columns.caption"), taken="商品説明")
        visitor.expect(told)
        visitor.choose(say("page_data.mapping.choice", column="キャッチコピー"), say("data.columns.caption"))
        expect(mapped(visitor, page, language, "商品説明")).to_have_value(say("page_data.mapping.not_used"))
        names = ["商品一覧.csv", "images.zip", "decisions.csv"]
        expected = names, "caption", "キャッチコピー", visitor

        page.reload()
        visitor.expect_page("data")
        open_mapping(page, say)
        shows(page, language, *expected)
        other = next(one for one in LANGUAGES if one != language)
        page.locator(".st-key-languages").get_by_text(LANGUAGES[other]).click()
        visitor.settle()
        open_mapping(page, Locale(other))
        shows(page, other, *expected)
        page.locator(".st-key-languages").get_by_text(LANGUAGES[language]).click()
        visitor.settle()
        page.locator(".st-key-pages").get_by_role("link", name=say("pages.criteria")).click()
        visitor.expect_page("criteria")
        page.go_back()
        visitor.expect_page("data")
        open_mapping(page, say)
        shows(page, language, *expected)
        tab = visitor.context.new_page()
        tab.goto(f"{address}/data?lang={language}")
        tab.wait_for_selector("h1", timeout=60_000)
        open_mapping(tab, say)
        shows(tab, language, *expected)
        tab.close()

        visitor.press("page_data.upload.button")
        visitor.expect(say("page_data.ready.title"), 120)
        visitor.settle()
        [dataset] = list_datasets(workspace)
        assert f"dataset={dataset.fingerprint}" in page.url and dataset.name == "春のカタログ"
        assert dataset.pairs["caption"].str.startswith("コピー").all() and dataset.counts["groups"] == NUMBER // 2
        assert not list(workspace.drafts.glob("import/files/*"))
        assert not visitor.strange
        visitor.context.close()
        assert not (workspace.path / "dashboard.log").exists()


def open_mapping(page, say) -> None:
    """Where everything is clear the table is folded: open it."""
    part = page.locator("[data-testid=stExpander]", has_text="商品一覧.csv").first
    part.wait_for(timeout=60_000)
    if not part.get_by_text(say("page_data.mapping.rows"), exact=True).count():
        part.locator("summary").click()
