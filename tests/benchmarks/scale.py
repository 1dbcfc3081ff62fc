"""How the evaluation and the import grow: `python tests/benchmarks/scale.py`, about two minutes on two cores.

Retrieval among many held-out captions, caption to caption and caption to image, with made vectors; the import of many pairs and the
vectors that a teacher gave for them elsewhere. Each is done in a process of its own: seconds, seconds of the processor, peak memory
of the whole process.

n captions, H width of a vector.
"""

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd


def retrieval(n: int, width: int) -> Callable[[], str]:
    """Groups of five captions whose vectors are near each other, an image each."""
    from kdmcse.evaluation.retrieval import own_image, same_group, search

    chance = np.random.default_rng(0)
    group = np.arange(n) // 5
    captions, images = (
        _unit(chance.standard_normal((n // 5 + 1, width), dtype=np.float32)[group] + _noise(chance, n, width))
        for _ in range(2)
    )
    pairs = pd.DataFrame({"group": group.astype(str), "caption": np.arange(n).astype(str), "image": np.arange(n)})

    def work() -> str:
        to_caption = search(captions, captions, *same_group(pairs))
        shown, own = own_image(pairs)
        to_image = search(captions, images[shown], own)
        return f"{len(to_caption):,} captions asked, {len(to_image):,} images"

    return work


def importing(n: int, width: int) -> Callable[[], str]:
    """n pairs of different captions without images, and precomputed vectors of all of them."""
    from kdmcse import data
    from kdmcse.models import teacher_features
    from kdmcse.store.workspace import Workspace

    folder = tempfile.TemporaryDirectory()
    place, chance = Path(folder.name), np.random.default_rng(0)
    words = ["".join(map(chr, chance.integers(97, 123, chance.integers(3, 9)))) for _ in range(3_000)]
    names = [f"{i}.jpg" for i in range(n)]
    captions = [" ".join(words[i] for i in drawn) for drawn in chance.zipf(1.3, (n, 12)) % len(words)]
    with (place / "pairs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "caption"), *zip(names, captions, strict=True)])
    contents = [*names, *dict.fromkeys(captions)]
    np.save(place / "teacher.npy", chance.standard_normal((len(contents), width), dtype=np.float32))
    (place / "teacher.ids.txt").write_text("\n".join(contents) + "\n")

    def work() -> str:
        workspace, teacher = Workspace(place / "workspace"), str(place / "teacher.npy")
        began = time.perf_counter()
        dataset = data.import_dataset(workspace, name="many", pairs=place / "pairs.csv")
        imported = time.perf_counter() - began
        features = teacher_features.embed(workspace, teacher, dataset)
        folder.cleanup()
        return f"{len(dataset.pairs):,} pairs in {imported:.1f} s, then {features.forward_images + features.forward_texts:,} vectors taken over"

    return work


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _noise(chance: np.random.Generator, n: int, width: int) -> np.ndarray:
    return 0.7 * chance.standard_normal((n, width), dtype=np.float32)


WORK = {"retrieval": (retrieval, 50_000, 384), "import": (importing, 200_000, 512)}


def measured(name: str, n: int) -> str:
    make, _, width = WORK[name]
    work = make(n, width)
    began, busy = time.perf_counter(), time.process_time()
    said = work()
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return f"{name} of {n:,}: {seconds:.1f} s, {busy:.1f} s of the processor, peak {peak:.2f} GB: {said}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", choices=WORK, nargs="+", default=list(WORK))
    options.add_argument("--share", type=float, default=1.0, help="of the full size, for a quick look")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    for name in given.only:
        for _ in range(given.rounds):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                print(process.submit(measured, name, round(given.share * WORK[name][1])).result(), flush=True)


if __name__ == "__main__":
    main()
