"""Commands that train: the demo, one method, a search of settings, the published recipe."""

import dataclasses
import datetime
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kdmcse.cli.command import (
    DatasetOption,
    MethodOption,
    Output,
    SeedsOption,
    Session,
    StudentOption,
    TeacherOption,
    WaitOption,
    require,
)
from kdmcse.cli.data import dataset_facts, imported_sentence, note_renamed, open_dataset
from kdmcse.cli.results import score_lines
from kdmcse.cli.runs import listed, wait_for_success
from kdmcse.config import (
    BASELINE,
    CANDIDATE,
    METHODS,
    RECOMMENDED,
    SETTLED_BY,
    TEXT_TEACHER,
    WITHOUT_IMAGES,
    WITHOUT_TEACHER,
    TrainingConfig,
)
from kdmcse.training.reproduction.settings import AS_PUBLISHED, CORPORA, PUBLISHED

if TYPE_CHECKING:
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.results import Results


def demo(
    session: Session,
    *,
    seeds: SeedsOption = "0,1,2",
    real: Annotated[
        Path | None,
        typer.Option(help="folder with pairs.csv, teacher.parquet, sts.csv: every recipe on it, a table at the end"),
    ] = None,
    student: Annotated[str | None, typer.Option(help="with --real: folder or hub name; default: the sample's")] = None,
    text_teacher: Annotated[
        str | None, typer.Option(help="with --real: text model of the recipe that ranks by one")
    ] = None,
    settled_by: Annotated[
        Literal[*SETTLED_BY] | None,
        typer.Option(help="with --real: who settles what a recipe leaves open", show_default="hand"),
    ] = None,
    recipes: Annotated[
        str | None, typer.Option(help="with --real: only these, such as simcse,mcse", metavar="NAME,...")
    ] = None,
) -> Output:
    """The whole PoC on the sample, ends with the verdict; or the whole comparison on real data."""
    require("--real", real, student=student, text_teacher=text_teacher, settled_by=settled_by, recipes=recipes)
    if real:
        return _compare(session, real, student, text_teacher, seeds, settled_by or "hand", recipes)
    from kdmcse import sample
    from kdmcse.processes import launch
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.results import load_results

    started = time.monotonic()
    dataset = sample.import_sample(session.workspace)
    asked = launch.start_sample(session.workspace, dataset, seeds)
    wait_for_success(session, asked)
    analysis = Analysis(load_results(session.workspace, dataset.fingerprint))
    verdict = _verdict(session, analysis)
    _start_map(analysis.results)
    return Output(verdict.data | {"seconds": round(time.monotonic() - started, 1)}, verdict.text)


def _compare(
    session: Session,
    folder: Path,
    student: str | None,
    text_teacher: str | None,
    seeds: tuple,
    settled_by: str,
    recipes: str | None,
) -> Output:
    """The comparison of `processes.real_data`; what was trained before is not trained again."""
    from kdmcse import sample
    from kdmcse.presentation.real_data import table_lines
    from kdmcse.presentation.settings import effort_text
    from kdmcse.processes import choose, real_data

    dataset, student = real_data.import_folder(session.workspace, folder), student or sample.STUDENT
    wanted = recipes.split(",") if recipes else None
    asked = real_data.recipes_of(wanted, text_teacher)
    if len(asked) < (len(set(wanted)) if wanted else len(real_data.RECIPES)):
        session.note(session.t("real_data.no_text_teacher"))
    if settled_by == "dev":
        methods = [method for _, method, _ in asked]
        needed = choose.effort(session.workspace, dataset, student, methods, len(seeds), real_data.START)
        session.note(effort_text(session.t, needed))
    entries = real_data.start(
        session.workspace,
        dataset,
        folder,
        student=student,
        text_teacher=text_teacher,
        seeds=seeds,
        settled_by=settled_by,
        recipes=wanted,
    )
    wait_for_success(session, [run for entry in entries for run in entry.runs])
    scored = real_data.table(session.workspace, dataset, entries)
    facts = {"dataset": dataset.fingerprint, "rows": [dataclasses.asdict(one) for one in scored]}
    return Output(facts, "\n".join(table_lines(session.t, scored)))


def train(
    session: Session,
    *,
    dataset: DatasetOption,
    method: MethodOption,
    student: StudentOption = None,
    teacher: TeacherOption = None,
    seeds: SeedsOption = "0,1,2",
    config: Annotated[
        Path | None, typer.Option(help="TOML file of training settings; what it does not name is as in a new PoC")
    ] = None,
    choose: Annotated[
        bool, typer.Option("--choose/--no-choose", help="first let the dev judgements choose the method's settings")
    ] = False,
    wait: WaitOption = False,
) -> Output:
    """Queue one method with some seeds, and the untouched student to compare with."""
    from kdmcse import sample
    from kdmcse.presentation.settings import effort_text
    from kdmcse.processes import choose as process
    from kdmcse.processes import launch
    from kdmcse.processes import tune as tune_process

    taught = [one for one in METHODS if one not in WITHOUT_TEACHER]
    require(f"--method {'|'.join(taught)}", method in taught, teacher=teacher)
    if teacher is None and method not in WITHOUT_IMAGES:
        teacher = sample.TEACHER
        session.note(session.t("cli.sample_teacher"))
    student, training = (
        student or sample.STUDENT,
        TrainingConfig.from_toml(config, RECOMMENDED) if config else RECOMMENDED,
    )
    if choose:
        tune_process.require_dev(open_dataset(session, dataset))
    _note_before(session, dataset, method, student, teacher, training, chosen=choose)
    if launch.margin_is_simcse(("simcse", method), training.sentence_margin_radians, "dev" if choose else "hand"):
        session.note(session.t("cli.margin_is_simcse"))
    if choose:
        needed = process.effort(
            session.workspace, open_dataset(session, dataset), student, [method], len(seeds), training
        )
        session.note(effort_text(session.t, needed))
    asked = launch.start_training(
        session.workspace,
        dataset,
        student=student,
        teacher=teacher,
        text_teacher=teacher,
        methods=[method],
        seeds=seeds,
        training=training,
        settled_by="dev" if choose else "hand",
    )
    if wait:
        wait_for_success(session, asked)
    return listed(session, asked)


def tune(
    session: Session,
    *,
    dataset: DatasetOption,
    method: MethodOption = "kdmcse",
    student: StudentOption = None,
    teacher: TeacherOption = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of the training settings to start from")] = None,
    trials: Annotated[int, typer.Option(help="in all, those of an earlier call included")] = 20,
    minutes: Annotated[float | None, typer.Option(help="no trial goes on for longer, but the first")] = None,
    seed: Annotated[int, typer.Option(help="of what is tried, and of every training")] = 0,
    out: Annotated[Path | None, typer.Option(help="TOML file to write, as train --config takes it")] = None,
) -> Output:
    """Choose margins, filter and weight by the dev judgements; a study that was cut short goes on."""
    from kdmcse import sample
    from kdmcse.presentation.tuning import study_text, trial_line
    from kdmcse.processes import tune as process

    t = session.t
    if teacher is None:
        session.note(session.t("cli.sample_teacher"))
    student, training = student or sample.STUDENT, TrainingConfig.from_toml(config, RECOMMENDED) if config else None
    _note_before(session, dataset, method, student, teacher, training or RECOMMENDED)
    tuning = process.tune(
        session.workspace,
        open_dataset(session, dataset),
        method=method,
        student=student,
        teacher=teacher or sample.TEACHER,
        training=training,
        trials=trials,
        seconds=None if minutes is None else 60 * minutes,
        seed=seed,
        on_trial=lambda tuning, trial: session.note(trial_line(t, tuning, trial)),
    )
    facts = tuning.to_dict()
    if out:
        process.write_settings(out, tuning)
        facts["out"] = str(out)
    return Output(facts, study_text(t, tuning))


def reproduce(
    session: Session,
    *,
    corpus: Annotated[Literal[*CORPORA], typer.Argument()],
    data: Annotated[Path, typer.Option(help="folder with the published files")],
    student: Annotated[str, typer.Option(help="folder or hub name")] = "bert-base-uncased",
    method: Annotated[Literal[*(one for one in METHODS if one not in TEXT_TEACHER)], typer.Option()] = "kdmcse",
    seeds: SeedsOption = "1234",
    wait: WaitOption = False,
) -> Output:
    """The published recipe on the published feature files, and the untouched student to compare with."""
    from kdmcse.evaluation.evaluation import read_evaluation
    from kdmcse.models import references
    from kdmcse.processes import launch
    from kdmcse.training.reproduction import prepare

    references.require(student, "student")
    on_progress = _ReadingProgress(session, CORPORA[corpus])
    published = prepare.prepare(session.workspace, corpus, data, on_progress=on_progress)
    asked = launch.start_training(
        session.workspace,
        published.dataset.fingerprint,
        student=student,
        teacher=published.teacher,
        methods=[AS_PUBLISHED.get(method, method)],
        seeds=seeds,
        training=PUBLISHED,
    )
    if wait:
        wait_for_success(session, asked)
    runs = listed(session, asked)
    scores = {run.id: evaluation.scores for run in asked if (evaluation := read_evaluation(run))}
    facts = dataset_facts(published.dataset) | {"teacher": published.teacher} | runs.data | {"scores": scores}
    return Output(
        facts, "\n".join([imported_sentence(session, published.dataset), runs.text, *score_lines(session.t, scores)])
    )


def _note_before(
    session: Session,
    dataset: str,
    method: str,
    student: str,
    teacher: str | None,
    training: TrainingConfig,
    *,
    chosen: bool = False,
) -> None:
    """What is worth knowing before models are trained: a prompt that they seem to lack, texts that are left out or not read whole.

    chosen: the dev judgements may still change the settings.
    """
    from kdmcse import audit
    from kdmcse.models import prompts, references
    from kdmcse.presentation.audit import reading_lines
    from kdmcse.presentation.settings import prompt_sentence, texts_sentence

    text_teacher = teacher if method in TEXT_TEACHER else None
    if training.prompt == "own" and (family := prompts.missing(student)):
        session.note(prompt_sentence(session.t, "student", student, family))
    if text_teacher and (family := prompts.missing(text_teacher)):
        session.note(prompt_sentence(session.t, "text_teacher", text_teacher, family))
    opened = open_dataset(session, dataset)
    if teacher and method not in WITHOUT_IMAGES:
        note_renamed(session, references.absolute(teacher), opened)
    if not chosen and (left_out := texts_sentence(session.t, training, opened)):
        session.note(left_out)
    readings = audit.before_training(opened, training, student, text_teacher)
    for line in reading_lines(session.t, readings):
        session.note(line)


class _ReadingProgress:
    """How much of a published file is read: a line to stderr for every tenth."""

    def __init__(self, session: Session, file: str) -> None:
        self.session, self.file = session, file
        self.last = -1

    def __call__(self, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if tenth > self.last:
            t = self.session.t
            self.session.progress(t("cli.reading", file=self.file, share=t.percent(tenth / 10)))
        self.last = tenth


def _verdict(session: Session, analysis: "Analysis") -> Output:
    """The verdict, as page and report say it."""
    from kdmcse.presentation.results import notice, result_sentences

    t, results = session.t, analysis.results
    verdicts, costs = analysis.verdicts(), analysis.costs()
    decision, deciding = analysis.decision(datetime.date.today()), verdicts.deciding
    sentence, sample = t.join(result_sentences(t, results, verdicts, costs)), notice(t, results)
    facts = {
        "dataset": results.dataset.fingerprint,
        "decision": decision and decision.to_dict(),
        "verdict": deciding and deciding.verdict,
        "comparison": deciding and deciding.to_dict(),
        "sentence": sentence,
        "notice": sample,
        "saving_per_month": costs.saving,
        "scores": _score_rows(analysis),
    }
    return Output(facts, "\n".join(filter(None, [sentence, sample])))


def _score_rows(analysis: "Analysis") -> list[dict]:
    """A row a measured run: its scores, and what its own mistakes cost at its own threshold; `monthly_cost` is what scripts know."""
    table = analysis.scores().drop(columns="share")
    table.insert(3, "recipe", [run.config.recipe for run in analysis.results.evaluated])
    for name in ("monthly_cost", "threshold", "false_match_rate", "missed_match_rate"):
        table[name] = [getattr(analysis.costs().estimates.get(run), name, None) for run in table["run"]]
    table["training_cost"] = table["monthly_cost"]
    return json.loads(table.to_json(orient="records"))


def _start_map(results: "Results") -> None:
    """Have the map of the first KDMCSE run made in the background, so that its page is ready."""
    from kdmcse.processes.launch import start_projection

    trained = [run for run in results.compared if run.config.method == CANDIDATE]
    baseline = [run for run in results.compared if run.config.method == BASELINE]
    if trained and baseline:
        start_projection(trained[0], baseline[0])
