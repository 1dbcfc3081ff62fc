"""A workspace that was frozen: a folder with this note in it is read, and nothing is written into it."""

from pathlib import Path

from kdmcse.errors import UserError

NOTE = "snapshot.json"
"""in the folder of a frozen workspace: what it was made of, and the digest of every file"""


def frozen_root(path: Path) -> Path | None:
    """The frozen workspace that `path` lies in, or is; None where it lies in none."""
    return next((folder for folder in (path, *path.parents) if (folder / NOTE).is_file()), None)


def is_frozen(path: Path) -> bool:
    """Whether nothing may be written at `path`."""
    return frozen_root(path) is not None


def require_writable(path: Path) -> None:
    """UserError `workspace_frozen` where `path` lies in a frozen workspace."""
    if root := frozen_root(path):
        raise UserError("workspace_frozen", folder=root)
