"""From the browser to the importer: the upload form, and the files on disk for as long as the import needs them."""

import csv
import io
import re
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import cache, state
from dashboard.widgets import layout
from dashboard.widgets.text import Words, csv_safe
from kdmcse.data import COLUMNS, guess_columns, import_dataset
from kdmcse.errors import UserError
from kdmcse.store.files import require_space
from kdmcse.store.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.runtime.uploaded_file_manager import UploadedFile

PICTURES = ["zip", "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]
TABLES = ["csv", "tsv", "jsonl", "parquet", "xlsx"]
_STALE_SECONDS = 24 * 3600


def form(place: layout.Place) -> None:
    """Name, pictures and tables; columns where their headers say nothing; then the import."""
    t, round_ = place.t, state.recall("upload_round") or 0
    st.text(t("page_data.upload.text"))
    name = st.text_input(
        t("page_data.upload.name"), key=f"name_{round_}", max_chars=80, placeholder=t("page_data.upload.name_example")
    )
    files: dict[str, Any] = {}
    pictures, pairs = st.columns(2)
    with pictures:
        folder = bool(state.widget(f"as_folder_{round_}"))
        files["images"] = st.file_uploader(
            t("page_data.upload.images"),
            PICTURES[1:] if folder else PICTURES,
            accept_multiple_files="directory" if folder else True,
            key=f"images_{folder}_{round_}",
        )
        st.caption(t("page_data.upload.images_help"))
        st.toggle(t("page_data.upload.as_folder"), key=f"as_folder_{round_}")
    with pairs:
        files["pairs"] = _table(t, "pairs", round_)
    for column, kind in zip(st.columns(4), ("sts", "decisions", "faq", "texts"), strict=True):
        with column:
            files[kind] = _table(t, kind, round_)
    mapped = ("pairs", "sts", "decisions", "faq")
    columns = {kind: chosen for kind in mapped if (chosen := _columns(place, kind, files[kind]))}
    if st.button(t("page_data.upload.button"), type="primary", key="import"):
        with st.spinner(t("page_data.upload.working")), received(place.workspace, files) as paths:
            try:
                dataset = import_dataset(place.workspace, name=name, columns=columns or None, **paths)
            except UserError as error:
                layout.show_error(t, error)
                return
        state.choose("dataset", dataset.fingerprint)
        state.remember("upload_round", round_ + 1)
        st.rerun()


def _table(t: Words, kind: str, round_: int) -> "UploadedFile | None":
    upload = st.file_uploader(
        t(f"page_data.upload.{kind}"), [*TABLES, "txt"] if kind == "texts" else TABLES, key=f"{kind}_{round_}"
    )
    st.caption(t(f"page_data.upload.{kind}_help"))
    return upload


def _columns(place: layout.Place, kind: str, upload: "UploadedFile | None") -> dict[str, str] | None:
    """Ask which header is meant where the names say nothing; None when they do."""
    if upload is None:
        return None
    try:
        found = cache.headers(place.workspace, upload.file_id, upload)
    except UserError:
        return None  # the import says what is wrong with the file
    guessed = guess_columns(kind, found)
    required = [column for column, needed in COLUMNS[kind].items() if needed]
    if all(guessed[column] for column in required):
        return None
    t = place.t
    with st.container(border=True, key=f"mapping_{kind}"):
        st.markdown(f"**{t('page_data.mapping.title', table=t(f'page_data.upload.{kind}'))}**")
        st.caption(t("page_data.mapping.text"))
        for place_, column in zip(st.columns(len(required)), required, strict=True):
            index = found.index(guessed[column]) if guessed[column] else None
            with place_:
                guessed[column] = st.selectbox(
                    t(f"page_data.mapping.{column}"),
                    found,
                    index=index,
                    key=f"map_{kind}_{column}_{upload.file_id}",
                    placeholder=t("page_data.mapping.choose"),
                )
    return {column: header for column, header in guessed.items() if header}


@contextmanager
def received(workspace: Workspace, files: dict[str, Any]) -> Iterator[dict[str, Path]]:
    """The uploads as files in a folder of their own, for as long as the block lasts.

    A zip or a table keeps the harmless part of its name, for messages; pictures are packed into one zip.
    """
    folder = workspace.path / "uploads" / secrets.token_hex(8)
    folder.mkdir(parents=True)
    try:
        _remove_stale(folder.parent)
        given = {kind: upload for kind, upload in files.items() if upload}
        yield {kind: _store(folder, kind, upload) for kind, upload in given.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _store(folder: Path, kind: str, upload: Any) -> Path:
    several = upload if isinstance(upload, list) else [upload]
    require_space(folder, sum(getattr(one, "size", 0) for one in several))
    if kind == "images" and not (len(several) == 1 and several[0].name.lower().endswith(".zip")):
        return _pack_pictures(folder / "images.zip", several)
    path = folder / kind / _tame(several[0].name)
    path.parent.mkdir()
    _copy(several[0], path)
    return path


def _tame(name: str) -> str:
    """The end of a file name, letters, digits, dots and dashes only: fit for messages and for a folder of its own."""
    return re.sub(r"[^\w.-]", "_", PurePosixPath(name.replace("\\", "/")).name)[-60:].lstrip(".") or "file"


def _pack_pictures(path: Path, uploads: list) -> Path:
    """Several pictures as one zip: their names stay text and never become paths of this machine."""
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


def _remove_stale(uploads: Path) -> None:
    """Folders that a killed server left behind."""
    for folder in uploads.iterdir():
        if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def csv_for_spreadsheets(table: "pd.DataFrame") -> bytes:
    """UTF-8 with BOM; no cell can start a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([csv_safe(name) for name in table.columns])
    writer.writerows([csv_safe(cell) for cell in row] for row in table.itertuples(index=False))
    return text.getvalue().encode("utf-8-sig")
