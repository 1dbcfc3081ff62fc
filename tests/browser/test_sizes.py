"""Every page at the three sizes of the meeting room, desk, tablet and phone, in both languages, on the sample and on two pilots.

Nothing sticks out at the side, no heading stands one character a line, no figure or mark is broken, and no key, `nan` or `None` is read.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from browser.server import ROOT, server
from browser.visitor import Visitor
from pages_under_test import PAGES

from kdmcse import sample
from kdmcse.i18n import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]
SHARED = ROOT.parent / "shared"
SIZES = ((1440, 900), (1024, 768), (390, 844))
HEADERS = {"image": "写真", "caption": "商品説明", "product": "商品名", "category": "分類"}
"""of the grocer's table, as a Japanese shop writes them"""
PRICES = 'currency = "JPY"\nfalse_match = 300\nmissed_match = 1200\nmonthly_volume = 20000\nbase_rate = 0.1\n'

_WRONG = """() => {
    const wrong = [], shown = element => element.offsetParent !== null && getComputedStyle(element).visibility === 'visible'
    const wide = document.documentElement.scrollWidth - window.innerWidth
    if (wide > 1) wrong.push(`the page is ${wide} pixels too wide`)
    const main = document.querySelector('[data-testid="stMain"]')
    if (main && main.scrollWidth - main.clientWidth > 1)
        wrong.push(`its content is ${main.scrollWidth - main.clientWidth} pixels too wide`)
    const ofText = 'h1, h2, h3, h4, th, button, summary, [role="tab"], [data-testid="stBadge"]'
    for (const element of document.querySelectorAll(ofText)) {
        const text = element.innerText?.trim() ?? ''
        if (!shown(element) || text.length < 3) continue
        const style = getComputedStyle(element), inner = element.clientWidth
            - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
        const lines = element.clientHeight / (parseFloat(style.lineHeight) || 1.5 * parseFloat(style.fontSize))
        if (inner > 0 && inner < 1.9 * parseFloat(style.fontSize) && lines >= 3)
            wrong.push(`one character a line: ${text.slice(0, 40)}`)
    }
    const read = document.body.innerText
    for (const found of read.match(/\\b(nan|None|undefined|Infinity)\\b|(page|shared|errors|results|cards|roi)[_.][a-z_]+\\.[a-z_.]+/g) ?? [])
        wrong.push(`reads ${found}`)
    return wrong
}"""


def shell(workspace: Path, command: str, *arguments: object) -> dict:
    words = [sys.executable, "-m", "kdmcse.cli", command, "--workspace", workspace, "--json", *arguments]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def of_the_sample(workspace: Path, folder: Path) -> dict[str, object]:
    if not sample.FOLDER.joinpath("pairs.csv").exists():
        pytest.skip("no sample data: run `python sample_data/build.py`")
    place = sample.FOLDER
    return {
        "--images": place / "images.zip", "--pairs": place / "pairs.csv", "--sts": place / "sts.csv",
        "--decisions": place / "decisions.csv", "--teacher": sample.TEACHER,
    }  # fmt: skip


def of_the_grocer(workspace: Path, folder: Path) -> dict[str, object]:
    place = SHARED / "grocery"
    with (place / "pairs.csv").open(encoding="utf-8-sig", newline="") as file:
        first, *rows = csv.reader(file)
    with (folder / "商品.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[HEADERS[name] for name in first], *rows])
    return {
        "--images": place / "images", "--pairs": folder / "商品.csv", "--sts": SHARED / "sts" / "stsb_dev_en.csv",
        "--decisions": place / "decisions.csv", "--teacher": sample.TEACHER,
    }  # fmt: skip


def of_coco(workspace: Path, folder: Path) -> dict[str, object]:
    place = SHARED / "coco"
    return {"--pairs": place / "pairs.csv", "--sts": place / "sts.csv", "--teacher": place / "teacher.parquet"}


PILOTS = {"sample": of_the_sample, "grocery": of_the_grocer, "coco": of_coco}


def proof_of_concept(name: str, folder: Path) -> Path:
    """A workspace in which one model was trained once with images and once without, with what decisions cost, where there are any."""
    if name != "sample" and not SHARED.exists():
        pytest.skip("the pilot data lies beside the project, and is absent here")
    workspace = folder / "workspace"
    given = PILOTS[name](workspace, folder)
    teacher = given.pop("--teacher")
    shell(workspace, "import", "--name", name, *(word for option in given.items() for word in option))
    (folder / "training.toml").write_text("epochs = 1\nbatch_size = 64\nmax_length = 32\n")
    trained = shell(
        workspace, "train", "--dataset", name, "--method", "kdmcse", "--student", sample.STUDENT, "--teacher", teacher, "--seeds", "0",
        "--config", folder / "training.toml", "--wait",
    )["runs"]  # fmt: skip
    if "--decisions" in given:
        (folder / "prices.toml").write_text(PRICES)
        [model] = [run["run"] for run in trained if run["method"] == "kdmcse"]
        shell(workspace, "cost", "--dataset", name, "--model", model, "--prices", folder / "prices.toml")
    return workspace


@pytest.mark.parametrize("name", PILOTS)
def test_every_page_fits_every_size_in_both_languages(name, chromium, tmp_path):
    workspace, wrong = proof_of_concept(name, tmp_path), []
    with server(workspace, tmp_path / "server.log") as address:
        for language in LANGUAGES:
            visitor = Visitor(chromium, address, language)
            for page in PAGES:
                visitor.page.goto(f"{address}/{'' if page == 'overview' else page}?lang={language}")
                visitor.expect_page(page)
                for width, height in SIZES:
                    visitor.page.set_viewport_size({"width": width, "height": height})
                    visitor.settle()
                    found = visitor.page.evaluate(_WRONG)
                    wrong += [f"{page} in {language} at {width}: {one}" for one in found]
            wrong += [f"{language}: {one}" for one in visitor.strange]
            visitor.context.close()
    assert wrong == []
    assert not (workspace / "dashboard.log").exists()
