"""What a visitor sees is computed before the first look."""

import datetime

import pytest
from example_poc import PRICES, analysed, complete, import_example

from kdmcse import cost
from kdmcse.results import outlook
from kdmcse.results.outlook import default_scenario
from kdmcse.results.precompute import prepare
from kdmcse.store.workspace import Workspace

TODAY = datetime.date(2026, 4, 1)


def test_what_a_return_hangs_on_is_there_before_the_first_look_whatever_the_scenario_is_called(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", decisions=300)
    complete(workspace, dataset, seeds=(0, 1))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    analysis = analysed(workspace, dataset)
    prepare(analysis, TODAY)
    for name in ("monte_carlo", "tornado", "break_evens", "estimate_return"):
        monkeypatch.setattr(outlook, name, lambda *_: pytest.fail("computed again"))
    found = analysis.outlook(default_scenario(analysis.results, "Nicht gespeichert"), TODAY)
    assert found.found.scenario.name == "Nicht gespeichert"
    assert len(found.sensitivity.break_evens) and found.sensitivity.band.draws and found.axes
