"""A small study of settings, for tests: the small pilot with judgements to choose by, and a few trials."""

from pathlib import Path

import pandas as pd
import small

from kdmcse import data
from kdmcse.config import TrainingConfig
from kdmcse.processes import tune
from kdmcse.results.trials import Tuning
from kdmcse.store.workspace import Workspace

SETTINGS = TrainingConfig(epochs=3, batch_size=8, learning_rate=1e-3, projection_width=8)


def judged(
    folder: Path, split=lambda row: "test" if row % 3 == 0 else "dev", score=lambda score: score
) -> data.PairDataset:
    """The small pilot in a workspace of its own, two thirds of its judgements to choose by."""
    files = small.pilot(folder / "files")
    sts = pd.read_csv(files["sts"])
    sts["split"] = [split(row) for row in range(len(sts))]
    sts.assign(score=score(sts["score"])).to_csv(files["sts"], index=False)
    return data.import_dataset(Workspace(folder / "workspace"), name="judged", **files)


def workspace_of(dataset: data.PairDataset) -> Workspace:
    return Workspace(dataset.folder.parents[1])


def tuned(dataset: data.PairDataset, trials: int, **given) -> Tuning:
    given = {"student": small.student(), "teacher": small.teacher(), "training": SETTINGS, "trials": trials} | given
    return tune.tune(workspace_of(dataset), dataset, **given)
