"""A run's progress.jsonl: written by the process that trains, and read as a share, a pace and a best score. No torch here."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

from kdmcse.engine.runs import Run
from kdmcse.store import jsonl

_SECONDS_BETWEEN_LINES = 0.5
_CHOOSING = 0.9  # of a run that chooses its settings first: that takes some trainings, the run's own is one


class ProgressLog:
    """The lines of a run's progress.jsonl. Only the process that trains the run writes them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = -math.inf

    def write(self, line: dict) -> None:
        """Append the line with the time of writing. UserError `disk_full` when there is no room."""
        self._last = time.monotonic()
        jsonl.append(self._path, [{"time": round(time.time(), 2), **line}], fsync=False)  # training waits for no disk

    def write_now_and_then(self, line: dict, *, now: bool) -> None:
        """At most two lines a second, but this one in any case if `now`."""
        if now or time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self.write(line)


@dataclass(frozen=True)
class Pace:
    """How fast a training goes; None where it is not known."""

    sentences_per_second: float | None
    seconds_left: float | None


def pace(run: Run) -> Pace:
    """As the trainer wrote it last."""
    last = run.last_progress or {}
    return Pace(last.get("sentences_per_second"), last.get("seconds_left"))


@dataclass(frozen=True)
class BestOnDev:
    """The student that does best on the dev judgements, while it trains or once it is kept."""

    score: float
    """Spearman"""
    step: int
    steps: int | None
    """of the whole training, where known"""


def best_on_dev(facts: dict | None) -> BestOnDev | None:
    """From a run's outcome or a line of its progress; None where there was no look at dev judgements yet."""
    score, step = ((facts or {}).get(name) for name in ("dev_score", "kept_step"))
    return None if score is None or step is None else BestOnDev(score, step, facts.get("steps"))


def share_done(run: Run) -> float:
    """0 to 1, for a progress bar: the steps with a little for what is before and after them; choosing settings is a bar of its own."""
    last = run.last_progress or {}
    if last.get("stage") == "evaluating":
        return 0.95
    if last.get("stage") == "choosing":
        return _CHOOSING * last["done"] / last["total"]
    if last.get("stage") == "embedding" and last.get("total"):
        return 0.02 + 0.18 * last["done"] / last["total"]
    step, steps = last.get("step"), last.get("steps")
    return 0.2 + 0.7 * min(1.0, step / steps) if step and steps else 0.02


def loss_terms(lines: list[dict]) -> list[str]:
    """The names of the loss terms a run has, the total last."""
    names = dict.fromkeys(name for line in lines for name in line.get("loss") or {})
    return sorted(names, key=lambda name: name == "total")


def shown_status(run: Run) -> str:
    """The run's status; a trained run that is still being measured counts as running."""
    status = run.status
    return "running" if status == "succeeded" and run.alive else status
