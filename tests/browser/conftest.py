"""The browser of all tests in this folder."""

import pytest

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")

from browser.server import browser


@pytest.fixture(scope="package")
def chromium():
    try:
        with browser() as found:
            yield found
    except RuntimeError as error:
        pytest.skip(str(error))
