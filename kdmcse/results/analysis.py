"""What results come to, each part computed when it is first asked for. Has no rule of its own: it hands each function what that needs."""

import datetime
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TypeVar

import pandas as pd

from kdmcse.config import CANDIDATE
from kdmcse.criteria.decision import Decision
from kdmcse.criteria.kpis import KpiValue
from kdmcse.engine.runs import Run
from kdmcse.results import side_by_side
from kdmcse.results.comparison import Verdicts, compare_methods
from kdmcse.results.costs import Costs, ScoredDecisions, price_mistakes
from kdmcse.results.disagreements import Disagreements, disagreements
from kdmcse.results.findings import decide, next_step
from kdmcse.results.intervals import Intervals
from kdmcse.results.kpis import known_kpis
from kdmcse.results.learning_curve import LearningCurve, learning_curve
from kdmcse.results.outlook import Outlook, Outlooks, has_saving
from kdmcse.results.results import EvaluatedRun, Results
from kdmcse.results.scores import middle_run, score_table
from kdmcse.roi import Scenario
from kdmcse.stats import Comparison

T = TypeVar("T")
_KEPT = 64
"""Parts that are kept at once: scenarios are typed, each keystroke a new one."""


class Analysis:
    """What loaded results come to, each part kept; several threads may ask at once."""

    def __init__(self, results: Results, before: "Analysis | None" = None) -> None:
        """before: an analysis of what was stored before; its parts are taken over where they rest on the same."""
        self.results = results
        same = before is not None and results.same_scores(before.results)
        self.intervals = before.intervals if same else Intervals(results)
        self._scored = before._scored if same else ScoredDecisions(results)
        self._parts: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.RLock()

    def scores(self) -> pd.DataFrame:
        """`score_table` of the compared runs."""
        results = self.results
        return self._once("scores", lambda: score_table(results.evaluated, results.dataset, results.judged))

    def verdicts(self) -> Verdicts:
        """KDMCSE against every other method."""
        return self._once("verdicts", lambda: compare_methods(self.results, self.scores(), self.intervals))

    def costs(self) -> Costs:
        """What mistakes cost."""
        return self._once("costs", lambda: price_mistakes(self.results, self._scored))

    @property
    def has_costs(self) -> bool:
        """Whether `costs` answers at once."""
        return "costs" in self._parts

    def decision(self, today: datetime.date) -> Decision | None:
        """Go, extend or stop."""
        parts = self.results, self.verdicts(), self.costs(), self.kpis()
        return self._once(("decision", today), lambda: decide(*parts, today))

    def typical(self, method: str) -> EvaluatedRun | None:
        """The training of a method that is shown where one has to stand for all; None where it was not measured."""
        runs = self.results.of_method(method)
        if len(runs) < 2:
            return runs[0] if runs else None
        return middle_run(runs, self.scores(), self.verdicts().metric)

    def kpis(self) -> dict[str, KpiValue]:
        """What is known of each agreed KPI; nothing is measured for it, unless it counts votes on what was trained."""
        voted = self.results.votes is not None and len(self.results.votes) > 0
        shown = self.typical(CANDIDATE) if voted else None
        return self._once("kpis", lambda: known_kpis(self.results, shown and shown.id))

    def next_step(self, today: datetime.date | None = None) -> str:
        """What a person would do next: one of `findings.NEXT_STEPS`. today: the day on which it is judged, by default this one."""
        decision = self.decision(today or datetime.date.today())
        return next_step(self.results, self.verdicts(), self.costs(), decision)

    def learning_curve(self) -> LearningCurve:
        """What further data would bring."""
        return self._once("curve", lambda: learning_curve(self.results, self.scores(), self.verdicts().metric))

    def disagreements(
        self, kind: str, method: str, against: str, captions: Collection[str] | None = None
    ) -> Disagreements | None:
        """Where two methods disagree, as `disagreements.disagreements`; kept unless it is asked about some captions alone."""

        def compare() -> Disagreements | None:
            rest = {"metric": self.verdicts().metric, "captions": captions}
            return disagreements(self.results, self.scores(), self.costs(), kind, method, against, **rest)

        return compare() if captions is not None else self._once(("disagreements", kind, method, against), compare)

    def differences(self, runs: Sequence[Run], zero: Run) -> dict[str, Comparison]:
        """Run id -> that training against `zero` on the score that decides, each a student as it is; without what was not measured."""
        metric = self.verdicts().metric
        found = {
            run.id: self._once(
                ("difference", run.id, zero.id),
                lambda run=run: side_by_side.difference(self.intervals, metric, run, zero),
            )
            for run in runs
            if run.id != zero.id
        }
        return {name: one for name, one in found.items() if one is not None}

    def flips(self, run: Run, before: Run) -> side_by_side.Flips | None:
        """The decisions on which two trainings differ, as `side_by_side.flips`."""
        key = ("flips", run.id, before.id)
        return self._once(key, lambda: side_by_side.flips(self.results, self.costs(), run, before))

    def outlook(self, scenario: Scenario, today: datetime.date) -> Outlook | None:
        """What a scenario comes to; None where there is no saving. UserError where its prices or their ranges are not allowed."""
        if not has_saving(self.costs()):
            return None
        outlooks = self._once(("outlooks", today), lambda: self._outlooks(today))
        known = self._once(("outlook", today, scenario.digest), lambda: outlooks.of(scenario))
        return known.named(scenario)

    def has_outlook(self, scenario: Scenario, today: datetime.date) -> bool:
        """Whether `outlook` answers at once."""
        if self.has_costs and not has_saving(self.costs()):
            return True
        return ("outlook", today, scenario.digest) in self._parts

    def _outlooks(self, today: datetime.date) -> Outlooks:
        return Outlooks(self.results, self.verdicts(), self.costs(), self.decision(today))

    def _once(self, key: Hashable, compute: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._parts:
                self._parts[key] = compute()
            self._parts.move_to_end(key)
            while len(self._parts) > _KEPT:
                self._parts.popitem(last=False)
            return self._parts[key]
