"""Every page as axe-core reads it: in both languages, light and dark, with every part opened and every chart as a table too."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.server import server
from browser.visitor import Visitor
from example_poc import PRICES, complete, import_example
from pages_under_test import PAGES
from playwright.sync_api import expect

from kdmcse import cost
from kdmcse.evaluation import projection
from kdmcse.i18n import LANGUAGES
from kdmcse.presentation import palette
from kdmcse.store.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 22, 28)"}


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Path:
    """A small proof of concept with all that pages show: prices, a map."""
    folder = tmp_path_factory.mktemp("measured")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", synthetic=True)
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "MIN_UMAP_PAIRS", 10**6)
        projection.project_run(runs["kdmcse"][0], runs["baseline"][0])
    return workspace.path


@pytest.mark.parametrize("look", PAPER)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_fault(chromium, measured, language, look, tmp_path):
    with server(measured, tmp_path / "server.log") as address:
        visitor, found = Visitor(chromium, address, language), []
        visitor.page.emulate_media(color_scheme=look)
        for name in PAGES:
            visitor.page.goto(f"{address}/{name}?lang={language}")
            if name == "meeting":
                visitor.settle()
            else:
                visitor.expect_page(name)
            assert visitor.page.locator('[data-testid="stApp"]').evaluate(BACKGROUND) == PAPER[look]
            open_all(visitor)
            found += faults(visitor.page, name)
        visitor.context.close()
    assert not found, "\n".join(found)


BACKGROUND = "one => getComputedStyle(one).backgroundColor"


def open_all(visitor: Visitor) -> None:
    for closed in (
        '[data-testid="stExpander"] details:not([open]) > summary',
        '[class*="st-key-as_table_"] [role="switch"]:not(:checked)',
    ):
        while (parts := visitor.page.locator(f"{closed}:visible")).count():
            parts.first.click(force=True)
            visitor.settle()


def faults(page, name: str) -> list[str]:
    """A line each: page, rule, element."""
    answer = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return [
        f"{name} {rule['id']} {node['target']} {node['html'][:300]} {node['failureSummary'].splitlines()[-1]}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def test_a_visitor_chooses_dark_and_every_page_stays_so(chromium, measured, tmp_path):
    with server(measured, tmp_path / "server.log") as address:
        visitor = Visitor(chromium, address, "en")
        page, app = visitor.page, visitor.page.locator('[data-testid="stApp"]')
        page.goto(f"{address}?lang=en")
        visitor.expect_page("overview")
        assert app.evaluate(BACKGROUND) == PAPER["light"]
        page.get_by_role("button", name=visitor.say("shared.appearance.dark"), exact=True).click()
        expect(app).to_have_css("background-color", PAPER["dark"], timeout=30_000)
        visitor.go_to("scores")
        page.reload()
        visitor.expect_page("scores")
        assert app.evaluate(BACKGROUND) == PAPER["dark"]
        page.get_by_role("button", name=visitor.say("shared.appearance.system"), exact=True).click()
        expect(app).to_have_css("background-color", PAPER["light"], timeout=30_000)
        visitor.context.close()


def test_a_chart_has_other_colours_on_a_dark_page(chromium, measured, tmp_path):
    with server(measured, tmp_path / "server.log") as address:
        visitor = Visitor(chromium, address, "en")
        visitor.page.goto(f"{address}/scores?lang=en")
        visitor.expect_page("scores")
        words = (
            visitor.page.locator(".js-plotly-plot .annotation text")
            .filter(has_text=visitor.say("shared.verdict.better"))
            .first
        )
        for look, other in (("light", palette.TONES["better"]), ("dark", palette.in_dark(palette.TONES["better"]))):
            visitor.page.emulate_media(color_scheme=look)
            seen = tuple(int(other[at : at + 2], 16) for at in (1, 3, 5))
            expect(words).to_have_css("fill", f"rgb{seen}", timeout=30_000)
        visitor.context.close()


def test_a_chart_is_reached_and_read_by_keys(chromium, measured, tmp_path):
    with server(measured, tmp_path / "server.log") as address:
        visitor = Visitor(chromium, address, "en")
        visitor.page.goto(f"{address}/scores?lang=en")
        visitor.expect_page("scores")
        chart = visitor.page.locator('[data-testid="stPlotlyChart"]').first
        expect(chart).to_have_attribute("tabindex", "0")
        chart.focus()
        assert "MCSE" in chart.get_attribute("aria-label")
        visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Space")
        visitor.page.locator('.st-key-chart_table_forest [data-testid="stDataFrame"]').wait_for()
        visitor.context.close()
