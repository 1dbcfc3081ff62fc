"""Any trainings of a dataset beside each other: scores, losses, settings, and the decisions on which two of them differ.

Each is one student as it is: that another training of its method may come out otherwise is left out of every interval.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kdmcse.config import BASELINE, HEEDED_BY, METHODS, SETTING_GROUPS, WITHOUT_IMAGES, WITHOUT_TEACHER, RunConfig
from kdmcse.engine.runs import Run
from kdmcse.results.choices import read_choice
from kdmcse.results.costs import Costs
from kdmcse.results.disagreements import decided
from kdmcse.results.intervals import Intervals
from kdmcse.results.results import Results, evaluated_runs
from kdmcse.stats import Comparison

MOST = 8
"""Trainings at once: more lines than that nobody tells apart."""


def comparable(results: Results) -> list[Run]:
    """Every run of the dataset that has begun, whatever its settings; by method and seed."""
    order = (BASELINE, *METHODS)
    begun = [run for run in results.runs if run.status != "queued"]
    return sorted(begun, key=lambda run: (order.index(run.config.method), run.config.seed))


def settings_of(runs: Sequence[Run]) -> dict[str, int]:
    """Run id -> the number of its settings, of those runs that only their settings tell apart."""
    alike = Counter(_looks(run.config) for run in runs)
    numbers: dict[tuple, int] = {}
    found = {}
    for run in runs:
        if alike[_looks(run.config)] > 1:
            key = run.config.student, run.config.teacher, run.config.training.digest
            found[run.id] = numbers.setdefault(key, len(numbers) + 1)
    return found


def difference(intervals: Intervals, metric: str, run: Run, zero: Run) -> Comparison | None:
    """The run against another one on a score; None where one of them was not measured."""
    both = evaluated_runs([run, zero])
    return intervals.compare_students(*(one.evaluation for one in both), metric) if len(both) == 2 else None


def losses(run: Run) -> list[tuple[int, float]]:
    """Step and total loss of a training, as its lines of progress have them; without steps on sentences alone, whose total has fewer terms."""
    lines = [line for line in run.progress() if "step" in line and (line.get("loss") or {}).get("total") is not None]
    lines = [line for line in lines if line.get("kind") != "texts"] or lines
    return [(line["step"], line["loss"]["total"]) for line in lines]


@dataclass(frozen=True)
class Setting:
    """One thing that was asked for, as each of some runs has it."""

    name: str
    """method, seed, student, teacher, settled_by or a field of `TrainingConfig`"""
    values: Mapping[str, Any]
    """by run id; None where the run's method does not heed it"""

    @property
    def differs(self) -> bool:
        return len({value for value in self.values.values() if value is not None}) > 1


def settings(runs: Sequence[Run]) -> list[Setting]:
    """Everything that any of the runs heeds, as it was trained: what the dev judgements chose stands in place of what was given."""
    values = {run.id: _heeded(run) for run in runs}
    names = dict.fromkeys(name for one in values.values() for name in one)
    return [Setting(name, {run: one.get(name) for run, one in values.items()}) for name in names]


@dataclass(frozen=True)
class Flips:
    """The decisions that one student gets right and the other wrong, each at its own threshold."""

    rows: int
    """that both decided"""
    table: pd.DataFrame
    """text_a, text_b, match, segment ("" where there is none), gained (bool: right now and wrong before), price (money a month, NaN without
    prices); by what they cost, the most expensive first"""
    currency: str | None
    """of the prices; None where there are none"""

    @property
    def fixed(self) -> pd.DataFrame:
        """Right now, wrong before."""
        return self.table[self.table["gained"]]

    @property
    def broken(self) -> pd.DataFrame:
        """The same the other way round."""
        return self.table[~self.table["gained"]]


def flips(results: Results, costs: Costs, run: Run, before: Run) -> Flips | None:
    """None where one of them decided nothing. UserError `one_class_only` where what is decided lacks matches or non-matches.

    With prices where both are among the priced runs, else both kinds of mistakes count the same.
    """
    both = evaluated_runs([run, before])
    if len(both) < 2:
        return None
    if any(one.id not in costs.estimates for one in both):
        costs = dataclasses.replace(costs, estimates={}, decisions={})
    now, then = (decided(results, costs, one) for one in both)
    if now is None or then is None:
        return None
    rows = now.join(then.add_suffix("_before"), how="inner")
    decisions = results.dataset.decisions.set_index("row")
    decisions = decisions.assign(segment=decisions.get("segment", ""))
    flipped = rows[rows["score"] != rows["score_before"]]
    table = decisions.loc[flipped.index, ["text_a", "text_b", "match", "segment"]].assign(
        gained=flipped["score"] > flipped["score_before"], price=(flipped["cost"] - flipped["cost_before"]).abs()
    )
    table = table.sort_values("price", ascending=False, kind="stable", na_position="last", ignore_index=True)
    return Flips(len(rows), table, results.prices.currency if costs.estimates else None)


def in_examples(results: Results, run: Run, before: Run) -> bool:
    """Whether the examples of both methods can be looked at: two methods that are compared by the chosen settings."""
    ids = {one.id for one in results.evaluated}
    return run.config.method != before.config.method and {run.id, before.id} <= ids


def _heeded(run: Run) -> dict[str, Any]:
    config = run.config
    choice = read_choice(run)
    training = choice.training if choice else config.training
    found = {"method": config.method, "student": config.student}
    if config.method == BASELINE:
        return found | {"prompt": training.prompt}
    found |= {"seed": config.seed, "settled_by": config.settled_by}
    if config.method not in WITHOUT_TEACHER:
        found["teacher"] = config.teacher
    return found | {
        name: getattr(training, name)
        for group, names in SETTING_GROUPS.items()
        if _heeds(config.method, group)
        for name in names
    }


def _heeds(method: str, group: str) -> bool:
    if group == "images":
        return method not in WITHOUT_IMAGES
    return method in HEEDED_BY.get(group, METHODS)


def _looks(config: RunConfig) -> tuple:
    """What a run is called by."""
    return config.method, config.seed, config.training.data_share
