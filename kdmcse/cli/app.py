"""The same functions from a shell. Every command has --json: one JSON object on stdout and nothing else there.

Exit status: 0 done, 2 refused input (a sentence says what and what next), 1 a fault of ours.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kdmcse.config import (
    BASELINE,
    CORPORA,
    METHODS,
    PUBLISHED,
    WITHOUT_TEACHER,
    RunConfig,
    TrainingConfig,
    read_toml,
)
from kdmcse.engine import queue
from kdmcse.errors import UserError
from kdmcse.i18n import number, percent, say
from kdmcse.store.files import write_file
from kdmcse.store.workspace import Workspace

PORT = 8501


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `kdmcse`."""
    given = sys.argv[1:] if arguments is None else arguments
    # What is known before the command is read, so that a refusal to read it is told in the same way.
    options = argparse.Namespace(json="--json" in given, language="ja" if "ja" in given else "en")
    try:
        _parser().parse_args(given, options)
        found, text = options.command(options)
    except UserError as error:
        if options.json:
            print(json.dumps({"error": error.to_dict()}, ensure_ascii=False))
        print(f"{error.message(options.language)}\n{error.hint(options.language)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(say("cli.interrupted", options.language), file=sys.stderr)
        return 1
    print(json.dumps(found, ensure_ascii=False) if options.json else text)
    return 0


def demo(options: argparse.Namespace) -> tuple[dict, str]:
    """The whole PoC on the sample, ends with the verdict."""
    from kdmcse import sample
    from kdmcse.processes import launch

    started = time.monotonic()
    workspace = Workspace(options.workspace)
    dataset = sample.import_sample(workspace)
    asked = launch.start_sample(workspace, dataset, options.seeds)
    _wait(asked, options)
    found, text = _summary(workspace, dataset.fingerprint, options.language)
    failed = [run for run in asked if run.status != "succeeded"]
    if failed:
        raise _failure(failed[0])
    _map(workspace, dataset.fingerprint)
    found["seconds"] = round(time.monotonic() - started, 1)
    return found, text


def import_(options: argparse.Namespace) -> tuple[dict, str]:
    """Files to a dataset; every row that was left out is listed."""
    from kdmcse import data

    files = {kind: getattr(options, kind) for kind in ("images", "pairs", "sts", "decisions", "faq", "texts")}
    dataset = data.import_dataset(
        Workspace(options.workspace),
        name=options.name,
        columns=_columns(options.column),
        **{k: f for k, f in files.items() if f},
    )
    problems = dataset.problem_table(options.language)
    found = {
        "dataset": dataset.fingerprint,
        "name": dataset.name,
        "counts": dataset.counts,
        "problems": json.loads(problems.to_json(orient="records", force_ascii=False)),
    }
    lines = [
        _imported(dataset, options.language),
        dataset.leak_sentence(options.language),
        *(say("cli.problem", options.language, **problem) for problem in found["problems"]),
    ]
    return found, "\n".join(lines)


def contract(options: argparse.Namespace) -> tuple[dict, str]:
    """Show what counts as success, or lock what was agreed on before results are seen."""
    from kdmcse import cost as prices
    from kdmcse.criteria import criteria as core

    workspace = Workspace(options.workspace)
    dataset = _dataset(workspace, options)
    if options.agreed_by and not options.lock:
        raise UserError("command_unreadable", reason="--agreed-by needs --lock")
    if options.lock:
        table, known = read_toml(options.lock), prices.read_prices(workspace, dataset.fingerprint)
        terms = core.proposed(dataset, table.get("stage", 1), known and known.currency) | table
        if terms["dataset"] != dataset.fingerprint:
            raise UserError("setting_not_a_choice", field="dataset", value=terms["dataset"], known=dataset.fingerprint)
        people = [core.Person(*map(str.strip, given.split("=", 1))) for given in options.agreed_by]
        core.lock(workspace, core.Contract.from_dict(terms | ({"people": people} if people else {})))
    agreed, versions = core.current(workspace, dataset.fingerprint), core.history(workspace, dataset.fingerprint)
    found = {
        "dataset": dataset.fingerprint,
        "current": agreed and agreed.to_dict(),
        "history": [version.to_dict() for version in versions],
    }
    if agreed is None:
        return found, say("contract.none", options.language)
    told = agreed.contract.told(options.language)
    lines = [say("contract.line", options.language, label=label, value=value) for label, value in told]
    lines += [version.told(options.language) for version in versions]
    return found, "\n".join(lines)


def train(options: argparse.Namespace) -> tuple[dict, str]:
    """Queue one method with some seeds, and the untouched student to compare with."""
    from kdmcse import sample
    from kdmcse.processes import launch

    workspace = Workspace(options.workspace)
    student, teacher = (
        options.student or sample.STUDENT,
        options.teacher or (None if options.method in WITHOUT_TEACHER else sample.TEACHER),
    )
    if options.teacher is None and teacher:
        print(say("cli.sample_teacher", options.language), file=sys.stderr)
    training = TrainingConfig.from_toml(options.config) if options.config else None
    asked = launch.start_training(
        workspace, options.dataset, student=student, teacher=teacher, methods=[options.method], seeds=options.seeds, training=training
    )  # fmt: skip
    if options.wait:
        _wait(asked, options)
        failed = [run for run in asked if run.status != "succeeded"]
        if failed:
            raise _failure(failed[0])
    return _run_rows(asked, options.language)


def tune(options: argparse.Namespace) -> tuple[dict, str]:
    """Choose margins, filter and weight by the dev judgements; a study that was cut short goes on."""
    from kdmcse import sample
    from kdmcse.processes import tune as core

    workspace = Workspace(options.workspace)
    if options.teacher is None:
        print(say("cli.sample_teacher", options.language), file=sys.stderr)
    tuning = core.tune(
        workspace,
        _dataset(workspace, options),
        method=options.method,
        student=options.student or sample.STUDENT,
        teacher=options.teacher or sample.TEACHER,
        training=TrainingConfig.from_toml(options.config) if options.config else None,
        trials=options.trials,
        seconds=None if options.minutes is None else 60 * options.minutes,
        seed=options.seed,
        on_trial=lambda tuning, trial: print(tuning.line(trial, options.language), file=sys.stderr, flush=True),
    )
    found = tuning.to_dict()
    if options.out:
        core.write_settings(options.out, tuning)
        found["out"] = str(options.out)
    return found, tuning.told(options.language)


def reproduce(options: argparse.Namespace) -> tuple[dict, str]:
    """The published recipe on the published feature files, and the untouched student to compare with."""
    from kdmcse.evaluation.evaluation import read_evaluation
    from kdmcse.models import references
    from kdmcse.processes import launch
    from kdmcse.training.reproduction import prepare as core

    workspace, said = Workspace(options.workspace), set()

    def tell(done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if tenth not in said and not options.json:
            said.add(tenth)
            file, share = CORPORA[options.corpus], percent(tenth / 10, options.language)
            print(say("cli.reading", options.language, file=file, share=share), file=sys.stderr, flush=True)

    references.require(options.student, "student")
    dataset, teacher = core.prepare(workspace, options.corpus, options.data, on_progress=tell)
    asked = launch.start_training(
        workspace, dataset.fingerprint, student=options.student, teacher=teacher, methods=[options.method],
        seeds=options.seeds, training=PUBLISHED,
    )  # fmt: skip
    if options.wait:
        _wait(asked, options)
        failed = [run for run in asked if run.status != "succeeded"]
        if failed:
            raise _failure(failed[0])
    found, text = _run_rows(asked, options.language)
    scores = {run.id: evaluation.scores for run in asked if (evaluation := read_evaluation(run))}
    facts = {"dataset": dataset.fingerprint, "name": dataset.name, "counts": dataset.counts, "teacher": teacher}
    lines = [_imported(dataset, options.language), text, *_score_lines(scores)]
    return facts | found | {"scores": scores}, "\n".join(lines)


def runs(options: argparse.Namespace) -> tuple[dict, str]:
    """What was asked for, with its status."""
    from kdmcse.engine import runs as core

    workspace = Workspace(options.workspace)
    queue.ensure(workspace)
    chosen = [core.open_run(workspace, options.run)] if options.run else core.list_runs(workspace)
    return _run_rows(chosen, options.language)


def stop(options: argparse.Namespace) -> tuple[dict, str]:
    """Ask a run to end after its current step."""
    return _with_run(options, lambda run: run.ask_stop())


def resume(options: argparse.Namespace) -> tuple[dict, str]:
    """Queue a failed, stopped or lost run again."""
    return _with_run(options, lambda run: run.resume())


def delete(options: argparse.Namespace) -> tuple[dict, str]:
    """Remove a run's folder."""
    from kdmcse.engine import runs as core

    run = core.open_run(Workspace(options.workspace), options.run)
    run.delete()
    return {"deleted": run.id}, say("cli.deleted", options.language, run=run.id)


def evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    """Measure models (runs, folders or hub names) on what the dataset holds out."""
    dataset, measured = _measured(options)
    found = {name: {"run": run.id, "scores": evaluation.scores} for name, (run, evaluation) in measured.items()}
    lines = _score_lines({name: entry["scores"] for name, entry in found.items()})
    return {"dataset": dataset.fingerprint, "models": found}, "\n".join(lines)


def yardsticks(options: argparse.Namespace) -> tuple[dict, str]:
    """Other uses, geometry and, if asked for, public tests: measure what is missing of every evaluated run, then list it."""
    from kdmcse import stats
    from kdmcse.evaluation import benchmarks as core
    from kdmcse.processes import benchmarks
    from kdmcse.results import benchmarks as benchmarks_room
    from kdmcse.results import results

    workspace, said = Workspace(options.workspace), None

    def tell(progress: benchmarks.BenchmarkProgress) -> None:
        nonlocal said
        line = say("cli.measuring", options.language, done=progress.done, total=progress.total)
        if line != said and not options.json:
            print(line, file=sys.stderr, flush=True)
        said = line

    found = results.gather(workspace, options.dataset)
    evaluated = [run for run in found.compared if run.id in found.evaluations]
    benchmarks.measure(evaluated, with_public=options.public, label=options.label, on_progress=tell)
    lines, methods = [], {}
    for method, runs in benchmarks_room.by_method(found).items():
        names = dict.fromkeys(name for scores in runs for name in scores)
        methods[method] = {name: [asdict(scores[name]) for scores in runs if name in scores] for name in names}
        for name, scores in methods[method].items():
            median, low, high = (_figure(value) for value in stats.spread([one["value"] for one in scores]))
            why = next((one["missing"] for one in scores if one["missing"]), None)
            lines.append(f"{method}, {name}: {median} ({low}, {high})" + (f"  {why}" if why else ""))
    tests = [asdict(one) for one in core.BENCHMARKS]
    return {"dataset": found.dataset.fingerprint, "methods": methods, "public_tests": tests}, "\n".join(lines)


def cost(options: argparse.Namespace) -> tuple[dict, str]:
    """What the mistakes of models cost a month, each at its own best threshold and at today's, and what they save against the first baseline."""
    from kdmcse import cost as core
    from kdmcse.results import results

    prices = core.Prices.from_toml(options.prices)
    dataset, measured = _measured(options)
    evaluations = {name: evaluation for name, (_, evaluation) in measured.items()}
    judged = results.decided(evaluations, dataset, match_score=options.match_score)
    if len(judged) < len(measured):
        raise UserError("no_decisions", dataset=dataset.name)
    baseline = (options.baseline or options.model)[0]
    found = core.compare_costs(judged, prices, baseline=baseline)
    told = found.to_dict()
    for model, standing in told["best"].items():
        # One run a model: its estimate stands beside its intervals.
        told["best"][model] = {"run": measured[model][0].id, **standing.pop("seeds")[0], **standing}
    result = {name: told[name] for name in ("prices", "baseline", "derived_at")}
    result |= {"models": told["best"], "models_today": told["today"]}
    methods = _by_method({name: run for name, (run, _) in measured.items()})
    if len(methods) < len(measured):
        first = next(method for method, names in methods.items() if baseline in names)
        seeds = {method: [judged[name] for name in names] for method, names in methods.items()}
        found = core.compare_costs(seeds, prices, baseline=first)
        told = found.to_dict()
        result |= {"seeds": methods, "methods": told["best"], "methods_today": told["today"]}
    names = {
        method: say(f"poc.method.{method}", options.language) for method in methods if method in (BASELINE, *METHODS)
    }
    return result, "\n".join(found.lines(options.language, names))


def _by_method(runs: dict[str, Any]) -> dict[str, list[str]]:
    """Method -> the names of runs that differ by their seed alone; runs of other settings stand under their own names."""
    recipes: dict[tuple, list[str]] = {}
    for name, run in runs.items():
        recipes.setdefault((run.config.method, run.config.recipe, run.config.teacher), []).append(name)
    found: dict[str, list[str]] = {}
    for (method, *_), names in recipes.items():
        found[method if method not in found else names[0]] = names
    return found


def curve(options: argparse.Namespace) -> tuple[dict, str]:
    """What more data would bring, from runs on parts of it; --start trains those that are missing."""
    from kdmcse.processes import launch
    from kdmcse.results import learning_curve, results

    workspace = Workspace(options.workspace)
    dataset = _dataset(workspace, options)
    if options.start:
        asked = launch.start_curve(workspace, dataset.fingerprint, shares=options.shares, seeds=options.seeds)
        if options.wait:
            _wait(asked, options)
            failed = [run for run in asked if run.status != "succeeded"]
            if failed:
                raise _failure(failed[0])
    _tell_unless_agreed(workspace, dataset, options)
    found = learning_curve.curve(results.gather(workspace, dataset.fingerprint))
    missing = found.missing(options.shares, options.seeds)
    facts = {
        "dataset": dataset.fingerprint,
        **found.to_dict(),
        "sentence": found.sentence(options.language),
        "missing": [{"share": share, "seed": seed} for share, seed in missing],
        "seconds_for_missing": found.seconds_of(missing),
    }
    return facts, "\n".join([*found.lines(options.language), found.sentence(options.language)])


def report(options: argparse.Namespace) -> tuple[dict, str]:
    """One file for the meeting."""
    from kdmcse.documents.report_content import write_report
    from kdmcse.results import results

    if options.format != "html":
        raise UserError("report_format_not_yet", format=options.format)
    workspace = Workspace(options.workspace)
    found = results.gather(workspace, options.dataset)
    _tell_unless_agreed(workspace, found.dataset, options)
    try:
        write_report(found, options.out, options.language)
    except OSError as error:
        raise UserError("file_unwritable", file=options.out, reason=error.strerror) from error
    return {"report": str(options.out), "bytes": options.out.stat().st_size}, say(
        "cli.written", options.language, file=options.out
    )


def label(options: argparse.Namespace) -> tuple[dict, str]:
    """Propose sentence pairs to judge, export what people judged, or tell whether they agree; judging itself is a page."""
    from kdmcse import annotation

    workspace, language = Workspace(options.workspace), options.language
    dataset = _dataset(workspace, options)
    if options.propose is not None:
        proposal = annotation.propose(workspace, dataset, options.propose, seed=options.seed)
        found = {"added": proposal.added, "measure": proposal.measure, "models": list(proposal.models)}
        found["items"] = [
            {"item": one.id, "sentence1": one.sentence1, "sentence2": one.sentence2} for one in proposal.items
        ]
        return {"dataset": dataset.fingerprint, **found}, proposal.sentence(language)
    if options.export is not None:
        judged = annotation.judged(workspace, dataset)
        if judged.empty:
            raise UserError("nothing_judged", dataset=dataset.name)
        try:
            write_file(options.export, annotation.csv_for_upload(judged))
        except OSError as error:
            raise UserError("file_unwritable", file=options.export, reason=error.strerror) from error
        told = say("labelling.export", language, pairs=number(len(judged), language), file=options.export)
        return {"dataset": dataset.fingerprint, "export": str(options.export), "pairs": len(judged)}, told
    agreement, effort = annotation.keep_agreement(workspace, dataset), annotation.effort(workspace, dataset)
    found = {"agreement": agreement.to_dict(), "effort": asdict(effort)}
    lines = [
        effort.sentence(language),
        agreement.sentence(language),
        *agreement.lines(language),
        *agreement.lacking(language),
    ]
    return {"dataset": dataset.fingerprint, **found}, "\n".join(lines)


def dashboard(options: argparse.Namespace) -> tuple[dict, str]:
    """Open the dashboard on this machine only; it runs until Ctrl-C."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except OverflowError as error:
            raise UserError("setting_out_of_range", field="port", value=options.port, low=1, high=65535) from error
        except OSError as error:
            raise UserError("port_in_use", port=options.port) from error
    root = Path(__file__).resolve().parents[2]
    workspace = Workspace(options.workspace)
    if options.sample:
        from kdmcse import sample

        sample.import_sample(workspace)
    address = f"http://127.0.0.1:{options.port}"
    print(json.dumps({"address": address}) if options.json else address, flush=True)
    os.dup2(2, 1)  # what the server prints is not the answer
    os.environ["KDMCSE_WORKSPACE"] = str(workspace.path)
    os.chdir(root)  # where .streamlit/config.toml lies
    has_screen = not sys.platform.startswith("linux") or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
    settings = {
        "server.port": str(options.port),
        "server.headless": "false" if has_screen and not options.no_browser else "true",
        "server.showEmailPrompt": "false",
    }
    flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(root / "dashboard" / "app.py"), *flags])


def _with_run(options: argparse.Namespace, act: Callable) -> tuple[dict, str]:
    from kdmcse.engine import runs as core

    workspace = Workspace(options.workspace)
    run = core.open_run(workspace, options.run)
    act(run)
    queue.ensure(workspace)
    return _run_rows([run], options.language)


def _run_rows(chosen, language: str) -> tuple[dict, str]:
    rows = []
    for run in chosen:
        last, outcome = run.last_progress or {}, run.outcome or {}
        rows.append(
            {
                "run": run.id, "method": run.config.method, "seed": run.config.seed, "dataset": run.config.dataset,
                "data_share": run.config.training.data_share,
                "status": run.status, "stage": run.stage, "step": last.get("step"), "steps": last.get("steps"),
                "seconds_left": last.get("seconds_left"), "error": outcome.get("error"),
            }
        )  # fmt: skip
    lines = []
    for row in rows:
        steps = f"  {row['step']}/{row['steps']}" if row["step"] else ""
        status = say(f"cli.status.{row['status']}", language)
        error = row["error"] and UserError(row["error"]["code"], **row["error"]["fields"]).message(language)
        lines.append(f"{row['run']}  {status}{steps}" + (f"  {error}" if error else ""))
    return {"runs": rows}, "\n".join(lines) or say("cli.no_runs", language)


def _imported(dataset, language: str) -> str:
    counts = _numbers(dataset.counts, language)
    return say("cli.imported", language, dataset=dataset.fingerprint, name=dataset.name, **counts)


def _score_lines(scores: dict[str, dict[str, dict | None]]) -> list[str]:
    """A line for each model and task that it was measured on."""
    return [
        f"{name}, {task}: " + ", ".join(f"{key} {_figure(value)}" for key, value in values.items())
        for name, tasks in scores.items()
        for task, values in tasks.items()
        if values
    ]


def _numbers(counts: dict[str, Any], language: str) -> dict[str, str]:
    return {name: number(value, language) for name, value in counts.items() if isinstance(value, int)}


def _dataset(workspace: Workspace, options: argparse.Namespace):
    from kdmcse import data

    return data.open_dataset(workspace, options.dataset)


def _measured(options: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    """The dataset, and for every --model and --baseline its run and Evaluation, made now where there is none."""
    from kdmcse.evaluation.evaluation import evaluation_failure, read_evaluation

    workspace = Workspace(options.workspace)
    models = _models(workspace, options)
    _wait(models.values(), options)
    found = {}
    for name, run in models.items():
        evaluation = read_evaluation(run)
        if evaluation is None:
            raise evaluation_failure(run) or _failure(run)
        found[name] = (run, evaluation)
    dataset = _dataset(workspace, options)
    _tell_unless_agreed(workspace, dataset, options)
    return dataset, found


def _tell_unless_agreed(workspace: Workspace, dataset: Any, options: argparse.Namespace) -> None:
    """A line to stderr where nobody agreed on what these results are to show, or no longer what was agreed is there."""
    from kdmcse.criteria.criteria import current

    try:
        if current(workspace, dataset.fingerprint) is None:
            print(say("contract.none", options.language), file=sys.stderr)
    except UserError as altered:
        print(altered.message(options.language), altered.hint(options.language), sep="\n", file=sys.stderr)


def _models(workspace: Workspace, options: argparse.Namespace) -> dict[str, Any]:
    """What --model and --baseline name -> runs: a run by its id, anything else as an untouched student."""
    from kdmcse.engine import runs as core
    from kdmcse.models import references

    dataset = _dataset(workspace, options).fingerprint
    known = {run.id for run in core.list_runs(workspace)}
    found = {}
    for name in [*options.model, *options.baseline]:
        if name in known:
            run = core.open_run(workspace, name)
            if run.config.dataset != dataset:
                raise UserError("run_of_other_dataset", run=name, dataset=dataset)
            if run.status == "succeeded" and run.resumable:
                run.resume()
        else:
            references.require(name, "student")
            run = core.create(workspace, RunConfig(dataset=dataset, method=BASELINE, student=name))
        found[name] = run
    queue.ensure(workspace)
    return found


def _summary(workspace: Workspace, dataset: str, language: str) -> tuple[dict, str]:
    """The verdict, as page and report say it."""
    from kdmcse.results import results

    found = results.gather(workspace, dataset)
    scores = json.loads(found.scores.to_json(orient="records"))
    verdict = found.verdict
    notice = found.notice(language)
    result = {
        "dataset": dataset,
        "decision": found.decision and found.decision.to_dict(),
        "verdict": verdict and verdict.verdict,
        "comparison": verdict and verdict.to_dict(),
        "sentence": found.sentence(language),
        "notice": notice,
        "saving_per_month": found.saving,
        "scores": scores,
    }
    return result, "\n".join(filter(None, [found.sentence(language), notice]))


def _map(workspace: Workspace, dataset: str) -> None:
    """Have the map of the first KDMCSE run made in the background, so that its page is ready."""
    from kdmcse.processes.launch import start_projection
    from kdmcse.results import results

    compared = results.gather(workspace, dataset).compared
    trained = [run for run in compared if run.config.method == "kdmcse"]
    baseline = [run for run in compared if run.config.method == BASELINE]
    if trained and baseline:
        start_projection(trained[0], baseline[0])


def _wait(asked, options: argparse.Namespace) -> None:
    """Return when all have ended; a line to stderr whenever something changes."""
    from kdmcse.engine import runs as core

    asked = list(asked)
    if not asked:
        return
    workspace, said = asked[0].workspace, None
    while True:
        ended = [run for run in asked if run.status in core.FINAL and not run.alive]
        now = next((run for run in asked if run.alive), None)
        counted = {"ended": len(ended), "asked": len(asked)}
        if stage := now and now.stage:
            line = say(
                "cli.now", options.language, run=now.id, stage=say(f"cli.stage.{stage}", options.language), **counted
            )
        else:
            line = say("cli.done", options.language, **counted)
        if line != said and not options.json:
            print(line, file=sys.stderr, flush=True)
        said = line
        if len(ended) == len(asked):
            return
        queue.ensure(workspace)
        time.sleep(0.3)


def _failure(run) -> UserError:
    """Why a run did not succeed."""
    error = (run.outcome or {}).get("error")
    if error:
        return UserError.from_dict(error)
    return UserError("run_did_not_finish", run=run.id, status=run.status)


def _columns(given: list[str]) -> dict[str, dict[str, str]]:
    """`pairs.caption=Product text` -> {"pairs": {"caption": "Product text"}}"""
    columns: dict[str, dict[str, str]] = {}
    for text in given:
        target, _, header = text.partition("=")
        kind, _, field = target.partition(".")
        if not (kind and field and header):
            raise UserError("column_mapping_unreadable", given=text)
        columns.setdefault(kind, {})[field] = header
    return columns


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 0,1,2") from error


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of shares such as 0.1,0.25,0.5,1") from error


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are a `UserError`."""

    def error(self, message: str) -> None:
        self.print_usage(sys.stderr)
        raise UserError("command_unreadable", reason=message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="kdmcse", description="Does KDMCSE pay off on your images and texts?")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Callable) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=function.__doc__.split("\n")[0], description=function.__doc__)
        added.set_defaults(command=function)
        added.add_argument("--workspace", type=Path, default=Path(os.environ.get("KDMCSE_WORKSPACE", "workspace")))
        added.add_argument("--json", action="store_true", help="one JSON object on stdout")
        added.add_argument("--language", choices=("en", "ja"), default="en")
        return added

    def models(added: argparse.ArgumentParser) -> None:
        added.add_argument("--dataset", required=True, help="fingerprint or name")
        added.add_argument(
            "--model", action="append", default=[], required=True, help="run, folder or hub name; may be repeated"
        )
        added.add_argument("--baseline", action="append", default=[], help="the same, to compare with")

    command("demo", demo).add_argument("--seeds", type=_seeds, default=(0, 1, 2))
    added = command("import", import_)
    added.add_argument("--name", required=True)
    for kind, what in (
        ("images", "zip or folder"),
        ("pairs", "table"),
        ("sts", "table"),
        ("decisions", "table"),
        ("faq", "table of questions and answers"),
        ("texts", "file"),
    ):
        added.add_argument(f"--{kind}", type=Path, help=what)
    added.add_argument(
        "--column", action="append", default=[], metavar="KIND.FIELD=HEADER", help="where a header has another name"
    )
    added = command("contract", contract)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    shown_or_locked = added.add_mutually_exclusive_group()
    shown_or_locked.add_argument(
        "--show", action="store_true", help="what was agreed, and every version of it; the default"
    )
    shown_or_locked.add_argument(
        "--lock", type=Path, metavar="FILE.toml", help="what was agreed; what it leaves out is proposed"
    )
    added.add_argument(
        "--agreed-by", nargs="+", action="extend", default=[], metavar="NAME[=ROLE]", help="everybody who agreed"
    )
    added = command("train", train)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    added.add_argument("--method", choices=METHODS, required=True)
    added.add_argument("--student", help="folder or hub name; default: the sample's")
    added.add_argument("--teacher", help="folder, open_clip or hub name, or file of vectors; default: the sample's")
    added.add_argument("--seeds", type=_seeds, default=(0, 1, 2))
    added.add_argument("--config", type=Path, help="TOML file of training settings")
    added.add_argument("--wait", action="store_true", help="return when all runs have ended")
    added = command("tune", tune)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    added.add_argument("--method", choices=METHODS, default="kdmcse")
    added.add_argument("--student", help="folder or hub name; default: the sample's")
    added.add_argument("--teacher", help="folder, open_clip or hub name, or file of vectors; default: the sample's")
    added.add_argument("--config", type=Path, help="TOML file of the training settings to start from")
    added.add_argument("--trials", type=int, default=20, help="in all, those of an earlier call included")
    added.add_argument("--minutes", type=float, help="no trial goes on for longer, but the first")
    added.add_argument("--seed", type=int, default=0, help="of what is tried, and of every training")
    added.add_argument("--out", type=Path, help="TOML file to write, as train --config takes it")
    added = command("reproduce", reproduce)
    added.add_argument("corpus", choices=CORPORA)
    added.add_argument("--data", type=Path, required=True, help="folder with the published files")
    added.add_argument("--student", default="bert-base-uncased", help="folder or hub name")
    added.add_argument("--method", choices=METHODS, default="kdmcse")
    added.add_argument("--seeds", type=_seeds, default=(1234,))
    added.add_argument("--wait", action="store_true", help="return when all runs have ended")
    command("runs", runs).add_argument("run", nargs="?")
    for name, function in (("stop", stop), ("resume", resume), ("delete", delete)):
        command(name, function).add_argument("run")
    models(command("evaluate", evaluate))
    added = command("yardsticks", yardsticks)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    added.add_argument("--public", action="store_true", help="also public similarity tests; takes minutes a model")
    added.add_argument("--label", default="category", help="column of the pairs that classification learns")
    added = command("cost", cost)
    models(added)
    added.add_argument("--prices", type=Path, required=True, help="TOML file")
    added.add_argument(
        "--match-score", type=float, help="derive decisions from similarity scores: this score or more is a match"
    )
    added = command("curve", curve)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    added.add_argument("--start", action="store_true", help="train the runs that are missing")
    added.add_argument("--shares", type=_shares, default=(0.1, 0.25, 0.5, 1.0), help="parts of the training pairs")
    added.add_argument("--seeds", type=_seeds, default=(0, 1, 2))
    added.add_argument("--wait", action="store_true", help="with --start: return when all runs have ended")
    added = command("report", report)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    added.add_argument("--format", choices=("html", "pptx", "pdf"), default="html")
    added.add_argument("--out", type=Path, required=True)
    added = command("label", label)
    added.add_argument("--dataset", required=True, help="fingerprint or name")
    wanted = added.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--propose", type=int, metavar="N", help="add pairs of held-out captions to judge")
    wanted.add_argument("--export", type=Path, metavar="FILE", help="CSV of judged pairs, as --sts of import takes it")
    wanted.add_argument("--agreement", action="store_true", help="kappa, alpha and seconds a judgement")
    added.add_argument("--seed", type=int, default=0, help="of the pairs that are proposed")
    added = command("dashboard", dashboard)
    added.add_argument("--port", type=int, default=PORT)
    added.add_argument("--sample", action="store_true", help="import the sample first")
    added.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    return parser


if __name__ == "__main__":
    sys.exit(main())
