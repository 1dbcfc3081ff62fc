"""From the browser to the importer: name, files and columns of an upload, kept on disk as they are given, until they are imported or thrown away."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from dashboard import state, uploads
from dashboard.context import PageContext
from dashboard.forms import mapping
from dashboard.forms.draft import open_draft
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse.data.columns import map_columns
from kdmcse.data.drafts import DraftFile, UploadDraft, open_upload
from kdmcse.data.preview import Preview
from kdmcse.errors import UserError
from kdmcse.processes import import_data, launch

IMAGE_ENDINGS = ["zip", "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]
TABLES = ["csv", "tsv", "jsonl", "parquet", "xlsx"]
FIRST = (("images", "pairs"), ("sts", "decisions"))
FURTHER = (("faq", "texts"), ("image_caption", "image_image"))
"""What fewer people bring, behind a fold."""


def is_waiting(context: PageContext) -> bool:
    """Whether files or a name were given that are not imported yet."""
    return not open_upload(context.workspace).is_empty()


def form(context: PageContext) -> None:
    """Name, images and tables; what each column is taken for; then the import."""
    t, draft = context.t, open_upload(context.workspace)
    st.html(Path(__file__).with_name("upload.css"))
    with st.container(key=f"upload_form_{t.language}"):
        st.text(t("page_data.upload.text"))
        content = draft.content()
        typed = open_draft("upload", {"name": content["name"]}, lambda one: draft.keep(draft.content() | one))
        label, example = t("page_data.upload.name"), t("page_data.upload.name_example")
        key = typed.key("upload_name", content["name"])
        # A second run that overtakes the first message of a visit carries no state: then the input shows its value.
        name = st.text_input(label, content["name"], key=key, max_chars=80, placeholder=example)
        if name != content["name"]:
            typed.keep({"name": name})
        files = draft.files()
        _slots(context, draft, files, FIRST)
        brought = any(kind in files for kinds in FURTHER for kind in kinds)
        title = t("page_data.upload.further")
        with layout.folded("further", title, icon=":material/table_rows:", expanded=brought) as opened:
            if opened:
                _slots(context, draft, files, FURTHER)
        previews = mapping.tables(context, draft, files)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(t("page_data.upload.button"), type="primary", key="import"):
                _start(context, draft, name, files, previews)
            if not draft.is_empty():
                st.button(
                    t("page_data.upload.discard"), type="tertiary", key="discard", on_click=_discard, args=(context,)
                )
                st.caption(t("page_data.upload.kept"))


def _slots(context: PageContext, draft: UploadDraft, files: Mapping[str, DraftFile], rows: tuple) -> None:
    for kinds in rows:
        for column, kind in zip(st.columns(len(kinds)), kinds, strict=True):
            with column:
                _slot(context, draft, kind, files.get(kind))


def _slot(context: PageContext, draft: UploadDraft, kind: str, file: DraftFile | None) -> None:
    """A place for the files of one kind: what is there already, or where to drop it."""
    t, round_ = context.t, state.recall(f"upload_round_{kind}") or 0
    label = t(f"page_data.upload.{kind}")
    packed = file is not None and file.path.name == uploads.PACKED
    if file is not None:
        with st.container(border=True, key=f"{kind}_kept", gap="xxsmall"):
            st.caption(plain(label))
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                name = t("page_data.upload.packed") if packed else file.path.name
                st.text(t("page_data.upload.file", name=name, size=_size(context, file.bytes)))
                what = t("page_data.upload.remove")
                st.button(what, type="tertiary", key=f"remove_{kind}", on_click=_take_out, args=(context, kind))
    if file is None or packed:
        folder = kind == "images" and bool(state.widget(f"as_folder_{round_}"))
        several = ("directory" if folder else True) if kind == "images" else False
        key = f"{kind}_{folder}_{round_}"
        given = st.file_uploader(
            t("page_data.upload.more_images") if packed else label,
            _endings(kind)[packed or folder :] if kind == "images" else _endings(kind),
            accept_multiple_files=several,
            key=state.read_only(key) if several else key,
        )
        st.caption(t(f"page_data.upload.{kind}_help"))
        if kind == "images":
            st.toggle(t("page_data.upload.as_folder"), key=f"as_folder_{round_}")
        if given:
            _keep(context, draft, kind, given if isinstance(given, list) else [given])


def _keep(context: PageContext, draft: UploadDraft, kind: str, given: list) -> None:
    """Put on disk what the browser sent, and let go of it: by another key the input is empty."""
    t = context.t
    with st.spinner(
        t("page_data.upload.keeping", name=given[0].name, size=_size(context, sum(one.size for one in given)))
    ):
        try:
            import_data.forget(context.workspace)
            uploads.keep(draft, kind, given)
        except UserError as error:
            errors.show_error(t, error)
            return
    state.remember(f"upload_round_{kind}", (state.recall(f"upload_round_{kind}") or 0) + 1)
    st.rerun()


def _start(
    context: PageContext, draft: UploadDraft, name: str, files: Mapping[str, DraftFile], previews: Mapping[str, Preview]
) -> None:
    """Have it imported, unless what is missing can be told at once."""
    try:
        if not name.strip():
            raise UserError("dataset_name_missing")
        if not set(files) - {"images"}:
            raise UserError("nothing_to_import")
        for kind, found in previews.items():
            headers = [column.header for column in found.columns]
            map_columns(kind, headers, found.mapping, found.file)
        launch.start_import(context.workspace, name=name, columns={kind: one.mapping for kind, one in previews.items()})
    except UserError as error:
        errors.show_error(context.t, error)
        return
    st.rerun()


def last_import(context: PageContext) -> None:
    """Why the last import, of files or of a dataset that holds more out, came to nothing."""
    t, result = context.t, import_data.result(context.workspace) or {}
    if "refused" in result:
        message, hint = result["refused"][t.language]
        st.error(f"**{plain(message)}**\n\n{plain(hint)}", icon=":material/error:")
    elif import_data.job(context.workspace).status() == "failed":
        again = "dataset" in (import_data.job(context.workspace).request() or {})
        st.error(plain(t(f"page_data.importing.{'failed_again' if again else 'failed'}")), icon=":material/error:")


def _take_out(context: PageContext, kind: str) -> None:
    if import_data.job(context.workspace).alive:
        return  # it reads them
    import_data.forget(context.workspace)
    open_upload(context.workspace).take_out(kind)


def _discard(context: PageContext) -> None:
    if import_data.job(context.workspace).alive:
        return
    import_data.forget(context.workspace)
    open_upload(context.workspace).discard()


def _endings(kind: str) -> list[str]:
    return IMAGE_ENDINGS if kind == "images" else [*TABLES, "txt"] if kind == "texts" else TABLES


def _size(context: PageContext, size: int) -> str:
    """Bytes as people read them."""
    t = context.t
    if size < 2**20:
        return f"{t.number(max(1, round(size / 2**10)))} KB"
    return f"{t.number(size / 2**20, 1)} MB"
