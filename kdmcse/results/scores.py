"""One row a measured run: its scores, and the rows they rest on."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kdmcse.data import PairDataset
from kdmcse.metrics import JUDGED, RETRIEVAL, SCORES
from kdmcse.results.results import EvaluatedRun
from kdmcse.results.rows import metric_rows, statistic
from kdmcse.stats import typical

SIZES = {"sts": "pairs"} | dict.fromkeys(RETRIEVAL, "queries")
"""Task -> what its scores rest on."""


def middle_run(runs: Sequence[EvaluatedRun], scores: pd.DataFrame, metric: str) -> EvaluatedRun:
    """Which of several trainings of a method stands for all: the one in the middle by this score, never the best. scores: as `score_table`."""
    by_run = scores.set_index("run")[metric]
    return typical(runs, lambda run: float(by_run[run.id]))


def score_table(runs: Sequence[EvaluatedRun], dataset: PairDataset, judged: pd.DataFrame | None = None) -> pd.DataFrame:
    """run, method, seed, share (of the data), the `metrics.SCORES` and the one of `judged`, sts_pairs, caption_to_caption_queries,
    caption_to_image_queries, seconds. What is missing is NaN."""
    rows = []
    for run in runs:
        measured = run.evaluation.scores
        row = {"run": run.id, "method": run.config.method, "seed": run.config.seed}
        row["share"] = run.config.training.data_share
        row |= {metric.name: (measured.get(metric.task) or {}).get(metric.measure) for metric in SCORES}
        row[JUDGED.name] = _judged_score(run, dataset, judged)
        row |= {f"{task}_{size}": (measured.get(task) or {}).get(size) for task, size in SIZES.items()}
        row["seconds"] = run.seconds
        rows.append(row)
    numbers = [
        "share",
        *(metric.name for metric in (*SCORES, JUDGED)),
        *(f"{t}_{s}" for t, s in SIZES.items()),
        "seconds",
    ]
    table = pd.DataFrame(rows, columns=["run", "method", "seed", *numbers])
    table[numbers] = table[numbers].astype(float)
    return table


def seed_values(table: pd.DataFrame, method: str, column: str) -> list[float]:
    """A column of `score_table` for a method, by seed; runs without such a score are left out."""
    return table.loc[table["method"] == method, column].dropna().tolist()


def _judged_score(run: EvaluatedRun, dataset: PairDataset, judged: pd.DataFrame | None) -> float | None:
    rows = metric_rows(JUDGED.name, run.evaluation, dataset, judged)
    if rows is None or not len(rows):
        return None
    scorer = statistic(JUDGED.name, rows["gold"].to_numpy(float)).scorer(rows["value"].to_numpy(float)[None])
    value = float(scorer(np.ones((1, len(rows))))[0, 0])
    return value if math.isfinite(value) else None
