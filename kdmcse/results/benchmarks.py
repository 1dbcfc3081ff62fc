"""What the benchmarks measured, by method: of every run, over the runs of a method, and over the public tests. Measures nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from kdmcse.evaluation.benchmark_scores import Score, average, scores
from kdmcse.results.results import Results

RunScores = Mapping[str, Score]
"""The benchmark scores of one run, by name."""


@dataclass(frozen=True)
class OverTrainings:
    """A score over the trainings of a method: their mean, the lowest and the highest."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "OverTrainings | None":
        """values: one a training; None without any."""
        return cls(fmean(values), min(values), max(values)) if values else None


@dataclass(frozen=True)
class PublicAverage:
    """The mean of public tests."""

    score: OverTrainings | None
    """None where no test has a score"""
    tests: int
    """whose mean it is"""


def by_method(results: Results) -> dict[str, list[dict[str, Score]]]:
    """Method -> the benchmark scores of each of its measured runs, in the order of `results.methods`."""
    return {method: [scores(run.evaluation) for run in results.of_method(method)] for method in results.methods}


def over_trainings(runs: Sequence[RunScores], name: str) -> OverTrainings | None:
    """A score over those runs of a method that have it."""
    return OverTrainings.of([run[name].value for run in runs if name in run and run[name].value is not None])


def public_average(runs: Sequence[RunScores]) -> PublicAverage:
    """Over those of `runs`, at least one, that were measured by the most tests: averages of fewer cannot be compared with theirs."""
    averages = [average(run) for run in runs]
    most = max(tests for _, tests in averages)
    return PublicAverage(
        OverTrainings.of([value for value, tests in averages if tests == most and value is not None]), most
    )
