"""Values of agreed KPIs: one figure typed, or a file of rows; what was entered, and undoing it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import state, uploads
from dashboard.context import PageContext
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse.criteria import kpi_files, kpi_values
from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.decision import judge_kpi
from kdmcse.criteria.kpis import LEAST_ROWS, Kpi
from kdmcse.data.tables import Table, load_table
from kdmcse.errors import UserError
from kdmcse.presentation import criteria as criteria_texts
from kdmcse.presentation import kpis as texts

_PROBLEMS = 3
"""Rows that were left out, as many as are named."""


def values(context: PageContext, agreed: Criteria) -> None:
    """How every KPI stands, and where its values are brought; nothing where none was agreed."""
    t = context.t
    if not agreed.kpis:
        return
    layout.section(t("page_criteria.kpis.section"), t("page_criteria.kpis.section_help", least=t.number(LEAST_ROWS)))
    if saved := state.take("kpi_saved"):
        st.success(plain(saved), icon=":material/check:")
    _standing(context, agreed.kpis)
    voted = [kpi for kpi in agreed.kpis if kpi.source == "votes"]
    for kpi in voted:
        st.text(t("page_criteria.kpis.votes", name=kpi.name))
    if voted:
        layout.quiet_link(context, "live")
    entered = [kpi for kpi in agreed.kpis if kpi.source == "entered"]
    if entered and not context.workspace.is_frozen():
        _bring(context, entered, agreed.stage)


def _standing(context: PageContext, kpis: Sequence[Kpi]) -> None:
    t, known, rows = context.t, context.analysis.kpis(), []
    for kpi in kpis:
        found = known[kpi.name]
        cells = {
            "name": kpi.name,
            "target": texts.target_text(t, kpi),
            "value": texts.value_text(t, kpi, found),
            "state": criteria_texts.line_state(t, judge_kpi(kpi, found)),
        }
        rows.append({t(f"page_criteria.kpis.head.{name}"): text for name, text in cells.items()})
    layout.table(rows, words=[t(f"page_criteria.kpis.head.{name}") for name in ("target", "state")])


def _bring(context: PageContext, kpis: Sequence[Kpi], stage: int) -> None:
    t, kpi = context.t, kpis[0]
    if len(kpis) > 1:
        kpi = st.selectbox(t("page_criteria.kpis.which"), kpis, format_func=lambda one: one.name, key="kpi_chosen")
    typed, file = st.columns(2)
    inputs = f"{kpis.index(kpi)}_{state.recall('kpi_round') or 0}"
    with typed, st.container(border=True, height="stretch", key="kpi_typed"):
        _type(context, kpi, stage, inputs)
    with file, st.container(border=True, height="stretch", key="kpi_file"):
        _upload(context, kpi, stage, inputs)
    own = kpi_values.of_kpi(context.results.kpi_entries, kpi, stage)
    if not own:
        return
    with layout.folded("kpi_entries", t("page_criteria.kpis.entries"), icon=":material/history:") as opened:
        if opened:
            layout.table([texts.entry_row(t, kpi, entry) for entry in own])
            if st.button(t("page_criteria.kpis.undo"), icon=":material/undo:", key="kpi_undo"):
                with errors.error_boundary(t):
                    last = max(own, key=lambda entry: entry.time)
                    kpi_values.undo(context.workspace, context.dataset.fingerprint, last.id)
                    st.rerun()


def _type(context: PageContext, kpi: Kpi, stage: int, inputs: str) -> None:
    """inputs: part of the key of every input, another one once something was kept."""
    t, today = context.t, context.today
    st.markdown(f"**{plain(t('page_criteria.kpis.type'))}**")
    label = t("page_criteria.kpis.day")
    day = st.date_input(label, value=today, max_value=today, format="YYYY-MM-DD", key=f"kpi_day_{inputs}")
    label = t("page_criteria.kpis.value_in", unit=kpi.unit) if kpi.unit else t("page_criteria.kpis.value")
    value = st.number_input(plain(label), value=None, step=1.0, format="%g", key=f"kpi_value_{inputs}")
    if not st.button(t("page_criteria.kpis.add"), icon=":material/add:", key="kpi_add"):
        return
    where = context.workspace, context.dataset.fingerprint
    try:
        if value is None or day is None:
            raise UserError("input_missing", field="day" if day is None else "value")
        kpi_values.type_in(*where, kpi, stage, day, value, today=today)
    except UserError as error:
        name = error.fields.get("field")
        known = {"day": t("page_criteria.kpis.day"), "value": t("page_criteria.kpis.value")}
        errors.show_error(t, UserError(error.code, **error.fields | {"field": known.get(name, name)}))
        return
    _kept(context, kpi)


def _upload(context: PageContext, kpi: Kpi, stage: int, inputs: str) -> None:
    t = context.t
    st.markdown(f"**{plain(t('page_criteria.kpis.upload'))}**")
    given = st.file_uploader(t("page_criteria.kpis.file"), ["csv", "tsv", "xlsx"], key=f"kpi_upload_{inputs}")
    st.caption(plain(t("page_criteria.kpis.upload_help")))
    if given is None:
        return
    with errors.error_boundary(t):
        table = _table(given.name, given.getvalue())
        if len(table.frame.columns) < 2:
            raise UserError("kpi_file_columns", file=table.name)
        day, value = _columns(context, kpi, table, f"{inputs}_{table.sha256[:8]}")
        if day is None or value is None:
            return
        rows = kpi_files.read_rows(table, kpi, day=day, value=value, today=context.today)
        found = rows.value
        fields = {"value": texts.value_text(t, kpi, found), "basis": texts.basis_text(t, kpi, found)}
        st.text(t("page_criteria.kpis.read", **fields))
        _left_out(context, rows)
        if st.button(t("page_criteria.kpis.keep"), type="primary", icon=":material/check:", key="kpi_keep"):
            kpi_values.keep(context.workspace, context.dataset.fingerprint, kpi, stage, rows)
            _kept(context, kpi)


def _table(name: str, content: bytes) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / uploads.tame(name)
        path.write_bytes(content)
        return load_table(path)


def _columns(context: PageContext, kpi: Kpi, table: Table, key: str) -> tuple[str | None, str | None]:
    """The columns of days and of values: those that can be read as such, unless others are chosen."""
    t, heads = context.t, list(table.frame.columns)
    chosen = []
    for name, guess in zip(("day", "value"), kpi_files.guess_columns(table, kpi), strict=True):
        state.preset(f"kpi_{name}_column_{key}", guess)
        label, waits = t(f"page_criteria.kpis.{name}_column"), t("page_criteria.kpis.none_chosen")
        chosen.append(st.selectbox(label, heads, index=None, placeholder=waits, key=f"kpi_{name}_column_{key}"))
    return chosen[0], chosen[1]


def _left_out(context: PageContext, rows: kpi_files.KpiRows) -> None:
    t, count = context.t, len(rows.problems)
    if not count:
        return
    lines = [t("page_criteria.kpis.left_out", count=count)]
    lines += [texts.problem_text(t, problem) for problem in rows.problems[:_PROBLEMS]]
    if count > _PROBLEMS:
        lines.append(t("page_criteria.kpis.more", more=t.number(count - _PROBLEMS)))
    st.text("\n".join(lines))


def _kept(context: PageContext, kpi: Kpi) -> None:
    """Empty the inputs and tell what the KPI is now."""
    fresh, t = context.afresh(), context.t
    value = texts.value_text(t, kpi, fresh.analysis.kpis()[kpi.name])
    state.remember("kpi_saved", t("page_criteria.kpis.saved", name=kpi.name, value=value))
    state.remember("kpi_round", (state.recall("kpi_round") or 0) + 1)
    st.rerun()
