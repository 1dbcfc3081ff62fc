"""Which column of an upload is what: each with its first cells, what it was taken for, and a choice. Shown before the import, and kept on disk."""

from collections.abc import Mapping

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse.data import COLUMNS
from kdmcse.data.drafts import DraftFile, UploadDraft, open_upload
from kdmcse.data.preview import NOT_USED, Preview, PreviewColumn, preview
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING
from kdmcse.presentation.data import column_note, preview_sentence

WIDTHS = [2.2, 4.4, 2.6]
"""of the column's name, its cells and the choice"""
LONGEST_CELL = 120
"""characters of a cell that are shown"""
AT_ONCE = 24
"""columns that are shown; of more only those that are used or unclear, until the others are asked for"""


def tables(context: PageContext, draft: UploadDraft, files: Mapping[str, DraftFile]) -> dict[str, Preview]:
    """A part for each table, folded where everything is clear; what each will be taken for. A table that cannot be shown is left to the import."""
    t, found = context.t, {}
    shown = [file for kind, file in files.items() if kind in COLUMNS and file.path.suffix.lower() != ".txt"]
    if shown:
        layout.section(t("page_data.mapping.title"), t("page_data.mapping.text"))
    for file in sorted(shown, key=lambda file: list(COLUMNS).index(file.kind)):
        chosen = draft.content()["columns"].get(file.kind, {})
        try:
            one = preview(file.kind, file.path.name, cache.table_head(file), chosen)
        except UserError as error:
            errors.show_error(t, error)
            continue
        found[file.kind] = one
        _table(context, one, bool(chosen))
    return found


def _table(context: PageContext, found: Preview, chosen: bool) -> None:
    t, kind = context.t, found.kind
    state_ = "clear" if found.is_clear else "missing" if found.missing else "look"
    title = t(f"page_data.mapping.{state_}", table=t(f"page_data.upload.{kind}"), file=found.file)
    icon = ":material/check_circle:" if found.is_clear else ":material/help:"
    sentence = preview_sentence(t, found)
    with layout.folded(
        f"mapping_{kind}", plain(title), icon=icon, explanation=sentence, expanded=not found.is_clear
    ) as opened:
        if opened:
            _columns(context, found)
            if chosen:
                reset = t("page_data.mapping.reset")
                st.button(reset, type="tertiary", key=f"reset_{kind}", on_click=_reset, args=(context, kind))
    if not opened:
        st.caption(plain(sentence))


def _columns(context: PageContext, found: Preview) -> None:
    t, shown = context.t, found.columns
    if len(shown) > AT_ONCE:
        known = [column for column in shown if column.role != NOT_USED or column.could_be]
        label = t("page_data.mapping.all", count=len(shown) - len(known))
        shown = shown if st.toggle(label, value=not known, key=f"all_columns_{found.kind}") else known
    with st.container(key=f"heads_{found.kind}"):
        for place, heading in zip(st.columns(WIDTHS), ("column", "rows", "taken_for"), strict=True):
            place.caption(t(f"page_data.mapping.{heading}"))
    for column in shown:
        place = found.columns.index(column)
        with st.container(key=f"column_{found.kind}_{place}"):
            _column(context, found, column, f"map_{found.kind}_{place}")


def _column(context: PageContext, found: Preview, column: PreviewColumn, key: str) -> None:
    t = context.t
    name, cells, choice = st.columns(WIDTHS, vertical_alignment="center")
    name.text(column.header)
    cells.text("\n".join(map(_short, column.samples)) if any(column.samples) else t("page_data.mapping.empty"))
    state.put(key, column.role)  # what is on disk, whoever chose it last
    with choice:
        st.selectbox(
            t("page_data.mapping.choice", column=column.header),
            [NOT_USED, *COLUMNS[found.kind]],
            format_func=lambda role: t("page_data.mapping.not_used") if role == NOT_USED else t(f"data.columns.{role}"),
            key=key,
            label_visibility="collapsed",
            on_change=_choose,
            args=(context, found.kind, column.header, key),
        )
        if note := column_note(t, column):
            st.caption(plain(note))


def _choose(context: PageContext, kind: str, header: str, key: str) -> None:
    """A role has one column: who had it before is free again."""
    draft, role = open_upload(context.workspace), state.widget(key)
    content = draft.content()
    before = content["columns"].get(kind, {})
    kept = {one: of for one, of in before.items() if of == NOT_USED or of != role}
    draft.keep(content | {"columns": content["columns"] | {kind: kept | {header: role}}})


def _reset(context: PageContext, kind: str) -> None:
    draft = open_upload(context.workspace)
    content = draft.content()
    draft.keep(content | {"columns": {one: of for one, of in content["columns"].items() if one != kind}})


def _short(cell: str) -> str:
    cell = " ".join(cell.split())
    return (cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…") or MISSING
