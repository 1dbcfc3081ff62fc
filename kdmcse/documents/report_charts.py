"""The charts of the report as numbers: scores and costs before and after, gains, returns, costs by threshold. Calculates no result."""

from collections.abc import Sequence

from kdmcse import metrics
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.documents.content import Bar, BarChart, Line, LineChart
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.i18n import Locale
from kdmcse.presentation import phrases
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.palette import COLOURS, OTHER_COLOUR
from kdmcse.presentation.rounded import about_score, money_range, rounded_money
from kdmcse.presentation.ticks import digits_of, money_format, money_ticks, ticks_around


def model(t: Locale, method: str) -> str:
    """What a model is called in a chart: plainly, the method in brackets."""
    if method in (BASELINE, CANDIDATE):
        return t(f"document.model.{'current' if method == BASELINE else 'new'}")
    return method_name(t, method)


def metric_name(t: Locale, metric: str) -> str:
    """What a score measures, in plain words."""
    return t(f"document.metric.{metrics.metric(metric).task}")


def score_chart(facts: ReportFacts) -> BarChart | None:
    """The score that decides, before and after; None where one of them has none."""
    t, verdicts = facts.t, facts.verdicts
    deciding = verdicts.deciding
    sides = ((verdicts.baseline, deciding.baseline), (CANDIDATE, deciding.candidate)) if deciding else ()
    if not sides or any(interval.estimate is None for _, interval in sides):
        return None
    bars = [
        Bar(model(t, method), one.estimate, one.low, one.high, about_score(t, one), COLOURS[method])
        for method, one in sides
    ]
    metric = metric_name(t, facts.verdicts.metric)
    return _bars(t, "score", t("document.chart.score", metric=metric), bars, metric)


def cost_chart(facts: ReportFacts) -> BarChart | None:
    """What mistakes cost a month: with the agreed baseline, with KDMCSE, and without any model; None without costs."""
    t, costs = facts.t, facts.costs
    if costs.verdict is None:
        return None
    currency, bars = costs.comparison.prices.currency, []
    for method, amount in zip((costs.baseline, CANDIDATE), phrases.costs_before_and_after(t, costs), strict=True):
        one = costs.cost(method)
        text = _with_range(t, amount, currency, one.low, one.high)
        bars.append(Bar(model(t, method), one.estimate, one.low, one.high, text, COLOURS[method]))
    policy = min(costs.comparison.policies, key=costs.comparison.policies.get)
    amount = costs.comparison.policies[policy]
    text = _amount(t, amount, currency)
    bars.append(Bar(t(f"document.without.{policy}"), amount, text=text, colour=OTHER_COLOUR))
    return _bars(t, "cost", t("document.chart.cost"), bars, currency)


def gain_chart(facts: ReportFacts) -> BarChart | None:
    """What KDMCSE gains over every other method, each with its interval; None where it is compared with one alone."""
    t, bars = facts.t, []
    for method, compared in facts.verdicts.against.items():
        one = compared.difference
        if one.estimate is not None:
            text = about_score(t, one, signed=True)
            bars.append(Bar(model(t, method), one.estimate, one.low, one.high, text, COLOURS[method]))
    metric = metric_name(t, facts.verdicts.metric)
    return _bars(t, "gain", t("document.chart.gain"), bars, metric) if len(bars) > 1 else None


def value_chart(facts: ReportFacts) -> BarChart | None:
    """The net present value of every scenario; None where there are fewer than two, or of several currencies."""
    t, bars = facts.t, []
    currencies = {one.found.scenario.currency for one in facts.outlooks}
    for one in facts.outlooks if len(currencies) == 1 else ():
        low, _, high = one.sensitivity.band.quantiles["net_present_value"]
        value, currency = one.found.net_present_value, one.found.scenario.currency
        text = _amount(t, value, currency, low, high)
        bars.append(Bar(one.found.scenario.name, value, low, high, text, COLOURS[CANDIDATE]))
    return _bars(t, "value", t("document.chart.value"), bars, currency) if len(bars) > 1 else None


def _amount(t: Locale, value: float, currency: str, low: float | None = None, high: float | None = None) -> str:
    """As short as it stands beside a bar: ¥3.2 M (¥2.6–3.9 M)."""
    return _with_range(t, rounded_money(t, value, currency, low, high), currency, low, high)


def _with_range(t: Locale, amount: str, currency: str, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return amount
    return t("rounded.with_range", amount=amount, range=money_range(t, low, high, currency))


def _bars(t: Locale, name: str, title: str, bars: Sequence[Bar], unit: str) -> BarChart:
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high) if end is not None]
    ticks = ticks_around(min(0.0, *ends), max(0.0, *ends), 4)
    written = t.list(t("document.chart.bar", label=bar.label, text=bar.text) for bar in bars)
    return BarChart(
        name,
        title,
        t("document.chart.described", title=title, bars=written),
        bars,
        [t(f"document.head.{head}") for head in ("what", "value", "low", "high")],
        unit,
        dict.fromkeys(ticks, ""),
    )


def curve_chart(facts: ReportFacts) -> LineChart:
    """What mistakes cost at every threshold, with the thresholds for operation."""
    t, currency, lines = facts.t, facts.results.prices.currency, []
    for one in facts.in_curve:
        curve = facts.costs.comparison.curves.query("model == @one.model")[["threshold", "monthly_cost"]]
        mark = (one.thresholds.threshold, one.cost.estimate) if one.has_mark else None
        points = [(float(at), float(cost)) for at, cost in curve.to_numpy()]
        lines.append(Line(model(t, one.model), COLOURS[one.model], points, mark))
    across, up = ([point[axis] for line in lines for point in line.points] for axis in (0, 1))
    xs, ys = ticks_around(min(across), max(across)), ticks_around(min(0, *up), max(up) or 1)
    return LineChart(
        "curve",
        t("document.chart.curve"),
        t("document.chart.curve_described"),
        lines,
        [t(f"document.head.{head}") for head in ("what", "threshold", "cost")],
        t("report.cost.axis"),
        money_format(t, ys, currency),
        {tick: t.number(tick, digits_of(xs)) for tick in xs},
        dict(zip(ys, money_ticks(t, ys, currency), strict=True)),
    )
