"""Two people judge sentence pairs in a real browser, by keyboard, in each language; one reloads in the middle."""

import statistics
import time

import pytest
from browser.server import server
from browser.visitor import Visitor
from example_poc import import_example

from kdmcse import annotation
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


class Judge(Visitor):
    """A visitor who judges."""

    def sit_down(self, name: str) -> None:
        self.page.goto(f"{self.address}/annotate?lang={self.language}")
        self.expect_page("annotate")
        field = self.page.get_by_label(self.say("page_annotate.person.name"), exact=True)
        field.fill(name)
        field.press("Enter")
        self.expect(self.say("page_annotate.person.now", name=name))
        self.settle()

    def seen(self) -> tuple[str, str]:
        """The two sentences on the page."""
        cards = (self.page.locator(f".st-key-judged_{side} [data-testid=stText]") for side in (0, 1))
        return tuple(card.inner_text() for card in cards)

    def press_key(self, key: str) -> float:
        """Seconds until other sentences are there."""
        before, start = self.seen(), time.monotonic()
        self.page.keyboard.press(key)
        self.page.wait_for_function(
            "before => [0, 1].some(i => (document.querySelector(`.st-key-judged_${i} [data-testid=stText]`) || {}).innerText"
            " && document.querySelector(`.st-key-judged_${i} [data-testid=stText]`).innerText !== before[i])",
            arg=before,
            timeout=30_000,
        )
        took = time.monotonic() - start
        self.settle()  # until the new buttons listen to their keys
        return took


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_people_judge_by_keyboard(chromium, language, tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    with server(workspace.path, tmp_path / "server.log") as address:
        anna, ben = (Judge(chromium, address, language) for _ in range(2))
        try:
            walk(anna, ben, workspace, dataset)
            assert not anna.strange and not ben.strange
        finally:
            anna.page.screenshot(path=tmp_path / "last.png", full_page=True)
            anna.context.close()
            ben.context.close()
    assert not (workspace.path / "dashboard.log").exists()


def walk(anna: Judge, ben: Judge, workspace: Workspace, dataset) -> None:
    def shown(judge: Judge, name: str) -> None:
        item = annotation.annotation_queue(workspace, dataset, name).item
        assert judge.seen() == (item.sentence1, item.sentence2)

    anna.page.goto(f"{anna.address}/annotate?lang={anna.language}")
    anna.expect_page("annotate")
    anna.press("page_annotate.propose.button")
    anna.expect(anna.say("page_annotate.person.title"))
    items = {(item.sentence1, item.sentence2): item.id for item in annotation.read_items(workspace, dataset)}
    assert len(items) == 100
    anna.sit_down("Anna")
    ben.sit_down("Ben")
    wanted, took = {}, []
    for key in "0123455":
        shown(anna, "Anna")
        wanted[items[anna.seen()]] = int(key)
        took.append(anna.press_key(key))
        shown(ben, "Ben")
        ben.press_key("3")
    assert said(workspace, dataset, "Anna") == wanted
    assert statistics.median(took) < 3, "seconds from key to next pair, on a machine that has other work"

    last = list(wanted)[-1]
    anna.press_key("u")
    assert items[anna.seen()] == last and last not in said(workspace, dataset, "Anna")
    skipped = items[anna.seen()]
    anna.press_key("s")
    assert items[anna.seen()] != skipped and annotation.annotation_queue(workspace, dataset, "Anna").skipped == 1
    anna.page.reload()
    anna.expect_page("annotate")
    anna.page.locator(".st-key-scores button").nth(5).wait_for()
    anna.settle()
    shown(anna, "Anna")
    anna.press_key("2")
    del wanted[last]
    assert len(said(workspace, dataset, "Anna")) == len(wanted) + 1 and len(said(workspace, dataset, "Ben")) == 7
    anna.press("page_annotate.desk.enough")
    anna.expect(anna.say("page_annotate.person.thanks", name="Anna", judged=7, total=100))
    common = annotation.measure_agreement(annotation.judgements(workspace, dataset)).common
    anna.expect(anna.say("annotation.reason.few_common", count=common, needed=20))
    assert annotation.annotation_effort(workspace, dataset).timed == 14


def said(workspace: Workspace, dataset, name: str) -> dict[str, int]:
    table = annotation.judgements(workspace, dataset)
    return dict(table.loc[table["annotator"] == name, ["item", "score"]].itertuples(index=False))
