"""How far a proof of concept is, step by step, as the sidebar shows it."""

import dataclasses

from example_poc import PRICES, agreed, analysed, config, evaluated, import_example

from kdmcse import cost
from kdmcse.engine.runs import create
from kdmcse.results.analysis import Analysis
from kdmcse.results.journey import RESULTS, STATES, states
from kdmcse.results.results import load_results
from kdmcse.store.workspace import Workspace


def test_a_step_is_to_do_until_what_it_makes_is_there(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")

    def now():
        found = states(analysed(workspace, dataset))
        assert set(found.values()) <= set(STATES)
        return found

    first = now()
    assert {step for step, state in first.items() if state == "done"} == {"data"}
    agreed(workspace, dataset)
    waiting = create(workspace, config(dataset, "kdmcse", 1))
    assert now()["criteria"] == "done" and now()["training"] == "running"
    assert {now()[step] for step in RESULTS} == {"running"}
    waiting.delete()
    for method in ("baseline", "kdmcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    assert now()["training"] == "done" and {now()[step] for step in RESULTS} == {"done"}
    assert now()["cost"] == now()["roi"] == "to_do"
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    assert now()["cost"] == "done" and now()["roi"] == "to_do", "nothing was entered there"


def test_results_are_not_done_before_criteria_are_agreed(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method in ("baseline", "kdmcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    found = states(Analysis(dataclasses.replace(load_results(workspace, dataset.fingerprint), criteria=None)))
    assert found["training"] == "done" and {found[step] for step in RESULTS} == {"to_do"}


def test_judging_is_asked_for_where_nobody_brought_judgements(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    brought = import_example(workspace, tmp_path / "source")
    none = import_example(workspace, tmp_path / "other", sts=0)
    assert "annotate" not in states(analysed(workspace, brought))
    assert states(analysed(workspace, none))["annotate"] == "to_do"
