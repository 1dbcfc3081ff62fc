"""What a run's student is worth on its way from the untouched one: on the user's data, and on public tests. Measures nothing.

    runs/<id>/interpolation/<share>/  evaluation/ and yardsticks/ of the student at this share, as those of a run

Each stop is one student as it is, so its intervals leave the chance of training out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdmcse import stats
from kdmcse.engine.runs import Run
from kdmcse.evaluation import benchmark_scores
from kdmcse.evaluation.evaluation import load_evaluation
from kdmcse.results.intervals import Intervals

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the trained weights: 0 is the untouched student, 1 the trained one. All are pooled as the trained one is: where its training changed that,
0 has the untouched weights, but is not today's student."""


@dataclass(frozen=True)
class Stop:
    """The student at a share, beside the untouched one on the same rows."""

    share: float
    own: stats.Comparison
    """on the metric that decides"""
    general: Mapping[str, stats.Comparison]
    """public test -> the same; empty where none was there, so that what was forgotten is not known"""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def stop_folder(run: Run, share: float) -> Path:
    """Where the evaluation and the public scores of a stop are kept."""
    return run.folder / "interpolation" / f"{share:g}"


def read_stops(run: Run, metric: str, intervals: Intervals) -> list[Stop]:
    """The stops, untouched student first; none before all were measured."""
    evaluations = [load_evaluation(stop_folder(run, share) / "evaluation") for share in SHARES]
    if any(evaluation is None for evaluation in evaluations):
        return []
    untouched = evaluations[0]
    public = [
        name
        for name, score in benchmark_scores.scores(untouched).items()
        if name.startswith("public_") and score.value is not None
    ]
    return [
        Stop(
            share,
            intervals.compare_students(evaluation, untouched, metric),
            {name: intervals.compare_students(evaluation, untouched, name) for name in public},
        )
        for share, evaluation in zip(SHARES, evaluations, strict=True)
    ]
