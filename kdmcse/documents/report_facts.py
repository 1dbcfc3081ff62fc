"""What the report rests on, as texts and rows: laid out, not calculated. Every number comes from the results by the functions that pages use."""

import contextlib
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from kdmcse import demonstration, metrics
from kdmcse.config import BASELINE, CANDIDATE, WITHOUT_IMAGES
from kdmcse.cost import ModelCost, Prices
from kdmcse.documents.provenance import provenance_rows, setting_rows
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING, Locale
from kdmcse.metrics import RETRIEVAL
from kdmcse.presentation import criteria, roi
from kdmcse.presentation.break_evens import break_even_sentences, undeciding_sentence
from kdmcse.presentation.costs import (
    note_sentences,
    price_rows,
    rate_text,
    thresholds_text,
    undecided_sentences,
    unmarked_sentence,
)
from kdmcse.presentation.data import dataset_name, problem_table
from kdmcse.presentation.learning_curve import curve_sentences
from kdmcse.presentation.results import next_sentence, notice, payoff, payoff_headline, result_sentences
from kdmcse.presentation.statistics import interval_notes
from kdmcse.presentation.votes import vote_sentence
from kdmcse.results import pins
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import Outlook, assumed_inputs
from kdmcse.results.typical_run import current_and_new
from kdmcse.roi import scenario_store
from kdmcse.stats import Interval


@dataclass(frozen=True)
class Cell:
    """A value of a table, its interval, and the number of the footnote that says why it is missing."""

    text: str
    range: str | None = None
    note: int | None = None


class Footnotes:
    """Reasons why a number is missing, each given once."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


class ReportFacts:
    """What the sections are made of. What is stored beside the results is read when it is made, and no later."""

    def __init__(self, t: Locale, analysis: Analysis, today: datetime.date) -> None:
        self.t, self.today, self.results, self.intervals = t, today, analysis.results, analysis.intervals
        self.analysis, self.scores = analysis, analysis.scores()
        self.verdicts, self.costs, self.decision = analysis.verdicts(), analysis.costs(), analysis.decision(today)
        self.kpis = analysis.kpis()
        self.score_notes, self.search_notes = Footnotes(), Footnotes()
        stored = self.results.workspace, self.results.dataset.fingerprint
        self._scenarios = scenario_store.list_scenarios(*stored, skip_damaged=True)
        self._unsaved = scenario_store.with_unsaved_changes(*stored)
        self._pins = pins.read(*stored)
        both = current_and_new(analysis)
        self.votes = demonstration.summary(*stored, new=both[1].id) if both else None
        self.provenance_rows = provenance_rows(t, self.results)

    def method(self, method: str) -> str:
        return self.t(f"results.method.{method}")

    @property
    def dataset_name(self) -> str:
        return dataset_name(self.t, self.results.dataset)

    # -- verdict

    @property
    def notice(self) -> str | None:
        return notice(self.t, self.results)

    @property
    def tone(self) -> str:
        if self.decision:
            return {"go": "better", "stop": "worse", "extend": "not_decisive"}[self.decision.value]
        return payoff(self.verdicts, self.costs) or "not_decisive"

    @property
    def headline(self) -> str:
        return criteria.decision_headline(self.t, self.decision) if self.decision else self.payoff_headline

    @property
    def payoff_headline(self) -> str:
        return payoff_headline(self.t, self.results, self.verdicts, self.costs)

    @property
    def sentences(self) -> list[str]:
        return result_sentences(self.t, self.results, self.verdicts, self.costs)

    @property
    def next_sentence(self) -> str:
        return next_sentence(self.t, self.analysis.next_step(self.today))

    @property
    def criteria(self) -> list[str]:
        """By what it was judged and who agreed on that, or that nothing was agreed."""
        if self.decision:
            return [criteria.decision_basis(self.t, self.decision), criteria.decision_people(self.t, self.decision)]
        problem = self.results.criteria_problem
        return [problem.message(self.t.language) if problem else self.t("criteria.none")]

    @property
    def decision_rows(self) -> list[list[str]]:
        """Label, state and sentence of every axis, KPI, stop condition and gate."""
        forms = (criteria.line_label, criteria.line_state, criteria.line_sentence)
        return [[form(self.t, line) for form in forms] for line in self.decision.lines]

    @property
    def stop_reasons(self) -> list[str]:
        """Why it ends; empty unless the decision is to stop."""
        return criteria.stop_reasons(self.t, self.decision) if self.decision else []

    @property
    def decision_steps(self) -> list[str]:
        """What is missing for a go, as requests."""
        return [criteria.step_sentence(self.t, step) for step in self.decision.steps]

    @property
    def reservations(self) -> list[str]:
        t, results, sentences = self.t, self.results, []
        if results.stage == "evaluated":
            seeds = len(results.of_method(CANDIDATE))
            if 0 < seeds < 3:
                sentences.append(t("report.reservation.seeds", count=seeds))
            sentences.append(t("report.reservation.sample"))
        if self.costs.estimates:
            sentences.append(t("report.reservation.prices"))
            sentences += undecided_sentences(t, self.costs.comparison)
        if left_out := results.dataset.counts["problems"]:
            sentences.append(t("report.reservation.problems", count=t.number(left_out)))
        if len(results.recipes) > 1:
            sentences.append(t("report.reservation.recipes", count=t.number(len(results.recipes) - 1)))
        return sentences

    # -- scores

    @property
    def seeds(self) -> list[int]:
        return sorted({run.config.seed for run in self.results.compared if run.config.method != BASELINE})

    @property
    def shown_metrics(self) -> list[str]:
        """The metric of the verdict, and the other measure of the same judgements."""
        metric = self.verdicts.metric
        return ["sts_spearman", "sts_pearson"] if metric == "sts_spearman" else [metric]

    @property
    def by_people(self) -> bool:
        """Whether the metric of the verdict compares with what people judged; else it is that of a search."""
        return metrics.metric(self.verdicts.metric).task not in RETRIEVAL

    def seed_rows(self, metric: str) -> list[dict[str, Any]]:
        """One row a method: the score of every seed, their mean, its interval."""
        rows = []
        for method in self.results.asked:
            cells = [] if method == BASELINE else [self._seed_cell(method, seed, metric) for seed in self.seeds]
            interval = self.intervals.interval(method, metric)
            mean = Cell(self.t.number(interval.estimate, 3))
            if interval.reason == "few_units":
                mean = Cell(MISSING, note=self.score_notes.mark(self.t.join(interval_notes(self.t, interval))))
                cells = [mean for _ in cells]
            elif method == BASELINE and interval.estimate is None:
                mean = self._seed_cell(method, 0, metric)
            rows.append({"method": method, "cells": cells, "mean": mean, "range": self._range(interval) or MISSING})
        return rows

    def _seed_cell(self, method: str, seed: int, metric: str) -> Cell:
        runs = [run for run in self.results.compared if run.config.method == method and run.config.seed == seed]
        for run in runs:
            rows = self.scores[self.scores["run"] == run.id]
            if len(rows):
                value = float(rows.iloc[0][metric])
                note = self.score_notes.mark(self.t("report.missing.undefined")) if value != value else None
                return Cell(self.t.number(value, 3), note=note)
        in_progress = runs and runs[0] in self.results.in_progress
        why = "not_asked" if not runs else "in_progress" if in_progress else "unfinished"
        return Cell(MISSING, note=self.score_notes.mark(self.t(f"report.missing.{why}")))

    def search_rows(self, task: str) -> list[dict[str, Any]]:
        rows = []
        for method in self.results.methods:
            cells = []
            for metric in metrics.of_task(task):
                interval, note = self.intervals.interval(method, metric.name), None
                if interval.estimate is None:
                    note = self.search_notes.mark(self._why_not(task, method, interval))
                cells.append(Cell(self.t.number(interval.estimate, 3), self._range(interval), note))
            rows.append({"method": method, "cells": cells})
        return rows

    def _why_not(self, task: str, method: str, interval: Interval) -> str:
        if interval.reason == "few_units":
            return self.t.join(interval_notes(self.t, interval))
        blind = task == "caption_to_image" and method in WITHOUT_IMAGES
        return self.t(f"report.missing.{'no_image_space' if blind else 'undefined'}")

    @property
    def searches(self) -> list[str]:
        """The searches that were measured."""
        return [task for task in RETRIEVAL if self.scores[f"{task}_ndcg_at_10"].notna().any()]

    def queries(self, task: str) -> int:
        return int(self.scores[f"{task}_queries"].max())

    def _range(self, interval) -> str | None:
        if interval.low is None:
            return None
        return self.t("report.range", low=self.t.number(interval.low, 3), high=self.t.number(interval.high, 3))

    # -- cost

    @property
    def why_no_cost(self) -> str | None:
        t, results = self.t, self.results
        if self.costs.comparison:
            return None
        if not results.can_price:
            return t("report.no_cost.no_decisions")
        if results.prices is None:
            return t("report.no_cost.no_prices")
        if problem := self.costs.problem:
            return problem.sentences(t)
        return t("report.no_cost.not_evaluated")

    @property
    def price_rows(self) -> list[tuple[str, str]]:
        return price_rows(self.t, self.results.prices)

    @property
    def cost_rows(self) -> list[dict[str, str]]:
        t, currency, rows = self.t, self.results.prices.currency, []
        for method, model in self.costs.comparison.best.items():
            interval = self.costs.cost(method)
            ends = {"low": t.money(interval.low, currency), "high": t.money(interval.high, currency)}
            rows.append(
                {
                    "method": method,
                    "cost": t.money(interval.estimate, currency),
                    "range": t("report.range", **ends) if interval.low is not None else "",
                    "threshold": thresholds_text(t, model),
                    "false_match_rate": rate_text(t, model, "false_match"),
                    "missed_match_rate": rate_text(t, model, "missed_match"),
                }
            )
        return rows

    @property
    def cost_notes(self) -> str:
        return self.t.join(note_sentences(self.t, self.costs.comparison.notes))

    @property
    def unmarked(self) -> str | None:
        """Why a method has no mark in the chart of `curve`."""
        return unmarked_sentence(self.t, self.in_curve)

    @property
    def in_curve(self) -> list[ModelCost]:
        """Whose costs the chart of every threshold shows: the untouched student and KDMCSE."""
        models = self.costs.comparison.best
        return [models[method] for method in (BASELINE, CANDIDATE) if method in models]

    # -- return

    @cached_property
    def outlooks(self) -> list[Outlook]:
        """Of the saved scenarios, the one of the criteria first; empty without costs. One whose prices or ranges do not fit is left out."""
        known, digest = [], self.results.criteria_digest
        for one in sorted(self._scenarios, key=lambda one: not one.scenario.belongs_to(digest)):
            with contextlib.suppress(UserError):
                known.append(self.analysis.outlook(one.scenario, self.today))
        return [outlook for outlook in known if outlook]

    @property
    def has_scenarios(self) -> bool:
        """Whether any is saved, with whatever prices."""
        return bool(self._scenarios)

    @property
    def scenario_notes(self) -> list[str]:
        """Which scenarios have typed changes that the report does not show, and which have other prices than its costs."""
        shown = [outlook.found.scenario for outlook in self.outlooks]
        digests = {scenario.digest for scenario in shown}
        notes = [roi.unsaved_sentence(self.t, one) for one in self._unsaved if one.scenario.digest in digests]
        others = (one for one in shown if Prices.from_dict(one.prices) != self.results.prices)
        return notes + [self.t("roi.other_prices", name=one.name) for one in others]

    @property
    def assumed(self) -> str | None:
        return roi.assumed_sentence(self.t, assumed_inputs(self.outlooks[0].found.scenario))

    @property
    def axes_sentence(self) -> str:
        return roi.axes_sentence(self.t, self.outlooks[0].axes)

    @property
    def break_evens(self) -> list[str]:
        """Between which values of an input alone the first scenario pays, and which inputs decide nothing."""
        outlook = self.outlooks[0]
        table, currency = outlook.sensitivity.break_evens, outlook.found.scenario.currency
        undecided = undeciding_sentence(self.t, table)
        return [*break_even_sentences(self.t, table, currency), *filter(None, [undecided])]

    @property
    def axes_rows(self) -> list[list[str]]:
        """Score, cost, effort and return of the first scenario in full digits: what, value, interval, probability."""
        table = roi.axes_table(self.t, self.outlooks[0].axes, exact=True)
        return table[["figure", "value", "interval", "probability"]].to_numpy().tolist()

    @property
    def scenario_table(self) -> pd.DataFrame:
        """All scenarios side by side, as text, in full digits."""
        bands = {one.found.scenario.digest: one.sensitivity.band for one in self.outlooks}
        found = [one.found for one in self.outlooks]
        return roi.comparison_table(self.t, found, bands, criteria=self.results.criteria_digest, exact=True)

    @property
    def growth(self) -> list[str]:
        """What more data would bring; nothing where the runs on parts of the data were not asked for."""
        curve = self.analysis.learning_curve()
        return curve_sentences(self.t, curve) if curve.points["share"].nunique() > 1 else []

    # -- examples, votes

    @cached_property
    def pinned(self) -> list[pins.PinnedRow]:
        """What a person chose for the meeting, of KDMCSE and the baseline of the verdict; empty where nobody did."""
        return pins.standing(self.analysis, self._pins, CANDIDATE, self.verdicts.baseline)

    @property
    def vote_sentence(self) -> str | None:
        """What blind votes on these two models come to; None where nobody has voted."""
        return vote_sentence(self.t, self.votes) if self.votes and self.votes.total else None

    # -- data and settings

    @property
    def data_rows(self) -> list[tuple[str, str]]:
        t, dataset, counts = self.t, self.results.dataset, self.results.dataset.counts
        rows = {name: t.number(counts[name]) for name in ("pairs", "pictures", "groups", "train", "dev", "test")}
        rows["held_out"] = t.number(counts["held_out_pairs"])
        for name in ("sts", "decisions"):
            if counts[name]:
                usable = t.number(counts[f"{name}_usable"])
                rows[name] = t("report.data_of", usable=usable, all=t.number(counts[name]))
        if counts["sts_dev"]:
            rows["sts_dev"] = t.number(counts["sts_dev"])
        rows["texts"] = t.number(counts["texts"])
        rows["duplicate_captions"] = t.number(int(dataset.pairs["duplicate_caption"].sum()))
        rows["duplicate_images"] = t.number(int(dataset.pairs["duplicate_image"].sum()))
        return [(t(f"report.data_row.{name}"), value) for name, value in rows.items()]

    @property
    def problem_rows(self) -> list[tuple[str, str]]:
        """Each kind of problem with how often it occurs and its first message."""
        if not len(self.results.dataset.problems):
            return []
        table = problem_table(self.t, self.results.dataset)
        kinds = table.groupby("code", sort=False)["message"].agg(["size", "first"]).sort_values("size", ascending=False)
        return [(self.t.number(row["size"]), row["first"]) for _, row in kinds.iterrows()]

    @property
    def setting_rows(self) -> Sequence[tuple[str, str]]:
        return setting_rows(self.t, self.results)

    @property
    def time_rows(self) -> list[tuple[str, str]]:
        """Computing time of one training of each method, the mean."""
        results = self.results
        return [(method, self.t.duration(results.training_seconds(method))) for method in results.methods]
