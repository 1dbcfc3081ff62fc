"""Pictures of every page in both languages: `python tests/browser/screenshots.py WORKSPACE FOLDER [page ...]`.

The workspace is one in which the sample's proof of concept has run (`kdmcse demo --workspace WORKSPACE`).
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser.server import browser, server
from pages_under_test import PAGES

ASKED = {"live": "&query=Navy%20coffee%20cup"}
"""What a page shows only when it is asked for something, by page: a held-out caption of the sample."""


def settle(page) -> None:
    """Until Streamlit has drawn the page and nothing is running."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_timeout(700)


def main(workspace: Path, folder: Path, pages: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    log = Path(tempfile.mkdtemp()) / "server.log"
    with server(workspace, log) as address, browser() as chromium:
        for language in ("en", "ja"):
            page = chromium.new_page(
                viewport={"width": 1440, "height": 900}, locale={"en": "en-US", "ja": "ja-JP"}[language]
            )
            for name in pages:
                page.goto(f"{address}/{'' if name == 'overview' else name}?lang={language}{ASKED.get(name, '')}")
                settle(page)
                height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
                page.set_viewport_size({"width": 1440, "height": max(900, height)})
                page.wait_for_timeout(400)
                page.screenshot(path=folder / f"{name}.{language}.png")
                page.set_viewport_size({"width": 1440, "height": 900})
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), tuple(sys.argv[3:]) or PAGES)
