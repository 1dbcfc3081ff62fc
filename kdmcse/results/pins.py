"""Examples that a person chose for the meeting, in place of those that a rule chooses.

    pins/<dataset fingerprint>.json  a list of kind, method, against, row, gained; the newest last

A pin is of two methods and of the way that a row went. It stands for as long as their typical trainings disagree on that row in that way:
after further trainings one may be gone, and comes back with them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd
from filelock import FileLock

from kdmcse.errors import UserError
from kdmcse.results.analysis import Analysis
from kdmcse.results.disagreements import KINDS, Disagreements
from kdmcse.store.files import make_folder, read_json, write_json
from kdmcse.store.frozen import require_writable
from kdmcse.store.workspace import Workspace

MOST = 3
"""that stand at once"""


@dataclass(frozen=True)
class Pin:
    """One example."""

    kind: str
    """one of `KINDS`"""
    method: str
    against: str
    row: int
    gained: bool


@dataclass(frozen=True)
class PinnedRow:
    """A pin that stands: among which rows, and which of them."""

    pin: Pin
    found: Disagreements
    table: pd.DataFrame
    """of `found`, this one row"""


def file_of(workspace: Workspace, fingerprint: str) -> Path:
    """Where the pins of a dataset are kept; need not be there."""
    return workspace.pins / f"{fingerprint}.json"


def read(workspace: Workspace, fingerprint: str) -> list[Pin]:
    """Every pin of a dataset, the newest last; what no page has written is left out."""
    names = {field.name for field in fields(Pin)}
    try:
        kept = read_json(file_of(workspace, fingerprint))
    except ValueError:
        return []
    if not isinstance(kept, list):
        return []
    known = [one for one in kept if isinstance(one, dict) and set(one) == names]
    return [Pin(**one) for one in known if one["kind"] in KINDS and isinstance(one["row"], int)]


def standing(analysis: Analysis, pins: Sequence[Pin], method: str, against: str) -> list[PinnedRow]:
    """Of the pins of these two methods those on which they still disagree in that way: the newest `MOST`, the newest last."""
    rows = []
    for pin in pins:
        if (pin.method, pin.against) != (method, against) or (found := _found(analysis, pin)) is None:
            continue
        table = found.table[(found.table["row"] == pin.row) & (found.table["gained"] == pin.gained)]
        if len(table):
            rows.append(PinnedRow(pin, found, table))
    return rows[-MOST:]


def add(analysis: Analysis, pin: Pin) -> None:
    """Pin an example; it is on the disk when this returns. UserError `pins_full` where `MOST` stand, `workspace_frozen`."""
    workspace, fingerprint = analysis.results.workspace, analysis.results.dataset.fingerprint
    with _alone(workspace, fingerprint):
        pins = [one for one in read(workspace, fingerprint) if one != pin]
        if len(standing(analysis, pins, pin.method, pin.against)) >= MOST:
            raise UserError("pins_full", most=MOST)
        _write(workspace, fingerprint, [*pins, pin])


def remove(workspace: Workspace, fingerprint: str, pin: Pin) -> None:
    """Unpin an example. UserError `workspace_frozen`."""
    with _alone(workspace, fingerprint):
        _write(workspace, fingerprint, [one for one in read(workspace, fingerprint) if one != pin])


def _found(analysis: Analysis, pin: Pin) -> Disagreements | None:
    try:
        return analysis.disagreements(pin.kind, pin.method, pin.against)
    except UserError:  # decisions of one kind alone; the page of the costs says so
        return None


@contextmanager
def _alone(workspace: Workspace, fingerprint: str) -> Iterator[None]:
    """Two visitors who pin at once both keep theirs."""
    require_writable(workspace.pins)
    make_folder(workspace.pins)
    with FileLock(workspace.pins / f".{fingerprint}.lock"):
        yield


def _write(workspace: Workspace, fingerprint: str, pins: Sequence[Pin]) -> None:
    write_json(file_of(workspace, fingerprint), [asdict(one) for one in pins])
