"""The criteria of a dataset as a form that saves itself until they are locked."""

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.forms.prices import CURRENCIES
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse.cost import read_prices
from kdmcse.criteria import criteria, locking
from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation.methods import method_name
from kdmcse.store.files import read_json, write_json

_NUMBERS = {
    "least_gain": (0.005, "%.3f"), "least_saving": (1.0, "%.0f"), "most_hours": (1.0, "%.0f"), "most_money": (1.0, "%.0f"),
    "stop_below": (0.005, "%.3f"), "least_pairs": (10, None), "least_seeds": (1, None), "least_annotators": (1, None),
    "least_kappa": (0.05, "%.2f"),
}  # fmt: skip
"""Step and format of the inputs that take a number; those of whole numbers need no format."""


# What is not locked yet


def changing(context: PageContext) -> bool:
    """Whether locked criteria are about to be changed; known on disk, so that reload and colleagues find it."""
    return _draft_path(context).exists()


def begin_change(context: PageContext, agreed: LockedCriteria) -> None:
    write_json(_draft_path(context), _typed(context, agreed.criteria.to_dict()))


def discard_change(context: PageContext) -> None:
    _draft_path(context).unlink(missing_ok=True)


def form(context: PageContext) -> None:
    """Everything that is agreed on, written down at every change; the button locks it."""
    t, draft = context.t, read_json(_draft_path(context)) or {}
    version, entered = _version(context, draft), {}
    layout.section(t("page_criteria.section.what"), t("page_criteria.section_help.what"))
    entered["stage"] = _stage(t, draft.get("stage", 1), version)
    now = _proposed(context, entered["stage"]) | draft
    _what(t, now, entered, version)
    layout.section(t("page_criteria.section.success"), t("page_criteria.section_help.success"))
    _success(t, now, entered, version)
    layout.section(t("page_criteria.section.stop"), t("page_criteria.section_help.stop"))
    _stop(t, now, entered, version)
    layout.section(t("page_criteria.section.gates"), t("page_criteria.section_help.gates"))
    _gates(t, now, entered, f"{entered['stage']}_{version}")
    layout.section(t("page_criteria.section.who"), t("page_criteria.section_help.who"))
    entered["people"] = _people(t, now["people"], version)
    _save(context, draft, entered)
    if st.button(t("page_criteria.lock"), type="primary", icon=":material/lock:", key="lock_contract"):
        _lock(context, entered)
    st.caption(t("page_criteria.lock_help"))


def _lock(context: PageContext, entered: dict[str, Any]) -> None:
    terms = _proposed(context, entered["stage"]) | entered
    if terms["least_saving"] is None and terms["most_money"] is None:
        terms["currency"] = None
    terms["people"] = [one for one in terms["people"] if one["name"] or one["role"]]
    try:
        locking.lock(context.workspace, Criteria.from_dict(terms))
    except UserError as error:
        errors.show_error(context.t, _in_words(context.t, error))
        return
    discard_change(context)
    st.rerun()


def _in_words(t: Locale, error: UserError) -> UserError:
    """The same refusal with the field as the form calls it."""
    named = [t(f"contract.field.{name}") for name in str(error.fields.get("field", "")).split(", ") if name]
    return UserError(error.code, **error.fields | ({"field": t("shared.separator").join(named)} if named else {}))


def _draft_path(context: PageContext) -> Path:
    return context.workspace.contracts / context.dataset.fingerprint / "draft.json"


def _proposed(context: PageContext, stage: int) -> dict[str, Any]:
    prices = read_prices(context.workspace, context.dataset.fingerprint)
    currency = prices.currency if prices else {"ja": "JPY"}.get(context.t.language, "USD")
    return json.loads(json.dumps(criteria.default_criteria(context.dataset, stage, currency)))


def _typed(context: PageContext, entered: dict[str, Any]) -> dict[str, Any]:
    """What differs from the proposal, so that the rest goes on to follow stage and prices."""
    proposed, entered = _proposed(context, entered["stage"]), json.loads(json.dumps(entered))
    return {name: value for name, value in entered.items() if name in ("stage", "people") or value != proposed[name]}


def _version(context: PageContext, draft: dict[str, Any]) -> str:
    """Changes when another tab saved something else, so that the inputs show it; not by this visitor's own saving."""
    name, now = f"contract_{context.dataset.fingerprint}", json.dumps(draft, sort_keys=True)
    if state.recall(name) != now:
        state.remember(name, now)
        state.remember(f"{name}_version", hashlib.sha256((name + now).encode()).hexdigest()[:12])
    return state.recall(f"{name}_version")


def _save(context: PageContext, draft: dict[str, Any], entered: dict[str, Any]) -> None:
    typed = _typed(context, entered)
    if typed != draft and (draft or typed != {"stage": 1, "people": []}):
        state.remember(f"contract_{context.dataset.fingerprint}", json.dumps(typed, sort_keys=True))
        write_json(_draft_path(context), typed)


# The inputs


def _stage(t: Locale, now: int, version: str) -> int:
    return st.radio(
        t("contract.field.stage"),
        criteria.STAGES,
        index=now,
        format_func=lambda stage: t(f"contract.stage.{stage}"),
        captions=[t(f"page_criteria.stage_help.{stage}") for stage in criteria.STAGES],
        key=f"contract_stage_{version}",
    )


def _what(t: Locale, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
    known = {"baseline": criteria.BASELINES, "primary": criteria.METRICS}
    words = {
        "baseline": lambda method: method_name(t, method),
        "primary": lambda metric: t(f"poc.metric.{metric}"),
    }
    for column, (name, options) in zip(st.columns(2), known.items(), strict=True):
        with column:
            entered[name] = st.selectbox(
                t(f"contract.field.{name}"),
                options,
                index=options.index(now[name]),
                format_func=words[name],
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


def _success(t: Locale, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
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


def _currency(t: Locale, now: dict[str, Any], version: str) -> str:
    options = CURRENCIES if now["currency"] in CURRENCIES else (*CURRENCIES, now["currency"])
    chosen = options.index(now["currency"])
    return st.selectbox(t("contract.field.currency"), options, index=chosen, key=f"contract_currency_{version}")


def _stop(t: Locale, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
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


def _gates(t: Locale, now: dict[str, Any], entered: dict[str, Any], version: str) -> None:
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


def _number(t: Locale, name: str, now: float | None, version: str) -> float | None:
    step, written = _NUMBERS[name]
    return st.number_input(
        t(f"page_criteria.label.{name}"),
        value=now if now is None or written is None else float(now),
        step=step,
        format=written,
        key=f"contract_{name}_{version}",
    )


def _people(t: Locale, now: Sequence[dict[str, str]], version: str) -> list[dict[str, str]]:
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
