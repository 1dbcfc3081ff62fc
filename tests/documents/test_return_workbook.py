"""In the workbook of cost and return a changed input comes to what the model says, no text is a formula, and what is stored is what it comes to."""

import dataclasses
import datetime

import pytest
from example_poc import PRICES, analysed, complete, import_example
from workbook_formulas import Workbook as Sheets

from kdmcse import cost
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.cost import Prices, Review, SegmentPrices
from kdmcse.documents.report_charts import model
from kdmcse.documents.return_workbook import MONTHS, cost_workbook, return_workbook
from kdmcse.i18n import LANGUAGES, Locale, capital
from kdmcse.presentation import roi
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import Saving, Today, estimate_return
from kdmcse.store.workspace import Workspace

DAY, EN = datetime.date(2026, 4, 1), Locale("en")
PEOPLE = Today(process="people", price_per_decision=40, accuracy=0.95)
MUG, LAMP = SegmentPrices(100, 900, 4_000, 0.2), SegmentPrices(500, 200, 9_000, 0.05, benefit=30)
CASES = {
    "plain": (PRICES, Today()),
    "people": (dataclasses.replace(PRICES, benefit=20), PEOPLE),
    "segments": (Prices("EUR", segments={"mug": MUG, "=lamp": LAMP}, review=Review(20, 0.97)), Today()),
    "amounts": (
        dataclasses.replace(PRICES, false_match_share=0.3, missed_match_share=0.1, review=Review(9, 0.9)),
        PEOPLE,
    ),
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """By name of a case, what was measured at its prices."""
    found = {}
    for name, (prices, _) in CASES.items():
        workspace = Workspace(tmp_path_factory.mktemp(name) / "workspace")
        segments = ("mug", "=lamp") if name == "segments" else ()
        amounts = ("1200", "80", "3000", "45.5") if name == "amounts" else ()
        sources = workspace.path.parent / "sources"
        dataset = import_example(workspace, sources, decisions=240, segments=segments, amounts=amounts)
        complete(workspace, dataset, seeds=(0, 1))
        cost.write_prices(workspace, dataset.fingerprint, prices)
        found[name] = analysed(workspace, dataset)
    return found


@pytest.fixture(params=CASES)
def case(request, measured):
    """A case with its scenario and what that comes to."""
    found = measured[request.param]
    scenario = default_scenario(found.results, '=HYPERLINK("http://x")')
    scenario = dataclasses.replace(scenario, today=CASES[request.param][1], saving_share=0.8, horizon_months=18)
    return found, found.outlook(scenario, DAY)


def figures(sheets: Sheets) -> dict:
    """What the sheet of the return comes to, by name."""
    names = (
        "one_off",
        "monthly",
        "realised_saving",
        "net_monthly",
        "net_present_value",
        "payback_months",
        "benefit_cost",
    )
    return {n: sheets.value("Return", f"B{sheets.row('Return', capital(EN(f'roi.figure.{n}')))}") for n in names}


def close(found, expected) -> bool:
    return found == pytest.approx(expected, rel=1e-9, abs=1e-6)


def repriced(found, prices: Prices, method: str) -> float:
    """The model's cost of a method at other prices, every decision ending as it did: no threshold is chosen again."""
    costs = []
    for estimate in found.costs().comparison.best[method].estimates:
        operation = dataclasses.replace(estimate.sample.operation, prices=prices)
        sample = dataclasses.replace(estimate.sample, operation=operation)
        costs.append(dataclasses.replace(estimate, prices=prices, sample=sample).stratum_costs.sum())
    return float(sum(costs) / len(costs))


def test_the_formulas_come_to_what_the_model_says_and_to_what_is_stored(case):
    _, outlook = case
    sheets = Sheets(return_workbook(EN, outlook, day=DAY))
    told = figures(sheets)
    for name, value in outlook.found.figures["value"].items():
        if value == value and value != float("inf"):
            assert close(told[name], value), name
    assert outlook.found.payback_months is not None or told["payback_months"] == EN("roi.never")
    computed = list(sheets.formulas())
    assert len(computed) > 6 * MONTHS
    for sheet, cell in computed:
        stored = sheets.stored[sheet][cell].value
        assert stored == sheets.value(sheet, cell) or close(stored, sheets.value(sheet, cell)), (sheet, cell)


def test_the_costs_are_those_of_every_method(case):
    found, _ = case
    sheets, comparison = Sheets(cost_workbook(EN, found.costs().comparison, day=DAY)), found.costs().comparison
    row = sheets.row("Cost", capital(EN("quantities.name.cost")))
    for column, (method, one) in zip("BCDEFGH", comparison.best.items(), strict=False):
        assert sheets.value("Cost", f"{column}3") == model(EN, method)
        assert close(sheets.value("Cost", f"{column}{row}"), one.cost.estimate)
        if one.saving:
            assert close(sheets.value("Cost", f"{column}{row + 1}"), one.saving.estimate)
    assert comparison.baseline == BASELINE and close(sheets.value("Cost", f"B{row + 1}"), 0)


@pytest.mark.parametrize("name", ["false_match", "missed_match", "monthly_volume", "base_rate", "benefit"])
def test_a_changed_price_or_volume_changes_cost_saving_and_return_as_the_model_says(case, name):
    found, outlook = case
    prices, first = found.results.prices, next(iter(found.results.prices.by_segment))
    before = getattr(prices.by_segment[first], name)
    after = before * 1.7 if before else 55.0
    changed = {
        s: dataclasses.replace(one, **({name: after} if s == first else {})) for s, one in prices.by_segment.items()
    }
    then = dataclasses.replace(prices, segments=changed)
    sheets = Sheets(return_workbook(EN, outlook, day=DAY))
    old = figures(sheets)
    sheets.change("Inputs", f"B{sheets.row('Inputs', capital(roi.label(EN, f'prices/{name}')))}", after)
    costs = {method: repriced(found, then, method) for method in (BASELINE, CANDIDATE)}
    row = sheets.row("Cost", capital(EN("quantities.name.cost")))
    assert [
        close(sheets.value("Cost", f"{at}{row}"), costs[m]) for at, m in zip("BC", outlook.shares, strict=True)
    ] == [True, True]
    scenario, today = outlook.found.scenario, costs[BASELINE]
    if scenario.today.process == "people":
        known = found._outlooks(DAY)._repriced.at_mean_amounts(then).by_segment.values()
        today = sum(scenario.today.people_cost(**one.to_dict()) for one in known)
    expected = estimate_return(scenario, lambda *given: today - costs[CANDIDATE], Saving(today - costs[CANDIDATE]))
    told = figures(sheets)
    for figure, value in expected.figures["value"].items():
        if value == value and value != float("inf"):
            assert close(told[figure], value), figure
    assert told["realised_saving"] != old["realised_saving"] or name == "benefit"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("effort/pairs", 900), ("effort/seconds_per_judgement", 11), ("effort/annotators", 3), ("effort/hourly_rate", 4_100),
        ("effort/engineering_days", 3), ("effort/day_rate", 70_000), ("effort/gpu_hours", 40), ("effort/gpu_hour_price", 800),
        ("effort/licences_once", 12_345), ("effort/hosting_monthly", 7), ("effort/licences_monthly", 8), ("effort/people_monthly", 9),
        ("horizon_months", 7), ("horizon_months", 120), ("yearly_rate", 0.0), ("yearly_rate", 0.31), ("saving_share", 0.35),
    ],
)  # fmt: skip
def test_a_changed_assumption_changes_the_return_as_the_model_says(measured, path, value):
    found = measured["plain"]
    outlook = found.outlook(default_scenario(found.results, "Plan"), DAY)
    sheets = Sheets(return_workbook(EN, outlook, day=DAY))
    sheets.change("Inputs", f"B{sheets.row('Inputs', capital(roi.label(EN, path)))}", value)
    expected = found.outlook(outlook.found.scenario.with_inputs({path: value}), DAY).found.figures["value"]
    told = figures(sheets)
    assert {name: close(told[name], amount) for name, amount in expected.items()} == dict.fromkeys(told, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_a_formula_and_what_can_be_changed_is_marked(measured, language):
    t, found = Locale(language), measured["segments"]
    outlook = found.outlook(default_scenario(found.results, '=HYPERLINK("http://x")'), DAY)
    data = return_workbook(t, outlook, day=DAY)
    sheets = Sheets(data)
    titles = [t(f"workbook.sheet.{name}") for name in ("inputs", "rates", "cost", "return", "flow")]
    assert sheets.book.sheetnames == titles
    cells = [cell for sheet in sheets.book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n", "f"}
    assert any("=lamp" in str(cell.value) and cell.data_type == "s" for cell in cells)
    assert not any(cell.data_type == "f" and "HYPERLINK" in cell.value for cell in cells)
    for cell in cells:
        if cell.data_type != "s" and cell.parent.title != titles[-1]:
            marked = cell.fill.fgColor.rgb == "FFFFF4CC"
            assert marked == (cell.data_type == "n"), cell
    assert t("workbook.note.rates") in [cell.value for cell in cells]
    assert data == return_workbook(t, outlook, day=DAY), "the same bytes for the same content"


def test_a_longer_horizon_has_its_months_and_a_shorter_one_may_be_made_longer(measured):
    found = measured["plain"]
    plain = default_scenario(found.results, "Plan")
    for months, rows in ((36, MONTHS), (121, 600)):
        outlook = found.outlook(dataclasses.replace(plain, horizon_months=months), DAY)
        book = Sheets(return_workbook(EN, outlook, day=DAY)).book
        assert book["Cash flow"].max_row == rows + 2
        [rule] = book["Inputs"].data_validations.dataValidation
        assert (rule.formula1, rule.formula2) == ("1", str(rows))
