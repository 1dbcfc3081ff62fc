"""Benchmarks are measured when asked for: in the background, here and now, and from the shell."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
import small
from example_poc import analysed
from filelock import FileLock

from kdmcse.cli import app
from kdmcse.config import BASELINE, RunConfig
from kdmcse.engine import runs
from kdmcse.errors import UserError
from kdmcse.evaluation import benchmark_scores, evaluation
from kdmcse.evaluation.benchmarks import public
from kdmcse.processes import benchmarks, evaluate, launch
from kdmcse.results import benchmarks as benchmarks_room
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def job_of(run):
    return benchmarks.job(run.workspace, run.config.dataset)


@pytest.fixture
def run(workspace):
    """The untouched small student, evaluated as before there were yardsticks."""
    dataset = small.dataset(workspace)
    found = runs.create(workspace, RunConfig(dataset=dataset.fingerprint, method=BASELINE, student=small.student()))
    (found.folder / "ticket.json").unlink()
    write_json(found.folder / "outcome.json", {"status": "succeeded", "error": None, "seconds": 1.0})
    evaluate.evaluate_run(found)
    for name in ("yardsticks.json", "yardsticks.parquet"):
        (found.folder / "evaluation" / name).unlink()
    return found


def scores(run):
    return benchmark_scores.scores(evaluation.read_evaluation(run))


def wait_for(run):
    end = time.monotonic() + 120
    while job_of(run).status() == "running":
        assert time.monotonic() < end
        time.sleep(0.05)
    return job_of(run).status()


@pytest.mark.slow
def test_the_job_runs_in_the_background_and_says_how_far_it_is(run):
    place = public.local_folder(run.workspace)
    place.mkdir()
    (place / "JSTS.csv").write_text("sentence1,sentence2,score\na red mug,a red cup,5\nlamp,bag,0\nthe cap,a cap,4\n")
    assert job_of(run).status() == "none"
    launch.start_benchmarks([run], with_public=True)
    launch.start_benchmarks([run], with_public=True)
    assert wait_for(run) == "done" and job_of(run).failure() is None
    assert benchmarks.progress(run.workspace, run.config.dataset) == benchmarks.BenchmarkProgress(1, 1, None)
    found = scores(run)
    assert found["public_JSTS"].rows == 3 and found["public_STS12"].missing == "not_available"
    assert found["alignment"].value is not None
    assert (run.folder / "yardsticks" / "JSTS.parquet").exists()


def test_a_job_is_seen_at_work_by_its_lock(run):
    place = job_of(run).folder
    place.mkdir(parents=True)
    with FileLock(place / "alive.lock"):
        assert job_of(run).status() == "running"
        launch.start_benchmarks([run], with_public=False)
        assert not (place / "asked.json").exists()
        with pytest.raises(UserError) as refused:
            benchmarks.measure([run], with_public=False)
        assert refused.value.code == "yardsticks_alive"


def test_a_job_that_was_killed_has_failed_and_one_that_cannot_says_why(run):
    place = job_of(run).folder
    write_json(place / "asked.json", {"runs": [run.id], "public": False, "label": "category"})
    assert job_of(run).status() == "failed"
    (run.folder / "evaluation" / "scores.json").unlink()
    assert benchmarks.main([str(place)]) == 2
    assert job_of(run).status() == "failed"
    assert job_of(run).failure().code == "yardsticks_need_evaluation"


def test_a_deleted_run_is_passed_over(run):
    place = job_of(run).folder
    write_json(place / "asked.json", {"runs": ["gone", run.id], "public": False, "label": "category"})
    assert benchmarks.main([str(place)]) == 0 and scores(run)


def test_without_an_evaluated_run_there_is_nothing_to_measure():
    with pytest.raises(UserError) as refused:
        launch.start_benchmarks([], with_public=True)
    assert refused.value.code == "yardsticks_nothing"


def test_what_was_evaluated_before_is_measured_when_asked_for(run):
    assert scores(run) == {}
    benchmarks.measure([run], with_public=False)
    found = scores(run)
    assert found["alignment"].value is not None and found["duplicates_average_precision"].value is not None
    embeddings = evaluation.read_embeddings(evaluation.read_evaluation(run))
    evaluate.evaluate_run(run)
    assert np.array_equal(embeddings, evaluation.read_embeddings(evaluation.read_evaluation(run)))
    assert scores(run) == found, "as if it had been measured with the evaluation"


def test_another_column_can_be_learnt_and_what_there_was_stays(run):
    benchmarks.measure([run], with_public=False)
    before = scores(run)
    with pytest.raises(UserError, match="colour") as refused:
        benchmarks.measure([run], with_public=False, label="colour")
    assert refused.value.code == "label_unknown" and scores(run) == before


def test_the_shell_measures_and_lists_by_method(run, capsys):
    asked = ["yardsticks", "--workspace", str(run.workspace.path), "--dataset", run.config.dataset, "--json"]
    assert app.main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["methods"]["baseline"]["alignment"][0]["value"] == scores(run)["alignment"].value
    assert found["methods"]["baseline"]["faq_mrr_at_10"][0]["missing"] == "no_faq"
    assert {one["name"]: one["licence"] for one in found["public_tests"]}["JSTS"] == "cc-by-sa-4.0"
    assert app.main([*asked[:-1], "--public"]) == 0
    told = capsys.readouterr().out
    assert "public_STS12: –" in told and "not_available" in told
    assert app.main([*asked, "--label", "colour"]) == 2


def test_what_methods_have_is_gathered_by_method(run):
    gathered = analysed(run.workspace, run.config.dataset).results
    assert benchmarks_room.by_method(gathered) == {BASELINE: [{}]}
    assert not benchmark_scores.all_have(benchmarks_room.by_method(gathered), "alignment")
    benchmarks.measure([run], with_public=False)
    assert benchmarks_room.by_method(gathered) == {BASELINE: [scores(run)]}
    assert benchmark_scores.all_have(benchmarks_room.by_method(gathered), "alignment")


@pytest.mark.slow
def test_reading_yardsticks_loads_nothing_heavy():
    heavy = "('torch', 'transformers', 'mteb', 'sklearn', 'scipy')"
    code = f"import sys, kdmcse.processes.benchmarks; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
