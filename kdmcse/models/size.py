"""How large a model is, and how fast it may be trained on this processor: read from the headers of its weights. Nothing is loaded."""

import json
import math
import os
import re
import struct
from pathlib import Path

from kdmcse.models import references

_WEIGHTS = "model.safetensors"
_ASIDE = re.compile("embed|pooler")
_WORK_OF_A_CORE = (0.1e9, 2e9)
"""Sentences a second times numbers of `passed_through`, at least and at most. Of all-MiniLM-L6-v2 (10.6 million) two cores without AVX-512 train
25 to 60 sentences a second, two that compute in bfloat16 190, and shorter ones in proportion."""
_MOST = 2_000
"""sentences a second: what a step needs beside its products"""


def training_pace(ref: str) -> tuple[float, float] | None:
    """Sentences a second of a training of this student on this processor, at least and at most; None where its weights are not here, where
    their size does not tell, or where there is a GPU, of which neither does."""
    numbers = passed_through(ref)
    if not numbers or Path("/dev/nvidia0").exists():
        return None
    slow, quick = (work * (os.cpu_count() or 1) / numbers for work in _WORK_OF_A_CORE)
    return min(slow, _MOST / 4), min(quick, _MOST)


def passed_through(ref: str) -> int | None:
    """How many numbers a token passes through: those of every matrix but the tables that are looked up. None where no weights are here."""
    folder = references.local_path(ref)
    if folder is None:
        files = [file for name in (_WEIGHTS, f"0_Transformer/{_WEIGHTS}") if (file := references.cached(ref, name))]
    else:
        files = sorted(folder.glob("*.safetensors")) + sorted(folder.glob("*/*.safetensors"))
    try:
        shapes = {name: shape for file in files for name, shape in _shapes(file).items()}
    except (OSError, ValueError, struct.error):
        return None
    return (
        sum(math.prod(shape) for name, shape in shapes.items() if len(shape) == 2 and not _ASIDE.search(name)) or None
    )


def _shapes(file: Path) -> dict[str, list[int]]:
    """Of the tensors in a safetensors file: eight bytes say how long the JSON is that says so."""
    with open(file, "rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8))
        header = json.loads(opened.read(min(length, 2**26)))
    return {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}
