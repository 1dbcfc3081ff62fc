"""A frozen copy of a workspace with one dataset: one folder that a demonstration can be given from, without network, GPU or the originals.

    snapshot.json   when it was made, of which dataset, and size and digest of every other file
    ...             a workspace: what pages show, the two students of the live demonstration, small pictures

Left out are checkpoints, students that are not demonstrated, teachers with their vectors, drafts, logs and what belongs to other datasets. A
folder that holds the note is opened read-only by everything, see `kdmcse.store.frozen`.
"""

import datetime
import io
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdmcse.config import BASELINE
from kdmcse.data import PairDataset
from kdmcse.engine import runs
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.models import references
from kdmcse.results import pins
from kdmcse.results.analysis import Analysis
from kdmcse.results.choices import FILE as CHOICE
from kdmcse.results.precompute import prepare
from kdmcse.results.results import load_results
from kdmcse.results.typical_run import current_and_new
from kdmcse.store.files import read_json, require_space, sha256_of, write_folder, write_json
from kdmcse.store.frozen import NOTE
from kdmcse.store.reads import noting
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace

PICTURE_PIXELS = 360
"""of the long side: what pages show"""
_VERSION = 1
_OF_RUN = ("config.json", "asked.json", "outcome.json", "trained.json", "progress.jsonl", CHOICE, "dev.parquet")
_FOLDERS_OF_RUN = ("evaluation", "projection", "interpolation", "search")
_NEVER = shutil.ignore_patterns("*.lock", "log.txt", "draft*", ".writing-*", ".removing-*", "student", "*.log")


@dataclass(frozen=True)
class Snapshot:
    """What was frozen."""

    folder: Path
    dataset: str
    """fingerprint"""
    created: str
    """ISO 8601 in UTC"""
    files: int
    size: int
    """bytes"""
    students: tuple[str, ...]
    """ids of the runs whose students are in it, so that typed sentences can be searched"""


def freeze(
    workspace: Workspace, dataset: PairDataset, folder: Path, *, told: Callable[[str], None] = lambda part: None
) -> Snapshot:
    """Copy what a demonstration of one dataset needs into a new folder, whole or not at all.

    `told` is called with `results`, `pictures`, `students` and `digests` as each begins. UserError `snapshot_exists`, `snapshot_inside`,
    `snapshot_while_running`, `disk_full_before`.
    """
    folder = Path(folder).expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("snapshot_exists", folder=folder)
    if folder.is_relative_to(workspace.path):
        raise UserError("snapshot_inside", folder=folder, workspace=workspace.path)
    if busy := [run.id for run in runs.list_runs(workspace, dataset.fingerprint) if run.alive]:
        raise UserError("snapshot_while_running", run=busy[0])
    told("results")
    with noting() as looks:
        analysis = Analysis(load_results(workspace, dataset.fingerprint))
        prepare(analysis, datetime.date.today())
    demonstrated = _demonstrated(analysis)
    folder.parent.mkdir(parents=True, exist_ok=True)
    require_space(folder.parent, sum(map(_size, _to_copy(workspace, dataset, demonstrated))))

    def fill(made: Path) -> None:
        for source in _whole_folders(workspace, dataset):
            if source.is_dir():
                shutil.copytree(source, made / source.relative_to(workspace.path), ignore=_NEVER)
        entered = [*workspace.prices.glob(f"{dataset.fingerprint}.*"), pins.file_of(workspace, dataset.fingerprint)]
        for source in [*entered, *_evidence(workspace, looks.paths)]:
            if source.is_file() and "draft" not in source.name:
                _copy(source, made / source.relative_to(workspace.path))
        told("pictures")
        _copy_dataset(dataset, made / "datasets" / dataset.fingerprint)
        told("students")
        for run in runs.list_runs(workspace, dataset.fingerprint):
            _copy_run(run, made / "runs" / run.id, with_student=run.id in demonstrated)
        told("digests")
        files = {
            path.relative_to(made).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in sorted(made.rglob("*"))
            if path.is_file()
        }
        about = {"version": _VERSION, "created": now_as_stored(), "dataset": dataset.fingerprint, "name": dataset.name}
        write_json(made / NOTE, about | {"students": list(demonstrated), "files": files})

    if folder.exists():
        folder.rmdir()
    write_folder(folder, fill)
    for path in folder.rglob("*"):  # a second guard, for other software
        if path.is_file():
            path.chmod(0o444)
    return read(folder)


def read(folder: Path) -> Snapshot | None:
    """What is frozen in this folder; None where it is no snapshot. UserError `snapshot_damaged` where its note cannot be read."""
    note = _note(folder)
    if note is None:
        return None
    sizes = [one["bytes"] for one in note["files"].values()]
    return Snapshot(folder, note["dataset"], note["created"], len(sizes), sum(sizes), tuple(note["students"]))


def check(folder: Path) -> None:
    """UserError `snapshot_damaged` for the first file that is not there or not as it was frozen; nothing of what is no snapshot."""
    for name, known in ((_note(folder) or {}).get("files") or {}).items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != known["bytes"] or sha256_of(path) != known["sha256"]:
            raise UserError("snapshot_damaged", folder=folder, file=name)


def _note(folder: Path) -> dict[str, Any] | None:
    try:
        note = read_json(folder / NOTE)
        return note if note is None or note["version"] <= _VERSION else _damaged(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError("snapshot_damaged", folder=folder, file=NOTE) from error


def _damaged(folder: Path) -> None:
    raise UserError("snapshot_damaged", folder=folder, file=NOTE)


def _demonstrated(analysis: Analysis) -> tuple[str, ...]:
    both = current_and_new(analysis)
    return tuple(run.id for run in both) if both else ()


def _whole_folders(workspace: Workspace, dataset: PairDataset) -> list[Path]:
    """What people entered and what was measured of the dataset, each below the folder of its kind."""
    kinds = (workspace.contracts, workspace.labels, workspace.benchmarks, workspace.audits, workspace.demonstrations)
    return [kind / dataset.fingerprint for kind in (*kinds, workspace.path / "scenarios")]


def _evidence(workspace: Workspace, looked_at: Iterable[Path]) -> list[Path]:
    """The draws and intervals that results of this dataset rest on: of all that is kept, what was looked at to compute them."""
    return [path for path in looked_at if path.parent == workspace.evidence]


def _to_copy(workspace: Workspace, dataset: PairDataset, demonstrated: Iterable[str]) -> list[Path]:
    """What takes room, as far as is worth asking for beforehand."""
    students = [_student(Run(workspace.runs / run)) for run in demonstrated]
    evaluations = [run.folder / "evaluation" for run in runs.list_runs(workspace, dataset.fingerprint)]
    searches = [workspace.runs / run / "search" for run in demonstrated]
    return [path for path in (*students, *evaluations, *searches) if path]


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _copy_dataset(dataset: PairDataset, target: Path) -> None:
    shutil.copytree(dataset.folder, target, ignore=shutil.ignore_patterns("objects", "*.lock"))
    (target / "objects").mkdir()
    for path in sorted((dataset.folder / "objects").glob("[!.]*")):
        (target / "objects" / path.name).write_bytes(_small(path))


def _small(path: Path) -> bytes:
    """A JPEG of the size that pages show; a picture that is smaller already, or is none, as it is."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            if max(image.size) <= PICTURE_PIXELS:
                return path.read_bytes()
            image.draft("RGB", (PICTURE_PIXELS, PICTURE_PIXELS))
            small = image.convert("RGB")
        small.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
        written = io.BytesIO()
        small.save(written, "JPEG", quality=85)
        return written.getvalue()
    except OSError:
        return path.read_bytes()


def _copy_run(run: Run, target: Path, *, with_student: bool) -> None:
    target.mkdir(parents=True)
    for name in _OF_RUN:
        if (run.folder / name).is_file():
            _copy(run.folder / name, target / name)
    for name in _FOLDERS_OF_RUN:
        if (run.folder / name).is_dir():
            shutil.copytree(run.folder / name, target / name, ignore=_NEVER)
    if with_student and (student := _student(run)):
        shutil.copytree(student, target / "student", ignore=shutil.ignore_patterns("*.lock", "*.onnx", "*.bin"))
        if run.config.method != BASELINE and (run.folder / "heads.safetensors").is_file():
            _copy(run.folder / "heads.safetensors", target / "heads.safetensors")


def _student(run: Run) -> Path | None:
    """The folder of a run's student; None where it is gone, or was named and never fetched."""
    ref = str(run.student)
    path = references.local_path(ref)
    if path is None and (config := references.cached(ref, "config.json")):
        path = config.parent
    return path if path is not None and os.path.isdir(path) else None
