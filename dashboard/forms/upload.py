"""From the browser to the importer: the upload form, and the files on disk for as long as the import needs them."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext
from dashboard.uploads import received
from dashboard.widgets import errors
from kdmcse.data import COLUMNS, guess_columns, import_dataset
from kdmcse.errors import UserError
from kdmcse.i18n import Locale

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

IMAGE_ENDINGS = ["zip", "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]
TABLES = ["csv", "tsv", "jsonl", "parquet", "xlsx"]


def form(context: PageContext) -> None:
    """Name, images and tables; columns where their headers say nothing; then the import."""
    t, round_ = context.t, state.recall("upload_round") or 0
    st.text(t("page_data.upload.text"))
    name = st.text_input(
        t("page_data.upload.name"), key=f"name_{round_}", max_chars=80, placeholder=t("page_data.upload.name_example")
    )
    files: dict[str, Any] = {}
    images, pairs = st.columns(2)
    with images:
        folder = bool(state.widget(f"as_folder_{round_}"))
        files["images"] = st.file_uploader(
            t("page_data.upload.images"),
            IMAGE_ENDINGS[1:] if folder else IMAGE_ENDINGS,
            accept_multiple_files="directory" if folder else True,
            key=state.read_only(f"images_{folder}_{round_}"),
        )
        st.caption(t("page_data.upload.images_help"))
        st.toggle(t("page_data.upload.as_folder"), key=f"as_folder_{round_}")
    with pairs:
        files["pairs"] = _table(t, "pairs", round_)
    for column, kind in zip(st.columns(4), ("sts", "decisions", "faq", "texts"), strict=True):
        with column:
            files[kind] = _table(t, kind, round_)
    for column, kind in zip(st.columns(4), ("image_caption", "image_image"), strict=False):
        with column:
            files[kind] = _table(t, kind, round_)
    mapped = ("pairs", "sts", "decisions", "faq", "image_caption", "image_image")
    columns = {kind: chosen for kind in mapped if (chosen := _columns(context, kind, files[kind]))}
    if st.button(t("page_data.upload.button"), type="primary", key="import"):
        with st.spinner(t("page_data.upload.working")), received(context.workspace, files) as paths:
            try:
                dataset = import_dataset(context.workspace, name=name, columns=columns or None, **paths)
            except UserError as error:
                errors.show_error(t, error)
                return
        state.choose("dataset", dataset.fingerprint)
        state.remember("upload_round", round_ + 1)
        st.rerun()


def _table(t: Locale, kind: str, round_: int) -> "UploadedFile | None":
    upload = st.file_uploader(
        t(f"page_data.upload.{kind}"), [*TABLES, "txt"] if kind == "texts" else TABLES, key=f"{kind}_{round_}"
    )
    st.caption(t(f"page_data.upload.{kind}_help"))
    return upload


def _columns(context: PageContext, kind: str, upload: "UploadedFile | None") -> dict[str, str] | None:
    """Ask which header is meant where the names say nothing; None when they do."""
    if upload is None:
        return None
    try:
        found = cache.headers(context.workspace, upload.file_id, upload)
    except UserError:
        return None  # the import says what is wrong with the file
    guessed = guess_columns(kind, found)
    required = [column for column, needed in COLUMNS[kind].items() if needed]
    if all(guessed[column] for column in required):
        return None
    t = context.t
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
