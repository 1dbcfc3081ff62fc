"""The process that audits a teacher in the background: `python -m kdmcse.processes.audit WORKSPACE FINGERPRINT FOLDER`."""

import sys
from pathlib import Path

from kdmcse import audit
from kdmcse.config import TrainingConfig
from kdmcse.data import PairDataset, open_dataset
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.store.reads import names_in
from kdmcse.store.workspace import Workspace


def job(
    workspace: Workspace, dataset: PairDataset, teacher: str, student: str, training: TrainingConfig
) -> BackgroundJob:
    """The job that audits a teacher."""
    return BackgroundJob(audit.folder_of(workspace, dataset.fingerprint, teacher, student, training))


def jobs(workspace: Workspace, dataset: PairDataset) -> list[BackgroundJob]:
    """Every audit of the dataset that was asked for in the background, the last one first."""
    asked = names_in(workspace.audits / dataset.fingerprint, "*/asked.json")
    found = [BackgroundJob(path.parent) for path in asked]
    return sorted(found, key=lambda job: (job.request() or {}).get("time", 0), reverse=True)


def state(workspace: Workspace, dataset: PairDataset) -> str:
    """How far it is: `running`, `done` or `to_do`."""
    last = next(iter(jobs(workspace, dataset)), None)
    if last and last.alive:
        return "running"
    return "done" if names_in(workspace.audits / dataset.fingerprint, "*/audit.json") else "to_do"


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    workspace, folder = Workspace(Path(arguments[0])), Path(arguments[2])

    def work(request: dict, report) -> None:
        found = audit.measure(
            workspace,
            open_dataset(workspace, arguments[1]),
            teacher=request["teacher"],
            student=request["student"],
            training=TrainingConfig.from_dict(request["training"]),
            report=lambda what, done, total: report({"what": what, "done": done, "total": total}),
        )
        audit.keep(folder, found)

    return BackgroundJob(folder).run(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
