"""Dated values of KPIs: typed one by one, or a file of rows, each kept as it was entered.

    contracts/<dataset fingerprint>/kpis.jsonl  what, id, kpi, unit, stage, days, values, yes_no, file, left_out, time

A line is an entry or says that one was undone; the file is only added to. Of several entries the newest counts, by the newest of their days.
"""

import datetime
import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdmcse.criteria.kpi_files import KpiRows
from kdmcse.criteria.kpis import Kpi, KpiValue, of_rows
from kdmcse.errors import UserError
from kdmcse.store import jsonl
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace
from kdmcse.validation import MAX_AMOUNT, within


@dataclass(frozen=True)
class Entry:
    """What was entered at once."""

    id: str
    kpi: str
    """`Kpi.key`"""
    unit: str
    """of the KPI as it was agreed on then"""
    stage: int
    """of the criteria as they were agreed on then"""
    days: tuple[str, ...]
    """(n,) ISO 8601"""
    values: tuple[float, ...]
    """(n,) in the unit; of yes and no 1 and 0"""
    yes_no: bool
    file: str | None
    """None: one figure was typed"""
    left_out: int
    """rows of the file that could not be read"""
    time: str
    """when it was entered, ISO 8601 in UTC"""

    @property
    def day(self) -> str:
        return max(self.days)

    @property
    def value(self) -> KpiValue:
        """What it comes to."""
        if self.file is None:
            return KpiValue(self.values[0], day=self.day)
        return of_rows(self.values, yes_no=self.yes_no, day=self.day)


def type_in(
    workspace: Workspace, dataset: str, kpi: Kpi, stage: int, day: datetime.date, value: float, *, today: datetime.date
) -> None:
    """Keep one figure without rows. UserError naming the field `day` or `value`, or `workspace_frozen`."""
    if day > today:
        raise UserError("kpi_day_later", field="day", day=day.isoformat())
    within("value", value, ge=-MAX_AMOUNT, le=MAX_AMOUNT)
    _add(workspace, dataset, kpi, stage, [day.isoformat()], [value])


def keep(workspace: Workspace, dataset: str, kpi: Kpi, stage: int, rows: KpiRows) -> None:
    """Keep the rows of a file as one entry. UserError `workspace_frozen`."""
    _add(workspace, dataset, kpi, stage, rows.days, rows.values, rows.yes_no, rows.file, len(rows.problems))


def undo(workspace: Workspace, dataset: str, id: str) -> None:
    """Let an entry no longer count. UserError `workspace_frozen`."""
    jsonl.append(_path(workspace, dataset), [{"what": "undone", "id": id, "time": now_as_stored("milliseconds")}])


def entries(workspace: Workspace, dataset: str) -> tuple[Entry, ...]:
    """Every entry that was not undone, oldest first."""
    lines = jsonl.read(_path(workspace, dataset))
    undone = {line.get("id") for line in lines if line.get("what") == "undone"}
    found = (_entry(line) for line in lines if line.get("what") == "values" and line.get("id") not in undone)
    return tuple(entry for entry in found if entry is not None)


def of_kpi(found: Iterable[Entry], kpi: Kpi, stage: int) -> list[Entry]:
    """Those of this KPI in its unit that were entered for this stage, the one that counts first."""
    own = [entry for entry in found if (entry.kpi, entry.unit, entry.stage) == (kpi.key, kpi.unit, stage)]
    return sorted(own, key=lambda entry: (entry.day, entry.time), reverse=True)


def _path(workspace: Workspace, dataset: str) -> Path:
    return workspace.contracts / dataset / "kpis.jsonl"


def _add(
    workspace: Workspace,
    dataset: str,
    kpi: Kpi,
    stage: int,
    days: Sequence[str],
    values: Sequence[float],
    yes_no: bool = False,
    file: str | None = None,
    left_out: int = 0,
) -> None:
    line = {
        "what": "values", "id": secrets.token_hex(8), "kpi": kpi.key, "unit": kpi.unit, "stage": stage, "days": list(days), "values": list(values),
        "yes_no": yes_no, "file": file, "left_out": left_out, "time": now_as_stored("milliseconds"),
    }  # fmt: skip
    jsonl.append(_path(workspace, dataset), [line])


def _entry(line: dict[str, Any]) -> Entry | None:
    """None of a line that `_add` cannot have written; a file may have been edited by hand."""
    try:
        entry = Entry(
            *(str(line[name]) for name in ("id", "kpi", "unit")),
            stage=int(line["stage"]),
            days=tuple(datetime.date.fromisoformat(day).isoformat() for day in line["days"]),
            values=tuple(float(value) for value in line["values"]),
            yes_no=bool(line["yes_no"]),
            file=line["file"],
            left_out=int(line["left_out"]),
            time=str(line["time"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    sound = entry.values and len(entry.values) == len(entry.days) and all(map(math.isfinite, entry.values))
    return entry if sound and (entry.file is not None or len(entry.values) == 1) else None
