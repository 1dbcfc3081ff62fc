"""Settings chosen by the dev judgements, inside the run that needs them first: no test row is read.

    tuning/choice-<method>-<digest>/  study.json (what was asked), trials.json (every finished trial: numbers, no weights),
                                      choice.json (what came of them), alive.lock

The runs of one method, student, teacher and data ask for the same choice, so that whichever begins first makes it and the others find it. What
a trial learns follows from its settings and `choices.SEED`: a choice that was killed goes on after its last finished trial.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kdmcse.config import RunConfig, TrainingConfig, texts_are_open
from kdmcse.data import MIN_DEV_ROWS, PairDataset, open_dataset
from kdmcse.engine.job_folder import JobFolder
from kdmcse.engine.runs import Run, list_runs
from kdmcse.errors import UserError
from kdmcse.models import references, size
from kdmcse.processes import tune
from kdmcse.results import choices
from kdmcse.results.choices import Change, Effort
from kdmcse.results.trials import STUDY, Trial, TrialScores
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

_VERSION = 1  # of how options are tried and taken; a new number starts new studies
_SLOWER = 1.5  # than an earlier training of the same student, where the machine has more to do
_LOOK = (
    1 / 6
)  # of the time of a sentence in a training step: read once instead of twice forward and, at twice the cost, backward


def can_choose(dataset: PairDataset) -> bool:
    """Whether there are enough judgements to choose by."""
    return dataset.counts["sts_dev"] >= MIN_DEV_ROWS


def settle(run: Run, report: Callable[[dict], None], stop_requested: Callable[[], bool]) -> RunConfig | None:
    """What the run is trained with, settings and all, chosen first where they are not yet; None where it was stopped before that.

    `report` gets lines of progress. UserError where the judgements cannot choose, or several processes would have to.
    """
    if run.config.settled_by == "dev" and choices.read_choice(run) is None:
        from kdmcse.training import distributed

        if distributed.count() > 1:
            raise UserError("choice_needs_one_process", run=run.id)
        if not _choose(run, report, stop_requested):
            return None
    return settled(run)


def settled(run: Run) -> RunConfig:
    """What the run is trained with. UserError where its settings are not chosen yet."""
    if run.config.settled_by == "hand":
        return run.config
    choice, asked = choices.read_choice(run), run.config.training
    if choice is None:
        raise UserError("choice_needs_one_process", run=run.id)
    training = dataclasses.replace(choice.training, data_share=asked.data_share, share_steps=asked.share_steps)
    return dataclasses.replace(run.config, settled_by="hand", training=training)


def _choose(run: Run, report: Callable[[dict], None], stop_requested: Callable[[], bool]) -> bool:
    """Whether there is a choice now, in the run's folder."""
    dataset = open_dataset(run.workspace, run.config.dataset)
    tune.require_dev(dataset)
    config = dataclasses.replace(run.config, seed=choices.SEED, training=run.config.training.on_share(1))
    folder = run.workspace.tuning / _name(config)
    folder.mkdir(parents=True, exist_ok=True)
    with JobFolder(folder).hold(timeout=-1):
        write_json(folder / STUDY, {"version": _VERSION, **config.to_dict()})
        table = read_json(folder / choices.FILE)
        if table is None:
            choice = choices.choose(
                folder.name,
                config.method,
                dataset,
                config.training,
                _Trials(run, dataset, config, report, stop_requested),
            )
            if choice is None:
                return False
            table = dataclasses.replace(choice, training=with_looks(dataset, choice.training)).to_dict()
            write_json(folder / choices.FILE, table)
    write_json(run.folder / choices.FILE, table)
    return True


@dataclass
class _Trials:
    """The trial of a change: found among the finished ones, else trained, kept, and told."""

    run: Run
    dataset: PairDataset
    config: RunConfig
    report: Callable[[dict], None]
    stop_requested: Callable[[], bool]

    def __call__(self, change: Change) -> Trial | None:
        folder = self.run.workspace.tuning / _name(self.config)
        done = tune.read_trials(folder)
        if found := next((trial for trial in done if trial.tried == change), None):
            return found
        begun, looks = time.monotonic(), []
        training = with_looks(self.dataset, dataclasses.replace(self.config.training, **change))
        with_texts = texts_are_open(self.dataset.counts)
        total = choices.trials_of(self.config.method, self.config.training, with_texts=with_texts)
        self._tell(done, total, 0.0)
        steps = tune.steps_of(self.dataset, training, choices.SEED)

        def look(step: int, score: float | None) -> bool:
            looks.append((step, score))
            self._tell(done, total, step / steps)
            return self.stop_requested()

        measured, error = TrialScores(finished=False), None
        try:
            objective = tune.measuring(self.run.workspace, self.dataset, self.config, self.stop_requested)
            measured = objective(training, look)
        except UserError as failure:
            if failure.code != "training_diverged" or not change:  # as they were given they must be trainable
                raise
            error = failure.code
        if not measured.finished and not error:
            return None
        if not error and measured.dev_spearman is None:
            error = "dev_spearman_undefined"
        state, seconds = "failed" if error else "complete", round(time.monotonic() - begun, 2)
        trial = Trial(len(done), state, {}, change, tuple(looks), measured, None, seconds, error)
        write_json(folder / "trials.json", [dataclasses.asdict(one) for one in [*done, trial]])
        return trial

    def _tell(self, done: Sequence[Trial], total: int, share: float) -> None:
        """How many trials are done, and how long the rest takes at the pace so far."""
        each = sum(trial.seconds for trial in done) / len(done) if done else None
        left = None if each is None else round(each * (total - len(done) - share), 1)
        self.report({"stage": "choosing", "done": len(done) + share, "total": total, "seconds_left": left})


def with_looks(dataset: PairDataset, training: TrainingConfig) -> TrainingConfig:
    """These settings, looked at `choices.LOOKS` times on the way unless they say when: so the epochs are chosen, too."""
    looks = training.evaluation_steps or math.ceil(tune.steps_of(dataset, training, choices.SEED) / choices.LOOKS)
    return dataclasses.replace(training, evaluation_steps=looks)


def effort(
    workspace: Workspace,
    dataset: PairDataset,
    student: str,
    methods: Sequence[str],
    seeds: int,
    training: TrainingConfig,
) -> Effort:
    """Told before the start: a trial is a training like those that are compared, and is measured on its way."""
    use = ("mixed", "left_out", training.texts)
    texts = {texts: _sentences(dataset, dataclasses.replace(training, texts=texts)) for texts in use}
    student, with_texts = references.absolute(student), texts_are_open(dataset.counts)
    changes = [
        change
        for method in methods
        for number, options in enumerate(choices.rounds(method, training, with_texts=with_texts))
        for change in options[min(number, 1) :]  # the first of a later round is trained already
    ]
    sentences = sum(texts[change.get("texts", training.texts)] for change in changes)
    paces = [pace for run in list_runs(workspace) if run.config.student == student and (pace := _pace(run))]
    slowest, quickest = (min(paces) / _SLOWER, max(paces)) if paces else size.training_pace(student) or (None, None)
    seconds = (sentences / quickest, sentences / slowest) if slowest else None
    return Effort(len(changes), len(methods) * seeds, seconds, measured=bool(paces))


def _sentences(dataset: PairDataset, training: TrainingConfig) -> float:
    """That one training reads, those of its looks at what they cost."""
    looked_at = choices.LOOKS * 2 * dataset.counts["sts_dev"] * _LOOK
    return tune.steps_of(dataset, training, choices.SEED) * training.batch_size + looked_at


def _pace(run: Run) -> float | None:
    """Sentences a second of a training, as it was told last."""
    return next(
        (line["sentences_per_second"] for line in reversed(run.progress()) if "sentences_per_second" in line), None
    )


def _name(config: RunConfig) -> str:
    """By content: a student or teacher that moved is the same, one that changed is another."""
    models = {"student": references.digest(config.student, _VERSION)}
    if config.teacher:
        models["teacher"] = references.digest(config.teacher, _VERSION)
    return f"choice-{config.method}-{dataclasses.replace(config, **models).digest}"
