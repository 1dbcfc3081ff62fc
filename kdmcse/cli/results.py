"""Commands about results: scores, benchmarks, costs, the learning curve, the report."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from kdmcse.cli.command import (
    BaselinesOption,
    DatasetOption,
    ModelsOption,
    Output,
    SeedsOption,
    Session,
    SharesOption,
    require,
)
from kdmcse.cli.data import open_dataset
from kdmcse.cli.governance import note_missing_criteria
from kdmcse.cli.runs import failure, listed, wait_for, wait_for_success
from kdmcse.config import BASELINE, METHODS, RunConfig, TrainingConfig
from kdmcse.engine import queue
from kdmcse.engine import runs as engine
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.i18n import Locale

if TYPE_CHECKING:
    from kdmcse.data import PairDataset
    from kdmcse.evaluation.benchmark_scores import Score
    from kdmcse.evaluation.evaluation import Evaluation
    from kdmcse.processes.benchmarks import BenchmarkProgress


@dataclass(frozen=True)
class _Measured:
    """Models that were measured on one dataset, by the name that the user gave."""

    dataset: "PairDataset"
    runs: Mapping[str, Run]
    evaluations: Mapping[str, "Evaluation"]

    @property
    def by_method(self) -> dict[str, list[str]]:
        """Method -> names of runs that differ by their seed alone; runs of other settings stand under their own names."""
        recipes: dict[tuple, list[str]] = {}
        for name, run in self.runs.items():
            recipes.setdefault((run.config.method, run.config.recipe, run.config.teacher), []).append(name)
        methods: dict[str, list[str]] = {}
        for (method, *_), names in recipes.items():
            methods[method if method not in methods else names[0]] = names
        return methods


def evaluate(
    session: Session, *, dataset: DatasetOption, model: ModelsOption, baseline: BaselinesOption = ()
) -> Output:
    """Measure models (runs, folders or hub names) on what the dataset holds out."""
    measured = _measure(session, dataset, [*model, *baseline])
    scores = {name: evaluation.scores for name, evaluation in measured.evaluations.items()}
    models = {name: {"run": measured.runs[name].id, "scores": scores[name]} for name in scores}
    return Output(
        {"dataset": measured.dataset.fingerprint, "models": models}, "\n".join(score_lines(session.t, scores))
    )


def benchmarks(
    session: Session,
    *,
    dataset: DatasetOption,
    public: Annotated[
        bool, typer.Option("--public", help="also public similarity tests; takes minutes a model")
    ] = False,
    label: Annotated[str, typer.Option(help="column of the pairs that classification learns")] = "category",
) -> Output:
    """Other uses, geometry and, if asked for, public tests: measure what is missing of every evaluated run, then list it."""
    from kdmcse.evaluation.benchmarks import BENCHMARKS
    from kdmcse.evaluation.evaluation import is_evaluated
    from kdmcse.presentation.statistics import score_text
    from kdmcse.processes import benchmarks as process
    from kdmcse.results.benchmarks import by_method, over_trainings
    from kdmcse.results.intervals import Intervals
    from kdmcse.results.results import load_results

    results = load_results(session.workspace, dataset)
    evaluated = [run for run in results.compared if is_evaluated(run)]
    process.measure(evaluated, with_public=public, label=label, on_progress=_MeasuringProgress(session))
    results = load_results(session.workspace, dataset)
    intervals, lines, methods = Intervals(results), [], {}
    for method, runs in by_method(results).items():
        names = dict.fromkeys(name for scores in runs for name in scores)
        of_method = {name: [scores[name] for scores in runs if name in scores] for name in names}
        for name in names:
            shown = score_text(session.t, intervals.interval(method, name), over_trainings(runs, name))
            lines.append(_benchmark_line(method, name, shown, of_method[name]))
        methods[method] = {name: [asdict(score) for score in scores] for name, scores in of_method.items()}
    facts = {
        "dataset": results.dataset.fingerprint,
        "methods": methods,
        "public_tests": [asdict(b) for b in BENCHMARKS],
    }
    return Output(facts, "\n".join(lines))


def interpolate(
    session: Session,
    *,
    run: Annotated[str, typer.Argument(metavar="RUN")],
    share: Annotated[
        float | None, typer.Option(help="with --out: of the trained weights, 0 to 1", show_default="0.5")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder to write the student at this share to")] = None,
) -> Output:
    """Students between the untouched and the trained one: measure five of them and list them, or write one of them as a folder."""
    from kdmcse.presentation.interpolation import stop_lines
    from kdmcse.processes import interpolation

    require("--out", out, share=share)
    t, chosen = session.t, engine.open_run(session.workspace, run)
    if out:
        share = 0.5 if share is None else share
        interpolation.export(chosen, share, out)
        text = t("interpolation.exported", share=t.percent(share), folder=out)
        return Output({"run": chosen.id, "share": share, "out": str(out)}, text)
    total = len(interpolation.SHARES)
    metric, stops = interpolation.measure(
        chosen, on_progress=lambda done: session.progress(t("interpolation.measuring", done=done, total=total))
    )
    facts = {"run": chosen.id, "metric": metric, "stops": [stop.to_dict() for stop in stops]}
    return Output(facts, "\n".join(stop_lines(t, stops, metric)))


def cost(
    session: Session,
    *,
    dataset: DatasetOption,
    model: ModelsOption,
    baseline: BaselinesOption = (),
    prices: Annotated[Path, typer.Option(help="TOML file")],
    match_score: Annotated[
        float | None, typer.Option(help="derive decisions from similarity scores: this score or more is a match")
    ] = None,
) -> Output:
    """What the mistakes of models cost a month, each at its own best threshold and at today's, and what they save against the first baseline."""
    from kdmcse.cost import Prices, compare_costs
    from kdmcse.presentation.costs import comparison_lines
    from kdmcse.results.costs import scored_decisions
    from kdmcse.results.results import EvaluatedRun

    priced = Prices.from_toml(prices)
    measured = _measure(session, dataset, [*model, *baseline])
    runs = [EvaluatedRun(name, measured.runs[name].config, one) for name, one in measured.evaluations.items()]
    decided = scored_decisions(runs, measured.dataset, match_score=match_score)
    if len(decided) < len(measured.runs):
        raise UserError("no_decisions", dataset=measured.dataset.name)
    reference = (baseline or model)[0]
    untrained = [name for name, run in measured.runs.items() if run.config.method == BASELINE]
    comparison = compare_costs(decided, priced, baseline=reference, untrained=untrained)
    facts = _cost_by_model(comparison.to_dict(), measured.runs)
    methods = measured.by_method
    if len(methods) < len(measured.runs):
        first = next(method for method, names in methods.items() if reference in names)
        seeds = {method: [decided[name] for name in names] for method, names in methods.items()}
        untrained = [method for method, names in methods.items() if {*names} <= {*untrained}]
        comparison = compare_costs(seeds, priced, baseline=first, untrained=untrained)
        by_seeds = comparison.to_dict()
        facts |= {"seeds": methods, "methods": by_seeds["best"], "methods_today": by_seeds["today"]}
    names = {method: session.t(f"results.method.{method}") for method in methods if method in (BASELINE, *METHODS)}
    return Output(facts, "\n".join(comparison_lines(session.t, comparison, names)))


def curve(
    session: Session,
    *,
    dataset: DatasetOption,
    start: Annotated[bool, typer.Option("--start", help="train the runs that are missing")] = False,
    shares: SharesOption = "0.1,0.25,0.5,1",
    seeds: SeedsOption = "0,1,2",
    wait: Annotated[bool, typer.Option("--wait", help="with --start: return when all runs have ended")] = False,
) -> Output:
    """What more data would bring, from runs on parts of it; --start trains those that are missing."""
    from kdmcse.presentation.learning_curve import curve_lines, curve_sentences
    from kdmcse.processes import launch
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.results import load_results

    require("--start", start, wait=wait)
    opened, queued = open_dataset(session, dataset), None
    if start:
        asked = launch.start_curve(session.workspace, opened.fingerprint, shares=shares, seeds=seeds)
        if wait:
            wait_for_success(session, asked)
        queued = listed(session, asked)
    note_missing_criteria(session, opened)
    growth, t = Analysis(load_results(session.workspace, opened.fingerprint)).learning_curve(), session.t
    missing, sentence = growth.missing(shares, seeds), t.join(curve_sentences(t, growth))
    facts = {
        "dataset": opened.fingerprint,
        **growth.to_dict(),
        "sentence": sentence,
        "missing": [{"share": share, "seed": seed} for share, seed in missing],
        "seconds_for_missing": growth.seconds_of(missing),
        **(queued.data if queued else {}),
    }
    return Output(facts, "\n".join([*([queued.text] if queued else []), *curve_lines(t, growth), sentence]))


def report(
    session: Session,
    *,
    dataset: DatasetOption,
    format: Annotated[
        Literal["html", "pptx", "pdf"], typer.Option(help="one page of HTML, slides that can be edited, or A4 to print")
    ] = "html",
    out: Annotated[Path, typer.Option(help="file to write")],
    data: Annotated[
        Path | None, typer.Option(help="also the numbers behind the charts: one .xlsx, or .zip with a CSV a chart")
    ] = None,
) -> Output:
    """One file for the meeting."""
    from kdmcse import annotation
    from kdmcse.documents.report import render, write_report
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.results import load_results
    from kdmcse.store.files import write_file

    if data and data.suffix not in (".xlsx", ".zip"):
        raise UserError("chart_data_ending", file=data)
    results = load_results(session.workspace, dataset)
    if results.agreement_is_due:
        annotation.keep_agreement(session.workspace, results.dataset)
        results = load_results(session.workspace, dataset)
    note_missing_criteria(session, results.dataset)
    analysis, language, today = Analysis(results), session.t.language, datetime.date.today()
    facts: dict[str, Any] = {"report": str(out), "format": format}
    writing = out
    try:
        write_report(analysis, out, language, today=today, format=format)
        facts["bytes"] = out.stat().st_size
        if data:
            writing = data
            write_file(data, render(analysis, language, data.suffix[1:], today=today))
            facts["data"] = str(data)
    except OSError as error:
        raise UserError("file_unwritable", file=writing, reason=error.strerror) from error
    written = [session.t("cli.written", file=file) for file in (out, data) if file]
    return Output(facts, "\n".join(written))


def score_lines(t: Locale, scores: Mapping[str, Mapping[str, Mapping | None]]) -> list[str]:
    """A line for each model and task that it was measured on."""
    return [
        f"{name}, {task}: " + t.series(f"{measure} {_figure(t, value)}" for measure, value in values.items())
        for name, tasks in scores.items()
        for task, values in tasks.items()
        if values
    ]


class _MeasuringProgress:
    """How many models are measured: a line to stderr whenever that changes."""

    def __init__(self, session: Session) -> None:
        self.session, self.shown = session, None

    def __call__(self, progress: "BenchmarkProgress") -> None:
        line = self.session.t("cli.measuring", done=progress.done, total=progress.total)
        if line != self.shown:
            self.session.progress(line)
        self.shown = line


def _measure(session: Session, dataset: str, names: list[str]) -> _Measured:
    """The run and Evaluation of every name, made now where there is none."""
    from kdmcse.evaluation.evaluation import evaluation_failure, read_evaluation

    opened = open_dataset(session, dataset)
    runs = _runs_of(session, names, opened.fingerprint)
    queue.ensure(session.workspace)
    wait_for(session, list(runs.values()))
    evaluations = {name: read_evaluation(run) for name, run in runs.items()}
    for name, run in runs.items():
        if evaluations[name] is None:
            raise evaluation_failure(run) or failure(run)
    note_missing_criteria(session, opened)
    return _Measured(opened, runs, evaluations)


def _runs_of(session: Session, names: Sequence[str], dataset: str) -> dict[str, Run]:
    """Runs by their id; anything else is an untouched student, whose run is created, read with the prompt of the runs that began with it."""
    known = {run.id: run.config for run in engine.list_runs(session.workspace)}
    prompts = {known[name].student: known[name].training.prompt for name in names if name in known}
    return {
        name: _run_of(session, name, dataset) if name in known else _untouched(session, name, dataset, prompts)
        for name in names
    }


def _untouched(session: Session, student: str, dataset: str, prompts: Mapping[str, str]) -> Run:
    from kdmcse.models import references

    student = references.absolute(student)
    references.require(student, "student")
    read = TrainingConfig(prompt=prompts.get(student, "own"))
    return engine.create(session.workspace, RunConfig(dataset=dataset, method=BASELINE, student=student, training=read))


def _run_of(session: Session, name: str, dataset: str) -> Run:
    run = engine.open_run(session.workspace, name)
    if run.config.dataset != dataset:
        raise UserError("run_of_other_dataset", run=name, dataset=dataset)
    if run.status == "succeeded" and run.resumable:
        run.resume()
    return run


def _cost_by_model(comparison: dict[str, Any], runs: Mapping[str, Run]) -> dict[str, Any]:
    """A comparison of single runs as JSON: the estimate of each stands beside its intervals."""
    facts = {name: comparison[name] for name in ("prices", "baseline", "derived_at")}
    facts["models"] = {
        model: {"run": runs[model].id, **of_model["seeds"][0]}
        | {name: value for name, value in of_model.items() if name != "seeds"}
        for model, of_model in comparison["best"].items()
    }
    return facts | {"models_today": comparison["today"]}


def _benchmark_line(method: str, name: str, shown: str, scores: list["Score"]) -> str:
    """The score of a method as it is shown, and why there is none."""
    why = next((score.missing for score in scores if score.missing), None)
    return f"{method}, {name}: {shown}" + (f"  {why}" if why else "")


def _figure(t: Locale, value: float | None) -> str:
    """A score, or the whole number of what it rests on."""
    return t.number(value, 0 if isinstance(value, int) else 3)
