"""The queue is drained in the background, in order, by one worker, whatever dies."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import small

from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.engine import queue, runs
from kdmcse.processes import worker
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    yield workspace
    for run in runs.list_runs(workspace):
        run.request_stop()
    wait_until(lambda: not queue.is_working(workspace))


def wait_until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ask(workspace, seed=0, epochs=2):
    dataset = small.dataset(workspace)
    training = TrainingConfig(epochs=epochs, batch_size=8)
    return runs.create(
        workspace,
        RunConfig(dataset=dataset.fingerprint, method="simcse", student=small.student(), seed=seed, training=training),
    )


def processes_of(workspace, module="kdmcse.processes.worker"):
    return [
        p
        for p in psutil.process_iter(["cmdline"])
        if module in (p.info["cmdline"] or []) and str(workspace.path) in p.info["cmdline"]
    ]


@pytest.mark.slow
def test_runs_asked_for_are_worked_off_in_order_and_the_worker_ends(workspace):
    asked = [ask(workspace, seed) for seed in (2, 0, 1)]
    queue.ensure(workspace)
    runs.wait(asked)
    assert [run.status for run in asked] == ["succeeded"] * 3
    ended = [(run.folder / "outcome.json").stat().st_mtime_ns for run in asked]
    assert ended == sorted(ended)
    wait_until(lambda: not queue.is_working(workspace))


@pytest.mark.slow
def test_training_outlives_the_process_that_asked_for_it_and_the_worker(workspace):
    run = ask(workspace, epochs=100)
    later = ask(workspace, seed=1)
    code = f"from kdmcse.engine import queue; from kdmcse.store.workspace import Workspace; queue.ensure(Workspace({str(workspace.path)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True)
    wait_until(lambda: run.status == "running")
    for process in processes_of(workspace):
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not queue.is_working(workspace))
    assert run.status == "running"
    assert later.status == "queued"
    queue.ensure(workspace)  # a look is enough to have the queue drained again, after the run at work
    runs.wait([run, later])
    assert [run.status, later.status] == ["succeeded", "succeeded"]
    assert (run.folder / "outcome.json").stat().st_mtime_ns < (later.folder / "outcome.json").stat().st_mtime_ns


@pytest.mark.slow
def test_a_second_worker_ends_at_once(workspace):
    run = ask(workspace, epochs=200)
    queue.start(workspace)
    wait_until(lambda: run.status == "running")
    assert (
        subprocess.run([sys.executable, "-m", "kdmcse.processes.worker", str(workspace.path)], timeout=60).returncode
        == 0
    )
    assert run.status == "running"


@pytest.mark.slow
def test_a_stopped_run_does_not_hold_up_the_next(workspace):
    first, second = ask(workspace, epochs=1000), ask(workspace, seed=1)
    queue.ensure(workspace)
    wait_until(lambda: first.last_progress is not None and first.last_progress["stage"] == "training")
    first.request_stop()
    runs.wait([first, second])
    assert [first.status, second.status] == ["stopped", "succeeded"]


def test_a_run_that_was_stopped_while_it_waited_never_starts(workspace):
    run = ask(workspace)
    run.request_stop()
    queue.ensure(workspace)
    worker.drain(workspace)
    assert run.status == "stopped"
    assert run.progress() == []


@pytest.mark.slow
def test_importing_the_worker_loads_nothing_heavy():
    code = "import sys, kdmcse.processes.worker; sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'mteb', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
