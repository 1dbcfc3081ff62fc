"""Checkpoints of a training: written whole or not at all, checked when read. Knows no training loop: tensors and facts in, the same out.

    step-00000012/  state.safetensors, manifest.json (step, facts, size and sha256 of each file, sha256 of all the rest)

A damaged checkpoint is one that differs in any byte from what was written; the one before it is used then.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from kdmcse.errors import UserError
from kdmcse.store.files import make_folder, raise_if_disk_full, remove_folder, sha256_of, sweep, write_folder

POINTS = (
    "before write",
    "mid write",
    "before fsync",
    "before rename",
    "before folder fsync",
    "before retention",
    "mid retention",
)
"""The named points of a save, in order."""

_VERSION = 1
_STATE, _MANIFEST = "state.safetensors", "manifest.json"
_KINDS = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
"""What safetensors calls the types of number."""


def _reached(point: str) -> None:
    """Does nothing; a test puts its own here, to end the process at one of `POINTS`."""


@dataclass(frozen=True)
class Checkpoint:
    """One that was found whole."""

    folder: Path
    step: int
    facts: dict[str, Any]

    def tensors(self) -> dict[str, Tensor]:
        """By name, on the CPU. Read from the file as they are used: take what you keep before the checkpoint is removed."""
        return load_file(self.folder / _STATE)


class Checkpoints:
    """The checkpoints in one folder, which is made if it is not there. One process saves, any may read.

    The `kept` newest stay, and the one with the highest `dev_score` among its facts.
    """

    def __init__(self, folder: Path, *, kept: int = 2) -> None:
        self.folder, self.kept = folder, kept
        self._damaged: set[str] = set()  # names of those that were found so: they do not count as kept
        try:
            make_folder(folder)
        except OSError as error:
            raise_if_disk_full(error, folder)
            raise

    def save(self, step: int, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Keep `tensors` and `facts` (what JSON knows) as the checkpoint of `step`, then remove those that need not be kept.

        UserError `weights_not_finite` when a tensor holds NaN or infinity, `disk_full` when there is no room; those saved before are
        left as they are.
        """
        facts = json.loads(json.dumps(facts, allow_nan=False))
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        if not all(map(_is_finite, tensors.values())):
            raise UserError("weights_not_finite", step=step)

        def fill(temporary: Path) -> None:
            _reached("before write")
            written = _write_state(temporary / _STATE, tensors)
            manifest = {"version": _VERSION, "step": step, "facts": facts, "files": {_STATE: written}}
            (temporary / _MANIFEST).write_bytes(_as_written(manifest | {"digest": _digest(manifest)}))

        write_folder(self.folder / _name(step), fill, reached=lambda point: _reached(point))
        self._damaged.discard(_name(step))
        _reached("before retention")
        self._remove_old(step)

    def newest(self) -> Checkpoint | None:
        """The newest that is whole; damaged ones are reported on stdout. None where there is none."""
        return self._first_whole(self._steps()[::-1])

    def best(self) -> Checkpoint | None:
        """The one with the highest dev score among those that are whole, the earliest of equals. None where none has a score."""
        return self._first_whole(self._by_score())

    def sweep(self) -> None:
        """Delete what a killed save left. Only for the one process that saves here."""
        sweep(self.folder)

    def _steps(self) -> list[int]:
        named = (re.fullmatch(r"step-(\d{8,})", path.name) for path in self.folder.iterdir())
        return sorted(int(found[1]) for found in named if found and _name(int(found[1])) == found[0])

    def _first_whole(self, steps: list[int]) -> Checkpoint | None:
        for left, step in zip(reversed(range(len(steps))), steps, strict=True):
            folder = self.folder / _name(step)
            try:
                manifest = _read_manifest(folder)
                _verify(folder, manifest)
            except _Damaged as damage:
                self._damaged.add(folder.name)
                instead = "the one before is used" if left else "there is none before it"
                print(f"{folder.name} is damaged ({damage}); {instead}", flush=True)
            else:
                return Checkpoint(folder, step, manifest["facts"])
        return None

    def _by_score(self) -> list[int]:
        """Steps whose manifests tell a dev score, the best first. Their tensors are not looked at."""
        scores = {}
        for step in self._steps():
            try:
                score = _read_manifest(self.folder / _name(step))["facts"].get("dev_score")
            except _Damaged:
                continue
            if score is not None:
                scores[step] = score
        return sorted(scores, key=lambda step: (-scores[step], step))

    def _remove_old(self, saved: int) -> None:
        whole = [step for step in self._steps() if _name(step) not in self._damaged]
        best = next((step for step in self._by_score() if step in whole), None)
        keep = {saved, best, *whole[-self.kept :]}
        for step in self._steps():
            if step not in keep:
                remove_folder(self.folder / _name(step), all_of_it=False, reached=lambda: _reached("mid retention"))


def capture(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Every weight as "model.<name>" and every tensor the optimizer remembers as "optimizer.<key>.<name>".

    On the CPU they are the weights themselves, not copies: save them before the next step.
    """
    tensors = {f"model.{name}": value.detach() for name, value in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{key}.{name}"] = value.detach()
    return tensors


def put_back(tensors: Mapping[str, Tensor], model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Copy what `capture` took into a model and its optimizer, on whatever device they are.

    UserError `checkpoint_of_another_model` when a name, shape or type of number differs; nothing is changed then.
    """
    weights, remembered = {}, {}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "model":
            weights[rest] = tensor
        else:
            key, _, parameter = rest.partition(".")
            remembered.setdefault(parameter, {})[key] = tensor.clone()  # the file may be gone before the optimizer is
    parameters = dict(model.named_parameters())
    alike = _forms(weights) == _forms(model.state_dict()) and all(
        name in parameters and all(value.shape in ((), parameters[name].shape) for value in values.values())
        for name, values in remembered.items()
    )
    if not alike:
        raise UserError("checkpoint_of_another_model")
    model.load_state_dict(weights)
    asked = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    numbers = {id(parameter): number for number, parameter in enumerate(asked)}
    state = {numbers[id(parameters[name])]: values for name, values in remembered.items()}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


class _Damaged(Exception):
    """What is wrong with a checkpoint, in a few words."""


def _name(step: int) -> str:
    return f"step-{step:08d}"


def _write_state(path: Path, tensors: Mapping[str, Tensor]) -> dict:
    """Write a safetensors file; its size and sha256.

    Hashed by a thread while it is written, which the library's own writer cannot do: one after the other takes twice the time.
    """
    header, end = {}, 0
    ordered = sorted(
        tensors, key=lambda name: (-tensors[name].itemsize, name)
    )  # so that each is aligned when it is mapped
    for name in ordered:
        start, end = end, end + tensors[name].nbytes
        form = {"dtype": _KINDS[tensors[name].dtype], "shape": list(tensors[name].shape)}
        header[name] = form | {"data_offsets": [start, end]}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    parts = [len(head).to_bytes(8, "little"), head]
    parts += [tensors[name].reshape(-1).view(torch.uint8).numpy() for name in ordered]
    digest = hashlib.sha256()
    with path.open("wb") as file, ThreadPoolExecutor(1) as thread:
        hashed = thread.submit(lambda: [digest.update(part) for part in parts])
        for number, part in enumerate(parts):
            if number == (len(parts) + 1) // 2:
                _reached("mid write")
            file.write(part)
        hashed.result()
    return {"bytes": 8 + len(head) + end, "sha256": digest.hexdigest()}


def _read_manifest(folder: Path) -> dict:
    """The manifest of the checkpoint in `folder`, as it was written; raises _Damaged."""
    try:
        content = (folder / _MANIFEST).read_bytes()
        manifest = json.loads(content)
        version = manifest["version"]
        if type(version) is int and version > _VERSION:
            raise _Damaged(f"written by a newer version, {version}")
        rest = {name: value for name, value in manifest.items() if name != "digest"}
        # Byte for byte, for a changed space or escape would read the same.
        whole = version == _VERSION and manifest["digest"] == _digest(rest) and content == _as_written(manifest)
    except FileNotFoundError:
        raise _Damaged(f"{_MANIFEST} is missing") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Damaged(f"{_MANIFEST} cannot be read: {type(error).__name__}") from error
    if not whole:
        raise _Damaged(f"{_MANIFEST} was changed")
    if folder.name != _name(manifest["step"]):
        raise _Damaged(f"it is of step {manifest['step']}")
    return manifest


def _verify(folder: Path, manifest: dict) -> None:
    """Compare each file with what the manifest says of it; raises _Damaged."""
    for name, known in manifest["files"].items():
        try:
            size = (folder / name).stat().st_size
            if size != known["bytes"]:
                raise _Damaged(f"{name} has {size} bytes instead of {known['bytes']}")
            if sha256_of(folder / name) != known["sha256"]:
                raise _Damaged(f"{name} was changed")
        except FileNotFoundError:
            raise _Damaged(f"{name} is missing") from None
        except OSError as error:
            raise _Damaged(f"{name} cannot be read: {error.strerror}") from error


def _as_written(manifest: dict) -> bytes:
    return (json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _digest(value: dict) -> str:
    canonical = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _is_finite(tensor: Tensor) -> bool:
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    return bool(torch.stack(tensor.aminmax()).isfinite().all())  # a quarter of the time that isfinite takes


def _forms(tensors: Mapping[str, Tensor]) -> dict[str, tuple]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
