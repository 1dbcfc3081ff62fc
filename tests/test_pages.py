"""Every page, empty, with results and with trouble, in each language: no trace, no key, one language only."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from example_poc import PRICES, complete, config, evaluated, finish, import_example
from streamlit.testing.v1 import AppTest

from dashboard import i18n
from kdmcse import cost, words
from kdmcse.runs import create
from kdmcse.workspace import Workspace, write_json

ROOT = Path(__file__).parents[1]
PAGES = ("overview", "data", "training", "scores", "cost", "map", "report")
CANARY = "<img src=x onerror=alert(1)>![z](http://evil.example/z) :red[z] $x$ =cmd()"


def open_page(workspace: Path, page: str, language: str, monkeypatch, **address: str) -> AppTest:
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(workspace))
    app = AppTest.from_file(str(ROOT / "dashboard/app.py"), default_timeout=60)
    for name, value in {"lang": language, **address}.items():
        app.query_params[name] = value
    app.run()
    if page != "overview":
        app.switch_page(f"../pages/{page}.py")
        app.run()
    return app


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
            texts += _strings(value) if descriptor.name not in ("id", "element_id", "query_string", "page") else []
    return texts


def _strings(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if hasattr(value, "ListFields"):
        return [text for field, inner in value.ListFields() if field.name != "id" for text in _strings(inner)]
    if hasattr(value, "__iter__") and not isinstance(value, bytes):
        return [text for inner in value for text in _strings(inner)]
    return []


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def happy(tmp_path_factory) -> Path:
    """Everything measured, prices entered, maps drawn."""
    import numpy as np
    import pandas as pd

    folder = tmp_path_factory.mktemp("happy")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", name="Spring", caption="{}", synthetic=True)
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    first = runs["kdmcse"][0]
    lines = [
        {"stage": "training", "step": n, "steps": 3, "loss": {"sentence": 2 / n, "total": 3 / n}} for n in (1, 2, 3)
    ]
    (first.folder / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    pairs = dataset.pairs.loc[dataset.pairs["held_out"], "pair"]
    points = pd.DataFrame(
        {"pair": pairs, **{name: np.arange(len(pairs)) for name in ("before_x", "before_y", "after_x", "after_y")}}
    )
    target = first.folder / "projection" / runs["baseline"][0].id
    target.mkdir(parents=True)
    points.to_parquet(target / "points.parquet")
    return workspace.path


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Path:
    """A failed run, a lost one, no judgements, prices at which no match pays, hostile captions and name."""
    folder = tmp_path_factory.mktemp("broken")
    workspace = Workspace(folder / "workspace")
    source = folder / "source"
    dataset = import_example(workspace, source, name=CANARY, caption=CANARY + "{}", sts=0)
    evaluated(workspace, dataset, config(dataset, "baseline"), None)
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0), None)
    dear = {**PRICES.to_dict(), "false_match": 1e9}
    cost.write_prices(workspace, dataset.fingerprint, cost.Prices(**dear))
    failed = create(workspace, config(dataset, "kdmcse", 1))
    finish(failed, "failed")
    error = {"code": "training_diverged", "fields": {"step": "3", "loss": "nan"}, "message": "m", "hint": "h"}
    write_json(failed.folder / "outcome.json", {"status": "failed", "error": error, "seconds": 1.0})
    lost = create(workspace, config(dataset, "mcse", 0))
    (lost.folder / "ticket.json").unlink()
    return workspace.path


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["empty", "happy", "broken"])
def test_page_opens_and_speaks_its_language(kind, page, language, request, monkeypatch):
    workspace = request.getfixturevalue(kind)
    app = open_page(workspace, page, language, monkeypatch)
    assert not app.exception
    log = workspace / "dashboard.log"
    assert not log.exists(), log.read_text()
    assert app.title[0].value == words.say(f"page_{page}.question", language)
    texts = shown(app)
    keys = set(words.sentences("en"))
    assert not [text for text in texts if text in keys or re.search(r"\b(page_[a-z]+|shared)\.[a-z_]+", text)]
    other = {"en": "ja", "ja": "en"}[language]
    own = set(words.sentences(language).values())
    foreign = {s for s in words.sentences(other).values() if len(s) > 3 and s not in own and "{" not in s}
    assert not foreign & set(texts)


@pytest.mark.parametrize("page", PAGES)
def test_text_of_an_upload_is_never_markup(page, broken, monkeypatch):
    app = open_page(broken, page, "en", monkeypatch)
    for element in elements(app._tree):
        proto = element.proto
        assert not getattr(proto, "allow_html", False)
        if element.type in (
            "markdown",
            "caption",
            "subheader",
            "title",
            "header",
            "error",
            "warning",
            "info",
            "button",
            "badge",
        ):
            assert "<img src=x" not in str(proto) and "![z](http" not in str(proto)
    assert not [e for e in elements(app._tree) if e.type == "html" and "evil" in str(e.proto)]


def test_broken_runs_are_told_in_the_language_of_the_page(broken, monkeypatch):
    told = " ".join(shown(open_page(broken, "training", "ja", monkeypatch)))
    assert words.say("errors.training_diverged.hint", "ja", step=3, loss="nan") in told
    assert words.say("shared.status.lost", "ja") in told


def test_the_sample_says_so_on_every_page(happy, monkeypatch):
    for page in PAGES:
        assert any(words.say("poc.notice", "en") in text for text in shown(open_page(happy, page, "en", monkeypatch)))


def test_reload_keeps_dataset_and_language(happy, tmp_path, monkeypatch):
    workspace = Workspace(happy)
    first = workspace.datasets.iterdir().__next__().name
    app = open_page(happy, "scores", "ja", monkeypatch, dataset=first)
    assert app.query_params["dataset"] in (first, [first])
    links = [e.proto.query_string for e in elements(app._tree) if e.type == "page_link"]
    assert links and all("lang=" in link for link in links)
    assert sum(f"dataset={first}" in link for link in links) >= len(PAGES)


def test_an_address_that_names_nothing_known_shows_what_is_there(happy, monkeypatch):
    for page in PAGES:
        app = open_page(happy, page, "xx", monkeypatch, dataset="../../etc", run="../x", recipe="none")
        assert not app.exception and app.title[0].value == words.say(f"page_{page}.question", "en")
    assert not (happy / "dashboard.log").exists()


def test_a_bad_setting_is_refused_at_the_form(happy, monkeypatch):
    app = open_page(happy, "training", "en", monkeypatch)
    app.number_input(key="setting_temperature").set_value(-1.0)
    app.button(key="start").click().run()
    assert any("temperature" in error.value for error in app.error)
    app.number_input(key="setting_temperature").set_value(0.05)
    app.multiselect(key="methods").set_value([])
    app.button(key="start").click().run()
    assert app.error and not app.exception


def test_an_import_without_a_name_or_files_is_refused_in_words(empty, monkeypatch):
    app = open_page(empty, "data", "ja", monkeypatch)
    app.button(key="import").click().run()
    assert words.say("errors.dataset_name_missing.hint", "ja")[:10] in re.sub(r"\\", "", app.error[0].value)
    assert not list((empty / "uploads").iterdir())


def test_prices_are_kept_while_they_are_typed(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    app = open_page(workspace.path, "cost", "en", monkeypatch)

    def field(app: AppTest, name: str):
        return next(one for one in app.number_input if one.key.startswith(f"{name}_"))

    field(app, "false_match").set_value(300.0).run()
    again = open_page(workspace.path, "cost", "en", monkeypatch)
    assert field(again, "false_match").value == 300.0
    for name, value in (("missed_match", 1200.0), ("monthly_volume", 5000.0), ("base_rate", 120.0)):
        field(again, name).set_value(value).run()
    assert again.error and cost.read_prices(workspace, dataset.fingerprint) is None
    assert field(open_page(workspace.path, "cost", "en", monkeypatch), "base_rate").value == 120.0
    field(again, "base_rate").set_value(12.5).run()
    assert not again.error and not again.exception
    assert cost.read_prices(workspace, dataset.fingerprint).base_rate == 0.125
    field(app, "false_match").run()
    assert field(app, "monthly_volume").value == 5000.0, "the other tab sees it"


def test_a_fault_shows_an_id_and_leaves_the_trace_in_the_log(happy, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    import_example(workspace, tmp_path / "source")
    (next(workspace.datasets.glob("[!.]*")) / "pairs.parquet").write_bytes(b"not parquet")
    app = open_page(workspace.path, "data", "en", monkeypatch)
    assert not app.exception and "Traceback" not in " ".join(shown(app))
    error_id = re.search(r"[0-9a-f]{8}", app.error[0].value).group()
    assert error_id in (workspace.path / "dashboard.log").read_text()


def test_deleting_a_dataset_asks_first(happy, monkeypatch):
    app = open_page(happy, "data", "en", monkeypatch)
    app.button(key="delete_dataset").click().run()
    assert app.button(key="delete_confirmed") and app.checkbox(key="delete_runs").value
    assert list((happy / "datasets").glob("[!.]*"))


def test_opening_every_page_leaves_the_heavy_libraries_alone(happy):
    script = f"""
import sys, os
sys.path.insert(0, {str(ROOT)!r})
os.environ["KDMCSE_WORKSPACE"] = {str(happy)!r}
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "dashboard/app.py")!r}, default_timeout=60).run()
for page in {PAGES[1:]!r}:
    app.switch_page(f"../pages/{{page}}.py").run()
    assert not app.exception
heavy = {{"torch", "transformers", "sentence_transformers", "open_clip", "mteb", "umap", "sklearn"}} & set(sys.modules)
print("heavy:", sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert "heavy: []" in done.stdout, done.stdout + done.stderr[-2000:]
