"""A job in a folder: its status is a conclusion from its files, whatever became of its process."""

import json
import subprocess
import sys
import time

import pytest
from filelock import FileLock, Timeout

from kdmcse.engine import background_job
from kdmcse.engine.background_job import STARTING_SECONDS, BackgroundJob
from kdmcse.errors import UserError
from kdmcse.store.files import write_json


@pytest.fixture
def job(tmp_path):
    return BackgroundJob(tmp_path / "job")


@pytest.fixture
def started(monkeypatch):
    """What was started, with nothing started."""
    calls = []
    monkeypatch.setattr(background_job, "start_detached", lambda module, arguments, log, **_: calls.append(module))
    return calls


def on_disk(job, name):
    return json.loads((job.folder / name).read_text())


def test_a_job_that_nobody_asked_for_has_no_status(job):
    assert job.status() == "none" and not job.folder.exists()
    assert job.request() is None and job.progress() is None and job.failure() is None


def test_a_request_is_kept_and_counts_as_running_until_the_process_is_there(job, started):
    job.start("some.module", request={"label": "category"})
    assert started == ["some.module"] and job.status() == "running"
    assert job.request()["label"] == "category" and job.request()["time"] == pytest.approx(time.time(), abs=60)
    job.start("some.module")
    assert started == ["some.module"], "it is at work already"


def test_a_process_that_never_came_has_failed(job, started):
    job.start("some.module")
    write_json(job.folder / "asked.json", {"time": time.time() - STARTING_SECONDS - 1})
    assert job.status() == "failed" and job.failure() is None


def test_the_process_works_on_the_request_and_tells_how_far_it_is(job, started):
    seen = []

    def work(request, report):
        report({"done": request["rows"]})
        seen.append((job.status(), job.progress()))

    job.start("some.module", request={"rows": 7})
    assert job.run(work) == 0 and job.status() == "done"
    assert seen == [("running", {"done": 7})]
    assert on_disk(job, "outcome.json") == {"status": "succeeded", "error": None, "seconds": job.outcome["seconds"]}


def test_a_user_error_is_kept_for_the_reader_and_a_fault_for_the_log(job, capsys):
    def refuse(request, report):
        raise UserError("run_alive", run="r")

    assert job.run(refuse) == 2 and job.status() == "failed"
    assert job.failure().code == "run_alive" and job.failure().fields == {"run": "r"}

    def break_(request, report):
        raise RuntimeError("boom")

    assert job.run(break_) == 1 and job.status() == "failed" and job.failure() is None
    assert "boom" in capsys.readouterr().err


def test_a_killed_process_leaves_a_failed_job_at_once(job, started):
    job.start("some.module")

    def die(request, report):
        raise SystemExit(9)  # as little as a kill does it write an outcome

    with pytest.raises(SystemExit):
        job.run(die)
    assert job.status() == "failed"


def test_asked_for_again_a_job_forgets_how_it_ended(job, started):
    job.run(lambda request, report: report({"done": 1}))
    job.start("some.module")
    assert started and job.status() == "running" and job.progress() is None


def test_one_process_works_at_a_time(job, started, capsys):
    with job.hold():
        assert job.status() == "running"
        job.start("some.module")
        assert not started and job.request() is None
        assert job.run(lambda request, report: pytest.fail("two at once")) == 0
        with pytest.raises(Timeout), job.hold():
            pass
    assert job.status() == "none"


def test_folders_of_before_are_understood(job):
    job.folder.mkdir()
    (job.folder / "log.txt").touch()
    assert job.status() == "failed", "a job of before that kept no request, killed"
    write_json(job.folder / "asked.json", {"runs": ["r"]})
    assert job.status() == "failed", "a request of before kept no time"
    with FileLock(job.folder / "alive.lock"):
        assert job.status() == "running"


ENDLESS = """
import sys, time
from pathlib import Path
from kdmcse.engine.background_job import BackgroundJob
sys.exit(BackgroundJob(Path(sys.argv[1])).run(lambda request, report: time.sleep(60)))
"""


def test_a_job_that_is_asked_to_stop_ends_whatever_it_is_at_and_can_be_begun_again(job, started):
    job.ask_to_stop()
    assert not job.folder.exists(), "nothing is at work"
    job.start("some.module")
    child = subprocess.Popen([sys.executable, "-c", ENDLESS, str(job.folder)])
    while not job.alive:
        assert child.poll() is None
        time.sleep(0.05)
    job.ask_to_stop()
    assert job.is_asked_to_stop() and child.wait(timeout=20) == 3
    assert job.status() == "none" and job.failure() is None and not job.alive
    job.start("some.module")
    assert job.status() == "running" and not job.is_asked_to_stop()


def test_how_long_a_job_took_is_kept(job, started):
    job.start("some.module")
    assert job.run(lambda request, report: time.sleep(0.2)) == 0
    assert 0.1 < job.outcome["seconds"] < 10
