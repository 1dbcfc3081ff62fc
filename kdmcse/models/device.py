"""Where tensors live: a GPU where there is one, which numbers it is fast with, and one lock a device, so that trainings take turns."""

import functools
import os
import time
from pathlib import Path

from kdmcse.config import AUTO

PRECISIONS = ("float32", "bfloat16")
_PRODUCT = 768
_TURNS = 7
_WORTH = 1.5
_HOPELESS = 10.0
"""How many times as long every product in bfloat16 may take before no third turn is spent on it: without AVX-512 one takes most of a second."""


def best_device() -> str:
    """`cuda` where there is one, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def precision(asked: str, device: str) -> str:
    """`float32` or `bfloat16`, as asked; for `auto` what `faster_precision` says of the device (`cpu` or `cuda`)."""
    return faster_precision(device) if asked == AUTO else asked


@functools.cache
def faster_precision(device: str) -> str:
    """`bfloat16` where this device multiplies matrices at least `_WORTH` times as fast in it, else `float32`.

    The best of several products in turns, once a process. Processors either have instructions for it (4 times as fast) or have not (a third to a
    hundredth as fast): nothing lies near the limit, so that noise decides nothing.
    """
    import torch

    tables = {name: torch.ones(_PRODUCT, _PRODUCT, dtype=getattr(torch, name), device=device) for name in PRECISIONS}

    def seconds(name: str) -> float:
        started = time.perf_counter()
        (tables[name] @ tables[name])[0, 0].item()  # waits for a GPU
        return time.perf_counter() - started

    single, half = [], []
    for turn in range(_TURNS):
        single.append(seconds("float32"))
        half.append(seconds("bfloat16"))
        if turn and min(half) > _HOPELESS * max(single):  # twice: a product may be held up once
            break
    return "bfloat16" if min(single) >= _WORTH * min(half) else "float32"


def device_lock() -> Path:
    """One lock a device and user, not a workspace: two workspaces share a GPU too."""
    folder = Path(os.environ.get("KDMCSE_LOCKS") or Path.home() / ".cache" / "kdmcse" / "locks")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{best_device()}.lock"
