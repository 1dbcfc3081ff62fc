"""A person walks through the dashboard in a real browser, from the upload to the report; then another one in the other language.

Real server, real training on a small part of sample_data; who comes second brings the same files and finds what was trained.
No request may leave this machine, no dialog may open, nothing may be written to the browser's console as an error.
"""

import csv
import time
import zipfile
from pathlib import Path

import pytest
from browser.server import ROOT, server
from browser.visitor import Visitor
from playwright.sync_api import expect

from kdmcse.i18n import LANGUAGES, Locale

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SAMPLE = ROOT / "sample_data"


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> dict[str, Path]:
    """A part of the sample: about 100 pairs to learn from, 15 held out (few enough for a map without UMAP), 60 judgements, 80 decisions."""
    if not (SAMPLE / "student").exists():
        pytest.skip("no sample data: run `python sample_data/build.py`")
    folder = tmp_path_factory.mktemp("small")
    with (SAMPLE / "pairs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = [row for split, n in (("train", 96), ("test", 15)) for row in [r for r in rows if r["split"] == split][:n]]
    renamed = {"image": "photo_of_item", "caption": "words", "group": "group", "category": "category", "split": "split"}
    with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(renamed.values())
        table.writerows([row[name] for name in renamed] for row in chosen)
    with zipfile.ZipFile(SAMPLE / "images.zip") as source, zipfile.ZipFile(folder / "images.zip", "w") as target:
        for row in chosen:
            target.writestr(row["image"], source.read(row["image"]))
    for name, count in (("sts", 60), ("decisions", 80)):
        lines = (SAMPLE / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
        (folder / f"{name}.csv").write_text("".join(lines[: count + 1]), encoding="utf-8")
    return {
        name: folder / file
        for name, file in (("images", "images.zip"), *((k, f"{k}.csv") for k in ("pairs", "sts", "decisions")))
    }


def wait_for_runs(visitor: Visitor, workspace: Path, seconds: float = 420) -> None:
    from kdmcse.engine import runs
    from kdmcse.store.workspace import Workspace

    end = time.monotonic() + seconds
    while any(run.alive or run.status not in runs.FINAL for run in runs.list_runs(Workspace(workspace))):
        assert time.monotonic() < end, [run.status for run in runs.list_runs(Workspace(workspace))]
        visitor.page.wait_for_timeout(300)
    failed = [run.outcome for run in runs.list_runs(Workspace(workspace)) if run.status != "succeeded"]
    assert not failed


@pytest.mark.parametrize(
    "languages",
    [("en",), pytest.param(("ja", "en"), marks=pytest.mark.slow)],
    ids=" and ".join,
)
def test_from_upload_to_report_one_person_after_the_other(languages, chromium, small, tmp_path):
    workspace = tmp_path / "workspace"
    with server(workspace, tmp_path / "server.log") as address:
        for language in languages:
            visitor = Visitor(chromium, address, language)
            try:
                walk(visitor, workspace, small, tmp_path)
                if language == languages[-1]:
                    delete(visitor, workspace)
                assert not visitor.strange
            finally:
                visitor.page.screenshot(path=tmp_path / f"last.{language}.png", full_page=True)
                visitor.context.close()
            assert not (workspace / "dashboard.log").exists()


def walk(visitor: Visitor, workspace: Path, small: dict[str, Path], tmp_path: Path) -> None:
    page, say = visitor.page, visitor.say
    first = not list((workspace / "datasets").glob("*/manifest.json"))
    page.goto(f"{visitor.address}/contract?lang={visitor.language}")
    visitor.expect_page("criteria")  # an address of before
    page.goto(f"{visitor.address}?lang={visitor.language}")
    visitor.expect_page("overview")
    if first:
        page.locator(".st-key-way_own .st-key-go_data a").click()
        visitor.expect_page("data")
    else:
        visitor.go_to("data")
        page.get_by_text(say("page_data.upload.open"), exact=True).click()

    # Wrong things first: no name, then nothing but a name.
    visitor.press("page_data.upload.button")
    visitor.expect(say("errors.dataset_name_missing.message"))
    visitor.fill(say("page_data.upload.name"), "Walk")
    visitor.press("page_data.upload.button")
    visitor.expect(say("errors.nothing_to_import.message"))
    visitor.upload("pairs", small["pairs"])
    for column, role in (("photo_of_item", "image"), ("words", "caption")):
        visitor.choose(say("page_data.mapping.choice", column=column), say(f"data.columns.{role}"))
    for kind in ("images", "sts", "decisions"):
        visitor.upload(kind, small[kind])
    visitor.press("page_data.upload.button")
    visitor.expect(say("page_data.splits.title"), 60)
    page.locator("[class*='st-key-image_'] img").nth(7).wait_for()

    # Train: the sample's small models by their folders, one epoch, once.
    visitor.go_on("training")
    if not first:
        page.get_by_text(say("page_training.more"), exact=True).click()
    for role in ("student", "teacher"):
        visitor.choose(say(f"page_training.{role}"), say("page_training.other_model"))
        folder = SAMPLE / role
        inputs = page.get_by_label(say("page_training.model_name"), exact=True)
        field = inputs.nth(0 if role == "student" else 1)
        field.fill(str(folder))
        field.press("Tab")
        visitor.settle()
    visitor.fill(say("page_training.seeds"), "1")
    page.get_by_text(say("page_training.settings"), exact=True).click()
    visitor.fill(say("page_training.setting.epochs"), "0")
    visitor.press("page_training.start")
    visitor.expect(say("errors.setting_out_of_range.hint"))
    visitor.fill(say("page_training.setting.epochs"), "1")
    visitor.press("page_training.start")
    visitor.expect(say("page_training.runs"), 60)
    page.reload()
    visitor.expect_page("training")
    wait_for_runs(visitor, workspace)
    visitor.expect(say("page_training.done", done=4, total=4), 30)

    visitor.go_on("scores")
    if first:
        agree(visitor)
    visitor.expect(say("page_scores.numbers"))
    page.locator(".js-plotly-plot").wait_for()
    visitor.go_on("cost")
    for name, value in (
        ("false_match", "300"),
        ("missed_match", "1200"),
        ("monthly_volume", "20000"),
        ("base_rate", "10"),
    ):
        visitor.fill(say(f"page_cost.price.{name}"), value)
    visitor.expect(say("page_cost.result"))
    page.reload()
    visitor.expect_page("cost")
    expect(page.get_by_label(say("page_cost.price.monthly_volume"), exact=True)).to_have_value("20000")
    page.locator(".js-plotly-plot").first.wait_for()
    for language in (*(one for one in LANGUAGES if one != visitor.language), visitor.language):
        page.locator(".st-key-languages").get_by_text(LANGUAGES[language]).click()
        visitor.settle()
        say_now = Locale(language)
        chosen = page.get_by_label(say_now("page_cost.price.use_case"), exact=True)
        expect(chosen).to_have_value(say_now("cost.use_case.empty.name"))
    # A link is clicked while a price is typed: whichever the server hears of first, no price is gone.
    page.get_by_label(say("page_cost.price.false_match"), exact=True).fill("310")
    page.locator(".st-key-pages a").first.click()
    visitor.settle()
    visitor.go_to("cost")
    expect(page.get_by_label(say("page_cost.price.monthly_volume"), exact=True)).to_have_value("20000")

    visitor.go_on("roi")
    visitor.expect(say("page_roi.axes.title"))
    visitor.go_on("scenarios")
    visitor.go_on("effort")
    visitor.go_on("map")
    if first:
        visitor.press("page_map.start")
    page.wait_for_selector(".stage", timeout=180_000)
    visitor.settle()
    page.locator(".stage").first.focus()
    page.keyboard.press("ArrowRight")
    page.locator(".card .caption").wait_for()
    page.keyboard.press("Enter")
    visitor.expect(say("page_map.picked"))

    visitor.go_on("report")
    visitor.press("page_report.html.build")
    with page.expect_download() as downloading:
        visitor.press("page_report.download")
    report = tmp_path / "report.html"
    downloading.value.save_as(report)
    assert downloading.value.suggested_filename.startswith("kdmcse-Walk-")
    assert "Walk" in report.read_text(encoding="utf-8")

    # Back keeps dataset and language; another language keeps the page.
    visitor.go_on("overview")
    visitor.expect(say("first_page.measured"))
    page.go_back()
    visitor.expect_page("report")
    assert "dataset=" in page.url and f"lang={visitor.language}" in page.url
    other = {"en": "日本語", "ja": "English"}[visitor.language]
    page.locator(".st-key-languages").get_by_text(other).click()
    page.get_by_role(
        "heading", name=Locale({"en": "ja", "ja": "en"}[visitor.language])("page_report.question")
    ).wait_for()

    visitor.settle()
    page.go_back()
    visitor.expect_page("report")


def agree(visitor: Visitor) -> None:
    """Results wait until somebody agreed on what they are to show; what is typed outlives a reload."""
    page, say = visitor.page, visitor.say
    visitor.expect(say("page_criteria.needed.title"))
    page.locator(".st-key-empty .st-key-go_criteria a").click()
    visitor.expect_page("criteria")
    visitor.fill(say("criteria.field.name"), "Aiko Mori")
    page.get_by_label(say("criteria.field.name"), exact=True).nth(1).wait_for()
    page.reload()
    visitor.expect_page("criteria")
    page.locator("input[value='Aiko Mori']").wait_for()
    visitor.press("page_criteria.lock")
    visitor.expect(say("page_criteria.locked"))
    visitor.go_to("scores")


def delete(visitor: Visitor, workspace: Path) -> None:
    """Deleting asks first, and takes everything along."""
    say = visitor.say
    visitor.go_to("data")
    visitor.press("page_data.delete.button")
    visitor.press("page_data.delete.confirm")
    visitor.expect(say("page_data.nothing"))
    assert not list((workspace / "runs").glob("*/config.json"))
    waiting = [one.name for one in workspace.glob("drafts/import/*") if one.is_dir()]
    assert not list(workspace.glob("uploads/*")) and set(waiting) <= {"job"}, "nothing that was uploaded is left"
