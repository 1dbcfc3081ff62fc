"""The process that audits a teacher: what it keeps is what was measured, and why it failed is told."""

import pytest
import small

from kdmcse import audit
from kdmcse.config import TrainingConfig
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.errors import UserError
from kdmcse.processes import audit as process
from kdmcse.processes import launch
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

SETTINGS = TrainingConfig(batch_size=8)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def asked(workspace, dataset, teacher) -> tuple[BackgroundJob, list[str]]:
    """A job as it is started, in this process."""
    folder = audit.folder_of(workspace, dataset.fingerprint, teacher, small.student(), SETTINGS)
    folder.mkdir(parents=True)
    request = {"teacher": teacher, "student": small.student(), "training": SETTINGS.to_dict(), "time": 0}
    write_json(folder / "asked.json", request)
    return BackgroundJob(folder), [str(workspace.path), dataset.fingerprint, str(folder)]


def test_what_it_keeps_is_what_was_measured(workspace):
    dataset = small.dataset(workspace)
    job, arguments = asked(workspace, dataset, small.teacher())
    assert process.main(arguments) == 0 and job.status() == "done"
    [found] = audit.audits(workspace, dataset)
    assert (found.teacher, found.student) == (small.teacher(), small.student())
    assert job.progress()["what"] == "student"
    assert process.jobs(workspace, dataset) == [job]


def test_why_it_failed_is_told(workspace):
    dataset = small.dataset(workspace)
    job, arguments = asked(workspace, dataset, "/no/such/teacher")
    assert process.main(arguments) == 2 and job.status() == "failed"
    assert job.failure().code == "teacher_unknown"
    assert audit.audits(workspace, dataset) == []


def test_a_model_that_is_not_here_is_refused_before_anything_is_started(workspace):
    dataset = small.dataset(workspace)
    for models in ({"teacher": "/no/teacher"}, {"student": "/no/student"}):
        with pytest.raises(UserError):
            launch.start_audit(
                workspace,
                dataset,
                **{"teacher": small.teacher(), "student": small.student(), **models},
                training=SETTINGS,
            )
    assert not workspace.audits.exists()
