"""Every page, empty, with results and with trouble, in each language: no trace, no key, one language only."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from example_poc import complete, config, evaluated, import_example
from pages_under_test import FOLDED, PAGES, ROOT, elements, open_page, shown
from streamlit.testing.v1 import AppTest

from dashboard.widgets.text import plain
from kdmcse import cost, data
from kdmcse import i18n as words
from kdmcse.data import list_datasets
from kdmcse.engine.runs import list_runs
from kdmcse.presentation.data import dataset_name
from kdmcse.presentation.settings import choice_sentences
from kdmcse.results.choices import Choice, Option
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace


def faults(workspace: Path) -> str:
    """What was written into the log; it is taken away, so that no other test sees it."""
    log = workspace / "dashboard.log"
    told = log.read_text(encoding="utf-8") if log.exists() else ""
    log.unlink(missing_ok=True)
    return told


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["empty", "happy", "broken", "beyond", "papers"])
def test_page_opens_and_speaks_its_language(kind, page, language, request, monkeypatch):
    workspace = request.getfixturevalue(kind)
    app = open_page(workspace, page, language, monkeypatch)
    assert not app.exception
    assert faults(workspace) == ""
    assert app.title[0].value == words.Locale(language)(f"page_{page}.question")
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


@pytest.mark.slow
def test_the_sample_says_so_on_every_page(happy, monkeypatch):
    for page in PAGES:
        assert any(
            words.Locale("en")("results.notice") in text for text in shown(open_page(happy, page, "en", monkeypatch))
        )


def test_reload_keeps_dataset_and_language(happy, tmp_path, monkeypatch):
    workspace = Workspace(happy)
    first = workspace.datasets.iterdir().__next__().name
    app = open_page(happy, "scores", "ja", monkeypatch, dataset=first)
    assert app.query_params["dataset"] in (first, [first])
    links = [e.proto.query_string for e in elements(app._tree) if e.type == "page_link"]
    assert links and all("lang=" in link for link in links)
    assert sum(f"dataset={first}" in link for link in links) >= len(PAGES)


def test_an_address_that_names_no_run_and_no_recipe_shows_what_is_there(happy, monkeypatch):
    for page in PAGES:
        app = open_page(happy, page, "xx", monkeypatch, run="../x", recipe="none")
        assert not app.exception and app.title[0].value == words.Locale("en")(f"page_{page}.question")
    assert faults(happy) == ""


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_link_to_a_dataset_that_is_not_here_says_so_and_shows_nothing_in_its_place(happy, language, monkeypatch):
    t, [known] = words.Locale(language), list_datasets(Workspace(happy))[-1:]
    for page in PAGES:
        app = open_page(happy, page, language, monkeypatch, dataset="../../etc")
        assert [one.value for one in app.title] == [t("shared.unknown_dataset.title")] and not app.exception
        assert t("shared.unknown_dataset.text", asked="../../etc") in shown(app)
        ways = [e.proto for e in elements(app._tree) if e.type == "page_link"]
        [way] = [one for one in ways if one.label == plain(dataset_name(t, known))]
        assert known.fingerprint in way.query_string
        assert not app.table and not app.get("plotly_chart") and len(app.main.get("page_link")) == 1
    assert faults(happy) == ""


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_scores_say_how_the_settings_were_chosen(happy, tmp_path, language, monkeypatch):
    workspace = Workspace(shutil.copytree(happy, tmp_path / "chosen"))
    run = next(run for run in list_runs(workspace) if run.config.method == "kdmcse")
    options = [
        Option({}, 0.7, 0.01, False, 5, 30, 1.0),
        Option({"cross_modal_weight": 0.01}, 0.745, 0.01, True, 5, 30, 1.0),
    ]
    choice = Choice("choice-kdmcse-1", "kdmcse", 60, run.config.training, tuple(options))
    write_json(run.folder / "choice.json", choice.to_dict())
    app = open_page(workspace.path, "scores", language, monkeypatch)
    t = words.Locale(language)
    assert t("choice.text") in shown(app) and choice_sentences(t, {"kdmcse": choice}, data.list_datasets(workspace)[0])[
        0
    ] in shown(app)


def test_what_nobody_opened_is_not_sent(happy, monkeypatch):
    names = set()
    for page in PAGES:
        for part in parts(open_page(happy, page, "en", monkeypatch, folded=FOLDED)._tree):
            assert not part.children, (page, part.label)
            names |= {name for name in FOLDED if part.proto.id.endswith(f"-folded_{name}")}
    elsewhere = {
        "settings",
        "segments",
        "choice",
        "audit_judging",
        "audit_again",
        "compared_learning",
        "live_votes",
        "further",
        "kpis",
        "kpi_entries",
    }
    elsewhere |= {"hold_out_sts", "hold_out_decisions"}
    assert names == FOLDED - elsewhere, (
        "within another part; only where decisions have segments; only where settings were chosen; only where a teacher was looked at; "
        "only where losses were logged; only where people voted; only where criteria are agreed on, and with KPIs"
    )


def parts(node) -> list:
    """The folded parts of a page."""
    found = []
    for child in getattr(node, "children", {}).values():
        found += [child] if child.type == "expander" and child.proto.id else parts(child)
    return found


def test_a_picked_point_of_a_dataset_without_images_shows_captions_alone(beyond, monkeypatch):
    held_out = list_datasets(Workspace(beyond))[0].pairs.query("held_out")
    app = open_page(beyond, "map", "en", monkeypatch, picked=f"p{held_out['pair'].iloc[0]}")
    told = shown(app)
    assert not app.exception and not app.error and words.Locale("en")("page_map.near_after") in told
    assert words.Locale("en")("shared.image_missing") not in told
    assert words.Locale("en")("shared.no_image") in told


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
    dataset = import_example(workspace, tmp_path / "source")
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"counts": {}})
    app = open_page(workspace.path, "data", "en", monkeypatch)
    assert not app.exception and "Traceback" not in " ".join(shown(app))
    error_id = re.search(r"[0-9a-f]{8}", app.error[0].value).group()
    assert error_id in (workspace.path / "dashboard.log").read_text()


@pytest.mark.slow
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


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_disagreements_are_listed_by_what_they_cost_or_it_is_said_why_not(
    language, happy, broken, tmp_path, monkeypatch
):
    app = open_page(happy, "disagreements", language, monkeypatch)
    told = " ".join(shown(app))
    assert (
        re.search("¥[0-9]|[0-9][^0-9]{0,3}円", told)
        and words.Locale(language)("page_disagreements.no_prices") not in told
    )
    app = open_page(happy, "disagreements", language, monkeypatch, kind="caption_to_image", method="kdmcse")
    against = next(one.value for one in app.selectbox if one.key.startswith("against_"))
    assert against == "mcse", "which can search images, as today's student cannot"
    pair = {"method": "kdmcse", "against": "baseline"}
    app = open_page(happy, "disagreements", language, monkeypatch, kind="caption_to_image", **pair)
    assert words.Locale(language)("page_disagreements.no_searches.caption_to_image") in shown(app)
    t = words.Locale(language)
    assert t("shared.go", title=t("pages.data")) not in shown(app), "the way on stands above, not on another page"
    app = open_page(broken, "disagreements", language, monkeypatch, kind="sts")
    assert words.Locale(language)("page_disagreements.no_sts.text") in shown(app)
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.7)
    alone = shown(open_page(workspace.path, "disagreements", language, monkeypatch))
    assert words.Locale(language)("page_disagreements.no_baseline.text") in alone
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.3)
    unpriced = shown(open_page(workspace.path, "disagreements", language, monkeypatch))
    assert words.Locale(language)("page_disagreements.no_prices") in unpriced
