"""What pages and report show of a dataset, computed before anybody looks."""

import datetime

from kdmcse.metrics import BENCHMARKS, JUDGED, SCORES
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import default_scenario, has_saving
from kdmcse.results.results import load_results
from kdmcse.results.typical_run import typical_runs
from kdmcse.store.workspace import Workspace


def precompute(workspace: Workspace, dataset: str) -> None:
    """Compute and keep on disk what takes time of the comparison that a visitor sees first. dataset: fingerprint."""
    _keep(Analysis(load_results(workspace, dataset)))


def prepare(analysis: Analysis, today: datetime.date) -> None:
    """The same for an analysis that stays in memory, and what of it is kept nowhere else: tables of charts, prices that were looked at."""
    _keep(analysis)
    costs = analysis.costs()
    if costs.comparison:
        _ = costs.comparison.curves, costs.comparison.base_rates()
    if has_saving(costs) and (outlook := analysis.outlook(default_scenario(analysis.results, "default"), today)):
        _ = outlook.sensitivity.band, outlook.sensitivity.break_evens


def _keep(analysis: Analysis) -> None:
    analysis.verdicts()
    analysis.costs()
    for method in analysis.results.methods:
        for metric in (*SCORES, JUDGED, *(one for one in BENCHMARKS if one.kind)):
            analysis.intervals.interval(method, metric.name)
    if typical := typical_runs(analysis):
        analysis.differences(typical, typical[0])
