"""Everything that starts new work in the background, for the dashboard and the shell. Light: what works is imported by the process it starts.

Runs that wait already are taken up again by `engine.queue.ensure`.
"""

import dataclasses
import itertools
from collections.abc import Collection, Mapping, Sequence

from kdmcse import annotation, sample
from kdmcse.config import (
    BASELINE,
    CANDIDATE,
    METHODS,
    PROPOSED,
    RECOMMENDED,
    TEXT_TEACHER,
    WITHOUT_IMAGES,
    WITHOUT_TEACHER,
    RunConfig,
    TrainingConfig,
)
from kdmcse.data import PairDataset, open_dataset
from kdmcse.engine import queue, runs
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.metrics import LABEL
from kdmcse.models import references, teacher_features
from kdmcse.processes import agreement, audit, benchmarks, import_data, interpolation, projection, tune
from kdmcse.results import learning_curve
from kdmcse.results.results import Results, load_results
from kdmcse.store.workspace import Workspace
from kdmcse.training import trainable

SEEDS = (0, 1, 2)
"""Enough to see how far the seed alone moves a score."""


def start_training(
    workspace: Workspace,
    dataset_id: str,
    *,
    student: str,
    teacher: str | None,
    text_teacher: str | None = None,
    methods: Sequence[str] = PROPOSED,
    seeds: Sequence[int] = SEEDS,
    training: TrainingConfig | None = None,
    settled_by: str = "hand",
) -> list[Run]:
    """Queue the untouched student and every method with every seed, and have them worked on; with `RECOMMENDED` settings unless others are given.

    text_teacher: of the methods of `TEXT_TEACHER`. UserError at once for a model that is neither here nor on a hub that can be reached,
    and for a teacher that has no vectors of this data and cannot make them. What was asked for before is not run again. Seed by
    seed, so that every method has a first score early. The untouched student is asked for with default settings but for the
    prompt, so that all recipes of one student share it. settled_by: `dev` has the dev judgements choose each method's settings
    first, beginning with `training`. Where there is no sentence margin and none is chosen, SimCSE with margin is SimCSE, and is
    not asked for beside it.
    """
    if not methods or not seeds:
        raise UserError("nothing_to_train", known=METHODS)
    student = references.absolute(student)
    teacher, text_teacher = (given and references.absolute(given) for given in (teacher, text_teacher))
    references.require(student, "student")
    for given in filter(None, (teacher, text_teacher)):
        references.require(given, "teacher")
    dataset = open_dataset(workspace, dataset_id)
    if settled_by == "dev":
        tune.require_dev(dataset)
    training = (training or RECOMMENDED).on(dataset.counts)
    left_out = {BASELINE}
    if margin_is_simcse(methods, training.sentence_margin_radians, settled_by):
        left_out.add("simcse_margin")
    trained = [method for method in dict.fromkeys(methods) if method not in left_out]
    teachers = dict.fromkeys(WITHOUT_TEACHER) | dict.fromkeys(TEXT_TEACHER, text_teacher)
    if teacher and not set(trained) <= set(WITHOUT_IMAGES):
        teacher_features.require(workspace, teacher, dataset)
    if text_teacher and set(trained) & set(TEXT_TEACHER):
        mixed = training.texts == "mixed" or settled_by == "dev"
        teacher_features.require_texts(text_teacher, dataset, mixed=mixed)
    configs = [
        RunConfig(
            dataset=dataset.fingerprint,
            method=method,
            student=student,
            teacher=teachers.get(method, teacher),
            seed=seed,
            training=training,
            settled_by=settled_by,
        )
        for seed, method in itertools.product(dict.fromkeys(seeds), trained)
    ]
    return queue_runs(workspace, dataset, [_untouched(dataset, student, training), *configs])


def margin_is_simcse(methods: Collection[str], sentence_margin_radians: float, settled_by: str) -> bool:
    """Whether SimCSE with margin would be trained as SimCSE, which is asked for beside it: there is no margin, and none is chosen."""
    return {"simcse", "simcse_margin"} <= set(methods) and not sentence_margin_radians and settled_by == "hand"


def start_import(workspace: Workspace, *, name: str, columns: Mapping[str, Mapping[str, str | None]]) -> None:
    """Have the files of the workspace's draft imported, unless an import is under way. columns: as `data.import_dataset`."""
    _start_import(workspace, {"name": name, "columns": columns})


def start_import_again(workspace: Workspace, dataset: PairDataset, *, name: str, hold_out: Mapping[str, int]) -> None:
    """Have a dataset imported once more with more of it held out, unless an import is under way. As `data.import_again`."""
    _start_import(workspace, {"dataset": dataset.fingerprint, "name": name, "hold_out": hold_out})


def _start_import(workspace: Workspace, request: dict) -> None:
    job = import_data.job(workspace)
    if job.status() == "running":
        raise UserError("import_underway")
    import_data.forget(workspace)
    job.start("kdmcse.processes.import_data", str(workspace.path), request=request, awaited=True)


def start_sample(workspace: Workspace, dataset: PairDataset, seeds: Sequence[int] = SEEDS) -> list[Run]:
    """Queue the whole proof of concept on the sample, as `sample.import_sample` gave it, and have it worked on."""
    return start_training(
        workspace,
        dataset.fingerprint,
        student=sample.STUDENT,
        teacher=sample.TEACHER,
        seeds=seeds,
        training=sample.training(),
    )


def start_repeats(results: Results, more: int = 2) -> list[Run]:
    """Queue every method of the compared recipe with so many further seeds, in every setting as before, and have them worked on.

    UserError `nothing_to_repeat` where nothing of it was asked for, and as `queue_runs`.
    """
    known = {run.config.method: run.config for run in results.compared if run.config.method != BASELINE}
    if not known:
        raise UserError("nothing_to_repeat", dataset=results.dataset.name)
    used = {run.config.seed for run in results.compared}
    unused = itertools.islice((seed for seed in itertools.count() if seed not in used), more)
    configs = [dataclasses.replace(config, seed=seed) for seed, config in itertools.product(unused, known.values())]
    return queue_runs(results.workspace, results.dataset, configs)


def repeat_seconds(results: Results, more: int = 2) -> float | None:
    """What that many further repeats will take, by what the trainings so far took; None where no time is known."""
    methods = {run.config.method for run in results.compared} - {BASELINE}
    each = [results.training_seconds(method) for method in methods]
    return more * sum(each) if each and None not in each else None


def start_curve(
    workspace: Workspace,
    dataset_id: str,
    *,
    recipe: str | None = None,
    shares: Sequence[float] = learning_curve.SHARES,
    seeds: Sequence[int] = learning_curve.SEEDS,
) -> list[Run]:
    """Queue KDMCSE on these shares of the data with these seeds, and the untouched student, and have what is missing worked on.

    recipe: id of a recipe, else the chosen one of `load_results`. Seed by seed, so that there are four sizes early. UserError where there is
    no recipe with a teacher or nothing to measure on, and as `start_training`.
    """
    results = load_results(workspace, dataset_id, recipe=recipe)
    teacher_features.require_pairs(results.dataset)
    results.dataset.require_held_out()
    if results.recipe is None or results.recipe.teacher is None:
        raise UserError("curve_without_recipe", dataset=results.dataset.name)
    references.require(results.recipe.student, "student")
    teacher_features.require(workspace, results.recipe.teacher, results.dataset)
    shared = {"dataset": results.dataset.fingerprint, "student": results.recipe.student}
    configs = [_untouched(results.dataset, results.recipe.student, results.recipe.training)]
    for seed, share in itertools.product(dict.fromkeys(seeds), dict.fromkeys(shares)):
        training = results.recipe.training.on_share(share)
        configs.append(
            RunConfig(
                method=CANDIDATE,
                teacher=results.recipe.teacher,
                seed=seed,
                training=training,
                settled_by=results.recipe.settled_by,
                **shared,
            )
        )
    return queue_runs(workspace, results.dataset, configs)


def curve_shares(results: Results, shares: Sequence[float] = learning_curve.SHARES) -> list[float]:
    """Those shares of the data that the chosen recipe can be trained on with every seed of a curve."""

    def holds_enough(share: float) -> bool:
        for seed in learning_curve.SEEDS:
            try:
                trainable.require_pairs(results.dataset, results.recipe.training.on_share(share), seed)
            except UserError:
                return False
        return True

    return [share for share in shares if results.recipe is not None and holds_enough(share)]


def resume(run: Run) -> None:
    """Queue the run again and have it worked on. UserError when there is nothing to resume."""
    run.resume()
    queue.ensure(run.workspace)


def start_projection(run: Run, baseline: Run) -> None:
    """Have the map of a run drawn, and what changed on it counted, unless both are there or at work."""
    if projection.status(run, baseline) != "running" and not projection.is_complete(run, baseline):
        job = projection.job(run, baseline)
        job.start("kdmcse.processes.projection", str(run.folder), str(baseline.folder))


def start_interpolation(run: Run) -> None:
    """Have a run's student measured on its way from the untouched one, unless it is or is being.

    UserError as `interpolation.require_measurable`.
    """
    interpolation.require_measurable(run)
    if interpolation.status(run) not in ("running", "done"):
        interpolation.job(run).start("kdmcse.processes.interpolation", str(run.folder))


def start_agreement(workspace: Workspace, dataset: PairDataset) -> None:
    """Have the agreement of the annotators measured, unless that was tried or is under way, or nothing may be written:
    at once where it needs no library."""
    if workspace.is_frozen() or agreement.status(workspace, dataset) != "none":
        return
    if annotation.needs_no_library(annotation.judgements(workspace, dataset)):
        annotation.keep_agreement(workspace, dataset)
    else:
        job = agreement.job(workspace, dataset)
        job.start("kdmcse.processes.agreement", str(workspace.path), dataset.fingerprint)


def start_audit(
    workspace: Workspace, dataset: PairDataset, *, teacher: str, student: str, training: TrainingConfig
) -> None:
    """Have a teacher audited before the training, unless that is under way.

    UserError at once for a model that is neither here nor on a hub that can be reached.
    """
    student, teacher = references.absolute(student), references.absolute(teacher)
    references.require(student, "student")
    teacher_features.require(workspace, teacher, dataset)
    trainable.require_pairs(dataset, training)
    job = audit.job(workspace, dataset, teacher, student, training)
    request = {"teacher": teacher, "student": student, "training": training.to_dict()}
    job.start("kdmcse.processes.audit", str(workspace.path), dataset.fingerprint, str(job.folder), request=request)


def start_benchmarks(runs: Sequence[Run], *, with_public: bool, label: str = LABEL) -> None:
    """Have runs of one dataset measured by further benchmarks, unless that is under way. UserError as `benchmarks.require_measurable`."""
    benchmarks.require_measurable(runs, label)
    job = benchmarks.job(runs[0].workspace, runs[0].config.dataset)
    request = {"runs": [run.id for run in runs], "public": with_public, "label": label}
    job.start("kdmcse.processes.benchmarks", str(job.folder), request=request)


def _untouched(dataset: PairDataset, student: str, training: TrainingConfig) -> RunConfig:
    """The untouched student, read as these settings say."""
    read = TrainingConfig(prompt=training.prompt)
    return RunConfig(dataset=dataset.fingerprint, method=BASELINE, student=student, training=read)


def queue_runs(workspace: Workspace, dataset: PairDataset, configs: Sequence[RunConfig]) -> list[Run]:
    """The runs of these configs, with a worker that works on what is missing of them; none where one would have to fail, see `trainable.require`."""
    for config in configs:
        trainable.require(dataset, config)
    queued = [runs.create(workspace, config) for config in configs]
    queue.ensure(workspace)
    return queued
