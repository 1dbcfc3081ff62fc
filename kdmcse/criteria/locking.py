"""Versions of the criteria of a dataset, locked with a digest and a time before results are seen.

    contracts/<dataset fingerprint>/  0001.json, 0002.json, ...; beside them the values of KPIs, see `kpi_values`

A version is written once. The digests show that a file was changed by hand. They are no signature: a person who also writes new digests
into every later version is not noticed.
"""

import dataclasses
import datetime
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from kdmcse.criteria.criteria import Criteria
from kdmcse.engine.runs import list_runs
from kdmcse.errors import UserError
from kdmcse.store.files import make_folder, read_json, remove_folder, write_json
from kdmcse.store.reads import exists, names_in
from kdmcse.store.times import as_stored
from kdmcse.store.workspace import Workspace


@dataclass(frozen=True)
class LockedCriteria:
    """A version of the criteria as it was stored."""

    version: int
    """from 1"""
    time: str
    """when it was locked, ISO 8601 in UTC; empty where the file cannot be read"""
    digest: str
    """sha256 of everything that was stored with it, the digest of the version before included"""
    criteria: Criteria | None
    """None where the file cannot be read"""
    seen: tuple[str, ...]
    """runs that had results when it was locked"""
    intact: bool
    """False where the file was altered or removed after it was locked"""
    before: str | None = None
    """digest of the version before it, as noted when this one was locked"""

    @property
    def mark(self) -> str:
        """The first 8 digits of the digest, to tell versions apart."""
        return self.digest[:8]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        content = {"contract": self.criteria and self.criteria.to_dict(), "runs_with_results": list(self.seen)}
        kept = {"version": self.version, "locked": self.time, "digest": self.digest, "intact": self.intact}
        return kept | content | {"after_results": bool(self.seen)}


def lock(workspace: Workspace, criteria: Criteria, *, now: datetime.datetime | None = None) -> LockedCriteria:
    """Store the criteria as the next version of their dataset. Criteria equal to the newest version make no new one."""
    folder = _folder(workspace, criteria.dataset)
    make_folder(folder)
    time = now or datetime.datetime.now(datetime.UTC)
    with FileLock(folder / ".lock"):
        before = history(workspace, criteria.dataset)
        if before and before[-1].intact and before[-1].criteria == criteria:
            return before[-1]
        record = {
            "version": before[-1].version + 1 if before else 1,
            "locked": as_stored(time, "seconds"),
            "before": before[-1].digest if before else None,
            "runs_with_results": _with_results(workspace, criteria.dataset),
            "contract": criteria.to_dict(),
        }
        write_json(_path(folder, record["version"]), record | {"digest": _digest(record)})
    return history(workspace, criteria.dataset)[-1]


def current(workspace: Workspace, dataset: str) -> LockedCriteria | None:
    """The newest version; None where nothing was agreed. UserError `contract_altered` where its file was changed after it was locked."""
    found = history(workspace, dataset)
    if found and not found[-1].intact:
        file = _path(_folder(workspace, dataset), found[-1].version)
        raise UserError("contract_altered", version=found[-1].version, file=file.relative_to(workspace.path))
    return found[-1] if found else None


def history(workspace: Workspace, dataset: str) -> list[LockedCriteria]:
    """Every version, oldest first.

    A version is not intact where its file is missing or altered, or where its digest is not the one that the next version noted.
    """
    folder = _folder(workspace, dataset)
    known = [int(path.stem) for path in names_in(folder, "*.json") if re.fullmatch(r"\d{4,}", path.stem)]
    found: list[LockedCriteria] = []
    for version in range(max(known, default=0), 0, -1):
        locked = _read(_path(folder, version), version)
        if found and found[-1].intact and locked.digest != found[-1].before:
            locked = dataclasses.replace(locked, intact=False)
        found.append(locked)
    return found[::-1]


def delete(workspace: Workspace, dataset: str) -> None:
    """Remove every version, the draft and the values of KPIs of a dataset, for a dataset that is deleted with its results."""
    remove_folder(_folder(workspace, dataset))


def _folder(workspace: Workspace, dataset: str) -> Path:
    if not re.fullmatch(r"[\w-]+", dataset):
        raise ValueError(f"not a dataset id: {dataset!r}")
    return workspace.contracts / dataset


def _path(folder: Path, version: int) -> Path:
    return folder / f"{version:04d}.json"


def _digest(record: dict[str, Any]) -> str:
    """sha256 of everything in the record but the digest itself."""
    content = {name: value for name, value in record.items() if name != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _read(path: Path, version: int) -> LockedCriteria:
    try:
        record = read_json(path) or {}
        datetime.datetime.fromisoformat(record["locked"])
        return LockedCriteria(
            version=version,
            time=record["locked"],
            digest=record["digest"],
            criteria=Criteria.from_dict(record["contract"]),
            seen=tuple(record["runs_with_results"]),
            intact=record["digest"] == _digest(record) and record["version"] == version,
            before=record["before"],
        )
    except (UserError, KeyError, TypeError, ValueError, AttributeError):
        return LockedCriteria(version, time="", digest="", criteria=None, seen=(), intact=False)


def _with_results(workspace: Workspace, dataset: str) -> list[str]:
    runs = list_runs(workspace, dataset)
    return [run.id for run in runs if exists(run.folder / "evaluation" / "scores.json")]
