"""What pages and report show of a dataset is computed when a measurement has ended, so that the first look does not wait for it."""

import traceback

from kdmcse.engine import queue
from kdmcse.results.precompute import precompute
from kdmcse.store.workspace import Workspace


def precompute_pages(workspace: Workspace, dataset: str) -> None:
    """Compute and keep what the pages of the dataset (its fingerprint) show. A failure is printed, never raised.

    Does nothing while further runs of the dataset wait: each of them changes the results, the last one computes them.
    """
    if any(run.config.dataset == dataset for run in queue.waiting(workspace)):
        return
    try:
        precompute(workspace, dataset)
    except Exception:
        traceback.print_exc()
