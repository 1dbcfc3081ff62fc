"""Which training of a method is shown where one has to stand for all: the one in the middle by the score that decides, never the best."""

from typing import TYPE_CHECKING

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.engine.runs import Run
from kdmcse.results.results import EvaluatedRun
from kdmcse.stats import typical

if TYPE_CHECKING:
    from kdmcse.results.analysis import Analysis


def typical_run(analysis: "Analysis", method: str) -> EvaluatedRun | None:
    """None where the method was not measured."""
    runs = analysis.results.of_method(method)
    if len(runs) < 2:
        return runs[0] if runs else None
    scores = analysis.scores().set_index("run")[analysis.verdicts().metric]
    return typical(runs, lambda run: float(scores[run.id]))


def typical_runs(analysis: "Analysis") -> list[Run]:
    """The typical training of every measured method, the untouched student first."""
    found = [typical_run(analysis, method) for method in analysis.results.methods]
    return [folder_of(analysis, one) for one in found if one is not None]


def current_and_new(analysis: "Analysis") -> tuple[EvaluatedRun, EvaluatedRun] | None:
    """The untouched student and the typical KDMCSE training; None where one of them was not measured."""
    both = [typical_run(analysis, method) for method in (BASELINE, CANDIDATE)]
    return None if None in both else tuple(both)


def folder_of(analysis: "Analysis", run: EvaluatedRun) -> Run:
    """The folder of one of the compared runs."""
    return next(one for one in analysis.results.compared if one.id == run.id)
