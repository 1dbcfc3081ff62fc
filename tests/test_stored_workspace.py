"""A workspace that an older version wrote (commit 229203b) is read by today's code, and says what it said then.

golden/stored_workspace.tar.xz   the workspace, and the tiny student and teacher that its runs name
golden/stored_workspace.json     what that version read from it and computed of it

The readers come first: where an interface changes they follow; the stored values stay as they are, but for intervals, which today's
statistics make.
"""

import dataclasses
import datetime
import hashlib
import json
import re
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_poc import analysed

from kdmcse import annotation, cost, data
from kdmcse.criteria import locking
from kdmcse.engine import queue, runs
from kdmcse.evaluation import benchmark_scores, projection
from kdmcse.evaluation.evaluation import read_embeddings, read_evaluation
from kdmcse.models import teacher_features
from kdmcse.presentation.results import payoff
from kdmcse.processes import agreement as agreement_job
from kdmcse.processes import projection as projection_job
from kdmcse.processes import train, tune
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace

GOLDEN = Path(__file__).parent / "golden"
STORED = json.loads((GOLDEN / "stored_workspace.json").read_text(encoding="utf-8"))
NAMES = STORED["names"]
"""which dataset and run is which"""
LATER_COUNTS = ("image_caption", "image_image")
"""kinds of rows that there were not: none of them"""


# Readers: workspace -> plain values


def read_dataset(dataset: data.PairDataset) -> dict:
    tables = {name: getattr(dataset, name) for name in ("pairs", "sts", "decisions", "faq", "texts", "problems")}
    images = [
        hashlib.sha256(dataset.image_path(name).read_bytes()).hexdigest()[:12] for name in dataset.pairs["image"][:3]
    ]
    return {
        "name": dataset.name,
        "synthetic": dataset.synthetic,
        "counts": {name: n for name, n in dataset.counts.items() if name not in LATER_COUNTS},
        "tables": {name: None if table is None else digest_of(table) for name, table in tables.items()},
        "images": images,
    }


def read_run(run: runs.Run) -> dict:
    evaluation = read_evaluation(run)
    facts = {
        "config": run.config.identity,
        "recipe": run.config.recipe,
        "status": run.status,
        "error": (run.outcome or {}).get("error"),
        "seconds": (run.outcome or {}).get("seconds"),
        "resumable": run.resumable,
        "ticket": run.ticket,
        "steps": [line.get("step") for line in run.progress()],
        "log": len(run.log()) > 0,
    }
    return facts | {"evaluation": None if evaluation is None else read_scores(evaluation)}


def read_scores(evaluation) -> dict:
    tables = (evaluation.sts, evaluation.decisions, evaluation.retrieval)
    vectors = read_embeddings(evaluation)
    return {
        "scores": evaluation.scores,
        "tables": [None if table is None else digest_of(table.round(4)) for table in tables],
        "embeddings": [*vectors.shape, float(np.abs(vectors).sum())],
        "benchmarks": {
            name: [score.value, score.rows, score.missing] for name, score in benchmarks(evaluation).items()
        },
    }


def benchmarks(evaluation) -> dict:
    return benchmark_scores.scores(evaluation)


def read_criteria(workspace: Workspace, dataset: str) -> list[dict]:
    return [locked.to_dict() for locked in locking.history(workspace, dataset)]


def read_scenarios(workspace: Workspace, dataset: str) -> list[dict]:
    return [
        {
            "id": kept.id,
            "version": kept.version,
            "by": kept.by,
            "digest": kept.scenario.digest,
            "scenario": kept.scenario.to_dict(),
            "ranges": [
                dataclasses.astuple(kept.scenario.range_of(path)) for path in ("effort/hosting_monthly", "yearly_rate")
            ],
            "history": json.loads(scenario_store.history(workspace, dataset, kept.id).to_json(orient="records")),
            "draft": scenario_store.read_draft(workspace, dataset, kept.id),
        }
        for kept in scenario_store.list_scenarios(workspace, dataset)
    ]


def read_annotation(workspace: Workspace, dataset: data.PairDataset) -> dict:
    effort = annotation.annotation_effort(workspace, dataset)
    return {
        "items": len(annotation.read_items(workspace, dataset)),
        "judgements": digest_of(annotation.judgements(workspace, dataset)[["annotator", "item", "score", "seconds"]]),
        "judged": digest_of(annotation.judged(workspace, dataset)),
        "effort": [
            effort.annotators,
            effort.judgements,
            effort.pairs_by_two,
            effort.timed,
            effort.seconds,
            effort.hours,
        ],
        "agreement_status": agreement_job.status(workspace, dataset),
        "agreement": annotation.read_agreement(workspace, dataset).to_dict(),
    }


def read_study(folder: Path) -> list:
    return [
        [trial.number, trial.state, trial.tried, trial.measured.dev_spearman, trial.filtered_share]
        for trial in tune.read_trials(folder)
    ]


def read_results(workspace: Workspace, dataset: str) -> dict:
    """What the whole proof of concept comes to; all intervals are kept, so nothing is drawn anew."""
    found, today = analysed(workspace, dataset), datetime.date(2026, 11, 29)
    results, verdicts, costs = found.results, found.verdicts(), found.costs()
    decision = found.decision(today)
    return {
        "stage": results.stage,
        "metric": verdicts.metric,
        "methods": results.methods,
        "recipe": results.recipe.id,
        "compared": [run.id for run in results.compared],
        "verdicts": {method: read_comparison(verdict) for method, verdict in verdicts.against.items()},
        "monthly_cost": {run: estimate.monthly_cost for run, estimate in costs.estimates.items()},
        "saving": costs.saving,
        "payoff": payoff(verdicts, costs),
        "decision": decision and decision.value,
        "next_step": found.next_step(),
    }


def read_comparison(comparison) -> list:
    difference = comparison.difference
    return [comparison.verdict, difference.estimate, difference.low, difference.high, difference.rows]


def read_projection(run: runs.Run, baseline: runs.Run) -> list:
    table = projection.read_projection(run, baseline)
    return [projection_job.status(run, baseline), table.round(4).to_dict(orient="list")]


def read_everything(workspace: Workspace) -> dict:
    shop, pilot = (data.open_dataset(workspace, NAMES[name]) for name in ("shop", "pilot"))
    trained, untouched = (runs.open_run(workspace, NAMES[name]) for name in ("trained", "untouched"))
    return {
        "datasets": {each.fingerprint: read_dataset(each) for each in (shop, pilot)},
        "runs": {run.id: read_run(run) for run in runs.list_runs(workspace)},
        "order": [run.id for run in runs.list_runs(workspace)],
        "queue": [run.id for run in queue.waiting(workspace)],
        "criteria": read_criteria(workspace, shop.fingerprint),
        "prices": cost.read_prices(workspace, shop.fingerprint).to_dict(),
        "scenarios": read_scenarios(workspace, shop.fingerprint),
        "annotation": read_annotation(workspace, shop),
        "projection": read_projection(trained, untouched),
        "studies": {folder.name: read_study(folder) for folder in sorted((workspace.path / "tuning").iterdir())},
        "results": {each.fingerprint: read_results(workspace, each.fingerprint) for each in (shop, pilot)},
        "teacher_forward": teacher_forward(workspace, pilot),
    }


def teacher_forward(workspace: Workspace, dataset: data.PairDataset) -> list[int]:
    """What the teacher has to embed anew: nothing."""
    features = teacher_features.embed(workspace, "./models/teacher", dataset)
    return [features.forward_images, features.forward_texts]


def read_resumed(workspace: Workspace) -> dict:
    """Scores of the runs that were interrupted, after they went on to their end."""
    found = {}
    for name in ("lost", "stopped"):
        run = runs.open_run(workspace, NAMES[name])
        run.resume()
        train.run_to_end(run)
        last = [line for line in run.progress() if line["stage"] == "training"][-1]
        found[name] = [run.status, last["step"], last["loss"]["total"], read_evaluation(run).scores["sts"]["spearman"]]
    return found


def digest_of(table: pd.DataFrame) -> list:
    """Columns and rows, whatever the types they are kept in."""
    return [len(table), hashlib.sha256(table.to_csv(index=False, float_format="%.6g").encode()).hexdigest()[:16]]


# What must hold


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    """The stored workspace in a folder of this test, which its relative model names start from."""
    with tarfile.open(GOLDEN / "stored_workspace.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path / "workspace")


def alike(found, stored, close: float) -> bool:
    if isinstance(stored, dict):
        return found.keys() == stored.keys() and all(alike(found[name], stored[name], close) for name in stored)
    if isinstance(stored, list):
        return len(found) == len(stored) and all(map(lambda one, other: alike(one, other, close), found, stored))
    if isinstance(stored, float) and isinstance(found, float):
        return found == pytest.approx(stored, rel=close, abs=close)
    return type(found) is type(stored) and found == stored


def plain(value):
    """As JSON gives it back."""
    return json.loads(json.dumps(value))


def test_everything_in_it_says_what_it_said(workspace):
    found = plain(read_everything(workspace))
    assert found.keys() == STORED["everything"].keys()
    different = [name for name, stored in STORED["everything"].items() if not alike(found[name], stored, 1e-6)]
    assert {name: found[name] for name in different} == {name: STORED["everything"][name] for name in different}


def test_what_other_statistics_computed_then_stays_and_is_computed_anew_once(workspace):
    then = kept(workspace)
    for _ in range(2):
        now = kept(workspace)
        for name in ("shop", "pilot"):
            read_results(workspace, NAMES[name])
    assert then < now == kept(workspace)


def kept(workspace: Workspace) -> set[str]:
    return {path.name for path in workspace.evidence.iterdir()}


def test_interrupted_runs_go_on_from_their_checkpoints_to_the_same_scores(workspace):
    found = plain(read_resumed(workspace))
    assert alike(found, STORED["resumed"], 1e-3), found


def test_criteria_that_were_altered_since_are_still_noticed(workspace):
    path = sorted((workspace.contracts / NAMES["shop"]).glob("0*.json"))[-1]
    path.write_text(path.read_text(encoding="utf-8").replace("0.02", "0.01"), encoding="utf-8")
    assert [version["intact"] for version in read_criteria(workspace, NAMES["shop"])] == [True, False]


def test_nothing_in_it_names_a_machine(workspace):
    written = [path for path in workspace.path.parent.rglob("*") if path.is_file()]
    assert len(written) > 200
    for path in written:
        assert not re.search(rb"/(tmp|home|root)/", path.read_bytes()), path
