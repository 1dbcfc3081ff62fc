"""The two maps in a real browser: drawn, pointed at, drawn around, enlarged and set back; what is picked outlives a reload and leads on."""

import time
from pathlib import Path

import pytest
from browser.server import server
from browser.visitor import Visitor
from example_poc import PRICES, complete, import_example
from playwright.sync_api import expect

from kdmcse import cost
from kdmcse.evaluation import projection
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HELD_OUT = 40
INKED = """canvas => {
    const { width, height } = canvas, pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data
    const at = []
    for (let p = 0; p < width * height; p++)
        if (pixels[4 * p] + pixels[4 * p + 1] + pixels[4 * p + 2] < 600) at.push(p)
    const middle = at[Math.floor(at.length / 2)], box = canvas.getBoundingClientRect()
    return [at.length, (middle % width) * box.width / width, Math.floor(middle / width) * box.height / height]
}"""
"""How many pixels are not as light as the ground, and where one of them is."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """A small proof of concept whose map is drawn, on its main axes."""
    folder = tmp_path_factory.mktemp("drawn")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", pairs=60)
    runs = complete(workspace, dataset, seeds=(0,))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "MIN_UMAP_PAIRS", 10**6)
        projection.project_run(runs["kdmcse"][0], runs["baseline"][0])
    return workspace.path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_maps_are_looked_at_picked_from_and_left_for_the_mistakes(chromium, drawn, language, tmp_path):
    with server(drawn, tmp_path / "server.log") as address:
        visitor = Visitor(chromium, address, language)
        try:
            walk(visitor)
            assert not visitor.strange
        finally:
            visitor.page.screenshot(path=tmp_path / f"last.{language}.png", full_page=True)
            visitor.context.close()
    assert not (drawn / "dashboard.log").exists()


def walk(visitor: Visitor) -> None:
    page, say = visitor.page, visitor.say
    page.goto(f"{visitor.address}/map?lang={visitor.language}")
    visitor.expect_page("map")
    before, after = (page.locator(".stage").nth(side) for side in (0, 1))
    expect(page.get_by_role("heading", name=say("page_map.before"))).to_be_visible()
    expect(page.get_by_role("heading", name=say("page_map.after", method="KDMCSE"))).to_be_visible()
    for stage in (before, after):
        assert stage.locator(".points").evaluate(INKED)[0] > 20 * HELD_OUT, "points are drawn"

    # Point: picture and words, and a ring on either map.
    _, x, y = before.locator(".points").evaluate(INKED)
    before.hover(position={"x": x, "y": y})
    start = time.monotonic()
    expect(page.locator(".card img")).to_be_visible()
    assert page.locator(".card .caption").inner_text().split()[1] == "number" and time.monotonic() - start < 2
    ringed = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(one => one)"
    assert all(stage.locator(".marks").evaluate(ringed) for stage in (before, after))

    # Enlarge by the wheel, move, and set back; moved as far as may be, the map is still in sight.
    page.mouse.wheel(0, -400)
    expect(after).to_have_class("stage zoomed")
    box = before.bounding_box()
    for _ in range(4):
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 10, steps=4)
        page.mouse.up()
    page.get_by_role("button", name=say("page_map.words.zoom_out"), exact=True).click()
    page.wait_for_timeout(300)
    assert before.locator(".points").evaluate(INKED)[0] > 0, "moved to its end, the map is in sight"
    page.get_by_role("button", name=say("page_map.words.reset"), exact=True).click()
    expect(after).to_have_class("stage")

    # Draw around all of them.
    page.get_by_role("button", name=say("page_map.words.lasso"), exact=True).click()
    around(page, box)
    expect(page.locator(".told")).to_have_text(say("page_map.words.picked", n=HELD_OUT))
    expect(page.locator(".gallery li")).to_have_count(24)
    expect(page.locator(".gallery .more")).to_have_text(say("page_map.words.more", n=HELD_OUT - 24))
    expect(page.locator(".gallery img").nth(23)).to_be_visible()
    visitor.settle()
    assert "picked=b" in page.url
    page.reload()
    visitor.expect_page("map")
    expect(page.locator(".told")).to_have_text(say("page_map.words.picked", n=HELD_OUT))
    expect(page.locator(".gallery li")).to_have_count(24)

    # One of them, and by the keys another one.
    page.locator(".gallery button").first.click()
    visitor.expect(say("page_map.picked"))
    visitor.settle()
    first = page.url
    assert "picked=p" in first
    after.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_function("before => location.href !== before", arg=first)
    assert "picked=p" in page.url
    visitor.settle()
    page.locator(".st-key-picked_links a").click()
    visitor.expect_page("disagreements")
    visitor.expect(say("page_disagreements.picked_on_map", count=1))
    visitor.press("page_disagreements.not_picked")
    page.get_by_text(say("page_disagreements.picked_on_map", count=1)).wait_for(state="detached")
    assert "picked=" not in page.url

    # On a phone one map stands above the other, and a category goes by a tap on the legend.
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{visitor.address}/map?lang={visitor.language}")
    visitor.expect_page("map")
    upper, lower = (page.locator(".stage").nth(side).bounding_box() for side in (0, 1))
    assert upper["y"] + upper["height"] < lower["y"] and upper["width"] < 390
    many = before.locator(".points").evaluate(INKED)[0]
    page.locator(".legend button").first.click()
    page.wait_for_timeout(300)
    assert before.locator(".points").evaluate(INKED)[0] < many


def around(page, box: dict) -> None:
    """Draw around nearly all of a stage, within its edge."""
    left, top, right, bottom = box["x"] + 3, box["y"] + 3, box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 5)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
