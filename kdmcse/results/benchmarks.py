"""What the benchmarks measured, by method. Measures nothing."""

from kdmcse.evaluation.benchmark_scores import Score, scores
from kdmcse.results.results import Poc


def by_method(poc: Poc) -> dict[str, list[dict[str, Score]]]:
    """Method -> the benchmark scores of each of its runs that was evaluated, in the order of `poc.methods`."""
    return {
        method: [
            scores(poc.evaluations[run.id])
            for run in poc.compared
            if run.config.method == method and run.id in poc.evaluations
        ]
        for method in poc.methods
    }
