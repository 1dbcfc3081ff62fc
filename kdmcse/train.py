"""The loop that trains a student, and a run's whole life: `python -m kdmcse.train RUN_DIR`. The only writer of a run's progress.

B batch, H sentence width, P cross-modal width, D teacher width.
"""

import json
import math
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from kdmcse import losses, student, teacher
from kdmcse.config import AUTO, BASELINE, RunConfig, TrainingConfig
from kdmcse.data import open_dataset
from kdmcse.errors import UserError
from kdmcse.runs import Run
from kdmcse.workspace import raise_if_disk_full, require_space, write_file, write_json

_SECONDS_BETWEEN_LINES = 0.5
_SECONDS_BETWEEN_CHECKPOINTS = 20.0
_CHECKPOINTS_KEPT = 2
_SENTENCES_IN_A_PART = 16


def live(run: Run) -> None:
    """A run from its ticket to its evaluation. Whatever happens ends in `outcome.json`; nothing is raised but a kill.

    Holds the device's lock, then the run's: a run that waits for a device is still queued.
    """
    from kdmcse.evaluate import evaluate_run

    with FileLock(_device_lock()), FileLock(run.folder / "alive.lock", timeout=30):
        (run.folder / "ticket.json").unlink(missing_ok=True)
        progress = Progress(run.folder / "progress.jsonl")
        started = time.monotonic()
        try:
            if run.config.method == BASELINE:
                student.load(run.config.student)
                status = "succeeded"
            elif (run.folder / "student").is_dir():
                status = "succeeded"  # trained before; it is here to be evaluated
                started -= max((line["seconds"] for line in run.progress() if line["stage"] == "training"), default=0)
            else:
                status = train(run, progress)
            _end(run, status, started)
        except Exception as error:
            _end(run, "failed", started, error)
            return
        if status == "succeeded":
            progress.write({"stage": "evaluating"})
            try:
                evaluate_run(run)
            except Exception as error:
                write_json(run.folder / "evaluation" / "failure.json", _as_user_error(error).to_dict())


def train(run: Run, progress: "Progress") -> str:
    """Train the run's student and export it; goes on from the newest checkpoint. Returns succeeded or stopped."""
    config, settings = run.config, run.config.training
    workspace = run.workspace
    dataset = open_dataset(workspace, config.dataset)
    pairs = dataset.pairs
    rows = np.flatnonzero((pairs["split"] == "train").to_numpy())
    sentences = [] if dataset.texts is None else list(dataset.texts["text"])
    if max(len(rows), len(sentences)) < 2:
        raise UserError("too_few_pairs", count=len(rows), needed=2)
    features = None
    if config.teacher:
        progress.write({"stage": "embedding", "done": 0, "total": 0})
        features = teacher.embed(
            workspace,
            config.teacher,
            dataset,
            on_progress=lambda done, total: progress.write({"stage": "embedding", "done": done, "total": total}),
        )
    torch.manual_seed(config.seed)
    encoder = student.load(config.student)
    model = student.TrainingStudent(
        encoder,
        projection_width=settings.projection_width,
        teacher_width=None if features is None else features.image.shape[1],
    )
    model.train()
    threshold = false_negative_cosine(settings, features, rows)
    tokenizer = encoder.tokenizer
    # Only what is learnt from is cut; the student keeps the length it can read.
    length = min(settings.max_length, encoder.max_seq_length or settings.max_length)
    encoded = {
        "pairs": _tokenize(tokenizer, list(pairs["caption"].iloc[rows]), length),
        "texts": _tokenize(tokenizer, sentences, length),
    }
    plan = Plan(len(rows), len(sentences), settings, config.seed)
    optimizer = torch.optim.AdamW(
        model.named_parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    checkpoints = Checkpoints(run.folder / "checkpoints")
    require_space(run.folder, 4 * 4 * sum(p.numel() for p in model.parameters()) * _CHECKPOINTS_KEPT)
    resumed_at, seconds_before = checkpoints.restore(model, optimizer)
    started, last_checkpoint, seen = time.monotonic(), time.monotonic(), 0
    print(f"{config.method}, seed {config.seed}: {len(rows)} pairs, {len(sentences)} sentences, {plan.steps} steps, "
          f"false-negative cosine {threshold}, on {encoder.device}", flush=True)  # fmt: skip
    for step, epoch, kind, chosen in plan.batches(after=resumed_at):
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate(step)
        batch = Batch.of(tokenizer, [encoded[kind][i] for i in chosen], encoder.device)
        vectors = None
        if kind == "pairs" and features is not None:
            vectors = [
                torch.from_numpy(v[rows[chosen]]).to(encoder.device).float() for v in (features.image, features.caption)
            ]
        terms = step_terms(model, config, batch, vectors, threshold)
        loss = {name: term.item() for name, term in terms.items()}
        if not math.isfinite(loss["total"]):
            raise UserError("training_diverged", step=step, loss=loss["total"])
        optimizer.zero_grad(set_to_none=True)
        terms["total"].backward()
        optimizer.step()
        seen += len(chosen)
        seconds = time.monotonic() - started
        progress.write_now_and_then(
            {
                "stage": "training", "step": step, "steps": plan.steps, "epoch": epoch, "epochs": settings.epochs, "kind": kind,
                "loss": loss, "sentences_per_second": round(seen / max(seconds, 1e-9), 1),
                "seconds": round(seconds_before + seconds, 2),
                "seconds_left": round(seconds / (step - resumed_at) * (plan.steps - step), 1),
                "false_negative_cosine": threshold,
            },
            now=step in (resumed_at + 1, plan.steps),
        )  # fmt: skip
        stop = (run.folder / "stop").exists()
        if stop or time.monotonic() - last_checkpoint > _SECONDS_BETWEEN_CHECKPOINTS:
            checkpoints.save(model, optimizer, step, seconds_before + seconds)
            last_checkpoint = time.monotonic()
        if stop and step < plan.steps:
            return "stopped"
    export(model, run.folder)
    return "succeeded"


def step_terms(
    model: student.TrainingStudent,
    config: RunConfig,
    batch: "Batch",
    vectors: list[Tensor] | None,
    false_negative_cosine: float | None,
) -> dict[str, Tensor]:
    """The method's terms for one batch. vectors: the teacher's (B, D) of images and of captions, in the order of the batch.

    Sentences without a picture have the sentence term only.
    """
    settings = config.training
    device = next(model.parameters()).device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        pooled = two_passes(model, batch)
        z1, z2 = model.contrast(pooled).chunk(2)
        if vectors is None or config.method == "simcse":
            margin = settings.sentence_margin_radians if config.method == "kdmcse" else 0.0
            return losses.simcse_terms(z1=z1, z2=z2, temperature=settings.temperature, margin_radians=margin)
        p1, p2 = model.project(pooled).chunk(2)
        image_vectors, caption_vectors = vectors
        v = torch.nn.functional.normalize(model.image(image_vectors), dim=-1)
        shared = dict(
            z1=z1, z2=z2, p1=p1, p2=p2, v=v, temperature=settings.temperature,
            cross_modal_temperature=settings.cross_modal_temperature, cross_modal_weight=settings.cross_modal_weight,
        )  # fmt: skip
        if config.method == "mcse":
            return losses.mcse_terms(**shared)
        return losses.kdmcse_terms(
            **shared,
            t=torch.nn.functional.normalize(model.caption(caption_vectors), dim=-1),
            teacher_image=image_vectors,
            teacher_caption=caption_vectors,
            sentence_margin_radians=settings.sentence_margin_radians,
            cross_modal_margin_radians=settings.cross_modal_margin_radians,
            false_negative_cosine=false_negative_cosine,
        )


@dataclass(frozen=True)
class Batch:
    """Tokens of B sentences, cut by length into parts, so that short ones are not padded to the longest."""

    parts: list[dict[str, Tensor]]
    place: Tensor
    """(B,) where each sentence of the batch stands among those of the parts"""

    @classmethod
    def of(cls, tokenizer, encoded: list[dict[str, list[int]]], device) -> "Batch":
        # A GPU wants one large product; a CPU gains more from less padding than it loses by smaller ones.
        count = 1 if torch.device(device).type == "cuda" else max(1, len(encoded) // _SENTENCES_IN_A_PART)
        order = np.argsort([len(sentence["input_ids"]) for sentence in encoded], kind="stable")
        parts = [
            tokenizer.pad([encoded[i] for i in part], return_tensors="pt") for part in np.array_split(order, count)
        ]
        place = torch.from_numpy(np.argsort(order)).to(device)
        return cls([{name: value.to(device) for name, value in part.items()} for part in parts], place)


def two_passes(model: student.TrainingStudent, batch: Batch) -> Tensor:
    """(2B, H) pooled: every sentence twice, with different dropout, the first passes before the second."""
    pooled = [model({name: torch.cat([value, value]) for name, value in part.items()}) for part in batch.parts]
    passes = torch.cat([rows.unflatten(0, (2, -1)) for rows in pooled], dim=1)
    return passes[:, batch.place].flatten(0, 1)


def false_negative_cosine(
    settings: TrainingConfig, features: teacher.TeacherFeatures | None, rows: np.ndarray
) -> float | None:
    """The filter's threshold for this data and teacher; None where there is no filter."""
    if features is None or settings.false_negative_cosine == "off":
        return None
    if settings.false_negative_cosine == AUTO:
        return round(features.false_negative_cosine(rows), 4)
    return settings.false_negative_cosine


@dataclass(frozen=True)
class Plan:
    """Which rows make which step: every epoch a new order, batches of pairs and of sentences mixed, fixed by the seed."""

    pairs: int
    texts: int
    settings: TrainingConfig
    seed: int

    def _sizes(self) -> dict[str, int]:
        """Full batches an epoch; what does not fill one is left for another epoch's order, unless it is all there is."""
        size = self.settings.batch_size
        return {kind: max(n // size, 1) if n >= 2 else 0 for kind, n in (("pairs", self.pairs), ("texts", self.texts))}

    @property
    def steps(self) -> int:
        return self.settings.epochs * sum(self._sizes().values())

    def batches(self, after: int = 0) -> Iterator[tuple[int, int, str, np.ndarray]]:
        """(step, epoch, `pairs` or `texts`, rows) from the step after `after`, both counted from 1."""
        step = 0
        for epoch in range(1, self.settings.epochs + 1):
            order = np.random.default_rng([self.seed, epoch])
            chosen = [
                (kind, rows)
                for kind, count in self._sizes().items()
                if count
                for rows in _cut(order.permutation(getattr(self, kind)), count, self.settings.batch_size)
            ]
            for index in order.permutation(len(chosen)):
                step += 1
                if step > after:
                    yield step, epoch, *chosen[index]

    def learning_rate(self, step: int) -> float:
        """Linear to the peak over the warm-up, then linear to zero."""
        warmup = max(1, round(self.steps * self.settings.warmup_share))
        share = step / warmup if step <= warmup else (self.steps - step + 1) / (self.steps - warmup + 1)
        return self.settings.learning_rate * share


class Checkpoints:
    """Weights, heads, optimizer and random state after a step, as safetensors; the newest readable one is gone on from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer, step: int, seconds: float) -> None:
        tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
        for name, parameter in model.named_parameters():
            for key, value in optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value
        tensors["random.cpu"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        tensors = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        metadata = {"step": str(step), "seconds": str(seconds)}
        write_file(self._folder / f"step-{step:08d}.safetensors", lambda path: save_file(tensors, path, metadata))
        for old in sorted(self._folder.glob("step-*.safetensors"))[:-_CHECKPOINTS_KEPT]:
            old.unlink()

    def restore(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, float]:
        """Put the newest readable checkpoint in place; its step and seconds, or (0, 0.0) when there is none."""
        for path in sorted(self._folder.glob("step-*.safetensors"), reverse=True):
            try:
                with safe_open(path, "pt") as file:
                    metadata = file.metadata()
                    tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            except Exception as error:  # a damaged file may fail in many ways; the one before is tried
                print(f"{path.name} cannot be read ({error}); trying the one before", flush=True)
                continue
            device = next(model.parameters()).device
            model.load_state_dict({n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")})
            for name, parameter in model.named_parameters():
                for key in ("step", "exp_avg", "exp_avg_sq"):
                    if (value := tensors.get(f"optimizer.{key}.{name}")) is not None:
                        optimizer.state[parameter][key] = value.to(device)
            torch.set_rng_state(tensors["random.cpu"])
            if "random.cuda" in tensors and torch.cuda.is_available():
                torch.cuda.set_rng_state(tensors["random.cuda"])
            print(f"going on after step {metadata['step']}", flush=True)
            return int(metadata["step"]), float(metadata["seconds"])
        return 0, 0.0


class Progress:
    """Appends one JSON line at a time; only the trainer of a run has one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = -math.inf

    def write(self, line: dict) -> None:
        self._last = time.monotonic()
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"time": round(time.time(), 2), **line}) + "\n")
        except OSError as error:
            raise_if_disk_full(error, self._path)
            raise

    def write_now_and_then(self, line: dict, *, now: bool) -> None:
        """At most two lines a second, but this one if it must be told `now`."""
        if now or time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self.write(line)


def export(model: student.TrainingStudent, folder: Path) -> None:
    """`student/` as a sentence-transformers folder, `heads.safetensors` beside it; checkpoints are not needed after that."""
    aside = folder / ".student"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        model.save_encoder(aside)
    except OSError as error:
        raise_if_disk_full(error, aside)
        raise
    write_file(
        folder / "heads.safetensors",
        lambda path: save_file({k: v.contiguous() for k, v in model.heads().items()}, path),
    )
    shutil.rmtree(folder / "student", ignore_errors=True)
    os.replace(aside, folder / "student")
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def _tokenize(tokenizer, sentences: list[str], max_length: int) -> list[dict[str, list[int]]]:
    if not sentences:
        return []
    encoded = tokenizer(sentences, truncation=True, max_length=max_length)
    names = [name for name in encoded if name in ("input_ids", "token_type_ids", "attention_mask")]
    return [{name: encoded[name][i] for name in names} for i in range(len(sentences))]


def _cut(rows: np.ndarray, count: int, size: int) -> list[np.ndarray]:
    return [rows[i * size : (i + 1) * size] for i in range(count)]


def _end(run: Run, status: str, started: float, error: Exception | None = None) -> None:
    if error is not None:
        import traceback

        traceback.print_exception(error)
        sys.stderr.flush()
    outcome = {
        "status": status,
        "error": None if error is None else _as_user_error(error).to_dict(),
        "seconds": round(time.monotonic() - started, 2),
        "device": student.best_device(),
    }
    write_json(run.folder / "outcome.json", outcome)


def _as_user_error(error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    if isinstance(error, torch.OutOfMemoryError):
        return UserError("out_of_memory", device="GPU", batch_size="–")
    return UserError("unexpected", reason=f"{type(error).__name__}: {error}"[:300])


def _device_lock() -> Path:
    """One lock a device and user, not a workspace: two workspaces share a GPU too."""
    folder = Path(os.environ.get("KDMCSE_LOCKS") or Path.home() / ".cache" / "kdmcse" / "locks")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{student.best_device()}.lock"


@contextmanager
def _printing_to(path: Path):
    """Everything this process prints, libraries included, goes to the end of the file."""
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    yield
    sys.stdout.flush()
    sys.stderr.flush()


def main(run_folder: str) -> None:
    """What a process started for a run does."""
    run = Run(Path(run_folder).resolve())
    with _printing_to(run.folder / "log.txt"):
        live(run)


if __name__ == "__main__":
    main(sys.argv[1])
