"""Results are judged by the success criteria that were agreed on."""

import dataclasses
import datetime

from example_annotation import judge_all
from example_poc import PRICES, analysed, complete, sentence

from kdmcse import annotation, cost
from kdmcse.criteria import locking
from kdmcse.i18n import Locale
from kdmcse.presentation.criteria import line_sentence
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


def test_effort_in_hours_is_that_of_the_scenario_marked_for_the_criteria(workspace, dataset):
    """100 pairs, 36 seconds, 2 people are 2 hours of judging; 5 days are 40."""
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    annotation.propose(workspace, dataset, 30)
    judge_all((workspace, dataset), "Aiko", [3] * 5)
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, most_hours=41))
    found = analysed(workspace, dataset)
    (hours,) = (line for line in found.decision(TODAY).lines if line.name == "hours")
    assert hours.state == "unknown", "judging alone is not all the effort"
    case = default_scenario(found.results, "Plain")
    work = {"pairs": 100, "seconds_per_judgement": 36, "annotators": 2, "engineering_days": 5}
    case = dataclasses.replace(case, effort=dataclasses.replace(case.effort, **work))
    kept = scenario_store.save(workspace, dataset.fingerprint, case)
    scenario_store.mark_for_criteria(workspace, dataset.fingerprint, kept.id, found.results.criteria.digest)
    found = analysed(workspace, dataset)
    (hours,) = (line for line in found.decision(TODAY).lines if line.name == "hours")
    assert (known(found).effort_hours, hours.state) == (42, "not_met")
    assert "42" in line_sentence(Locale("en"), hours)


def test_a_score_that_was_agreed_on_and_not_measured_leaves_the_gain_unknown(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, primary="judged_spearman"))
    found = analysed(workspace, dataset)
    assert found.verdicts().metric == "sts_spearman" and known(found).gain is None
    assert found.decision(TODAY).value == "extend"
    assert known(found).unmeasurable == "not_judged" and found.next_step(TODAY) == "judge_pairs"
    annotation.propose(workspace, dataset, 30)
    judge_all((workspace, dataset), "Aiko", [3, 3])
    found = analysed(workspace, dataset)
    assert known(found).unmeasurable == "few_judged" and found.next_step(TODAY) == "judge_pairs"
    judge_all((workspace, dataset), "Aiko", [1])
    found = analysed(workspace, dataset)
    assert found.verdicts().metric == "judged_spearman" and known(found).unmeasurable is None
    (score,) = (line for line in found.decision(TODAY).lines if line.name == "score")
    assert score.code == "no_interval", "it is known, on three pairs"
    locking.lock(workspace, dataclasses.replace(before, primary="caption_to_image_ndcg_at_10"))
    found = analysed(workspace, dataset)
    assert known(found).unmeasurable == "no_image_search" and found.next_step(TODAY) == "other_score"


def test_a_stop_date_that_passes_at_midnight_is_noticed_although_no_file_changes(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    gain = analysed(workspace, dataset).verdicts().deciding.difference
    nearly = round((gain.low + gain.estimate) / 2, 4)
    locking.lock(workspace, dataclasses.replace(before, least_gain=nearly, stop_date="2026-04-01"))
    found = analysed(workspace, dataset)
    assert found.decision(datetime.date(2026, 4, 1)).value == "extend"
    assert found.decision(datetime.date(2026, 4, 2)).value == "stop"
    days = (datetime.date(2026, 4, 1), datetime.date(2026, 4, 2))
    assert [found.next_step(day) for day in days] == ["enter_prices", "report"], "after a stop nothing more is entered"
