"""Which training of a method is shown where one has to stand for all: the one in the middle by the score that decides, never the best."""

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.engine.runs import Run
from kdmcse.results.analysis import Analysis
from kdmcse.results.results import EvaluatedRun


def typical_runs(analysis: Analysis) -> list[Run]:
    """The typical training of every measured method, the untouched student first."""
    found = [analysis.typical(method) for method in analysis.results.methods]
    return [folder_of(analysis, one) for one in found if one is not None]


def current_and_new(analysis: Analysis) -> tuple[EvaluatedRun, EvaluatedRun] | None:
    """The untouched student and the typical KDMCSE training; None where one of them was not measured."""
    both = [analysis.typical(method) for method in (BASELINE, CANDIDATE)]
    return None if None in both else tuple(both)


def folder_of(analysis: Analysis, run: EvaluatedRun) -> Run:
    """The folder of one of the compared runs."""
    return next(one for one in analysis.results.compared if one.id == run.id)
