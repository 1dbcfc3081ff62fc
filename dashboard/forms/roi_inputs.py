"""The inputs of a scenario as a form that saves itself: effort, today's process, what is counted, and how sure each input is.

What is typed stands in the scenario's draft, whatever it is; a version is made of it on the page of scenarios.
"""

import copy
import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.forms.draft import Draft, ErrorSlots, note_typed, open_draft
from dashboard.widgets import layout
from dashboard.widgets.text import plain
from kdmcse.errors import UserError
from kdmcse.i18n import Locale, capital
from kdmcse.presentation import roi
from kdmcse.results.outlook import check_ranges, default_scenario, measured_judging
from kdmcse.roi import Scenario, fields, scenario_store
from kdmcse.roi.scenario_store import ScenarioVersion

UNSAVED = "unsaved"
"""Where the inputs are kept that belong to no saved scenario."""
GROUPS = {
    "once": (
        "effort/pairs", "effort/seconds_per_judgement", "effort/seconds_are", "effort/annotators", "effort/hourly_rate",
        "effort/engineering_days", "effort/day_rate", "effort/gpu_hours", "effort/gpu_hour_price", "effort/licences_once",
    ),
    "monthly": ("effort/hosting_monthly", "effort/licences_monthly", "effort/people_monthly"),
    "today": ("today/process", "today/price_per_decision", "today/accuracy"),
    "counted": ("horizon_months", "yearly_rate", "saving_share"),
}  # fmt: skip
"""The fields of the form, as they stand together."""
_ICONS = {
    "once": ":material/construction:",
    "monthly": ":material/calendar_month:",
    "today": ":material/history:",
    "counted": ":material/rule:",
}
CHOICES = {
    "effort/seconds_are": ("measured", "assumed"),
    "today/process": ("baseline", "people"),
    "shape": ("triangular", "uniform"),
}
_PEOPLE = GROUPS["today"][1:]
_SECONDS, _SECONDS_ARE = "effort/seconds_per_judgement", "effort/seconds_are"
_TYPED = ("values", "ranges", "prices")
_COLUMNS = 4


@dataclass(frozen=True)
class Checked:
    """What the inputs make."""

    scenario: Scenario | None
    """None where they make none"""
    problems: dict[str, UserError]
    """by path: all that is wrong, each thing once"""


@dataclass(frozen=True)
class EditedScenario:
    """The scenario that the inputs belong to, and what was typed."""

    id: str
    stored: ScenarioVersion | None
    """its newest version; None: the inputs belong to no saved scenario"""
    base: Scenario
    """what the inputs start from"""
    baseline: str
    """the method with which KDMCSE is compared"""
    draft: Draft
    """`values` by path, `ranges` by path (two ends, either may be None; None: taken away), `prices` taken over, `seen` version, `by` whom"""

    @property
    def typed_values(self) -> dict[str, Any]:
        """By path, those that differ from the base."""
        return self.draft.content.get("values", {})

    @property
    def typed_ranges(self) -> dict[str, Any]:
        """By path, those that differ from the base; None: taken away."""
        return self.draft.content.get("ranges", {})

    @property
    def values(self) -> dict[str, Any]:
        """By path, as typed or else as the base has it."""
        return fields.leaves(self._plain, "") | self.typed_values

    @property
    def ranges(self) -> dict[str, Sequence[float | None]]:
        """By path, as typed or else as the base has them."""
        ranges = dict(self.base.ranges) | self.typed_ranges
        return {path: ends for path, ends in ranges.items() if ends is not None}

    @property
    def prices(self) -> dict[str, Any]:
        """What a mistake costs, as edited."""
        return self.draft.content.get("prices") or self.base.prices

    @property
    def by(self) -> str:
        """Who edits it, as typed on the page of scenarios."""
        return self.draft.content.get("by", "")

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that the base does not have."""
        return scenario_store.differs(self.base, self.draft.content)

    def wrong(self, paths: Iterable[str]) -> bool:
        """Whether one of these inputs cannot be used."""
        return not self.checked.problems.keys().isdisjoint(paths)

    @cached_property
    def checked(self) -> Checked:
        """The scenario as typed, and what is wrong with it."""
        table, problems = copy.deepcopy(self._plain) | {"prices": self.prices}, {}
        base, with_people = fields.leaves(self._plain, ""), self.values["today/process"] == "people"
        if with_people:
            base |= dict(zip(_PEOPLE, (0, 1), strict=True))
        for path, value in self.typed_values.items():
            _put(table, path, value)
        scenario = None
        while scenario is None:
            try:
                scenario = Scenario.from_dict(table)
            except UserError as error:
                path = str(error.fields.get("field"))
                if path in problems or path not in base:
                    return Checked(None, problems | {path: error})
                problems[path] = error
                _put(table, path, base[path])
        for path, ends in self.ranges.items():
            try:
                ranges = scenario.ranges | {path: _both(path, ends)}
                ranged = Scenario.from_dict(scenario.to_dict() | {"ranges": ranges})
                check_ranges(ranged)
                scenario = ranged
            except UserError as error:
                problems[f"ranges/{path}"] = error
        if not with_people:  # what is not asked for is no mistake: it is kept as typed, and counts as the base has it
            problems = {path: error for path, error in problems.items() if path.removeprefix("ranges/") not in _PEOPLE}
        return Checked(None if problems else scenario, problems)

    def keep(self, **changes: Any) -> "EditedScenario":
        """Write `changes` of the draft down, with the version on which they rest."""
        content, newest = self.draft.content, self.stored.version if self.stored else 0
        begun = any(content.get(name) for name in _TYPED)
        seen = content.get("seen", newest) if begun else newest
        return dataclasses.replace(self, draft=self.draft.keep({**content, **changes, "seen": seen}))

    @property
    def _plain(self) -> dict[str, Any]:
        return self.base.to_dict() | {"ranges": {}}


def edited_scenario(context: PageContext) -> EditedScenario:
    """What the address names; where it names no scenario, the inputs that belong to none. The prices must be there."""
    workspace, dataset = context.workspace, context.dataset.fingerprint
    stored, asked = None, state.choice("scenario")
    if asked:
        try:
            stored = scenario_store.open_scenario(workspace, dataset, asked)
        except UserError as error:
            if error.code != "scenario_unknown":
                raise
    id = stored.id if stored else UNSAVED
    base = stored.scenario if stored else default_scenario(context.results, context.t("page_roi.unsaved"))

    def write(content: dict[str, Any]) -> dict[str, Any]:
        scenario_store.write_draft(workspace, dataset, id, content)
        return content

    content = scenario_store.read_draft(workspace, dataset, id) or {}
    draft = open_draft(f"roi_{dataset}_{id}", content, write, fields.leaves(base.to_dict(), ""))
    return EditedScenario(id, stored, base, context.results.baseline, draft)


def form(context: PageContext, edited: EditedScenario) -> EditedScenario:
    """Every input but the prices, written down at every change. Returns the scenario as it is now."""
    t, slots, entered = context.t, ErrorSlots(), {}
    for group, paths in GROUPS.items():
        title, text, wrong = t(f"page_roi.group.{group}"), t(f"page_roi.group_help.{group}"), edited.wrong(paths)
        with layout.folded(f"roi_{group}", title, icon=_ICONS[group], explanation=text, expanded=wrong) as opened:
            if opened:
                entered |= _inputs(t, edited, paths, slots)
                if group == "once":
                    _offer_measured(context, edited)
        slots.below(f"roi_{group}", *paths)
    title, text, ranges = t("page_roi.ranges.title"), t("page_roi.ranges.text"), edited.typed_ranges
    icon, some = ":material/swap_horiz:", bool(edited.ranges)
    with layout.folded("ranges", title, icon=icon, explanation=text, expanded=some) as opened:
        if opened:
            entered["shape"] = _input(t, edited, "shape")
            with_people = (edited.values | entered)["today/process"] == "people"
            ranges = _ranges(t, edited, with_people=with_people, slots=slots)
    slots.below("ranges", *(f"ranges/{path}" for path in edited.ranges))
    edited = _save(edited, entered, ranges)
    for path, error in edited.checked.problems.items():
        shown = at_field(t, error, edited.base.currency)
        slots.at(path).error(plain(shown.sentences(t)))
    if not edited.checked.problems:
        st.caption(t("page_roi.saved"))
    if edited.stored and edited.unsaved:
        text = t.join([roi.unsaved_sentence(t, edited.stored), t("page_roi.save_version")])
        st.info(plain(text), icon=":material/edit_note:")
    return edited


def _save(edited: EditedScenario, entered: dict[str, Any], ranges: dict[str, Any]) -> EditedScenario:
    """Keep what differs from the base; what is not shown at the moment stays as it was typed."""
    base, before = fields.leaves(edited.base.to_dict(), ""), edited.typed_values
    changed = {path: value for path, value in entered.items() if not _same(value, base[path])}
    values = {path: value for path, value in before.items() if path not in entered} | changed
    if values == before and ranges == edited.typed_ranges:
        return edited
    return edited.keep(values=values, ranges=ranges)


def called(t: Locale, path: str) -> str:
    """The name of an input as a label begins."""
    return capital(roi.label(t, path))


def at_field(t: Locale, error: UserError, currency: str) -> UserError:
    """The same, its field, the path of an input, and its numbers as the form has them; an empty input is missing and no wrong number."""
    path = str(error.fields["field"])
    written = error.fields | {"field": called(t, path)}
    if written.get("value", "") is None:
        return UserError("input_missing", **written)
    for name in ("value", "low", "high", "lower", "upper"):
        if fields.is_number(number := written.get(name)):
            number = number if math.isfinite(number) else -1  # the rate, which may be anything above -100 %
            written[name] = roi.value(t, path, number, currency)
    return UserError(error.code, **written)


# The inputs


def _inputs(t: Locale, edited: EditedScenario, paths: Sequence[str], slots: ErrorSlots) -> dict[str, Any]:
    """Those of a group, some side by side, each with the place where it is told what is wrong with it. Returns what was entered, by path."""
    entered = {}
    for first in range(0, len(paths), _COLUMNS):
        row = paths[first : first + _COLUMNS]
        columns = st.columns(_COLUMNS, vertical_alignment="bottom")
        slots.open(*row)
        for column, path in zip(columns, row, strict=False):
            if path not in _PEOPLE or entered["today/process"] == "people":
                with column:
                    entered[path] = _input(t, edited, path)
    return entered


def _offer_measured(context: PageContext, edited: EditedScenario) -> None:
    """What the ratings in the app measured, each with the button that takes it; what is in use already is not offered."""
    t, measured = context.t, measured_judging(context.results)
    for path, value in measured.items():
        taken = {path: value} | ({_SECONDS_ARE: "measured"} if path == _SECONDS else {})
        if all(_same(edited.values[one], taken[one]) for one in taken):
            continue
        name = fields.leaf_of(path)
        with st.container(horizontal=True, vertical_alignment="center", key=f"measured_{name}"):
            count = context.results.effort.timed if path == _SECONDS else context.results.effort.judgements
            st.caption(plain(t(f"page_roi.measured.{name}", value=roi.value(t, path, value, ""), count=count)))
            label = t("page_roi.measured.use")
            if st.button(label, type="tertiary", key=f"use_{name}", on_click=note_typed):
                edited.keep(values=edited.typed_values | taken).draft.redraw()
                st.rerun()


def _input(t: Locale, edited: EditedScenario, path: str) -> Any:
    label, about, now = called(t, path), t(f"roi.input_help.{fields.leaf_of(path)}"), edited.values[path]
    if path not in CHOICES:
        return _number(t, edited, path, now, label=label, input=path, about=about)
    words = {choice: capital(roi.choice(t, choice, edited.baseline)) for choice in CHOICES[path]}
    key = edited.draft.key(path, now)
    return st.selectbox(label, CHOICES[path], format_func=words.get, help=about, key=key, on_change=note_typed)


def _number(
    t: Locale, edited: EditedScenario, path: str, now: float | None, *, label: str, input: str, about: str | None = None
) -> float | None:
    """An input that may be empty; a share is entered in percent."""
    share = roi.kind(path) == "share"
    unit = "%" if share else roi.unit(t, path, edited.base.currency)
    shown = None if now is None else float(round(now * (100 if share else 1), 9))
    given = edited.draft.number(
        input,
        t("page_roi.with_unit", label=label, unit=unit),
        shown,
        step=1.0,
        help=about,
        on_change=note_typed,
    )
    return given if given is None or not share else given / 100


def _ranges(t: Locale, edited: EditedScenario, *, with_people: bool, slots: ErrorSlots) -> dict[str, Any]:
    """Lowest and highest values of the inputs that have a range of their own, where they differ from the base."""
    before = edited.ranges
    numbers = [path for path, value in edited.values.items() if fields.is_number(value) or path in _PEOPLE]
    options = [path for path in numbers if path not in _PEOPLE or with_people]
    options += [path for path in before if path not in options]
    chosen = st.multiselect(
        t("page_roi.ranges.choose"),
        options,
        format_func=lambda path: called(t, path),
        placeholder=t("page_roi.ranges.none"),
        key=edited.draft.key("ranges", list(before)),
        on_change=note_typed,
    )
    ranges: dict[str, Any] = {path: None for path in edited.base.ranges if path not in chosen}
    for path in chosen:
        ends = []
        for column, end, value in zip(
            st.columns(2), ("low", "high"), before.get(path) or _usual(edited, path), strict=True
        ):
            with column:
                label = t(f"page_roi.ranges.{end}", input=plain(called(t, path)))
                ends.append(_number(t, edited, path, value, label=label, input=f"{end}_{path}"))
        slots.open(f"ranges/{path}")
        if ends != list(edited.base.ranges.get(path, ())):
            ranges[path] = ends
    return ranges


def _usual(edited: EditedScenario, path: str) -> tuple[float | None, float | None]:
    """What the ends begin with: the range that the input has as long as nobody enters one."""
    scenario = edited.checked.scenario
    if scenario is None or path not in scenario.inputs:
        return None, None
    usual = scenario.range_of(path)
    return usual.low, usual.high


def _both(path: str, ends: Sequence[float | None]) -> Sequence[float]:
    if any(end is None for end in ends):
        raise UserError("range_half", field=path)
    return ends


def _put(table: dict[str, Any], path: str, value: Any) -> None:
    room, _, name = path.partition("/")
    if name:
        table[room][name] = value
    else:
        table[room] = value


def _same(one: Any, other: Any) -> bool:
    """Whether they are one value; what was shown in percent may differ in the last digit."""
    if fields.is_number(one) and fields.is_number(other):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other
