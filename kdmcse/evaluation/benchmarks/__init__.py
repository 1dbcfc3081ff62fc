"""Does it hold elsewhere too? What is measured beside the scores that carry the verdict, and decides nothing by itself.

    measured    a score, why it is missing, the rows it rests on; how they are kept and read
    geometry    how the sentence vectors lie in space
    transfer    classification, question to answer, duplicates
    own         these two with every evaluation, on the user's data
    public      public similarity tests, when asked for
    job         what was asked for, in the background: `python -m kdmcse.processes.benchmarks FOLDER`

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
