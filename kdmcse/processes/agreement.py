"""The process that measures in the background whether annotators agree: `python -m kdmcse.processes.agreement WORKSPACE FINGERPRINT`."""

import sys
from pathlib import Path

from kdmcse.annotation.agreement import judgements_digest, keep_agreement, kept_status
from kdmcse.annotation.judgements import judgements
from kdmcse.annotation.sampling import folder_of
from kdmcse.data import PairDataset, open_dataset
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.store.workspace import Workspace


def job(workspace: Workspace, dataset: PairDataset) -> BackgroundJob:
    """The job that measures the agreement on this dataset."""
    return BackgroundJob(folder_of(workspace, dataset))


def status(workspace: Workspace, dataset: PairDataset) -> str:
    """Of the judgements that stand now: `none` (not measured), `running`, `done` or `failed`."""
    if job(workspace, dataset).status() == "running":
        return "running"
    return kept_status(workspace, dataset, judgements_digest(judgements(workspace, dataset)))


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    workspace = Workspace(Path(arguments[0]))
    dataset = open_dataset(workspace, arguments[1])
    return job(workspace, dataset).run(lambda request, report: keep_agreement(workspace, dataset))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
