"""What is read once and kept: the only file with st.cache_*. Each cache is bounded, keyed by id and state on disk."""

import logging
import os
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.charts import training
from dashboard.uploads import received
from kdmcse import data
from kdmcse.engine import runs
from kdmcse.results import learning_curve, results
from kdmcse.results.outlook import Measured, Outlook, has_costs
from kdmcse.roi import Scenario
from kdmcse.store.workspace import Workspace

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

THUMBNAIL_PIXELS = 360


def workspace() -> Workspace:
    return Workspace(Path(os.environ.get("KDMCSE_WORKSPACE", "workspace")))


def datasets(workspace: Workspace) -> list[data.PairDataset]:
    return _datasets(str(workspace.path), _stamp(workspace.datasets))


@st.cache_resource(max_entries=4, show_spinner=False)
def _datasets(path: str, stamp: tuple) -> list[data.PairDataset]:
    return data.list_datasets(Workspace(Path(path)))


def gathered(workspace: Workspace, dataset: str, recipe: str | None) -> results.Poc:
    """The PoC so far; gathered again when a run, an evaluation, the prices or the contract changed. An unknown recipe is none."""
    stamp = _poc_stamp(workspace, dataset)
    found = _gathered(str(workspace.path), dataset, None, stamp)
    if recipe in [one.id for one in found.recipes if not one.chosen]:
        return _gathered(str(workspace.path), dataset, recipe, stamp)
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _gathered(path: str, dataset: str, recipe: str | None, stamp: tuple) -> results.Poc:
    return results.gather(Workspace(Path(path)), dataset, recipe=recipe)


def data_curve(workspace: Workspace, found: results.Poc) -> learning_curve.DataCurve:
    """The curve of the recipe that is looked at; fitted again when `gathered` would be gathered again."""
    dataset, recipe = found.dataset.fingerprint, found.recipe and found.recipe.id
    return _data_curve(str(workspace.path), dataset, recipe, _poc_stamp(workspace, dataset))


@st.cache_resource(max_entries=8, show_spinner=False)
def _data_curve(path: str, dataset: str, recipe: str | None, stamp: tuple) -> learning_curve.DataCurve:
    return learning_curve.curve(results.gather(Workspace(Path(path)), dataset, recipe=recipe))


def outlook(workspace: Workspace, found: results.Poc, scenario: Scenario) -> Outlook | None:
    """What a scenario comes to by these results; None where they have no cost. UserError where its prices are not allowed."""
    if not has_costs(found):
        return None
    place = str(workspace.path), found.dataset.fingerprint, found.recipe and found.recipe.id
    stamp = _poc_stamp(workspace, found.dataset.fingerprint)
    measured = _measured(*place, stamp, found)
    # Name and contract change no figure, but stand in what is told.
    return _outlook(*place, stamp, scenario.digest, scenario.name, scenario.contract, measured, scenario)


@st.cache_resource(max_entries=8, show_spinner=False)
def _measured(path: str, dataset: str, recipe: str | None, stamp: tuple, _found: results.Poc) -> Measured:
    return Measured(_found)


@st.cache_resource(max_entries=64, show_spinner=False)
def _outlook(
    path: str,
    dataset: str,
    recipe: str | None,
    stamp: tuple,
    digest: str,
    name: str,
    contract: str | None,
    _measured: Measured,
    _scenario: Scenario,
) -> Outlook:
    return _measured.outlook(_scenario)


def has_pictures(dataset: data.PairDataset) -> bool:
    """False where a dataset came with a teacher's vectors instead of pictures."""
    return next((dataset.folder / "objects").glob("*"), None) is not None


def thumbnail(dataset: data.PairDataset, image: str) -> bytes | None:
    """A small PNG of the picture, or None where the file is gone."""
    try:
        path = dataset.image_path(image)
    except KeyError:
        return None
    return _thumbnail(str(path), _changed(path))


@st.cache_data(max_entries=512, show_spinner=False)
def _thumbnail(path: str, changed: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB")
        small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    out = BytesIO()
    small.save(out, "PNG")
    return out.getvalue()


def headers(workspace: Workspace, file_id: str, upload: "UploadedFile") -> list[str]:
    """The column names of an uploaded table. UserError where it cannot be read."""
    return _headers(str(workspace.path), file_id, upload)


@st.cache_data(max_entries=16, show_spinner=False)
def _headers(path: str, file_id: str, _upload: "UploadedFile") -> list[str]:
    with received(Workspace(Path(path)), {"table": _upload}) as files:
        return list(data.read_table(files["table"]).columns)


def logger(workspace: Workspace) -> logging.Logger:
    """Writes to <workspace>/dashboard.log; an unexpected error leaves its trace there and only an id on the page."""
    return _logger(str(workspace.path))


@st.cache_resource(max_entries=4, show_spinner=False)
def _logger(path: str) -> logging.Logger:
    log = logging.getLogger(f"dashboard:{path}")
    log.propagate = False
    if not log.handlers:
        handler = RotatingFileHandler(Path(path) / "dashboard.log", maxBytes=2**20, backupCount=2, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
    return log


@st.cache_resource(max_entries=1, show_spinner=False)
def warm_up() -> threading.Thread:
    """Have the charts ready while the visitor reads the first page."""
    thread = threading.Thread(target=training.warm_up, daemon=True)
    thread.start()
    return thread


def _poc_stamp(workspace: Workspace, dataset: str) -> tuple:
    """Changes when anything does that a PoC is gathered from."""
    stamp = tuple((run.id, run.status, run.alive, *_facts(run.folder)) for run in runs.list_runs(workspace, dataset))
    prices = tuple(_changed(workspace.prices / f"{dataset}{end}") for end in (".json", ".derived.json"))
    agreed = tuple((path.name, _changed(path)) for path in sorted((workspace.contracts / dataset).glob("[0-9]*.json")))
    labels = workspace.labels / dataset
    said = tuple(_changed(path) for path in (*sorted(labels.glob("judgements/*.jsonl")), labels / "agreement.json"))
    cases = tuple(sorted(str(path) for path in (workspace.path / "scenarios" / dataset).glob("*/[0-9]*.json")))
    return (stamp, prices, agreed, said, cases, _changed(workspace.datasets / dataset))


def _facts(folder: Path) -> tuple:
    return tuple(_changed(folder / name) for name in ("outcome.json", "evaluation", "evaluation/scores.json"))


def _stamp(folder: Path) -> tuple:
    return tuple(sorted((path.name, _changed(path / "manifest.json")) for path in folder.iterdir()))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
