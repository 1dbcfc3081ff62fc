"""Build the sample proof of concept from nothing: `python sample_data/build.py [--out FOLDER]`.

Deterministic: fixed seeds, threads and time stamps. It writes all that README.md (the data card) lists, except the
card itself, and ends by printing what the untuned models can do. Those figures are reported; nothing is chosen by them.
"""

from __future__ import annotations

import argparse
import os
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from drawing import draw_image, jpeg
from tables import Pair, Tables, decisions_csv, make_tables, pairs_csv, stream, sts_csv, texts_txt

HERE = Path(__file__).resolve().parent
PROCESSES = 2
ZIP_TIME = (2024, 1, 1, 0, 0, 0)  # a fixed time, so that the archive depends on the images only

PRICES = """\
# Invented example prices for the decision "do two listings describe the same product?". Replace them by your own.
# Balanced on purpose, whatever the model: always saying yes costs as much as always saying no (0.80 * 300 = 0.20 * 1200).

currency = "JPY"         # all amounts below
false_match = 300        # JPY per pair wrongly merged: a clerk finds the mix-up and separates the listings
missed_match = 1200      # JPY per duplicate left in the catalogue: stock is split and one listing sells out too early
monthly_volume = 20000   # pairs of listings judged per month
base_rate = 0.20         # share of judged pairs that truly match (0 to 1)
"""

TRAINING = """\
# Settings of the sample proof of concept. They come from a published trial of this shape, not from tuning on the gold.

epochs = 12                        # passes over the training pairs
batch_size = 64                    # pairs per step
learning_rate = 5e-4               # peak step size of AdamW, per step
cross_modal_weight = 1.0           # weight of the image and caption terms against the sentence term, no unit
sentence_margin_radians = 0.15     # angular margin of the sentence term, radians
cross_modal_margin_radians = 0.15  # angular margin of the image and caption terms, radians
false_negative_cosine = 0.8        # teacher cosine above which a pair is no negative, no unit (-1 to 1)
texts = "mixed"                    # sentences without images, as published
"""


def image_bytes(pair: Pair) -> bytes:
    return jpeg(draw_image(pair.sentence.product, stream(pair.image)))


def write_images(pairs: list[Pair], path: Path) -> None:
    """One JPEG per pair; each image has its own random stream, so that their order does not matter."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        contents = pool.map(image_bytes, pairs, chunksize=50)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for pair, content in zip(pairs, contents, strict=True):
                entry = zipfile.ZipInfo(pair.image, ZIP_TIME)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)


def write_tables(tables: Tables, out: Path) -> None:
    (out / "pairs.csv").write_bytes(pairs_csv(tables))
    (out / "sts.csv").write_bytes(sts_csv(tables))
    (out / "decisions.csv").write_bytes(decisions_csv(tables))
    (out / "texts.txt").write_bytes(texts_txt(tables))
    (out / "prices.toml").write_text(PRICES, encoding="utf-8", newline="\n")
    (out / "training.toml").write_text(TRAINING, encoding="utf-8", newline="\n")


def report(model: str, figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"          {model}: {name}: {value:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the sample proof of concept.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into (default: the script's own)")
    out = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()

    def done(what: str) -> None:
        print(f"{time.perf_counter() - started:6.1f} s  {what}", flush=True)

    # Threads that wait must not spin: on a busy machine they would take the cores from one another.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    tables = make_tables()
    write_tables(tables, out)
    done("tables")
    write_images(tables.pairs, out / "images.zip")
    done("images")

    # Not before this line: the tables need no torch, and the worker processes above import this file again.
    from figures import student_figures, teacher_figures
    from models import train_student, train_teacher

    train_teacher(out / "teacher", tables.held_out)
    done("teacher")
    train_student(out / "student", tables.test_products, tables.held_out)
    done("student")
    report("teacher", teacher_figures(out / "teacher", out / "images.zip", tables))
    report("student", student_figures(out / "student", tables))
    done("measured")


if __name__ == "__main__":
    main()
