"""The criteria of a dataset: a form that saves itself until they are locked, and the locked versions to be read only."""

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.forms.prices import CURRENCIES
from dashboard.widgets import layout
from dashboard.widgets.text import Words, plain
from kdmcse.cost import read_prices
from kdmcse.criteria import criteria, locking
from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.errors import UserError
from kdmcse.presentation import criteria as texts
from kdmcse.store.files import read_json, write_json

_NUMBERS = {
    "least_gain": (0.005, "%.3f"), "least_saving": (1.0, "%.0f"), "most_hours": (1.0, "%.0f"), "most_money": (1.0, "%.0f"),
    "stop_below": (0.005, "%.3f"), "least_pairs": (10, None), "least_seeds": (1, None), "least_annotators": (1, None),
    "least_kappa": (0.05, "%.2f"),
}  # fmt: skip
"""Step and format of the inputs that take a number; those of whole numbers need no format."""


# What is not locked yet


def changing(place: layout.Place) -> bool:
    """Whether locked criteria are about to be changed; known on disk, so that reload and colleagues find it."""
    return _draft_path(place).exists()


def begin_change(place: layout.Place, agreed: LockedCriteria) -> None:
    write_json(_draft_path(place), _typed(place, agreed.criteria.to_dict()))


def discard_change(place: layout.Place) -> None:
    _draft_path(place).unlink(missing_ok=True)


def form(place: layout.Place) -> None:
    """Everything that is agreed on, written down at every change; the button locks it."""
    t, draft = place.t, read_json(_draft_path(place)) or {}
    version, entered = _version(place, draft), {}
    layout.section(t("page_criteria.section.what"), t("page_criteria.section_help.what"))
    entered["stage"] = _stage(t, draft.get("stage", 1), version)
    now = _proposed(place, entered["stage"]) | draft
    _what(t, now, entered, version)
    layout.section(t("page_criteria.section.success"), t("page_criteria.section_help.success"))
    _success(t, now, entered, version)
    layout.section(t("page_criteria.section.stop"), t("page_criteria.section_help.stop"))
    _stop(t, now, entered, version)
    layout.section(t("page_criteria.section.gates"), t("page_criteria.section_help.gates"))
    _gates(t, now, entered, f"{entered['stage']}_{version}")
    layout.section(t("page_criteria.section.who"), t("page_criteria.section_help.who"))
    entered["people"] = _people(t, now["people"], version)
    _save(place, draft, entered)
    if st.button(t("page_criteria.lock"), type="primary", icon=":material/lock:", key="lock_contract"):
        _lock(place, entered)
    st.caption(t("page_criteria.lock_help"))


def _lock(place: layout.Place, entered: dict[str, Any]) -> None:
    terms = _proposed(place, entered["stage"]) | entered
    if terms["least_saving"] is None and terms["most_money"] is None:
        terms["currency"] = None
    terms["people"] = [one for one in terms["people"] if one["name"] or one["role"]]
    try:
        locking.lock(place.workspace, Criteria.from_dict(terms))
    except UserError as error:
        layout.show_error(place.t, _in_words(place.t, error))
        return
    discard_change(place)
    st.rerun()


def _in_words(t: Words, error: UserError) -> UserError:
    """The same refusal with the field as the form calls it."""
    named = [t(f"contract.field.{name}") for name in str(error.fields.get("field", "")).split(", ") if name]
    return UserError(error.code, **error.fields | ({"field": t("shared.separator").join(named)} if named else {}))


def _draft_path(place: layout.Place) -> Path:
    return place.workspace.contracts / place.dataset.fingerprint / "draft.json"


def _proposed(place: layout.Place, stage: int) -> dict[str, Any]:
    prices = read_prices(place.workspace, place.dataset.fingerprint)
    currency = prices.currency if prices else {"ja": "JPY"}.get(place.t.language, "USD")
    return json.loads(json.dumps(criteria.default_criteria(place.dataset, stage, currency)))


def _typed(place: layout.Place, entered: dict[str, Any]) -> dict[str, Any]:
    """What differs from the proposal, so that the rest goes on to follow stage and prices."""
    proposed, entered = _proposed(place, entered["stage"]), json.loads(json.dumps(entered))
    return {name: value for name, value in entered.items() if name in ("stage", "people") or value != proposed[name]}


def _version(place: layout.Place, draft: dict[str, Any]) -> str:
    """Changes when another tab saved something else, so that the inputs show it; not by this visitor's own saving."""
    name, now = f"contract_{place.dataset.fingerprint}", json.dumps(draft, sort_keys=True)
    if state.recall(name) != now:
        state.remember(name, now)
        state.remember(f"{name}_version", hashlib.sha256((name + now).encode()).hexdigest()[:12])
    return state.recall(f"{name}_version")


def _save(place: layout.Place, draft: dict[str, Any], entered: dict[str, Any]) -> None:
    typed = _typed(place, entered)
    if typed != draft and (draft or typed != {"stage": 1, "people": []}):
        state.remember(f"contract_{place.dataset.fingerprint}", json.dumps(typed, sort_keys=True))
        write_json(_draft_path(place), typed)


# The inputs


def _stage(t: Words, now: int, version: str) -> int:
    return st.radio(
        t("contract.field.stage"),
        criteria.STAGES,
        index=now,
        format_func=lambda stage: t(f"contract.stage.{stage}"),
        captions=[t(f"page_criteria.stage_help.{stage}") for stage in criteria.STAGES],
        key=f"contract_stage_{version}",
    )


def _what(t: Words, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
    known = {"baseline": criteria.BASELINES, "primary": criteria.metrics()}
    for column, (name, options) in zip(st.columns(2), known.items(), strict=True):
        with column:
            entered[name] = st.selectbox(
                t(f"contract.field.{name}"),
                options,
                index=options.index(now[name]),
                format_func=t.method if name == "baseline" else lambda one: t(f"poc.metric.{one}"),
                key=f"contract_{name}_{version}",
            )
            st.caption(t(f"page_criteria.help.{name}"))
    entered["further"] = st.multiselect(
        t("contract.field.further"),
        known["primary"],
        default=now["further"],
        format_func=lambda one: t(f"poc.metric.{one}"),
        placeholder=t("page_criteria.none_chosen"),
        key=f"contract_further_{version}",
    )


def _success(t: Words, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
    """The three axes side by side; one that is left empty is not agreed on."""
    axes = {"score": ("least_gain",), "cost": ("least_saving", "currency"), "effort": ("most_hours", "most_money")}
    for column, (axis, names) in zip(st.columns(3), axes.items(), strict=True):
        with column, st.container(border=True, height="stretch", key=f"axis_{axis}"):
            name = t(f"page_criteria.axis.{axis}")
            st.markdown(f"**{plain(name)}**")
            for name in names:
                entered[name] = (
                    _currency(t, now, version) if name == "currency" else _number(t, name, now[name], version)
                )
            st.caption(t(f"page_criteria.axis_help.{axis}"))


def _currency(t: Words, now: dict[str, Any], version: str) -> str:
    options = CURRENCIES if now["currency"] in CURRENCIES else (*CURRENCIES, now["currency"])
    chosen = options.index(now["currency"])
    return st.selectbox(t("contract.field.currency"), options, index=chosen, key=f"contract_currency_{version}")


def _stop(t: Words, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
    below, date = st.columns(2)
    with below:
        entered["stop_below"] = _number(t, "stop_below", now["stop_below"], version)
        st.caption(t("page_criteria.help.stop_below"))
    with date:
        day = st.date_input(
            t("page_criteria.label.stop_date"),
            value=now["stop_date"] and datetime.date.fromisoformat(now["stop_date"]),
            format="YYYY-MM-DD",
            key=f"contract_stop_date_{version}",
        )
        entered["stop_date"] = day and day.isoformat()
        st.caption(t("page_criteria.help.stop_date"))


def _gates(t: Words, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
    names = criteria.SECTIONS["gates"]
    for first in range(0, len(names), 3):
        for column, name in zip(st.columns(3), names[first : first + 3], strict=False):
            with column:
                if name == "no_leaks":
                    label = t(f"page_criteria.label.{name}")
                    entered[name] = st.toggle(label, value=now[name], key=f"contract_{name}_{version}")
                else:
                    entered[name] = _number(t, name, now[name], version)
                st.caption(t(f"page_criteria.help.{name}"))


def _number(t: Words, name: str, now: float | None, version: str) -> float | None:
    step, written = _NUMBERS[name]
    return st.number_input(
        t(f"page_criteria.label.{name}"),
        value=now if now is None or written is None else float(now),
        step=step,
        format=written,
        key=f"contract_{name}_{version}",
    )


def _people(t: Words, now: Sequence[dict[str, str]], version: str) -> list[dict[str, str]]:
    """One line each, and always an empty one to go on with."""
    found: list[dict[str, str]] = []
    while len(found) < len(now) or not found or any(found[-1].values()):
        number, entered = len(found), {}
        for column, name in zip(st.columns(2), ("name", "role"), strict=True):
            entered[name] = column.text_input(
                t(f"contract.field.{name}"),
                value=now[number][name] if number < len(now) else "",
                max_chars=200,
                label_visibility="collapsed" if number else "visible",
                key=f"contract_{name}_{number}_{version}",
            )
        found.append(entered)
    return [one for one in found if any(one.values())]


# What is locked


def show(place: layout.Place, agreed: LockedCriteria) -> None:
    """What was agreed, as it was locked."""
    t, terms = place.t, agreed.criteria
    cards = [
        layout.Fact(t("page_criteria.card.version"), t.number(agreed.version), texts.field_value(t, terms, "stage")),
        layout.Fact(t("page_criteria.card.locked"), texts.version_date(t, agreed), _time(t, agreed)),
        layout.Fact(t("page_criteria.card.digest"), agreed.mark, t("page_criteria.card.digest_help")),
    ]
    layout.facts(t, cards)
    with st.container(key="agreed"):
        for section, names in criteria.SECTIONS.items():
            head = t(f"page_criteria.section.{section}")
            rows = [(t(f"contract.field.{name}"), texts.field_value(t, terms, name)) for name in names]
            layout.table([{head: label, t("page_criteria.agreed"): value} for label, value in rows])
    st.caption(t("page_criteria.digest", digest=agreed.digest))


def history(place: layout.Place, versions: Sequence[LockedCriteria]) -> None:
    """Every version, newest first, with what it changed of the one before."""
    t = place.t
    layout.section(t("page_criteria.history"))
    for number in range(len(versions) - 1, -1, -1):
        now, before = versions[number], versions[number - 1] if number else None
        with st.container(border=True, key=f"version_{now.version}"):
            st.text(texts.version_sentence(t, now))
            if before is None or before.criteria is None or now.criteria is None:
                continue
            names = ("label", "before", "after")
            layout.table(
                [
                    {t(f"page_criteria.change.{name}"): getattr(change, name) for name in names}
                    for change in texts.changes(t, before.criteria, now.criteria)
                ]
            )


def _time(t: Words, agreed: LockedCriteria) -> str:
    time = datetime.datetime.fromisoformat(agreed.time)
    return t("page_criteria.card.time", time=f"{time:%H:%M}")
