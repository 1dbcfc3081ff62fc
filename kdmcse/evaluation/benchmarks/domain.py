"""The benchmarks on the user's own data: measured with every evaluation, or later for one that has none. Light to import."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kdmcse.errors import UserError
from kdmcse.evaluation.benchmark_scores import keep, labels, scores
from kdmcse.evaluation.benchmarks import geometry, transfer
from kdmcse.evaluation.encoder import Encoder
from kdmcse.metrics import LABEL

if TYPE_CHECKING:
    from kdmcse.data import PairDataset
    from kdmcse.engine.runs import Run


def measure(
    encode: Encoder,
    dataset: "PairDataset",
    folder: Path,
    *,
    embeddings: np.ndarray,
    decisions: pd.DataFrame | None,
    label: str = LABEL,
) -> None:
    """Measure what is cheap and keep it in an evaluation's folder.

    embeddings (n, H): of the held-out pairs. decisions: `row`, `match`, `cosine` of the held-out decisions, or None.
    """
    pairs = dataset.pairs.assign(words=dataset.words)
    keep(
        folder,
        [
            *geometry.measure(embeddings, pairs[pairs["held_out"]]),
            transfer.probe(encode, pairs, label),
            *transfer.faq(encode, dataset.faq),
            transfer.duplicates(decisions),
        ],
    )


def measure_run(encode: Encoder, run: "Run", label: str = LABEL) -> None:
    """The same for a run that was evaluated before: what it has not been measured by yet. UserError where it was not evaluated."""
    from kdmcse.data import open_dataset
    from kdmcse.evaluation.evaluation import read_embeddings, read_evaluation

    evaluation = read_evaluation(run)
    if evaluation is None:
        raise UserError("yardsticks_need_evaluation", run=run.id)
    dataset = open_dataset(run.workspace, run.config.dataset)
    if "alignment" not in scores(evaluation):
        measure(
            encode,
            dataset,
            evaluation.folder,
            embeddings=read_embeddings(evaluation),
            decisions=evaluation.decisions,
        )
    if label not in labels(evaluation):
        keep(evaluation.folder, [transfer.probe(encode, dataset.pairs, label)])


def is_measured(evaluation, label: str = LABEL) -> bool:
    """Whether `measure_run` would find nothing to do."""
    return "alignment" in scores(evaluation) and label in labels(evaluation)
