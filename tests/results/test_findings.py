"""Results are judged by the success criteria that were agreed on."""

import dataclasses
import datetime

from example_poc import PRICES, analysed, complete, sentence

from kdmcse import cost
from kdmcse.criteria import locking
from kdmcse.results import findings as findings_room
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store

TODAY = datetime.date(2026, 4, 1)


def known(found: Analysis, today=TODAY):
    """The findings."""
    return findings_room.findings(found.results, found.verdicts(), found.costs(), today)


# Success criteria


def test_the_criteria_name_baseline_and_score_and_decide(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    agreed = dataclasses.replace(before, baseline="mcse", primary="sts_pearson", least_pairs=50, stage=1)
    locking.lock(workspace, agreed)
    found = analysed(workspace, dataset)
    assert (found.verdicts().baseline, found.verdicts().metric) == ("mcse", "sts_pearson")
    assert found.verdicts().deciding == found.verdicts().against["mcse"]
    assert "than MCSE: STS Pearson" in sentence(found, "en")
    assert found.decision(TODAY).locked.criteria == agreed
    assert known(found).gain == found.verdicts().deciding.difference.estimate and known(found).rows == 60


def test_effort_in_money_is_that_of_the_scenario_marked_for_the_criteria(workspace, dataset):
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, most_money=1e6, currency="JPY"))
    found = analysed(workspace, dataset)
    case = default_scenario(found.results, "Plain")
    case = dataclasses.replace(case, effort=dataclasses.replace(case.effort, engineering_days=5, day_rate=60_000))
    kept = scenario_store.save(workspace, dataset.fingerprint, case)

    def money() -> str:
        lines = analysed(workspace, dataset).decision(TODAY).lines
        return next(line.state for line in lines if line.name == "money")

    assert money() == "unknown", "no scenario is marked"
    scenario_store.mark_for_criteria(workspace, dataset.fingerprint, kept.id, found.results.criteria.digest)
    assert known(analysed(workspace, dataset)).effort_money == case.effort.one_off
    assert money() == "met"
    dear = dataclasses.replace(
        case, contract=found.results.criteria.digest, effort=dataclasses.replace(case.effort, engineering_days=50)
    )
    scenario_store.save(workspace, dataset.fingerprint, dear, id=kept.id, seen=2)
    assert money() == "not_met"
    locking.lock(workspace, dataclasses.replace(found.results.criteria.criteria, most_money=9e9))
    assert money() == "unknown", "another contract needs a scenario of its own"
    (workspace.path / "scenarios" / dataset.fingerprint / kept.id / "0001.json").write_text("{")
    assert money() == "unknown", "a damaged scenario stops no page but its own"


def test_a_score_that_was_agreed_on_and_not_measured_leaves_the_gain_unknown(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, primary="judged_spearman"))
    found = analysed(workspace, dataset)
    assert found.verdicts().metric == "sts_spearman" and known(found).gain is None
    assert found.decision(TODAY).value == "extend"


def test_a_stop_date_that_passes_at_midnight_is_noticed_although_no_file_changes(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    gain = analysed(workspace, dataset).verdicts().deciding.difference
    nearly = round((gain.low + gain.estimate) / 2, 4)
    locking.lock(workspace, dataclasses.replace(before, least_gain=nearly, stop_date="2026-04-01"))
    found = analysed(workspace, dataset)
    assert found.decision(datetime.date(2026, 4, 1)).value == "extend"
    assert found.decision(datetime.date(2026, 4, 2)).value == "stop"
