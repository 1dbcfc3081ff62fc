"""Reads what charts show: those of the pages as they are drawn, those of the report as its content has them."""

import html
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

import pytest
from quantities_shown import Figures, method_of, name_of_training, number_of, rounded

from dashboard.widgets import layout
from kdmcse.config import BASELINE, CANDIDATE, METHODS
from kdmcse.documents import report_charts
from kdmcse.documents.content import Bar, BarChart, Document, LineChart
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.phrases import costs_before_and_after
from kdmcse.presentation.rounded import about_score, money_range, rounded_money
from kdmcse.results.analysis import Analysis

OTHER_CHARTS = ("map_", "losses_", "audit_cosines")
"""Charts that show no quantity with a value: places, losses, shares of bars."""


class Drawn:
    """The charts of the page that was drawn last, by key."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.charts: dict[str, dict] = {}
        figure = layout.figure

        def draw(t: Locale, drawing: dict, key: str, **fields: object) -> object:
            self.charts[key] = drawing
            return figure(t, drawing, key, **fields)

        monkeypatch.setattr(layout, "figure", draw)


class Page:
    """One page as it was drawn."""

    def __init__(self, figures: Figures, place: str, analysis: Analysis, t: Locale) -> None:
        self.figures, self.place, self.t, self.analysis = figures, place, t, analysis
        self.currency = analysis.results.prices.currency

    def note(self, quantity: str, value: float | str, written: Callable[[float], str], chart: str) -> None:
        self.figures.note(quantity, value if isinstance(value, str) else written(value), f"{self.place} {chart}")

    def score(self, value: float) -> str:
        return self.t.number(value, 3)

    def money(self, value: float) -> str:
        return self.t.money(value, self.currency)

    def told(self, trace: Mapping, name: str, values: Sequence[float], chart: str) -> None:
        """The amounts that a trace tells are those that it draws."""
        for place, (value, text) in enumerate(zip(values, trace["customdata"], strict=True)):
            for one in (float(value), text):
                self.note(f"{chart}, {name}, {place} {self.t.language}", one, self.money, chart)


def read_charts(figures: Figures, place: str, drawn: Drawn, analysis: Analysis, t: Locale) -> set[str]:
    """Notes what the charts of a page show; the keys of charts that nobody reads."""
    page, charts = Page(figures, place, analysis, t), dict(drawn.charts)
    drawn.charts.clear()
    for key, drawing in charts.items():
        if key in READ:
            READ[key](page, drawing)
    return {key for key in charts if key not in READ and not key.startswith(OTHER_CHARTS)}


def _sts_dots(page: Page, drawing: dict) -> None:
    for trace in drawing["data"]:
        method = method_of(html.unescape(trace["name"]))
        for x, text in zip(trace["x"], trace["text"], strict=True):
            seed = number_of(text) or 0
            page.note(f"score of training {method}-{seed}", x, page.score, "dots")
    for shape in drawing["layout"]["shapes"]:
        page.note(f"score of {BASELINE}", shape["x0"], page.score, "line of the dots")


def _forest(page: Page, drawing: dict) -> None:
    """The differences of the new model, what is written beside each, and the score of what it is held against."""
    words = [word["text"] for word in drawing["layout"]["annotations"]][3:]
    for trace, score, verdict in zip(drawing["data"], words[1::3], words[2::3], strict=True):
        method = method_of(html.unescape(trace["name"]))
        for one in (trace["x"][0], verdict.removesuffix("</b>").split()[-1]):
            page.note(f"gain over {method}", one, lambda value: page.t.signed(value, 3), "forest")
        page.note(f"score of {method}", score, page.score, "forest")


def _compared_forest(page: Page, drawing: dict) -> None:
    """The scores of single trainings."""
    words = [html.unescape(re.sub("<.*?>", "", word["text"])) for word in drawing["layout"]["annotations"]][3:]
    longest_first = sorted((BASELINE, *METHODS), key=lambda method: -len(method_name(page.t, method)))
    for name, score in zip(words[::3], words[1::3], strict=True):
        method = next(one for one in longest_first if name.startswith(method_name(page.t, one)))
        seed = number_of(name.removeprefix(method_name(page.t, method))) or 0
        page.note(f"score of training {method}-{seed}", number_of(score), page.score, "forest of trainings")


def _data_curve(page: Page, drawing: dict) -> None:
    t = page.t
    labels = {
        t("page_effort.chart.run", share=t.percent(share), seed=t.number(seed)): (share, seed)
        for share, seed in itertools.product((0.1, 0.25, 0.5, 1), range(3))
    }
    for trace in drawing["data"]:
        if trace["mode"] == "markers":
            for x, y, label in zip(trace["x"], trace["y"], trace["text"], strict=True):
                share, seed = labels[label]
                page.note(f"score of training {name_of_training(CANDIDATE, seed, share)}", y, page.score, "dots")
                page.note(f"training pairs at {share:.0%}".removesuffix(" at 100%"), x, t.number, "dots")
        elif trace["name"] == method_name(t, BASELINE):
            page.note(f"score of {BASELINE}", trace["y"][0], page.score, "line")
        elif "customdata" in trace:
            for x, y, text in zip(trace["x"], trace["y"], trace["customdata"], strict=True):
                page.note(f"law at {x:.3f}", y, page.score, "law")
                page.note(f"law at {x:.3f}", text, page.score, "what the law tells")


def _cost_curves(page: Page, drawing: dict) -> None:
    comparison = page.analysis.costs().comparison
    marks = [trace for trace in drawing["data"] if trace["mode"] == "markers"]
    assert len(marks) == sum(one.has_mark for one in comparison.best.values())
    for mark in marks:
        method = method_of(html.unescape(mark["name"]))
        for amount in (mark["y"][0], mark["customdata"][0]):
            page.note(f"cost of {method}", amount, page.money, "mark")
        if not comparison.prices.review:
            page.note(f"threshold for operation of {method}", mark["x"][0], page.score, "mark")
    for line in drawing["data"]:
        if line["mode"] == "lines" and "customdata" in line:
            page.told(line, line["name"], line["y"], "curve")


def _cost_errors(page: Page, drawing: dict) -> None:
    """The parts of a cost add up to it."""
    costs: dict[str, float] = {}
    for trace in drawing["data"]:
        page.told(trace, trace["name"], trace["x"], "parts of a cost")
        for name, part in zip(trace["y"], trace["x"], strict=True):
            costs[method_of(name)] = costs.get(method_of(name), 0.0) + part
    for method, cost in costs.items():
        page.note(f"cost of {method}", cost, page.money, "sum of the parts")


def _cost_base_rates(page: Page, drawing: dict) -> None:
    for trace in drawing["data"]:
        page.told(trace, trace["name"], trace["y"], "costs by share")
    for line in drawing["layout"].get("shapes", []):  # none where segments have shares of their own
        for trace in drawing["data"]:
            amount = dict(zip(trace["x"], trace["y"], strict=True))[line["x0"]]
            page.note(f"cost of {method_of(html.unescape(trace['name']))}", amount, page.money, "entered share")


def _tornado(page: Page, drawing: dict) -> None:
    for trace, end in zip(drawing["data"], ("low", "high"), strict=True):
        page.note("net present value", trace["base"], page.money, "foot of the bars")
        values = [trace["base"] + x for x in trace["x"]]
        page.told(trace, trace["name"], values, "bars")
        page.note(f"{end} end of what matters most", values[0], page.money, "longest bar")


def _draws(page: Page, drawing: dict) -> None:
    """The middle of the draws lies in a bar in the middle: the few outermost draws are not drawn."""
    bars = [
        bar for one in drawing["data"] for bar in zip(one["x"], one["width"], one["y"], one["customdata"], strict=True)
    ]
    total, before = sum(draws for _, _, draws, _ in bars), 0
    quantity = rounded("middle of the draws")
    middle = float(next(iter(page.figures.seen[quantity])))
    near = []
    for x, width, draws, text in bars:
        low, high = (float(number_of(plain_text(page.money(end)))) for end in (x - width / 2, x + width / 2))
        page.note(f"bar at {x} {page.t.language}", f"{low:.0f}", page.money, "draws")
        page.note(f"bar at {x} {page.t.language}", text, page.money, "what a bar of draws tells")
        if before <= 0.51 * total and before + draws >= 0.49 * total:
            near += [low, high]
        before += draws
    inside = min(near) <= middle + abs(middle) / 5 and middle - abs(middle) / 5 <= max(near)  # as far as it is rounded
    page.note(quantity, page.money(middle if inside else min(near)), page.money, "middle bar")


READ = {
    "forest": _forest,
    "compared_forest": _compared_forest,
    "sts_dots": _sts_dots,
    "data_curve": _data_curve,
    "cost_curves": _cost_curves,
    "cost_errors": _cost_errors,
    "cost_base_rates": _cost_base_rates,
    "tornado": _tornado,
    "draws": _draws,
}
"""Key of a chart -> what reads it."""


def read_report_charts(figures: Figures, place: str, document: Document, analysis: Analysis, t: Locale) -> None:
    """Notes the values of the report's charts, which all its forms draw, and what is written beside them: rounded, and nothing else."""
    page = Page(figures, place, analysis, t)
    for chart in document.charts:
        if isinstance(chart, BarChart) and chart.name in ("score", "cost", "gain"):
            methods = {charted(t, method): method for method in (BASELINE, *METHODS)}
            for bar in chart.bars:
                assert bar.text == written(t, chart, bar, analysis), (
                    f"{place}: {bar.text} is another value than its bar"
                )
                if (method := methods.get(bar.label)) is not None:
                    quantity = {"score": "score of {}", "cost": "cost of {}", "gain": "gain over {}"}[chart.name]
                    kind = page.money if chart.name == "cost" else page.score
                    page.note(quantity.format(method), bar.value, kind, f"report's bar of {chart.name}")
        if isinstance(chart, LineChart):
            for line, one in zip(chart.lines, costs_in_curve(analysis), strict=True):
                if line.mark:
                    page.note(f"cost of {one.model}", line.mark[1], page.money, "report's mark")
                    if not analysis.results.prices.review:
                        at = f"threshold for operation of {one.model}"
                        page.note(at, line.mark[0], page.score, "report's mark")


def charted(t: Locale, method: str) -> str:
    """What a method is called in a chart of the report."""
    return report_charts.model(t, method)


def costs_in_curve(analysis: Analysis) -> list:
    best = analysis.costs().comparison.best
    return [best[method] for method in (BASELINE, CANDIDATE) if method in best]


def written(t: Locale, chart: BarChart, bar: Bar, analysis: Analysis) -> str:
    """The value of a bar as it is rounded everywhere."""
    if chart.name == "cost":
        amount = rounded_money(t, bar.value, chart.unit, bar.low, bar.high)
        costs = analysis.costs()
        if bar.low is not None:
            both = dict(zip((costs.baseline, CANDIDATE), costs_before_and_after(t, costs), strict=True))
            amount = next(text for method, text in both.items() if charted(t, method) == bar.label)
        if bar.low is None:
            return amount
        return t("rounded.with_range", amount=amount, range=money_range(t, bar.low, bar.high, chart.unit))
    return about_score(t, SimpleNamespace(estimate=bar.value, low=bar.low, high=bar.high), signed=chart.name == "gain")
