"""The loop over a schedule's steps: trains the student of a task, can be cut at any instant and resumes from its newest checkpoint.

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
import sentence_transformers
import torch
import transformers
from torch import Tensor

from kdmcse.config import TrainingConfig
from kdmcse.errors import UserError
from kdmcse.models import student
from kdmcse.models.device import PRECISIONS, precision
from kdmcse.models.prefetch import prefetched
from kdmcse.store.files import require_space
from kdmcse.training import distributed
from kdmcse.training.checkpoints import Checkpoints, capture, put_back
from kdmcse.training.prepare import Task
from kdmcse.training.schedule import Step
from kdmcse.training.step import Batch, Memory, TrainingStep, is_out_of_memory

_SECONDS_BETWEEN_CHECKPOINTS = 20.0
_SENTENCES_NAMED = 3
_LONGEST_SENTENCE = 60
_BETAS = 0.9, 0.999


@dataclass
class Fitted:
    """How training went so far. None: not known, or it did not happen."""

    stopped: bool = False
    kept_step: int | None = None
    """the step whose student is the best on the dev judgements"""
    dev_score: float | None = None
    """its Spearman"""
    micro_batch: int | None = None
    """sentences encoded at a time, where memory was too short for a whole batch"""
    precision: str | None = None
    """`float32` or `bfloat16`: what it computes in, from its first step to its last"""
    not_bit_identical: bool | None = None
    """whether it went on with another machine, other versions or other threads than it began with, or nobody noted with which"""

    @property
    def facts(self) -> dict[str, object]:
        """What is known, by name; for a run's outcome and its lines of progress."""
        return {name: value for name, value in vars(self).items() if value is not None and name != "stopped"}


def fit(
    task: Task,
    checkpoints: Checkpoints | None = None,
    *,
    report: Callable[..., None] = lambda line, *, now=False: None,
    stop_requested: Callable[[], bool] = lambda: False,
    on_dev_score: Callable[[int, float | None], bool] = lambda step, score: False,
) -> Fitted:
    """Train `task.model`, from the newest checkpoint if there is one. The last student is left in it, or the best where there are checkpoints and the
    dev judgements are looked at.

    `report(line, now=)` gets a line of progress for a step; `now`: it must not be left out. `on_dev_score(step, score)` may end the training by
    returning True. Cut at any instant and called again, it ends with bit-identical weights on a CPU. UserError
    `training_diverged` at the step whose loss is not finite; every checkpoint is finite.
    """
    return _Training(task, checkpoints, report).run(stop_requested, on_dev_score)


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
        self.schedule = task.schedule
        self.step_terms = TrainingStep(
            task.model, task.config.method, settings, task.false_negative_cosine, task.teacher_cosines
        )
        self.optimizer = torch.optim.AdamW(
            task.model.named_parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            betas=_BETAS,
            fused=True,
        )
        self.memory = Memory.of(
            task.device, settings.batch_size // distributed.count(), padded=task.model.first_position is None
        )
        self.losses = _Losses(task, self._kept_step)

    def run(self, stop_requested: Callable[[], bool], on_dev_score: Callable[[int, float | None], bool]) -> Fitted:
        task, schedule, every = self.task, self.schedule, self.task.config.training.evaluation_steps
        self.resume()
        self.step_terms.precision = self.fitted.precision
        task.model.train()
        self.probe()
        parallel = distributed.parallel(self.step_terms)
        print(self._opening(), flush=True)
        self.started, seen = time.monotonic(), 0
        with ThreadPoolExecutor(1) as threads:
            steps = schedule.batches(after=self.resumed_at)
            for step, batch in prefetched(threads, lambda one: (one, task.batch(one, self.memory.part_size)), steps):
                self.learn(step, batch, parallel)
                seen += len(step.rows)
                last, evaluated = step.number == schedule.steps, bool(every) and step.number % every == 0
                stop = bool(distributed.agreed(stop_requested()))
                self._report(step, seen, now=step.number == self.resumed_at + 1 or last)
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
            group["lr"], group["eps"] = self.schedule.learning_rate(step.number), epsilon(settings, step.number)
        if batch.part_size > self.memory.part_size:  # it was made before memory ran short
            batch = self.task.batch(step, self.memory.part_size)
        while (terms := self._gradients(step, batch, parallel)) is None:
            self._need_less_memory()
            batch = self.task.batch(step, self.memory.part_size)
        self.losses.add(step, terms)
        if (
            settings.optimizer == "transformers"
        ):  # what was stepped once is stepped ever after, by its decaying momentum
            for parameter in self.optimizer.state:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
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
        self._note_memory()

    def _need_less_memory(self) -> None:
        self.memory.halve()
        self._note_memory()
        print(f"memory is short: {self.memory.part_size} sentences at a time from here on", flush=True)

    def _note_memory(self) -> None:
        self.step_terms.recompute = self.memory.recompute
        self.fitted.micro_batch = self.memory.part_size if self.memory.recompute else None

    def resume(self) -> None:
        """Put the newest checkpoint in place. UserError when it was made with other settings than these."""
        newest = self.checkpoints and self.checkpoints.newest()
        if not newest:
            if self.checkpoints and distributed.index() == 0:
                state = 3 * 4 * sum(p.numel() for p in self.task.model.parameters())
                require_space(self.checkpoints.folder, 4 * state)  # two kept, the best one, one in the making
            chosen = precision(self.task.config.training.precision, self.task.device.type)
            self.fitted.precision = PRECISIONS[int(distributed.agreed(PRECISIONS.index(chosen)))]
            return
        before, now = newest.facts["identity"], self.task.identity
        if changed := sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)):
            raise UserError("checkpoint_of_other_settings", step=newest.step, changed=tuple(changed))
        put_back(newest.tensors(), self.task.model, self.optimizer)
        self.resumed_at, self.seconds_before = newest.step, newest.facts["seconds"]
        self.fitted = Fitted(**newest.facts["fitted"])
        if not self.fitted.precision:  # it began before there was a choice
            self.fitted.precision = "bfloat16" if self.task.device.type == "cuda" else "float32"
        self.memory = Memory(**newest.facts["memory"])
        print(f"resuming after step {newest.step}", flush=True)
        if newest.facts["made_with"] != _made_with(self.task.device):
            self.fitted.not_bit_identical = True
            print(
                f"the checkpoint was made with {newest.facts['made_with']}: what follows may not be bit-identical",
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
        self._report(step, None, now=True)
        self.save(step, score)
        return score

    def keep_best(self) -> None:
        """Put the student with the highest dev score in place."""
        best = self.checkpoints and self.fitted.kept_step and self.checkpoints.best()
        if best:
            put_back(best.tensors(), self.task.model, self.optimizer)
            self.fitted.kept_step, self.fitted.dev_score = best.step, best.facts["dev_score"]

    def _kept_step(self) -> int | None:
        newest = self.checkpoints and self.checkpoints.newest()
        return newest.step if newest else None

    def _seconds(self) -> float:
        return round(self.seconds_before + time.monotonic() - self.started, 2)

    def _report(self, step: Step, seen: int | None, *, now: bool) -> None:
        """One line of progress, with the newest loss that is known."""
        known, loss = self.losses.newest or (step, None)
        elapsed = time.monotonic() - self.started
        left = elapsed / (step.number - self.resumed_at) * (self.schedule.steps - step.number)
        line = {
            "stage": "training", "step": known.number, "steps": self.schedule.steps, "epoch": known.epoch,
            "epochs": self.task.config.training.epochs, "kind": known.kind, "loss": loss, "seconds": self._seconds(),
            "seconds_left": round(left, 1), "false_negative_cosine": self.task.false_negative_cosine, **self.fitted.facts,
        }  # fmt: skip
        if seen:
            self.rate = round(seen / max(elapsed, 1e-9), 1)
        self.report(line | {"sentences_per_second": self.rate}, now=now)

    def _opening(self) -> str:
        config, schedule = self.task.config, self.schedule
        return (
            f"{config.method}, seed {config.seed}: {schedule.pairs} pairs, {schedule.texts} sentences, {schedule.steps} steps, false-negative cosine "
            f"{self.task.false_negative_cosine}, {distributed.count()} process(es), {self.memory}, {self.fitted.precision} on {self.task.device}"
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
                    rows=self._sentences(step),
                    kept_step=self._kept_step() or 0,
                )
            self.newest = step, loss

    def _sentences(self, step: Step) -> tuple[str, ...]:
        """The first of the step: a row's number is another in the file, where rows were left out of it."""
        first = self._task.sentences(step.kind, step.rows[:_SENTENCES_NAMED])
        more = (f"… ({len(step.rows)})",) if len(step.rows) > len(first) else ()
        shown = (text if len(text) <= _LONGEST_SENTENCE else f"{text[:_LONGEST_SENTENCE]}…" for text in first)
        return *(f'"{text}"' for text in shown), *more


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


def epsilon(settings: TrainingConfig, step: int) -> float:
    """What AdamW adds to the root of the second moment at this step (from 1).

    torch adds it after the moment is corrected for its start at 0, transformers' AdamW (with which the published code trains) before: the
    same as a larger one in torch, e / sqrt(1 - beta2 ** step). The published order begins with pairs, so the step is that of every weight.
    """
    if settings.optimizer == "torch":
        return 1e-8
    return 1e-6 / math.sqrt(1 - _BETAS[1] ** step)


def _noise_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step, distributed.index()]).generate_state(1, np.uint64)[0] >> 1)


def _made_with(device: torch.device) -> dict[str, str]:
    """All that roundings depend on, as far as it can be told; of an earlier version some of it is missing, and so it is another."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": name,
        "processes": str(distributed.count()),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        "transformers": transformers.__version__,
        "sentence_transformers": sentence_transformers.__version__,
    }
