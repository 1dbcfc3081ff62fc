"""Results are judged by the success criteria that were agreed on."""

import dataclasses
import datetime
from types import SimpleNamespace

import numpy as np
from example_annotation import judge_all
from example_poc import PRICES, agreed, analysed, complete, config, evaluated, sentence

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
    return findings_room.findings(found.results, found.verdicts(), found.costs(), found.kpis(), today)


# Success criteria


def test_the_criteria_name_baseline_and_score_and_decide(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    terms = dataclasses.replace(before, baseline="mcse", primary="sts_pearson", least_pairs=50, stage=1)
    locking.lock(workspace, terms)
    found = analysed(workspace, dataset)
    assert (found.verdicts().baseline, found.verdicts().metric) == ("mcse", "sts_pearson")
    assert found.verdicts().deciding == found.verdicts().against["mcse"]
    said = sentence(found, "en")
    assert "better than MCSE" in said and "(STS Pearson)" in said
    assert found.decision(TODAY).locked.criteria == terms
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
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, currency="USD"))
    assert money() == "met", "what the effort costs is in the scenario's own currency"
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
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
    assert [(step.name, step.code) for step in found.decision(TODAY).steps] == [("score", "not_judged")]
    assert known(found).seeds == 3 and known(found).rows is None, "KDMCSE was trained, on whatever it was measured"
    annotation.propose(workspace, dataset, 30)
    judge_all((workspace, dataset), "Aiko", [3, 3])
    found = analysed(workspace, dataset)
    assert known(found).unmeasurable == "few_judged" and found.next_step(TODAY) == "judge_pairs"
    judge_all((workspace, dataset), "Aiko", [1])
    found = analysed(workspace, dataset)
    assert found.verdicts().metric == "judged_spearman" and known(found).unmeasurable is None
    assert found.verdicts().instead_of is None
    (score,) = (line for line in found.decision(TODAY).lines if line.name == "score")
    assert score.code == "no_interval", "it is known, on three pairs"
    locking.lock(workspace, dataclasses.replace(before, primary="caption_to_image_ndcg_at_10"))
    found = analysed(workspace, dataset)
    assert known(found).unmeasurable == "no_image_search" and found.next_step(TODAY) == "other_score"


def test_who_judged_in_the_app_says_nothing_of_another_score(workspace, dataset):
    complete(workspace, dataset)
    found = analysed(workspace, dataset)
    results = dataclasses.replace(found.results, agreement=SimpleNamespace(kappa=0.7))
    for metric, told in (("sts_spearman", (None, None)), ("judged_spearman", (results.effort.annotators, 0.7))):
        verdicts = dataclasses.replace(found.verdicts(), metric=metric)
        one = findings_room.findings(results, verdicts, found.costs(), {}, TODAY)
        assert (one.annotators, one.kappa) == told


def test_a_baseline_that_was_trained_once_decides_nothing_and_ends_nothing(workspace, dataset):
    """Nothing that was agreed can be reached any more, as far as one training of MCSE tells."""
    far = {"least_gain": 0.9, "stop_below": 0.9, "least_saving": 1e8, "currency": "JPY"}
    agreed(workspace, dataset, baseline="mcse", **far)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    evaluated(workspace, dataset, config(dataset, "mcse"), 0.5, separation=0.1)
    for seed in range(3):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed), 0.775, separation=0.4)
    found = analysed(workspace, dataset)
    assert found.verdicts().deciding.reason == found.costs().verdict.reason == "one_seed"
    assert found.costs().saving_verdict == "not_decisive" and found.costs().verdict.difference.seeds == 1
    assert known(found).gain_rows_only and known(found).saving_rows_only
    assert found.decision(TODAY).value == "extend"
    evaluated(workspace, dataset, config(dataset, "mcse", 1), 0.5, separation=0.1)
    found = analysed(workspace, dataset)
    assert found.costs().verdict.reason != "one_seed" and found.decision(TODAY).value == "stop"


def test_a_training_without_a_judged_score_is_told_from_a_method_without_one(workspace, dataset):
    runs = complete(workspace, dataset, seeds=(0, 1))
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, primary="judged_spearman"))
    annotation.propose(workspace, dataset, 30)
    judge_all((workspace, dataset), "Aiko", [0, 1, 2, 3, 4, 5] * 4)
    assert analysed(workspace, dataset).verdicts().metric == "judged_spearman"
    file = runs["kdmcse"][1].folder / "evaluation" / "embeddings.npy"
    np.save(file, np.ones_like(np.load(file)))
    assert "could not be measured for every training" in sentence(analysed(workspace, dataset), "en")


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
