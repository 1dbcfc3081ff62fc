"""Delete a dataset, and on request everything that was made of it."""

from pathlib import Path

from kdmcse import annotation, data
from kdmcse.criteria import locking
from kdmcse.data import PairDataset
from kdmcse.engine import runs
from kdmcse.engine.job_folder import JobFolder
from kdmcse.errors import UserError
from kdmcse.results import choices, pins
from kdmcse.results.trials import STUDY
from kdmcse.store.files import read_json, remove_folder
from kdmcse.store.frozen import require_writable
from kdmcse.store.reads import names_in
from kdmcse.store.workspace import Workspace


def delete_dataset(workspace: Workspace, dataset: PairDataset, *, with_runs: bool, with_labels: bool = False) -> None:
    """The dataset, its prices, pinned examples, what was typed for it and the settings tried on it, on request the runs trained on it and what
    people judged.

    UserError while a run or a study of settings is at work. What was agreed stays where runs stay, so that nobody agrees anew on results that
    are still there.
    """
    require_writable(workspace.path)
    studies = _studies(workspace, dataset)
    for folder in studies:
        if JobFolder(folder).alive:
            raise UserError("tuning_alive", study=folder.name)
    if with_runs:
        for run in sorted(runs.list_runs(workspace, dataset.fingerprint), key=lambda run: not run.busy):
            run.delete()
    if not runs.list_runs(workspace, dataset.fingerprint):
        locking.delete(workspace, dataset.fingerprint)
    for folder in studies:
        remove_folder(folder)
    data.delete_dataset(workspace, dataset.fingerprint)
    if with_labels:
        annotation.delete_labels(workspace, dataset)
        remove_folder(workspace.demonstrations / dataset.fingerprint)
    typed = workspace.drafts.glob(f"*-{dataset.fingerprint}.json")
    of_dataset = (*workspace.prices.glob(f"{dataset.fingerprint}.*"), pins.file_of(workspace, dataset.fingerprint))
    for path in (*of_dataset, *typed):
        path.unlink(missing_ok=True)
    for folder in (workspace.benchmarks, workspace.audits):
        remove_folder(folder / dataset.fingerprint, all_of_it=False)  # a job at work may hold files in it


def _studies(workspace: Workspace, dataset: PairDataset) -> list[Path]:
    """What settings were tried on the dataset: studies that say so, and those by which its runs are trained."""
    of_runs = (read_json(run.folder / choices.FILE) for run in runs.list_runs(workspace, dataset.fingerprint))
    named = {choice["study"] for choice in of_runs if choice}
    return [
        path
        for path in names_in(workspace.tuning, "[!.]*")
        if path.name in named or (read_json(path / STUDY) or {}).get("dataset") == dataset.fingerprint
    ]
