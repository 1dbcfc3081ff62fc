"""The inputs of a scenario as a form that saves itself: effort, today's process, what is counted, and how sure each input is.

What is typed stands in the scenario's draft, whatever it is; a version is made of it on the page of scenarios.
"""

import copy
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets.text import plain
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation import roi
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import Scenario, scenario_store
from kdmcse.roi import fields as inputs
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
CHOICES = {
    "effort/seconds_are": ("measured", "assumed"),
    "today/process": ("baseline", "people"),
    "shape": ("triangular", "uniform"),
}
_PEOPLE = GROUPS["today"][1:]
_TYPED = ("values", "ranges", "prices")
_COLUMNS = 4


@dataclass(frozen=True)
class Editing:
    """The scenario that the inputs belong to, and what was typed."""

    id: str
    stored: ScenarioVersion | None
    """its newest version; None: the inputs belong to no saved scenario"""
    base: Scenario
    """what the inputs start from"""
    draft: Mapping[str, Any]
    """`values` by path, `ranges` by path (two ends, either may be None; None: taken away), `prices` taken over, `seen` version, `by` whom"""

    @property
    def values(self) -> dict[str, Any]:
        """By path, as typed or else as the base has it."""
        return inputs.leaves(self._plain, "") | self.draft.get("values", {})

    @property
    def ranges(self) -> dict[str, Sequence[float | None]]:
        """By path, as typed or else as the base has them."""
        found = dict(self.base.ranges) | self.draft.get("ranges", {})
        return {path: ends for path, ends in found.items() if ends is not None}

    @property
    def prices(self) -> dict[str, Any]:
        return self.draft.get("prices") or self.base.prices

    @cached_property
    def checked(self) -> tuple[Scenario | None, dict[str, UserError]]:
        """The scenario as typed, None where it makes none; and what is wrong, by path: all of it, each thing once."""
        table, problems = copy.deepcopy(self._plain) | {"prices": self.prices}, {}
        base = inputs.leaves(self._plain, "") | dict(zip(_PEOPLE, (0, 1), strict=True))
        for path, value in self.draft.get("values", {}).items():
            _put(table, path, value)
        scenario = None
        while scenario is None:
            try:
                scenario = Scenario.from_dict(table)
            except UserError as error:
                path = str(error.fields.get("field"))
                if path in problems or path not in base:
                    return None, problems | {path: error}
                problems[path] = error
                _put(table, path, base[path])
        for path, ends in self.ranges.items():
            try:
                scenario = Scenario.from_dict(
                    scenario.to_dict() | {"ranges": scenario.ranges | {path: _both(path, ends)}}
                )
            except UserError as error:
                problems[f"ranges/{path}"] = error
        return None if problems else scenario, problems

    @property
    def _plain(self) -> dict[str, Any]:
        return self.base.to_dict() | {"ranges": {}}


def editing(context: PageContext) -> Editing:
    """What the address names; where it names no scenario, the inputs that belong to none. The prices must be there."""
    stored, asked = None, state.choice("scenario")
    if asked:
        try:
            stored = scenario_store.open_scenario(context.workspace, context.dataset.fingerprint, asked)
        except UserError as error:
            if error.code != "scenario_unknown":
                raise
    id = stored.id if stored else UNSAVED
    base = stored.scenario if stored else default_scenario(context.results, context.t("page_roi.unsaved"))
    return Editing(
        id, stored, base, scenario_store.read_draft(context.workspace, context.dataset.fingerprint, id) or {}
    )


def keep(context: PageContext, now: Editing, **changes: Any) -> None:
    """Write down what was typed: `changes` of the draft."""
    newest, begun = now.stored.version if now.stored else 0, any(now.draft.get(name) for name in _TYPED)
    draft = {**now.draft, **changes, "seen": now.draft.get("seen", newest) if begun else newest}
    scenario_store.write_draft(context.workspace, context.dataset.fingerprint, now.id, draft)
    state.remember(_name(context, now), _stamp(now, draft))


def version(context: PageContext, now: Editing) -> str:
    """Changes when another tab saved something else, so that the inputs show it; not by this visitor's own saving."""
    name, stamp = _name(context, now), _stamp(now, now.draft)
    if state.recall(name) != stamp:
        state.remember(name, stamp)
        state.remember(f"{name}_version", hashlib.sha256((name + stamp).encode()).hexdigest()[:12])
    return state.recall(f"{name}_version")


def form(context: PageContext, now: Editing) -> Editing:
    """Every input but the prices, written down at every change. Returns it as it is now."""
    if late := _late(context, now):
        now = Editing(now.id, now.stored, now.base, {**now.draft, "values": now.draft.get("values", {}) | late})
    key, typed, told = version(context, now), {}, {}
    values = now.values
    for group, paths in GROUPS.items():
        with st.container(border=True, key=f"group_{group}"):
            title = context.t(f"page_roi.group.{group}")
            st.markdown(f"**{plain(title)}**")
            st.caption(plain(context.t(f"page_roi.group_help.{group}")))
            for number, path in enumerate(paths):
                if path in _PEOPLE and typed["today/process"] != "people":
                    continue
                if number % _COLUMNS == 0:
                    columns, below = st.columns(_COLUMNS, vertical_alignment="bottom"), st.container()
                with columns[number % _COLUMNS]:
                    typed[path] = _input(context.t, path, values[path], now.base.currency, key)
                told[path] = below
    ranges = _ranges(context.t, now, key, typed, told)
    base = inputs.leaves(now.base.to_dict(), "")
    changed = {path: value for path, value in typed.items() if not _same(value, base[path])}
    rest = {path: value for path, value in now.draft.get("values", {}).items() if path not in typed}
    draft = {"values": rest | changed, "ranges": ranges}
    if late or draft != {"values": now.draft.get("values", {}), "ranges": now.draft.get("ranges", {})}:
        keep(context, now, **draft)
    now = Editing(now.id, now.stored, now.base, {**now.draft, **draft})
    problems = now.checked[1]
    for path, error in problems.items():
        with told.get(path) or st.container():
            shown = at_field(context.t, path, error, now.base.currency)
            st.error(plain(f"{shown.message(context.t.language)} {shown.hint(context.t.language)}"))
    if not problems:
        st.caption(context.t("page_roi.saved"))
    return now


def called(t: Locale, path: str) -> str:
    """The name of an input as a label begins."""
    return capital(roi.label(t, path))


def capital(text: str) -> str:
    """As it begins a label."""
    return text[:1].upper() + text[1:]


def at_field(t: Locale, path: str, error: UserError, currency: str) -> UserError:
    """The same, its field and its numbers as the form has them; an empty input is missing and no wrong number."""
    bare = path.removeprefix("ranges/")
    fields = error.fields | {"field": called(t, bare)}
    if error.code == "not_a_number" and fields["value"] == "None":
        return UserError("input_missing", **fields)
    for name in ("value", "low", "high"):
        if inputs.is_number(number := fields.get(name)):
            number = number if math.isfinite(number) else -1  # the rate, which may be anything above -100 %
            fields[name] = roi.value(t, bare, number, currency)
    return UserError(error.code, **fields)


# The inputs


def _input(t: Locale, path: str, now: Any, currency: str, key: str) -> Any:
    label, about = called(t, path), t(f"returns.input_help.{inputs.leaf_of(path)}")
    if path in CHOICES:
        options = CHOICES[path]
        words = {one: capital(t(f"returns.choice.{one}")) for one in options}
        return st.selectbox(label, options, options.index(now), words.get, help=about, key=f"{path}_{key}")
    return _number(t, path, now, currency, label=label, key=f"{path}_{key}", about=about)


def _number(
    t: Locale, path: str, now: float | None, currency: str, *, label: str, key: str, about: str | None = None
) -> float | None:
    """An input that may be empty; a share is entered in percent."""
    share = roi.kind(path) == "share"
    unit = "%" if share else roi.unit(t, path, currency)
    shown = None if now is None else round(now * (100 if share else 1), 9)
    given = st.number_input(
        t("page_roi.with_unit", label=label, unit=unit),
        value=None if shown is None else float(shown),
        step=1.0,
        format="%.0f" if shown is None or shown % 1 == 0 else "%.2f",
        help=about,
        key=key,
    )
    return given if given is None or not share else given / 100


def _ranges(t: Locale, now: Editing, key: str, typed: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Lowest and highest values of the inputs that have a range of their own. Fills in `shape`, and where to tell what is wrong."""
    before = now.ranges
    people = _PEOPLE if typed["today/process"] == "people" else ()
    numbers = [path for path, value in now.values.items() if inputs.is_number(value) or path in people]
    options = [path for path in numbers if path not in _PEOPLE or path in people]
    options += [path for path in before if path not in options]
    with st.expander(t("page_roi.ranges.title"), icon=":material/swap_horiz:", expanded=bool(before)):
        st.caption(plain(t("page_roi.ranges.text")))
        typed["shape"] = _input(t, "shape", now.values["shape"], now.base.currency, key)
        chosen = st.multiselect(
            t("page_roi.ranges.choose"),
            options,
            default=list(before),
            format_func=lambda path: called(t, path),
            placeholder=t("page_roi.ranges.none"),
            key=f"ranges_{key}",
        )
        found: dict[str, Any] = {path: None for path in now.base.ranges if path not in chosen}
        for path in chosen:
            ends = []
            for column, end, value in zip(st.columns(2), ("low", "high"), before.get(path, (None, None)), strict=True):
                with column:
                    label = t(f"page_roi.ranges.{end}", input=called(t, path))
                    where = f"{end}_{path}_{key}"
                    ends.append(_number(t, path, value, now.base.currency, label=label, key=where))
            told[f"ranges/{path}"] = st.container()
            if ends != list(now.base.ranges.get(path, ())):
                found[path] = ends
    return found


def _late(context: PageContext, now: Editing) -> dict[str, Any]:
    """What was typed here in the very moment in which another tab saved: it would go with the inputs that are replaced."""
    name = _name(context, now)
    known, key = state.recall(name), state.recall(f"{name}_version")
    if known is None or known == _stamp(now, now.draft):
        return {}
    base, draft = json.loads(known)
    found, shown = {}, base | draft.get("values", {})
    for path in (path for paths in GROUPS.values() for path in paths):
        given = state.widget(f"{path}_{key}")
        if inputs.is_number(given) and roi.kind(path) == "share":
            given = given / 100
        if given is not None and not _same(given, shown[path]):
            found[path] = given
    return found


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
    if inputs.is_number(one) and inputs.is_number(other):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


def _name(context: PageContext, now: Editing) -> str:
    return f"returns_{context.dataset.fingerprint}_{now.id}"


def _stamp(now: Editing, draft: Mapping[str, Any]) -> str:
    return json.dumps([inputs.leaves(now.base.to_dict(), ""), dict(draft)], sort_keys=True)
