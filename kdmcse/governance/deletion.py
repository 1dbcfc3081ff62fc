"""Delete a dataset, and on request everything that was made of it."""

import shutil

from kdmcse import annotation, data
from kdmcse.criteria import locking
from kdmcse.data import PairDataset
from kdmcse.engine import runs
from kdmcse.store.workspace import Workspace


def delete_dataset(workspace: Workspace, dataset: PairDataset, *, with_runs: bool, with_labels: bool = False) -> None:
    """The dataset and its prices, on request the runs trained on it and what people judged. UserError while a run is at work.

    What was agreed goes with the last run and no earlier, so that nobody agrees anew on results that are still there.
    """
    if with_runs:
        for run in sorted(runs.list_runs(workspace, dataset.fingerprint), key=lambda run: not run.alive):
            run.delete()
    if not runs.list_runs(workspace, dataset.fingerprint):
        locking.delete(workspace, dataset.fingerprint)
    data.delete_dataset(workspace, dataset.fingerprint)
    if with_labels:
        annotation.delete_labels(workspace, dataset)
    for path in workspace.prices.glob(f"{dataset.fingerprint}.*"):
        path.unlink(missing_ok=True)
    for folder in (workspace.benchmarks, workspace.audits):
        shutil.rmtree(folder / dataset.fingerprint, ignore_errors=True)
