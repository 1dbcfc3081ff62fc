"""Start and stop what runs behind the dashboard, and tell how far it is. No Streamlit here."""

from dataclasses import dataclass

from kdmcse import annotation, data, sample
from kdmcse.config import LADDER, TrainingConfig
from kdmcse.criteria import criteria
from kdmcse.data import PairDataset
from kdmcse.engine import queue, runs
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.evaluation import projection
from kdmcse.processes import benchmarks as yardsticks
from kdmcse.results import learning_curve, results
from kdmcse.store.workspace import Workspace

SAMPLE_SEEDS = (0, 1, 2)


def start_sample(workspace: Workspace) -> PairDataset:
    """The made-up shop: import it and run its whole proof of concept in the background."""
    dataset = sample.import_sample(workspace)
    start(
        workspace,
        dataset.fingerprint,
        student=sample.STUDENT,
        teacher=sample.TEACHER,
        methods=LADDER,
        seeds=SAMPLE_SEEDS,
        training=sample.training(),
    )
    return dataset


def start(
    workspace: Workspace,
    dataset: str,
    *,
    student: str,
    teacher: str | None,
    methods: tuple[str, ...],
    seeds: tuple[int, ...],
    training: TrainingConfig,
) -> list[Run]:
    return results.start(
        workspace, dataset, student=student, teacher=teacher, methods=methods, seeds=seeds, training=training
    )


def resume(workspace: Workspace, run: Run) -> None:
    run.resume()
    queue.ensure(workspace)


def keep_working(workspace: Workspace) -> None:
    """Nothing may wait without anybody working: a machine that slept or a killed worker is made good here."""
    queue.ensure(workspace)


def start_curve(workspace: Workspace, dataset: str, recipe: str) -> list[Run]:
    return learning_curve.start_curve(workspace, dataset, recipe=recipe)


def start_map(run: Run, baseline: Run) -> None:
    projection.start_projection(run, baseline)


def start_agreement(workspace: Workspace, dataset: PairDataset) -> None:
    annotation.start_agreement(workspace, dataset)


def start_yardsticks(runs: list[Run], *, with_public: bool, label: str) -> None:
    yardsticks.start(runs, with_public=with_public, label=label)


def yardsticks_status(workspace: Workspace, dataset: str) -> str:
    return yardsticks.status(workspace, dataset)


def yardsticks_progress(workspace: Workspace, dataset: str) -> yardsticks.Progress | None:
    return yardsticks.progress(workspace, dataset)


def yardsticks_failure(workspace: Workspace, dataset: str) -> UserError | None:
    return yardsticks.failure(workspace, dataset)


@dataclass(frozen=True)
class Pace:
    sentences_per_second: float | None
    seconds_left: float | None


def pace(run: Run) -> Pace:
    """As the trainer told it last."""
    last = run.last_progress or {}
    return Pace(last.get("sentences_per_second"), last.get("seconds_left"))


@dataclass(frozen=True)
class BestOnDev:
    """The student that does best on the dev judgements, while it trains or once it is kept."""

    score: float
    """Spearman"""
    step: int
    steps: int | None
    """of the whole training, where known"""


def best_on_dev(told: dict | None) -> BestOnDev | None:
    """From a run's outcome or a line of its progress; None where there was no look at dev judgements yet."""
    score, step = ((told or {}).get(name) for name in ("dev_score", "kept_step"))
    return None if score is None or step is None else BestOnDev(score, step, told.get("steps"))


def share_done(run: Run) -> float:
    """0 to 1, for a progress bar: the steps of the training, with a little for what is before and after them."""
    last = run.last_progress or {}
    if last.get("stage") == "evaluating":
        return 0.95
    if last.get("stage") == "embedding" and last.get("total"):
        return 0.02 + 0.18 * last["done"] / last["total"]
    step, steps = last.get("step"), last.get("steps")
    return 0.2 + 0.7 * min(1.0, step / steps) if step and steps else 0.02


def loss_terms(lines: list[dict]) -> list[str]:
    """The names of the loss terms a run has, the total last."""
    names = dict.fromkeys(name for line in lines for name in line.get("loss") or {})
    return sorted(names, key=lambda name: name == "total")


def shown_status(run: Run) -> str:
    """The run's status; a trained run that is still being measured counts as running."""
    status = run.status
    return "running" if status == "succeeded" and run.alive else status


def delete_dataset(workspace: Workspace, dataset: PairDataset, *, with_runs: bool, with_labels: bool = False) -> None:
    """The dataset and its prices, on request the runs trained on it and what people judged. UserError while a run is at work.

    What was agreed goes with the last run and no earlier, so that nobody agrees anew on results that are still there.
    """
    if with_runs:
        found = runs.list_runs(workspace, dataset.fingerprint)
        for run in sorted(found, key=lambda run: not run.alive):
            run.delete()
    if not runs.list_runs(workspace, dataset.fingerprint):
        criteria.delete(workspace, dataset.fingerprint)
    data.delete_dataset(workspace, dataset.fingerprint)
    if with_labels:
        annotation.delete_labels(workspace, dataset)
    for path in workspace.prices.glob(f"{dataset.fingerprint}.*"):
        path.unlink(missing_ok=True)
    yardsticks.forget(workspace, dataset.fingerprint)
