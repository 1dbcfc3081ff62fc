"""Scenarios of a dataset on disk. Every version stays, with who changed what and when; none is deleted or overwritten.

    scenarios/<dataset>/<id>/  0001.json, 0002.json, ..., draft.json (typed values that are not saved as a version yet)

A version is a file that is written once. A person who saves names the version that they saw; where another was saved meanwhile, both
stay and `overtaken_authors` names its author.
"""

import dataclasses
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from kdmcse.errors import UserError
from kdmcse.roi import Scenario, fields
from kdmcse.store.files import make_folder, read_json, write_json
from kdmcse.store.reads import names_in
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace
from kdmcse.validation import fitting

_VERSION = re.compile(r"\d{4,9}\.json")
_PERSON = fields.text(100)


@dataclass(frozen=True)
class ScenarioVersion:
    """One version of a scenario."""

    id: str
    version: int
    """from 1"""
    scenario: Scenario
    by: str
    """name of the person who saved it; may be empty"""
    at: str
    """UTC, as 2026-11-24T18:55:48.120000Z"""
    based_on: int
    """the version that the person saw; 0 for the first"""
    changes: tuple[dict[str, Any], ...]
    """field, from, to: against the version before it; a field is a path"""
    fresh: bool = False
    """whether the call of `save` that returned it wrote it"""

    @property
    def overtaken(self) -> tuple[int, ...]:
        """Versions that were saved between the one that the person saw and this one."""
        return tuple(range(self.based_on + 1, self.version))


def save(
    workspace: Workspace, dataset: str, scenario: Scenario, *, by: str = "", id: str | None = None, seen: int = 0
) -> ScenarioVersion:
    """Save the scenario as the newest version of `id` (None: a new scenario). `seen`: the version that the changes were made to.

    `overtaken` of the result names the versions that were saved since. A scenario equal to the newest version makes no new one. A new scenario
    has no mark of the success criteria, wherever it comes from: only `mark_for_criteria` gives it one.
    UserError `scenario_unknown`, `disk_full`, `text_unprintable`, `text_too_long`.
    """
    by = fitting(_PERSON, "by", by)
    folder = _folder(workspace, dataset, id or new_id())
    if id is not None and not folder.is_dir():
        raise UserError("scenario_unknown", scenario=id)
    if id is None:
        scenario = dataclasses.replace(scenario, contract=None)
    make_folder(folder)
    with FileLock(folder / "saving.lock"):
        newest = _open(folder) if _versions(folder) else None
        changes = _changes(newest and newest.scenario, scenario)
        if newest is not None and not changes:
            return newest
        number = newest.version + 1 if newest else 1
        table = {
            "version": number,
            "by": by,
            "at": now_as_stored("microseconds").replace("+00:00", "Z"),
            "based_on": min(seen, number - 1),
            "changes": changes,
            "scenario": scenario.to_dict(),
        }
        write_json(folder / f"{number:04d}.json", table)
        return dataclasses.replace(_open(folder, number), fresh=True)


def overtaken_authors(workspace: Workspace, dataset: str, stored: ScenarioVersion) -> tuple[str, ...]:
    """Who saved the versions that `stored` overtook, each person once, empty text where unnamed. Empty unless it was saved just now."""
    if not stored.fresh:
        return ()
    authors = (open_scenario(workspace, dataset, stored.id, version).by for version in stored.overtaken)
    return tuple(dict.fromkeys(authors))


def new_id() -> str:
    """An id for a scenario that has no version yet."""
    return secrets.token_hex(6)


def open_scenario(workspace: Workspace, dataset: str, id: str, version: int | None = None) -> ScenarioVersion:
    """A version, by default the newest. UserError `scenario_unknown`, `scenario_damaged`."""
    return _open(_folder(workspace, dataset, id), version)


def list_scenarios(workspace: Workspace, dataset: str, *, skip_damaged: bool = False) -> list[ScenarioVersion]:
    """The newest version of each scenario, oldest scenario first. UserError `scenario_damaged`, unless damaged ones are left out."""
    found: list[tuple[str, str, ScenarioVersion]] = []
    for folder in names_in(_folder(workspace, dataset), "*"):
        if not (versions := _versions(folder)):
            continue
        try:
            found.append((_open(folder, versions[0]).at, folder.name, _open(folder)))
        except UserError:
            if not skip_damaged:
                raise
    return [newest for *_, newest in sorted(found, key=lambda one: one[:2])]


def history(workspace: Workspace, dataset: str, id: str) -> pd.DataFrame:
    """One row a change, the newest version first: version, at, by, based_on, field, from, to. UserError as `open_scenario`."""
    folder = _folder(workspace, dataset, id)
    if not (versions := _versions(folder)):
        raise UserError("scenario_unknown", scenario=id)
    rows = []
    for version in reversed(versions):
        kept = _open(folder, version)
        rows += [
            (version, kept.at, kept.by, kept.based_on, change["field"], _text(change["from"]), _text(change["to"]))
            for change in kept.changes
        ]
    return pd.DataFrame(rows, columns=["version", "at", "by", "based_on", "field", "from", "to"])


def mark_for_criteria(
    workspace: Workspace, dataset: str, id: str, digest: str | None, *, by: str = ""
) -> ScenarioVersion:
    """Save a version of the scenario that belongs to the locked criteria of this digest (None: to none)."""
    newest = open_scenario(workspace, dataset, id)
    table = newest.scenario.to_dict() | {"contract": digest}
    return save(workspace, dataset, Scenario.from_dict(table), by=by, id=id, seen=newest.version)


def of_criteria(workspace: Workspace, dataset: str, digest: str) -> Scenario | None:
    """The scenario that belongs to the locked criteria of this digest, the one marked last; None where there is none that can be read."""
    known = list_scenarios(workspace, dataset, skip_damaged=True)
    marked = [one for one in known if one.scenario.belongs_to(digest)]
    return max(marked, key=lambda one: one.at).scenario if marked else None


def write_draft(workspace: Workspace, dataset: str, id: str, typed: Mapping[str, Any]) -> None:
    """Store typed values that are not saved as a version yet. ValueError for values that JSON cannot hold."""
    write_json(_folder(workspace, dataset, id) / "draft.json", dict(typed))


def read_draft(workspace: Workspace, dataset: str, id: str) -> dict[str, Any] | None:
    """The stored typed values, or None."""
    return read_json(_folder(workspace, dataset, id) / "draft.json")


def with_unsaved_changes(workspace: Workspace, dataset: str) -> list[ScenarioVersion]:
    """The newest version of each scenario for which something was typed that this version does not have; damaged ones are left out."""
    known = list_scenarios(workspace, dataset, skip_damaged=True)
    return [one for one in known if differs(one.scenario, read_draft(workspace, dataset, one.id) or {})]


def differs(scenario: Scenario, typed: Mapping[str, Any]) -> bool:
    """Whether a draft of a scenario has other values, ranges or prices than it.

    typed: `values` and `ranges` by path (two ends; None: taken away), `prices`; what is not in it was not typed.
    """
    held = fields.leaves(scenario.to_dict(), "")
    ranges = {path: list(ends) for path, ends in scenario.ranges.items()}
    return (
        any(value != held.get(path) for path, value in typed.get("values", {}).items())
        or any((ends and list(ends)) != ranges.get(path) for path, ends in typed.get("ranges", {}).items())
        or (typed.get("prices") or scenario.prices) != scenario.prices
    )


def _folder(workspace: Workspace, dataset: str, id: str | None = None) -> Path:
    for name in (dataset, id):
        if name is not None and (Path(name).name != name or name.startswith(".")):
            raise UserError("scenario_unknown", scenario=name)
    folder = workspace.path / "scenarios" / dataset
    return folder if id is None else folder / id


def _versions(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in names_in(folder, "*.json") if _VERSION.fullmatch(path.name))


def _open(folder: Path, version: int | None = None) -> ScenarioVersion:
    versions = _versions(folder)
    if not versions or (version is not None and version not in versions):
        raise UserError("scenario_unknown", scenario=folder.name if version is None else f"{folder.name}/{version}")
    path = folder / f"{version or versions[-1]:04d}.json"
    try:
        table = read_json(path)
        scenario = Scenario.from_dict(table["scenario"])
        kept = {name: table[name] for name in ("version", "by", "at", "based_on")}
        return ScenarioVersion(id=folder.name, scenario=scenario, changes=tuple(table["changes"]), **kept)
    except (ValueError, KeyError, TypeError, UserError) as error:
        raise UserError("scenario_damaged", file=path, reason=error) from error


def _changes(before: Scenario | None, after: Scenario) -> list[dict[str, Any]]:
    old, new = before.entries if before else {}, after.entries
    return [
        {"field": path, "from": old.get(path), "to": new.get(path)}
        for path in {**old, **new}
        if path not in old or path not in new or old[path] != new[path]
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
