"""What evaluations say, with intervals: the rows of every method on a metric, and what `stats` makes of them. Measures nothing itself.

    workspace/evidence/<digest>.json

An answer is kept under the digest of all that it follows from (the rows themselves), so it is never out of date and computed once.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from kdmcse import metrics, stats
from kdmcse.config import BASELINE
from kdmcse.evaluation.evaluation import Evaluation
from kdmcse.results.results import Results
from kdmcse.results.rows import SeedScores, metric_rows, statistic
from kdmcse.store.files import read_json, write_json
from kdmcse.store.frozen import is_frozen
from kdmcse.store.reads import Remembered

T = TypeVar("T")
KEPT = 256
"""Benchmarks of methods whose rows are kept in memory: about as many as there are."""
VERSION = 5
"""Of the statistics: what another version found is not used."""


class Intervals:
    """Scores of methods with their intervals, and one method against another, by the rows of the results."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._known: dict[tuple[str, ...], Any] = {}
        self._measured = Remembered(KEPT)

    def interval(self, method: str, metric: str) -> stats.Interval:
        """A method's score, the mean over its seeds, with its interval."""
        return self._once(metric, (method,), lambda: self._interval(method, metric))

    def compare(self, candidate: str, baseline: str, metric: str) -> stats.Comparison:
        """Candidate less baseline on the rows that both have."""
        return self._once(metric, (candidate, baseline), lambda: self._compare(candidate, baseline, metric))

    def compare_students(self, candidate: Evaluation, baseline: Evaluation, metric: str) -> stats.Comparison:
        """Of two students as they are, on the rows that both have: the chance of training is left out."""
        dataset, judged = self._results.dataset, self._results.judged
        both = [SeedScores.of([metric_rows(metric, one, dataset, judged)]) for one in (candidate, baseline)]
        return self._compared(metric, both, [False, False])

    def _interval(self, method: str, metric: str) -> stats.Interval:
        return self._scored(metric, self._rows(method, metric), method != BASELINE)

    def _compare(self, candidate: str, baseline: str, metric: str) -> stats.Comparison:
        both = [self._rows(method, metric) for method in (candidate, baseline)]
        return self._compared(metric, both, [method != BASELINE for method in (candidate, baseline)])

    def _scored(self, metric: str, scores: SeedScores, trained: bool) -> stats.Interval:
        def compute() -> stats.Interval:
            return stats.interval(statistic(metric, scores.gold), scores.values, unit=scores.unit, trained=trained)

        if scores.values is None:
            return stats.interval(stats.Mean(), None)
        return self._kept(("interval", metric, trained), [scores], stats.Interval, compute)

    def _compared(self, metric: str, measured: Sequence[SeedScores], trained: Sequence[bool]) -> stats.Comparison:
        shared = np.intersect1d(*(one.row for one in measured))
        if any(one.values is None for one in measured) or not len(shared):
            return _incomparable([self._scored(metric, *one) for one in zip(measured, trained, strict=True)])
        both = [one.at(shared) for one in measured]

        def compute() -> stats.Comparison:
            return stats.compare(
                statistic(metric, both[0].gold), both[0].values, both[1].values, unit=both[0].unit,
                candidate_trained=trained[0], baseline_trained=trained[1],
            )  # fmt: skip

        return self._kept(("comparison", metric, *trained), both, stats.Comparison, compute)

    def _rows(self, method: str, metric: str) -> SeedScores:
        results = self._results

        def read() -> SeedScores:
            runs = results.of_method(method)
            return SeedScores.of([metric_rows(metric, run.evaluation, results.dataset, results.judged) for run in runs])

        return self._measured.get((metric, method), read) if _is_benchmark(metric) else read()

    def _kept(self, key: tuple, parts: Sequence[SeedScores], kind: type, compute: Callable[[], Any]) -> Any:
        path = self._results.workspace.evidence / f"{_digest(key, parts)}.json"
        if (table := read_json(path)) is not None:
            return kind.from_dict(table)
        found = compute()
        if not is_frozen(path):
            write_json(path, found.to_dict())
        return found

    def _once(self, metric: str, methods: tuple[str, ...], find: Callable[[], T]) -> T:
        if _is_benchmark(metric):
            return find()
        key = (metric, *methods)
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]


def _is_benchmark(metric: str) -> bool:
    """Benchmarks are measured at any time, without a change of the results."""
    return metrics.metric(metric).task in metrics.BENCHMARK_FAMILIES


def _incomparable(each: Sequence[stats.Interval]) -> stats.Comparison:
    nothing = stats.interval(stats.Mean(), None)
    return stats.Comparison(*each, nothing, None, None, None, None)


def _digest(key: tuple, parts: Sequence[SeedScores]) -> str:
    digest = hashlib.sha256(repr((VERSION, *key)).encode())
    for one in parts:
        for array in (one.values, one.gold):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        digest.update("\0".join(one.unit.ravel()).encode())
    return digest.hexdigest()[:32]
