"""What was measured for one run, read from its folder. Measures nothing: pandas and numpy are all that it needs.

runs/<id>/evaluation/  scores.json, sts.parquet, decisions.parquet, retrieval.parquet, embeddings.npy, yardsticks.json, yardsticks.parquet
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.store.files import read_json


@dataclass(frozen=True)
class Evaluation:
    """What was measured for one run, read from its folder."""

    folder: Path

    @cached_property
    def scores(self) -> dict[str, dict[str, Any] | None]:
        """`sts`, `caption_to_caption`, `caption_to_image`; None where there was nothing to measure on or with."""
        return read_json(self.folder / "scores.json")

    @cached_property
    def sts(self) -> pd.DataFrame | None:
        """row (of the dataset's STS pairs), gold (0 to 5), cosine"""
        return self._table("sts")

    @cached_property
    def decisions(self) -> pd.DataFrame | None:
        """row (of the dataset's decisions), match, segment, cosine"""
        return self._table("decisions")

    @cached_property
    def retrieval(self) -> pd.DataFrame | None:
        """direction, pair (the query), rank (of the first hit, from 1), and the measures of each query"""
        return self._table("retrieval")

    @property
    def embeddings(self) -> np.ndarray:
        """(held-out pairs, H) float32, unit length, in the order of `dataset.pairs[held_out]`."""
        return np.load(self.folder / "embeddings.npy")

    def _table(self, name: str) -> pd.DataFrame | None:
        path = self.folder / f"{name}.parquet"
        return pd.read_parquet(path) if path.exists() else None


def read_evaluation(run: Run) -> Evaluation | None:
    """None as long as the run was not evaluated."""
    folder = run.folder / "evaluation"
    return Evaluation(folder) if (folder / "scores.json").exists() else None


def evaluation_failure(run: Run) -> UserError | None:
    """Why the evaluation of a run failed, if it did."""
    failure = read_json(run.folder / "evaluation" / "failure.json")
    return UserError.from_dict(failure) if failure else None
