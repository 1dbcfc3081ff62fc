"""Does it hold elsewhere too? What is measured beside the scores that carry the verdict, and decides nothing by itself.

    domain      other uses and geometry on the user's data, with every evaluation
    transfer    classification, question to answer, duplicates
    geometry    how the sentence vectors lie in space
    public      public similarity tests, when asked for

A score, and why it is missing, is `kdmcse.evaluation.benchmark_scores`; the background job is `kdmcse.processes.benchmarks`.
Reading is light; sklearn, scipy, mteb and torch are imported only to measure.
"""

from kdmcse.evaluation.benchmark_scores import (
    Score,
    all_have,
    average,
    labels,
    probe_name,
    rows,
    score,
    scores,
)
from kdmcse.evaluation.benchmarks.domain import measure
from kdmcse.evaluation.benchmarks.public import BENCHMARKS, Benchmark, local_file, local_folder

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "Score",
    "all_have",
    "average",
    "labels",
    "local_file",
    "local_folder",
    "measure",
    "probe_name",
    "rows",
    "score",
    "scores",
]
