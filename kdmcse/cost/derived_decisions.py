"""Decisions made from similarity scores, for want of real ones: a score from a stated cut on is a match. Marked wherever they are used.

Which scores deserve to be called a match is the analyst's word, so the cut is kept per dataset like the prices.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from kdmcse.errors import UserError
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace
from kdmcse.validation import within

HIGHEST = 5
"""Scores lie between 0 and this."""


def derive(judged: pd.DataFrame, match_score: float) -> pd.DataFrame:
    """row, text_a, text_b, match, derived_at (the cut), and group where the judgements have one. judged: row, sentence1, sentence2, score (0 to 5).

    UserError `no_scores` where there are no judgements, `setting_out_of_range` for a cut outside 0 to 5.
    """
    within("match_score", match_score, ge=0, le=HIGHEST)
    if not len(judged):
        raise UserError("no_scores")
    texts = judged.rename(columns={"sentence1": "text_a", "sentence2": "text_b"})
    kept = [name for name in ("row", "text_a", "text_b", "group") if name in texts]
    return texts[kept].assign(match=judged["score"] >= match_score, derived_at=float(match_score))


def derive_for(models: Mapping[str, pd.DataFrame], judged: pd.DataFrame, match_score: float) -> dict[str, pd.DataFrame]:
    """Name -> row and cosine of each judged pair, to name -> derived decisions with that model's cosines."""
    decisions = derive(judged, match_score)
    return {name: table[["row", "cosine"]].merge(decisions, on="row") for name, table in models.items()}


def read_match_score(workspace: Workspace, dataset_id: str) -> float | None:
    """The cut that was entered for this dataset, or None."""
    return (read_json(_path(workspace, dataset_id)) or {}).get("match_score")


def write_match_score(workspace: Workspace, dataset_id: str, match_score: float | None) -> None:
    """Keep the cut for this dataset; None: decisions are no longer derived. UserError for one outside 0 to 5."""
    if match_score is not None:
        within("match_score", match_score, ge=0, le=HIGHEST)
    write_json(_path(workspace, dataset_id), {"match_score": match_score})


def _path(workspace: Workspace, dataset_id: str) -> Path:
    if Path(dataset_id).name != dataset_id:
        raise ValueError(f"not a dataset id: {dataset_id!r}")
    return workspace.prices / f"{dataset_id}.derived.json"
