"""What was measured for one run, read from its folder. Measures nothing: pandas and numpy are all that it needs.

    runs/<id>/evaluation/  scores.json, sts.parquet, decisions.parquet, retrieval.parquet, found_images.parquet, embeddings.npy,
                           yardsticks.json, yardsticks.parquet

H sentence width.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.store.files import read_json, read_table


@dataclass(frozen=True)
class Evaluation:
    """The scores of an encoder on held-out data, and the rows that they rest on."""

    folder: Path
    scores: Mapping[str, Mapping[str, Any] | None]
    """`sts`, `caption_to_caption`, `caption_to_image`; None where there was nothing to measure on or with"""
    sts: pd.DataFrame | None = field(repr=False)
    """row (of the dataset's STS pairs), gold (0 to 5), cosine"""
    decisions: pd.DataFrame | None = field(repr=False)
    """row (of the dataset's decisions), match, segment, cosine"""
    retrieval: pd.DataFrame | None = field(repr=False)
    """direction, pair (the query), rank (of the first hit, from 1), and the measures of each query"""


def load_evaluation(folder: Path) -> Evaluation | None:
    """None as long as nothing was measured: `scores.json` is written last."""
    scores = read_json(folder / "scores.json")
    if scores is None:
        return None
    tables = {name: read_table(folder / f"{name}.parquet") for name in ("sts", "decisions", "retrieval")}
    return Evaluation(folder, scores, **tables)


def read_evaluation(run: Run) -> Evaluation | None:
    """None as long as the run was not evaluated."""
    return load_evaluation(run.folder / "evaluation")


def is_evaluated(run: Run) -> bool:
    """Whether the run has an evaluation; cheaper than to read it."""
    return read_json(run.folder / "evaluation" / "scores.json") is not None


def read_embeddings(evaluation: Evaluation) -> np.ndarray:
    """(held-out pairs, H) float32, unit length, in the order of `dataset.pairs[held_out]`."""
    return np.load(evaluation.folder / "embeddings.npy")


def read_found_images(evaluation: Evaluation) -> pd.DataFrame | None:
    """pair (the query), found_1 and so on (pairs whose image was found first, -1 where there are no more); None where none were searched, or by a
    version that did not keep them."""
    return read_table(evaluation.folder / "found_images.parquet")


def evaluation_failure(run: Run) -> UserError | None:
    """Why the evaluation of a run failed, if it did."""
    failure = read_json(run.folder / "evaluation" / "failure.json")
    return UserError.from_dict(failure) if failure else None
