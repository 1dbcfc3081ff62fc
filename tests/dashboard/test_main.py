"""What the server does before anybody asks is what a visitor then sees."""

import importlib.util

import pytest
from example_poc import PRICES, complete, import_example

from dashboard import __main__ as server
from dashboard import cache
from kdmcse import cost
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace(tmp_path / "workspace")


def test_an_empty_workspace_has_nothing_to_prepare(workspace):
    server.load()
    server.prepare()
    assert cache.newest_analysis() is None


def test_what_takes_time_is_there_before_a_page_asks(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    server.load()
    analysis = cache.newest_analysis()
    assert analysis.has_costs
    server.prepare()
    assert cache.newest_analysis() is analysis
    assert {"curves", "_by_base_rate"} <= vars(analysis.costs().comparison).keys()
    kept = set(workspace.evidence.iterdir())
    analysis.intervals.interval("kdmcse", "sts_spearman")
    assert set(workspace.evidence.iterdir()) == kept


def test_a_workspace_that_cannot_be_read_is_left_to_the_page(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    (dataset.folder / "manifest.json").write_text("no JSON")
    server.load()
    server.prepare()


def test_what_is_left_out_of_the_start_of_streamlit_is_there_to_leave_out():
    assert importlib.util.find_spec(server.PLOTLY_THEME), "Streamlit builds its look for Plotly elsewhere"
    assert callable(importlib.import_module("streamlit.components.v2.manifest_scanner").scan_component_manifests)
