"""The meeting mode in a real browser: from slide to slide by keys and buttons, full screen, out again; each slide whole and legible."""

import re

import pytest
from browser.server import server
from browser.visitor import Visitor
from example_poc import PRICES, complete, import_example
from playwright.sync_api import expect

from kdmcse import cost
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SIZES = ((1440, 900), (1920, 1080))
LEAST = 24
"""px of the type that is read from the back of a room"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Workspace:
    folder = tmp_path_factory.mktemp("meeting")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", synthetic=True)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace


class Presenter(Visitor):
    """Who stands in front."""

    def at(self, slide: int) -> None:
        expect(self.page.locator(".meeting .number")).to_have_text(
            self.say("page_meeting.number", slide=slide, count=5), timeout=30_000
        )
        self.settle()

    def press_key(self, key: str, slide: int) -> None:
        self.page.keyboard.press(key)
        self.at(slide)

    def in_full_screen(self, wanted: bool) -> None:
        self.page.wait_for_function("wanted => !!document.fullscreenElement === wanted", arg=wanted, timeout=10_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_talk(chromium, measured, language, tmp_path):
    with server(measured.path, tmp_path / "server.log") as address:
        presenter = Presenter(chromium, address, language)
        try:
            talk(presenter)
            assert not presenter.strange
        finally:
            presenter.page.screenshot(path=tmp_path / f"last.{language}.png")
            presenter.context.close()
    assert not (measured.path / "dashboard.log").exists()


def talk(presenter: Presenter) -> None:
    page = presenter.page
    page.goto(f"{presenter.address}/meeting?lang={presenter.language}")
    presenter.at(1)
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    expect(page.get_by_role("textbox")).to_have_count(0)
    presenter.expect(presenter.say("results.notice"))

    # By keys, and the address follows.
    presenter.press_key("ArrowRight", 2)
    assert "slide=2" in page.url
    presenter.press_key("PageDown", 3)
    presenter.press_key("Space", 4)
    presenter.press_key("ArrowLeft", 3)
    presenter.press_key("End", 5)
    presenter.press_key("ArrowRight", 5)
    presenter.press_key("PageUp", 4)
    page.reload()
    presenter.at(4)
    presenter.press_key("Home", 1)

    # By the buttons at the edges, which a finger finds.
    expect(page.get_by_role("button", name=presenter.say("page_meeting.back"))).to_be_hidden()
    later = page.get_by_role("button", name=presenter.say("page_meeting.next"))
    assert later.bounding_box()["width"] >= 44 and later.bounding_box()["height"] >= 400
    later.click()
    presenter.at(2)
    page.keyboard.press("Space")  # presses the button that was clicked, once
    presenter.at(3)
    presenter.press_key("Home", 1)

    # Every slide is whole and legible.
    for slide in range(1, 6):
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            presenter.settle()
            page.wait_for_function(
                "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollHeight <= m.clientHeight }"
            )
            size = page.locator(".st-key-slide").evaluate("() => getComputedStyle(document.documentElement).fontSize")
            assert float(size.removesuffix("px")) >= LEAST, (slide, width, size)
            heading = page.locator(".st-key-slide h2").evaluate("h => getComputedStyle(h).fontSize")
            assert float(heading.removesuffix("px")) >= 44
        if slide < 5:
            presenter.press_key("ArrowRight", slide + 1)

    # Full screen by F and by the button; Esc leaves first that, then the talk.
    page.keyboard.press("f")
    presenter.in_full_screen(True)
    presenter.press_key("ArrowLeft", 4)
    presenter.in_full_screen(True)
    page.keyboard.press("Escape")
    presenter.in_full_screen(False)
    presenter.at(4)
    page.get_by_role("button", name=presenter.say("page_meeting.full_screen")).click()
    presenter.in_full_screen(True)
    page.keyboard.press("F")
    presenter.in_full_screen(False)
    page.keyboard.press("Escape")
    presenter.expect_page("overview")
    expect(page.locator('[data-testid="stSidebar"]')).to_be_visible()
    assert not re.search(r"slide=", page.url) and f"lang={presenter.language}" in page.url
    page.keyboard.press("ArrowRight")
    presenter.settle()
    presenter.expect_page("overview")
