"""The students between today's and the trained one are measured once, in the background or from the shell, and one of them is taken along."""

import json
import time

import numpy as np
import pytest
import small
import torch
from filelock import FileLock

from kdmcse.cli import app
from kdmcse.config import BASELINE, RunConfig, TrainingConfig
from kdmcse.engine import runs
from kdmcse.errors import UserError
from kdmcse.evaluation import evaluation
from kdmcse.models import student
from kdmcse.processes import interpolation, launch, train
from kdmcse.results.interpolation import SHARES, stop_folder
from kdmcse.store.files import read_json
from kdmcse.store.workspace import Workspace

PUBLIC = "sentence1,sentence2,score\na red mug,one red mug,5\na lamp,one bag,0\nthe cap,a cap,4\nred,blue,1\n"


@pytest.fixture
def run(tmp_path):
    """A trained run of the small student, and the untouched one."""
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace)
    settings = TrainingConfig(epochs=2, batch_size=8, learning_rate=5e-3)
    untouched = RunConfig(dataset.fingerprint, BASELINE, small.student())
    trained = RunConfig(dataset.fingerprint, "simcse", small.student(), training=settings)
    for asked in (untouched, trained):
        run = runs.create(workspace, asked)
        train.run_to_end(run)
    return run


def put_public(run):
    path = run.workspace.path / "public" / "STS12.csv"
    path.parent.mkdir()
    path.write_text(PUBLIC)


def test_the_ends_are_the_untouched_and_the_trained_student_as_they_were_evaluated(run):
    progress = []
    metric, stops = interpolation.measure(run, on_progress=progress.append)
    assert (
        metric == "sts_spearman" and [stop.share for stop in stops] == list(SHARES) and progress == [0, 1, 2, 3, 4, 5]
    )
    baseline = next(one for one in runs.list_runs(run.workspace) if one.config.method == BASELINE)
    for share, model in ((0.0, baseline), (1.0, run)):
        kept = evaluation.load_evaluation(stop_folder(run, share) / "evaluation")
        expected = evaluation.read_evaluation(model)
        np.testing.assert_allclose(kept.sts["cosine"], expected.sts["cosine"], rtol=0, atol=1e-6)
    assert len({stop.own.candidate.estimate for stop in stops}) > 2
    for stop in stops:
        assert stop.own.candidate.low <= stop.own.candidate.estimate <= stop.own.candidate.high
        difference = stop.own.candidate.estimate - stops[0].own.candidate.estimate
        assert stop.own.difference.estimate == pytest.approx(difference, abs=1e-12)
        assert not stop.own.candidate.rows_only, "one student as it is, not the chance of its training"
        assert stop.general == {}, "no public test is here: what was forgotten is not known"
    assert stops[0].own.difference.estimate == 0


@pytest.mark.slow
def test_a_public_test_that_comes_later_is_measured_and_nothing_else_again(run, monkeypatch):
    interpolation.measure(run)
    assert interpolation.status(run) == "done"
    put_public(run)
    assert interpolation.status(run) == "none", "there is something to measure"
    monkeypatch.setattr("kdmcse.processes.evaluate.evaluate", lambda *a, **k: pytest.fail("measured before"))
    _, stops = interpolation.measure(run)
    assert interpolation.status(run) == "done"
    assert all(list(stop.general) == ["public_STS12"] for stop in stops)
    kept = read_json(stop_folder(run, 0.25) / "yardsticks" / "STS12.json")
    assert stops[1].general["public_STS12"].candidate.estimate == pytest.approx(kept["value"], abs=1e-9)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_job_measures_in_the_background_and_is_not_started_twice(run):
    launch.start_interpolation(run)
    launch.start_interpolation(run)
    end = time.monotonic() + 500
    while interpolation.status(run) == "running":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert interpolation.status(run) == "done" and interpolation.job(run).progress() == {"done": 5}
    asked = read_json(run.folder / "interpolation" / "asked.json")
    launch.start_interpolation(run)
    assert read_json(run.folder / "interpolation" / "asked.json") == asked


def test_who_measures_alone_refuses_a_second_one(run):
    (run.folder / "interpolation").mkdir()
    with FileLock(run.folder / "interpolation" / "alive.lock"), pytest.raises(UserError) as refused:
        interpolation.measure(run)
    assert refused.value.code == "interpolation_alive"


def test_the_untouched_student_and_a_run_without_a_student_have_nothing_between(run):
    baseline = next(one for one in runs.list_runs(run.workspace) if one.config.method == BASELINE)
    waiting = runs.create(run.workspace, RunConfig(run.config.dataset, "simcse", small.student(), seed=1))
    for one, code in ((baseline, "nothing_to_interpolate"), (waiting, "no_student_yet")):
        for attempt in (interpolation.measure, launch.start_interpolation):
            with pytest.raises(UserError) as refused:
                attempt(one)
            assert refused.value.code == code


@pytest.mark.slow
def test_the_shell_lists_what_was_measured(run, capsys):
    put_public(run)
    asked = ["interpolate", run.id, "--workspace", str(run.workspace.path)]
    assert app.main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [stop["share"] for stop in found["stops"]] == list(SHARES) and found["metric"] == "sts_spearman"
    assert app.main([*asked, "--language", "ja"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 5 and "50%" in out[2] and "STS12" in out[2]


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_shell_writes_a_student_that_other_software_loads(run, tmp_path, capsys, share):
    from sentence_transformers import SentenceTransformer

    out = tmp_path / "new" / "student"
    asked = ["interpolate", run.id, "--workspace", str(run.workspace.path), "--out", str(out), "--share", str(share)]
    assert app.main(asked) == 0
    ends = [dict(student.load(one).named_parameters()) for one in (run.config.student, run.student)]
    mixed = dict(SentenceTransformer(str(out), device="cpu").named_parameters())
    assert all(torch.equal(mixed[name], torch.lerp(ends[0][name], ends[1][name], share)) for name in ends[0])
    assert app.main(asked) == 2, "it is there already"
    assert app.main([*asked[:-3], str(tmp_path / "other"), "--share", "1.5"]) == 2
    assert not (tmp_path / "other").exists()
