"""A person at a browser, for the tests in this folder."""

import time
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import navigation
from kdmcse.i18n import Locale

QUIET_MILLISECONDS = 120
"""A page that has not changed for so long has told its server of a click or a key, and shown all of the answer."""

_UNTIL_QUIET = """async quiet => {
    let changed = performance.now()
    const watch = new MutationObserver(() => { changed = performance.now() })
    watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
    const busy = () => !document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        || document.querySelector('[data-stale="true"]')
    const end = performance.now() + 60000
    while ((busy() || performance.now() - changed < quiet) && performance.now() < end)
        await new Promise(later => setTimeout(later, 20))
    watch.disconnect()
}"""


class Visitor:
    """A person at a browser that tells everything it should not do."""

    def __init__(self, chromium, address: str, language: str) -> None:
        self.language, self.address = language, address
        self.words = Locale(language)
        locale = {"en": "en-US", "ja": "ja-JP"}[language]
        self.context = chromium.new_context(
            viewport={"width": 1440, "height": 1000}, locale=locale, accept_downloads=True
        )
        self.page = self.context.new_page()
        self.strange: list[str] = []
        self.unanswered = False
        self.page.on("websocket", self._listen)
        self.page.on("request", self._request)
        self.page.on("dialog", lambda dialog: self.strange.append(f"dialog {dialog.message}"))
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.strange.append(str(error)))

    def _listen(self, socket) -> None:
        """What a click or a key asks of the server is answered when the script has begun again."""

        def asked(message) -> None:
            self.unanswered |= BackMsg.FromString(message).HasField("rerun_script")

        def answered(message) -> None:
            self.unanswered &= not ForwardMsg.FromString(message).HasField("new_session")

        socket.on("framesent", asked)
        socket.on("framereceived", answered)

    def _request(self, request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost"):
            self.strange.append(f"request {request.url}")

    def _console(self, told) -> None:
        # After a reload Streamlit looks for its server below the page's own path first: a 404, and no fault.
        if told.type == "error" and "/_stcore/" not in told.location.get("url", ""):
            self.strange.append(f"{told.text} {told.location}")

    def say(self, key: str, **fields: object) -> str:
        return self.words(key, **fields)

    def settle(self) -> None:
        """Until the server has answered, no script runs, nothing shown is out of date and nothing has changed for a moment."""
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)
        self.page.evaluate(_UNTIL_QUIET, QUIET_MILLISECONDS)
        end = time.monotonic() + 60
        while self.unanswered and time.monotonic() < end:
            self.page.evaluate(_UNTIL_QUIET, QUIET_MILLISECONDS)

    def expect(self, text: str, seconds: float = 30) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=seconds * 1000)

    def expect_page(self, name: str) -> None:
        self.page.get_by_role("heading", name=self.say(f"page_{name}.question"), exact=True).wait_for(timeout=30_000)
        self.settle()
        told = self.page.inner_text("body")
        assert self.say("shared.fault.message") not in told

    def press(self, key: str, **fields: object) -> None:
        self.settle()
        self.page.get_by_role("button", name=self.say(key, **fields)).first.click()

    def go_on(self, name: str) -> None:
        """By the next step at the bottom of the page."""
        self.settle()
        self.page.locator(f".st-key-next_step .st-key-go_{name} a").click()
        self.expect_page(name)

    def go_to(self, name: str) -> None:
        """By the sidebar, and by a tab where its entry stands for several pages."""
        self.settle()
        entry = next(one for entries in navigation.GROUPS.values() for one in entries if name in one.pages)
        self.page.locator(f'.st-key-pages a[href^="{entry.name}?"]:visible').click()  # another stands in its tooltip
        self.expect_page(entry.name)
        if name != entry.name:
            self.page.locator(f'.st-key-tabs a[href^="{name}?"]').click()
            self.expect_page(name)

    def choose(self, label: str, option: str) -> None:
        self.settle()
        box, wanted = (
            self.page.get_by_role("combobox", name=label).first,
            self.page.get_by_role("option", name=option, exact=True).first,
        )
        box.click()
        try:
            wanted.wait_for(timeout=1500)
        except TimeoutError:  # its list closes where the page moves under it, as when a chart above has come: once more
            box.click()
        wanted.click()
        self.settle()

    def fill(self, label: str, value: str) -> None:
        self.settle()
        field = self.page.get_by_label(label, exact=True).first
        field.fill(value)
        field.press("Tab")
        self.settle()

    def upload(self, key: str, path: Path) -> None:
        self.settle()
        self.page.locator(f"[class*='st-key-{key}_'] input[type=file]").first.set_input_files(path)
        self.page.locator(f"[class*='st-key-{key}_']").get_by_text(path.name).first.wait_for()
        self.settle()
