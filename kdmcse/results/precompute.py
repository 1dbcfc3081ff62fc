"""What pages and report show of a dataset, computed before anybody looks: the intervals and draws that are kept on disk."""

from kdmcse.metrics import BENCHMARKS, JUDGED, SCORES
from kdmcse.results.analysis import Analysis
from kdmcse.results.results import load_results
from kdmcse.store.workspace import Workspace


def precompute(workspace: Workspace, dataset: str) -> None:
    """Compute and keep what takes time of the comparison that a visitor sees first. dataset: fingerprint."""
    analysis = Analysis(load_results(workspace, dataset))
    analysis.verdicts()
    analysis.costs()
    for method in analysis.results.methods:
        for metric in (*SCORES, JUDGED, *(one for one in BENCHMARKS if one.kind)):
            analysis.intervals.interval(method, metric.name)
