"""Cost and return as an XLSX workbook whose formulas are live: who changes a price, a volume or a month there sees what it comes to.

Every number that was entered or measured is a cell of its own. All else is a formula over such cells, stored with what it comes to now, for
readers that do not calculate. Error rates stay as measured: a spreadsheet chooses no threshold again. No text is a formula.
"""

import datetime
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul, sub, truediv
from typing import Any

import numpy as np

from kdmcse.config import CANDIDATE
from kdmcse.cost import CostComparison, Prices
from kdmcse.documents.content import printable
from kdmcse.documents.report_charts import model
from kdmcse.i18n import Locale, capital, plain_text
from kdmcse.presentation import roi
from kdmcse.presentation.costs import segment_name
from kdmcse.results.outlook import Outlook
from kdmcse.roi import Scenario
from kdmcse.roi.cash_flow import Return
from kdmcse.roi.effort import SECONDS_PER_HOUR
from kdmcse.roi.scenario import MAX_HORIZON

MONTHS = 120
"""Rows of the cash flow, unless the horizon is longer: so long may somebody make it."""
_FLOW = ("month", "saving", "paid", "net", "factor", "value", "together")
"""Columns of the cash flow."""
_GROUPS = {
    "once": (
        "effort/pairs", "effort/seconds_per_judgement", "effort/annotators", "effort/hourly_rate", "effort/engineering_days",
        "effort/day_rate", "effort/gpu_hours", "effort/gpu_hour_price", "effort/licences_once",
    ),
    "monthly": ("effort/hosting_monthly", "effort/licences_monthly", "effort/people_monthly"),
    "counted": ("horizon_months", "yearly_rate", "saving_share"),
}  # fmt: skip
_FORMATS = {"whole": "#,##0", "fraction": "#,##0.00##", "share": "0.00%", "factor": "0.000000", "tenth": "0.0"}
_LABELS, _NUMBERS = 58, 20
"""Widths of columns, in letters."""


def cost_workbook(t: Locale, comparison: CostComparison, *, day: datetime.date) -> bytes:
    """What the mistakes of every method cost a month, from prices, volumes and error rates."""
    shares = {method: found.shares for method, found in comparison.best.items()}
    book = _Book(t, t("workbook.title.cost"), day)
    _Costs(book, comparison.prices, shares, comparison.baseline)
    return book.close()


def return_workbook(t: Locale, outlook: Outlook, *, day: datetime.date) -> bytes:
    """The same of KDMCSE and of what it is compared with, and what a scenario comes to, month by month."""
    found = outlook.found
    book = _Book(t, t("workbook.title.return", name=found.scenario.name), day)
    costs = _Costs(book, Prices.from_dict(found.scenario.prices), outlook.shares, outlook.baseline)
    _write_return(book, costs, found)
    return book.close()


# Formulas


@dataclass(frozen=True)
class Term:
    """A part of a formula, and what it comes to."""

    text: str
    value: Any
    """a number, or the text that a condition gives in its place"""
    rank: int = 3
    """1: a sum, 2: a product, 3: needs no brackets"""

    def __add__(self, other: "Term | float") -> "Term":
        return _joined(self, "+", other)

    def __sub__(self, other: "Term | float") -> "Term":
        return _joined(self, "-", other)

    def __rsub__(self, other: float) -> "Term":
        return _joined(other, "-", self)

    def __mul__(self, other: "Term | float") -> "Term":
        return _joined(self, "*", other)

    def __truediv__(self, other: "Term | float") -> "Term":
        return _joined(self, "/", other)


_SIGNS: dict[str, tuple[int, Callable]] = {"+": (1, add), "-": (1, sub), "*": (2, mul), "/": (2, truediv)}


def _joined(left: "Term | float", sign: str, right: "Term | float") -> Term:
    rank, compute = _SIGNS[sign]
    left, right = (one if isinstance(one, Term) else Term(repr(one), one) for one in (left, right))
    begin = f"({left.text})" if left.rank < rank else left.text
    end = f"({right.text})" if right.rank < rank or (right.rank == rank and sign in "-/") else right.text
    return Term(f"{begin}{sign}{end}", compute(left.value, right.value), rank)


def _total(terms: Sequence[Term]) -> Term:
    return reduce(add, terms)


def _text(words: str) -> str:
    """A text within a formula."""
    return '"' + words.replace('"', '""') + '"'


# Sheets


class _Book:
    """A workbook and how its cells look."""

    def __init__(self, t: Locale, title: str, day: datetime.date) -> None:
        import xlsxwriter

        self.t, self.title = t, title
        self._written, self._looks = io.BytesIO(), {}
        plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.file = xlsxwriter.Workbook(self._written, plain)
        self.file.set_properties({"title": _clean(title), "created": datetime.datetime.combine(day, datetime.time())})

    def look(self, **properties: Any) -> Any:
        key = tuple(properties.items())
        if key not in self._looks:
            self._looks[key] = self.file.add_format(properties)
        return self._looks[key]

    def sheet(self, name: str, columns: int) -> "_Sheet":
        return _Sheet(self, self.t(f"workbook.sheet.{name}"), columns)

    def close(self) -> bytes:
        self.file.close()
        return self._written.getvalue()


class _Sheet:
    """A sheet that is written row by row."""

    def __init__(self, book: _Book, name: str, columns: int) -> None:
        self.book, self.name, self.row = book, name, 0
        self.sheet = book.file.add_worksheet(name)
        self.sheet.set_column(0, 0, _LABELS)
        self.sheet.set_column(1, columns, _NUMBERS)

    def text(self, *texts: str, **look: Any) -> None:
        """A row of texts."""
        for place, text in enumerate(texts):
            self.sheet.write_string(self.row, place, _clean(text), self.book.look(num_format="@", **look))
        self.row += 1

    def head(self, *texts: str) -> None:
        """A row of headings, after an empty row."""
        self.row += 1
        self.text(*texts, bold=True)

    def line(self, label: str, *numbers: Term | float, form: str = "", unit: str = "") -> list[Term]:
        """A row with what it is, one or more numbers, and their unit: what refers to each number."""
        row, words = self.row, self.book.look(num_format="@")
        self.text(label)
        self.sheet.write_string(row, 1 + len(numbers), _clean(unit), words)
        return [self.number(row, place, number, form) for place, number in enumerate(numbers, 1)]

    def number(self, row: int, place: int, number: Term | float, form: str = "") -> Term:
        """A formula, or a number that may be changed, which is marked."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        value = number.value if isinstance(number, Term) else float(number)
        form = form or ("whole" if isinstance(number, Term) or value == int(value) else "fraction")
        look = {"num_format": _FORMATS[form]}
        if isinstance(number, Term):
            self.sheet.write_formula(row, place, f"={number.text}", self.book.look(**look), value)
        else:
            marked = {"bg_color": "#FFF4CC", "border": 1, "border_color": "#D8C98A"}
            self.sheet.write_number(row, place, value, self.book.look(**look, **marked))
        return Term(f"'{self.name}'!{xl_rowcol_to_cell(row, place, row_abs=True, col_abs=True)}", value)


# Cost


class _Costs:
    """The sheets of prices, error rates and costs, and the cells that others refer to."""

    def __init__(self, book: _Book, prices: Prices, shares: Mapping[str, np.ndarray], baseline: str) -> None:
        """shares: by method, as `ModelCost.shares`; `baseline` is one of them."""
        self.t, self.prices, self.shares = book.t, prices, shares
        self.money = roi.unit(book.t, "prices/false_match", prices.currency)
        t, names = book.t, [model(book.t, method) for method in shares]
        self.inputs = book.sheet("inputs", 2)
        self.inputs.text(book.title, bold=True)
        for note in ("inputs", "rates"):
            self.inputs.text(t(f"workbook.note.{note}"))
        self.priced = [self._enter_prices(name) for name in prices.by_segment]
        self.review = self._enter_review()
        measured = book.sheet("rates", len(shares))
        measured.text(t("workbook.note.measured"))
        measured.head("", *names)
        self.rates = [self._write_rates(measured, place) for place in range(len(self.priced))]
        self.sheet = book.sheet("cost", len(shares))
        self.sheet.text(t("workbook.cost.title", currency=prices.currency), bold=True)
        self.sheet.head("", *names)
        rows = []
        for place, name in enumerate(prices.by_segment):
            for kind, terms in self._parts(place).items():
                rows.append(self.sheet.line(self._of(name, t(f"cost.error.{kind}")), *terms))
        label = capital(t("quantities.name.cost"))
        totals = self.sheet.line(label, *(_total(column) for column in zip(*rows, strict=True)))
        self.totals = dict(zip(shares, totals, strict=True))
        label = t("workbook.cost.saving", name=model(t, baseline))
        savings = self.sheet.line(label, *(self.totals[baseline] - total for total in totals))
        self.savings = dict(zip(shares, savings, strict=True))

    def saving(self, scenario: Scenario) -> Term:
        """What KDMCSE saves a month against the process of today."""
        return self.savings[CANDIDATE] if scenario.today.process == "baseline" else self._against_people(scenario)

    def enter(self, path: str, value: float, label: str = "") -> Term:
        """An input by its path, on the first sheet."""
        t, share = self.t, roi.kind(path) == "share"
        unit = "" if share else roi.unit(t, path, self.prices.currency)
        [cell] = self.inputs.line(label or capital(roi.label(t, path)), value, form="share" if share else "", unit=unit)
        return cell

    def _of(self, segment: str, what: str) -> str:
        return self.t("cost.of", segment=segment_name(self.t, segment), what=what) if self.prices.segments else what

    def _enter_prices(self, segment: str) -> dict[str, Term]:
        self.inputs.head(self._of(segment, self.t("workbook.group.prices")))
        return {
            name: self.enter(f"prices/{name}", value)
            for name, value in self.prices.by_segment[segment].to_dict().items()
        }

    def _enter_review(self) -> dict[str, Term]:
        if self.prices.review is None:
            return {}
        self.inputs.head(capital(self.t("cost.price.review")))
        return {
            name: self.enter(f"prices/review/{name}", getattr(self.prices.review, name))
            for name in ("price", "accuracy")
        }

    def _write_rates(self, sheet: _Sheet, place: int) -> dict[str, list[Term]]:
        """Name -> for each method, the share of the decisions of a segment's class that ends so, and where prices share amounts, theirs."""
        segment, others, matches = list(self.prices.by_segment)[place], 2 * place, 2 * place + 1
        ends = {"false_match": (others, 2), "missed_match": (matches, 0)}
        if self.review:
            ends |= {"reviewed_others": (others, 1), "reviewed_matches": (matches, 1)}
        rows = {}
        for measure, prefix in enumerate(("", "amount_")[: 1 + self.prices.shares_amounts]):
            for name, (stratum, outcome) in ends.items():
                label = self._of(segment, self.t(f"workbook.rate.{prefix}{name}"))
                numbers = [float(shares[stratum, measure, outcome]) for shares in self.shares.values()]
                form, unit = ("fraction", self.money) if measure else ("share", "")
                rows[prefix + name] = sheet.line(label, *numbers, form=form, unit=unit)
        return rows

    def _parts(self, place: int) -> dict[str, list[Term]]:
        """Kind of mistake -> for each method, money a month in one segment; see `cost.operation` for the sums."""
        prices, rates, review, methods = self.priced[place], self.rates[place], self.review, range(len(self.shares))
        matches = prices["monthly_volume"] * prices["base_rate"]
        others = prices["monthly_volume"] * (1 - prices["base_rate"])

        def lost(kind: str, rate: str, method: int) -> Term:
            """What mistakes of a kind cost for each decision of the class."""
            fixed = rates[rate][method] * prices[kind]
            if f"{kind}_share" not in prices:
                return fixed
            return fixed + rates[f"amount_{rate}"][method] * prices[f"{kind}_share"]

        parts = {
            "false_match": [others * lost("false_match", "false_match", m) for m in methods],
            "missed_match": [matches * lost("missed_match", "missed_match", m) for m in methods],
        }
        found = [1 - rates["missed_match"][m] for m in methods]
        if review:
            wrong, (asked, asked_matches) = (
                1 - review["accuracy"],
                (rates[f"reviewed_{one}"] for one in ("others", "matches")),
            )
            parts["review"] = [(others * asked[m] + matches * asked_matches[m]) * review["price"] for m in methods]
            parts["review_false_match"] = [others * wrong * lost("false_match", "reviewed_others", m) for m in methods]
            parts["review_missed_match"] = [
                matches * wrong * lost("missed_match", "reviewed_matches", m) for m in methods
            ]
            found = [found[m] - asked_matches[m] * wrong for m in methods]
        return parts | {"benefit": [0.0 - matches * found[m] * prices["benefit"] for m in methods]}

    def _against_people(self, scenario: Scenario) -> Term:
        """The saving against people who decide everything, as `effort.people_cost` has it."""
        t, costs = self.t, []
        self.inputs.head(capital(t("roi.choice.people")))
        price, accuracy = (
            self.enter(f"today/{name}", getattr(scenario.today, name)) for name in ("price_per_decision", "accuracy")
        )
        for place, segment in enumerate(self.prices.by_segment):
            prices, lost = self.priced[place], {}
            for kind, stratum in (("false_match", 2 * place), ("missed_match", 2 * place + 1)):
                lost[kind] = prices[kind]
                if f"{kind}_share" in prices:
                    mean = float(self.shares[CANDIDATE][stratum, 1].sum())
                    label = self._of(segment, t(f"workbook.rate.mean_{kind}"))
                    [amount] = self.inputs.line(label, mean, form="fraction", unit=self.money)
                    lost[kind] = lost[kind] + amount * prices[f"{kind}_share"]
            rate = prices["base_rate"]
            mistake = rate * lost["missed_match"] + (1 - rate) * lost["false_match"]
            each = price + (1 - accuracy) * mistake - accuracy * rate * prices["benefit"]
            costs.append(prices["monthly_volume"] * each)
        self.sheet.row += 1
        [people] = self.sheet.line(t("workbook.cost.people"), _total(costs))
        [saving] = self.sheet.line(capital(t("quantities.name.people_saving")), people - self.totals[CANDIDATE])
        return saving


# Return


def _write_return(book: _Book, costs: _Costs, found: Return) -> None:
    """What the project takes, the cash flow month by month on a sheet of its own, and what it comes to."""
    t, scenario, given = book.t, found.scenario, {}
    saved = costs.saving(scenario)
    for group, paths in _GROUPS.items():
        costs.inputs.head(t(f"workbook.group.{group}"))
        given |= {path.removeprefix("effort/"): costs.enter(path, scenario.inputs[path]) for path in paths}
    months = MONTHS if scenario.horizon_months <= MONTHS else MAX_HORIZON
    _allow_months(book, costs.inputs, given["horizon_months"], months)
    sheet = book.sheet("return", 2)
    sheet.text(book.title, bold=True)
    sheet.head(t("roi.axis.effort"))
    judging = given["pairs"] * given["seconds_per_judgement"] / float(SECONDS_PER_HOUR) * given["annotators"]
    parts = {
        "labelling": judging * given["hourly_rate"],
        "engineering": given["engineering_days"] * given["day_rate"],
        "gpu": given["gpu_hours"] * given["gpu_hour_price"],
    }

    def line(label: str, term: Term, form: str = "whole", unit: str = costs.money) -> Term:
        [cell] = sheet.line(label, term, form=form, unit=unit)
        return cell

    def figure(name: str, term: Term, form: str = "whole", unit: str = costs.money) -> Term:
        return line(capital(t(f"roi.figure.{name}")), term, form, unit)

    once = [line(t(f"roi.step.{name}"), term) for name, term in parts.items()]
    one_off = figure("one_off", _total([*once, given["licences_once"]]))
    running = [given[name] for name in ("hosting_monthly", "licences_monthly", "people_monthly")]
    monthly = figure("monthly", _total(running))
    sheet.head(t("roi.axis.return"))
    measured = line(capital(t("roi.measured_saving")), saved)
    realised = figure("realised_saving", measured * given["saving_share"])
    net = figure("net_monthly", realised - monthly)
    factors, values = _write_flow(book, months, one_off, realised, monthly, given)
    factor = line(t("roi.step.annuity"), factors, "factor", "")
    figure("net_present_value", values)
    never = t("roi.never")
    back = f"IF({net.text}>0,{one_off.text}/{net.text},IF({one_off.text}=0,IF({net.text}=0,0,{_text(never)}),{_text(never)}))"
    payback = found.payback_months
    figure("payback_months", Term(back, never if payback is None else payback), "tenth", t("roi.unit_of.months"))
    paid = one_off + monthly * factor
    ratio = f'IF({paid.text}>0,{realised.text}*{factor.text}/({paid.text}),"")'
    figure("benefit_cost", Term(ratio, "" if found.benefit_cost is None else found.benefit_cost), "fraction", "")


def _allow_months(book: _Book, inputs: _Sheet, horizon: Term, months: int) -> None:
    """The horizon may be changed to a whole number of months that the cash flow has rows for."""
    title, message = book.t("workbook.horizon.title"), book.t("workbook.horizon.text", count=months)
    rule = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": months}
    cell = horizon.text.rpartition("!")[2]
    inputs.sheet.data_validation(cell, rule | {"error_title": title, "error_message": message})


def _write_flow(
    book: _Book, months: int, one_off: Term, realised: Term, monthly: Term, given: Mapping[str, Term]
) -> tuple[Term, Term]:
    """A row a month, from the one-off cost on. Returns the sum of the discount factors from the first month on, and that of the present values."""
    t, horizon, rate, sheet = book.t, given["horizon_months"], given["yearly_rate"], book.sheet("flow", len(_FLOW))
    sheet.text(*(t(f"workbook.flow.{name}") for name in _FLOW), bold=True)
    sheet.sheet.freeze_panes(1, 1)
    sheet.sheet.set_column(0, 0, 10)
    together: Term | None = None
    rows = []
    for month in range(months + 1):
        row = sheet.row
        sheet.row += 1
        sheet.sheet.write_number(row, 0, month)
        at, counts = f"A{row + 1}", month <= horizon.value

        def counted(term: Term, at: str = at, counts: bool = counts) -> Term:
            """0 in months that are no longer counted."""
            return Term(f"IF({at}<={horizon.text},{term.text},0)", term.value if counts else 0.0)

        saving = sheet.number(row, 1, counted(realised) if month else Term("0", 0.0), "whole")
        paid = sheet.number(row, 2, counted(monthly) if month else one_off, "whole")
        net = sheet.number(row, 3, saving - paid, "whole")
        discount = Term(f"(1+{rate.text})^(-{at}/12)", (1 + rate.value) ** (-month / 12))
        factor = sheet.number(row, 4, counted(discount) if month else Term("1", 1.0), "factor")
        value = sheet.number(row, 5, net * factor, "whole")
        together = sheet.number(row, 6, net if together is None else together + net, "whole")
        rows.append((factor.value, value.value))
    place, last = f"'{sheet.name}'!", len(rows) + 1
    factors, values = zip(*rows, strict=True)
    return Term(f"SUM({place}$E$3:$E${last})", sum(factors[1:])), Term(f"SUM({place}$F$2:$F${last})", sum(values))


def _clean(text: str) -> str:
    return printable(plain_text(text))
