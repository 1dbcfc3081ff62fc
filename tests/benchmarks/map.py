"""How long a person waits on the map of 50,000 captions: `python tests/benchmarks/map.py [--draw]`.

Makes a workspace of 50,000 held-out captions with 200 pictures of 512 pixels, vectors of width 384 and a map of blots, opens the page in Chromium
without a graphics card, and prints minimum, median and maximum of: the page until both maps are painted, the first time and later; a point
pointed at until its picture and words are there; an area drawn until its gallery is there; a frame while the map is enlarged and moved. Then
the seconds that counting what changed takes in the background, and with --draw those of the drawing too, which takes minutes.
"""

import csv
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pandas as pd
from browser.server import browser, server
from example_poc import KINDS, config, evaluated
from PIL import Image

from kdmcse import data
from kdmcse.config import BASELINE
from kdmcse.evaluation.projection import project_run, projection_folder
from kdmcse.results import neighbours
from kdmcse.store.workspace import Workspace

CAPTIONS, PICTURES, WIDTH, GROUP = 50_000, 200, 384, 5
DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
BETWEEN = (
    "([from, to]) => performance.getEntriesByName(to)[0].startTime - performance.getEntriesByName(from)[0].startTime"
)
FRAMES = """async () => {
    const stage = [...document.querySelectorAll('*')].map(one => one.shadowRoot).find(root => root?.querySelector('.stage')).querySelector('.stage')
    const box = stage.getBoundingClientRect(), frames = []
    for (let k = 0; k < 60; k++) {
        const start = performance.now(), place = { clientX: box.left + 200, clientY: box.top + 150, bubbles: true, cancelable: true }
        stage.dispatchEvent(new WheelEvent('wheel', { ...place, deltaY: k % 20 < 10 ? -60 : 60 }))
        await new Promise(requestAnimationFrame)
        await new Promise(later => setTimeout(later))
        frames.push((performance.now() - start) / 1000)
    }
    return frames
}"""


def tell(name: str, seconds: list[float]) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    print(f"{name}: min {low:.3f}  median {middle:.3f}  max {high:.3f} s  n={len(seconds)}", flush=True)


def make(folder: Path) -> tuple[Workspace, list]:
    """The workspace, and the trained and the untouched run."""
    workspace, images, rng = Workspace(folder / "workspace"), folder / "images", np.random.default_rng(0)
    images.mkdir()
    for i in range(PICTURES):
        coarse = Image.fromarray(rng.integers(0, 255, (24, 32, 3), np.uint8)).resize(
            (512, 384), Image.Resampling.BICUBIC
        )
        coarse.save(images / f"{i}.jpg", quality=85)
    with (folder / "pairs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "caption", "group", "category", "colour", "split"])
        for i in range(CAPTIONS):
            kind, split = KINDS[i // GROUP % 3], "test"
            rows.writerow(
                [
                    f"{i % PICTURES}.jpg",
                    f"{kind} number {i} for the shop",
                    f"g{i // GROUP}",
                    kind,
                    f"c{i // GROUP % 12}",
                    split,
                ]
            )
    dataset = data.import_dataset(workspace, name="Large", pairs=folder / "pairs.csv", images=images)
    runs = [evaluated(workspace, dataset, config(dataset, method), None) for method in ("kdmcse", BASELINE)]
    group = np.arange(CAPTIONS) // GROUP
    for pull, run in zip((1.0, 0.5), runs, strict=True):
        vectors = rng.normal(size=(CAPTIONS, WIDTH)) + pull * rng.normal(size=(group.max() + 1, WIDTH))[group]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        np.save(run.folder / "evaluation" / "embeddings.npy", vectors.astype(np.float32))
    return workspace, runs


def blots(pairs: pd.Series) -> pd.DataFrame:
    """A map without its drawing: 40 round blots."""
    rng = np.random.default_rng(0)
    middle, which = rng.normal(0, 10, (40, 2)), rng.integers(0, 40, len(pairs))
    places = {side: middle[which] + rng.normal(0, 1.5, (len(pairs), 2)) for side in ("before", "after")}
    return pd.DataFrame(
        {"pair": pairs, **{f"{side}_{axis}": places[side][:, at] for side in places for at, axis in enumerate("xy")}}
    )


def any_neighbours(before: np.ndarray, after: np.ndarray, caption: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In place of the nearest ones, which take minutes."""
    rng = np.random.default_rng(0)
    return tuple(
        (np.arange(len(caption))[:, None] + rng.integers(1, 9, (len(caption), 10))) % len(caption) for _ in "ab"
    )


def painted(page) -> float:
    """Seconds until both maps are painted."""
    start = time.perf_counter()
    page.locator(".st-key-pages").get_by_text("Map", exact=True).click()
    page.wait_for_function("performance.getEntriesByName('map painted').length > 0", polling=10, timeout=120_000)
    return time.perf_counter() - start


def look(address: str, chromium) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    page.goto(address)
    page.wait_for_selector(DONE)
    page.wait_for_timeout(5000)  # as long as a person reads the first page
    opened = []
    for _ in range(6):
        opened.append(painted(page))
        page.wait_for_selector(DONE)
        page.wait_for_timeout(500)
        page.locator(".st-key-pages").get_by_text("Definitions", exact=True).click()
        page.locator(".stage").first.wait_for(state="detached", timeout=60_000)
        page.wait_for_selector(DONE)
        page.evaluate("performance.clearMarks('map painted')")
        page.wait_for_timeout(500)
    tell("page until both maps are painted, first visit", opened[:1])
    tell("the same, later", opened[1:])
    painted(page)
    page.wait_for_selector(DONE)
    page.wait_for_timeout(1000)
    stage, hovers, rng = page.locator(".stage").first, [], np.random.default_rng(1)
    box = stage.bounding_box()
    while len(hovers) < 40:
        page.evaluate("['hover asked', 'hover shown'].forEach(one => performance.clearMarks(one))")
        x, y = rng.uniform(0.15, 0.85, 2)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(250)
        if page.evaluate("performance.getEntriesByName('hover asked').length"):
            page.wait_for_function("performance.getEntriesByName('hover shown').length")
            hovers.append(page.evaluate(BETWEEN, ["hover asked", "hover shown"]) / 1000)
    tell("a point until its picture and words are there", hovers)
    tell("a frame while the map is enlarged", page.evaluate(FRAMES))
    page.get_by_role("button", name="Show all of the map").click()
    page.get_by_role("button", name="Draw around").click()
    drawn = []
    for part in (0.95, 0.8, 0.6, 0.4, 0.9):
        page.evaluate("['pick ended', 'gallery shown'].forEach(one => performance.clearMarks(one))")
        corners = [
            (box["x"] + a * box["width"], box["y"] + b * box["height"])
            for a, b in ((0.03, 0.03), (part, 0.03), (part, part), (0.03, part))
        ]
        page.mouse.move(*corners[0])
        page.mouse.down()
        for corner in corners[1:]:
            page.mouse.move(*corner, steps=10)
        page.mouse.up()
        page.wait_for_function("performance.getEntriesByName('gallery shown').length", timeout=60_000)
        drawn.append(page.evaluate(BETWEEN, ["pick ended", "gallery shown"]) / 1000)
        print("  ", page.inner_text(".told"), flush=True)
        page.wait_for_selector(DONE)
        page.wait_for_timeout(1500)
    tell("an area until its gallery is there", drawn)


def main(draw: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace, (run, baseline) = make(Path(folder))
        dataset = data.list_datasets(workspace)[0]
        projection_folder(run, baseline).mkdir(parents=True)
        table = blots(dataset.pairs.loc[dataset.pairs["held_out"], "pair"])
        table.to_parquet(projection_folder(run, baseline) / "points.parquet", index=False)
        with mock.patch.object(neighbours, "_nearest", any_neighbours):  # a page reads what was counted, whatever it is
            neighbours.keep_neighbours(run, baseline)
        with server(workspace.path, Path(folder) / "server.log") as address, browser() as chromium:
            look(address, chromium)
        start, used = time.perf_counter(), time.process_time()
        neighbours.keep_neighbours(run, baseline)
        tell("what changed is counted, in the background", [time.perf_counter() - start])
        tell("the same, of the processor", [time.process_time() - used])
        if draw:
            start = time.perf_counter()
            project_run(run, baseline)
            tell("the map is drawn, in the background", [time.perf_counter() - start])


if __name__ == "__main__":
    main("--draw" in sys.argv[1:])
