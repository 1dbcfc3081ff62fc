"""Where the visitor is: language, workspace and dataset, and what is known of it so far. What a page shows is read from here.

One context reads once: what it says first and last is of one moment. The sidebar has a context of its own.
A fragment that is drawn again asks `afresh`.
"""

import dataclasses
import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dashboard import cache, state
from kdmcse.criteria import locking
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.engine import runs
from kdmcse.engine.runs import Run
from kdmcse.i18n import Locale
from kdmcse.store.workspace import Workspace

if TYPE_CHECKING:
    from kdmcse.criteria.decision import Decision
    from kdmcse.data import PairDataset
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.comparison import Verdicts
    from kdmcse.results.costs import Costs
    from kdmcse.results.results import Results

ACTIVE = ("queued", "running", "stopping")


@dataclass(frozen=True)
class PageContext:
    """Where the visitor is: language, workspace and the dataset looked at (None when there is none)."""

    t: Locale
    workspace: Workspace
    dataset: "PairDataset | None"
    today: datetime.date
    """the day on which results are judged"""
    unknown: str | None = None
    """what the address calls a dataset and is none of this workspace"""

    @cached_property
    def analysis(self) -> "Analysis":
        """What is stored about the dataset, and what it comes to, as it was when this run of the page first asked, like all below."""
        return cache.analysis(self.workspace, self.dataset.fingerprint, state.choice("recipe"))

    @property
    def results(self) -> "Results":
        return self.analysis.results

    @property
    def verdicts(self) -> "Verdicts":
        return self.analysis.verdicts()

    @property
    def costs(self) -> "Costs":
        return self.analysis.costs()

    @property
    def decision(self) -> "Decision | None":
        return self.analysis.decision(self.today)

    @cached_property
    def criteria(self) -> LockedCriteria | None:
        """What was agreed before results are seen. UserError where it was altered since."""
        return locking.current(self.workspace, self.dataset.fingerprint)

    @cached_property
    def runs(self) -> list[Run]:
        return runs.list_runs(self.workspace, self.dataset.fingerprint)

    @property
    def address(self) -> dict[str, str]:
        """Query parameters of a link that keeps dataset and language, and what else is chosen."""
        return state.address(dataset=self.dataset and self.dataset.fingerprint, lang=self.t.language)

    @cached_property
    def active(self) -> list[Run]:
        return [run for run in self.runs if run.status in ACTIVE or run.alive]

    def afresh(self) -> "PageContext":
        """The same place, with nothing read yet."""
        return dataclasses.replace(self)


def current_context() -> PageContext:
    """Where the address says that the visitor is; where it names no dataset, that is the newest one."""
    workspace = cache.workspace()
    found = cache.datasets(workspace)
    asked = state.choice("dataset")
    newest = found[-1] if found and asked is None else None
    dataset = next((one for one in found if one.fingerprint == asked), newest)
    unknown = asked if dataset is None else None
    return PageContext(state.locale(), workspace, dataset, datetime.date.today(), unknown)
