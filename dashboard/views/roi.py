"""What a scenario comes to, drawn: the axes, the figures, what matters most, break-evens, the draws, the arithmetic. Computes nothing."""

import streamlit as st

from dashboard.charts import roi as charts
from dashboard.context import PageContext
from dashboard.forms import roi_inputs
from dashboard.widgets import layout, verdicts, waiting
from dashboard.widgets.cards import Card, show_cards
from dashboard.widgets.text import plain
from kdmcse.documents.return_workbook import return_workbook
from kdmcse.i18n import Locale, capital
from kdmcse.presentation import criteria, roi
from kdmcse.presentation.break_evens import break_even, undeciding_sentence
from kdmcse.presentation.methods import method_in_sentence
from kdmcse.results.outlook import Outlook
from kdmcse.roi import Scenario
from kdmcse.roi.sensitivity import QUANTILES

BARS = 10
"""Inputs in the chart of what matters most."""
BINS = 150
"""Of the draws, from the lowest to the highest."""


def computed(context: PageContext, scenario: Scenario) -> Outlook | None:
    """What a scenario comes to, with how long it takes to compute where it is not known yet. As `Analysis.outlook`."""
    analysis, today = context.analysis, context.today
    if analysis.has_outlook(scenario, today):
        return analysis.outlook(scenario, today)
    text = context.t("shared.recalculating")
    return waiting.while_working(context.t, "outlook", text, lambda: analysis.outlook(scenario, today))


def answer(context: PageContext, outlook: Outlook) -> None:
    """When it pays back and what it is worth, three cards, and all axes in one table with the decision by the success criteria."""
    t, decision = context.t, context.decision
    verdicts.answer(t, roi.answer_sentence(t, outlook.axes), detail=roi.pays_sentence(t, outlook.sensitivity.band))
    _cards(t, outlook)
    name, process = method_in_sentence(t, context.results.baseline), outlook.found.scenario.today.process
    today = name if process == "baseline" else t("roi.choice.people")
    layout.section(t("page_roi.axes.title"), t("page_roi.axes.text", name=name, today=today))
    names = {name: t(f"roi.head.{name}") for name in ("axis", "figure", "value", "interval", "probability")}
    table = roi.axes_table(t, outlook.axes)
    table["figure"] = table["figure"].map(capital)
    table = table.rename(columns=names)
    layout.table(table.to_dict("records"))
    if decision:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            verdicts.decision_badge(t, decision.value)
            st.text(criteria.decision_headline(t, decision))


def _cards(t: Locale, outlook: Outlook) -> None:
    found, ends = outlook.found, outlook.sensitivity.band.quantiles
    currency, low, high = found.scenario.currency, QUANTILES[0], QUANTILES[-1]
    cards = []
    for name in ("payback_months", "net_present_value", "benefit_cost"):
        range_ = ends.loc[low, name], ends.loc[high, name]
        value = roi.figure(t, name, found.figures.loc[name, "value"], currency, *range_)
        interval = roi.interval(t, name, *range_, currency)
        cards.append(
            Card(_figure(t, name), value, t("page_roi.card.band", interval=interval, share=t.percent(high - low)))
        )
    show_cards(t, cards)
    with st.expander(t("page_roi.card.meaning"), icon=":material/help:"):
        for name in ("payback_months", "net_present_value", "benefit_cost"):
            st.text(f"{_figure(t, name)}{t('shared.colon')}{t(f'roi.figure_help.{name}')}")


def _figure(t: Locale, name: str) -> str:
    return capital(t(f"roi.figure.{name}"))


def prices(context: PageContext, edited: roi_inputs.EditedScenario) -> None:
    """Where the prices come from; where the scenario has others than the cost page, the button that takes those over."""
    t, present = context.t, context.results.prices.to_dict()
    if edited.prices == present:
        st.caption(plain(t("page_roi.prices.present")))
        return
    st.info(t("page_roi.prices.other"), icon=":material/payments:")
    if st.button(t("page_roi.prices.take"), icon=":material/sync:", key="take_prices"):
        edited.keep(prices=present)
        st.rerun()


def tornado(t: Locale, outlook: Outlook) -> None:
    """What moves the net present value most, an input at a time."""
    currency, table = outlook.found.scenario.currency, outlook.sensitivity.tornado
    shown = table[table["swing"] > 0].head(BARS)
    if shown.empty:
        return
    layout.section(t("page_roi.tornado.title"), t("page_roi.tornado.text"), about=t("glossary.net_present_value"))
    st.text(roi.tornado_sentence(t, table, currency))
    bars = roi.tornado_table(t, shown, currency)
    bars["input"] = bars["input"].map(capital)
    rows = shown[["value_low", "value_high"]].assign(label=bars["input"], low=bars["low"], high=bars["high"])
    names = {end: t(f"page_roi.tornado.{end}") for end in ("low", "high")}
    drawn = charts.tornado(t, currency, rows, outlook.found.net_present_value, names, _figure(t, "net_present_value"))
    layout.figure(t, drawn, "tornado", alt=t("page_roi.tornado.alt"))
    with layout.folded("tornado", t("page_roi.tornado.table"), icon=":material/table_rows:") as opened:
        heads = {name: t(f"page_roi.tornado_table.{name}") for name in bars.columns}
        if opened:
            layout.table(bars.rename(columns=heads).to_dict("records"))


def break_evens(t: Locale, outlook: Outlook) -> None:
    """From or up to which value of an input, alone, it pays; the inputs that decide nothing in one line."""
    currency, rows, table = outlook.found.scenario.currency, [], outlook.sensitivity.break_evens
    for row in table.itertuples():
        if pays := break_even(t, row.input, row.base, row.pays_from, row.pays_up_to, currency):
            rows.append(
                {
                    t("page_roi.break_even.input"): roi_inputs.called(t, row.input),
                    t("page_roi.break_even.now"): roi.value(t, row.input, row.base, currency),
                    t("page_roi.break_even.zero"): capital(pays),
                }
            )
    if table.empty:
        return
    layout.section(t("page_roi.break_even.title"), t("page_roi.break_even.text"))
    if rows:
        layout.table(rows, words=[t("page_roi.break_even.zero")])
    if undecided := undeciding_sentence(t, table):
        st.caption(plain(undecided))


def monte_carlo(t: Locale, outlook: Outlook) -> None:
    """How the net present value lies where every input moves in its range at once."""
    title, text = t("page_roi.draws.title"), t("page_roi.draws.text", share=t.percent(charts.TAIL, 1))
    with layout.folded("draws", title, icon=":material/equalizer:", explanation=text) as opened:
        if opened:
            _draws(t, outlook)


def _draws(t: Locale, outlook: Outlook) -> None:
    band, currency = outlook.sensitivity.band, outlook.found.scenario.currency
    st.text(roi.band_sentence(t, band, currency))
    names = {side: t(f"page_roi.draws.{side}") for side in ("below", "above")}
    drawn = charts.histogram(
        t, currency, band.histogram(BINS), names, (_figure(t, "net_present_value"), t("page_roi.draws.count"))
    )
    layout.figure(t, drawn, "draws", alt=t("page_roi.draws.alt"))


def arithmetic(t: Locale, outlook: Outlook) -> None:
    """Every step from the inputs to the figures."""
    with layout.folded("arithmetic", t("page_roi.arithmetic.title"), icon=":material/calculate:") as opened:
        if opened:
            steps = roi.arithmetic_table(t, outlook.found)
            heads = {name: t(f"page_roi.arithmetic.{name}") for name in steps.columns}
            layout.table(steps.rename(columns=heads).to_dict("records"))


def workbook(context: PageContext, outlook: Outlook) -> None:
    """The same in a workbook whose formulas follow a changed input."""
    t, name = context.t, f"kdmcse-return-{outlook.found.scenario.digest}.xlsx"
    layout.download_workbook(t, lambda: return_workbook(t, outlook, day=context.today), name)


FIGURES = ((tornado, 620), (break_evens, 280), (monte_carlo, 60), (arithmetic, 60))
"""Everything below the inputs that they change, from above, each with about its height in pixels."""
