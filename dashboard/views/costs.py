"""What the prices make of every method: costs with intervals, what they are made of, the most expensive mistakes. No arithmetic here."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import state
from dashboard.charts import costs
from dashboard.context import PageContext
from dashboard.widgets import errors, images, layout, verdicts, waiting
from dashboard.widgets.choices import bound
from dashboard.widgets.text import plain
from kdmcse import cost
from kdmcse.config import CANDIDATE
from kdmcse.cost import BEST, TODAY, CostComparison, ModelCost
from kdmcse.cost.estimate import JUDGED_BY
from kdmcse.documents.return_workbook import cost_workbook
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING, Locale, capital
from kdmcse.presentation.costs import (
    cheaper_sentences,
    judged_sentence,
    note_sentences,
    probability,
    rate_text,
    segment_name,
    sure_sentence,
    thresholds_text,
    undecided_sentences,
    unmarked_sentence,
    withheld_sentence,
)
from kdmcse.presentation.methods import method_in_sentence, method_name
from kdmcse.presentation.rounded import money_range, money_with_range, rounded_money

if TYPE_CHECKING:
    import pandas as pd

    from kdmcse.results.costs import Costs

CARDS = 6
"""mistakes at a time"""


def computed(context: PageContext) -> "Costs":
    """What mistakes cost, with how long it takes to compute where it is not known yet."""
    if context.analysis.has_costs:
        return context.costs
    return waiting.while_working(context.t, "costs", context.t("shared.recalculating"), lambda: context.costs)


def saving(context: PageContext) -> None:
    """What the new model saves against the agreed baseline, as the page's answer; full digits stand in the table below."""
    t, prices, verdict = context.t, context.results.prices, context.costs.verdict
    if verdict is None or verdict.difference.estimate is None:
        return
    saved, word = context.costs.comparison.best[CANDIDATE].saving, context.costs.saving_verdict
    names = {context.costs.baseline: method_in_sentence(t, context.costs.baseline)}
    cheaper = cheaper_sentences(t, context.costs.comparison, CANDIDATE, names=names)
    if saved.alike:
        verdicts.answer(t, withheld_sentence(t, saved.withheld), word, t.join(cheaper))
        return
    less = verdict.difference.estimate >= 0
    # Of what the sentence speaks of: where it costs more, that, and not a saving below 0.
    ends = saved.interval if less else (-saved.high, -saved.low)
    key = {"better": "saves", "worse": "costs_more"}.get(word, f"undecided_{'less' if less else 'more'}")
    text = t(
        f"page_cost.{key}",
        method=method_name(t, CANDIDATE),
        name=names[context.costs.baseline],
        amount=rounded_money(t, abs(verdict.difference.estimate), prices.currency, *ends),
    )
    interval = money_range(t, *ends, prices.currency)
    detail = t(f"page_cost.interval_{'less' if less else 'more'}", level=t.percent(saved.level), range=interval)
    verdicts.answer(t, text, word, t.join([detail, sure_sentence(t, saved), *cheaper]))


def result(context: PageContext, found: CostComparison) -> None:
    """A line for each method at thresholds of its own, and where they are known at those of today."""
    t = context.t
    layout.section(t("page_cost.result"), t("page_cost.result_text"), about=t("glossary.cost"))
    layout.table([_row(context, found, model_cost) for model_cost in found.model_costs])
    if found.today:
        st.caption(plain(t("page_cost.at.by_chance")))
    for sentence in undecided_sentences(t, found):
        st.caption(plain(sentence))
    for note in note_sentences(t, found.notes):
        st.caption(plain(note))


def _row(context: PageContext, found: CostComparison, model_cost: ModelCost) -> dict[str, str]:
    t = context.t
    money = {name: _money(context, getattr(model_cost, name)) for name in ("cost", "saving")}
    sure = probability(t, model_cost.saving and model_cost.saving.probability_positive)
    row = {t("shared.method.head"): method_name(t, model_cost.model)}
    if found.today:
        today = model_cost.at == TODAY
        thresholds = thresholds_text(t, model_cost)
        row[t("page_cost.at.head")] = (
            t("page_cost.at.today_is", threshold=thresholds) if today else t("page_cost.at.best")
        )
    row |= {
        t("page_cost.monthly"): money["cost"],
        t("page_cost.saving", name=method_in_sentence(t, found.baseline)): money["saving"],
        t("page_cost.probability"): sure,
        capital(t("quantities.name.threshold")): MISSING if model_cost.at == TODAY else thresholds_text(t, model_cost),
        capital(t("quantities.name.false_match_rate")): rate_text(t, model_cost, "false_match"),
        capital(t("quantities.name.missed_match_rate")): rate_text(t, model_cost, "missed_match"),
    }
    if model_cost.typical.sample.reviews:
        row[t("page_cost.review_rate")] = t.percent(model_cost.review_rate, 1)
    return row


def _money(context: PageContext, figure: cost.BootstrapEstimate | None) -> str:
    if figure is None:
        return MISSING
    return money_with_range(context.t, figure, context.results.prices.currency)


def curves(context: PageContext, found: CostComparison) -> None:
    """Costs at every threshold, with the threshold for operation of each method."""
    t = context.t
    text = t("page_cost.curve.text")
    if found.prices.review:
        text = t.join([text, t("page_cost.curve.review")])
    layout.section(t("page_cost.curve.title"), text, about=t("glossary.threshold"))
    drawn = costs.cost_by_threshold(
        t,
        found.prices.currency,
        dict(list(found.curves.groupby("model", sort=False))),
        {m: (one.thresholds.threshold, one.cost.estimate) for m, one in found.best.items() if one.has_mark},
        {method: method_name(t, method) for method in found.best},
        (found.baseline, CANDIDATE),
        t("page_cost.curve.threshold"),
        t("page_cost.curve.cost"),
    )
    layout.figure(t, drawn, "cost_curves", alt=t("page_cost.curve.alt"))
    if unmarked := unmarked_sentence(t, found.best.values()):
        st.caption(plain(unmarked))


def cost_breakdown(context: PageContext, found: CostComparison) -> None:
    """What a cost is made of: a bar for each method, a part for each kind of error and segment."""
    t = context.t
    table = found.errors[(found.errors["at"] == BEST) & (found.errors["monthly_cost"] != 0)]
    if table.empty:
        return
    title, text = t("page_cost.errors.title"), t("page_cost.errors.text")
    with layout.folded("cost_breakdown", title, icon=":material/bar_chart:", explanation=text) as opened:
        if opened:
            _breakdown(t, found, table)


def _breakdown(t: Locale, found: CostComparison, table: "pd.DataFrame") -> None:
    kinds = [t(f"cost.error.{kind}") for kind in table["error"]]
    if found.prices.segments:
        kinds = [
            t("cost.of", segment=segment_name(t, segment), what=kind)
            for segment, kind in zip(table["segment"], kinds, strict=True)
        ]
    drawn = costs.stacked_costs(
        t,
        found.prices.currency,
        table.assign(kind=kinds, name=[method_name(t, model) for model in table["model"]]),
        t("page_cost.curve.cost"),
    )
    layout.figure(t, drawn, "cost_errors", alt=t("page_cost.errors.alt"))


def base_rates(context: PageContext, found: CostComparison) -> None:
    """Costs against the share of true matches in operation, which the sample rarely has."""
    t = context.t
    lines = t("page_cost.base_rate.lines_people" if found.prices.review else "page_cost.base_rate.lines")
    entered = None if _entered_share(found) is None else t("page_cost.base_rate.entered")
    title, text = t("page_cost.base_rate.title"), t.join([t("page_cost.base_rate.text"), lines, entered])
    with layout.folded("base_rates", title, icon=":material/percent:", explanation=text) as opened:
        if opened:
            _base_rates(t, found)


def _entered_share(found: CostComparison) -> float | None:
    """The share of true matches that was entered; None where each segment has its own."""
    segments = found.prices.by_segment
    return None if len(segments) > 1 else next(iter(segments.values())).base_rate


def _base_rates(t: Locale, found: CostComparison) -> None:
    names = {method: method_name(t, method) for method in found.models}
    names |= {one: t(f"cost.thresholds.{one}") for one in ("all", "none", "people")}
    drawn = costs.cost_by_base_rate(
        t,
        found.prices.currency,
        found.base_rates(),
        names,
        _entered_share(found),
        t("page_cost.base_rate.axis"),
        t("page_cost.curve.cost"),
    )
    layout.figure(t, drawn, "cost_base_rates", alt=t("page_cost.base_rate.alt"))


def mistakes(context: PageContext, found: CostComparison) -> None:
    """The most expensive mistakes of one method, with their images and their price."""
    t = context.t
    title, text = t("page_cost.mistakes.title"), t("page_cost.mistakes.text")
    with layout.folded("mistakes", title, icon=":material/photo_library:", explanation=text) as opened:
        if opened:
            _mistakes(context, found)


def _mistakes(context: PageContext, found: CostComparison) -> None:
    t, models = context.t, found.models
    with st.container(horizontal=True):
        asked, preset = state.choice("mistakes_of"), CANDIDATE if CANDIDATE in models else models[-1]
        model = st.selectbox(
            t("shared.method.head"),
            models,
            format_func=lambda method: method_name(t, method),
            width=240,
            **bound("mistakes_of", "mistakes_of", asked if asked in models else preset),
        )
        at = BEST
        if found.today:
            at = st.selectbox(
                t("page_cost.at.head"),
                (BEST, TODAY),
                format_func=lambda one: t(f"page_cost.at.{one}"),
                width=240,
                **bound("mistakes_at", "mistakes_at", TODAY if state.choice("mistakes_at") == TODAY else BEST),
            )
    if at == BEST:
        dealt = "folds" if found.best[model].typical.sample.folds.crossed else "halves"
        st.caption(t(f"page_cost.mistakes.judged.{dealt}"))
    wrong = found.mistakes(model, at)
    if wrong.empty:
        st.text(t("page_cost.mistakes.none"))
        return
    pairs = context.dataset.pairs
    image_of = pairs.drop_duplicates("caption").set_index("caption")["image"].to_dict()
    pages = max(1, -(-len(wrong) // CARDS))
    page = st.pagination(pages, key=f"mistakes_page_{model}_{at}_{pages}") if pages > 1 else 1
    shown = list(wrong.iloc[(page - 1) * CARDS : page * CARDS].itertuples())
    for left in range(0, len(shown), 2):
        for column, row in zip(st.columns(2), shown[left : left + 2], strict=False):
            with column, st.container(border=True, gap="xsmall"):
                _card(context, row, image_of, model, at)


def _card(context: PageContext, row: tuple, image_of: dict[str, str], model: str, at: str) -> None:
    t, currency = context.t, context.results.prices.currency
    sentence = t(f"page_cost.mistakes.{row.error}", price=t.money(row.price, currency))
    st.markdown(f"**{plain(sentence)}**")
    for column, text in zip(st.columns(2), (row.text_a, row.text_b), strict=True):
        with column:
            if isinstance(image := image_of.get(text), str):
                images.show_image(context, image, text)
            else:
                st.text(text)
    judged = {name: getattr(row, name) for name in JUDGED_BY}
    st.text(judged_sentence(t, method_name(t, model), row.cosine, **judged, today=at == TODAY))
    st.text(t("page_cost.mistakes.monthly", amount=rounded_money(t, row.monthly_cost, currency)))


def derive(context: PageContext) -> None:
    """No decisions were brought: offer to derive some from judged pairs, marked as such; a cut that was entered stays."""
    t, dataset = context.t, context.dataset
    layout.empty(context, "page_cost.no_decisions", "data")
    if dataset.sts is None:
        return
    now = cost.read_match_score(context.workspace, dataset.fingerprint)
    with st.container(border=True):
        st.text(t("page_cost.derive.text"))
        key = f"match_score_{dataset.fingerprint}_{now}"
        state.preset(key, now)
        given = st.number_input(
            t("page_cost.derive.label"),
            value=None,
            step=0.5,
            format="%.1f",
            help=t("cost.price_help.match_score"),
            key=key,
            width=240,
        )
    if given != now:
        try:
            cost.write_match_score(context.workspace, dataset.fingerprint, given)
        except UserError as error:
            errors.show_error(t, UserError(error.code, **(error.fields | {"field": t("page_cost.derive.label")})))
            return
        st.rerun()


def workbook(context: PageContext, found: CostComparison) -> None:
    """The same in a workbook whose formulas follow a changed price or volume."""
    t, name = context.t, f"kdmcse-cost-{found.prices.digest}.xlsx"
    layout.download_workbook(t, lambda: cost_workbook(t, found, day=context.today), name)


FIGURES = ((result, 260), (curves, 470), (cost_breakdown, 60), (mistakes, 60), (base_rates, 60))
"""Everything below the inputs that prices change, from above, each with about its height in pixels."""
