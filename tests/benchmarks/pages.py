"""How long a person waits: `python tests/benchmarks/pages.py WORKSPACE`, a workspace in which `kdmcse demo` has run.

Prints minimum, median, 95th percentile and maximum in seconds of: server start to first page usable (a new server each time),
page to page by the sidebar (first visits told apart from later ones), and a changed price until the old figures are covered and until the
new ones stand. The workspace keeps the last price.
"""

import itertools
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser.server import browser, server
from pages_under_test import PAGES

DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def tell(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    percentile = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    print(
        f"{name}: min {ordered[0]:.2f}  median {statistics.median(ordered):.2f}  95th {percentile:.2f}  max {ordered[-1]:.2f}  n={len(ordered)}"
    )


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
    links = page.locator(".st-key-pages a")
    seen, first, later = {"overview"}, [], []
    order = list(itertools.chain(PAGES[1:], *([PAGES] * rounds)))
    for name in order:
        question = page.inner_text("h1")
        started = time.perf_counter()
        links.nth(PAGES.index(name)).click()
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


def main(workspace: Path) -> None:
    log = Path(tempfile.mkdtemp()) / "server.log"
    with browser() as chromium:
        tell("server start to first page usable", [first_page(workspace, chromium, log) for _ in range(5)])
        first, later = [], []
        for _ in range(3):
            with server(workspace, log) as address:
                new, known = walk(address, chromium, 3)
                first += new
                later += known
        with server(workspace, log) as address:
            covered, there = prices(address, chromium, 10)
        tell("a changed price, old figures covered", covered)
        tell("a changed price, new figures there", there)
        tell("page to page, first visit", first)
        tell("page to page, later", later)
        tell("page to page, all", first + later)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
