"""Settings that the dev judgements choose for each method: what is tried, and what is taken. Trains nothing; `processes.choose` does.

Every method has as many trials as every other, the same seed and the same judgements, so that none is tuned more than another. A choice goes in
rounds, each on top of what the last one took: the method's own settings, the learning rate and, where there are sentences without
images beside pairs, whether they are mixed in. The number of epochs costs nothing: a trial is looked at on its way and counts with its best look.

Of the options of a round the most conservative one is taken that is not more than a standard error worse than the best (the rule of
Breiman et al. 1984, on the difference of both, jackknifed over what repeats). All scores are of the dev judgements; no test row is read.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kdmcse import stats
from kdmcse.config import CALIBRATED, TrainingConfig, texts_are_open
from kdmcse.data import PairDataset
from kdmcse.engine.runs import Run
from kdmcse.results.trials import Trial, dev_units
from kdmcse.store.files import read_json

LOOKS = 6
"""times a training is measured on its way, unless the settings say at which steps"""
SEED = 0
"""of every trial"""
FILE = "choice.json"
"""in a study's folder and in that of every run that rests on it"""

Change = dict[str, float | str]
"""Settings to replace."""


def _values(name: str, *values: float) -> list[Change]:
    return [{name: value} for value in values]


_WEIGHT, _MARGIN = "cross_modal_weight", "sentence_margin_radians"
OPTIONS: dict[str, list[Change]] = {
    "simcse": _values("temperature", 0.05, 0.04, 0.06, 0.03, 0.08, 0.1),
    "simcse_margin": _values(_MARGIN, 0.0, 0.15, 0.1, 0.05, 0.2, 0.3),
    "mcse": _values(_WEIGHT, 0.05, 0.01, 0.02, 0.1, 0.3, 1.0),
    "kdmcse": [
        {_WEIGHT: 0.05, _MARGIN: 0.0},
        {_WEIGHT: 0.05, _MARGIN: 0.15},
        {_WEIGHT: 0.01, _MARGIN: 0.15},
        CALIBRATED,
        {**CALIBRATED, "cross_modal_margin_radians": 0.3},
        {_WEIGHT: 1.0, _MARGIN: 0.15},
    ],
    "gist": [{_WEIGHT: weight, "guide_margin": margin} for weight in (0.05, 0.01, 1.0) for margin in (0.0, 0.05)],
    "dalr": [{_WEIGHT: weight, "ranking_weight": ranking} for weight in (0.05, 0.01, 1.0) for ranking in (1.0, 0.1)],
    "rankcse": _values("ranking_weight", 1.0, 0.1, 0.3, 0.03, 3.0, 0.01),
}
"""Method -> values of its own settings, the more conservative ones first: the default, what was published, what is near, what is far."""
OWN = 5
"""of them are tried beside the settings as given"""
RATES = (0.4, 2.5)
"""Factors of the learning rate that are tried: lower is more conservative."""


def rounds(method: str, training: TrainingConfig, *, with_texts: bool) -> list[list[Change]]:
    """What each round tries, the more conservative option first; the first changes nothing. `with_texts`: whether `config.texts_are_open`."""
    own = [change for change in OPTIONS[method] if dataclasses.replace(training, **change) != training]
    rates = [{"learning_rate": min(1.0, float(f"{training.learning_rate * factor:.3g}"))} for factor in RATES]
    found = [[{}, *own[:OWN]], [{}, *rates]]
    if with_texts:
        found.append([{}, {"texts": "left_out" if training.texts == "mixed" else "mixed"}])
    return found


def trials_of(method: str, training: TrainingConfig, *, with_texts: bool) -> int:
    """How many trainings a choice takes."""
    return 1 + sum(len(options) - 1 for options in rounds(method, training, with_texts=with_texts))


@dataclass(frozen=True)
class Option:
    """One option as it was measured. None: it could not be."""

    change: Change
    """from the settings as given"""
    dev_spearman: float | None
    """at its best look"""
    standard_error: float | None
    """over which judgements are dev (jackknife)"""
    taken: bool
    """whether it is what the runs are trained with"""
    step: int | None
    """of the best look"""
    steps: int | None
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Choice:
    """What was chosen for one method, from what."""

    study: str
    """folder of the trials"""
    method: str
    dev_rows: int
    training: TrainingConfig
    """as chosen: what its runs are trained with"""
    options: tuple[Option, ...]
    """the settings as given first"""

    @property
    def change(self) -> Change:
        """From the settings as given; empty where those were best, or nearly."""
        return next((option.change for option in reversed(self.options) if option.taken), {})

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"digest": self.training.digest}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> "Choice":
        known = {field.name: table[field.name] for field in dataclasses.fields(cls)}
        options = tuple(Option(**option) for option in table["options"])
        return cls(**known | {"training": TrainingConfig.from_dict(table["training"]), "options": options})


@dataclass(frozen=True)
class Effort:
    """What choosing takes, before it begins."""

    trainings: int
    """beside those that are compared"""
    runs: int
    """that are compared"""
    seconds: tuple[float, float] | None = None
    """at least and at most; None where nothing tells"""
    measured: bool = True
    """by the pace of earlier trainings of this student; else by its size"""


def read_choice(run: Run) -> Choice | None:
    """What a run's settings rest on; None where they were given, or are not chosen yet."""
    table = read_json(run.folder / FILE)
    return Choice.from_dict(table) if table else None


def choose(
    study: str,
    method: str,
    dataset: PairDataset,
    training: TrainingConfig,
    trial_of: Callable[[Change], Trial | None],
) -> Choice | None:
    """Go through the rounds; None where `trial_of`, which trains with a change of `training`, gives none: there it was stopped."""
    trials: list[Trial] = []
    taken: Change = {}
    for options in rounds(method, training, with_texts=texts_are_open(dataset.counts)):
        tried = [trial for trial in trials if trial.tried == taken]
        for change in ({**taken, **option} for option in options[len(tried) :]):
            trial = trial_of(change)
            if trial is None:
                return None
            tried.append(trial)
            trials.append(trial)
        taken = conservative(tried, dataset).tried
    options = tuple(
        Option(
            trial.tried, trial.measured.dev_spearman, _error(trial, dataset), trial.tried == taken, trial.measured.step,
            trial.looks[-1][0] if trial.looks else None, trial.seconds, trial.error,
        )
        for trial in trials
    )  # fmt: skip
    return Choice(study, method, len(dataset.dev), dataclasses.replace(training, **taken), options)


def conservative(trials: Sequence[Trial], dataset: PairDataset) -> Trial:
    """The first of them that is at most a standard error of the difference worse than the best; the first, where none was measured."""
    measured = [trial for trial in trials if trial.state == "complete"]
    if not measured:
        return trials[0]
    best, dev = max(measured, key=lambda trial: trial.measured.dev_spearman), dataset.dev
    gold, unit = dev["score"].to_numpy(), dev_units(dev)
    for trial in measured:
        apart = (
            0.0 if trial is best else stats.spearman_apart(gold, best.measured.cosines, trial.measured.cosines, unit)
        )
        if apart is None or apart <= 1:  # undefined: nothing speaks against the more conservative one
            return trial
    return best


def _error(trial: Trial, dataset: PairDataset) -> float | None:
    if trial.state != "complete":
        return None
    dev = dataset.dev
    error = stats.spearman_error(dev["score"].to_numpy(), trial.measured.cosines, dev_units(dev))
    return error if error is None or math.isfinite(error) else None
