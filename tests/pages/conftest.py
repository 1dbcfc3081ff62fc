"""Workspaces with results, with trouble and with nothing, for tests of pages; each interval is computed once."""

import json
import shutil
from pathlib import Path

import published
import pytest
from example_poc import PRICES, complete, config, evaluated, finish, import_example
from pages_under_test import CANARY

from kdmcse import annotation, cost
from kdmcse.engine.runs import create
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import prepare


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="session")
def happy(tmp_path_factory) -> Path:
    """Everything measured, prices entered, maps drawn."""
    folder = tmp_path_factory.mktemp("happy")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", name="Spring", caption="{}", synthetic=True)
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    first = runs["kdmcse"][0]
    lines = [
        {"stage": "training", "step": n, "steps": 3, "loss": {"sentence": 2 / n, "total": 3 / n}} for n in (1, 2, 3)
    ]
    (first.folder / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    draw_map(dataset, first, runs["baseline"][0])
    judge(workspace, dataset, "Aiko", "Ben")
    return workspace.path


def judge(workspace, dataset, *people: str) -> None:
    """Pairs are proposed, and everybody judges most of them."""
    annotation.propose(workspace, dataset, 30)
    for number, person in enumerate(people):
        for score in range(25):
            item = annotation.annotation_queue(workspace, dataset, person).item
            annotation.judge(workspace, dataset, person, item.id, (item.band + score % 2 * number) % 6, 6.0)
    annotation.keep_agreement(workspace, dataset)


def draw_map(dataset, run, baseline) -> None:
    import numpy as np
    import pandas as pd

    pairs = dataset.pairs.loc[dataset.pairs["held_out"], "pair"]
    points = pd.DataFrame(
        {"pair": pairs, **{name: np.arange(len(pairs)) for name in ("before_x", "before_y", "after_x", "after_y")}}
    )
    target = run.folder / "projection" / baseline.id
    target.mkdir(parents=True)
    points.to_parquet(target / "points.parquet")


@pytest.fixture(scope="session")
def beyond(tmp_path_factory) -> Path:
    """All five methods, measured on a dataset that came without images, chosen by dev judgements."""
    folder = tmp_path_factory.mktemp("beyond")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", name="Beyond")
    runs = complete(workspace, dataset, seeds=(0, 1))
    for seed in (0, 1):
        evaluated(workspace, dataset, config(dataset, "gist", seed), 0.74 + seed / 1000)
        last = evaluated(workspace, dataset, config(dataset, "dalr", seed), 0.79 + seed / 1000)
    training = {"stage": "training", "step": 9, "steps": 9, "epoch": 1, "epochs": 1, "kind": "pairs"}
    loss = {"sentence": 1.0, "image": 2.0, "ranking": 3.0, "total": 6.0}
    told = {"kept_step": 7, "dev_score": 0.7123, "micro_batch": 16, "not_bit_identical": True}
    (last.folder / "progress.jsonl").write_text(json.dumps(training | told | {"loss": loss}) + "\n")
    write_json(last.folder / "outcome.json", last.outcome | told)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    draw_map(dataset, runs["kdmcse"][0], runs["baseline"][0])
    for picture in (dataset.folder / "objects").iterdir():
        picture.unlink()
    files = [file for file in dataset.manifest["files"] if file["kind"] != "images"]
    write_json(dataset.folder / "manifest.json", dataset.manifest | {"files": files})
    return workspace.path


@pytest.fixture(scope="session")
def papers(tmp_path_factory) -> Path:
    """The published files: vectors instead of images, no held-out captions."""
    folder = tmp_path_factory.mktemp("papers")
    workspace = Workspace(folder / "workspace")
    dataset = prepare.prepare(workspace, "wiki-flickr", published.folder(folder / "source")).dataset
    for method in ("baseline", "kdmcse", "gist"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    return workspace.path


@pytest.fixture(scope="session")
def broken(tmp_path_factory) -> Path:
    """A failed run, a lost one, no judgements, prices at which no match pays, hostile captions and name."""
    folder = tmp_path_factory.mktemp("broken")
    workspace = Workspace(folder / "workspace")
    source = folder / "source"
    dataset = import_example(workspace, source, name=CANARY, caption=CANARY + "{}", sts=0)
    evaluated(workspace, dataset, config(dataset, "baseline"), None)
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0), None)
    dear = {**PRICES.to_dict(), "false_match": 1e9}
    cost.write_prices(workspace, dataset.fingerprint, cost.Prices(**dear))
    failed = create(workspace, config(dataset, "kdmcse", 1))
    finish(failed, "failed")
    fields = {"step": "3", "loss": "nan", "kept_step": "0", "table": "pairs", "rows": "4, 11, 2, … (64)"}
    error = {"code": "training_diverged", "fields": fields, "message": "m", "hint": "h"}
    write_json(failed.folder / "outcome.json", {"status": "failed", "error": error, "seconds": 1.0})
    lost = create(workspace, config(dataset, "mcse", 0))
    (lost.folder / "ticket.json").unlink()
    judge(workspace, dataset, CANARY[:60])
    return workspace.path


@pytest.fixture(autouse=True)
def nothing_typed(tmp_path_factory):
    """What one test types into a form of a shared workspace is not there in the next."""
    yield
    for drafts in tmp_path_factory.getbasetemp().glob("*/workspace/drafts"):
        shutil.rmtree(drafts)


@pytest.fixture(autouse=True)
def _kept(kept_evidence):
    pass
