"""From the browser onto the disk: uploads are kept in the workspace's draft, under names that are text and never paths.

No Streamlit here.
"""

import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from kdmcse.data.drafts import UploadDraft
from kdmcse.errors import UserError
from kdmcse.store.files import require_space

PACKED = "chosen-images.zip"
"""Images that were chosen one by one."""


def keep(draft: UploadDraft, kind: str, uploads: Sequence[Any]) -> None:
    """Keep files of the browser (each with `name`, `size`, `seek` and `read`) as the draft's file of that kind.

    A zip or a table keeps the harmless part of its name, for messages. Images are packed into one zip, together with those that were packed
    before; of two with one name the newer one stays.
    """
    before = draft.files().get(kind)
    packed = before and before.path.name == PACKED
    require_space(draft.folder.parents[1], sum(one.size for one in uploads) + (before.bytes if packed else 0))
    archives = [one.name for one in uploads if one.name.lower().endswith(".zip")]
    if kind == "images" and archives and len(uploads) > 1:
        raise UserError("several_archives", names=tuple(archives))
    if kind == "images" and not (len(uploads) == 1 and uploads[0].name.lower().endswith(".zip")):
        draft.put(kind, PACKED, lambda path: _pack(path, uploads, before.path if packed else None))
    else:
        draft.put(kind, tame(uploads[0].name), lambda path: _copy(uploads[0], path))


def tame(name: str) -> str:
    """The end of a file name, letters, digits, dots and dashes only: fit for messages and for a folder of its own."""
    return re.sub(r"[^\w.-]", "_", PurePosixPath(name.replace("\\", "/")).name)[-60:].lstrip(".") or "file"


def _pack(path: Path, uploads: Sequence[Any], before: Path | None) -> None:
    """Images as one zip: their names stay text and never become paths of this machine."""
    named = {upload.name.replace("\\", "/"): upload for upload in uploads}
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        if before:
            with zipfile.ZipFile(before) as old:
                for info in (one for one in old.infolist() if one.filename not in named):
                    with old.open(info) as image, archive.open(zipfile.ZipInfo(info.filename), "w") as member:
                        shutil.copyfileobj(image, member, 2**20)
        for name, upload in named.items():
            upload.seek(0)
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                shutil.copyfileobj(upload, member, 2**20)


def _copy(upload: Any, path: Path) -> None:
    upload.seek(0)
    with path.open("xb") as file:
        shutil.copyfileobj(upload, file, 2**20)
