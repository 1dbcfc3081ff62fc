"""Data, teacher and student -> a trained student: the loop over a plan's steps, which can be cut at any instant and goes on from there.

Every random number of a step follows from seed, step and process, and so do its rows and its learning rate: a step's number is
the random state, the data position and the schedule. Weights and the optimizer's memory of them are all that must be kept.
"""

import math
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from kdmcse.config import AUTO, RunConfig, TrainingConfig
from kdmcse.data import open_dataset
from kdmcse.errors import UserError
from kdmcse.models import student, teachers
from kdmcse.models.prefetch import ahead
from kdmcse.store.files import require_space
from kdmcse.store.workspace import Workspace
from kdmcse.training import distributed
from kdmcse.training.checkpoints import Checkpoints, capture, put_back
from kdmcse.training.schedule import PAIRS, TEXTS, Plan, Step, learnt_from
from kdmcse.training.step import Batch, Memory, Tokens, TrainingStep, is_out_of_memory

_SECONDS_BETWEEN_CHECKPOINTS = 20.0
_ROWS_TOLD = 8


@dataclass(frozen=True)
class Task:
    """What is in memory before the first step."""

    config: RunConfig
    model: student.TrainingStudent
    tokens: dict[str, Tokens]
    """of the captions that are learnt from, and of the sentences without pictures"""
    pairs: np.ndarray
    """(n,) rows of the dataset's pairs, in the order of their tokens"""
    features: teachers.TeacherFeatures | None
    false_negative_cosine: float | None
    dev: pd.DataFrame | None
    """judged sentences by which the best student is chosen; None: the last one is kept"""

    @property
    def plan(self) -> Plan:
        sizes = (len(self.tokens[kind]) for kind in (PAIRS, TEXTS))
        return Plan(*sizes, self.config.training, self.config.seed, distributed.count())

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @property
    def identity(self) -> dict[str, object]:
        """What a checkpoint must have been made with to be gone on from."""
        config = self.config.identity
        settings = config.pop("training")
        digest = self.features and self.features.digest
        return config | settings | {"teacher_digest": digest, "false_negative_cosine": self.false_negative_cosine}

    def batch(self, step: Step, part_size: int) -> Batch:
        """This process' share of what `step` learns from."""
        rows, vectors = distributed.own_rows(step.rows), ()
        if step.kind == PAIRS and self.features is not None:
            vectors = (self.features.image(self.pairs[rows]), self.features.caption(self.pairs[rows]))
        batch = Batch.of(self.tokens[step.kind], rows, part_size, *vectors)
        return batch.pinned() if self.device.type == "cuda" else batch


def prepare(workspace: Workspace, config: RunConfig, *, on_progress: Callable[[int, int], None] | None = None) -> Task:
    """Load data, the teacher's vectors (`on_progress(done, total)` while new ones are made) and the student.

    UserError where one of them is missing or too small.
    """
    settings, dataset = config.training, open_dataset(workspace, config.dataset)
    pairs = dataset.pairs
    rows = learnt_from(pairs, settings.data_share, config.seed)
    captions = list(pairs["caption"].iloc[rows])
    sentences = [] if dataset.texts is None else list(dataset.texts["text"])
    needed = 2 * distributed.count()
    if max(len(captions), len(sentences)) < needed:
        raise UserError("too_few_pairs", count=max(len(captions), len(sentences)), needed=needed)
    dev = dataset.dev if settings.evaluation_steps else None
    if settings.evaluation_steps and (dev is None or dev["score"].nunique() < 2):
        raise UserError("no_dev_judgements", dataset=dataset.name)
    features = None
    if config.teacher:
        features = teachers.embed(workspace, config.teacher, dataset, on_progress=on_progress)
    torch.manual_seed(config.seed)
    encoder = student.load(config.student, pooling=settings.pooling)
    model = student.TrainingStudent(
        encoder,
        projection_width=settings.projection_width,
        teacher_width=None if features is None else features.width,
    )
    # Only what is learnt from is cut; the student keeps the length it can read.
    length = min(settings.max_length, encoder.max_seq_length or settings.max_length)
    tokens = {
        kind: Tokens(encoder.tokenizer, texts, length, model.first_position)
        for kind, texts in ((PAIRS, captions), (TEXTS, sentences))
    }
    return Task(config, model, tokens, rows, features, false_negative_cosine(settings, features, rows), dev)


def false_negative_cosine(
    settings: TrainingConfig, features: teachers.TeacherFeatures | None, rows: np.ndarray
) -> float | None:
    """The filter's threshold for this data and teacher; None where there is no filter."""
    if features is None or settings.false_negative_cosine == "off":
        return None
    if settings.false_negative_cosine == AUTO:
        return round(features.false_negative_cosine(rows), 4)
    return settings.false_negative_cosine


@dataclass
class Fitted:
    """How training went so far. `None` is what there is nothing to say about."""

    stopped: bool = False
    kept_step: int | None = None
    """the step whose student is the best on the dev judgements"""
    dev_score: float | None = None
    """its Spearman"""
    micro_batch: int | None = None
    """sentences encoded at a time, where memory was too short for a whole batch"""
    not_bit_identical: bool | None = None
    """whether it went on with another machine or other versions than it began with"""

    def told(self) -> dict:
        """What there is to say."""
        return {name: value for name, value in vars(self).items() if value is not None and name != "stopped"}


def fit(
    task: Task,
    checkpoints: Checkpoints | None = None,
    *,
    report: Callable[..., None] = lambda line, *, now=False: None,
    stop_asked: Callable[[], bool] = lambda: False,
    on_dev_score: Callable[[int, float | None], bool] = lambda step, score: False,
) -> Fitted:
    """Train `task.model`, from the newest checkpoint if there is one; the best or the last student is left in it.

    `report(line, now=)` is told of a step, `now` if it must not be left out. `on_dev_score(step, score)` may end the training by
    returning True. Cut at any instant and called again, it ends with bit-identical weights on a CPU. UserError
    `training_diverged` at the step whose loss is not finite; what is kept is finite always.
    """
    return _Training(task, checkpoints, report).run(stop_asked, on_dev_score)


@dataclass
class _Training:
    task: Task
    checkpoints: Checkpoints | None
    report: Callable[..., None]
    fitted: Fitted = field(default_factory=Fitted)
    resumed_at: int = 0
    seconds_before: float = 0.0
    last_save: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        task, settings = self.task, self.task.config.training
        self.plan = task.plan
        self.step_terms = TrainingStep(task.model, task.config.method, settings, task.false_negative_cosine)
        self.optimizer = torch.optim.AdamW(
            task.model.named_parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.memory = Memory.of(
            task.device, settings.batch_size // distributed.count(), padded=task.model.first_position is None
        )
        self.losses = _Losses(task, self._kept_step)

    def run(self, stop_asked: Callable[[], bool], on_dev_score: Callable[[int, float | None], bool]) -> Fitted:
        task, plan, every = self.task, self.plan, self.task.config.training.evaluation_steps
        self.resume()
        task.model.train()
        self.probe()
        parallel = distributed.parallel(self.step_terms)
        print(self._opening(), flush=True)
        self.started, seen = time.monotonic(), 0
        with ThreadPoolExecutor(1) as threads:
            steps = plan.batches(after=self.resumed_at)
            for step, batch in ahead(threads, lambda one: (one, task.batch(one, self.memory.part_size)), steps):
                self.learn(step, batch, parallel)
                seen += len(step.rows)
                last, evaluated = step.number == plan.steps, bool(every) and step.number % every == 0
                stop = bool(distributed.agreed(stop_asked()))
                self._tell(step, seen, now=step.number == self.resumed_at + 1 or last)
                if every and (evaluated or last):
                    score = self.evaluate(step)
                    stop = bool(distributed.agreed(on_dev_score(step.number, score))) or stop
                elif stop or distributed.agreed(time.monotonic() - self.last_save > _SECONDS_BETWEEN_CHECKPOINTS):
                    self.save(step)
                if stop and not last:
                    self.fitted.stopped = True
                    return self.fitted
        self.losses.read_all()
        self.keep_best()
        return self.fitted

    def learn(self, step: Step, batch: Batch, parallel: Callable[[Batch], dict[str, Tensor]]) -> None:
        """One step of the optimizer. Where memory runs out, once more in smaller parts: the weights are still as they were."""
        settings = self.task.config.training
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate(step.number)
        if batch.part_size > self.memory.part_size:  # it was made before memory ran short
            batch = self.task.batch(step, self.memory.part_size)
        while (terms := self._gradients(step, batch, parallel)) is None:
            self._need_less_memory()
            batch = self.task.batch(step, self.memory.part_size)
        self.losses.add(step, terms)
        if settings.max_gradient_norm:
            torch.nn.utils.clip_grad_norm_(self.task.model.parameters(), settings.max_gradient_norm)
        self.optimizer.step()

    def _gradients(
        self, step: Step, batch: Batch, parallel: Callable[[Batch], dict[str, Tensor]]
    ) -> dict[str, Tensor] | None:
        """The step's terms, their gradient in place; None where there was no room for it."""
        torch.manual_seed(_noise_seed(self.task.config.seed, step.number))
        self.optimizer.zero_grad(set_to_none=True)
        try:
            terms = parallel(batch.to(self.task.device))
            terms["total"].backward()
        except Exception as error:
            # Other processes are in the midst of the same step: they cannot be asked to repeat it.
            if not is_out_of_memory(error) or distributed.count() > 1:
                raise
            return None
        return {name: term.detach() for name, term in terms.items()}

    def probe(self) -> None:
        """Find out before the run how much of a batch this device can take: the longest sentences of each kind, forward and backward."""
        task, alone = self.task, distributed.count() == 1
        for kind, tokens in task.tokens.items():
            size = min(self.task.config.training.batch_size, len(tokens))
            if size < 2 * distributed.count():
                continue
            longest = Step(0, 0, kind, np.argsort(tokens.lengths, kind="stable")[-size:])
            # Processes that share a batch cannot meet in a step that may fail in one of them: each tries its own sentences.
            attempt = self.step_terms if alone else lambda batch: {"total": self.step_terms.two_passes(batch).sum()}
            while self._gradients(longest, task.batch(longest, self.memory.part_size), attempt) is None:
                self._need_less_memory()
        self.optimizer.zero_grad(set_to_none=True)
        self.memory.part_size = distributed.smallest(self.memory.part_size)
        self.memory.recompute = bool(1 - distributed.smallest(1 - self.memory.recompute))
        self._tell_memory()

    def _need_less_memory(self) -> None:
        self.memory.halve()
        self._tell_memory()
        print(f"memory is short: {self.memory.part_size} sentences at a time from here on", flush=True)

    def _tell_memory(self) -> None:
        self.step_terms.recompute = self.memory.recompute
        self.fitted.micro_batch = self.memory.part_size if self.memory.recompute else None

    def resume(self) -> None:
        """Put the newest checkpoint in place. UserError when it was made with other settings than these."""
        found = self.checkpoints and self.checkpoints.newest()
        if not found:
            if self.checkpoints and distributed.index() == 0:
                state = 3 * 4 * sum(p.numel() for p in self.task.model.parameters())
                require_space(self.checkpoints.folder, 4 * state)  # two kept, the best one, one in the making
            return
        before, now = found.facts["identity"], self.task.identity
        if changed := sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)):
            raise UserError("checkpoint_of_other_settings", step=found.step, changed=", ".join(changed))
        put_back(found.tensors(), self.task.model, self.optimizer)
        self.resumed_at, self.seconds_before = found.step, found.facts["seconds"]
        self.fitted = Fitted(**found.facts["fitted"])
        self.memory = Memory(**found.facts["memory"])
        print(f"going on after step {found.step}", flush=True)
        if found.facts["made_with"] != _made_with(self.task.device):
            self.fitted.not_bit_identical = True
            print(
                f"the checkpoint was made with {found.facts['made_with']}: what follows is not bit-identical",
                flush=True,
            )

    def save(self, step: Step, dev_score: float | None = None) -> None:
        """Keep weights and optimizer after `step`, once its loss is known to be finite."""
        self.losses.read_all()
        self.last_save = time.monotonic()
        if not self.checkpoints or distributed.index():
            return
        facts = {
            "identity": self.task.identity, "made_with": _made_with(self.task.device), "seconds": self._seconds(),
            "fitted": vars(self.fitted), "memory": vars(self.memory), "dev_score": dev_score,
        }  # fmt: skip
        self.checkpoints.save(step.number, capture(self.task.model, self.optimizer), facts)

    def evaluate(self, step: Step) -> float | None:
        """Spearman on the dev judgements after `step`, and a checkpoint of the student that has it."""
        self.losses.read_all()
        score = dev_score(self.task.model.encoder, self.task.dev) if distributed.index() == 0 else None
        score = distributed.agreed(math.nan if score is None else score)
        score = None if math.isnan(score) else score
        self.task.model.train()
        if score is not None and (self.fitted.dev_score is None or score > self.fitted.dev_score):
            self.fitted.kept_step, self.fitted.dev_score = step.number, score
        self._tell(step, None, now=True)
        self.save(step, score)
        return score

    def keep_best(self) -> None:
        """Put the student with the highest dev score in place."""
        best = self.checkpoints and self.fitted.kept_step and self.checkpoints.best()
        if best:
            put_back(best.tensors(), self.task.model, self.optimizer)
            self.fitted.kept_step, self.fitted.dev_score = best.step, best.facts["dev_score"]

    def _kept_step(self) -> int | None:
        found = self.checkpoints and self.checkpoints.newest()
        return found.step if found else None

    def _seconds(self) -> float:
        return round(self.seconds_before + time.monotonic() - self.started, 2)

    def _tell(self, step: Step, seen: int | None, *, now: bool) -> None:
        """One line of progress, with the newest loss that is known."""
        known, loss = self.losses.newest or (step, None)
        elapsed = time.monotonic() - self.started
        left = elapsed / (step.number - self.resumed_at) * (self.plan.steps - step.number)
        line = {
            "stage": "training", "step": known.number, "steps": self.plan.steps, "epoch": known.epoch,
            "epochs": self.task.config.training.epochs, "kind": known.kind, "loss": loss, "seconds": self._seconds(),
            "seconds_left": round(left, 1), "false_negative_cosine": self.task.false_negative_cosine, **self.fitted.told(),
        }  # fmt: skip
        if seen:
            self.rate = round(seen / max(elapsed, 1e-9), 1)
        self.report(line | {"sentences_per_second": self.rate}, now=now)

    def _opening(self) -> str:
        config, plan = self.task.config, self.plan
        return (
            f"{config.method}, seed {config.seed}: {plan.pairs} pairs, {plan.texts} sentences, {plan.steps} steps, false-negative cosine "
            f"{self.task.false_negative_cosine}, {distributed.count()} process(es), {self.memory} on {self.task.device}"
        )


class _Losses:
    """The losses of the steps, read as they come; on a GPU one step later, so that it is never waited for."""

    def __init__(self, task: Task, kept_step: Callable[[], int | None]) -> None:
        self._task, self._kept_step = task, kept_step
        self._unread: list[tuple[Step, list[str], Tensor]] = []
        self.newest: tuple[Step, dict[str, float]] | None = None

    def add(self, step: Step, terms: dict[str, Tensor]) -> None:
        """UserError `training_diverged` for the newest that can be read without waiting."""
        values = torch.stack([term.float() for term in terms.values()])
        self._unread.append((step, list(terms), values))
        self._read(keep=int(self._task.device.type == "cuda"))

    def read_all(self) -> None:
        """UserError `training_diverged` if any step so far was not finite."""
        self._read(keep=0)

    def _read(self, keep: int) -> None:
        while len(self._unread) > keep:
            step, names, values = self._unread.pop(0)
            loss = dict(zip(names, values.tolist(), strict=True))
            if not math.isfinite(loss["total"]):
                raise UserError(
                    "training_diverged",
                    step=step.number,
                    loss=loss["total"],
                    table=step.kind,
                    rows=self._rows(step),
                    kept_step=self._kept_step() or 0,
                )
            self.newest = step, loss

    def _rows(self, step: Step) -> str:
        rows = self._task.pairs[step.rows] if step.kind == PAIRS else step.rows
        more = f", … ({len(rows)})" if len(rows) > _ROWS_TOLD else ""
        return ", ".join(str(row + 1) for row in rows[:_ROWS_TOLD]) + more


def dev_score(encoder: student.SentenceTransformer, dev: pd.DataFrame) -> float | None:
    """Spearman of cosine against judgement; None where it is undefined (a constant). dev: sentence1, sentence2, score."""
    from scipy.stats import spearmanr

    texts = list(dict.fromkeys([*dev["sentence1"], *dev["sentence2"]]))
    encoder.eval()
    vectors = dict(zip(texts, student.encode(encoder, texts), strict=True))
    cosines = [float(vectors[a] @ vectors[b]) for a, b in zip(dev["sentence1"], dev["sentence2"], strict=True)]
    if not np.ptp(cosines) or dev["score"].nunique() < 2:
        return None
    return float(spearmanr(cosines, dev["score"]).statistic)


def _noise_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step, distributed.index()]).generate_state(1, np.uint64)[0] >> 1)


def _made_with(device: torch.device) -> dict[str, str]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": name,
        "processes": str(distributed.count()),
    }
