"""Similarity of sentence pairs against what people said, by mteb; mteb is imported only to measure."""

import logging
import math
from typing import Any

import pandas as pd

from kdmcse.evaluation.encoder import MtebEncoder, Vectors


def similarity_scores(vectors: Vectors, sts: pd.DataFrame, name: str) -> dict[str, float | None]:
    """Spearman and Pearson of cosine against gold, by mteb. None where they are undefined (fewer than two pairs, a constant)."""
    if len(sts) < 2 or sts["score"].nunique() < 2:
        return {"spearman": None, "pearson": None}
    import mteb
    from datasets import Dataset, DatasetDict
    from mteb.abstasks.sts import AbsTaskSTS
    from mteb.abstasks.task_metadata import TaskMetadata

    rows = {column: sts[column].tolist() for column in ("sentence1", "sentence2", "score")}

    class InDomainSTS(AbsTaskSTS):
        metadata = TaskMetadata(
            name="InDomainSTS",
            description="Similarity judgements of the user's own domain",
            dataset={"path": "local/in-domain-sts", "revision": "local"},
            type="STS",
            category="t2t",
            modalities=["text"],
            eval_splits=["test"],
            eval_langs=["eng-Latn"],
            main_score="cosine_spearman",
            is_public=False,
        )

        def load_data(self, num_proc: int | None = None, **kwargs: Any) -> None:
            self.dataset = {"default": DatasetDict(test=Dataset.from_dict(rows))}
            self.data_loaded = True

    logging.getLogger("mteb").setLevel(logging.ERROR)
    result = mteb.evaluate(
        MtebEncoder(vectors, name), InDomainSTS(), cache=None, co2_tracker=False, show_progress_bar=False
    )
    scores = result.task_results[0].scores["test"][0]
    return {measure: _or_none(scores[f"cosine_{measure}"]) for measure in ("spearman", "pearson")}


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
