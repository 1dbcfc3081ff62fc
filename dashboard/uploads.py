"""Uploaded files on disk, for as long as the block that reads them lasts. No Streamlit here."""

import re
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from kdmcse.store.files import make_folder, require_space, sweep_old
from kdmcse.store.workspace import Workspace


@contextmanager
def received(workspace: Workspace, files: dict[str, Any]) -> Iterator[dict[str, Path]]:
    """The uploads as files in a folder of their own, for as long as the block lasts.

    A zip or a table keeps the harmless part of its name, for messages; images are packed into one zip.
    """
    folder = workspace.path / "uploads" / secrets.token_hex(8)
    make_folder(folder)
    try:
        sweep_old(folder.parent, "*")
        given = {kind: upload for kind, upload in files.items() if upload}
        yield {kind: _store(folder, kind, upload) for kind, upload in given.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _store(folder: Path, kind: str, upload: Any) -> Path:
    several = upload if isinstance(upload, list) else [upload]
    require_space(folder, sum(getattr(one, "size", 0) for one in several))
    if kind == "images" and not (len(several) == 1 and several[0].name.lower().endswith(".zip")):
        return _pack_images(folder / "images.zip", several)
    path = folder / kind / _tame(several[0].name)
    path.parent.mkdir()
    _copy(several[0], path)
    return path


def _tame(name: str) -> str:
    """The end of a file name, letters, digits, dots and dashes only: fit for messages and for a folder of its own."""
    return re.sub(r"[^\w.-]", "_", PurePosixPath(name.replace("\\", "/")).name)[-60:].lstrip(".") or "file"


def _pack_images(path: Path, uploads: list) -> Path:
    """Several images as one zip: their names stay text and never become paths of this machine."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        for upload in uploads:
            upload.seek(0)
            with archive.open(zipfile.ZipInfo(upload.name.replace("\\", "/")), "w", force_zip64=True) as member:
                shutil.copyfileobj(upload, member, 2**20)
    return path


def _copy(upload: Any, path: Path) -> None:
    upload.seek(0)
    with path.open("xb") as file:
        shutil.copyfileobj(upload, file, 2**20)
