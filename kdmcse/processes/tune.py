"""Automatic choice of margins, filter threshold and weight: a study of trials, judged by dev judgements alone. No test row is read.

    tuning/<method>-<digest>/  study.json (what was asked), trials.json (every finished trial: numbers, no weights), log.txt, alive.lock

What a trial tries follows from the seed, its number and the trials before it, so a study that was killed goes on as if it had not been.
Optuna proposes and prunes; it keeps nothing on disk.
"""

import contextlib
import dataclasses
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from filelock import FileLock, Timeout

from kdmcse import cost
from kdmcse.config import RECOMMENDED, RunConfig, TrainingConfig
from kdmcse.data import MIN_DEV_ROWS, PairDataset
from kdmcse.data.splits import training_rows
from kdmcse.engine import process
from kdmcse.engine.job_folder import JobFolder
from kdmcse.errors import UserError
from kdmcse.evaluation.benchmarks import geometry
from kdmcse.models import references, teacher_features
from kdmcse.results.choices import LOOKS
from kdmcse.results.trials import STUDY, Trial, TrialScores, Tuning, share_filtered
from kdmcse.store.files import read_json, write_file, write_json
from kdmcse.store.workspace import Workspace
from kdmcse.training import trainable
from kdmcse.training.schedule import Schedule
from kdmcse.validation import within

if TYPE_CHECKING:
    import optuna

TUNABLE: dict[str, tuple[str, ...]] = {
    "mcse": ("cross_modal_weight",),
    "kdmcse": ("sentence_margin_radians", "cross_modal_margin_radians", "false_negative_cosine", "cross_modal_weight"),
    "gist": ("guide_margin", "cross_modal_weight"),
    "dalr": ("ranking_weight", "cross_modal_weight"),
}
"""Per method: the settings that are tried."""
_VERSION = 1  # of how trials are drawn and measured; a new number starts new studies
_THRESHOLD, _FILTER = "false_negative_cosine", "filter"  # a threshold is drawn only where there is to be a filter
_FILTERS = ("off", "on")
_RANGES = {
    "sentence_margin_radians": (0.0, 0.5),
    "cross_modal_margin_radians": (0.0, 0.5),
    "cross_modal_weight": (0.01, 10.0),
    "ranking_weight": (0.01, 10.0),
    "guide_margin": (-0.1, 0.2),
}
_BY_FACTORS = ("cross_modal_weight", "ranking_weight")  # a tenth and ten times are equally far
_THRESHOLD_QUANTILES = (0.9, 0.9)  # of the negatives' cosines and of the true pairs': what a filter may lie between
_PAIRS_LOOKED_AT = 1024
_UNIFORMITY_TEXTS = 4096  # an even choice of them: the time grows with the square
_RANDOM_TRIALS = 5  # before the sampler has learnt anything
_TRIALS_BEFORE_PRUNING = 4
_FIRST_LOOK_TO_PRUNE = 3  # while the learning rate rises, trials differ by chance


class Objective(Protocol):
    """Trains with these settings, tells every look to `report(step, dev Spearman)` and ends early where that returns True."""

    def __call__(self, training: TrainingConfig, report: Callable[[int, float | None], bool], /) -> TrialScores: ...


def tune(
    workspace: Workspace,
    dataset: PairDataset,
    *,
    method: str = "kdmcse",
    student: str,
    teacher: str,
    training: TrainingConfig | None = None,
    trials: int = 20,
    seconds: float | None = None,
    seed: int = 0,
    on_trial: Callable[[Tuning, Trial], None] = lambda tuning, trial: None,
) -> Tuning:
    """Go on with this study until it has `trials` trials or `seconds` are over; the settings as given are trial 0.

    A trial for which the time is too short is cut and not counted, but trial 0 is always trained to its end: without it there is nothing
    to compare with. UserError without dev judgements to choose by, without pairs that differ, or while another process is at this study.
    """
    _import_optuna()
    if method not in TUNABLE:
        raise UserError("nothing_to_tune", method=method, known=tuple(TUNABLE))
    within("trials", trials, ge=1, le=10_000)
    if seconds is not None:
        within("seconds", seconds, gt=0, le=1e9)
    require_dev(dataset)
    student, teacher = references.absolute(student), references.absolute(teacher)
    references.require(student, "student")
    teacher_features.require(workspace, teacher, dataset)
    for name, value in process.ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    begun, training = time.monotonic(), training or RECOMMENDED
    looks = training.evaluation_steps or math.ceil(steps_of(dataset, training, seed) / LOOKS)
    config = RunConfig(
        dataset.fingerprint, method, student, teacher, seed, dataclasses.replace(training, evaluation_steps=looks)
    )
    trainable.require(dataset, config)
    folder = workspace.tuning / _study_name(config)
    folder.mkdir(parents=True, exist_ok=True)
    prices = cost.read_prices(workspace, dataset.fingerprint)
    tuning = Tuning(folder, dataset, method, config.training, read_trials(folder), prices)
    try:
        with JobFolder(folder).hold():
            if len(tuning.trials) >= trials:
                return tuning
            with JobFolder(folder).log_file.open("a", encoding="utf-8") as log, contextlib.redirect_stdout(log):
                study = Study.of(workspace, dataset, config, folder)
                study.deadline = math.inf if seconds is None else begun + seconds
                objective = trainer(workspace, dataset, config, study.must_end)
                return study.go_on(tuning, objective, trials, on_trial)
    except Timeout as error:
        raise UserError("tuning_alive", study=folder.name) from error


@dataclass
class Study:
    """What is drawn from, and by when it must end."""

    folder: Path
    training: TrainingConfig
    """of trial 0"""
    tunable: tuple[str, ...]
    seed: int
    thresholds: tuple[float, float]
    """lowest and highest cosine of a filter"""
    threshold_of: Callable[[TrainingConfig], float | None]
    """the filter's cosine by some settings; None: no filter"""
    share_of: Callable[[TrainingConfig], float | None]
    """the share of in-batch negatives that some settings leave out"""
    deadline: float = math.inf
    """by the monotonic clock"""
    _may_be_cut: bool = False

    @classmethod
    def of(cls, workspace: Workspace, dataset: PairDataset, config: RunConfig, folder: Path) -> "Study":
        """The study of a run's config; what the teacher makes of the training pairs bounds the filter."""
        from kdmcse.training.prepare import calibrated, false_negative_cosine

        rows = np.flatnonzero((dataset.pairs["split"] == "train").to_numpy())
        features = calibrated(teacher_features.embed(workspace, config.teacher, dataset), config.training, rows)
        chance = np.random.default_rng(0)
        seen = np.sort(chance.choice(rows, min(len(rows), _PAIRS_LOOKED_AT), replace=False))
        across = teacher_features.unit(features.caption(seen)) @ teacher_features.unit(features.image(seen)).T
        known = read_json(folder / STUDY)
        if known is None:
            known = {"version": _VERSION, **config.to_dict(), "thresholds": _thresholds(across)}
            write_json(folder / STUDY, known)

        def threshold_of(training: TrainingConfig) -> float | None:
            return false_negative_cosine(training, features, rows)

        def share_of(training: TrainingConfig) -> float | None:
            return share_filtered(across, config.method, threshold_of(training), training.guide_margin)

        thresholds = tuple(known["thresholds"])
        return cls(folder, config.training, TUNABLE[config.method], config.seed, thresholds, threshold_of, share_of)

    def go_on(
        self,
        tuning: Tuning,
        objective: Objective,
        trials: int,
        on_trial: Callable[[Tuning, Trial], None] = lambda tuning, trial: None,
    ) -> Tuning:
        """One trial after another until there are `trials` or it is late, each kept before the next begins."""
        while len(tuning.trials) < trials:
            self._may_be_cut = bool(tuning.trials)
            trial = None if self.must_end() else self._trial(list(tuning.trials), objective)
            if trial is None:
                return dataclasses.replace(tuning, out_of_time=True)
            tuning = dataclasses.replace(tuning, trials=[*tuning.trials, trial])
            write_json(self.folder / "trials.json", [dataclasses.asdict(one) for one in tuning.trials])
            on_trial(tuning, trial)
        return tuning

    def must_end(self) -> bool:
        """Whether the time is over; never during trial 0."""
        return self._may_be_cut and time.monotonic() > self.deadline

    def _trial(self, done: list[Trial], objective: Objective) -> Trial | None:
        """The next trial; None where the time ran out on its way."""
        begun = time.monotonic()
        asked = self._ask(done) if done else None
        drawn = self._draw(asked) if asked else self._drawn_before()
        tried = self._settings(drawn) if asked else {name: getattr(self.training, name) for name in self.tunable}
        training = dataclasses.replace(self.training, **tried)
        looks: list[tuple[int, float | None]] = []

        def report(step: int, score: float | None) -> bool:
            looks.append((step, score))
            if not asked or score is None:
                return False
            asked.report(score, len(looks))
            return asked.should_prune()

        measured, error = TrialScores(finished=False), None
        try:
            measured = objective(training, report)
        except UserError as failure:
            if failure.code != "training_diverged":
                raise
            error = failure.code
        if not measured.finished and not error and self.must_end():
            return None
        if measured.finished and measured.dev_spearman is None:
            error = "dev_spearman_undefined"
        state = "failed" if error else "complete" if measured.finished else "pruned"
        seconds = round(time.monotonic() - begun, 2)
        return Trial(len(done), state, drawn, tried, tuple(looks), measured, self.share_of(training), seconds, error)

    def _ask(self, done: list[Trial]) -> "optuna.Trial":
        """Optuna's next trial after those that are done; its chance follows from the seed and the number of the trial."""
        optuna = _import_optuna()
        chance = int(np.random.SeedSequence([self.seed, len(done)]).generate_state(1)[0])
        study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(n_startup_trials=_RANDOM_TRIALS, seed=chance),
            pruner=optuna.pruners.MedianPruner(_TRIALS_BEFORE_PRUNING, _FIRST_LOOK_TO_PRUNE),
        )
        kinds = {
            name: optuna.distributions.FloatDistribution(*self._range(name), log=name in _BY_FACTORS)
            for name in self.tunable
        }
        kinds[_FILTER] = optuna.distributions.CategoricalDistribution(_FILTERS)
        states = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}
        for trial in done:
            finished = optuna.trial.create_trial(
                state=optuna.trial.TrialState[states[trial.state]],
                value=trial.measured.dev_spearman if trial.state == "complete" else None,
                params=trial.drawn,
                distributions={name: kinds[name] for name in trial.drawn},
                intermediate_values={
                    look: score for look, (_, score) in enumerate(trial.looks, 1) if score is not None
                },
            )
            study.add_trial(finished)
        return study.ask()

    def _range(self, name: str) -> tuple[float, float]:
        return self.thresholds if name == _THRESHOLD else _RANGES[name]

    def _draw(self, asked: "optuna.Trial") -> dict[str, float | str]:
        drawn: dict[str, float | str] = {}
        for name in self.tunable:
            if name == _THRESHOLD:
                drawn[_FILTER] = asked.suggest_categorical(_FILTER, _FILTERS)
                if drawn[_FILTER] == "off":
                    continue
            drawn[name] = asked.suggest_float(name, *self._range(name), log=name in _BY_FACTORS)
        return drawn

    def _drawn_before(self) -> dict[str, float | str]:
        """Trial 0 as the sampler would have drawn it, at the edge where it lies outside of what is drawn."""
        drawn: dict[str, float | str] = {}
        for name in self.tunable:
            value = getattr(self.training, name)
            if name == _THRESHOLD:
                value = self.threshold_of(self.training)
                drawn[_FILTER] = "off" if value is None else "on"
            if value is not None:
                drawn[name] = float(np.clip(value, *self._range(name)))
        return drawn

    def _settings(self, drawn: dict[str, float | str]) -> dict[str, float | str]:
        """What was drawn, to four digits."""
        return {name: float(f"{drawn[name]:.4g}") if name in drawn else "off" for name in self.tunable}


def trainer(workspace: Workspace, dataset: PairDataset, config: RunConfig, must_end: Callable[[], bool]) -> Objective:
    """The objective of `measuring`, one training a device: it waits for runs that are at work."""
    from kdmcse.models.device import device_lock

    train = measuring(workspace, dataset, config, must_end)

    def alone(training: TrainingConfig, report: Callable[[int, float | None], bool]) -> TrialScores:
        try:
            with FileLock(device_lock()).acquire(cancel_check=must_end):
                return train(training, report)
        except Timeout:
            return TrialScores(False)

    return alone


def measuring(workspace: Workspace, dataset: PairDataset, config: RunConfig, must_end: Callable[[], bool]) -> Objective:
    """The objective that trains `config` with other settings, and keeps figures of its best look and no weights."""
    from kdmcse.models import student
    from kdmcse.training.loop import fit
    from kdmcse.training.prepare import Stopped, prepare

    dev = dataset.dev
    texts = list(dict.fromkeys([*dev["sentence1"], *dev["sentence2"]]))

    def measured(encoder: student.SentenceTransformer, step: int, score: float) -> TrialScores:
        vectors = student.encode(encoder, texts)
        rows = dict(zip(texts, vectors, strict=True))
        some = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), _UNIFORMITY_TEXTS)).round().astype(int)]
        cosines = [float(rows[a] @ rows[b]) for a, b in zip(dev["sentence1"], dev["sentence2"], strict=True)]
        return TrialScores(False, score, step, geometry.uniformity(some), tuple(round(cosine, 6) for cosine in cosines))

    def train(training: TrainingConfig, report: Callable[[int, float | None], bool]) -> TrialScores:
        best = TrialScores(False)
        try:
            task = prepare(workspace, dataclasses.replace(config, training=training), stop_requested=must_end)
        except Stopped:
            return best

        def look(step: int, score: float | None) -> bool:
            nonlocal best
            if score is not None and (best.dev_spearman is None or score > best.dev_spearman):
                best = measured(task.model.encoder, step, score)
                task.model.train()  # encoding turned dropout off
            return report(step, score)

        fitted = fit(task, stop_requested=must_end, on_dev_score=look)
        return dataclasses.replace(best, finished=not fitted.stopped)

    return train


def read_trials(folder: Path) -> list[Trial]:
    """The finished trials of a study's folder."""
    return [Trial.from_dict(table) for table in read_json(folder / "trials.json") or []]


def write_settings(path: Path, tuning: Tuning) -> None:
    """The chosen settings as the TOML file that `kdmcse train --config` takes. UserError `file_unwritable`."""
    chosen = tuning.chosen
    lines = [
        f"# Trial {chosen.number} of the study {tuning.folder.name}, chosen by {len(tuning.dataset.dev)} dev judgements.",
        f"# It belongs to the method {tuning.method}, the student, the teacher and the data of that study.",
        *(f"{name} = {json.dumps(value)}" for name, value in tuning.settings(chosen).to_dict().items()),
    ]
    try:
        write_file(path, ("\n".join(lines) + "\n").encode())
    except OSError as error:
        raise UserError("file_unwritable", file=path, reason=error.strerror) from error


def require_dev(dataset: PairDataset) -> None:
    """UserError unless there are judgements to choose by."""
    if dataset.dev is None:
        raise UserError("no_dev_to_tune", dataset=dataset.name)
    if len(dataset.dev) < MIN_DEV_ROWS:
        raise UserError("too_few_dev", dataset=dataset.name, rows=len(dataset.dev), needed=MIN_DEV_ROWS)
    if dataset.dev["score"].nunique() < 2:
        raise UserError("dev_scores_alike", dataset=dataset.name, score=dataset.dev["score"].iloc[0])


def steps_of(dataset: PairDataset, training: TrainingConfig, seed: int) -> int:
    """Of a training with these settings, at least 1."""
    pairs, whole = (len(training_rows(dataset.pairs, share, seed)) for share in (training.data_share, 1.0))
    texts = 0 if training.on(dataset.counts).texts == "left_out" else dataset.counts["texts"]
    return max(1, Schedule(pairs, texts, training, seed, whole=whole).steps)


def _study_name(config: RunConfig) -> str:
    """By content: a student or teacher that moved is the same, one that changed is another. Other software makes other trials."""
    versions = [_VERSION, *(metadata.version(library) for library in ("kdmcse", "torch", "optuna"))]
    models = {
        "student": references.digest(config.student, *versions),
        "teacher": references.digest(config.teacher, *versions),
    }
    return f"{config.method}-{dataclasses.replace(config, **models).digest}"


def _thresholds(across: np.ndarray) -> list[float]:
    """Lowest and highest cosine of a filter. across (n, n): the teacher's cosines of captions with images, true pairs on the diagonal."""
    negatives = across[~np.eye(len(across), dtype=bool)]
    ends = np.quantile(negatives, _THRESHOLD_QUANTILES[0]), np.quantile(np.diag(across), _THRESHOLD_QUANTILES[1])
    low, high = (round(float(end), 4) for end in sorted(ends))
    return [low, max(high, round(low + 0.001, 4))]


def _import_optuna():
    """UserError `optuna_missing` where it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise UserError("optuna_missing") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
