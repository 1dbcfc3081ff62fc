"""The criteria of a dataset as a form that saves itself until they are locked."""

import datetime
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.context import PageContext
from dashboard.forms.draft import Draft, ErrorSlots, open_draft
from dashboard.forms.prices import CURRENCIES
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse.cost import read_prices
from kdmcse.criteria import criteria, locking
from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.kpis import DIRECTIONS, MAX_NAME, MAX_UNIT, MOST, PERCENT, SOURCES
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.errors import UserError
from kdmcse.i18n import Locale, capital
from kdmcse.presentation.criteria import doubts
from kdmcse.presentation.methods import method_name
from kdmcse.store.files import read_json, write_json

_STEPS = {
    "least_gain": 0.005, "least_saving": 1.0, "most_hours": 1.0, "most_money": 1.0, "stop_below": 0.005,
    "least_pairs": 10, "least_seeds": 1, "least_annotators": 1, "least_kappa": 0.05,
}  # fmt: skip
"""Of the inputs that take a number."""
_AXES = {"score": ("least_gain",), "cost": ("least_saving", "currency"), "effort": ("most_hours", "most_money")}
"""What is asked for on each axis."""

Terms = dict[str, Any]
"""Criteria by field, as far as they were entered; what can be JSON."""


# What is on disk


def changing(context: PageContext) -> bool:
    """Whether locked criteria are about to be changed; known on disk, so that reload and colleagues find it."""
    return _draft_file(context).exists()


def begin_change(context: PageContext, agreed: LockedCriteria) -> None:
    """Put the locked criteria into the form; whom the sample names is no person who agrees to a change."""
    people = {"people": []} if agreed.criteria.automatic else {}
    _write(context, _typed(context, agreed.criteria.to_dict() | people))


def discard_change(context: PageContext) -> None:
    """Forget what was typed."""
    _draft_file(context).unlink(missing_ok=True)


def _draft_file(context: PageContext) -> Path:
    return context.workspace.contracts / context.dataset.fingerprint / "draft.json"


def _write(context: PageContext, typed: Terms) -> Terms:
    write_json(_draft_file(context), typed)
    return typed


def _currency_of_prices(context: PageContext) -> str:
    prices = read_prices(context.workspace, context.dataset.fingerprint)
    return prices.currency if prices else context.t.currency


def _defaults(context: PageContext, chosen: Terms) -> Terms:
    """chosen: the stage and, where it is known, the deciding score."""
    stage, primary = chosen["stage"], chosen.get("primary")
    terms = criteria.default_criteria(context.dataset, stage, _currency_of_prices(context), primary)
    return json.loads(json.dumps(terms))


def _typed(context: PageContext, entered: Terms) -> Terms:
    """What differs from the defaults, so that the rest goes on to follow stage and prices. An amount keeps its currency."""
    entered, proposed = json.loads(json.dumps(entered)), _defaults(context, {"stage": entered["stage"]})
    defaults, kept = _defaults(context, entered) | {"primary": proposed["primary"]}, {"stage", "people"}
    if _has_amount(entered):
        kept.add("currency")
    elif entered["currency"] is None:
        entered["currency"] = defaults["currency"]
    return {name: value for name, value in entered.items() if name in kept or value != defaults[name]}


def _has_amount(terms: Terms) -> bool:
    return terms["least_saving"] is not None or terms["most_money"] is not None


# The form


def form(context: PageContext) -> None:
    """Everything that is agreed on, written down at every change; the button locks it."""
    t, content = context.t, read_json(_draft_file(context)) or {}
    name, basis = f"criteria_{context.dataset.fingerprint}", _currency_of_prices(context)
    draft, slots = open_draft(name, content, partial(_write, context), basis), ErrorSlots()
    _section(t, "what")
    entered: Terms = {"stage": _stage(t, draft)}
    entered |= _what(t, draft, _defaults(context, entered | {"primary": draft.content.get("primary")}) | draft.content)
    now = _defaults(context, entered) | draft.content
    _section(t, "success")
    entered |= _success(t, draft, now, slots)
    entered["kpis"] = _kpis(t, draft, now["kpis"], slots)
    _section(t, "stop")
    entered |= _stop(t, draft, now, slots)
    _section(t, "gates")
    entered |= _gates(t, draft, now, slots, f"{entered['stage']}_{entered['primary']}")
    _section(t, "who")
    entered["people"] = _people(t, draft, now["people"])
    typed = _typed(context, entered)
    if typed != draft.content and (draft.content or typed != {"stage": 1, "people": []}):
        draft.keep(typed)
    agreed = _checked(context, entered)
    if isinstance(agreed, UserError) and (place := _place(agreed)):
        with slots.at(place):
            errors.show_error(t, _at_field(t, agreed))
    judged = context.results.judged is not None
    for doubt in doubts(t, context.dataset, entered, context.today, judged=judged):
        st.warning(plain(doubt), icon=":material/warning:")
    if st.button(t("page_criteria.lock"), type="primary", icon=":material/lock:", key="lock_criteria"):
        if draft.replaced:
            st.warning(t("page_criteria.changed_meanwhile"), icon=":material/sync_problem:")
        else:
            _lock(context, agreed)
    st.caption(t("page_criteria.lock_help"))


def _checked(context: PageContext, entered: Terms) -> Criteria | UserError:
    """What was entered as criteria, or why it cannot be that."""
    terms = _defaults(context, entered) | entered
    if not _has_amount(terms):
        terms["currency"] = None
    terms["people"] = [person for person in terms["people"] if person["name"] or person["role"]]
    terms["kpis"] = [kpi for kpi in terms["kpis"] if _is_begun(kpi)]
    try:
        # Lines that cross are told as they are typed, before anybody is named.
        Criteria.from_dict(terms | {"people": criteria.SAMPLE_PEOPLE}).require_order()
        return Criteria.from_dict(terms)
    except UserError as error:
        return error


def _place(error: UserError) -> str | None:
    """The input beside which a refusal is told as it is typed; None where it is told when it is locked, as of a KPI that is still being typed."""
    field = error.fields.get("field")
    if field in _STEPS:
        return field
    if isinstance(field, str) and field.startswith("kpis") and not _is_missing(error):
        return field.rpartition("/")[0] or field
    return None


def _is_missing(error: UserError) -> bool:
    return error.code == "input_missing" or error.fields.get("value", "") is None


def _lock(context: PageContext, agreed: Criteria | UserError) -> None:
    try:
        if isinstance(agreed, UserError):
            raise agreed
        locking.lock(context.workspace, agreed)
    except UserError as error:
        errors.show_error(context.t, _at_field(context.t, error))
        return
    discard_change(context)
    st.rerun()


def _at_field(t: Locale, error: UserError) -> UserError:
    """The same refusal with the field as the form calls it; an empty input is missing and no wrong number."""
    field = error.fields.get("field", ())
    names = field if isinstance(field, tuple) else (field,)
    code = "input_missing" if _is_missing(error) else error.code
    return UserError(code, **error.fields | {"field": tuple(_field_name(t, name) for name in names)})


def _field_name(t: Locale, name: str) -> str:
    if name.startswith("kpis/"):
        _, place, of_kpi = name.split("/")
        return t("criteria.kpi.place", place=place, field=t(f"criteria.kpi.field.{of_kpi}"))
    return t(f"criteria.field.{name}")


def _section(t: Locale, name: str) -> None:
    layout.section(t(f"page_criteria.section.{name}"), t(f"page_criteria.section_help.{name}"))


def _stage(t: Locale, draft: Draft) -> int:
    return st.radio(
        t("criteria.field.stage"),
        criteria.STAGES,
        format_func=lambda stage: t(f"criteria.stage.{stage}"),
        captions=[t(f"page_criteria.stage_help.{stage}") for stage in criteria.STAGES],
        help=t("glossary.poc"),
        key=draft.key("criteria_stage", draft.content.get("stage", 1)),
    )


def _what(t: Locale, draft: Draft, now: Terms) -> Terms:
    """What the candidate is held against, by which score."""
    baseline, primary = st.columns(2)
    with baseline:
        entered = {
            "baseline": st.selectbox(
                t("criteria.field.baseline"),
                criteria.BASELINES,
                format_func=partial(method_name, t),
                key=draft.key("criteria_baseline", now["baseline"]),
            )
        }
        st.caption(t("page_criteria.help.baseline"))
    with primary:
        entered["primary"] = st.selectbox(
            t("criteria.field.primary"),
            criteria.METRICS,
            format_func=lambda metric: capital(t(f"results.metric.{metric}")),
            help=t("glossary.score"),
            key=draft.key("criteria_primary", now["primary"]),
        )
        st.caption(t("page_criteria.help.primary"))
    entered["further"] = st.multiselect(
        t("criteria.field.further"),
        criteria.METRICS,
        format_func=lambda metric: capital(t(f"results.metric.{metric}")),
        placeholder=t("page_criteria.none_chosen"),
        key=draft.key("criteria_further", now["further"]),
    )
    return entered


def _success(t: Locale, draft: Draft, now: Terms, slots: ErrorSlots) -> Terms:
    """The three axes side by side; one that is left empty is not agreed on."""
    entered: Terms = {}
    for column, (axis, names) in zip(st.columns(3), _AXES.items(), strict=True):
        with column, st.container(border=True, height="stretch", key=f"axis_{axis}"):
            title = t(f"page_criteria.axis.{axis}")
            st.markdown(f"**{plain(title)}**")
            for name in names:
                ask = _currency if name == "currency" else partial(_number, slots=slots)
                entered[name] = ask(t, draft, name, now[name])
            st.caption(t(f"page_criteria.axis_help.{axis}"))
    return entered


def _kpis(t: Locale, draft: Draft, now: Sequence[Terms], slots: ErrorSlots) -> list[Terms]:
    """One line each, and an empty one to go on with; folded away where nobody has one."""
    title, explanation = t("criteria.field.kpis"), t("page_criteria.kpis.help")
    with layout.folded("kpis", title, icon=":material/speed:", explanation=explanation, expanded=bool(now)) as opened:
        if not opened:
            return list(now)
        kpis: list[Terms] = []
        while len(kpis) < MOST and (len(kpis) < len(now) or not kpis or _is_begun(kpis[-1])):
            kpis.append(_kpi(t, draft, len(kpis), now[len(kpis)] if len(kpis) < len(now) else {}))
            if _is_begun(kpis[-1]):
                slots.open(f"kpis/{sum(map(_is_begun, kpis))}")
        slots.open("kpis")
    return _without_last_empty(kpis, _is_begun)


def _kpi(t: Locale, draft: Draft, number: int, now: Terms) -> Terms:
    columns = st.columns([2.4, 2.2, 1.4, 1.2, 1.2])
    options = {"label_visibility": "collapsed" if number else "visible"}

    def label(name: str) -> str:
        return capital(t(f"criteria.kpi.field.{name}"))

    def typed(name: str) -> dict[str, Any]:
        """Labels stand above the first line; below it, where a phone sets inputs under each other, they stand within."""
        return options | ({"placeholder": label(name)} if number else {})

    def choice(name: str, known: Sequence[str]) -> str:
        key = draft.key(f"criteria_kpi_{name}_{number}", now.get(name, known[0]))
        words = partial(_kpi_word, t, name)
        return st.selectbox(label(name), known, format_func=words, key=key, **options)

    with columns[0]:
        key = draft.key(f"criteria_kpi_name_{number}", now.get("name", ""))
        name = st.text_input(label("name"), max_chars=MAX_NAME, key=key, **typed("name"))
    with columns[1]:
        source = choice("source", SOURCES)
    with columns[2]:
        direction = choice("direction", DIRECTIONS)
    with columns[3]:
        target = draft.number(
            f"criteria_kpi_target_{number}", label("target"), now.get("target"), step=1.0, **typed("target")
        )
    with columns[4]:
        if source == "votes":
            st.text_input(label("unit"), PERCENT, disabled=True, key=f"criteria_kpi_percent_{number}", **options)
            unit = ""
        else:
            key = draft.key(f"criteria_kpi_unit_{number}", now.get("unit", ""))
            unit = st.text_input(label("unit"), max_chars=MAX_UNIT, key=key, **typed("unit"))
    return {"name": name, "source": source, "direction": direction, "target": target, "unit": unit}


def _kpi_word(t: Locale, name: str, value: str) -> str:
    return t(f"page_criteria.kpis.{name}.{value}")


def _is_begun(kpi: Terms) -> bool:
    return bool(kpi["name"].strip() or kpi["unit"].strip()) or kpi["target"] is not None


def _without_last_empty(rows: Sequence[Terms], is_filled: Callable[[Terms], bool]) -> list[Terms]:
    """A line that was emptied between others stays, so that those below it keep their inputs."""
    last = max((place for place, row in enumerate(rows) if is_filled(row)), default=-1)
    return list(rows[: last + 1])


def _currency(t: Locale, draft: Draft, name: str, now: str) -> str:
    options = CURRENCIES if now in CURRENCIES else (*CURRENCIES, now)
    return st.selectbox(t(f"criteria.field.{name}"), options, key=draft.key(f"criteria_{name}", now))


def _stop(t: Locale, draft: Draft, now: Terms, slots: ErrorSlots) -> Terms:
    """When the PoC ends without a success."""
    below, date = st.columns(2)
    with below:
        entered: Terms = {"stop_below": _number(t, draft, "stop_below", now["stop_below"], slots=slots)}
        st.caption(t("page_criteria.help.stop_below"))
    with date:
        day = st.date_input(
            t("page_criteria.label.stop_date"),
            value=None,
            format="YYYY-MM-DD",
            key=draft.key("criteria_stop_date", now["stop_date"] and datetime.date.fromisoformat(now["stop_date"])),
        )
        entered["stop_date"] = day and day.isoformat()
        st.caption(t("page_criteria.help.stop_date"))
    return entered


def _gates(t: Locale, draft: Draft, now: Terms, slots: ErrorSlots, chosen: str) -> Terms:
    """What must be there before anything is decided. The inputs of another stage or deciding score (`chosen`) are others: they show its defaults."""
    names, entered = criteria.SECTIONS["gates"], {}
    for first in range(0, len(names), 3):
        for column, name in zip(st.columns(3), names[first : first + 3], strict=False):
            with column:
                if name == "no_leaks":
                    label = t(f"page_criteria.label.{name}")
                    entered[name] = st.toggle(label, key=draft.key(f"criteria_{name}_{chosen}", now[name]))
                else:
                    entered[name] = _number(t, draft, name, now[name], chosen, slots=slots)
                st.caption(t(f"page_criteria.help.{name}"))
    return entered


def _number(
    t: Locale, draft: Draft, name: str, now: float | None, chosen: str | None = None, *, slots: ErrorSlots
) -> float | None:
    """chosen: what the default of the input depends on. What is wrong with the number is told below it."""
    step = _STEPS[name]
    value = now if now is None else type(step)(now)
    input = f"criteria_{name}" if chosen is None else f"criteria_{name}_{chosen}"
    entered = draft.number(input, t(f"page_criteria.label.{name}"), value, step=step)
    slots.open(name)
    return entered


def _people(t: Locale, draft: Draft, now: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """One line each, and always an empty one to go on with."""
    people: list[dict[str, str]] = []
    while len(people) < len(now) or not people or any(people[-1].values()):
        number, person = len(people), {}
        for column, name in zip(st.columns(2), ("name", "role"), strict=True):
            person[name] = column.text_input(
                t(f"criteria.field.{name}"),
                max_chars=200,
                label_visibility="collapsed" if number else "visible",
                key=draft.key(f"criteria_{name}_{number}", now[number][name] if number < len(now) else ""),
            )
        people.append(person)
    return _without_last_empty(people, lambda person: any(person.values()))
