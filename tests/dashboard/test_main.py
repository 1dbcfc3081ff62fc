"""What the server does before anybody asks is what a visitor then sees."""

import subprocess
import sys
from pathlib import Path

import pytest
from example_poc import PRICES, complete, import_example

from dashboard import __main__ as server
from dashboard import cache
from kdmcse import cost
from kdmcse.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


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


def test_streamlit_starts_without_what_no_page_uses():
    code = """
import sys
from dashboard import __main__ as server
server._leave_out()
import streamlit
assert "plotly.graph_objects" not in sys.modules, "Streamlit built its look for Plotly"
import importlib.metadata
importlib.metadata.distributions = lambda *_, **__: sys.exit("every package was searched")
from streamlit.components.v2.component_manager import BidiComponentManager
BidiComponentManager().discover_and_register_components(start_file_watching=False)
streamlit.plotly_chart({"data": [{"type": "scatter", "x": [1], "y": [1]}]}, theme=None)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
