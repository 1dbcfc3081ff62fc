"""A return in words: names and values of inputs, the arithmetic step by step, sentences, the axes, scenarios side by side. Computes no figure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kdmcse.i18n import MISSING, Locale
from kdmcse.presentation.costs import probability, withheld_sentence
from kdmcse.presentation.methods import method_in_sentence
from kdmcse.presentation.rounded import money_range, rounded_money
from kdmcse.roi import fields
from kdmcse.roi.cash_flow import FIGURES, Return
from kdmcse.roi.effort import SECONDS_PER_HOUR
from kdmcse.roi.scenario import Scenario
from kdmcse.roi.scenario_comparison import PROBABILITIES, compare
from kdmcse.roi.scenario_store import ScenarioVersion
from kdmcse.roi.sensitivity import MEASURED, Band
from kdmcse.roi.summary import Axes

_COUNTS = ("pairs", "seconds_per_judgement", "annotators", "engineering_days", "gpu_hours", fields.VOLUME)
_PERCENT = ("yearly_rate", "saving_share")


# Inputs


def label(t: Locale, path: str) -> str:
    """What an input is called; a price of a segment has the name of the segment before it."""
    if path.startswith("ranges/"):
        return t("roi.range_of", input=label(t, path.removeprefix("ranges/")))
    leaf = fields.leaf_of(path)
    rooms = ("cost.price", "roi.input") if path.startswith("prices/") else ("roi.input",)
    key = next((f"{room}.{leaf}" for room in rooms if t.has(f"{room}.{leaf}")), None)
    name = t(key) if key else leaf
    if not path.startswith("prices/segments/"):
        return name
    segment = fields.leaf_of("/".join(path.split("/")[:3]))
    return t("roi.of", whose=segment, what=name)


def kind(path: str) -> str:
    """How the value of an input is written: `share`, `cosine`, `months`, `count` or `money`."""
    leaf = fields.leaf_of(path)
    if fields.is_share(path) or leaf in _PERCENT:
        return "share"
    if fields.is_cosine(path):
        return "cosine"
    if leaf == "horizon_months":
        return "months"
    return "count" if leaf in _COUNTS else "money"


def unit(t: Locale, path: str, currency: str) -> str:
    """The unit in which an input is entered; Japanese readers read 円, and other currencies by their code."""
    key = f"roi.unit.{fields.leaf_of(path)}"
    return t(key if t.has(key) else f"roi.unit_of.{kind(path)}", currency=currency_name(t, currency))


def currency_name(t: Locale, currency: str) -> str:
    """What a currency is called beside an input."""
    return "円" if (t.language, currency) == ("ja", "JPY") else currency


def value(t: Locale, path: str, amount: float | None, currency: str) -> str:
    """The value of an input."""
    return {
        "share": lambda: t.share(amount),
        "cosine": lambda: t.number(amount, 3),
        "months": lambda: months(t, amount),
        "count": lambda: _exact(t, amount),
        "money": lambda: t.price(amount, currency),
    }[kind(path)]()


def assumed_sentence(t: Locale, paths: Sequence[str]) -> str | None:
    """Which inputs are as they were proposed; None where none is."""
    return t("roi.assumed", names=t.list([label(t, path) for path in paths])) if paths else None


def choice(t: Locale, chosen: str, baseline: str) -> str:
    """What is chosen where an input is no number. baseline: the method with which KDMCSE is compared, and which decides where no people do."""
    if chosen == "baseline":
        return t("roi.decides", name=method_in_sentence(t, baseline))
    return t(f"roi.choice.{chosen}")


# Figures


def months(t: Locale, amount: float | None) -> str:
    """A time in months; None and infinity mean never."""
    if _never(amount):
        return t("roi.never")
    return t("roi.months", count=amount)


def _never(amount: float | None) -> bool:
    return amount is None or math.isinf(amount)


def figure(
    t: Locale,
    name: str,
    amount: float | None,
    currency: str,
    low: float = math.nan,
    high: float = math.nan,
    *,
    exact: bool = False,
) -> str:
    """A figure of a return or of its axes, rounded to what its interval supports; NaN is a dash. exact: in full digits."""
    if name == "payback_months":
        return months(t, amount)
    if name == "benefit_cost":
        return t.number(amount, 2 if exact else 1)
    return t.money(amount, currency) if exact else rounded_money(t, amount, currency, low, high)


def interval(t: Locale, name: str, low: float, high: float, currency: str, *, exact: bool = False) -> str:
    """Both ends of a figure; a dash where they are not known. A payback may be never at its upper end, or at both."""
    if low != low or high != high:
        return MISSING
    if not exact and name not in ("payback_months", "benefit_cost"):
        return money_range(t, low, high, currency)
    ends = {end: figure(t, name, one, currency, exact=exact) for end, one in (("low", low), ("high", high))}
    if name == "payback_months" and math.isinf(high):
        return ends["high"] if math.isinf(low) else t("roi.range_up_to_never", low=ends["low"])
    return t("roi.range", **ends)


def figure_with_interval(
    t: Locale, name: str, amount: float, low: float, high: float, currency: str, *, exact: bool = False
) -> str:
    """A figure, with its interval where that is known."""
    text = figure(t, name, amount, currency, low, high, exact=exact)
    if low != low:
        return text
    if name == "payback_months" and _never(amount):
        return text if math.isinf(low) else t("roi.never_with_range", low=figure(t, name, low, currency))
    return t("roi.with_range", value=text, range=interval(t, name, low, high, currency, exact=exact))


# One return


def tornado_table(t: Locale, table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The table of `tornado` as text, of inputs that move the return: input, low, base, high, range_is, value_low, value_high, swing."""
    rows = []
    for row in table.itertuples():
        measured = row.input == MEASURED
        name = t("roi.measured_saving") if measured else label(t, row.input)
        ends = [
            t.money(end, currency) if measured else value(t, row.input, end, currency)
            for end in (row.low, row.base, row.high)
        ]
        values = [t.money(end, currency) for end in (row.value_low, row.value_high, row.swing)]
        usual = "default_accuracy" if fields.is_accuracy(row.input) else "default"
        source = "measured" if measured else usual if row.default else "given"
        rows.append((name, *ends, t(f"roi.range_is.{source}"), *values))
    columns = ["input", "low", "base", "high", "range_is", "value_low", "value_high", "swing"]
    return pd.DataFrame(rows, columns=columns)


def band_sentence(t: Locale, band: Band, currency: str) -> str:
    """Where the net present value lies in the draws, and how probably it is above zero."""
    low, middle, high = band.quantiles["net_present_value"]
    range_, middle = money_range(t, low, high, currency), rounded_money(t, middle, currency, low, high)
    sentence = t(f"roi.band.{band.shape}", draws=t.number(band.draws), range=range_, middle=middle)
    return t.join([sentence, pays_sentence(t, band)])


def pays_sentence(t: Locale, band: Band) -> str:
    """How probable it is that it pays, or why that is not stated."""
    if band.withheld:
        return t.join([t("roi.band.unsure"), withheld_sentence(t, band.withheld)])
    return t("roi.band.sure", probability=probability(t, band.probability_positive))


def tornado_sentence(t: Locale, table: pd.DataFrame, currency: str) -> str | None:
    """Which input of a table of `tornado` matters most; None where none matters."""
    if not len(table) or table["swing"].iloc[0] <= 0:
        return None
    row, first = tornado_table(t, table.head(1), currency).iloc[0], table.iloc[0]
    ends = {end: row[end] for end in ("low", "high")}
    if first["input"] == MEASURED:
        ends = {end: rounded_money(t, first[end], currency, first["low"], first["high"]) for end in ends}
    values = sorted(first[f"value_{end}"] for end in ends)
    then = {f"value_{end}": rounded_money(t, first[f"value_{end}"], currency, *values) for end in ends}
    return t("roi.matters_most", input=row["input"], **ends, **then)


def arithmetic_table(t: Locale, estimate: Return) -> pd.DataFrame:
    """Every step from the inputs to the figures: step, calculation, result, all as text."""
    scenario, effort = estimate.scenario, estimate.scenario.effort
    currency = scenario.currency
    parts = effort.parts.set_index("part")["amount"]
    values = estimate.figures["value"]

    def cash(amount: float) -> str:
        return t.money(amount, currency)

    def count(name: str) -> str:
        return _exact(t, getattr(effort, name))

    def unit_price(name: str) -> str:
        return t.price(getattr(effort, name), currency)

    seconds = t(f"roi.seconds.{effort.seconds_are}", seconds=count("seconds_per_judgement"))
    once, monthly, net = (cash(values[name]) for name in ("one_off", "monthly", "net_monthly"))
    saving, whole = cash(values["realised_saving"]), cash(estimate.saving.estimate)
    factor = t.number(estimate.annuity, 4)
    share, rate = t.share(scenario.saving_share), t.share(scenario.yearly_rate)
    horizon = months(t, scenario.horizon_months)
    hours = f"{count('pairs')} × {seconds} × {count('annotators')} ÷ {t.number(SECONDS_PER_HOUR)}"
    steps = {
        "labelling": (f"{hours} × {unit_price('hourly_rate')}", cash(parts["labelling"])),
        "engineering": (f"{count('engineering_days')} × {unit_price('day_rate')}", cash(parts["engineering"])),
        "gpu": (f"{count('gpu_hours')} × {unit_price('gpu_hour_price')}", cash(parts["gpu"])),
        "licences_once": (unit_price("licences_once"), cash(parts["licences_once"])),
        "one_off": (" + ".join(cash(amount) for amount in parts.iloc[:4]), once),
        "monthly": (" + ".join(cash(amount) for amount in parts.iloc[4:]), monthly),
        "realised_saving": (f"{whole} × {share}", saving),
        "net_monthly": (f"{saving} − {monthly}", net),
        "annuity": (t("roi.annuity", horizon=horizon, rate=rate), factor),
        "net_present_value": (f"{net} × {factor} − {once}", cash(estimate.net_present_value)),
        "payback_months": (f"{once} ÷ {net}", months(t, estimate.payback_months)),
        "benefit_cost": (f"{saving} × {factor} ÷ ({once} + {monthly} × {factor})", t.number(estimate.benefit_cost, 2)),
    }  # fmt: skip
    rows = [(t(f"roi.step.{step}"), *texts) for step, texts in steps.items()]
    return pd.DataFrame(rows, columns=["step", "calculation", "result"])


# Score, cost, effort and return


def axes_table(t: Locale, axes: Axes, *, exact: bool = False) -> pd.DataFrame:
    """`Axes.frame` as text: axis, figure, value, interval, probability. exact: amounts in full digits."""
    rows = [
        (
            t(f"roi.axis.{row.axis}"),
            _axis_figure(t, axes, row.figure),
            _axis_value(t, axes, row, exact=exact),
            _axis_interval(t, axes, row, exact=exact),
            probability(t, row.probability),
        )
        for row in axes.frame.itertuples()
    ]
    return pd.DataFrame(rows, columns=["axis", "figure", "value", "interval", "probability"])


def axes_sentence(t: Locale, axes: Axes) -> str:
    """All axes and the decision in one sentence."""
    rows = {row.figure: row for row in axes.frame.itertuples()}
    saving = next(row for row in rows.values() if row.axis == "cost")
    texts = {name: _axis_value(t, axes, row) for name, row in rows.items()}
    for name, row in rows.items():
        if row.low == row.low and row is not saving:
            texts[name] = t("roi.with_range", value=texts[name], range=_axis_interval(t, axes, row))
    score = "there" if axes.score else "missing"
    return t(
        "roi.axes.sentence",
        score=t(f"roi.axes.score_{score}", metric=_axis_figure(t, axes, "score"), score=texts["score"]),
        cost=_saving_phrase(t, axes, saving),
        effort=t("roi.axes.effort", once=texts["one_off"], monthly=texts["monthly"]),
        payback=_payback_phrase(t, axes, rows["payback_months"], texts["payback_months"]),
        value=texts["net_present_value"],
        horizon=months(t, axes.estimate.scenario.horizon_months),
        decision=t(f"roi.decision.{axes.decision or 'none'}"),
    )


def answer_sentence(t: Locale, axes: Axes) -> str:
    """Payback and net present value alone."""
    rows = {row.figure: row for row in axes.frame.itertuples()}
    payback = rows["payback_months"]
    told = {
        "value": _axis_value(t, axes, rows["net_present_value"]),
        "horizon": months(t, axes.estimate.scenario.horizon_months),
    }
    if axes.estimate.payback_months is not None:
        return t("roi.answer.comes", months=_axis_value(t, axes, payback), **told)
    if payback.low != payback.low or math.isinf(payback.low):
        return t("roi.answer.never", **told)
    return t("roi.answer.hardly", low=months(t, payback.low), **told)


def _payback_phrase(t: Locale, axes: Axes, row: Any, text: str) -> str:
    """When it comes back, or that it never does; text: the payback with its interval."""
    if axes.estimate.payback_months is not None:
        return t("roi.axes.payback_comes", months=text)
    if row.low != row.low or math.isinf(row.low):
        return t("roi.axes.payback_never")
    return t("roi.axes.payback_hardly", low=months(t, row.low))


def _saving_phrase(t: Locale, axes: Axes, row: Any) -> str:
    """The saving, or the additional cost; the ends of an interval keep their sign."""
    withheld = axes.estimate.saving.withheld or ""
    if withheld.startswith("alike"):
        return t(f"roi.axes.cost_{withheld}")
    currency, word = axes.estimate.scenario.currency, "less" if row.value >= 0 else "more"
    people = axes.estimate.scenario.today.process == "people"
    ends = (row.low, row.high) if row.value >= 0 else (-row.high, -row.low)
    told = {
        "amount": rounded_money(t, abs(row.value), currency, *ends),
        "name": t("roi.axes.than_people") if people else method_in_sentence(t, axes.baseline),
    }
    if row.low != row.low:
        return t(f"roi.axes.cost_{word}", **told)
    range_, sure = money_range(t, *ends, currency), probability(t, row.probability)
    if withheld:
        return t(f"roi.axes.cost_{word}_unsure", **told, range=range_)
    return t(f"roi.axes.cost_{word}_range", **told, range=range_, probability=sure)


def _axis_figure(t: Locale, axes: Axes, name: str) -> str:
    if name == "score":
        return t(f"results.metric.{axes.score.metric}") if axes.score else MISSING
    return t(f"roi.figure.{name}")


def _axis_value(t: Locale, axes: Axes, row: Any, *, exact: bool = False) -> str:
    if row.figure == "score":
        return t.signed(row.value, 3)
    return figure(t, row.figure, row.value, axes.estimate.scenario.currency, row.low, row.high, exact=exact)


def _axis_interval(t: Locale, axes: Axes, row: Any, *, exact: bool = False) -> str:
    if row.low != row.low or row.high != row.high:
        return MISSING
    if row.figure != "score":
        return interval(t, row.figure, row.low, row.high, axes.estimate.scenario.currency, exact=exact)
    return t("roi.range", low=t.signed(row.low, 3), high=t.signed(row.high, 3))


# Scenarios


def comparison_table(
    t: Locale,
    returns: Sequence[Return],
    bands: Mapping[str, Band] | None = None,
    *,
    criteria: str | None = None,
    exact: bool = False,
) -> pd.DataFrame:
    """The table of `compare` as text, intervals beside their figures; index: names of figures.

    criteria: digest of those that hold now, whose scenario the first row marks. exact: amounts in full digits.
    """
    table = compare(returns, bands)
    columns = {}
    for name, estimate in zip(table.columns, returns, strict=True):
        currency, numbers = estimate.scenario.currency, table[name]
        column = {t("scenarios.criteria"): for_criteria(t, estimate.scenario, criteria)}
        for key in FIGURES:
            low, high = (numbers.get(f"{key}:{end}", math.nan) for end in ("low", "high"))
            column[t(f"roi.figure.{key}")] = figure_with_interval(
                t, key, numbers[key], low, high, currency, exact=exact
            )
        for key in PROBABILITIES:
            column[t(f"scenarios.{key}")] = probability(t, numbers[key])
        columns[name] = column
    return pd.DataFrame(columns)


def for_criteria(t: Locale, scenario: Scenario, criteria: str | None) -> str:
    """Whether the criteria of this digest rest on the scenario."""
    return t(f"scenarios.for_criteria.{'yes' if scenario.belongs_to(criteria) else 'no'}")


def overtaken_sentence(t: Locale, stored: ScenarioVersion, authors: Sequence[str]) -> str | None:
    """That other versions were saved since the one that the person saw; None without `authors` (of `overtaken_authors`)."""
    if not authors:
        return None
    by = t.list(author or t("scenarios.saved.somebody") for author in authors)
    return t("scenarios.saved.overtaken", by=by, versions=t.list(stored.overtaken), count=len(stored.overtaken))


def unsaved_sentence(t: Locale, newest: ScenarioVersion) -> str:
    """That values were typed for a scenario that are in no version: its figures are those of its newest one."""
    return t("scenarios.saved.not_all", name=newest.scenario.name, version=t.number(newest.version))


def _exact(t: Locale, amount: float | None) -> str:
    """A count, with two decimals where it is no whole number below 1000."""
    whole = amount is None or amount != amount or amount == int(amount) or abs(amount) >= 1000
    return t.number(amount, 0 if whole else 2)
