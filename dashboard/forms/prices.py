"""The prices of a dataset as a form that saves itself: what a mistake costs, in all and by segment, who reviews, and what is done today."""

import hashlib
import json
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets import errors, layout
from kdmcse.cost import USE_CASES, Prices, read_prices, write_prices
from kdmcse.cost.prices import RATES
from kdmcse.errors import UserError
from kdmcse.presentation.costs import use_case_word
from kdmcse.store.files import read_json, write_json

CURRENCIES = ("JPY", "USD", "EUR", "GBP", "CHF", "KRW", "CNY", "TWD", "SGD", "INR", "AUD", "CAD")
NEEDED = ("false_match", "missed_match", "monthly_volume", "base_rate")
_SHARES = ("base_rate", "accuracy")
"""Entered in percent."""
_COSINES = ("threshold", "review_threshold")
ROOMS = {"review": ("price", "accuracy"), "today": _COSINES}
"""Tables of the prices that may stay empty."""


def form(context: PageContext) -> Prices | None:
    """The prices as entered, written down at every change; None until what is needed is there and makes sense."""
    t, known = context.t, _known(context)
    version, typed = _version(context, known), {}
    told: dict[str, Any] = {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        now = known.get("use_case", "empty")
        typed["use_case"] = st.selectbox(
            t("page_cost.price.use_case"),
            list(USE_CASES),
            index=list(USE_CASES).index(now),
            format_func=lambda one: t(f"cost.use_case.{one}.name"),
            key=f"use_case_{version}",
            width=280,
        )
        default = known.get("currency") or ("JPY" if t.language == "ja" else "USD")
        currencies = CURRENCIES if default in CURRENCIES else (*CURRENCIES, default)
        typed["currency"] = st.selectbox(
            t("page_cost.price.currency"),
            currencies,
            index=currencies.index(default),
            help=t("cost.price_help.currency"),
            key=f"currency_{version}",
            width=140,
        )
        example = USE_CASES[typed["use_case"]].example_prices(typed["currency"])
        empty = all(known.get(name) is None for name in NEEDED)
        wanted = (
            example
            and empty
            and st.button(t("page_cost.example.button"), key="example_prices", icon=":material/edit_note:")
        )
        if wanted:
            _keep(context, known | example)
            state.remember(f"prices_{context.dataset.fingerprint}", None)  # so that the inputs show them
            st.rerun()
    words = st.container()
    for column, name in zip(st.columns(5, vertical_alignment="bottom"), RATES, strict=True):
        with column:
            typed[name] = _number(context, name, known, version, label=_label(context, typed, name))
    told[""] = st.container()
    typed["segments"] = _segments(context, known, version, told)
    for room, names in ROOMS.items():
        typed[room] = _room(context, room, names, known, version, told)
    with words:
        if example and all(_tidy(typed).get(name, 0) == value for name, value in example.items()):
            st.warning(t("cost.example_prices.mark"), icon=":material/science:")
        elif typed["use_case"] != "empty":
            st.caption(t.join(_word(context, typed, what) for what in ("text", "decision")))
    return _save(context, known, typed, told)


def _number(context: PageContext, name: str, known: dict, version: str, *, label: str, room: str = "") -> float | None:
    """An input that may be empty. known: the table of the room that holds it."""
    scale = 100 if name in _SHARES else 1
    now = known.get(name)
    shown = None if now is None else round(float(now) * scale, 6)
    whole = name not in _COSINES and (shown is None or shown % 1 == 0)
    key = f"{room}{name}_{version}"
    state.preset(key, shown)  # an input with a value of its own could not be emptied again
    given = st.number_input(
        label,
        value=None,
        step=0.01 if name in _COSINES else 1.0,
        format="%.3f" if name in _COSINES else "%.0f" if whole else "%.2f",
        help=context.t(f"cost.price_help.{name}"),
        key=key,
    )
    return None if given is None else given / scale


def _segments(context: PageContext, known: dict, version: str, told: dict) -> dict[str, dict]:
    """What costs otherwise in one kind of decision: one segment at a time, and what was entered of all."""
    t, priced, decisions = context.t, dict(known.get("segments", {})), context.dataset.decisions
    named = decisions["segment"].dropna().astype(str) if decisions is not None and "segment" in decisions else ()
    segments = sorted({*named, *priced} - {""})
    if not segments:
        return priced
    with st.expander(t("page_cost.segments.title"), expanded=bool(priced), icon=":material/category:"):
        st.text(t("page_cost.segments.text"))
        chosen = st.selectbox(t("page_cost.segments.choose"), segments, key=f"segment_{len(segments)}", width=320)
        room, entered = f"segment{segments.index(chosen)}_", {}
        for column, name in zip(st.columns(5, vertical_alignment="bottom"), RATES, strict=True):
            with column:
                # With the segment in it: no two inputs of a page have the same name.
                label = t("cost.of", segment=chosen, what=t(f"page_cost.price.{name}"))
                entered[name] = _number(context, name, priced.get(chosen, {}), version, label=label, room=room)
        if priced or any(value is not None for value in entered.values()):
            priced[chosen] = {name: value for name, value in entered.items() if value is not None}
        told["segments"] = st.container()
        rows = [
            {t("cost.use_case.empty.segment"): segment}
            | {t(f"page_cost.price.{name}"): _shown(context, name, table.get(name), known) for name in RATES}
            for segment, table in priced.items()
            if table
        ]
        if rows:
            layout.table(rows)
    return {name: table for name, table in priced.items() if table}


def _room(
    context: PageContext, room: str, names: tuple[str, ...], known: dict, version: str, told: dict
) -> dict[str, float]:
    t, now = context.t, known.get(room) or {}
    icon = {"review": ":material/person_check:", "today": ":material/tune:"}[room]
    with st.expander(t(f"page_cost.{room}.title"), expanded=bool(now), icon=icon):
        st.text(t(f"page_cost.{room}.text"))
        entered = {}
        for column, name in zip(st.columns([1, 1, 2], vertical_alignment="bottom"), names, strict=False):
            with column:
                label = t(f"page_cost.price.{name}")
                entered[name] = _number(context, name, now, version, label=label, room=f"{room}_")
        told[room] = st.container()
    return {name: value for name, value in entered.items() if value is not None}


def _label(context: PageContext, typed: dict, name: str) -> str:
    """In the words of the use case, where one was chosen."""
    if typed["use_case"] == "empty":
        return context.t(f"page_cost.price.{name}")
    told = _word(context, typed, name)
    return f"{told[0].upper()}{told[1:]}" + (" (%)" if name in _SHARES else "")


def _word(context: PageContext, typed: dict, what: str) -> str:
    return use_case_word(context.t, typed["use_case"], what)


def _shown(context: PageContext, name: str, value: float | None, known: dict) -> str:
    if value is None:
        return "–"
    if name in _SHARES:
        return context.t.percent(value, 1)
    currency = known.get("currency")
    return context.t.number(value) if name == "monthly_volume" or not currency else context.t.money(value, currency)


def _draft(context: PageContext) -> Path:
    """Prices that are not complete yet, so that nothing typed is lost."""
    return context.workspace.prices / f"{context.dataset.fingerprint}.draft"


def _known(context: PageContext) -> dict:
    stored = read_prices(context.workspace, context.dataset.fingerprint)
    return read_json(_draft(context)) or (stored.to_dict() if stored else {})


def _version(context: PageContext, known: dict) -> str:
    """Changes when another tab saved other prices, so that the inputs show them; not by this visitor's own saving."""
    name, now = f"prices_{context.dataset.fingerprint}", json.dumps(known, sort_keys=True)
    if state.recall(name) != now:
        state.remember(name, now)
        state.remember(f"{name}_version", hashlib.sha256((name + now).encode()).hexdigest()[:12])
    return state.recall(f"{name}_version")


def _parsed(typed: dict) -> Prices | UserError:
    try:
        return Prices.from_dict(typed)
    except UserError as error:
        return error


def _keep(context: PageContext, typed: dict) -> None:
    """Write down what was typed: as prices where they make sense, else as a draft."""
    if isinstance(prices := _parsed(typed), Prices):
        write_prices(context.workspace, context.dataset.fingerprint, prices)
        _draft(context).unlink(missing_ok=True)
        typed = prices.to_dict()
    else:
        write_json(_draft(context), typed)
    state.remember(f"prices_{context.dataset.fingerprint}", json.dumps(typed, sort_keys=True))


def _save(context: PageContext, known: dict, typed: dict, told: dict) -> Prices | None:
    """What is wrong stands in the part of the form that holds its field."""
    t, filled, before = context.t, _tidy(typed), _tidy(known)
    found, entered = _parsed(filled), set(filled) - {"use_case", "currency"}
    same = found == _parsed(before) if isinstance(found, Prices) else filled == before
    if not same and (known or entered):
        _keep(context, filled)
    missing = [name for name in NEEDED if name not in filled]
    if missing and not filled.get("segments"):
        with told[""]:
            names = t("shared.separator").join(_label(context, typed, name) for name in missing)
            st.info(t("page_cost.missing", names=names), icon=":material/edit:")
        return None
    if isinstance(found, UserError):
        room = str(found.fields.get("field", "")).split("/")[0]
        with told.get(room, told[""]):
            errors.show_error(t, _at_field(context, found))
        return None
    with told[""]:
        st.caption(t("page_cost.saved"))
    return found


def _tidy(known: dict) -> dict:
    """As the form would give it."""
    return {"use_case": "empty"} | {name: value for name, value in known.items() if value not in (None, {})}


def _at_field(context: PageContext, error: UserError) -> UserError:
    """The same, its field called and its numbers written as in the form."""
    path = str(error.fields.get("field", "")).split("/")
    key = f"page_cost.price.{path[-1]}"
    if path[-1] not in (*RATES, *ROOMS["review"], *_COSINES, "currency"):
        return error
    name = context.t(key)
    if path[0] == "segments":
        name = context.t("cost.of", segment=error.fields["segment"], what=name)
    scale = 100 if path[-1] in _SHARES else 1
    numbers = {
        one: context.t.number(error.fields[one] * scale, 1)
        for one in ("value", "low", "high")
        if one in error.fields and scale > 1
    }
    return UserError(error.code, **(error.fields | numbers | {"field": name}))
