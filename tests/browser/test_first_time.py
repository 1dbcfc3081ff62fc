"""A first visit in Japanese: from an empty workspace to the slides in at most 15 clicks, and no path is typed."""

import csv
import shutil
import zipfile
from pathlib import Path

import pytest
from browser.server import ROOT, server
from browser.test_walk import wait_for_runs
from browser.visitor import Visitor

SAMPLE = ROOT / "sample_data"
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
CLICKS = 15
HEADERS = {"image": "写真", "caption": "商品説明", "group": "商品名", "category": "分類"}
_COUNT = """addEventListener('click', event => {
    if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1
}, true)"""


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """What a shop brings: a part of the sample under Japanese headers."""
    if not (SAMPLE / "student").exists():
        pytest.skip("no sample data: run `python sample_data/build.py`")
    with (SAMPLE / "pairs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for number, row in enumerate(csv.DictReader(file)) if number % 6 == 0]
    with (tmp_path / "商品.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADERS.values())
        table.writerows([row[name] for name in HEADERS] for row in rows)
    with zipfile.ZipFile(SAMPLE / "images.zip") as source, zipfile.ZipFile(tmp_path / "写真.zip", "w") as target:
        for name in {row["image"] for row in rows}:
            target.writestr(name, source.read(name))
    for name, file in (("sts", "採点.csv"), ("decisions", "判定.csv")):
        shutil.copy(SAMPLE / f"{name}.csv", tmp_path / file)
    return {
        "images": tmp_path / "写真.zip",
        "pairs": tmp_path / "商品.csv",
        "sts": tmp_path / "採点.csv",
        "decisions": tmp_path / "判定.csv",
    }


def test_from_nothing_to_the_slides_in_fifteen_clicks(chromium, files, tmp_path):
    workspace = tmp_path / "workspace"
    # As a company that was given a model by its own people: two folders in the workspace's models.
    for role in ("student", "teacher"):
        shutil.copytree(SAMPLE / role, workspace / "models" / role)
    with server(workspace, tmp_path / "server.log") as address:
        visitor = Visitor(chromium, address, "ja")
        page, say = visitor.page, visitor.say
        visitor.context.add_init_script(_COUNT)
        try:
            page.goto(f"{address}?lang=ja")
            visitor.expect_page("overview")
            page.locator(".st-key-way_own .st-key-go_data a").click()
            visitor.expect_page("data")
            visitor.fill(say("page_data.upload.name"), "春のカタログ")
            for kind, path in files.items():
                visitor.upload(kind, path)
            visitor.press("page_data.upload.button")
            visitor.expect(say("page_data.ready.title"), 120)
            visitor.go_to("criteria")
            visitor.fill(say("criteria.field.name"), "森 愛子")
            visitor.press("page_criteria.lock")
            visitor.expect(say("page_criteria.locked"))
            visitor.go_to("training")
            # Many small trainings that choose the settings take longer than a test may: they are left out.
            page.locator(".st-key-choose label, [class*='st-key-choose'] label").first.click()
            visitor.press("page_training.start")
            visitor.expect(say("page_training.runs"), 60)
            wait_for_runs(visitor, workspace, 600)
            visitor.go_to("report")
            visitor.press("page_report.pptx.build")
            with page.expect_download(timeout=120_000) as downloading:
                visitor.press("page_report.download")
            downloading.value.save_as(tmp_path / "slides.pptx")
            # Choosing files is a dialog of the browser's: a click that opens it, one for each of the four.
            clicks = int(page.evaluate("sessionStorage.clicks ?? 0")) + len(files)
            assert clicks <= CLICKS
            assert zipfile.is_zipfile(tmp_path / "slides.pptx")
            assert not visitor.strange
        finally:
            page.screenshot(path=tmp_path / "last.png", full_page=True)
            visitor.context.close()
