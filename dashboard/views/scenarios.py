"""Saved scenarios: choose one, save the inputs under a name, compare, exchange as files, see who changed what. Nothing is deleted."""

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import page, state
from dashboard.context import PageContext
from dashboard.forms import roi_inputs
from dashboard.forms.roi_inputs import EditedScenario
from dashboard.views.roi import computed
from dashboard.widgets import errors, layout
from dashboard.widgets.choices import bound
from dashboard.widgets.text import plain
from kdmcse.documents import scenario_files, scenario_workbook
from kdmcse.documents.scenario_problems import ScenariosRefused
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING, Locale, capital
from kdmcse.presentation import roi
from kdmcse.results.outlook import Outlook, check_prices
from kdmcse.roi import Scenario, fields, scenario_comparison, scenario_store
from kdmcse.roi.scenario_comparison import columns
from kdmcse.roi.scenario_store import ScenarioVersion

COMPARED = 4
"""Scenarios that are compared to begin with."""
MAX_BY = 100
"""characters of the name of who saves"""
_NAMED = ("name", "notes")
"""Entries of a scenario that are asked for where it is saved."""
_TEXTS = ("name", "notes", "contract", "prices/currency", "prices/use_case")


def choose(context: PageContext) -> list[ScenarioVersion]:
    """Which scenario is looked at; kept in the address. Returns all that are saved."""
    t, found = context.t, scenario_store.list_scenarios(context.workspace, context.dataset.fingerprint)
    if not found:
        return found
    names = dict(zip([one.id for one in found], columns([one.scenario for one in found]), strict=True))
    options = [roi_inputs.UNSAVED, *names]
    now = state.choice("scenario")
    now = now if now in names else roi_inputs.UNSAVED
    chosen = st.selectbox(
        t("page_scenarios.choose"),
        options,
        options.index(now),
        lambda one: names.get(one) or t("page_roi.unsaved"),
        help=t("page_scenarios.choose_help"),
        key=f"scenario_{now}_{len(options)}",
        width=480,
    )
    if chosen != now:
        state.choose("scenario", None if chosen == roi_inputs.UNSAVED else chosen)
        st.rerun()
    return found


def outlooks(context: PageContext, found: Sequence[Scenario]) -> list[Outlook]:
    """What each comes to; of one whose prices or ranges do not fit the decisions, why not."""
    t, known = context.t, []
    for scenario in found:
        try:
            outlook = computed(context, scenario)
        except UserError as error:
            if error.fields.get("field") in scenario.inputs:
                error = roi_inputs.at_field(t, error, scenario.currency)
            st.warning(f"**{plain(scenario.name)}**{t('shared.colon')}{plain(error.message(t.language))}")
            continue
        known += [outlook] if outlook else []
    return known


def listed(context: PageContext, found: Sequence[ScenarioVersion]) -> None:
    """One row a scenario: what it is called, whose it is, when it was saved last, and whether something was typed since."""
    t, rows, digest = context.t, [], context.results.criteria_digest
    unsaved = scenario_store.with_unsaved_changes(context.workspace, context.dataset.fingerprint)
    changed = {one.id for one in unsaved}
    for name, one in zip(columns([one.scenario for one in found]), found, strict=True):
        version = t.number(one.version)
        if one.id in changed:
            version = t("page_scenarios.list.unsaved", version=version)
        rows.append(
            {
                t("page_scenarios.list.name"): name,
                t("page_scenarios.list.criteria"): roi.for_criteria(t, one.scenario, digest),
                t("page_scenarios.list.version"): version,
                t("page_scenarios.list.at"): _time(t, one.at),
                t("page_scenarios.list.by"): one.by or MISSING,
            }
        )
    layout.table(rows, words=[t("page_scenarios.list.by")])
    for one in unsaved:
        st.caption(plain(roi.unsaved_sentence(t, one)))


# Saving


def save(context: PageContext, edited: EditedScenario) -> None:
    """The present inputs under a name, with who saves them; what is typed is kept until then."""
    t, values, draft = context.t, edited.typed_values, edited.draft
    before = {name: getattr(edited.stored.scenario, name) if edited.stored else "" for name in _NAMED}
    inputs = (("name", values.get("name", before["name"]), fields.MAX_NAME), ("by", edited.by, MAX_BY))
    typed = {}
    for column, (name, now, longest) in zip(st.columns(2), inputs, strict=True):
        with column:
            label, key = t(f"page_scenarios.save.{name}"), draft.key(f"scenario_{name}", now)
            typed[name] = st.text_input(label, max_chars=longest, key=key)
    typed["notes"] = st.text_area(
        t("page_scenarios.save.notes"),
        max_chars=fields.MAX_NOTES,
        help=t("roi.input_help.notes"),
        key=draft.key("scenario_notes", values.get("notes", before["notes"])),
    )
    changed = {name: typed[name] for name in _NAMED if typed[name] != before[name]}
    changed = {path: value for path, value in values.items() if path not in _NAMED} | changed
    if (changed, typed["by"]) != (values, edited.by):
        edited = edited.keep(values=changed, by=typed["by"])
    with st.container(horizontal=True):
        over = edited.stored and st.button(
            t("page_scenarios.save.version"), type="primary", icon=":material/save:", key="save_version"
        )
        label = t(f"page_scenarios.save.{'copy' if edited.stored else 'new'}")
        kind = "secondary" if edited.stored else "primary"
        new = st.button(label, type=kind, icon=":material/add:", key="save_scenario")
    if over or new:
        _save(context, edited, typed["name"], None if new else edited.id)


def _save(context: PageContext, edited: EditedScenario, name: str, id: str | None) -> None:
    """id: of the scenario that gets a new version; None makes a new one."""
    t, checked = context.t, edited.checked
    workspace, dataset = context.workspace, context.dataset.fingerprint
    if not name.strip():
        errors.show_error(t, UserError("input_missing", field=t("page_scenarios.save.name")))
        return
    if checked.scenario is None:
        for error in checked.problems.values():
            errors.show_error(t, roi_inputs.at_field(t, error, edited.base.currency))
        return
    seen = edited.draft.content.get("seen", 0) if id else 0
    kept = scenario_store.save(workspace, dataset, checked.scenario, by=edited.by, id=id, seen=seen)
    for one in {edited.id, kept.id}:
        scenario_store.write_draft(workspace, dataset, one, {"by": edited.by})
    authors = scenario_store.overtaken_authors(workspace, dataset, kept)
    overtaken = roi.overtaken_sentence(t, kept, authors)
    done = "new" if id is None else "done" if kept.fresh else "unchanged"
    said = t(f"page_scenarios.save.said.{done}", name=kept.scenario.name, version=t.number(kept.version))
    state.remember("scenario_saved", overtaken or said)
    state.remember("scenario_overtaken", bool(overtaken))
    state.choose("scenario", kept.id)
    st.rerun()


def what_was_saved(t: Locale) -> None:
    """What became of the saving just before, once."""
    if text := state.take("scenario_saved"):
        if state.take("scenario_overtaken"):
            st.warning(plain(text), icon=":material/history:")
        else:
            st.success(plain(text), icon=":material/check:")


# Comparing


def compare(context: PageContext, found: Sequence[ScenarioVersion]) -> list[Outlook]:
    """Figures side by side, and the inputs in which the scenarios differ. Returns those that are compared."""
    t = context.t
    layout.section(t("page_scenarios.compare.title"), t("roi.ranges"), about=t("glossary.scenario"))
    names = dict(zip([one.id for one in found], columns([one.scenario for one in found]), strict=True))
    beside = state.choice("beside")
    asked = list(names)[:COMPARED] if beside is None else [one for one in beside.split(",") if one in names]
    chosen = st.multiselect(
        t("page_scenarios.compare.choose"),
        list(names),
        format_func=names.get,
        placeholder=t("page_scenarios.compare.none"),
        **bound("beside", f"compared_{len(found)}", asked, ",".join),
    )
    if missing := page.missing_before_results(context):
        layout.empty(context, missing.key, missing.page)
        known = []
    else:
        known = outlooks(context, [one.scenario for one in found if one.id in chosen])
    if known:
        _table(t, figures(context, known), t("page_scenarios.compare.figure"))
    several = [one.scenario for one in found if one.id in chosen]
    if len(several) > 1:
        st.markdown(f"**{plain(t('page_scenarios.compare.differences'))}**")
        table = scenario_comparison.differences(several)
        if table.empty:
            st.text(t("page_scenarios.compare.alike"))
        else:
            written = {
                name: [_entry_text(context, path, value, one.currency) for path, value in table[name].items()]
                for name, one in zip(table.columns, several, strict=True)
            }
            names = [roi_inputs.called(t, path) for path in table.index]
            _table(t, pd.DataFrame(written, index=names), t("page_scenarios.history.field"))
    return known


def figures(context: PageContext, known: Sequence[Outlook], *, exact: bool = False) -> pd.DataFrame:
    """As `comparison_table`, with the probability that each pays. exact: in full digits."""
    bands = {one.found.scenario.digest: one.sensitivity.band for one in known}
    found, digest = [one.found for one in known], context.results.criteria_digest
    return roi.comparison_table(context.t, found, bands, criteria=digest, exact=exact)


def _table(t: Locale, table: pd.DataFrame, head: str) -> None:
    rows = [{head: capital(name), **row} for name, row in zip(table.index, table.to_dict("records"), strict=True)]
    layout.table(rows)


def _entry_text(context: PageContext, path: str, value: object, currency: str) -> str:
    """The value of an entry as a person reads it."""
    t = context.t
    if value is None or value == "":
        return MISSING
    bare = path.removeprefix("ranges/")
    if path in _TEXTS:
        return str(value)
    if isinstance(value, list | tuple) and path != bare:
        low, high = (roi.value(t, bare, end, currency) for end in value)
        return t("roi.range", low=low, high=high)
    if fields.is_number(value):
        return roi.value(t, path, value, currency)
    return capital(roi.choice(t, value, context.results.baseline)) if path in roi_inputs.CHOICES else str(value)


# Success criteria, files, history


def mark(context: PageContext, edited: EditedScenario, found: Sequence[ScenarioVersion]) -> None:
    """Say that the locked success criteria rest on this scenario; another that was marked for it is so no more."""
    t, agreed = context.t, context.criteria
    layout.section(t("page_scenarios.criteria.title"), t("page_scenarios.criteria.text"))
    if agreed is None:
        st.text(t("page_scenarios.criteria.none"))
        layout.link(context, "criteria")
        return
    if edited.stored.scenario.belongs_to(agreed.digest):
        st.text(t("page_scenarios.criteria.marked", version=t.number(agreed.version)))
        return
    if st.button(
        t("page_scenarios.criteria.mark", version=t.number(agreed.version)), icon=":material/handshake:", key="mark"
    ):
        by = edited.by
        for one in found:
            if one.scenario.belongs_to(agreed.digest):
                scenario_store.mark_for_criteria(context.workspace, context.dataset.fingerprint, one.id, None, by=by)
        scenario_store.mark_for_criteria(
            context.workspace, context.dataset.fingerprint, edited.id, agreed.digest, by=by
        )
        st.rerun()


def files(
    context: PageContext, edited: EditedScenario, found: Sequence[ScenarioVersion], known: Sequence[Outlook]
) -> None:
    """All scenarios as a workbook or as JSON, and such a file read again: all of it, or nothing and why."""
    t, several = context.t, [one.scenario for one in found]
    layout.section(t("page_scenarios.files.title"), t("page_scenarios.files.text"))
    if several:
        with st.container(horizontal=True):
            for kind, content, mime in (
                ("xlsx", lambda: _workbook(context, several, known), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                ("json", lambda: scenario_files.to_json(several), "application/json"),
            ):  # fmt: skip
                st.download_button(
                    t(f"page_scenarios.files.{kind}"),
                    content,
                    file_name=f"scenarios-{context.dataset.fingerprint}.{kind}",
                    mime=mime,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"scenarios_{kind}",
                )
    round_ = state.recall("scenarios_round") or 0
    upload = st.file_uploader(t("page_scenarios.files.upload"), ["xlsx", "json"], key=f"scenarios_upload_{round_}")
    st.caption(plain(t("page_scenarios.files.upload_help")))
    if upload and st.button(t("page_scenarios.files.read"), icon=":material/upload:", key="read_scenarios"):
        try:
            read = scenario_files.read_scenarios(upload.getvalue(), upload.name, check_prices)
        except ScenariosRefused as refused:
            _refused(t, refused)
            return
        except UserError as error:
            errors.show_error(t, error)
            return
        for scenario in read:
            scenario_store.save(context.workspace, context.dataset.fingerprint, scenario, by=edited.by)
        state.remember("scenarios_round", round_ + 1)
        state.remember("scenario_saved", t("page_scenarios.files.done", n=t.number(len(read)), file=upload.name))
        st.rerun()


def _workbook(context: PageContext, several: Sequence[Scenario], known: Sequence[Outlook]) -> bytes:
    return scenario_workbook.to_xlsx(context.t, several, figures(context, known, exact=True) if known else None)


def _refused(t: Locale, refused: ScenariosRefused) -> None:
    """What is wrong with the file, each thing by its place, and how many more things there are."""
    st.error(plain(t("page_scenarios.files.refused", file=refused.fields["file"])), icon=":material/error:")
    rows = [(one.sheet, one.row, one.field, one.sentence(t)) for one in refused.problems]
    names = [t(f"page_scenarios.problem.{name}") for name in ("sheet", "row", "field", "problem")]
    st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True)
    if more := refused.fields["count"] - len(rows):
        st.caption(plain(t("page_scenarios.files.refused_more", n=t.number(more))))


def history(context: PageContext, now: ScenarioVersion) -> None:
    """Who changed what and when, the newest version first."""
    t, after = context.t, now.scenario.currency
    layout.section(t("page_scenarios.history.title"))
    changes = scenario_store.history(context.workspace, context.dataset.fingerprint, now.id)
    for number, rows in changes.groupby("version", sort=False):
        first, changed = rows.iloc[0], rows.loc[rows["field"] == "prices/currency", "from"]
        before = changed.item() if len(changed) else after
        head = t(
            "page_scenarios.history.version",
            version=t.number(number),
            at=_time(t, first["at"]),
            by=first["by"] or t("scenarios.saved.somebody"),
        )
        with st.container(border=True, key=f"history_{number}"):
            st.text(head)
            if number == 1:
                st.caption(t("page_scenarios.history.first"))
                continue
            layout.table(
                [
                    {
                        t("page_scenarios.history.field"): roi_inputs.called(t, row["field"]),
                        t("page_scenarios.history.from"): _entry_text(
                            context, row["field"], _read(row["from"]), before
                        ),
                        t("page_scenarios.history.to"): _entry_text(context, row["field"], _read(row["to"]), after),
                    }
                    for row in rows.to_dict("records")
                ]
            )
        after = before


def _read(text: str) -> object:
    """A value of a history, which has them as text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _time(t: Locale, at: str) -> str:
    return t("page_scenarios.time", date=t.date(at), time=t.time(at))
