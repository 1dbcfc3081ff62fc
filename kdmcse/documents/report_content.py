"""A proof of concept as one HTML file for a meeting: self-contained, printable on A4, no script, nothing fetched.

Every number comes from `Poc`; this room only lays out. What comes from an upload is escaped by the template.
"""

import contextlib
import datetime
import importlib.metadata
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import Any

import pandas as pd

from kdmcse import metrics
from kdmcse.config import BASELINE, CANDIDATE, METHODS, SETTING_GROUPS, WITHOUT_TEACHER
from kdmcse.cost import Prices
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.evaluation.projection import read_projection
from kdmcse.i18n import LANGUAGES, Locale, money, number, percent, say
from kdmcse.presentation import costs, criteria, results, roi
from kdmcse.presentation.data import problem_table
from kdmcse.presentation.palette import COLOURS, GROUP_COLOURS
from kdmcse.presentation.results import gain, score
from kdmcse.results import learning_curve
from kdmcse.results.outlook import Measured, Outlook, has_costs, is_assumed
from kdmcse.results.results import Poc
from kdmcse.roi import scenario_store
from kdmcse.store.files import read_json, write_file

SOFTWARE = ("kdmcse", "sentence-transformers", "transformers", "torch", "open-clip-torch", "mteb")


def write_report(poc: Poc, out: Path, language: str) -> None:
    """The report as the file `out`, whole or not at all. UserError `nothing_to_report` without a dataset."""
    write_file(Path(out), render_html(poc, language).encode("utf-8"))


def render_html(poc: Poc, language: str, *, today: datetime.date | None = None) -> str:
    """The report in `language`, dated `today`. UserError `nothing_to_report` without a dataset."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if poc.dataset is None:
        raise UserError("nothing_to_report")
    if language not in LANGUAGES:
        raise KeyError(f"no such language: {language}")
    page = _Page(poc, language)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        page=page,
        poc=poc,
        language=language,
        t=page.t,
        date=page.date(today or datetime.datetime.now().astimezone().date()),
        dash="–",
    )


@dataclass(frozen=True)
class _Dots:
    """One method's line in the chart of scores."""

    label: str
    colour: str
    y: float
    xs: list[float]
    median: float | None
    low: float | None
    high: float | None
    told: str


@dataclass(frozen=True)
class _Line:
    """One model's curve in the chart of costs."""

    label: str
    colour: str
    points: str
    mark: tuple[float, float] | None


class _Footnotes:
    """Reasons why a number is missing, each told once."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


class _Page:
    """What the template shows, as texts and places; laid out, not calculated."""

    def __init__(self, poc: Poc, language: str) -> None:
        self.poc, self.language, self.locale = poc, language, Locale(language)
        self.score_notes, self.search_notes = _Footnotes(), _Footnotes()

    def t(self, key: str, **fields: object) -> str:
        """One of the report's own sentences."""
        return say(f"report.{key}", self.language, **fields)

    def other(self, key: str, **fields: object) -> str:
        """Another room's sentence."""
        return say(key, self.language, **fields)

    def n(self, value: float | None, digits: int = 0) -> str:
        return number(value, self.language, digits)

    def money(self, value: float | None) -> str:
        return money(value, self.poc.prices.currency, self.language)

    def date(self, date: datetime.date) -> str:
        from babel.dates import format_date

        return format_date(date, format="long", locale=self.language)

    def method(self, method: str) -> str:
        return self.other(f"poc.method.{method}")

    @property
    def colours(self) -> dict[str, str]:
        return COLOURS

    # -- verdict

    @property
    def tone(self) -> str:
        if self.poc.decision:
            return {"go": "better", "stop": "worse", "extend": "not_decisive"}[self.poc.decision.value]
        return self.poc.payoff or "not_decisive"

    @property
    def headline(self) -> str:
        return (
            criteria.decision_headline(self.locale, self.poc.decision)
            if self.poc.decision
            else self.poc.payoff_headline(self.language)
        )

    @property
    def contract(self) -> str:
        """By what it was judged, or that nothing was agreed."""
        if self.poc.decision:
            return criteria.decision_basis(self.locale, self.poc.decision)
        problem = self.poc.contract_problem
        return problem.message(self.language) if problem else self.other("contract.none")

    @property
    def decision_rows(self) -> list[list[str]]:
        """Label, state and sentence of every axis, stop condition and gate."""
        t = self.locale
        lines = self.poc.decision.lines
        return [
            [form(t, line) for form in (criteria.line_label, criteria.line_state, criteria.line_sentence)]
            for line in lines
        ]

    @property
    def decision_steps(self) -> list[str]:
        """What is missing for a go, as requests."""
        return [criteria.step_sentence(self.locale, step) for step in self.poc.decision.steps]

    @property
    def paragraph(self) -> list[str]:
        return self.poc.sentences(self.language)

    def join(self, sentences: Sequence[str]) -> str:
        return {"en": " ", "ja": ""}[self.language].join(sentences)

    @property
    def tiles(self) -> list[dict[str, str]]:
        """The three axes: score, cost, data and effort."""
        poc = self.poc
        found = poc.verdict
        told = {"low": gain(found.difference.low, self.language), "high": gain(found.difference.high, self.language)}
        tiles = [
            {
                "label": self.other(f"poc.metric.{poc.metric}"),
                "value": score(found.candidate.estimate, self.language),
                "note": self.t(
                    "tile.score",
                    name=results.name(poc.against, self.language),
                    baseline=score(found.baseline.estimate, self.language),
                    difference=gain(found.difference.estimate, self.language),
                    **told,
                ),
            }
        ]
        if poc.saving is not None:
            difference = poc.cost_verdict.difference
            tiles.append(
                {
                    "label": self.t(f"tile.{'saving' if poc.cost_verdict.verdict != 'not_decisive' else 'undecided'}"),
                    "value": self.money(difference.estimate),
                    "note": self.t(
                        "tile.cost",
                        name=results.name(poc.against, self.language),
                        low=self.money(difference.low),
                        high=self.money(difference.high),
                    ),
                }
            )
        else:
            tiles.append({"label": self.t("tile.saving"), "value": "–", "note": self.t("tile.no_cost")})
        counts = poc.dataset.counts
        learnt = counts["train"] + counts["dev"]
        tiles.append(
            {
                "label": self.t("tile.effort"),
                "value": self.t("tile.pairs", pairs=self.n(learnt)),
                "note": self.t("tile.time", time=self.duration(poc.spread(CANDIDATE, "seconds")[0])),
            }
        )
        return tiles

    @property
    def reservations(self) -> list[str]:
        poc, found = self.poc, []
        if poc.stage == "evaluated":
            seeds = len(poc.values(CANDIDATE, poc.metric))
            if 0 < seeds < 3:
                found.append(self.t("reservation.seeds", seeds=seeds))
            found.append(self.t("reservation.sample"))
        if poc.estimates:
            found.append(self.t("reservation.prices"))
            undecided = {e.accepts for e in poc.estimates.values()} - {"some"}
            found += [self.other(f"cost.accepts.{accepts}") for accepts in sorted(undecided)]
        if left_out := poc.dataset.counts["problems"]:
            found.append(self.t("reservation.problems", count=self.n(left_out)))
        if len(poc.recipes) > 1:
            found.append(self.t("reservation.recipes", count=self.n(len(poc.recipes) - 1)))
        return found

    # -- scores

    @property
    def seeds(self) -> list[int]:
        return sorted({run.config.seed for run in self.poc.compared if run.config.method != BASELINE})

    @property
    def listed(self) -> list[str]:
        """Methods that were asked for, with a score or without."""
        asked = {run.config.method for run in self.poc.compared}
        return [method for method in (BASELINE, *METHODS) if method in asked]

    @property
    def shown_metrics(self) -> list[str]:
        """The metric of the verdict, and the other measure of the same judgements."""
        return ["sts_spearman", "sts_pearson"] if self.poc.metric == "sts_spearman" else [self.poc.metric]

    def seed_rows(self, metric: str) -> list[dict[str, Any]]:
        """One row a method: the score of every seed, their mean, its interval."""
        rows = []
        for method in self.listed:
            median, low, high = self.poc.spread(method, metric)
            cells = [] if method == BASELINE else [self._cell(method, seed, metric) for seed in self.seeds]
            middle = {"text": score(median, self.language), "note": None}
            if method == BASELINE and median is None:
                middle = self._cell(method, 0, metric)
            found = self.poc.evidence.interval(method, metric)
            mean = middle if median is None else {"text": score(found.estimate, self.language), "note": None}
            reach = "–" if found.low is None else self.t("range", low=self._s(found.low), high=self._s(found.high))
            rows.append({"method": method, "cells": cells, "mean": mean, "range": reach})
        return rows

    def _cell(self, method: str, seed: int, metric: str) -> dict[str, Any]:
        of_seed = [run for run in self.poc.compared if run.config.method == method and run.config.seed == seed]
        for run in of_seed:
            rows = self.poc.scores[self.poc.scores["run"] == run.id]
            if len(rows):
                value = float(rows.iloc[0][metric])
                if math.isnan(value):
                    return {"text": "–", "note": self.score_notes.mark(self.t("missing.undefined"))}
                return {"text": score(value, self.language), "note": None}
        why = "not_asked" if not of_seed else "in_progress" if of_seed[0] in self.poc.in_progress else "unfinished"
        return {"text": "–", "note": self.score_notes.mark(self.t(f"missing.{why}"))}

    def dots(self, metric: str, width: float, left: float) -> dict[str, Any] | None:
        """Where the chart's marks stand; None where no method has the score."""
        methods = [m for m in self.listed if self.poc.spread(m, metric)[0] is not None]
        if not methods:
            return None
        values = [v for m in methods for v in self.poc.values(m, metric) if v is not None]
        ticks = _ticks(min(values), max(values))

        def x(value: float | None) -> float | None:
            return None if value is None else round(left + _share(value, ticks) * (width - left - 70), 1)

        lines = []
        for i, method in enumerate(methods):
            median, low, high = self.poc.spread(method, metric)
            xs = [x(v) for v in self.poc.values(method, metric) if v is not None]
            told = score(median, self.language)
            lines.append(_Dots(self.method(method), COLOURS[method], 26 + i * 34, xs, x(median), x(low), x(high), told))
        digits = _digits(ticks)
        return {
            "lines": lines,
            "ticks": [(x(tick), self.n(tick, digits)) for tick in ticks],
            "bottom": 26 + (len(methods) - 1) * 34 + 24,
            "right": width - 70,
        }

    def search_rows(self, task: str) -> list[dict[str, Any]]:
        names = [metric.name for metric in metrics.of_task(task)]
        rows = []
        for method in self.poc.methods:
            cells = []
            for name in names:
                found = self.poc.evidence.interval(method, name)
                note = None
                if found.estimate is None:
                    blind = task == "caption_to_image" and method in WITHOUT_TEACHER
                    why = "no_image_space" if blind else "undefined"
                    note = self.search_notes.mark(self.t(f"missing.{why}"))
                reach = None if found.low is None else self.t("range", low=self._s(found.low), high=self._s(found.high))
                cells.append({"text": score(found.estimate, self.language), "range": reach, "note": note})
            rows.append({"method": method, "cells": cells})
        return rows

    def has_search(self, task: str) -> bool:
        return bool(self.poc.scores[f"{task}_ndcg_at_10"].notna().any())

    def queries(self, task: str) -> str:
        return self.n(self.poc.scores[f"{task}_queries"].max())

    # -- cost

    @property
    def why_no_cost(self) -> str | None:
        poc = self.poc
        if poc.estimates:
            return None
        if not poc.has_decisions:
            return self.t("no_cost.no_decisions")
        if poc.prices is None:
            return self.t("no_cost.no_prices")
        if poc.cost_problem:
            return f"{poc.cost_problem.message(self.language)} {poc.cost_problem.hint(self.language)}"
        return self.t("no_cost.not_evaluated")

    @property
    def price_rows(self) -> list[tuple[str, str]]:
        prices, rows = self.poc.prices, []
        for name, segment in prices.by_segment.items():
            shown = {
                "false_match": _price(segment.false_match, prices, self.language),
                "missed_match": _price(segment.missed_match, prices, self.language),
                "monthly_volume": self.n(segment.monthly_volume),
                "base_rate": percent(segment.base_rate, self.language, 0 if segment.base_rate * 100 % 1 == 0 else 1),
            }
            if segment.benefit:
                shown["benefit"] = _price(segment.benefit, prices, self.language)
            for rate, value in shown.items():
                label = self.other(f"cost.price.{rate}")
                if prices.segments:
                    label = self.other("cost.of", segment=costs.segment_name(Locale(self.language), name), what=label)
                rows.append((label, value))
        if prices.review:
            rows.append((self.other("cost.price.price"), _price(prices.review.price, prices, self.language)))
            rows.append((self.other("cost.price.accuracy"), percent(prices.review.accuracy, self.language, 1)))
        return rows

    @property
    def cost_rows(self) -> list[dict[str, str]]:
        rows = []
        for method in self.poc.costs:
            found = self.poc.cost(method)
            row = {"method": method, "cost": self.money(found.estimate)}
            known = found.low is not None
            row["range"] = self.t("range", low=self.money(found.low), high=self.money(found.high)) if known else ""
            row["threshold"] = self._thresholds(method)
            for rate in ("false_match_rate", "missed_match_rate"):
                row[rate] = percent(self.poc.spread(method, rate)[0], self.language, 1)
            rows.append(row)
        return rows

    def _thresholds(self, method: str) -> str:
        told = []
        for run in self.poc.compared:
            if run.config.method == method and (estimate := self.poc.estimates.get(run.id)):
                some = estimate.accepts == "some"
                told.append(self.n(estimate.threshold, 2) if some else self.t(f"accepts.{estimate.accepts}"))
        return self.t("list_separator").join(dict.fromkeys(told))

    @property
    def halves(self) -> str:
        estimate = next(iter(self.poc.estimates.values()))
        t = Locale(self.language)
        return t.join(costs.note_sentences(t, estimate.notes))

    @property
    def few_rows(self) -> str | None:
        estimate = next(iter(self.poc.estimates.values()))
        return self.other("cost.note.few_rows", count=estimate.report_rows) if estimate.few_rows else None

    def curve(self, width: float, height: float, left: float) -> dict[str, Any]:
        """The cost of every threshold, for the untouched student and the KDMCSE run in the middle of its seeds."""
        chosen = [(m, self._middle_run(m, "monthly_cost")) for m in (BASELINE, CANDIDATE) if m in self.poc.costs]
        curves = [(method, self.poc.estimates[run.id]) for method, run in chosen]
        frames = [estimate.curve for _, estimate in curves]
        xs = _ticks(min(f["threshold"].min() for f in frames), max(f["threshold"].max() for f in frames))
        ys = _ticks(
            min(0, *(f["monthly_cost"].min() for f in frames)), max(f["monthly_cost"].max() for f in frames) or 1
        )
        top, bottom = 14, height - 44

        def place(threshold: float, cost: float) -> tuple[float, float]:
            across = left + _share(threshold, xs) * (width - left - 16)
            return round(across, 1), round(bottom - _share(cost, ys) * (bottom - top), 1)

        lines = []
        for method, estimate in curves:
            points = " ".join("{},{}".format(*place(*row)) for row in estimate.curve.to_numpy())
            mark = place(estimate.threshold, estimate.monthly_cost) if estimate.accepts == "some" else None
            lines.append(_Line(self.method(method), COLOURS[method], points, mark))
        digits = _digits(xs)
        return {
            "lines": lines,
            "xticks": [(place(tick, 0)[0], self.n(tick, digits)) for tick in xs],
            "yticks": [(place(xs[0], tick)[1], self.money(tick)) for tick in ys],
            "bottom": bottom,
            "right": width - 16,
        }

    def _middle_run(self, method: str, column: str) -> Run:
        """The run whose value is the (lower) median of its method's."""
        rows = self.poc.scores[self.poc.scores["method"] == method].dropna(subset=[column]).sort_values(column)
        middle = rows.iloc[(len(rows) - 1) // 2]["run"]
        return next(run for run in self.poc.compared if run.id == middle)

    # -- return

    @cached_property
    def outlooks(self) -> list[Outlook]:
        """Of the saved scenarios, the contract's first; empty without costs. One whose prices no longer fit the decisions is left out."""
        if not has_costs(self.poc):
            return []
        measured, found = Measured(self.poc), []
        stored = scenario_store.list_scenarios(self.poc.workspace, self.poc.dataset.fingerprint, skip_damaged=True)
        for one in sorted(stored, key=lambda one: one.scenario.contract is None):
            with contextlib.suppress(UserError):
                found.append(measured.outlook(one.scenario))
        return found

    @property
    def assumed(self) -> bool:
        return is_assumed(self.poc, self.outlooks[0].found.scenario)

    @property
    def axes_sentence(self) -> str:
        """Score, cost, effort and return of the first scenario in one sentence."""
        return roi.axes_sentence(self.locale, self.outlooks[0].axes)

    @property
    def axes_rows(self) -> list[list[str]]:
        """Score, cost, effort and return of the first scenario: what, value, interval, probability."""
        table = roi.axes_table(self.locale, self.outlooks[0].axes)
        return table[["figure", "value", "interval", "probability"]].to_numpy().tolist()

    @property
    def scenario_table(self) -> pd.DataFrame:
        """All scenarios side by side, as text."""
        bands = {one.found.scenario.digest: one.band for one in self.outlooks}
        return roi.comparison_table(self.locale, [one.found for one in self.outlooks], bands)

    @property
    def growth(self) -> list[str]:
        """What more data would bring; nothing where the runs on parts of the data were not asked for."""
        found = learning_curve.curve(self.poc)
        return found.sentences(self.language) if found.points["share"].nunique() > 1 else []

    # -- maps

    def maps(self, width: float, height: float) -> dict[str, Any] | None:
        """Before and after, on one scale; None where no map was drawn."""
        baselines = [run for run in self.poc.compared if run.config.method == BASELINE]
        for run in self.poc.compared:
            if run.config.method != CANDIDATE or not baselines:
                continue
            points = read_projection(run, baselines[0])
            if points is not None and len(points):
                return self._maps(points, run, width, height)
        return None

    def _maps(self, points: pd.DataFrame, run: Run, width: float, height: float) -> dict[str, Any]:
        column, labels = _colour_column(self.poc.dataset, points["pair"])
        names = list(labels.value_counts().index) if labels is not None else []
        shown = names if len(names) <= len(GROUP_COLOURS) else names[: len(GROUP_COLOURS) - 1]
        colours = dict(zip(shown, GROUP_COLOURS, strict=False))
        rest = GROUP_COLOURS[-1]
        fills = (
            [colours.get(label, rest) for label in labels] if labels is not None else [COLOURS[CANDIDATE]] * len(points)
        )
        places = []
        low = [min(points[f"before_{axis}"].min(), points[f"after_{axis}"].min()) for axis in "xy"]
        high = [max(points[f"before_{axis}"].max(), points[f"after_{axis}"].max()) for axis in "xy"]
        scale = min((width - 16) / ((high[0] - low[0]) or 1), (height - 16) / ((high[1] - low[1]) or 1))
        margin = [(width - (high[0] - low[0]) * scale) / 2, (height - (high[1] - low[1]) * scale) / 2]
        for when in ("before", "after"):
            across = margin[0] + (points[f"{when}_x"] - low[0]) * scale
            down = height - margin[1] - (points[f"{when}_y"] - low[1]) * scale
            places.append(list(zip(across.round(1), down.round(1), fills, strict=True)))
        legend = list(colours.items())
        if len(shown) < len(names):
            legend.append((self.t("map.others"), rest))
        return {
            "sides": list(zip((self.t("map.before"), self.t("map.after", seed=run.config.seed)), places, strict=True)),
            "column": column,
            "legend": legend,
            "count": self.n(len(points)),
            "radius": 2.6 if len(points) < 500 else 1.8,
        }

    # -- data and settings

    @property
    def data_rows(self) -> list[tuple[str, str]]:
        dataset, counts = self.poc.dataset, self.poc.dataset.counts
        pairs = dataset.pairs
        rows = {name: self.n(counts[name]) for name in ("pairs", "pictures", "groups", "train", "dev", "test")}
        rows["held_out"] = self.n(counts["held_out_pairs"])
        for name in ("sts", "decisions"):
            if counts[name]:
                rows[name] = self.t("data_of", usable=self.n(counts[f"{name}_usable"]), all=self.n(counts[name]))
        if counts["sts_dev"]:
            rows["sts_dev"] = self.n(counts["sts_dev"])
        rows["texts"] = self.n(counts["texts"])
        rows["duplicate_captions"] = self.n(int(pairs["duplicate_caption"].sum()))
        rows["duplicate_images"] = self.n(int(pairs["duplicate_image"].sum()))
        return [(self.t(f"data_row.{name}"), value) for name, value in rows.items()]

    @property
    def problem_rows(self) -> list[tuple[str, str]]:
        """Each kind of problem with how often it occurs and its first message."""
        if not len(self.poc.dataset.problems):
            return []
        table = problem_table(Locale(self.language), self.poc.dataset)
        grouped = (
            table.groupby("code", sort=False)["message"].agg(["size", "first"]).sort_values("size", ascending=False)
        )
        return [(self.n(row["size"]), row["first"]) for _, row in grouped.iterrows()]

    @property
    def setting_rows(self) -> list[tuple[str, str]]:
        """The settings of the recipe, without those of methods that nobody asked for."""
        if not self.poc.recipe:
            return []
        others = {*METHODS} - {*self.listed}
        names = [name for group, names in SETTING_GROUPS.items() if group not in others for name in names]
        values = [(name, getattr(self.poc.recipe.training, name)) for name in names]
        return [
            (self.t(f"setting.{name}"), self.t(f"value.{value}") if isinstance(value, str) else f"{value:g}")
            for name, value in values
        ]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Who was compared with what, when, with which software."""
        poc, recipe, rows = self.poc, self.poc.recipe, []
        if recipe:
            rows += [("student", _model_name(recipe.student)), ("teacher", _model_name(recipe.teacher or "–"))]
            rows.append(("seeds", self.t("list_separator").join(str(seed) for seed in self.seeds)))
            rows.append(("recipe", recipe.id))
        rows.append(("dataset", poc.dataset.fingerprint))
        times = [asked["time"] for run in poc.compared if (asked := read_json(run.folder / "asked.json"))]
        if times:
            days = [self.date(datetime.datetime.fromtimestamp(t).astimezone().date()) for t in (min(times), max(times))]
            rows.append(("asked", days[0] if days[0] == days[1] else self.t("range", low=days[0], high=days[1])))
        devices = {outcome["device"] for run in poc.compared if (outcome := run.outcome) and outcome.get("device")}
        if devices:
            rows.append(("device", self.t("list_separator").join(sorted(devices))))
        rows.append(("software", self.t("list_separator").join(_versions())))
        return [(self.t(f"fact.{name}"), value) for name, value in rows]

    @property
    def time_rows(self) -> list[tuple[str, str]]:
        return [(method, self.duration(self.poc.spread(method, "seconds")[0])) for method in self.poc.methods]

    def duration(self, seconds: float | None) -> str:
        if seconds is None:
            return "–"
        for unit, length in (("hours", 3600), ("minutes", 60)):
            if seconds >= 2 * length:
                return self.t(f"duration.{unit}", count=self.n(seconds / length, 1 if unit == "hours" else 0))
        return self.t("duration.seconds", count=self.n(seconds))

    def _s(self, value: float | None) -> str:
        return score(value, self.language)


def _price(value: float, prices: Prices, language: str) -> str:
    """A price per mistake keeps its cents."""
    if value == round(value):
        return money(value, prices.currency, language)
    from babel.numbers import format_currency

    return format_currency(value, prices.currency, locale=language, decimal_quantization=False)


def _model_name(reference: str) -> str:
    """A model's name; of a folder only its own name, since a report leaves the house."""
    kind, separator, path = reference.rpartition(":")
    if Path(path).is_absolute() or (separator and Path(path).exists()) or "\\" in path:
        return f"{kind}{separator}{PureWindowsPath(path).name}"
    return reference


def _colour_column(dataset: Any, pairs: Sequence[int]) -> tuple[str | None, pd.Series | None]:
    """The column whose values part the points best into a few groups: the first with 2 to 12 values that repeat."""
    table = dataset.pairs.set_index("pair").loc[list(pairs)]
    for column in ["category", *dataset.extra_columns, "group"]:
        if column in table and 2 <= table[column].nunique() <= 12 and table[column].nunique() < len(table):
            return column, table[column]
    return None, None


def _ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that reach around both."""
    span = (high - low) or abs(high) or 1.0
    raw = span / about
    step = next(
        m * 10 ** math.floor(math.log10(raw))
        for m in (1, 2, 2.5, 5, 10)
        if m * 10 ** math.floor(math.log10(raw)) >= raw
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, max(last, first + 1) + 1)]


def _share(value: float, ticks: list[float]) -> float:
    return (value - ticks[0]) / (ticks[-1] - ticks[0])


def _digits(ticks: list[float]) -> int:
    return next(digits for digits in range(11) if all(abs(round(tick, digits) - tick) < 1e-9 for tick in ticks))


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}"]
    for name in SOFTWARE:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
