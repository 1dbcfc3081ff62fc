"""The pages of the dashboard as a test opens and reads them, in this process and without a browser."""

import re
from collections.abc import Collection
from pathlib import Path

import pytest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
PAGES = (
    "overview",
    "criteria",
    "data",
    "audit",
    "annotate",
    "training",
    "scores",
    "compare",
    "disagreements",
    "benchmarks",
    "cost",
    "roi",
    "scenarios",
    "effort",
    "map",
    "live",
    "report",
    "meeting",
    "definitions",
)
FOLDED = (
    {
        name
        for folder in ("dashboard", "pages")
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'folded\("(\w+)"', file.read_text())
    }
    | {"review", "today", "roi_once", "roi_monthly", "roi_today", "roi_counted"}
    | {"hold_out_sts", "hold_out_decisions"}
)
"""The parts of all pages that a visitor may open, those of prices and return by their own names: a test reads what they hold."""
NOT_READ = ("id", "element_id", "query_string", "page", "js_content", "css_content")
"""Fields of a message that no person sees."""
CANARY = "<img src=x onerror=alert(1)>![z](http://evil.example/z) :red[z] $x$ =cmd()"
"""A name or text that must never become markup."""


def open_page(
    workspace: Path,
    page: str,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    folded: Collection[str] = (),
    **address: str,
) -> AppTest:
    """The page after its first run, opened by its own address, with every part of it opened but the folded ones."""
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(workspace))
    # Before each run it reads what every installed package says of itself, which takes longer than most pages.
    monkeypatch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
    app = AppTest.from_file(str(ROOT / "dashboard/app.py"), default_timeout=60)
    for name in FOLDED.difference(folded):
        app.session_state[f"folded_{name}"] = True
    for name, value in {"lang": language, **address}.items():
        app.query_params[name] = value
    if page != "overview":
        app.switch_page(f"../pages/{page}.py")
    return app.run()


class Sent:
    """What a page sends while it runs, in order: a text, or "" for what is no text, and where it stands. A test may add marks of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: list[tuple[str, tuple[int, ...]]] = []
        before = ScriptRunContext.enqueue

        def enqueue(context: ScriptRunContext, message: ForwardMsg) -> None:
            if message.HasField("delta"):
                self.messages.append((_words(message.delta), tuple(message.metadata.delta_path)))
            before(context, message)

        monkeypatch.setattr(ScriptRunContext, "enqueue", enqueue)

    def mark(self, text: str) -> None:
        self.messages.append((text, ()))

    def when(self, text: str) -> list[int]:
        """The moments at which it was sent."""
        return [moment for moment, (one, _) in enumerate(self.messages) if text in one]

    def covers(self, cover: str, *, saved: str, computed: str) -> int:
        """How many places say `cover`: all before it says `saved`, and that before it is `computed`; figures then come to every one of them."""
        covers = self.when(cover)
        [said], [moment] = self.when(saved), self.when(computed)
        assert covers[-1] < said < moment
        later = [path for _, path in self.messages[moment:]]
        for one in covers:
            assert self.messages[one][1] in later, "the figures are not where their cover was"
        return len(covers)


def _words(delta: Delta) -> str:
    if not delta.HasField("new_element"):
        return ""
    element = delta.new_element
    return element.html.body if element.HasField("html") else element.markdown.body


def elements(node) -> list:
    """Every element of the page, sidebar included, in depth."""
    found = []
    for child in node.children.values():
        found += elements(child) if hasattr(child, "children") else [child]
    return found


def shown(app: AppTest) -> list[str]:
    """All that a person can read: every text in the messages that the server sends, without keys and addresses."""
    texts = []
    for element in elements(app._tree):
        for descriptor, value in element.proto.ListFields():
            texts += _strings(value) if descriptor.name not in NOT_READ else []
    return texts


def _strings(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if hasattr(value, "ListFields"):
        return [text for field, inner in value.ListFields() if field.name != "id" for text in _strings(inner)]
    if hasattr(value, "__iter__") and not isinstance(value, bytes):
        return [text for inner in value for text in _strings(inner)]
    return []
