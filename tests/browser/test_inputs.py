"""What an input shows is what is stored, whichever of a person's clicks and keys the server hears of."""

import pytest
from browser.server import server
from browser.visitor import Visitor
from example_poc import PRICES, complete, import_example
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash

from kdmcse import cost
from kdmcse.store.workspace import Workspace

pytestmark = pytest.mark.browser
OVERVIEW = calc_hash("start")
"""As the browser names this page to the server."""


class Line:
    """Between browser and server. Once told to, it lets the overview be begun and cut short before its script ran a line.

    As happens where a click on a link and a key overtake each other: the browser is told that the page begins, and forgets the inputs of the
    one before; the script runs for that one again and again, and knows of nothing in between.
    """

    def __init__(self) -> None:
        self.cuts = self._was_cut = False
        self._begun: ForwardMsg | None = None

    def connect(self, browser) -> None:
        server = browser.connect_to_server()

        def asked(message) -> None:
            told = BackMsg.FromString(message)
            if self.cuts and told.HasField("rerun_script") and told.rerun_script.page_script_hash == OVERVIEW:
                self.cuts, self._was_cut = False, True
                return
            if self._was_cut:
                self._was_cut = False
                self._begun.new_session.page_script_hash = OVERVIEW
                browser.send(self._begun.SerializeToString())
            server.send(message)

        def answered(message) -> None:
            told = ForwardMsg.FromString(message)
            self._begun = told if told.HasField("new_session") else self._begun
            browser.send(message)

        browser.on_message(asked)
        server.on_message(answered)


@pytest.mark.slow
def test_no_price_is_gone_where_a_link_is_clicked_while_one_is_typed(chromium, tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    with server(workspace.path, tmp_path / "server.log") as address:
        visitor, line = Visitor(chromium, address, "ja"), Line()
        page, say = visitor.page, visitor.say
        page.route_web_socket("**/_stcore/stream", line.connect)
        page.goto(f"{address}/cost?lang=ja&dataset={dataset.fingerprint}")
        visitor.expect_page("cost")
        for price in ("310", "320"):
            line.cuts = True
            page.get_by_label(say("page_cost.price.false_match"), exact=True).fill(price)
            page.locator(".st-key-pages a").first.click()
            while line.cuts:
                page.wait_for_timeout(20)
            visitor.settle()
            visitor.go_to("cost")
            expect(page.get_by_label(say("page_cost.price.false_match"), exact=True)).to_have_value(price)
            expect(page.get_by_label(say("page_cost.price.monthly_volume"), exact=True)).to_have_value("20000")
        assert not visitor.strange
        visitor.context.close()
