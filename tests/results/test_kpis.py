"""What is known of an agreed KPI: the newest of what was entered for its stage, or the votes on the training that the live demonstration shows."""

import datetime

from example_poc import PRICES, agreed, analysed, complete

from kdmcse import cost, demonstration
from kdmcse.criteria import kpi_values
from kdmcse.criteria.kpis import KpiValue
from kdmcse.demonstration import Ballot
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.criteria import line_sentence
from kdmcse.results.typical_run import current_and_new

TODAY = datetime.date(2031, 3, 31)
TIME = {"name": "Handling time", "target": 4, "direction": "at_most", "unit": "min"}
VOTES = {"name": "Preferred", "target": 40, "direction": "at_least", "source": "votes"}


def test_criteria_without_kpis_ask_for_none_and_read_no_votes(workspace, dataset):
    complete(workspace, dataset)
    found = analysed(workspace, dataset)
    assert found.kpis() == {} and found.results.votes is None
    assert not [line for line in found.decision(TODAY).lines if line.kpi]


def test_what_is_entered_reaches_the_decision_at_once_and_each_stage_asks_anew(workspace, dataset):
    complete(workspace, dataset)
    locked = agreed(workspace, dataset, stage=1, kpis=[TIME])
    [kpi] = locked.criteria.kpis
    assert analysed(workspace, dataset).kpis() == {kpi.name: KpiValue()}
    kpi_values.type_in(workspace, dataset.fingerprint, kpi, 1, TODAY, 3.5, today=TODAY)
    [line] = [line for line in analysed(workspace, dataset).decision(TODAY).lines if line.kpi]
    assert (line.code, line.numbers["found"]) == ("figure_met", 3.5)
    agreed(workspace, dataset, stage=2, kpis=[TIME])
    [line] = [line for line in analysed(workspace, dataset).decision(TODAY).lines if line.kpi]
    assert line.code == "unknown"


def vote(workspace, dataset, new: str, preferences, first=0) -> None:
    for number, preference in enumerate(preferences, first):
        ballot = Ballot(f"sentence {number}", "held_out", "baseline-0-a", new)
        demonstration.vote(workspace, dataset.fingerprint, "Aiko", ballot, preference)


def test_votes_on_the_training_that_is_shown_are_the_value(workspace, dataset):
    runs = complete(workspace, dataset)
    agreed(workspace, dataset, kpis=[VOTES])
    assert analysed(workspace, dataset).kpis() == {"Preferred": KpiValue()}
    shown = current_and_new(analysed(workspace, dataset))[1].id
    other = next(run.id for run in runs["kdmcse"] if run.id != shown)
    vote(workspace, dataset, other, ["current"] * 30)
    assert analysed(workspace, dataset).kpis() == {"Preferred": KpiValue()}, "of another training"
    vote(workspace, dataset, shown, ["new"] * 13 + ["current"] * 5 + ["equal"] * 4)
    known = analysed(workspace, dataset).kpis()["Preferred"]
    assert (known.rows, known.low, known.equal) == (18, None, 4)
    [line] = [line for line in analysed(workspace, dataset).decision(TODAY).lines if line.kpi]
    assert (line.code, line.numbers["more"]) == ("few", 2)
    vote(workspace, dataset, shown, ["new"] * 7, first=22)
    known = analysed(workspace, dataset).kpis()["Preferred"]
    summary = demonstration.summary(workspace, dataset.fingerprint, new=shown)
    assert (known.value, known.low, known.high) == (100 * summary.share, 100 * summary.low, 100 * summary.high)
    [line] = [line for line in analysed(workspace, dataset).decision(TODAY).lines if line.kpi]
    assert line.state == "met" and all("Preferred" in line_sentence(Locale(one), line) for one in LANGUAGES)


def test_a_kpi_without_a_value_is_the_next_step_where_nothing_comes_before_it(workspace, dataset):
    complete(workspace, dataset)
    [kpi] = agreed(workspace, dataset, kpis=[TIME]).criteria.kpis
    assert analysed(workspace, dataset).next_step(TODAY) == "enter_prices"
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    assert analysed(workspace, dataset).next_step(TODAY) == "enter_kpis"
    kpi_values.type_in(workspace, dataset.fingerprint, kpi, 1, TODAY, 9.0, today=TODAY)
    assert analysed(workspace, dataset).next_step(TODAY) == "report", "a target that is missed is no missing value"
