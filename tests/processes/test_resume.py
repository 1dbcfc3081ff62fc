"""A run that was stopped, killed or failed goes on where it was, and ends as if nothing had been."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from example_runs import ask, cut_in_the_next_step, same, stages, weights
from filelock import FileLock

from kdmcse.engine import runs
from kdmcse.models import teacher_features
from kdmcse.models.device import device_lock
from kdmcse.processes import train
from kdmcse.store.files import read_json
from kdmcse.store.workspace import Workspace
from kdmcse.training import loop
from kdmcse.training.checkpoints import Checkpoints
from kdmcse.training.progress import ProgressLog


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_a_stopped_run_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(workspace, tmp_path, monkeypatch):
    whole = ask(Workspace(tmp_path / "whole"))
    train.run_to_end(whole)
    cut = ask(workspace)
    cut_in_the_next_step(cut, monkeypatch)
    assert not (cut.folder / "student").exists()
    for _ in range(3):
        cut.resume()
        cut_in_the_next_step(cut, monkeypatch)
    cut.resume()
    train.run_to_end(cut)
    assert cut.status == "succeeded"
    assert same(weights(whole), weights(cut))


@pytest.fixture
def waits_for_the_device():
    """A function: the process of a run waits for the device; what is done about the run meanwhile; it gets the device and ends."""

    def wait(run, meanwhile):
        process = threading.Thread(target=train.run_to_end, args=(run,))
        with FileLock(device_lock()):
            process.start()
            meanwhile()
        process.join(60)

    return wait


@pytest.mark.parametrize("method", ["baseline", "simcse"])
def test_a_run_that_is_stopped_while_its_process_waits_for_the_device_does_not_begin(
    workspace, waits_for_the_device, method
):
    run = ask(workspace, method)
    waits_for_the_device(run, run.request_stop)
    assert run.status == "stopped" and run.outcome is None and run.progress() == []
    run.resume()
    assert run.status == "queued"


def test_a_run_that_is_deleted_while_its_process_waits_for_the_device_stays_deleted(workspace, waits_for_the_device):
    run = ask(workspace)
    waits_for_the_device(run, run.delete)
    assert not run.folder.exists()


def test_a_stop_while_vectors_are_made_is_heard_and_those_that_were_made_are_kept(workspace, monkeypatch):
    run, write = ask(workspace), ProgressLog.write

    def stop_at_the_first(log, line):
        write(log, line)
        if line.get("done"):
            run.request_stop()

    monkeypatch.setattr(teacher_features, "_SECONDS_BETWEEN_REPORTS", 0)
    monkeypatch.setattr(ProgressLog, "write", stop_at_the_first)
    train.run_to_end(run)
    told = [line for line in run.progress() if line.get("total")]
    assert run.status == "stopped" and run.outcome["status"] == "stopped" and stages(run) == ["embedding"]
    assert 0 < told[-1]["done"] < told[-1]["total"]
    monkeypatch.undo()
    run.resume()
    train.run_to_end(run)
    further = [line for line in run.progress() if line.get("total")][len(told) :]
    assert run.status == "succeeded" and further[0]["total"] == told[-1]["total"] - told[-1]["done"]


def test_a_trained_run_whose_evaluation_failed_is_evaluated_on_resume_and_not_trained_again(workspace, monkeypatch):
    run = ask(workspace)
    with monkeypatch.context() as broken:
        broken.setattr("kdmcse.processes.evaluate.evaluate", lambda *a, **k: 1 / 0)
        train.run_to_end(run)
    assert run.status == "succeeded"
    assert read_json(run.folder / "evaluation" / "failure.json")["code"] == "unexpected"
    trained, seconds = weights(run), run.outcome["seconds"]
    run.resume()
    monkeypatch.setattr(train, "train", lambda *a: pytest.fail("it was trained again"))
    train.run_to_end(run)
    assert (run.folder / "evaluation" / "scores.json").exists()
    assert not (run.folder / "evaluation" / "failure.json").exists()
    assert same(weights(run), trained)
    assert run.outcome["seconds"] == pytest.approx(seconds, abs=2)
    assert run.outcome["evaluation_seconds"] > 0, "it computes too"
    assert run.seconds == run.outcome["seconds"] + run.outcome["evaluation_seconds"]
    assert not run.resumable


def test_the_seconds_of_a_run_that_was_cut_are_those_of_every_attempt(workspace, monkeypatch):
    run, learn = ask(workspace), loop._Training.learn
    monkeypatch.setattr(Checkpoints, "save", lambda *given: None)  # it is cut each time before the first
    for _ in range(2):
        with monkeypatch.context() as slow:
            slow.setattr(loop._Training, "learn", lambda *given: (time.sleep(2), learn(*given)))
            cut_in_the_next_step(run, slow)
        run.resume()
    train.run_to_end(run)
    told = [line for line in run.progress() if line["stage"] == "training"][-1]
    assert run.status == "succeeded" and told["step"] == told["steps"]
    assert run.outcome["seconds"] > told["seconds"] + 4


@pytest.mark.slow
def test_a_run_killed_at_work_is_lost_and_resumes_to_the_same_weights(workspace, tmp_path):
    whole = ask(Workspace(tmp_path / "whole"), epochs=80)
    train.run_to_end(whole)
    killed = ask(workspace, epochs=80)
    process = subprocess.Popen([sys.executable, "-m", "kdmcse.processes.train", str(killed.folder)])
    deadline = time.monotonic() + 120
    while not any(line["stage"] == "training" for line in killed.progress()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert killed.status == "running"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert killed.status == "lost"
    killed.resume()
    assert killed.status == "queued"
    train.run_to_end(killed)
    assert killed.status == "succeeded"
    assert same(weights(whole), weights(killed))


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(workspace, capsys, monkeypatch):
    run = ask(workspace)
    cut_in_the_next_step(run, monkeypatch)
    run.resume()
    cut_in_the_next_step(run, monkeypatch)
    newest = sorted((run.folder / "checkpoints").iterdir())[-1] / "state.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    run.resume()
    train.run_to_end(run)
    assert run.status == "succeeded"
    assert "step-00000002 is damaged" in capsys.readouterr().out


def test_settings_that_were_changed_after_a_stop_are_refused_and_nothing_is_lost(workspace, monkeypatch):
    run = ask(workspace)
    cut_in_the_next_step(run, monkeypatch)
    asked = json.loads((run.folder / "config.json").read_text())
    changed = asked | {"training": asked["training"] | {"temperature": 0.5}}
    (run.folder / "config.json").write_text(json.dumps(changed))
    run = runs.Run(run.folder)
    run.resume()
    train.run_to_end(run)
    assert run.outcome["error"]["code"] == "checkpoint_of_other_settings"
    assert "temperature" in run.outcome["error"]["message"]
    (run.folder / "config.json").write_text(json.dumps(asked))
    run = runs.Run(run.folder)
    run.resume()
    train.run_to_end(run)
    assert run.status == "succeeded"
