"""What calibration makes of a real teacher: how much margins vary and what filters leave out, in the batches that training sees.

    python tests/benchmarks/calibration.py ../shared/coco

DIR holds pairs.csv (image, caption, split) and teacher.parquet (content, vector). Of the training pairs, with batches of 64 of 20 rounds.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.config import TrainingConfig
from kdmcse.models import calibration
from kdmcse.training.batches import Rows, nearest
from kdmcse.training.schedule import PAIRS, Schedule

MARGIN = TrainingConfig().cross_modal_margin_radians
ROUNDS = 20


def vectors(folder: Path) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Images, captions (n, D) and rows of the training pairs."""
    pairs = pd.read_csv(folder / "pairs.csv", dtype=str, keep_default_na=False)
    pairs = pairs[pairs["split"] == "train"].reset_index(drop=True)
    teacher = pd.read_parquet(folder / "teacher.parquet").set_index("content")["vector"]
    return *(np.stack(teacher.loc[pairs[side]]) for side in ("image", "caption")), pairs


def facts(images: np.ndarray, captions: np.ndarray, pairs: pd.DataFrame) -> pd.DataFrame:
    """By teacher (as published, calibrated) and batches: the margins of captions and images, and what filters leave out."""
    rows = []
    means = calibration.mean_direction(images), calibration.mean_direction(captions)
    for teacher in ("published", "calibrated"):
        if teacher == "calibrated":
            images, captions = (calibration.centred(x, mean) for x, mean in zip((images, captions), means, strict=True))
        found = calibration.Cosines.of(images, captions)
        unit = calibration.unit(images), calibration.unit(captions)
        for batches in ("random", "distinct", "dense"):
            near = nearest(captions, images, share=TrainingConfig().hard_negative_share)
            known = {PAIRS: Rows.of(pairs["caption"], pairs["image"], range(len(pairs)), nearest=near)}
            settings = TrainingConfig(epochs=ROUNDS, batches=batches)
            seen = [step.rows for step in Schedule(len(pairs), 0, settings, 0, rows=known).batches()]
            inside = {"images": [], "captions": [], "across": []}
            for step in seen:
                apart = ~np.eye(len(step), dtype=bool)
                i, c = (x[step] for x in unit)
                inside["images"].append((i @ i.T)[apart])
                inside["captions"].append((c @ c.T)[apart])
                inside["across"].append((c @ i.T)[apart])
            cosines = {name: np.concatenate(parts) for name, parts in inside.items()}
            fact = {"teacher": teacher, "batches": batches}
            for side in ("images", "captions"):
                adaptation = 1 - cosines[side]
                if teacher == "calibrated":
                    adaptation = calibration.share_above(getattr(found, side), cosines[side])
                fact |= {f"{side}_margin": MARGIN * adaptation.mean(), f"{side}_sd": MARGIN * adaptation.std()}
            for name, threshold in (
                ("above_median_true", np.median(found.true)),
                ("null_05", found.null_threshold(0.05)),
                ("null_20", found.null_threshold(0.2)),
            ):
                fact[name] = float((cosines["across"] > threshold).mean())
            rows.append(fact)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    print(facts(*vectors(Path(sys.argv[1]))).round(4).to_string(index=False))
