"""What more data and more ratings take and bring, where that was measured."""

import json

import pytest
from example_poc import PRICES, complete, config, evaluated, import_example
from filelock import FileLock
from pages_under_test import elements, open_page, shown

from kdmcse import annotation, cost
from kdmcse import i18n as words
from kdmcse.config import TrainingConfig
from kdmcse.results.analysis import Analysis
from kdmcse.results.learning_curve import SHARES
from kdmcse.results.results import load_results
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module", params=["rising", "flat"])
def grown(request, tmp_path_factory):
    """KDMCSE on every part of the data, prices entered: with scores that follow a law, or that do not rise."""
    folder = tmp_path_factory.mktemp(request.param)
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", sts=240, pairs=240)
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.2)
    for share, score in zip(SHARES, (0.30, 0.50, 0.62, 0.70), strict=True):
        for seed in (0, 1, 2):
            asked = config(dataset, "kdmcse", seed, training=TrainingConfig().on_share(share))
            score_now = 0.5 if request.param == "flat" else score + seed / 250
            evaluated(workspace, dataset, asked, score_now, separation=share / 2)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return request.param, workspace


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_more_data_brings_is_told_or_refused_and_the_runs_are_drawn(grown, language, monkeypatch):
    kind, workspace = grown
    app = open_page(workspace.path, "effort", language, monkeypatch)
    told = shown(app)
    assert not app.exception and not app.error and not (workspace.path / "dashboard.log").exists()
    [drawn] = [json.loads(e.proto.spec) for e in elements(app._tree) if e.type == "plotly_chart"]
    names = [trace["name"] for trace in drawn["data"]]
    runs_ = next(trace for trace in drawn["data"] if trace["name"] == words.Locale(language)("page_effort.chart.point"))
    assert len(runs_["text"]) == 12
    refusal, band = words.Locale(language)("curve.refused.not_rising"), words.Locale(language)("page_effort.chart.band")
    assert (refusal in told) == (kind == "flat") == (band not in names)
    assert (any("240" in text and "STS" in text for text in told)) == (kind == "rising")
    assert app.table[0].value.shape == (4, 5), "with the cost of mistakes"
    assert "start_curve" not in [button.key for button in app.button], "nothing is missing"


@pytest.mark.slow
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_runs_that_a_curve_lacks_are_started_from_the_page(tmp_path, language, monkeypatch):
    monkeypatch.setattr("kdmcse.models.references.require", lambda reference, role: None)
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    app = open_page(workspace.path, "effort", language, monkeypatch)
    told = shown(app)
    assert any("9" in text and "25%" in text for text in told), "how many, and of what"
    curve = Analysis(load_results(workspace, dataset.fingerprint)).learning_curve()
    t, seconds = words.Locale(language), curve.seconds_of(curve.missing())
    assert t("page_effort.missing.time", time=t.duration(seconds)) in told and seconds == 9 * 61.5
    with FileLock(workspace.path / "worker.lock"):
        app.button(key="start_curve").click().run()
        assert not app.exception and not app.error
        assert words.Locale(language)("shared.progress.runs", done="10", total="19") in shown(app)
        listed = shown(open_page(workspace.path, "training", language, monkeypatch))
    fields = {"method": "KDMCSE", "seed": 2, "share": "10%"}
    assert words.Locale(language)("shared.run_name_share", **fields) in listed


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_work_of_judging_is_told_as_it_was_measured(tmp_path, language, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    assert words.Locale(language)("page_effort.judging.none") in shown(
        open_page(workspace.path, "effort", language, monkeypatch)
    )
    annotation.propose(workspace, dataset, 30)
    t = words.Locale(language)
    more = t("page_effort.judging.more", n="100", time=t.duration(1800))
    for count, item in enumerate(annotation.read_items(workspace, dataset), 1):
        annotation.judge(workspace, dataset, "Aiko", item.id, 3, seconds=(5, 9, 30)[count % 3])
        if count in (3, 30):
            told = shown(open_page(workspace.path, "effort", language, monkeypatch))
            assert (more in told) == (count == 30), "three clicks foretell nothing"


def test_one_size_is_no_curve_to_draw(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method in ("baseline", "kdmcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    app = open_page(workspace.path, "effort", "en", monkeypatch)
    assert not app.exception and app.table[0].value.shape[0] == 1
    assert not [e for e in elements(app._tree) if e.type == "plotly_chart"]
    assert words.Locale("en")("page_effort.curve.text") not in "".join(shown(app)), "no mark to explain"


def test_without_kdmcse_there_is_the_way_to_train_it_and_no_curve(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method in ("baseline", "simcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    app = open_page(workspace.path, "effort", "en", monkeypatch)
    assert not app.exception and words.Locale("en")("page_effort.no_recipe.text") in shown(app)
