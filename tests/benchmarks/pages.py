"""How long a person waits: `python tests/benchmarks/pages.py WORKSPACE`, a workspace in which `kdmcse demo` has run.

Prints minimum, median, 95th percentile and maximum in seconds of: server start to first page usable (a new server each time),
page to page by the sidebar (first visits told apart from later ones), a changed price until the old figures are covered and until the
new ones stand, and page to page while a run trains. Each part is printed once for all of it and, of percentiles, once a round: median of
the rounds, with minimum and maximum. It works on a copy of the workspace.
"""

import dataclasses
import itertools
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser.server import browser, server
from pages_under_test import PAGES as ALL

from dashboard import navigation
from kdmcse import Workspace, data, sample
from kdmcse.engine import runs
from kdmcse.processes import launch

ROUNDS = 5

DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PAGES = tuple(page for page in ALL if page != "meeting")  # which has no sidebar to go on by
ENTRIES = (*(entry for entries in navigation.GROUPS.values() for entry in entries), navigation.HELP)


def tell(name: str, seconds: list[float]) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    ninety_fifth = percentile(seconds)
    print(
        f"{name}: min {low:.2f}  median {middle:.2f}  95th {ninety_fifth:.2f}  max {high:.2f}  n={len(seconds)}",
        flush=True,
    )


def percentile(seconds: list[float]) -> float:
    """The 95th."""
    return sorted(seconds)[min(len(seconds) - 1, round(0.95 * len(seconds)))]


def first_page(workspace: Path, chromium, log: Path) -> float:
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    started = time.perf_counter()
    with server(workspace, log) as address:
        page.goto(address)
        page.wait_for_selector("h1")
        page.wait_for_selector(DONE)
        seconds = time.perf_counter() - started
        page.close()
    return seconds


def walk(address: str, chromium, rounds: int) -> tuple[list[float], list[float]]:
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_selector(DONE)
    page.wait_for_timeout(3000)  # as long as a person reads the verdict
    seen, first, later, shown = {"overview"}, [], [], "overview"
    order = list(itertools.chain(PAGES[1:], *([PAGES] * rounds)))
    for name in order:
        entry = next(one for one in ENTRIES if name in one.pages)
        if name not in (entry.name, shown) and shown not in entry.pages:
            page.locator(f'.st-key-pages a[href^="{entry.name}?"]:visible').click()
            page.wait_for_selector(f'.st-key-tabs a[href^="{name}?"]:visible')
            page.wait_for_selector(DONE)
        place = ".st-key-pages" if name == entry.name else ".st-key-tabs"
        question, shown = page.inner_text("h1"), name
        address_ = "" if name == "overview" else name
        started = time.perf_counter()
        page.locator(f'{place} a[href^="{address_}?"]:visible').click()
        page.wait_for_function(
            "q => { const h = document.querySelector('h1'); return h && h.innerText !== q }", arg=question, polling=10
        )
        page.wait_for_selector(DONE)
        (later if name in seen else first).append(time.perf_counter() - started)
        seen.add(name)
        page.wait_for_timeout(400)
    page.close()
    return first, later


def prices(address: str, chromium, changes: int) -> tuple[list[float], list[float]]:
    """Seconds until the old figures are off the page, and until all new ones are on it."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    page.goto(f"{address}/cost")
    page.wait_for_selector('[data-testid="stTable"]')
    page.wait_for_selector(DONE)
    field, covered, there = page.locator("input[type=number]").first, [], []
    price = float(field.input_value())
    for change in range(1, changes + 1):
        page.wait_for_timeout(1000)
        old = page.inner_text('[data-testid="stTable"]')
        field.fill(str(price + change))
        started = time.perf_counter()
        field.press("Enter")
        table = "document.querySelector('[data-testid=\"stTable\"]')"
        page.wait_for_function(f"old => !{table} || {table}.innerText !== old", arg=old, polling=10)
        covered.append(time.perf_counter() - started)
        page.wait_for_function(f"() => {table} && !document.querySelector('.recalculating')", polling=10)
        page.wait_for_selector(DONE)
        there.append(time.perf_counter() - started)
    page.close()
    return covered, there


@contextmanager
def training(workspace: Path) -> Iterator[None]:
    """A run of the sample that trains until the block ends."""
    there, dataset = Workspace(workspace), data.list_datasets(Workspace(workspace))[-1].fingerprint
    longer = dataclasses.replace(sample.training(), epochs=1000)
    started = launch.start_training(
        there, dataset, student=sample.STUDENT, teacher=sample.TEACHER, methods=("kdmcse",), seeds=(9,), training=longer
    )
    run = next(one for one in started if one.config.method == "kdmcse")
    while not any("loss" in line for line in run.progress()):
        time.sleep(0.1)
    try:
        yield
    finally:
        run.request_stop()
        runs.wait([run])
        run.delete()


def rounds(workspace: Path, chromium, log: Path) -> None:
    """Page to page, a new server a round: first visits, then all pages three times more."""
    first, later = [], []
    for _ in range(ROUNDS):
        with server(workspace, log) as address:
            new, known = walk(address, chromium, 3)
        first.append(new)
        later.append(known)
    for name, each in (("first visit", first), ("later", later)):
        tell(f"page to page, {name}", list(itertools.chain(*each)))
        tell(f"page to page, {name}, 95th percentile of each round", [percentile(one) for one in each])


def main(workspace: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    log, copy = folder / "server.log", folder / "workspace"
    shutil.copytree(workspace, copy)
    with browser() as chromium:
        tell("server start to first page usable", [first_page(copy, chromium, log) for _ in range(ROUNDS)])
        rounds(copy, chromium, log)
        with server(copy, log) as address:
            covered, there = prices(address, chromium, 10)
        tell("a changed price, old figures covered", covered)
        tell("a changed price, new figures there", there)
        print("While a run trains:")
        with training(copy):
            rounds(copy, chromium, log)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
