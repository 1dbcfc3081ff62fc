"""The prices of a dataset as a form that saves itself: what a mistake costs, in all and by segment, who reviews, and what is done today."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.context import PageContext
from dashboard.forms.draft import Draft, ErrorSlots, note_typed, open_draft
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse import currencies
from kdmcse.cost import USE_CASES, Prices, read_prices, write_prices
from kdmcse.cost.prices import AMOUNT_SHARES, RATES
from kdmcse.errors import UserError, in_words
from kdmcse.i18n import capital
from kdmcse.presentation.costs import use_case_word
from kdmcse.store.files import read_json, write_json

CURRENCIES = ("JPY", "USD", "EUR", "GBP", "CHF", "KRW", "CNY", "TWD", "SGD", "INR", "AUD", "CAD")
NEEDED = ("false_match", "missed_match", "monthly_volume", "base_rate")
_PERCENT = ("base_rate", "accuracy", *AMOUNT_SHARES)
"""Entered in percent."""
_COSINES = ("threshold", "review_threshold")
OPTIONAL = {"review": ("price", "accuracy"), "today": _COSINES}
"""Parts of the prices that may stay empty."""
_ICONS = {"review": ":material/person_check:", "today": ":material/tune:"}
_WHOLE = ""
"""The slot of what is wrong with the prices of the whole dataset."""


def form(context: PageContext) -> None:
    """The prices as entered, written down at every change. Until they are complete, what was complete before stays in use, and is said to."""
    draft = open_draft(f"prices_{context.dataset.fingerprint}", _known(context), partial(_write, context))
    slots = ErrorSlots()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        entered: dict[str, Any] = {"use_case": _use_case(context, draft), "currency": _currency(context, draft)}
        example = USE_CASES[entered["use_case"]].example_prices(entered["currency"])
        _offer_example(context, draft, example)
    words = st.container()
    entered |= _row_of(context, draft, RATES, draft.content, lambda name: _label(context, entered["use_case"], name))
    if _has_amounts(context, draft):
        st.text(_explain_amounts(context, entered["currency"]))
        entered |= _row_of(context, draft, AMOUNT_SHARES, draft.content, lambda name: _label(context, "empty", name))
    slots.open(_WHOLE)
    entered["segments"] = _segments(context, draft, slots)
    for part in OPTIONAL:
        entered[part] = _optional(context, draft, part, slots)
    with words:
        _explain(context, entered, example)
    if not _save(context, draft, entered, slots) and read_prices(context.workspace, context.dataset.fingerprint):
        slots.at(_WHOLE).caption(context.t("page_cost.last_complete"))


def _use_case(context: PageContext, draft: Draft) -> str:
    return st.selectbox(
        context.t("page_cost.price.use_case"),
        list(USE_CASES),
        format_func=lambda one: context.t(f"cost.use_case.{one}.name"),
        key=draft.key("use_case", draft.content.get("use_case", "empty")),
        on_change=note_typed,
        width=280,
    )


def _currency(context: PageContext, draft: Draft) -> str:
    amounts = context.dataset.amount_currency
    now = draft.content.get("currency") or (amounts if amounts in CURRENCIES else context.t.currency)
    return st.selectbox(
        context.t("page_cost.price.currency"),
        CURRENCIES if now in CURRENCIES else (*CURRENCIES, now),
        help=context.t("cost.price_help.currency"),
        key=draft.key("currency", now),
        on_change=note_typed,
        width=140,
    )


def _offer_example(context: PageContext, draft: Draft, example: dict[str, Any] | None) -> None:
    """The button that fills in the example prices of the use case, as long as no price is entered."""
    if not example or any(draft.content.get(name) is not None for name in NEEDED):
        return
    if st.button(context.t("page_cost.example.button"), key="example_prices", icon=":material/edit_note:"):
        draft.keep(draft.content | example).redraw()
        st.rerun()


def _explain(context: PageContext, entered: dict[str, Any], example: dict[str, Any] | None) -> None:
    """What the use case asks, or that its prices are only an example."""
    t, filled = context.t, _filled(entered)
    if example and all(filled.get(name, 0) == value for name, value in example.items()):
        st.warning(t("cost.example_prices.mark"), icon=":material/science:")
    elif entered["use_case"] != "empty":
        st.caption(t.join(use_case_word(t, entered["use_case"], what) for what in ("text", "decision")))


def _number(
    context: PageContext, draft: Draft, name: str, table: dict[str, Any], *, label: str, prefix: str = ""
) -> float | None:
    """An input that may be empty. table: the part of the prices that holds it."""
    scale = 100 if name in _PERCENT else 1
    now = table.get(name)
    shown = None if now is None else round(float(now) * scale, 6)
    entered = draft.number(
        f"{prefix}{name}",
        label,
        shown,
        step=0.01 if name in _COSINES else 1.0,
        help=context.t(f"cost.price_help.{name}"),
        on_change=note_typed,
    )
    return None if entered is None else entered / scale


def _row_of(
    context: PageContext,
    draft: Draft,
    names: Sequence[str],
    table: dict[str, Any],
    label: Callable[[str], str],
    prefix: str = "",
) -> dict[str, float | None]:
    """Inputs side by side."""
    entered = {}
    for column, name in zip(st.columns(len(RATES), vertical_alignment="bottom"), names, strict=False):
        with column:
            entered[name] = _number(context, draft, name, table, label=label(name), prefix=prefix)
    return entered


def _has_amounts(context: PageContext, draft: Draft) -> bool:
    """Whether decisions have amounts of their own, or prices share them already."""
    decisions, known = context.dataset.decisions, draft.content
    tables = (known, *known.get("segments", {}).values())
    return (decisions is not None and "amount" in decisions) or any(
        table.get(name) for table in tables for name in AMOUNT_SHARES
    )


def _explain_amounts(context: PageContext, currency: str) -> str:
    """What the amounts are in, and whether prices in `currency` may take shares of them."""
    amounts = context.dataset.amount_currency
    if amounts is None:
        return context.t("page_cost.amounts", currency=currency)
    which = "amounts_other" if currencies.narrower(amounts, currency) is None else "amounts_in"
    words = in_words(context.t, {"amounts": currencies.named(amounts), "currency": currency})
    return context.t(f"page_cost.{which}", **words)


def _segments(context: PageContext, draft: Draft, slots: ErrorSlots) -> dict[str, dict[str, float]]:
    """What costs otherwise in one kind of decision: one segment at a time, and what was entered of all."""
    t, known, decisions = context.t, draft.content, context.dataset.decisions
    priced = dict(known.get("segments", {}))
    named = decisions["segment"].dropna().astype(str) if decisions is not None and "segment" in decisions else ()
    segments = sorted({*named, *priced} - {""})
    if not segments:
        return priced
    title, icon = t("page_cost.segments.title"), ":material/category:"
    with layout.folded("segments", title, icon=icon, expanded=bool(priced)) as opened:
        if not opened:
            return priced
        st.text(t("page_cost.segments.text"))
        chosen = st.selectbox(t("page_cost.segments.choose"), segments, key=f"segment_{len(segments)}", width=320)
        prefix, entered = f"segment{segments.index(chosen)}_", {}

        def label(name: str) -> str:
            """With the segment in it: no two inputs of a page have the same name."""
            return t("cost.of", segment=plain(chosen), what=t(f"page_cost.price.{name}"))

        for names in (RATES, AMOUNT_SHARES) if _has_amounts(context, draft) else (RATES,):
            entered |= _row_of(context, draft, names, priced.get(chosen, {}), label, prefix=prefix)
        priced[chosen] = {name: value for name, value in entered.items() if value is not None}
        priced = {name: table for name, table in priced.items() if table}
        slots.open("segments")
        if priced:
            layout.table([_segment_row(context, known, *item) for item in priced.items()])
    slots.below("segments", "segments")
    return priced


def _segment_row(context: PageContext, known: dict[str, Any], segment: str, table: dict[str, float]) -> dict[str, str]:
    row = {capital(context.t("cost.use_case.empty.segment")): segment}
    for name in (*RATES, *AMOUNT_SHARES) if any(name in table for name in AMOUNT_SHARES) else RATES:
        row[context.t(f"page_cost.price.{name}")] = _shown(context, name, table.get(name), known.get("currency"))
    return row


def _shown(context: PageContext, name: str, value: float | None, currency: str | None) -> str:
    t = context.t
    if name in _PERCENT:
        return t.share(value)
    return t.number(value) if name == "monthly_volume" or not currency else t.money(value, currency)


def _optional(context: PageContext, draft: Draft, part: str, slots: ErrorSlots) -> dict[str, float]:
    """One of `OPTIONAL`, without what is empty."""
    t, now, entered = context.t, draft.content.get(part) or {}, {}
    with layout.folded(part, t(f"page_cost.{part}.title"), icon=_ICONS[part], expanded=bool(now)) as opened:
        if not opened:
            return now
        st.text(t(f"page_cost.{part}.text"))
        for column, name in zip(st.columns([1, 1, 2], vertical_alignment="bottom"), OPTIONAL[part], strict=False):
            with column:
                label = t(f"page_cost.price.{name}")
                entered[name] = _number(context, draft, name, now, label=label, prefix=f"{part}_")
        slots.open(part)
    slots.below(part, part)
    return {name: value for name, value in entered.items() if value is not None}


def _label(context: PageContext, use_case: str, name: str) -> str:
    """In the words of the use case, where one was chosen."""
    if use_case == "empty":
        return context.t(f"page_cost.price.{name}")
    word = capital(use_case_word(context.t, use_case, name))
    return context.t("page_cost.percent", label=word) if name in _PERCENT else word


# What is on disk


def _draft_file(context: PageContext) -> Path:
    """Prices that are not complete yet, so that nothing typed is lost."""
    return context.workspace.prices / f"{context.dataset.fingerprint}.draft"


def _known(context: PageContext) -> dict[str, Any]:
    stored = read_prices(context.workspace, context.dataset.fingerprint)
    return read_json(_draft_file(context)) or (stored.to_dict() if stored else {})


def _write(context: PageContext, entered: dict[str, Any]) -> dict[str, Any]:
    """As prices where they make sense, else as a draft."""
    prices = _parsed(entered)
    if isinstance(prices, UserError):
        write_json(_draft_file(context), entered)
        return entered
    write_prices(context.workspace, context.dataset.fingerprint, prices)
    _draft_file(context).unlink(missing_ok=True)
    return prices.to_dict()


def _parsed(entered: dict[str, Any]) -> Prices | UserError:
    try:
        return Prices.from_dict(entered)
    except UserError as error:
        return error


def _filled(entered: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {"use_case": "empty"} | {name: value for name, value in entered.items() if value not in (None, {})}


def _save(context: PageContext, draft: Draft, entered: dict[str, Any], slots: ErrorSlots) -> bool:
    """Write down what changed, and say what is missing or wrong where its input stands; whether it is complete."""
    t, filled, before = context.t, _filled(entered), _filled(draft.content)
    prices = _parsed(filled)
    same = filled == before if isinstance(prices, UserError) else prices == _parsed(before)
    if not same and (draft.content or set(filled) - {"use_case", "currency"}):
        draft.keep(filled)
    missing = [name for name in NEEDED if name not in filled]
    if missing and not filled.get("segments"):
        names = t.series(_label(context, entered["use_case"], name) for name in missing)
        slots.at(_WHOLE).info(t("page_cost.missing", names=names), icon=":material/edit:")
        return False
    if isinstance(prices, UserError):
        part = str(prices.fields.get("field", "")).split("/")[0]
        with slots.at(part if part in ("segments", *OPTIONAL) else _WHOLE):
            errors.show_error(t, _at_field(context, prices))
        return False
    slots.at(_WHOLE).caption(t("page_cost.saved"))
    return True


def _at_field(context: PageContext, error: UserError) -> UserError:
    """The same, its field called and its numbers written as in the form."""
    t, path = context.t, str(error.fields.get("field", "")).split("/")
    if path[-1] not in (*RATES, *AMOUNT_SHARES, *OPTIONAL["review"], *_COSINES, "currency"):
        return error
    name = t(f"page_cost.price.{path[-1]}")
    if path[0] == "segments":
        name = t("cost.of", segment=error.fields["segment"], what=name)
    scale = 100 if path[-1] in _PERCENT else 1
    numbers = {
        one: t.number(error.fields[one] * scale, 1)
        for one in ("value", "low", "high")
        if one in error.fields and scale > 1 and error.code != "not_a_number"
    }
    return UserError(error.code, **(error.fields | numbers | {"field": name}))
