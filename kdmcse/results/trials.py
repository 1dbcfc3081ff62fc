"""Trials of settings, compared: table, Pareto front, gain, cost, uniformity. Trains nothing; `processes.tune` makes the trials.

All figures are of the dev judgements by which the choice is made. D dev rows, n trials.
"""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import cost, stats
from kdmcse.config import TrainingConfig
from kdmcse.data import PairDataset
from kdmcse.data.sharing import shared
from kdmcse.errors import UserError

MATCH_SCORE = 3.5
"""Where costs are derived from judgements, a dev judgement of this score (0 to 5) or more counts as a match."""
SEED_NOISE = 0.02
"""difference in dev Spearman between students of this family that differ in their seed alone"""
STUDY = "study.json"
"""in the folder of a study: what was asked, its dataset among it"""
GOALS = ("dev_spearman", "derived_monthly_cost", "uniformity", "filtered_share")
"""Columns of the table that are weighed against each other: the first is better the higher, the others the lower."""


@dataclass(frozen=True)
class TrialScores:
    """The student of a trial, at the evaluation with the highest dev Spearman. None where no evaluation had one."""

    finished: bool
    """whether it was trained to its end"""
    dev_spearman: float | None = None
    step: int | None = None
    uniformity: float | None = None
    """of the dev sentences; see `uniformity`"""
    cosines: tuple[float, ...] = field(default=(), repr=False)
    """(D,) of the two sentences of each dev row"""


@dataclass(frozen=True)
class Trial:
    """A trial that has ended."""

    number: int
    """0 is the trial of the given settings"""
    state: str
    """`complete`, `pruned` (hopeless on its way) or `failed`"""
    drawn: dict[str, float | str]
    """what the sampler proposed, exactly"""
    tried: dict[str, float | str]
    """the settings that are tuned, as trained with"""
    looks: tuple[tuple[int, float | None], ...]
    """step and dev Spearman of every look"""
    measured: TrialScores
    filtered_share: float | None
    """of in-batch negatives, left out by the teacher's filter; None where the method has none"""
    seconds: float
    error: str | None = None
    """code of the error by which it failed"""

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> "Trial":
        measured = TrialScores(**table["measured"] | {"cosines": tuple(table["measured"]["cosines"])})
        return cls(**table | {"measured": measured, "looks": tuple(map(tuple, table["looks"]))})


@dataclass(frozen=True)
class Tuning:
    """The trials of a study so far. The choice rests on dev judgements; the result on the test part is open."""

    folder: Path
    dataset: PairDataset
    method: str
    training: TrainingConfig
    """the settings of trial 0"""
    trials: Sequence[Trial]
    prices: cost.Prices | None
    out_of_time: bool = False

    @cached_property
    def complete(self) -> list[Trial]:
        """The trials that were trained to their end; only they can be chosen. UserError when there is none."""
        found = [trial for trial in self.trials if trial.state == "complete"]
        if not found:
            errors = sorted({trial.error for trial in self.trials if trial.error})
            raise UserError("tuning_without_result", trials=len(self.trials), reason=tuple(errors))
        return found

    @property
    def chosen(self) -> Trial:
        """The highest dev Spearman; the earliest where several have it."""
        return max(self.complete, key=lambda trial: trial.measured.dev_spearman)

    @property
    def before(self) -> Trial | None:
        """Trial 0, where it could be measured."""
        return next((trial for trial in self.complete if trial.number == 0), None)

    @property
    def gain(self) -> float | None:
        """Dev Spearman of the chosen trial above that of trial 0."""
        return self.before and self.chosen.measured.dev_spearman - self.before.measured.dev_spearman

    @property
    def standard_errors(self) -> float | None:
        """The gain in standard errors over which rows are dev (jackknife).

        They do not contain the effect of choosing the best of many trials, nor that of the seed.
        """
        if self.before in (None, self.chosen):
            return None
        dev = self.dataset.dev
        new, old = (np.array(trial.measured.cosines) for trial in (self.chosen, self.before))
        return stats.spearman_apart(dev["score"].to_numpy(), new, old, dev_units(dev))

    def settings(self, trial: Trial) -> TrainingConfig:
        """What a trial was trained with."""
        return dataclasses.replace(self.training, **trial.tried)

    @cached_property
    def costs(self) -> dict[int, float]:
        """Trial -> cost a month by decisions derived from the dev judgements; empty without prices, or where they need amounts or segments, which
        judgements do not have, or where all are or none is a match."""
        if self.prices is None:
            return {}
        decisions = derived_decisions(self.dataset.dev)
        found = {}
        for trial in self.complete:
            try:
                estimate = cost.estimate_cost(decisions.assign(cosine=trial.measured.cosines), self.prices)
            except UserError as error:
                if error.code not in ("one_class_only", "amounts_missing", "segment_without_prices"):
                    raise
                return {}
            found[trial.number] = estimate.monthly_cost
        return found

    @cached_property
    def front(self) -> set[int]:
        """Numbers of the complete trials on the Pareto front of `GOALS`."""
        table = self.table[self.table["state"] == "complete"]
        goals = table[list(GOALS)].astype(float).dropna(axis="columns", how="all")
        goals[GOALS[0]] *= -1
        return set(table["trial"].to_numpy()[pareto_front(goals.to_numpy())].tolist())

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a trial: trial, state, the tuned settings, `GOALS`, step (of the best look), seconds."""
        rows = [
            {
                "trial": trial.number, "state": trial.state, **trial.tried,
                "dev_spearman": trial.measured.dev_spearman, "derived_monthly_cost": self.costs.get(trial.number),
                "uniformity": trial.measured.uniformity, "filtered_share": trial.filtered_share,
                "step": trial.measured.step, "seconds": trial.seconds,
            }
            for trial in self.trials
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; a trial that is on the front says so, and what was not measured is null."""
        rows = json.loads(self.table.to_json(orient="records", double_precision=15))
        return {
            "study": self.folder.name,
            "dataset": self.dataset.fingerprint,
            "method": self.method,
            "chosen_on": "dev",
            "dev_rows": len(self.dataset.dev),
            "cost_derived": f"dev judgement >= {MATCH_SCORE} is a match" if self.costs else None,
            "trials": [row | {"on_front": row["trial"] in self.front} for row in rows],
            "chosen": self.chosen.number,
            "gain": self.gain,
            "standard_errors": self.standard_errors,
            "training": self.settings(self.chosen).to_dict(),
            "out_of_time": self.out_of_time,
        }


def dev_units(dev: pd.DataFrame) -> np.ndarray:
    """(D, k) what repeats among the dev judgements: their sentences, and their group where there is one."""
    return shared(dev).to_numpy(object)


def derived_decisions(dev: pd.DataFrame) -> pd.DataFrame:
    """Judgements as match decisions, where there are no decisions to choose by: a match from `MATCH_SCORE` on."""
    return cost.derive(dev, MATCH_SCORE)


def pareto_front(goals: np.ndarray) -> np.ndarray:
    """(n,) bool: rows of `goals` (n, k), each the lower the better, that no other row equals or beats in all and beats in one."""
    no_worse = (goals[:, None, :] <= goals[None, :, :]).all(axis=2)
    better = (goals[:, None, :] < goals[None, :, :]).any(axis=2)
    return ~(no_worse & better).any(axis=0)


def share_filtered(
    across: np.ndarray, method: str, false_negative_cosine: float | None, guide_margin: float
) -> float | None:
    """Share of in-batch negatives that a method leaves out; None for methods without a filter. across (n, n): the teacher's cosines
    of captions with images, true pairs on the diagonal.
    """
    if method == "kdmcse":
        left_out = across > (math.inf if false_negative_cosine is None else false_negative_cosine)
    elif method == "gist":
        left_out = across > np.diag(across)[:, None] - guide_margin
    else:
        return None
    negatives = ~np.eye(len(across), dtype=bool)
    return float(left_out[negatives].mean())
