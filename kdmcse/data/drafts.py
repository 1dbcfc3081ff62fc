"""An upload that waits to be imported: its files and what was chosen for them, on disk, so that nothing is lost until it is imported.

drafts/import/  content.json, files/<kind>/<name>, and the job that imports it (`processes.import_data`)

There is one a workspace, as there is one draft of the prices a dataset: whoever opens the page sees it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdmcse.store.files import read_json, remove_folder, sweep_old, write_folder, write_json
from kdmcse.store.reads import names_in, stamp
from kdmcse.store.workspace import Workspace

KEPT_DAYS = 7
"""A draft that nobody touched for so long is deleted: it holds what people may not have meant to leave here."""
_EMPTY = {"name": "", "columns": {}}


@dataclass(frozen=True)
class DraftFile:
    """One file of a draft."""

    kind: str
    """`images` or the kind of a table"""
    path: Path
    bytes: int
    changed: int
    """nanoseconds since 1970: another file under the same name has another value"""


@dataclass(frozen=True)
class UploadDraft:
    """The folder of the draft. Cheap to make; everything is read from disk when asked for."""

    folder: Path

    def content(self) -> dict[str, Any]:
        """name: of the dataset to be; columns: per kind of table header -> role, where that was chosen by hand."""
        return _EMPTY | (read_json(self.folder / "content.json") or {})

    def keep(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Write down what was chosen; returns it as it is read back."""
        write_json(self.folder / "content.json", dict(content))
        return self.content()

    def files(self) -> dict[str, DraftFile]:
        """By kind, in the order of the kinds' names."""
        found = {}
        for path in names_in(self.folder / "files", "[!.]*/*"):
            if seen := stamp(path):
                found[path.parent.name] = DraftFile(path.parent.name, path, path.stat().st_size, seen[0])
        return dict(sorted(found.items()))

    def put(self, kind: str, name: str, fill: Callable[[Path], Any]) -> None:
        """Keep a file, in the place of the one of its kind that is there. fill writes it to the path that it is given, whole or not at all."""
        write_folder(self.folder / "files" / kind, lambda folder: fill(folder / name))
        self.keep(self.content())  # touched now

    def take_out(self, kind: str) -> None:
        """Delete a file. No error where there is none."""
        remove_folder(self.folder / "files" / kind)
        self.keep(self.content())

    def discard(self) -> None:
        """Delete all files and what was chosen; how the last import ended stays."""
        remove_folder(self.folder / "files")
        (self.folder / "content.json").unlink(missing_ok=True)

    def is_empty(self) -> bool:
        """Whether there is nothing to lose."""
        return not self.files() and self.content() == _EMPTY


def open_upload(workspace: Workspace) -> UploadDraft:
    """The draft of this workspace; one that was left for `KEPT_DAYS` is deleted before."""
    draft = UploadDraft(workspace.drafts / "import")
    touched = stamp(draft.folder / "content.json")
    if touched and time.time() - touched[0] / 1e9 > KEPT_DAYS * 86_400:
        draft.discard()
    sweep_old(draft.folder / "files", ".*")  # what a killed server was writing
    sweep_old(workspace.path / "uploads", "*")  # or left, in a version before this one
    return draft
