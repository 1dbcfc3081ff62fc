"""What is read once and kept: the only file with st.cache_*. Each cache is bounded; what a workspace holds is kept as long as it is unchanged."""

import base64
import datetime
import json
import logging
import os
from collections.abc import Callable, Hashable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st

from dashboard.charts.theme import Chart
from kdmcse import audit, data
from kdmcse.config import TrainingConfig
from kdmcse.criteria.readiness import Readiness
from kdmcse.criteria.readiness import readiness as readiness_of
from kdmcse.data import preview
from kdmcse.data.drafts import DraftFile
from kdmcse.data.holding_out import HeldOutMore
from kdmcse.data.holding_out import held_out_more as held_out_more_of
from kdmcse.demonstration import Items, items_of
from kdmcse.documents.content import Document
from kdmcse.documents.report_content import report
from kdmcse.models import found
from kdmcse.models.found import FoundModel
from kdmcse.processes.query_encoder import QueryEncoder
from kdmcse.results.analysis import Analysis
from kdmcse.results.found import FirstResults
from kdmcse.results.results import load_results
from kdmcse.store.frozen import is_frozen
from kdmcse.store.reads import Remembered, look, stamp
from kdmcse.store.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike
    from plotly.graph_objects import Figure

T = TypeVar("T")
THUMBNAIL_PIXELS = 360
SMALL_PIXELS = 180


def workspace() -> Workspace:
    """The folder of `KDMCSE_WORKSPACE`, else `workspace` where the dashboard was started; votes go to `KDMCSE_VOTES`, else into it."""
    votes = os.environ.get("KDMCSE_VOTES")
    return Workspace(Path(os.environ.get("KDMCSE_WORKSPACE", "workspace")), aside=Path(votes) if votes else None)


def datasets(workspace: Workspace) -> list[data.PairDataset]:
    """The datasets of a workspace, listed again once its files have changed."""
    return _datasets().get(workspace.path, lambda: data.list_datasets(workspace))


@st.cache_resource(max_entries=1, show_spinner=False)
def _datasets() -> Remembered:
    return Remembered(4)


def analysis(workspace: Workspace, dataset: str, recipe: str | None) -> Analysis:
    """What is stored about a dataset and what it comes to; read again when anything that it was read from has changed.

    An unknown recipe is none.
    """
    known = _analysis(workspace, dataset, None)
    if recipe in [one.id for one in known.results.recipes if not one.chosen]:
        return _analysis(workspace, dataset, recipe)
    return known


def document(analysis: Analysis, language: str, today: datetime.date) -> Document:
    """The report of an analysis in a language, built once for all its slides."""
    return _documents().get((analysis, language, today), lambda: report(analysis, language, today=today))


@st.cache_resource(max_entries=1, show_spinner=False)
def _documents() -> Remembered:
    return Remembered(4)


def models_here(workspace: Workspace, role: str) -> list[FoundModel]:
    """The models on this machine that can be a `student` or a `teacher`; looked for again after a minute."""
    return _models_here(workspace.models, role)


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def _models_here(folder: Path, role: str) -> list[FoundModel]:
    return found.models_here(folder, role)


def newest_analysis() -> Analysis | None:
    """That of the dataset which a visitor sees first; None where there is none."""
    known = datasets(workspace())
    return analysis(workspace(), known[-1].fingerprint, None) if known else None


def _analysis(workspace: Workspace, dataset: str, recipe: str | None) -> Analysis:
    def load() -> Analysis:
        return Analysis(load_results(workspace, dataset, recipe=recipe), _analyses().last(key))

    key = workspace.path, dataset, recipe
    return _analyses().get(key, load)


@st.cache_resource(max_entries=1, show_spinner=False)
def _analyses() -> Remembered:
    return Remembered(8)


def readings(
    dataset: data.PairDataset, training: TrainingConfig, student: str, text_teacher: str | None
) -> list[audit.Reading]:
    """How these models read the dataset, as far as their files tell; counted again once these are others."""
    key = dataset.folder, student, text_teacher, training.prompt, training.max_length, training.texts
    return _readings().get(key, lambda: audit.before_training(dataset, training, student, text_teacher))


@st.cache_resource(max_entries=1, show_spinner=False)
def _readings() -> Remembered:
    return Remembered(16)


def figure(chart: Chart) -> "Figure":
    """The chart as Plotly validated it, which takes longer than all the rest until it is sent."""
    return _figure(json.dumps(chart, default=_content), chart)


def _content(values: "ArrayLike") -> list | str:
    array = np.asarray(values)
    return array.tolist() if array.dtype.hasobject else array.dtype.str + array.tobytes().hex()


@st.cache_resource(max_entries=128, show_spinner=False)
def _figure(content: str, _chart: Chart) -> "Figure":
    from plotly.graph_objects import Figure

    return Figure(_chart)


def thumbnail(dataset: data.PairDataset, image: str) -> bytes | None:
    """A small PNG of the image, or None where the file is gone."""
    try:
        path = dataset.image_path(image)
    except KeyError:
        return None
    return _thumbnail(str(path), _changed(path))


@st.cache_data(max_entries=512, show_spinner=False)
def _thumbnail(path: str, changed: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    with Image.open(path) as opened:
        small = opened.convert("RGB")
        small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    out = BytesIO()
    small.save(out, "PNG")
    return out.getvalue()


def small_picture(dataset: data.PairDataset, image: str) -> bytes | None:
    """A JPEG of the image for a moment's look, or None where there is none."""

    def load() -> bytes | None:
        try:
            path = dataset.image_path(image)
            look(stamp, path)
            return _small_jpeg(path)
        except (KeyError, OSError):
            return None

    return _small_pictures().get((dataset.folder, image), load)


def _small_jpeg(path: Path) -> bytes:
    from io import BytesIO

    from PIL import Image

    with Image.open(path) as opened:
        opened.draft("RGB", (SMALL_PIXELS, SMALL_PIXELS))  # decodes at a fraction of the size
        small = opened.convert("RGB")
        small.thumbnail((SMALL_PIXELS, SMALL_PIXELS))
    out = BytesIO()
    small.save(out, "JPEG", quality=82)
    return out.getvalue()


@st.cache_resource(max_entries=1, show_spinner=False)
def _small_pictures() -> Remembered:
    return Remembered(4096)


def tile(dataset: data.PairDataset, image: str) -> str | None:
    """A small picture as a data address, for a list of results; None where the file is gone or the dataset came without images."""
    small = small_picture(dataset, image)
    return None if small is None else f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"


@st.cache_resource(max_entries=1, show_spinner=False)
def query_encoder() -> QueryEncoder:
    """The one process that encodes what is typed, for all visitors; started when it is first asked."""
    where = workspace()
    return QueryEncoder(None if where.is_frozen() else where.path / "query_encoder.log")


def searched(dataset: data.PairDataset, scope: str) -> Items:
    """The captions of a scope, which never change."""
    return _searched().get((dataset.folder, scope), lambda: items_of(dataset, scope))


@st.cache_resource(max_entries=1, show_spinner=False)
def _searched() -> Remembered:
    return Remembered(8)


def captions(dataset: data.PairDataset) -> "pd.DataFrame":
    """By pair, its image and caption."""
    return _captions().get(dataset.folder, lambda: dataset.pairs.set_index("pair")[["image", "caption"]])


@st.cache_resource(max_entries=1, show_spinner=False)
def _captions() -> Remembered:
    return Remembered(4)


def first_results(analysis: Analysis, run: str, kind: str) -> FirstResults:
    """What one of the compared runs found first in the searches of a kind."""

    def load() -> FirstResults:
        evaluation = next(one.evaluation for one in analysis.results.evaluated if one.id == run)
        return FirstResults(analysis.results.dataset, evaluation, kind)

    return _first_results().get((analysis.results.workspace.path, run, kind), load)


@st.cache_resource(max_entries=1, show_spinner=False)
def _first_results() -> Remembered:
    return Remembered(4)


def linked_maps(key: Hashable, load: Callable[[], T]) -> T:
    """What a map page shows of two runs, which takes long to make of many points."""
    return _linked_maps().get(key, load)


@st.cache_resource(max_entries=1, show_spinner=False)
def _linked_maps() -> Remembered:
    return Remembered(8)


def table_head(file: DraftFile) -> "pd.DataFrame":
    """The first rows of a table that waits to be imported. UserError as `preview.head`."""
    return _table_head(str(file.path), file.changed, file.bytes)


@st.cache_data(max_entries=16, show_spinner=False)
def _table_head(path: str, changed: int, size: int) -> "pd.DataFrame":
    return preview.head(Path(path))


def readiness(dataset: data.PairDataset, least_pairs: int | None) -> list[Readiness]:
    """What a dataset is enough for; it never changes."""
    return _readiness().get((dataset.folder, least_pairs), lambda: readiness_of(dataset, least_pairs))


@st.cache_resource(max_entries=1, show_spinner=False)
def _readiness() -> Remembered:
    return Remembered(16)


def held_out_more(dataset: data.PairDataset, kind: str, number: int) -> HeldOutMore:
    """What it would cost to keep the texts of so many rows out of training."""
    return _held_out_more().get((dataset.folder, kind, number), lambda: held_out_more_of(dataset, kind, number))


@st.cache_resource(max_entries=1, show_spinner=False)
def _held_out_more() -> Remembered:
    return Remembered(64)


def seconds_of(kind: str) -> float | None:
    """How long this kind of work took last, in this process; None where it was not done yet."""
    return _seconds().get(kind)


def took(kind: str, seconds: float) -> None:
    """Keep how long a kind of work took."""
    _seconds()[kind] = seconds


@st.cache_resource(max_entries=1, show_spinner=False)
def _seconds() -> dict[str, float]:
    return {}


def logger(workspace: Workspace) -> logging.Logger:
    """Writes to <workspace>/dashboard.log; an unexpected error leaves its trace there and only an id on the page."""
    return _logger(str(workspace.path))


@st.cache_resource(max_entries=4, show_spinner=False)
def _logger(path: str) -> logging.Logger:
    log = logging.getLogger(f"dashboard:{path}")
    log.propagate = False
    if not log.handlers:
        if is_frozen(Path(path)):
            handler = logging.StreamHandler()
        else:
            handler = RotatingFileHandler(Path(path) / "dashboard.log", maxBytes=2**20, backupCount=2, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
    return log


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
