"""Trials of a tuning study with scores that are known beforehand, for tests of any room."""

from pathlib import Path

import numpy as np
import small

from kdmcse import cost, data
from kdmcse.config import TrainingConfig
from kdmcse.results.trials import Trial, TrialScores, Tuning
from kdmcse.store.workspace import Workspace

PRICES = cost.Prices("JPY", false_match=100, missed_match=400, monthly_volume=1000, base_rate=0.2)


def import_judged(folder: Path) -> data.PairDataset:
    """A dataset with dev judgements."""
    return data.import_dataset(
        Workspace(folder / "workspace"), name="judged", **small.pilot(folder / "files", dev=True)
    )


def trial(number: int, spearman: float | None, dataset, *, state="complete", spread=0.0, share=0.1, **tried) -> Trial:
    """A trial whose cosines follow the judgements, but for a wave of width `spread`."""
    rows = len(dataset.dev)
    cosines = dataset.dev["score"].to_numpy() / 5 + spread * np.sin(np.arange(rows) * (number + 1))
    scores = TrialScores(state == "complete", spearman, 10, -2.0 - spread, tuple(cosines.tolist()))
    return Trial(number, state, {}, tried, ((5, 0.1), (10, spearman)), scores, share, 1.0)


def tuning(dataset, *trials: Trial, prices: cost.Prices | None = PRICES) -> Tuning:
    """A study of these trials."""
    return Tuning(Path("tuning/kdmcse-x"), dataset, "kdmcse", TrainingConfig(), trials, prices)
