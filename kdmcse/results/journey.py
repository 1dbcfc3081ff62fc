"""How far a proof of concept is: of each step, whether it is done, to do or running. Derived from what is stored, never kept itself."""

from kdmcse.metrics import JUDGED
from kdmcse.results.analysis import Analysis
from kdmcse.results.results import Results

STATES = ("done", "to_do", "running")
RESULTS = ("overview", "scores", "disagreements", "map", "live", "report", "meeting")
"""Steps that show what was measured."""


def states(analysis: Analysis) -> dict[str, str]:
    """By step one of `STATES`; a step that this dataset does not need, or cannot have, is left out.

    Never waits: what costs is read where it is known already, and counts as done by its prices else.
    """
    results = analysis.results
    measured = results.criteria is not None and results.stage == "evaluated"
    shown = "done" if measured else "running" if results.in_progress else "to_do"
    found = {
        "data": "done",
        "criteria": "done" if results.criteria else "to_do",
        "training": "running" if results.in_progress else "done" if results.stage == "evaluated" else "to_do",
        **dict.fromkeys(RESULTS, shown),
    }
    if results.can_price:
        refused = analysis.has_costs and analysis.costs().problem
        found["cost"] = "done" if results.prices and not refused else "to_do"
        found["roi"] = "done" if results.prices and results.scenario else "to_do"
    if people := _people(results):
        found["annotate"] = people
    return found


def _people(results: Results) -> str | None:
    """Judging is done where somebody judged, to do where the criteria ask for it, else nobody needs it."""
    if results.judged is not None:
        return "done"
    agreed = results.criteria and results.criteria.criteria
    asked = agreed and (agreed.primary == JUDGED.name or agreed.least_annotators)
    return "to_do" if asked or not results.dataset.counts["sts_usable"] else None
