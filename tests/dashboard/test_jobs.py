"""Progress in shares and words, uploads that never become paths, a deletion that leaves nothing behind."""

import io
import json
import zipfile

import pytest
from example_poc import PRICES, complete, config, import_example

from dashboard import jobs
from dashboard.forms import upload
from kdmcse import cost
from kdmcse.engine import runs
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace


class Upload(io.BytesIO):
    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name, self.size = name, len(content)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.mark.parametrize(
    ("line", "share"),
    [
        (None, 0.02),
        ({"stage": "embedding", "done": 5, "total": 10}, 0.11),
        ({"stage": "embedding", "done": 0, "total": 0}, 0.02),
        ({"stage": "training", "step": 50, "steps": 100}, 0.55),
        ({"stage": "evaluating"}, 0.95),
    ],
)
def test_share_done(workspace, tmp_path, line, share):
    dataset = import_example(workspace, tmp_path / "source")
    run = runs.create(workspace, config(dataset, "kdmcse"))
    if line:
        (run.folder / "progress.jsonl").write_text(json.dumps(line) + "\n")
    assert jobs.share_done(run) == pytest.approx(share)
    assert jobs.pace(run).seconds_left is None


def test_the_total_is_the_last_loss_term():
    assert jobs.loss_terms([{"loss": {"total": 1, "sentence": 1}}, {"stage": "x"}, {"loss": {"image": 1}}]) == [
        "sentence",
        "image",
        "total",
    ]


def test_the_best_on_dev_is_known_once_somebody_looked():
    assert jobs.best_on_dev(None) is None and jobs.best_on_dev({"step": 5, "steps": 9}) is None
    line = {"step": 300, "steps": 1000, "kept_step": 250, "dev_score": 0.0}
    assert jobs.best_on_dev(line) == jobs.BestOnDev(0.0, 250, 1000), "0 is a score"
    assert jobs.best_on_dev({"status": "succeeded", "kept_step": 2, "dev_score": 0.5}).steps is None


def test_files_of_the_browser_are_there_for_the_block_and_gone_after_it(workspace):
    given = {
        "pairs": Upload("../../etc/pass wd.csv", b"image,caption\n"),
        "images": Upload("Photos.ZIP", b"PK"),
        "sts": None,
    }
    with upload.received(workspace, given) as files:
        assert set(files) == {"pairs", "images"}
        assert files["pairs"].name == "pass_wd.csv" and files["images"].name == "Photos.ZIP"
        assert all(path.is_relative_to(workspace.path / "uploads") for path in files.values())
        assert files["pairs"].read_bytes() == b"image,caption\n"
    assert not list((workspace.path / "uploads").iterdir())


def test_they_are_gone_after_a_failure_too(workspace):
    with pytest.raises(UserError), upload.received(workspace, {"pairs": Upload("a.csv", b"x")}):
        raise UserError("nothing_to_import")
    assert not list((workspace.path / "uploads").iterdir())


def test_several_pictures_become_one_zip_with_their_names_as_text(workspace):
    pictures = [Upload("folder/a.jpg", b"1"), Upload("..\\..\\b.jpg", b"2")]
    with upload.received(workspace, {"images": pictures}) as files, zipfile.ZipFile(files["images"]) as archive:
        assert archive.namelist() == ["folder/a.jpg", "../../b.jpg"]
        assert archive.read("folder/a.jpg") == b"1"


@pytest.mark.parametrize("name", ["", "..", "/", "a/..", "\0", "." * 300, "文" * 100 + ".csv"])
def test_odd_names_stay_inside(workspace, name):
    with upload.received(workspace, {"pairs": Upload(name, b"x")}) as files:
        assert files["pairs"].read_bytes() == b"x"
        assert files["pairs"].resolve().is_relative_to(workspace.path / "uploads")


def test_a_deleted_dataset_takes_its_runs_and_prices_along(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    jobs.delete_dataset(workspace, dataset, with_runs=True)
    assert not list(workspace.datasets.glob("[!.]*")) and not list(workspace.runs.glob("*/config.json"))
    assert not list(workspace.prices.iterdir())


def test_runs_stay_when_asked(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    jobs.delete_dataset(workspace, dataset, with_runs=False)
    assert len(list(workspace.runs.glob("*/config.json"))) == 4


def test_the_table_of_problems_is_safe_for_spreadsheets():
    import pandas as pd

    table = pd.DataFrame({"file": ["=a"], "row": [3], "message": ["@x"]})
    assert upload.csv_for_spreadsheets(table).decode("utf-8-sig").splitlines() == ["file,row,message", "'=a,3,'@x"]
