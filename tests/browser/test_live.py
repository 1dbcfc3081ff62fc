"""A live demonstration in a real browser: a sentence is typed, both lists come with lines, people vote blind and undo, in each language."""

import re
import time

import pytest
from browser.server import server
from browser.visitor import Visitor
from example_live import live_poc

from kdmcse import demonstration
from kdmcse.demonstration import Ballot
from kdmcse.i18n import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
TYPED = "a big red mug"


class Presenter(Visitor):
    """Who types sentences."""

    def search(self, text: str) -> float:
        """Seconds until the lists are there."""
        self.settle()
        field = self.page.get_by_label(self.say("page_live.query.label"), exact=True)
        field.fill(text)
        begun = time.monotonic()
        field.press("Enter")
        self.lists().locator("li").first.wait_for(timeout=120_000)
        took = time.monotonic() - begun
        self.settle()
        field.blur()  # a key is a letter of the sentence as long as that is being typed
        return took

    def lists(self):
        return self.page.get_by_role("group", name=self.say("page_live.result.label"))

    def captions(self, side: int) -> list[str]:
        return self.lists().locator(f".side{side} .caption").all_inner_texts()

    def heads(self) -> list[str]:
        return self.lists().locator(".head").all_inner_texts()

    def button(self, key: str, **fields):
        return self.page.get_by_role("button", name=self.say(key, **fields)).first


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_demonstration(chromium, language, tmp_path):
    poc = live_poc(tmp_path)
    with server(poc.workspace.path, tmp_path / "server.log") as address:
        presenter, guest = (Presenter(chromium, address, language) for _ in range(2))
        try:
            compare(presenter)
            vote(guest, poc)
            assert not presenter.strange and not guest.strange
        finally:
            presenter.context.close()
            guest.context.close()


def compare(visitor: Presenter) -> None:
    visitor.page.goto(f"{visitor.address}/live?lang={visitor.language}")
    visitor.expect_page("live")
    visitor.search(TYPED)
    assert visitor.heads() == [visitor.say("page_live.result.current"), visitor.say("page_live.result.new")]
    left, right = visitor.captions(0), visitor.captions(1)
    assert len(left) == len(right) == 10
    shared = len(set(left) & set(right))
    assert visitor.lists().locator("svg path").count() == shared
    assert visitor.lists().locator("img.picture").count() == 20
    told = visitor.page.inner_text("body")
    assert visitor.say("page_live.result.shared", shared=shared, count=10) in told or shared in (0, 10)
    assert visitor.search("a small green lamp") < 5  # the models are loaded; how fast is measured in tests/benchmarks
    assert "query=" in visitor.page.url
    visitor.page.reload()  # the address keeps the sentence
    visitor.lists().locator("li").first.wait_for()
    visitor.settle()
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.settle()
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def vote(visitor: Presenter, poc) -> None:
    fingerprint = poc.dataset.fingerprint
    ballot = Ballot(TYPED, "held_out", poc.current.id, poc.new.id)
    visitor.page.goto(f"{visitor.address}/live?lang={visitor.language}&mode=vote")
    visitor.expect_page("live")
    visitor.fill(visitor.say("page_live.vote.name"), "Aiko")
    visitor.press("page_live.vote.start")
    visitor.expect(visitor.say("page_live.vote.now", name="Aiko"))
    visitor.search(TYPED)
    assert visitor.heads() == [visitor.say("page_live.vote.list", side=side) for side in "AB"]
    ballot_box = visitor.page.locator(".st-key-ballot").evaluate("box => box.outerHTML")
    seen = ballot_box + visitor.lists().evaluate("group => group.outerHTML")
    assert poc.new.id not in visitor.page.content()
    for name in (
        poc.new.id,
        poc.current.id,
        visitor.say("page_live.result.new"),
        visitor.say("page_live.result.current"),
    ):
        assert name not in seen
    notes = visitor.lists().locator(".note").count()
    assert notes == 0 and not re.search(r'class="(up|down)"', seen)
    visitor.page.keyboard.press("a")
    visitor.expect(
        visitor.say("page_live.vote.thanks", name="Aiko", what=visitor.say("page_live.vote.better", side="A"))
    )
    [preference] = demonstration.votes(poc.workspace, fingerprint)["preference"]
    items = demonstration.items_of(poc.dataset, "held_out")
    assert visitor.captions(0) != visitor.captions(1) and set(visitor.captions(0)) <= set(items.table["caption"])
    assert preference in ("new", "current")
    visitor.settle()
    visitor.page.keyboard.press("u")
    visitor.expect(visitor.say("page_live.vote.ask"))
    assert demonstration.votes(poc.workspace, fingerprint).empty
    visitor.settle()
    visitor.button("page_live.vote.equal").click()
    visitor.expect(visitor.say("page_live.vote.undo"))
    visitor.settle()
    visitor.button("page_live.vote.reveal").click()
    visitor.expect(visitor.say("page_live.tally.title"))
    visitor.settle()
    assert visitor.heads() == [visitor.say("page_live.result.current"), visitor.say("page_live.result.new")]
    assert demonstration.standing(poc.workspace, fingerprint, "Aiko", ballot) == "voted"
    assert demonstration.summary(poc.workspace, fingerprint).equal == 1
