"""Cost and return as an XLSX workbook whose formulas are live: who changes a price, a volume or a month there sees what it comes to.

Every number that was entered or measured is a cell of its own. All else is a formula over such cells, stored with what it comes to now, for
readers that do not calculate. Error rates stay as measured: a spreadsheet chooses no threshold again. No text is a formula.
"""

import datetime
from collections.abc import Mapping

import numpy as np

from kdmcse.config import CANDIDATE
from kdmcse.cost import CostComparison, Prices
from kdmcse.documents.live_workbook import Book, Sheet, Term, quoted, total
from kdmcse.documents.report_charts import model
from kdmcse.i18n import Locale, capital
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


def cost_workbook(t: Locale, comparison: CostComparison, *, day: datetime.date) -> bytes:
    """What the mistakes of every method cost a month, from prices, volumes and error rates."""
    shares = {method: found.shares for method, found in comparison.best.items()}
    book = Book(t, t("workbook.title.cost"), day)
    _Costs(book, comparison.prices, shares, comparison.baseline)
    return book.close()


def return_workbook(t: Locale, outlook: Outlook, *, day: datetime.date) -> bytes:
    """The same of KDMCSE and of what it is compared with, and what a scenario comes to, month by month."""
    found = outlook.found
    book = Book(t, t("workbook.title.return", name=found.scenario.name), day)
    costs = _Costs(book, Prices.from_dict(found.scenario.prices), outlook.shares, outlook.baseline)
    _write_return(book, costs, found)
    return book.close()


# Cost


class _Costs:
    """The sheets of prices, error rates and costs, and the cells that others refer to."""

    def __init__(self, book: Book, prices: Prices, shares: Mapping[str, np.ndarray], baseline: str) -> None:
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
        totals = self.sheet.line(label, *(total(column) for column in zip(*rows, strict=True)))
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

    def _write_rates(self, sheet: Sheet, place: int) -> dict[str, list[Term]]:
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
        [people] = self.sheet.line(t("workbook.cost.people"), total(costs))
        [saving] = self.sheet.line(capital(t("quantities.name.people_saving")), people - self.totals[CANDIDATE])
        return saving


# Return


def _write_return(book: Book, costs: _Costs, found: Return) -> None:
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
    one_off = figure("one_off", total([*once, given["licences_once"]]))
    running = [given[name] for name in ("hosting_monthly", "licences_monthly", "people_monthly")]
    monthly = figure("monthly", total(running))
    sheet.head(t("roi.axis.return"))
    measured = line(capital(t("roi.measured_saving")), saved)
    realised = figure("realised_saving", measured * given["saving_share"])
    net = figure("net_monthly", realised - monthly)
    factors, values = _write_flow(book, months, one_off, realised, monthly, given)
    factor = line(t("roi.step.annuity"), factors, "factor", "")
    figure("net_present_value", values)
    never = t("roi.never")
    back = f"IF({net.text}>0,{one_off.text}/{net.text},IF({one_off.text}=0,IF({net.text}=0,0,{quoted(never)}),{quoted(never)}))"
    payback = found.payback_months
    figure("payback_months", Term(back, never if payback is None else payback), "tenth", t("roi.unit_of.months"))
    paid = one_off + monthly * factor
    ratio = f'IF({paid.text}>0,{realised.text}*{factor.text}/({paid.text}),"")'
    figure("benefit_cost", Term(ratio, "" if found.benefit_cost is None else found.benefit_cost), "fraction", "")


def _allow_months(book: Book, inputs: Sheet, horizon: Term, months: int) -> None:
    """The horizon may be changed to a whole number of months that the cash flow has rows for."""
    title, message = book.t("workbook.horizon.title"), book.t("workbook.horizon.text", count=months)
    rule = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": months}
    cell = horizon.text.rpartition("!")[2]
    inputs.sheet.data_validation(cell, rule | {"error_title": title, "error_message": message})


def _write_flow(
    book: Book, months: int, one_off: Term, realised: Term, monthly: Term, given: Mapping[str, Term]
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
