"""What a run tells of itself: its last line, its log, whatever a cut left of them."""

import json

import pytest

from kdmcse.config import RunConfig
from kdmcse.engine import runs
from kdmcse.engine.runs import Run
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def config(seed: int = 0, **changes) -> RunConfig:
    return RunConfig(**{"dataset": "d1", "method": "simcse", "student": "small", "seed": seed} | changes)


def write_progress(run: Run, text: str) -> None:
    (run.folder / "progress.jsonl").write_text(text)


def test_a_run_without_progress_has_none(workspace):
    run = runs.create(workspace, config())
    assert run.progress() == [] and run.last_progress is None and run.stage is None and run.log() == ""


def test_a_half_written_line_is_left_out(workspace):
    run = runs.create(workspace, config())
    write_progress(run, '{"stage": "embedding"}\n{"stage": "training", "step": 1}\n{"stage": "trai')
    assert [line["stage"] for line in run.progress()] == ["embedding", "training"]
    assert run.last_progress == {"stage": "training", "step": 1}


def test_a_line_that_was_cut_by_a_full_disk_and_written_after_does_no_lasting_harm(workspace):
    run = runs.create(workspace, config())
    write_progress(run, '{"stage": "embedding"}\n{"stage": "trai{"stage": "training", "step": 8}\n')
    assert run.progress() == [{"stage": "embedding"}]
    assert run.last_progress == {"stage": "embedding"}


def test_the_last_line_is_found_behind_many(workspace):
    run = runs.create(workspace, config())
    write_progress(run, "".join(json.dumps({"stage": "training", "step": step}) + "\n" for step in range(5000)))
    assert run.last_progress["step"] == 4999 and len(run.progress()) == 5000


def test_the_end_of_a_log_is_read_even_when_it_is_no_text(workspace):
    run = runs.create(workspace, config())
    (run.folder / "log.txt").write_bytes(b"x" * 100 + b"\xff\xe8\x8d the end")
    assert run.log(10).endswith("the end")
