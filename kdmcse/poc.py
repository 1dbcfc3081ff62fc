"""A proof of concept so far, gathered from the workspace for whoever shows it: the page, the report, the shell. Light.

Only runs of one recipe (same student, settings and teacher) are compared with each other; the untouched student belongs
to every recipe of that student. No sentence is made anywhere else, so page, report and shell never disagree.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import stats
from kdmcse.config import BASELINE, LADDER, METHODS, WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.cost import CostEstimate, Prices, estimate_cost, read_prices
from kdmcse.errors import UserError
from kdmcse.runs import Run, create, list_runs
from kdmcse.stats import Verdict, compare_seeds
from kdmcse.words import money, number, say
from kdmcse.workspace import Workspace

CANDIDATE = "kdmcse"
"""The method whose worth is asked for."""
SCORES = {
    "sts": ("spearman", "pearson"),
    "caption_to_caption": ("recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10"),
    "caption_to_image": ("recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10"),
}
SETTING_GROUPS = {
    "common": ("epochs", "batch_size", "learning_rate", "max_length", "warmup_share", "evaluation_steps"),
    "images": ("cross_modal_weight", "cross_modal_temperature", "projection_width"),
    "kdmcse": ("sentence_margin_radians", "cross_modal_margin_radians", "false_negative_cosine"),
    "gist": ("guide_margin",),
    "dalr": ("ranking", "ranking_temperature", "ranking_weight"),
    "expert": ("temperature", "weight_decay", "max_gradient_norm", "pooling", "mixing", "teacher_length", "data_share"),
}
"""Every field of TrainingConfig once, as form and report show them; a group named like a method is heeded by it alone."""
METRICS = tuple(f"{task}_{name}" for task, names in SCORES.items() for name in names)
"""Score columns of `Poc.scores`; higher is better."""
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
class Recipe:
    """What runs must share to be compared."""

    id: str
    student: str
    teacher: str | None
    """None where only methods without a teacher were asked for"""
    training: TrainingConfig
    runs: int
    evaluated: int
    chosen: bool


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
        """One row per compared run that is evaluated: run, method, seed, recipe, the `METRICS`, the rows they rest on
        (sts_pairs, caption_to_caption_queries, caption_to_image_queries), what its mistakes cost, seconds it took."""
        rows = []
        for run in self.compared:
            if run.id not in self.evaluations:
                continue
            measured, config, estimate = self.evaluations[run.id].scores, run.config, self.estimates.get(run.id)
            row = {"run": run.id, "method": config.method, "seed": config.seed, "recipe": config.recipe}
            for task, names in SCORES.items():
                values = measured.get(task) or {}
                row |= {f"{task}_{name}": values.get(name) for name in names}
                size = "pairs" if task == "sts" else "queries"
                row[f"{task}_{size}"] = values.get(size)
            for name in ("monthly_cost", "threshold", "false_match_rate", "missed_match_rate"):
                row[name] = getattr(estimate, name, None)
            row["seconds"] = (run.outcome or {}).get("seconds")
            rows.append(row)
        columns = ["run", "method", "seed", "recipe", *METRICS]
        columns += ["sts_pairs", "caption_to_caption_queries", "caption_to_image_queries"]
        columns += ["monthly_cost", "threshold", "false_match_rate", "missed_match_rate", "seconds"]
        table = pd.DataFrame(rows, columns=columns)
        table[columns[4:]] = table[columns[4:]].astype(float)
        return table

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
        """The score that carries the verdict: agreement with human judgements where defined, else caption search."""
        judged, searched = (
            self.scores[name].notna().any() for name in ("sts_spearman", "caption_to_caption_ndcg_at_10")
        )
        there = self.scores["sts_pairs"].notna().any()
        return "sts_spearman" if judged or (there and not searched) else "caption_to_caption_ndcg_at_10"

    @property
    def rivals(self) -> list[str]:
        """What KDMCSE is to be compared with: the untouched student, the rest of the ladder, and what else was asked for."""
        asked = {run.config.method for run in self.compared}
        wanted = {BASELINE, *LADDER, *asked} - {CANDIDATE}
        return [method for method in (BASELINE, *METHODS) if method in wanted]

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """KDMCSE on `metric` against each of its `rivals`."""
        size = "sts_pairs" if self.metric.startswith("sts") else "caption_to_caption_queries"
        pairs = [value for value in self.values(CANDIDATE, size) if value is not None]
        return {
            method: compare_seeds(
                self.values(CANDIDATE, self.metric),
                self.values(method, self.metric),
                evaluation_pairs=int(min(pairs)) if pairs else None,
                baseline_is_trained=method != BASELINE,
                standard_errors=self._standard_errors(method),
            )
            for method in self.rivals
        }

    def _standard_errors(self, method: str) -> float | None:
        """Between KDMCSE and a method on `metric`, each by its median seed; None where either has no score."""
        tables = [self._rows_of_median_seed(one) for one in (CANDIDATE, method)]
        if any(table is None for table in tables):
            return None
        both = tables[0].merge(tables[1], on="row", suffixes=("", "_other"))
        if "gold" in both:
            return stats.spearman_apart(*(both[name].to_numpy() for name in ("gold", "value", "value_other", "unit")))
        return stats.mean_apart(*(both[name].to_numpy() for name in ("value", "value_other", "unit")))

    def _rows_of_median_seed(self, method: str) -> pd.DataFrame | None:
        """row, value, unit that repeats, and gold where the metric is a correlation."""
        scored = self.scores[(self.scores["method"] == method) & self.scores[self.metric].notna()]
        if scored.empty:
            return None
        run = scored.sort_values(self.metric)["run"].iloc[(len(scored) - 1) // 2]
        evaluation = self.evaluations[run]
        if self.metric == "sts_spearman":
            if evaluation.sts is None or self.dataset.sts is None:
                return None
            judged, table = self.dataset.sts, evaluation.sts
            unit = judged["group"] if "group" in judged else judged["row"]
            units = dict(zip(judged["row"], unit, strict=True))
            return table.rename(columns={"cosine": "value"}).assign(unit=table["row"].map(units))
        if evaluation.retrieval is None:
            return None
        table = evaluation.retrieval[evaluation.retrieval["direction"] == "caption_to_caption"]
        groups = self.dataset.pairs.set_index("pair")["group"]
        return pd.DataFrame({"row": table["pair"], "value": table["ndcg_at_10"], "unit": table["pair"].map(groups)})

    @property
    def verdict(self) -> Verdict | None:
        """KDMCSE against the untouched student; None before anything trained is evaluated."""
        return self.verdicts[BASELINE] if self.stage == "evaluated" else None

    @cached_property
    def costs(self) -> dict[str, CostSpread]:
        """By method, for those with a cost."""
        found = {}
        for method in self.methods:
            values = [value for value in self.values(method, "monthly_cost") if value is not None]
            if values:
                found[method] = CostSpread(*stats.spread(values), len(values))
        return found

    @property
    def cost_verdict(self) -> Verdict | None:
        """KDMCSE's monthly cost against the untouched student's; None where either lacks."""
        if not {BASELINE, CANDIDATE} <= set(self.costs):
            return None
        return compare_seeds(
            self.values(CANDIDATE, "monthly_cost"),
            self.values(BASELINE, "monthly_cost"),
            evaluation_pairs=min(estimate.report_rows for estimate in self.estimates.values()),
            higher_is_better=False,
            standard_errors=self._standard_errors_of_cost(),
        )

    def _standard_errors_of_cost(self) -> float | None:
        """Between KDMCSE's median seed and the untouched student, over the decisions on which cost is reported."""
        rows = []
        for method in (CANDIDATE, BASELINE):
            priced = self.scores[(self.scores["method"] == method) & self.scores["monthly_cost"].notna()]
            run = priced.sort_values("monthly_cost")["run"].iloc[(len(priced) - 1) // 2]
            rows.append(self.estimates[run].row_costs)
        return stats.mean_apart(*rows, np.arange(len(rows[0]))) if len(rows[0]) == len(rows[1]) else None

    @property
    def saving(self) -> float | None:
        """Money per month: the untouched student's cost less KDMCSE's median; negative where KDMCSE is dearer."""
        verdict = self.cost_verdict
        return None if verdict is None else verdict.baseline_median - verdict.candidate_median

    @property
    def payoff(self) -> str | None:
        """Score and cost of mistakes together: better, worse or not_decisive; None before anything trained is evaluated.

        Where they contradict each other, nothing is decided; a cost that decides nothing leaves the word to the score.
        """
        if self.verdict is None:
            return None
        cost = self.cost_verdict.value if self.cost_verdict else "not_decisive"
        return self.verdict.value if cost in (self.verdict.value, "not_decisive") else "not_decisive"

    def payoff_headline(self, language: str) -> str:
        """`payoff` in a few words, which name both axes where both are decided."""
        if self.verdict is None or self.cost_verdict is None:
            return self.headline(language)
        score, cost = self.verdict.value, self.cost_verdict.value
        if "not_decisive" in (score, cost):
            return self.headline(language)
        return say(f"poc.payoff.score_{score}_cost_{cost}", language)

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
        if self.verdicts[BASELINE].reason == "one_seed":
            return "more_seeds"
        if self.has_decisions and self.prices is None:
            return "enter_prices"
        return "look_at_cost" if self.cost_problem else "report"

    def notice(self, language: str) -> str | None:
        """What must stand beside every result of made-up data; None for real data."""
        return say("poc.notice", language) if self.dataset is not None and self.dataset.synthetic else None

    def next_sentence(self, language: str) -> str:
        return say(f"poc.next.{self.next_step}", language)

    def sentence(self, language: str) -> str:
        """The verdict with the numbers that carry it, as one paragraph."""
        return {"en": " ", "ja": ""}[language].join(self.sentences(language))

    def sentences(self, language: str) -> list[str]:
        """The paragraph in pieces: the verdict, the other methods, the cost, what is still open."""
        if self.stage != "evaluated":
            return [say(f"poc.stage.{self.stage}", language)]
        pieces = [self._verdict_sentence(language)]
        if self.values(CANDIDATE, self.metric):
            pieces += self._other_sentences(language)
        if self.cost_verdict:
            pieces.append(self._cost_sentence(language))
            if any(estimate.few_rows for estimate in self.estimates.values()):
                pieces.append(say("cost.note.few_rows", language, rows=self.cost_verdict.pairs))
        if self.in_progress:
            pieces.append(say("poc.open.in_progress", language, count=len(self.in_progress)))
        if self.unfinished:
            pieces.append(say("poc.open.unfinished", language, count=len(self.unfinished)))
        return pieces

    def headline(self, language: str) -> str:
        """The verdict on the score in a few words; for `sentence` see there."""
        if self.stage != "evaluated":
            return say(f"poc.stage.{self.stage}", language)
        verdict = self.verdicts[BASELINE]
        measured = verdict.reason != "not_measured"
        return say(f"poc.headline.{verdict.value if measured else 'not_measured'}", language)

    def _verdict_sentence(self, language: str) -> str:
        verdict = self.verdicts[BASELINE]
        key = verdict.value if verdict.value != "not_decisive" else verdict.reason
        if key == "not_measured":
            if verdict.candidate_median is None:
                key = "candidate_missing"
            elif verdict.baseline_median is None:
                key = "baseline_missing"
        unit = say(f"poc.unit.{self.metric}", language, pairs=number(verdict.pairs, language))
        return say(
            f"poc.verdict.{key}",
            language,
            metric=say(f"poc.metric.{self.metric}", language),
            median=score(verdict.candidate_median, language),
            low=score(verdict.candidate_low, language),
            high=score(verdict.candidate_high, language),
            seeds=verdict.candidate_seeds,
            baseline=score(verdict.baseline_median, language),
            unit=unit,
            min_seeds=stats.MIN_SEEDS,
            min_pairs=stats.MIN_PAIRS,
        )

    def _cost_sentence(self, language: str) -> str:
        verdict, currency = self.cost_verdict, self.prices.currency
        return say(
            f"poc.cost.{verdict.value}",
            language,
            cost=money(verdict.candidate_median, currency, language),
            low=money(verdict.candidate_low, currency, language),
            high=money(verdict.candidate_high, currency, language),
            baseline=money(verdict.baseline_median, currency, language),
            difference=money(abs(self.saving), currency, language),
        )

    def _other_sentences(self, language: str) -> list[str]:
        pieces, missing = [], []
        beyond = [method for method in self.rivals if method not in (BASELINE, *LADDER)]
        for method in (*(one for one in reversed(LADDER) if one != CANDIDATE), *beyond):
            verdict, name = self.verdicts[method], say(f"poc.method.{method}", language)
            if verdict.baseline_median is None:
                missing.append(name)
                continue
            key = verdict.value if verdict.value != "not_decisive" else verdict.reason
            pieces.append(
                say(
                    f"poc.against.{key}",
                    language,
                    method=name,
                    median=score(verdict.baseline_median, language),
                    range=say(
                        "poc.range.one" if verdict.baseline_seeds == 1 else "poc.range.many",
                        language,
                        low=score(verdict.baseline_low, language),
                        high=score(verdict.baseline_high, language),
                        seeds=verdict.baseline_seeds,
                    ),
                )
            )
        if missing:
            methods = [say("poc.against.list", language).join(missing[:-1]), missing[-1]]
            told = say("poc.against.join", language).join(filter(None, methods))
            pieces.append(say("poc.against.missing", language, methods=told))
        return pieces


def score(value: float | None, language: str) -> str:
    """A score as every sentence and table shows it: three decimals, a dash where it is missing."""
    return number(value, language, 3)


def gather(workspace: Workspace, dataset_id: str | None, *, recipe: str | None = None) -> Poc:
    """The proof of concept on this dataset (None: nothing was imported yet).

    Compared is the recipe of that id, else the one of the last asked KDMCSE run that is evaluated, else of the last
    asked run. UserError where there is no such dataset or recipe.
    """
    if dataset_id is None:
        return Poc(dataset=None)
    from kdmcse.data import open_dataset
    from kdmcse.evaluate import read_evaluation

    dataset = open_dataset(workspace, dataset_id)
    runs = list_runs(workspace, dataset.fingerprint)
    # In this order: a run that ends between the looks is still at work here, never lost.
    working = {run.id for run in runs if run.status in ("queued", "running", "stopping") or run.alive}
    statuses = {run.id: run.status for run in runs}
    evaluations = {run.id: found for run in runs if (found := read_evaluation(run)) is not None}
    # A run on a part of the data is for the data curve, never for the comparison.
    whole = [run for run in runs if run.config.training.data_share == 1]
    groups = _groups(whole)
    chosen = _choose(groups, whole, evaluations, recipe)
    compared = _with_baseline(groups[chosen], whole, evaluations) if chosen else _newest_baseline(whole, evaluations)
    compared = sorted(compared, key=lambda run: ((BASELINE, *METHODS).index(run.config.method), run.config.seed))
    evaluations = {run.id: evaluations[run.id] for run in compared if run.id in evaluations}
    open_ = [run for run in compared if run.id not in evaluations]
    prices = read_prices(workspace, dataset.fingerprint)
    has_decisions = dataset.counts["decisions_usable"] > 0
    estimates, problem = {}, None
    if prices and has_decisions:
        try:
            estimates = estimate_costs(evaluations, dataset.decisions, prices)
        except UserError as error:
            problem = error
    return Poc(
        dataset=dataset,
        runs=tuple(runs),
        compared=tuple(compared),
        recipes=tuple(_describe(key, group, evaluations, key == chosen) for key, group in groups.items()),
        statuses=statuses,
        evaluations=evaluations,
        prices=prices,
        estimates=estimates,
        cost_problem=problem,
        has_decisions=has_decisions,
        in_progress=tuple(run for run in open_ if run.id in working),
        unfinished=tuple(run for run in open_ if run.id not in working),
    )


def start(
    workspace: Workspace,
    dataset_id: str,
    *,
    student: str,
    teacher: str | None,
    methods: Sequence[str] = LADDER,
    seeds: Sequence[int] = (0, 1, 2),
    training: TrainingConfig | None = None,
) -> list[Run]:
    """Queue the untouched student and every method with every seed, and have them worked on in the background.

    UserError at once for a model that is neither here nor on a hub that can be reached. What was asked for before is not
    run again. Seed by seed, so that every method has a first score early. The untouched student is asked for with default
    settings, so that all recipes of one student share it.
    """
    from kdmcse import sources, worker
    from kdmcse.data import open_dataset

    if not methods or not seeds:
        raise UserError("nothing_to_train", known=", ".join(METHODS))
    sources.require(student, "student")
    if teacher:
        sources.require(teacher, "teacher")
    dataset = open_dataset(workspace, dataset_id).fingerprint
    configs = [RunConfig(dataset=dataset, method=BASELINE, student=student)]
    for seed in dict.fromkeys(seeds):
        for method in dict.fromkeys(methods):
            config = RunConfig(
                dataset=dataset,
                method=method,
                student=student,
                teacher=None if method in WITHOUT_TEACHER else teacher,
                seed=seed,
                training=training or TrainingConfig(),
            )
            if method != BASELINE:
                configs.append(config)
    runs = [create(workspace, config) for config in configs]
    worker.ensure(workspace)
    return runs


def _groups(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Recipe id -> its trained runs. Methods without a teacher belong to every teacher's recipe with their settings."""
    trained = [run for run in runs if run.config.method != BASELINE]
    teachers: dict[str, list[str | None]] = {}
    for run in trained:
        known = teachers.setdefault(run.config.recipe, [])
        if _teacher(run) is not None and _teacher(run) not in known:
            known.append(_teacher(run))
    return {
        _recipe_id(recipe, teacher): [
            run for run in trained if run.config.recipe == recipe and _teacher(run) in (None, teacher)
        ]
        for recipe, known in teachers.items()
        for teacher in known or [None]
    }


def _choose(groups: Mapping, runs: Sequence[Run], evaluations: Mapping, wanted: str | None) -> str | None:
    if wanted is not None:
        if wanted not in groups:
            raise UserError("recipe_unknown", recipe=wanted, known=", ".join(groups) or "–")
        return wanted
    newest = [run for run in reversed(runs) if run.config.method != BASELINE]
    judged = [run for run in newest if run.config.method == CANDIDATE and run.id in evaluations]
    for run in judged or newest:
        # A run without a teacher stands in several groups: the last one is the newest.
        return next(key for key, group in reversed(groups.items()) if run in group)
    return None


def _with_baseline(group: list[Run], runs: Sequence[Run], evaluations: Mapping) -> list[Run]:
    student = group[0].config.student
    return _newest_baseline([run for run in runs if run.config.student == student], evaluations) + group


def _newest_baseline(runs: Sequence[Run], evaluations: Mapping) -> list[Run]:
    """The untouched student that was asked for last, an evaluated one before others; at most one."""
    found = [run for run in runs if run.config.method == BASELINE]
    return ([run for run in found if run.id in evaluations] or found)[-1:]


def estimate_costs(evaluations: Mapping, texts: pd.DataFrame, prices: Prices) -> dict[str, CostEstimate]:
    """Evaluations by any name -> estimates by that name, for those that judged decisions; texts: `PairDataset.decisions`."""
    known = texts.set_index("row")[["text_a", "text_b"]]
    estimates = {}
    for run_id, evaluation in evaluations.items():
        decisions = evaluation.decisions
        if decisions is not None:
            # With their texts, so that a repeated pair never stands in both halves.
            estimates[run_id] = estimate_cost(decisions.join(known, on="row"), prices)
    return estimates


def _describe(key: str, group: list[Run], evaluations: Mapping, chosen: bool) -> Recipe:
    return Recipe(
        id=key,
        student=group[0].config.student,
        teacher=next((_teacher(run) for run in group if _teacher(run)), None),
        training=group[0].config.training,
        runs=len(group),
        evaluated=sum(run.id in evaluations for run in group),
        chosen=chosen,
    )


def _teacher(run: Run) -> str | None:
    return None if run.config.method in WITHOUT_TEACHER else run.config.teacher


def _recipe_id(recipe: str, teacher: str | None) -> str:
    return f"{recipe}-{hashlib.sha256(teacher.encode()).hexdigest()[:6]}" if teacher else recipe
