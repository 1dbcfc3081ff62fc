"""Small real runs, for tests: asked for, cut, and run in a process of their own."""

import dataclasses
import subprocess
import sys

import small
import torch
from safetensors.torch import load_file

from kdmcse.config import WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.engine import runs
from kdmcse.processes import train
from kdmcse.training import loop

SETTINGS = TrainingConfig(epochs=3, batch_size=8, learning_rate=1e-3, projection_width=8)


def ask(workspace, method="kdmcse", seed=0, **changed):
    dataset = small.dataset(workspace)
    config = RunConfig(
        dataset=dataset.fingerprint, method=method, student=small.student(), seed=seed,
        teacher=(dict.fromkeys(WITHOUT_TEACHER) | {"rankcse": small.student()}).get(method, small.teacher()),
        training=TrainingConfig(**(SETTINGS.to_dict() | changed)),
    )  # fmt: skip
    return runs.create(workspace, config)


def ask_of(workspace, student, **changed):
    """The same of another student."""
    config = ask(workspace, **changed).config
    return runs.create(workspace, dataclasses.replace(config, student=student))


def weights(run):
    return load_file(run.folder / "student" / "model.safetensors") | load_file(run.folder / "heads.safetensors")


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def cut_in_the_next_step(run, monkeypatch):
    """Go on with the run, which is asked to stop when it has prepared what it trains."""

    def fit(*given, **told):
        run.request_stop()
        return loop.fit(*given, **told)

    with monkeypatch.context() as patched:
        patched.setattr(train, "fit", fit)
        train.run_to_end(run)
    assert run.status == "stopped"


def stages(run):
    """What a run was at, in order."""
    return list(dict.fromkeys(line["stage"] for line in run.progress()))


def run_alone(run, *launcher):
    """The run's process, as the worker starts it, or as `launcher` does."""
    command = [sys.executable, *(launcher or ("-m", "kdmcse.processes.train")), str(run.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)
