"""What do its mistakes cost? Prices in, saved as they are typed; monthly cost of every method at its threshold."""

import streamlit as st

from dashboard import charts, components, price_form
from dashboard.i18n import plain


def result() -> None:
    rows = []
    for method, found in estimates.items():
        cost, threshold = found.estimate, found.estimate.threshold
        told = t(f"page_cost.accepts.{cost.accepts}") if cost.accepts != "some" else t.number(threshold, 3)
        monthly = place.poc.cost(method)
        low, high = (t.money(end, prices.currency) for end in (monthly.low, monthly.high))
        rows.append(
            {
                t("shared.method.head"): t.method(method),
                t("page_cost.monthly"): t.money(monthly.estimate, prices.currency),
                t("page_cost.range"): "–" if monthly.low is None else t("page_cost.from_to", low=low, high=high),
                t("page_cost.threshold"): told,
                t("page_cost.false_rate"): t.percent(cost.false_match_rate, 1),
                t("page_cost.missed_rate"): t.percent(cost.missed_match_rate, 1),
            }
        )
    components.section(t("page_cost.result"))
    components.table(rows)
    for accepts in sorted({found.estimate.accepts for found in estimates.values()} - {"some"}):
        st.caption(f"{t(f'page_cost.accepts.{accepts}')}{t('shared.colon')}{t(f'cost.accepts.{accepts}')}")
    first = next(iter(estimates.values())).estimate
    st.caption(plain("\n".join(first.notes(t.language))))
    if first.few_rows:
        st.warning(t("cost.note.few_rows", rows=t.number(first.report_rows)), icon=":material/warning:")


def curves() -> None:
    components.section(t("page_cost.curve.title"), t("page_cost.curve.text"))
    costs = {method: found.estimate for method, found in estimates.items()}
    drawn = charts.cost_by_threshold(
        {method: each.curve for method, each in costs.items()},
        {m: (e.threshold, e.monthly_cost) for m, e in costs.items() if e.accepts == "some"},
        {method: t.method(method) for method in costs},
        t("page_cost.curve.threshold"),
        t("page_cost.curve.cost", currency=prices.currency),
    )
    components.figure(drawn, "cost_curves", alt=t("page_cost.curve.alt"))


place = components.enter("cost", needs="dataset")
t, decisions = place.t, place.dataset.decisions
head = st.container()
components.section(t("page_cost.prices"), t("page_cost.prices_text"))
prices = price_form.form(place)
if decisions is None:
    components.empty(t, "page_cost.no_decisions", "data")
elif lacking := components.missing(place):
    components.empty(t, *lacking)
elif prices is not None and place.poc.cost_problem:
    components.show_error(t, place.poc.cost_problem)
elif prices is not None:
    estimates = price_form.estimates(place.poc)
    with head:
        price_form.saving(place)
    result()
    curves()
    components.next_step(t, "effort", t("page_cost.next"))
