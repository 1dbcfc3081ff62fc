"""A run is a folder; its status is derived from outcome, lock, ticket and stop. Locks are held by real processes."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from kdmcse.config import RunConfig
from kdmcse.engine import job_folder, queue, runs
from kdmcse.engine.job_folder import JobFolder
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.store import files, locks
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def config(seed: int = 0, **changes) -> RunConfig:
    return RunConfig(**{"dataset": "d1", "method": "simcse", "student": "small", "seed": seed} | changes)


@contextlib.contextmanager
def at_work(run: Run):
    """A process that has taken the run's ticket and holds its lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.folder / "alive.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"held\n"
        (run.folder / "ticket.json").unlink(missing_ok=True)
        yield process
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def end(run: Run, status: str) -> Run:
    (run.folder / "ticket.json").unlink(missing_ok=True)
    write_json(run.folder / "outcome.json", {"status": status, "error": None, "seconds": 1.0})
    if status == "succeeded":
        write_json(run.folder / "evaluation" / "scores.json", {})
    return run


def test_a_run_took_as_long_as_its_training_and_its_evaluation(workspace):
    run = runs.create(workspace, config())
    assert run.seconds is None
    assert end(run, "succeeded").seconds == 1.0, "earlier versions did not time the evaluation"
    run.add_to_outcome(evaluation_seconds=2.5)
    assert run.seconds == 3.5 and run.status == "succeeded"


# The table of statuses, line by line


@pytest.mark.parametrize("status", ["succeeded", "failed", "stopped"])
@pytest.mark.parametrize("stop_asked", [False, True])
def test_a_run_with_an_outcome_has_that_status_whatever_else_is_there(workspace, status, stop_asked):
    run = end(runs.create(workspace, config()), status)
    if stop_asked:
        run.request_stop()
    assert run.status == status
    with at_work(run):
        assert run.status == status


def test_a_run_whose_lock_is_held_is_running(workspace):
    run = runs.create(workspace, config())
    with at_work(run):
        assert run.alive and run.status == "running"


def test_a_run_whose_lock_is_held_and_that_was_asked_to_stop_is_stopping(workspace):
    run = runs.create(workspace, config())
    with at_work(run):
        run.request_stop()
        assert run.status == "stopping"


def test_a_run_that_never_started_is_queued(workspace):
    run = runs.create(workspace, config())
    assert not run.alive and run.status == "queued"


def test_a_run_that_started_and_has_neither_lock_nor_outcome_is_lost(workspace):
    run = runs.create(workspace, config())
    with at_work(run):
        pass
    assert run.status == "lost"


def test_a_killed_run_is_lost_at_once_and_can_be_resumed(workspace):
    run = runs.create(workspace, config())
    with at_work(run) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert run.status == "lost" and not run.alive
    run.resume()
    assert run.status == "queued" and queue.waiting(workspace) == [run]
    with at_work(run):
        assert run.status == "running"


def test_a_run_that_starts_between_two_looks_is_never_called_lost(workspace, monkeypatch):
    """The lock is taken just after it was looked at, and the ticket is gone when it is looked for."""
    run = runs.create(workspace, config())
    real, held = locks.is_held, contextlib.ExitStack()

    def look_then_start(path):
        found = real(path)
        monkeypatch.setattr(job_folder, "is_held", real)
        held.enter_context(at_work(run))
        return found

    monkeypatch.setattr(job_folder, "is_held", look_then_start)
    with held:
        assert run.status == "running"


def test_the_process_id_of_a_living_process_is_no_evidence(workspace):
    run = runs.create(workspace, config())
    (run.folder / "ticket.json").unlink()
    for name in ("pid", "alive.lock"):
        (run.folder / name).write_text(str(os.getpid()))
    assert not run.alive and run.status == "lost"


# Stopping and resuming


def test_a_queued_run_that_is_stopped_never_starts_and_can_be_resumed(workspace):
    first, second = runs.create(workspace, config(0)), runs.create(workspace, config(1))
    first.request_stop()
    assert first.status == "stopped" and queue.waiting(workspace) == [second]
    first.resume()
    assert first.status == "queued" and queue.waiting(workspace) == [second, first]


@pytest.mark.parametrize("status", ["failed", "stopped"])
def test_a_run_that_ended_badly_is_resumed_and_how_it_ended_is_forgotten(workspace, status):
    run = end(runs.create(workspace, config()), status)
    run.request_stop()
    (run.folder / "checkpoints").mkdir()
    run.resume()
    assert run.status == "queued" and run.outcome is None
    assert (run.folder / "checkpoints").is_dir()


@pytest.mark.parametrize("status", ["queued", "running", "stopping", "succeeded"])
def test_there_is_nothing_to_resume_in_a_run_that_waits_works_or_succeeded(workspace, status):
    run = runs.create(workspace, config())
    if status == "succeeded":
        end(run, status)
    with at_work(run) if status in ("running", "stopping") else contextlib.nullcontext():
        if status == "stopping":
            run.request_stop()
        with pytest.raises(UserError) as refused:
            run.resume()
    assert refused.value.code == "run_not_resumable" and refused.value.fields["status"] == status
    for language, words in (("en", "cannot be resumed: it is "), ("ja", "再開できません（現在の状態：")):
        assert words in refused.value.message(language)
        assert Locale(language)(f"cli.state.{status}") in refused.value.message(language)
    assert status != "succeeded" or "it is done." in refused.value.message()


def test_a_run_that_was_trained_but_not_evaluated_can_be_resumed(workspace):
    run = end(runs.create(workspace, config()), "succeeded")
    assert not run.resumable
    (run.folder / "evaluation" / "scores.json").unlink()
    with at_work(run):
        assert not run.resumable, "it is being evaluated"
    assert run.resumable
    run.resume()
    assert run.status == "queued"


# Creating, listing, opening


def test_the_same_config_is_the_same_run(workspace):
    run = runs.create(workspace, config())
    ticket = run.ticket
    assert runs.create(workspace, config()) == run and run.ticket == ticket
    assert runs.create(workspace, config(seed=1)) != run
    assert len(runs.list_runs(workspace)) == 2


def test_asking_again_runs_what_failed_but_not_what_succeeded_or_is_at_work(workspace):
    done, failed, working = (runs.create(workspace, config(seed)) for seed in range(3))
    end(done, "succeeded")
    end(failed, "failed")
    with at_work(working):
        for run in (done, failed, working):
            assert runs.create(workspace, run.config) == run
        assert (done.status, failed.status, working.status) == ("succeeded", "queued", "running")
        assert queue.waiting(workspace) == [failed]


def test_a_run_keeps_its_config(workspace):
    asked = config(3, method="kdmcse", teacher="clip")
    run = runs.create(workspace, asked)
    assert runs.open_run(workspace, run.id).config == asked
    assert run.id.startswith("kdmcse-3-")


def test_first_come_is_first_served(workspace):
    made = [runs.create(workspace, config(seed)) for seed in (5, 3, 9, 1)]
    assert queue.waiting(workspace) == made and runs.list_runs(workspace) == made
    made[0].request_stop()
    made[0].resume()
    assert queue.waiting(workspace) == [*made[1:], made[0]]
    assert runs.list_runs(workspace) == made, "a resumed run keeps its place in the list"


def test_two_who_ask_at_once_get_different_places(workspace):
    threads = [threading.Thread(target=runs.create, args=(workspace, config(seed))) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tickets = [run.ticket for run in queue.waiting(workspace)]
    assert tickets == sorted(set(tickets)) and len(tickets) == 8


def test_only_the_runs_of_one_dataset_are_listed_when_asked(workspace):
    one = runs.create(workspace, config())
    other = runs.create(workspace, config(dataset="d2"))
    assert runs.list_runs(workspace, "d1") == [one]
    assert runs.list_runs(workspace, "d2") == [other]
    assert runs.list_runs(workspace, "d3") == []


def test_an_empty_workspace_has_no_runs(workspace):
    assert runs.list_runs(workspace) == [] and queue.waiting(workspace) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../runs", "../../etc", "/etc", "a/b", "a\\..\\b", "a\0b", "none", "x" * 5000, "simcse-0-"]
)
def test_what_names_no_run_is_refused(workspace, name):
    runs.create(workspace, config())
    write_json(workspace.path / "config.json", config().to_dict())  # a tempting target for `..`
    with pytest.raises(UserError) as refused:
        runs.open_run(workspace, name)
    assert refused.value.code == "run_unknown"


def test_only_a_living_run_is_at_a_stage(workspace):
    run = runs.create(workspace, config())
    with at_work(run):
        assert run.stage == "preparing"
        (run.folder / "progress.jsonl").write_text('{"stage": "embedding", "done": 1}\n')
        assert run.stage == "embedding"
    assert run.stage is None


# Deleting


def test_a_run_at_work_is_not_deleted(workspace):
    run = runs.create(workspace, config())
    with at_work(run):
        with pytest.raises(UserError) as refused:
            run.delete()
        assert refused.value.code == "run_alive" and run.id in refused.value.message()
        assert run.status == "running" and run.config == config()
    run.delete()
    assert runs.list_runs(workspace) == [] and not run.folder.exists()


def test_a_run_in_which_a_job_beside_its_training_is_at_work_is_not_deleted(workspace):
    run = end(runs.create(workspace, config()), "succeeded")
    with JobFolder(run.folder / "interpolation").hold():
        assert run.busy and not run.alive
        with pytest.raises(UserError) as refused:
            run.delete()
    assert refused.value.code == "run_alive" and run.status == "succeeded"
    run.delete()
    assert not run.folder.exists()


def test_nothing_is_left_of_a_deleted_run(workspace):
    run = runs.create(workspace, config())
    (run.folder / "student").mkdir()
    (run.folder / "student" / "model.safetensors").write_bytes(b"canary")
    run.delete()
    assert [path.name for path in workspace.runs.iterdir() if path.is_dir()] == []
    assert runs.create(workspace, config()).status == "queued"


def test_a_run_vanishes_at_once_even_if_its_removal_is_cut_short(workspace, monkeypatch):
    run = runs.create(workspace, config())

    def killed(folder, **given):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        run.delete()
    assert runs.list_runs(workspace) == []


# Locks


def test_looks_never_take_each_other_for_a_holder(workspace):
    run = runs.create(workspace, config())
    (run.folder / "ticket.json").unlink()
    (run.folder / "alive.lock").touch()
    seen, start = [], threading.Barrier(8)

    def look():
        start.wait()
        seen.extend([run.status for _ in range(100)])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 800 and set(seen) == {"lost"}


@pytest.mark.skipif(sys.platform == "win32", reason="looks differently there")
def test_a_look_that_takes_long_is_no_holder_for_another(workspace):
    import fcntl

    run = runs.create(workspace, config())
    (run.folder / "alive.lock").touch()
    with (run.folder / "alive.lock").open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)  # what a look does, stopped in its middle
        assert not run.alive and run.status == "queued"


def test_a_look_sees_a_holder_every_time(workspace):
    run = runs.create(workspace, config())
    with at_work(run):
        assert all(run.alive for _ in range(200))


def test_waiting_ends_when_the_run_has_ended_and_its_process_is_gone(workspace):
    run = runs.create(workspace, config())
    with at_work(run) as process:
        end(run, "succeeded")
        threading.Timer(0.3, process.stdin.close).start()
        started = time.monotonic()
        runs.wait([run], poll_seconds=0.02)
        assert 0.2 < time.monotonic() - started < 10
    assert not run.alive
