"""What is stored about one dataset's proof of concept, loaded once. What it comes to is computed by functions of it, in the rooms beside.

    results = load_results(workspace, dataset)
    analysis = Analysis(results)          # scores, verdicts, costs, decision, learning curve, what scenarios come to

Only runs of one recipe are compared with each other, see `recipes`.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import pandas as pd

from kdmcse import annotation, demonstration
from kdmcse.annotation import Agreement, AnnotationEffort
from kdmcse.config import BASELINE, CANDIDATE, METHODS, RunConfig
from kdmcse.cost import Prices, read_match_score, read_prices
from kdmcse.criteria import kpi_values, locking
from kdmcse.criteria.kpi_values import Entry
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.data import PairDataset, open_dataset
from kdmcse.engine.runs import Run, list_runs
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import Evaluation, is_evaluated, read_evaluation
from kdmcse.results import recipes
from kdmcse.results.choices import Choice, read_choice
from kdmcse.results.recipes import Recipe
from kdmcse.roi import Scenario, scenario_store
from kdmcse.store.reads import Remembered
from kdmcse.store.workspace import Workspace

_EVALUATIONS = Remembered(64)
"""Evaluations that were read: a price that is typed changes none of them."""
_DATASETS = Remembered(8)
"""Datasets with the tables that were read of them."""


@dataclass(frozen=True)
class EvaluatedRun:
    """A run that was measured: what was asked for, and what came of it."""

    id: str
    config: RunConfig
    evaluation: Evaluation = field(repr=False)
    seconds: float | None = None
    """that the training took"""
    device: str | None = None


@dataclass(frozen=True)
class Results:
    """Everything that is stored about one dataset's proof of concept. Missing is None, never 0."""

    workspace: Workspace
    dataset: PairDataset
    criteria: LockedCriteria | None = None
    """what counts as success, agreed before results could be seen; None where nothing was, or its file was altered since"""
    criteria_problem: UserError | None = None
    """that its file was altered"""
    runs: tuple[Run, ...] = ()
    """every run on the dataset, in the order in which they were asked for"""
    recipes: tuple[Recipe, ...] = ()
    compared: tuple[Run, ...] = ()
    """those of the chosen recipe, and the untouched student; by method and seed"""
    evaluated: tuple[EvaluatedRun, ...] = ()
    """those of the compared runs that were measured"""
    in_progress: tuple[Run, ...] = ()
    """compared runs that wait or are at work, evaluation included"""
    unfinished: tuple[Run, ...] = ()
    """compared runs that ended without a score: failed, stopped, lost, or not to be evaluated"""
    on_shares: tuple[EvaluatedRun, ...] = ()
    """KDMCSE of the chosen recipe, measured after training on some share of the data, all of it included"""
    on_fewer_steps: int = 0
    """how many more there are that took fewer steps on a share, as earlier versions had it: no curve is drawn through them"""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """what the dev judgements chose for each method of the chosen recipe; empty where the settings were given"""
    run_seconds: tuple[float, ...] = ()
    """that each run on the dataset took, evaluation included, of those that ended; and each training that chose settings for them"""
    prices: Prices | None = None
    match_score: float | None = None
    """no decisions were brought: they are derived, a score from this one on being a match; None: they are real, or there are none"""
    judged: pd.DataFrame | None = field(default=None, repr=False)
    """sentence pairs that people judged in the app, with their mean score; None where nobody did"""
    effort: AnnotationEffort | None = None
    """what judging took"""
    agreement: Agreement | None = None
    """between the people who judged; None where fewer than two did, or it was not measured since the last judgement"""
    scenario: Scenario | None = None
    """the one that is marked for the criteria"""
    kpi_entries: tuple[Entry, ...] = ()
    """what was entered for KPIs, of whatever stage, oldest first"""
    votes: pd.DataFrame | None = field(default=None, repr=False)
    """the blind votes of the live demonstration, as `demonstration.votes`; None where no KPI asks for them"""

    @property
    def recipe(self) -> Recipe | None:
        """The chosen one."""
        return next((recipe for recipe in self.recipes if recipe.chosen), None)

    @property
    def trained(self) -> list[EvaluatedRun]:
        """The measured runs of all methods but today's student, of those whose time is known."""
        return [run for run in self.evaluated if run.config.method != BASELINE and run.seconds is not None]

    def training_seconds(self, method: str) -> float | None:
        """What one training of the method takes, the mean; None where no time is known."""
        return _mean_seconds(self.of_method(method))

    @property
    def any_training_seconds(self) -> float | None:
        """What one training takes, the mean over those of all methods; None where no time is known."""
        return _mean_seconds(self.trained)

    @property
    def computing_seconds(self) -> float:
        """All that ended, one after the other."""
        return sum(self.run_seconds)

    @property
    def agreement_is_due(self) -> bool:
        """Whether several people judged, and how far they agree was not measured since."""
        return bool(self.effort and self.effort.annotators > 1 and self.agreement is None)

    @property
    def has_decisions(self) -> bool:
        """Whether match decisions were brought on which mistakes can be counted."""
        return self.dataset.counts["decisions_usable"] > 0

    @property
    def can_price(self) -> bool:
        """Whether there are match decisions: those brought, or derived from similarity scores."""
        return self.has_decisions or self.match_score is not None

    @property
    def methods(self) -> list[str]:
        """Methods that were measured, the untouched student first."""
        measured = {run.config.method for run in self.evaluated}
        return [method for method in (BASELINE, *METHODS) if method in measured]

    @property
    def asked(self) -> list[str]:
        """Methods that were asked for, measured or not."""
        methods = {run.config.method for run in self.compared}
        return [method for method in (BASELINE, *METHODS) if method in methods]

    @property
    def baseline(self) -> str:
        """What KDMCSE is measured against: the agreed baseline, else today's student."""
        return self.criteria.criteria.baseline if self.criteria else BASELINE

    @property
    def criteria_digest(self) -> str | None:
        """Of the criteria that hold now, by which scenarios are marked for them."""
        return self.criteria and self.criteria.digest

    @property
    def stage(self) -> str:
        """`data` nothing is trained, `running` no trained run is measured yet, `evaluated` one is."""
        if any(method != BASELINE for method in self.methods):
            return "evaluated"
        return "running" if self.in_progress else "data"

    def same_scores(self, other: "Results") -> bool:
        """Whether the same runs were measured with the same results, and people judged the same: prices and criteria may differ."""
        here, there = ([(run.id, id(run.evaluation)) for run in one.evaluated] for one in (self, other))
        judged = self.judged is other.judged or (
            self.judged is not None and other.judged is not None and self.judged.equals(other.judged)
        )
        return self.workspace == other.workspace and self.dataset is other.dataset and here == there and judged

    def of_method(self, method: str) -> list[EvaluatedRun]:
        """Its measured runs, by seed."""
        return [run for run in self.evaluated if run.config.method == method]


def load_results(workspace: Workspace, dataset_id: str, *, recipe: str | None = None) -> Results:
    """What is stored about this dataset. UserError where there is no such dataset or recipe.

    Compared is the recipe of that id, else the one of the last asked KDMCSE run that is measured, else of the last asked run.
    """
    dataset = _DATASETS.get((workspace.path, dataset_id), lambda: open_dataset(workspace, dataset_id))
    runs = list_runs(workspace, dataset.fingerprint)
    # In this order: a run that ends between the looks is still at work here, never lost.
    working = {run.id for run in runs if run.status in ("queued", "running", "stopping") or run.alive}
    measured = {run.id for run in runs if is_evaluated(run)}
    # A run on a part of the data is for the learning curve, never for the comparison.
    whole = [run for run in runs if run.config.training.data_share == 1]
    groups = recipes.grouped(whole)
    chosen = recipes.choose(groups, whole, measured, recipe)
    compared = (
        recipes.with_baseline(groups[chosen], whole, measured) if chosen else recipes.newest_baseline(whole, measured)
    )
    compared = sorted(compared, key=lambda run: ((BASELINE, *METHODS).index(run.config.method), run.config.seed))
    described = tuple(recipes.describe(key, group, measured, key == chosen) for key, group in groups.items())
    recipe_now = next((one for one in described if one.chosen), None)
    on_shares = [run for run in runs if recipe_now and recipes.is_on_share(run, recipe_now, CANDIDATE)]
    shorter = [run for run in runs if recipe_now and recipes.is_on_fewer_steps(run, recipe_now, CANDIDATE)]
    open_ = [run for run in compared if run.id not in measured]
    agreed, altered = _agreed(workspace, dataset)
    by_votes = agreed is not None and any(kpi.source == "votes" for kpi in agreed.criteria.kpis)
    judged, effort = annotation.judged(workspace, dataset), annotation.annotation_effort(workspace, dataset)
    return Results(
        workspace=workspace,
        dataset=dataset,
        criteria=agreed,
        criteria_problem=altered,
        runs=tuple(runs),
        recipes=described,
        compared=tuple(compared),
        evaluated=evaluated_runs(compared),
        in_progress=tuple(run for run in open_ if run.id in working),
        unfinished=tuple(run for run in open_ if run.id not in working),
        on_shares=evaluated_runs(on_shares),
        on_fewer_steps=sum(run.id in measured for run in shorter),
        choices={run.config.method: choice for run in compared if (choice := read_choice(run))},
        run_seconds=_seconds(runs),
        prices=read_prices(workspace, dataset.fingerprint),
        match_score=(None if dataset.counts["decisions_usable"] else read_match_score(workspace, dataset.fingerprint)),
        judged=judged if len(judged) else None,
        effort=effort,
        agreement=annotation.current_agreement(workspace, dataset) if effort.annotators > 1 else None,
        scenario=agreed and scenario_store.of_criteria(workspace, dataset.fingerprint, agreed.digest),
        kpi_entries=kpi_values.entries(workspace, dataset.fingerprint),
        votes=demonstration.votes(workspace, dataset.fingerprint) if by_votes else None,
    )


def _agreed(workspace: Workspace, dataset: PairDataset) -> tuple[LockedCriteria | None, UserError | None]:
    try:
        return locking.current(workspace, dataset.fingerprint), None
    except UserError as altered:
        return None, altered


def evaluated_runs(runs: Iterable[Run]) -> tuple[EvaluatedRun, ...]:
    """Those of the runs that were measured, in their order, each read once."""
    measured = []
    for run in runs:
        evaluation = _EVALUATIONS.get(run.folder, functools.partial(read_evaluation, run))
        if evaluation is not None:
            outcome = run.outcome or {}
            measured.append(EvaluatedRun(run.id, run.config, evaluation, outcome.get("seconds"), outcome.get("device")))
    return tuple(measured)


def _mean_seconds(runs: Iterable[EvaluatedRun]) -> float | None:
    seconds = [run.seconds for run in runs if run.seconds is not None]
    return fmean(seconds) if seconds else None


def _seconds(runs: Sequence[Run]) -> tuple[float, ...]:
    choices = {choice.study: choice for run in runs if run.config.settled_by == "dev" and (choice := read_choice(run))}
    tried = (option.seconds for choice in choices.values() for option in choice.options)
    return tuple(seconds for seconds in (*(run.seconds for run in runs), *tried) if seconds is not None)
