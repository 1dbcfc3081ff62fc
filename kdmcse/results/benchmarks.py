"""What the benchmarks measured, by method. Measures nothing."""

from kdmcse.evaluation.benchmark_scores import Score, scores
from kdmcse.results.results import Results


def by_method(results: Results) -> dict[str, list[dict[str, Score]]]:
    """Method -> the benchmark scores of each of its measured runs, in the order of `results.methods`."""
    return {method: [scores(run.evaluation) for run in results.of_method(method)] for method in results.methods}
