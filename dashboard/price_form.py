"""The prices of a dataset as a form that saves itself, and what they make of every method."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard import components, state
from kdmcse.cost import CostEstimate, Prices, read_prices, write_prices
from kdmcse.errors import UserError
from kdmcse.poc import Poc
from kdmcse.workspace import read_json, write_json

CURRENCIES = ("JPY", "USD", "EUR", "GBP", "CHF", "KRW", "CNY", "TWD", "SGD", "INR", "AUD", "CAD")
AMOUNTS = ("false_match", "missed_match", "monthly_volume")


@dataclass(frozen=True)
class MethodCost:
    """Of one method: the run whose cost is the (upper) median, and the spread over all its runs."""

    estimate: CostEstimate
    median: float
    low: float
    high: float
    runs: int


def form(place: components.Place) -> Prices | None:
    """The prices as entered, written down at every change; None until all five are there and make sense."""
    t, known = place.t, _known(place)
    version = _version(place, known)
    columns = st.columns([1.1, 1.3, 1.3, 1.3, 1.3], vertical_alignment="bottom")
    default = known.get("currency") or ("JPY" if t.language == "ja" else "USD")
    currencies = CURRENCIES if default in CURRENCIES else (*CURRENCIES, default)
    entered: dict = {}
    with columns[0]:
        entered["currency"] = st.selectbox(
            t("page_cost.price.currency"),
            currencies,
            index=currencies.index(default),
            help=t("cost.price_help.currency"),
            key=f"currency_{version}",
        )
    for column, name in zip(columns[1:], (*AMOUNTS, "base_rate"), strict=True):
        value, scale = known.get(name), 100 if name == "base_rate" else 1
        with column:
            given = st.number_input(
                t(f"page_cost.price.{name}"),
                value=None if value is None else round(float(value) * scale, 6),
                step=1.0,
                format="%.0f" if value is None or value * scale % 1 == 0 else "%.2f",
                help=t(f"cost.price_help.{name}"),
                key=f"{name}_{version}",
            )
        entered[name] = None if given is None else given / scale
    return _save(place, known, entered)


def _draft(place: components.Place) -> Path:
    """Prices that are not complete yet, so that nothing typed is lost."""
    return place.workspace.prices / f"{place.dataset.fingerprint}.draft"


def _known(place: components.Place) -> dict:
    stored = read_prices(place.workspace, place.dataset.fingerprint)
    return read_json(_draft(place)) or (stored.to_dict() if stored else {})


def _version(place: components.Place, known: dict) -> str:
    """Changes when another tab saved other prices, so that the inputs show them; not by this visitor's own saving."""
    name, now = f"prices_{place.dataset.fingerprint}", json.dumps(known, sort_keys=True)
    if state.recall(name) != now:
        state.remember(name, now)
        state.remember(f"{name}_version", hashlib.sha256((name + now).encode()).hexdigest()[:12])
    return state.recall(f"{name}_version")


def _save(place: components.Place, known: dict, entered: dict) -> Prices | None:
    kept = {name: value for name, value in known.items() if name not in entered}  # segments, reviews: not of this form
    t, missing = place.t, [name for name, value in entered.items() if value is None]
    error = prices = None
    if not missing:
        try:
            prices = Prices.from_dict(kept | entered)
        except UserError as refused:
            error = refused
    typed = kept | {name: value for name, value in entered.items() if value is not None}
    if typed != known and (known or len(typed) > 1):
        state.remember(f"prices_{place.dataset.fingerprint}", json.dumps(typed, sort_keys=True))
        if prices:
            write_prices(place.workspace, place.dataset.fingerprint, prices)
            _draft(place).unlink(missing_ok=True)
        else:
            write_json(_draft(place), typed)
    if error:
        components.show_error(t, error)
    elif missing:
        names = t("shared.separator").join(t(f"page_cost.price.{name}") for name in missing)
        st.info(t("page_cost.missing", names=names), icon=":material/edit:")
    else:
        st.caption(t("page_cost.saved"))
    return prices


def estimates(poc: Poc) -> dict[str, MethodCost]:
    """Method -> cost, in the order in which methods are shown."""
    found = {}
    for method, spread in poc.costs.items():
        several = [
            poc.estimates[run.id] for run in poc.compared if run.config.method == method and run.id in poc.estimates
        ]
        several.sort(key=lambda one: one.monthly_cost)
        found[method] = MethodCost(several[len(several) // 2], spread.median, spread.low, spread.high, len(several))
    return found


def saving(place: components.Place) -> None:
    """What KDMCSE saves against the agreed baseline, as the page's answer."""
    t, prices = place.t, place.poc.prices
    verdict = place.poc.cost_verdict
    if verdict is None or verdict.difference.estimate is None:
        return
    found, amount = verdict.difference, verdict.difference.estimate
    undecided = verdict.verdict == "not_decisive" and amount
    key = "undecided" if undecided else "saves" if amount > 0 else "costs_more" if amount < 0 else "no_difference"
    text = t(
        f"page_cost.{key}",
        method=t.method("kdmcse"),
        name=t.name(place.poc.against),
        amount=t.money(abs(amount), prices.currency),
    )
    low, high = (t.money(end, prices.currency) for end in (found.low, found.high))
    components.answer(
        t, text, verdict.verdict, t("page_cost.interval", level=t.percent(found.level), low=low, high=high)
    )
