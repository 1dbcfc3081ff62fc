"""A proof of concept so far, gathered from the workspace for whoever shows it: the page, the report, the shell. Light.

Only runs of one recipe are compared with each other (`recipes`); what their rows say is in `evidence`, its sentences in `telling`, so
page, report and shell never disagree.
"""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import stats
from kdmcse.config import BASELINE, CANDIDATE, LADDER, METHODS
from kdmcse.cost import CostComparison, CostEstimate, Prices, derive_for, estimate_costs, read_match_score, read_prices
from kdmcse.criteria import locking
from kdmcse.criteria.decision import Decision, Findings, judge
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.engine.runs import Run, list_runs
from kdmcse.errors import UserError
from kdmcse.i18n import say
from kdmcse.metrics import JUDGED, RETRIEVAL, SCORES
from kdmcse.presentation import results
from kdmcse.results import intervals, recipes
from kdmcse.results.intervals import Evidence, Scored
from kdmcse.results.recipes import Recipe
from kdmcse.stats import Comparison, Interval
from kdmcse.store.workspace import Workspace

NEXT_STEPS = (
    "import_data",
    "start_training",
    "wait",
    "look_at_runs",
    "more_seeds",
    "enter_prices",
    "look_at_cost",
    "report",
)


@dataclass(frozen=True)
class CostSpread:
    """The monthly cost of a method's mistakes over its seeds."""

    median: float | None
    low: float | None
    high: float | None
    seeds: int


@dataclass(frozen=True)
class Poc:
    """Everything that is known about one dataset's proof of concept. Missing is None or NaN, never 0."""

    dataset: Any
    """PairDataset, or None where nothing was imported"""
    workspace: Workspace | None = None
    contract: LockedCriteria | None = None
    """what was agreed before results could be seen; None where nothing was, or its file was altered since"""
    contract_problem: UserError | None = None
    runs: tuple[Run, ...] = ()
    """every run on the dataset, in the order in which they were asked for"""
    compared: tuple[Run, ...] = ()
    """those of the chosen recipe, and the untouched student"""
    recipes: tuple[Recipe, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    """status of every run by its id"""
    evaluations: Mapping[str, Any] = field(default_factory=dict)
    """Evaluation by run id, of the compared runs that have one"""
    prices: Prices | None = None
    estimates: Mapping[str, CostEstimate] = field(default_factory=dict)
    """CostEstimate by run id, each at its own best threshold; empty without prices or decisions"""
    decided: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """by run id, the decisions of the estimates with that run's cosines"""
    match_score: float | None = None
    """no decisions were brought: they are derived, a score from this one on being a match; None: they are real, or there are none"""
    cost_problem: UserError | None = None
    """why there is no cost although there are prices and decisions"""
    has_decisions: bool = False
    in_progress: tuple[Run, ...] = ()
    """compared runs that wait or are at work, evaluation included"""
    unfinished: tuple[Run, ...] = ()
    """compared runs that ended without a score: failed, stopped, lost, or not to be evaluated"""

    @property
    def recipe(self) -> Recipe | None:
        """The chosen one."""
        return next((recipe for recipe in self.recipes if recipe.chosen), None)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per compared run that is evaluated: run, method, seed, recipe, the `metrics.SCORES`, the rows they rest on
        (sts_pairs, caption_to_caption_queries, caption_to_image_queries), what its mistakes cost, seconds it took."""
        rows = []
        for run in self.compared:
            if run.id not in self.evaluations:
                continue
            measured, config, estimate = self.evaluations[run.id].scores, run.config, self.estimates.get(run.id)
            row = {"run": run.id, "method": config.method, "seed": config.seed, "recipe": config.recipe}
            row |= {metric.name: (measured.get(metric.task) or {}).get(metric.measure) for metric in SCORES}
            for task in ("sts", *RETRIEVAL):
                size = "pairs" if task == "sts" else "queries"
                row[f"{task}_{size}"] = (measured.get(task) or {}).get(size)
            for name in ("monthly_cost", "threshold", "false_match_rate", "missed_match_rate"):
                row[name] = getattr(estimate, name, None)
            row[JUDGED.name] = self._judged_score(self.evaluations[run.id])
            row["seconds"] = (run.outcome or {}).get("seconds")
            rows.append(row)
        columns = ["run", "method", "seed", "recipe", *(metric.name for metric in SCORES), JUDGED.name]
        columns += ["sts_pairs", "caption_to_caption_queries", "caption_to_image_queries"]
        columns += ["monthly_cost", "threshold", "false_match_rate", "missed_match_rate", "seconds"]
        table = pd.DataFrame(rows, columns=columns)
        table[columns[4:]] = table[columns[4:]].astype(float)
        return table

    def _judged_score(self, evaluation: Any) -> float | None:
        table = intervals.rows(JUDGED.name, evaluation, self.dataset, judged=self.judged)
        if table is None or not len(table):
            return None
        everything = np.ones((1, len(table)))
        value = float(
            stats.Spearman(table["gold"].to_numpy()).scorer(table["value"].to_numpy()[None])(everything)[0, 0]
        )
        return value if math.isfinite(value) else None

    @property
    def methods(self) -> list[str]:
        """Methods with a score, the untouched student first."""
        present = set(self.scores["method"])
        return [method for method in (BASELINE, *METHODS) if method in present]

    def values(self, method: str, column: str) -> list[float | None]:
        """A column of `scores` for a method, by seed; None where a run has no such score."""
        rows = self.scores[self.scores["method"] == method]
        return [None if math.isnan(value) else value for value in rows[column]]

    def spread(self, method: str, column: str) -> tuple[float | None, float | None, float | None]:
        """Median, lowest and highest over the seeds."""
        return stats.spread(self.values(method, column))

    @property
    def metric(self) -> str:
        """The score that carries the verdict: the agreed one where it was measured, else agreement with human judgements, else caption search."""
        agreed = self.contract and self.contract.criteria.primary
        if agreed and self.scores[agreed].notna().any():
            return agreed
        judged, searched = (
            self.scores[name].notna().any() for name in ("sts_spearman", "caption_to_caption_ndcg_at_10")
        )
        there = self.scores["sts_pairs"].notna().any()
        return "sts_spearman" if judged or (there and not searched) else "caption_to_caption_ndcg_at_10"

    @property
    def against(self) -> str:
        """What KDMCSE is measured against: the agreed baseline, else today's student."""
        return self.contract.criteria.baseline if self.contract else BASELINE

    @property
    def rivals(self) -> list[str]:
        """What KDMCSE is to be compared with: the untouched student, the rest of the ladder, and what else was asked for."""
        asked = {run.config.method for run in self.compared}
        wanted = {BASELINE, self.against, *LADDER, *asked} - {CANDIDATE}
        return [method for method in (BASELINE, *METHODS) if method in wanted]

    @cached_property
    def evidence(self) -> Evidence:
        """Intervals and comparisons of the compared runs."""
        trained = {run.config.method for run in self.compared} - {BASELINE}
        return Evidence(self.workspace.evidence, self._scored, trained.__contains__)

    def _scored(self, method: str, metric: str) -> Scored:
        found = [run for run in self.compared if run.config.method == method and run.id in self.evaluations]
        judged = self.judged if metric == JUDGED.name else None
        return Scored.of(
            [
                intervals.rows(
                    metric, self.evaluations[run.id], self.dataset, estimate=self.estimates.get(run.id), judged=judged
                )
                for run in found
            ]
        )

    @cached_property
    def judged(self) -> pd.DataFrame | None:
        """Sentence pairs that people judged in the app, with their mean score; None where nobody did."""
        from kdmcse import annotation

        table = annotation.judged(self.workspace, self.dataset)
        return table if len(table) else None

    @cached_property
    def verdicts(self) -> dict[str, Comparison]:
        """KDMCSE on `metric` against each of its `rivals`. Against the agreed baseline by itself; the others, which nobody agreed on, by
        Holm's correction, for several looks find something by chance."""
        found = {method: self.evidence.compare(CANDIDATE, method, self.metric) for method in self.rivals}
        others = {method: one for method, one in found.items() if method != self.against}
        return found | stats.adjust(others)

    @cached_property
    def gains(self) -> dict[str, Comparison]:
        """Every trained method on `metric` against the agreed baseline, by Holm's correction."""
        rest = [method for method in self.methods if method not in (self.against, BASELINE)]
        return stats.adjust({method: self.evidence.compare(method, self.against, self.metric) for method in rest})

    @property
    def verdict(self) -> Comparison | None:
        """KDMCSE against the agreed baseline; None before anything trained is evaluated."""
        return self.verdicts[self.against] if self.stage == "evaluated" else None

    @cached_property
    def costs(self) -> dict[str, CostSpread]:
        """By method, for those with a cost."""
        found = {}
        for method in self.methods:
            values = [value for value in self.values(method, "monthly_cost") if value is not None]
            if values:
                found[method] = CostSpread(*stats.spread(values), len(values))
        return found

    @cached_property
    def cost_comparison(self) -> CostComparison | None:
        """Every method with its seeds, with intervals and beside the agreed baseline (or, where that has no cost, the first that has one);
        None where nothing has a cost."""
        tables: dict[str, list[pd.DataFrame]] = {}
        for run in self.compared:
            if run.id in self.estimates:
                tables.setdefault(run.config.method, []).append(self.decided[run.id])
        if not tables:
            return None
        baseline = self.against if self.against in tables else next(iter(tables))
        return intervals.costs(self.workspace.evidence, tables, self.prices, baseline)

    def cost(self, method: str) -> Interval:
        """Money per month that a method's mistakes cost, the mean over its seeds, with its interval."""
        return intervals.of_cost(self.cost_comparison, method)

    @cached_property
    def cost_verdict(self) -> Comparison | None:
        """What KDMCSE's mistakes cost less per month than the agreed baseline's, each at its own threshold; None where either lacks."""
        if not {self.against, CANDIDATE} <= set(self.costs):
            return None
        return intervals.of_saving(self.cost_comparison, CANDIDATE)

    @property
    def saving(self) -> float | None:
        """Money per month: the agreed baseline's cost less KDMCSE's; negative where KDMCSE is dearer."""
        return self.cost_verdict and self.cost_verdict.difference.estimate

    @property
    def payoff(self) -> str | None:
        """Score and cost of mistakes together: better, worse or not_decisive; None before anything trained is evaluated.

        Where they contradict each other, nothing is decided; a cost that decides nothing leaves the word to the score.
        """
        if self.verdict is None:
            return None
        score, cost = self.verdict.verdict, self.cost_verdict.verdict if self.cost_verdict else "not_decisive"
        return score if cost in (score, "not_decisive") else "not_decisive"

    @cached_property
    def decision(self) -> Decision | None:
        """Go, extend or stop by the contract; None where nothing was agreed or nothing trained is evaluated."""
        if self.contract is None or self.verdict is None:
            return None
        return judge(self.contract, self.findings)

    @cached_property
    def findings(self) -> Findings:
        """What is known about everything that a contract may ask for. A metric that was agreed on and not measured is not known."""
        from kdmcse import annotation
        from kdmcse.roi import scenario_store

        measured = self.contract is None or self.metric == self.contract.criteria.primary
        gain = self.verdict if measured else None
        saving = self.cost_verdict.difference if self.cost_verdict else None
        effort = annotation.annotation_effort(self.workspace, self.dataset)
        case = self.contract and scenario_store.of_contract(
            self.workspace, self.dataset.fingerprint, self.contract.digest
        )
        currency = self.prices and self.prices.currency
        agreement = annotation.read_agreement(self.workspace, self.dataset) if effort.annotators > 1 else None
        return Findings(
            gain_low=gain and gain.difference.low,
            gain=gain and gain.difference.estimate,
            gain_high=gain and gain.difference.high,
            verdict=gain and gain.verdict,
            saving_low=saving and saving.low,
            saving=saving and saving.estimate,
            saving_high=saving and saving.high,
            currency=currency,
            effort_hours=effort.hours if effort.judgements else None,
            effort_money=case.effort.one_off if case and case.currency == currency else None,
            rows=gain and gain.difference.rows,
            more_rows=gain and gain.more_rows,
            seeds=gain and len(self.values(CANDIDATE, self.metric)),
            annotators=effort.annotators if self.metric == JUDGED.name else None,
            kappa=agreement and agreement.kappa,
            leaks=None if self.dataset.leaks is None else 0,  # what was found is left out
            on=datetime.date.today(),
        )

    @property
    def stage(self) -> str:
        """`empty` no data, `data` nothing trained, `running` no trained run is evaluated yet, `evaluated` one is."""
        if self.dataset is None:
            return "empty"
        if any(method != BASELINE for method in self.methods):
            return "evaluated"
        return "running" if self.in_progress else "data"

    @property
    def next_step(self) -> str:
        """What a person would do next: one of `NEXT_STEPS`."""
        if self.stage == "empty":
            return "import_data"
        if self.in_progress:
            return "wait"
        if self.stage == "data":
            return "look_at_runs" if self.unfinished else "start_training"
        if not self.values(CANDIDATE, self.metric):
            return "look_at_runs" if self.unfinished else "start_training"
        if self.verdict.need == "seeds":
            return "more_seeds"
        if self.has_decisions and self.prices is None:
            return "enter_prices"
        return "look_at_cost" if self.cost_problem else "report"

    def notice(self, language: str) -> str | None:
        """What must stand beside every result of made-up data; None for real data."""
        return say("poc.notice", language) if self.dataset is not None and self.dataset.synthetic else None

    def next_sentence(self, language: str) -> str:
        return say(f"poc.next.{self.next_step}", language)

    def headline(self, language: str) -> str:
        """The verdict on the score in a few words."""
        return results.headline(self, language)

    def payoff_headline(self, language: str) -> str:
        """`payoff` in a few words, which name both axes where both are decided."""
        return results.payoff_headline(self, language)

    def sentences(self, language: str) -> list[str]:
        """The verdict with the numbers that carry it: the verdict, the other methods, the cost, what is still open."""
        return results.sentences(self, language)

    def sentence(self, language: str) -> str:
        """The same as one paragraph."""
        return {"en": " ", "ja": ""}[language].join(self.sentences(language))


def gather(workspace: Workspace, dataset_id: str | None, *, recipe: str | None = None) -> Poc:
    """The proof of concept on this dataset (None: nothing was imported yet).

    Compared is the recipe of that id, else the one of the last asked KDMCSE run that is evaluated, else of the last
    asked run. UserError where there is no such dataset or recipe.
    """
    if dataset_id is None:
        return Poc(dataset=None)
    from kdmcse.data import open_dataset
    from kdmcse.evaluation.evaluation import read_evaluation

    dataset = open_dataset(workspace, dataset_id)
    runs = list_runs(workspace, dataset.fingerprint)
    # In this order: a run that ends between the looks is still at work here, never lost.
    working = {run.id for run in runs if run.status in ("queued", "running", "stopping") or run.alive}
    statuses = {run.id: run.status for run in runs}
    evaluations = {run.id: found for run in runs if (found := read_evaluation(run)) is not None}
    # A run on a part of the data is for the data curve, never for the comparison.
    whole = [run for run in runs if run.config.training.data_share == 1]
    groups = recipes.grouped(whole)
    chosen = recipes.choose(groups, whole, evaluations, recipe)
    compared = (
        recipes.with_baseline(groups[chosen], whole, evaluations)
        if chosen
        else recipes.newest_baseline(whole, evaluations)
    )
    compared = sorted(compared, key=lambda run: ((BASELINE, *METHODS).index(run.config.method), run.config.seed))
    evaluations = {run.id: evaluations[run.id] for run in compared if run.id in evaluations}
    open_ = [run for run in compared if run.id not in evaluations]
    prices = read_prices(workspace, dataset.fingerprint)
    has_decisions = dataset.counts["decisions_usable"] > 0
    estimates, tables, problem = {}, {}, None
    match_score = None if has_decisions else read_match_score(workspace, dataset.fingerprint)
    if prices and (has_decisions or match_score is not None):
        try:
            tables = decided(evaluations, dataset, match_score=match_score)
            estimates = estimate_costs(tables, prices)
        except UserError as error:
            problem = error
    agreed, altered = None, None
    try:
        agreed = locking.current(workspace, dataset.fingerprint)
    except UserError as error:
        altered = error
    return Poc(
        dataset=dataset,
        workspace=workspace,
        contract=agreed,
        contract_problem=altered,
        runs=tuple(runs),
        compared=tuple(compared),
        recipes=tuple(recipes.describe(key, group, evaluations, key == chosen) for key, group in groups.items()),
        statuses=statuses,
        evaluations=evaluations,
        prices=prices,
        estimates=estimates,
        decided=tables,
        match_score=match_score,
        cost_problem=problem,
        has_decisions=has_decisions,
        in_progress=tuple(run for run in open_ if run.id in working),
        unfinished=tuple(run for run in open_ if run.id not in working),
    )


def decided(evaluations: Mapping, dataset: Any, *, match_score: float | None = None) -> dict[str, pd.DataFrame]:
    """Evaluations by any name -> decisions with their texts and that model's cosines, for those that judged any; see `estimate_costs`.

    `match_score`: derived from similarity scores instead, a score from this one on being a match. UserError as `derive`.
    """
    if match_score is not None:
        known = dataset.sts[dataset.sts["held_out"]] if dataset.sts is not None else pd.DataFrame()
        scored = {name: evaluation.sts for name, evaluation in evaluations.items()}
        return _shared(
            derive_for({name: table for name, table in scored.items() if table is not None}, known, match_score)
        )
    if dataset.decisions is None:
        return {}
    known = dataset.decisions.set_index("row")[["text_a", "text_b"]]
    tables = {name: evaluation.decisions for name, evaluation in evaluations.items()}
    # With their texts, so that decisions that share one are never on both sides.
    return _shared({name: table.join(known, on="row") for name, table in tables.items() if table is not None})


def _shared(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The rows that all have, in one order: an older evaluation may have left out other leaks."""
    rows = set.intersection(*(set(table["row"]) for table in tables.values())) if tables else set()
    return {
        name: table[table["row"].isin(rows)].sort_values("row", ignore_index=True) for name, table in tables.items()
    }
