"""A proof of concept, gathered from its workspace."""

import dataclasses
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from example_poc import PRICES, complete, config, evaluated, finish, import_example, seconds_of

from kdmcse import config as config_room
from kdmcse import cost, i18n, metrics, stats
from kdmcse.config import BASELINE, LADDER, METHODS, TrainingConfig, choices_of
from kdmcse.criteria import locking
from kdmcse.engine.runs import create
from kdmcse.errors import UserError
from kdmcse.presentation import results as telling
from kdmcse.results import results
from kdmcse.results.outlook import proposed
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "sources")


def test_nothing_imported(workspace):
    found = results.gather(workspace, None)
    assert (found.stage, found.next_step, found.verdict) == ("empty", "import_data", None)
    assert found.scores.empty and found.notice("en") is None
    assert found.sentence("en") == "There is no data yet."


def test_an_unknown_dataset_is_refused(workspace):
    with pytest.raises(UserError):
        results.gather(workspace, "nowhere")


def test_data_without_a_run(workspace, dataset):
    found = results.gather(workspace, dataset.fingerprint)
    assert (found.stage, found.next_step) == ("data", "start_training")
    assert found.verdict is None and found.recipes == () and found.costs == {}


def test_runs_that_wait(workspace, dataset):
    create(workspace, config(dataset, BASELINE))
    run = create(workspace, config(dataset, "kdmcse"))
    found = results.gather(workspace, dataset.fingerprint)
    assert (found.stage, found.next_step) == ("running", "wait")
    assert run in found.in_progress and len(found.in_progress) == 2
    assert found.statuses[run.id] == "queued"


def test_a_complete_one_says_what_it_found_with_the_numbers_that_carry_it(workspace, dataset):
    complete(workspace, dataset)
    found = results.gather(workspace, dataset.fingerprint)
    assert (found.stage, found.next_step, found.metric) == ("evaluated", "enter_prices", "sts_spearman")
    assert (found.verdict.verdict, found.verdict.difference.rows) == ("better", 60)
    assert found.methods == [BASELINE, *LADDER]
    assert found.spread("kdmcse", "sts_spearman") == pytest.approx((0.775, 0.77, 0.78), abs=5e-4)
    assert found.verdict.candidate.estimate == pytest.approx(np.mean(found.values("kdmcse", "sts_spearman")))
    low, high = (telling.gain(end, "en") for end in (found.verdict.difference.low, found.verdict.difference.high))
    assert found.sentence("en").startswith(
        "KDMCSE is better than today's student: STS Spearman 0.775 (mean of 3 trainings) against 0.290, a difference of "
        f"+0.485 (95% interval {low} to {high}), on 60 held-out sentence pairs. It is better than MCSE (0.760; difference +0.015"
    )
    for number in ("0.775", "0.290", "+0.485", low, high, "60"):
        assert number in found.sentence("ja")


def test_prices_turn_mistakes_into_money(workspace, dataset):
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.next_step == "report"
    assert set(found.costs) == {BASELINE, *LADDER}
    kdmcse, today = (np.mean(found.values(method, "monthly_cost")) for method in ("kdmcse", BASELINE))
    assert found.cost("kdmcse").estimate == pytest.approx(kdmcse)
    assert found.saving == pytest.approx(today - kdmcse) and found.saving > 0
    assert found.cost_verdict.verdict == "better"
    assert i18n.money(kdmcse, "JPY", "en") in found.sentence("en")
    assert i18n.money(found.saving, "JPY", "ja") in found.sentence("ja")
    for run in runs["kdmcse"]:
        row = found.scores.set_index("run").loc[run.id]
        assert row["monthly_cost"] == found.estimates[run.id].monthly_cost
        assert row["threshold"] == found.estimates[run.id].threshold, "each model has its own"
    assert found.scores.loc[found.scores["method"] == "kdmcse", "threshold"].nunique() == 3


def test_a_cost_that_cannot_be_calculated_is_a_problem_to_look_at_and_hides_nothing_else(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", decisions=2)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = results.gather(workspace, dataset.fingerprint)
    assert (found.cost_problem.code, found.next_step) == ("one_class_only", "look_at_cost")
    assert found.verdict.verdict == "better" and found.saving is None and "month" not in found.sentence("en")


def test_few_decisions_are_said_to_be_few(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", decisions=18)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = results.gather(workspace, dataset.fingerprint)
    assert "18 decisions only" in found.sentence("en") and found.cost_verdict.reason == "few_rows"


def score_kdmcse(workspace, dataset, scores, baseline=0.5):
    evaluated(workspace, dataset, config(dataset, BASELINE), baseline)
    for seed, score in enumerate(scores):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed), score)
    return results.gather(workspace, dataset.fingerprint)


@pytest.mark.parametrize(
    "scores, value, reason, told",
    [
        (
            [0.11, 0.1, 0.09],
            "worse",
            "interval_excludes_zero",
            "KDMCSE is worse than today's student: STS Spearman 0.100",
        ),
        ([0.4, 0.6], "not_decisive", "interval_includes_zero", "STS Spearman 0.500 (trainings: 2) against 0.500"),
        ([0.9], "not_decisive", "one_seed", "more seeds first"),
        ([0.9, None], "not_decisive", "undefined", "could not be measured for every training"),
        ([None, None], "not_decisive", "undefined", "KDMCSE has no score on STS Spearman"),
    ],
)
def test_whatever_the_scores_are_the_verdict_is_plain(workspace, dataset, scores, value, reason, told):
    found = score_kdmcse(workspace, dataset, scores)
    if scores == [None, None]:
        assert found.metric == "sts_spearman", "today's student has it"
    assert (found.verdict.verdict, found.verdict.reason) == (value, reason)
    assert told in found.sentence("en")
    assert found.sentence("ja") and found.headline("ja")


def test_without_the_untouched_student_nothing_is_compared(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.9)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.verdict.reason == "not_measured" and "no score on STS Spearman for today's student" in found.sentence(
        "en"
    )


def test_few_pairs_decide_nothing(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", sts=12)
    found = score_kdmcse(workspace, dataset, [0.8, 0.9])
    assert found.verdict.reason == "few_rows" and found.verdict.verdict == "not_decisive"
    assert found.verdict.difference.low is not None, "the interval is shown all the same"
    assert "on 12 held-out sentence pairs" in found.sentence("en") and "too few to decide" in found.sentence("en")


def test_without_human_judgements_the_search_for_captions_carries_the_verdict(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", sts=0)
    found = score_kdmcse(workspace, dataset, [None, None], baseline=None)
    assert found.metric == "caption_to_caption_ndcg_at_10"
    assert found.verdict.difference.rows == len(dataset.pairs[dataset.pairs["held_out"]])
    assert found.verdict.difference.units == dataset.pairs.loc[dataset.pairs["held_out"], "group"].nunique()
    assert found.verdict.candidate.estimate is not None


def test_a_score_that_a_run_does_not_have_is_missing_and_not_zero(workspace, dataset):
    complete(workspace, dataset)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.values(BASELINE, "caption_to_image_recall_at_1") == [None]
    assert found.spread(BASELINE, "caption_to_image_recall_at_1") == (None, None, None)


def test_only_runs_of_one_recipe_are_compared(workspace, dataset):
    complete(workspace, dataset)
    longer = TrainingConfig(epochs=20)
    late = [evaluated(workspace, dataset, config(dataset, "kdmcse", seed, training=longer), 0.9) for seed in (0, 1)]
    create(workspace, config(dataset, "kdmcse", 7, training=TrainingConfig(epochs=30)))
    found = results.gather(workspace, dataset.fingerprint)
    assert set(found.scores["run"]) == {run.id for run in late} | {found.compared[0].id}
    assert found.compared[0].config.method == BASELINE, "the untouched student belongs to every recipe"
    assert (len(found.recipes), found.recipe.training.epochs, found.recipe.runs) == (3, 20, 2)
    assert "has not been compared with MCSE and SimCSE yet" in found.sentence("en")
    first = found.recipes[0]
    again = results.gather(workspace, dataset.fingerprint, recipe=first.id)
    assert (again.recipe.id, again.spread("kdmcse", "sts_spearman")[0]) == (first.id, pytest.approx(0.775, abs=5e-4))
    with pytest.raises(UserError, match=first.id):
        results.gather(workspace, dataset.fingerprint, recipe="unheard-of")


def test_methods_beyond_the_ladder_are_compared_where_they_were_asked_for_and_never_missed(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, BASELINE), 0.3)
    for seed in (0, 1):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed), 0.7 + seed / 100)
        evaluated(workspace, dataset, config(dataset, "gist", seed), 0.8 + seed / 100)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.methods == [BASELINE, "kdmcse", "gist"] and found.rivals == [BASELINE, "simcse", "mcse", "gist"]
    assert (found.verdict.verdict, found.verdicts["gist"].verdict) == ("better", "worse")
    told = found.sentence("en")
    assert "It is worse than GIST (0.805; difference -0.100, 95% interval" in told
    assert "not been compared with MCSE and SimCSE yet" in told and "DALR" not in told
    create(workspace, config(dataset, "dalr"))
    found = results.gather(workspace, dataset.fingerprint)
    assert "not been compared with MCSE, SimCSE and DALR yet" in found.sentence("en")
    assert "MCSE、SimCSE、DALR とはまだ" in found.sentence("ja")


def test_seeds_of_two_teachers_are_never_thrown_together(workspace, dataset):
    complete(workspace, dataset)
    other = evaluated(workspace, dataset, config(dataset, "kdmcse", 0, teacher="another"), 0.1)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.recipe.teacher == "another"
    assert found.values("kdmcse", "sts_spearman") == pytest.approx([0.1], abs=5e-4)
    assert len(found.values("simcse", "sts_spearman")) == 3, "SimCSE has no teacher: it is compared with both"
    assert other in found.compared and found.values("mcse", "sts_spearman") == []


def test_runs_on_a_part_of_the_data_are_listed_and_never_compared(workspace, dataset):
    complete(workspace, dataset)
    before = results.gather(workspace, dataset.fingerprint)
    part = TrainingConfig(data_share=0.25)
    parts = [evaluated(workspace, dataset, config(dataset, "kdmcse", seed, training=part), 0.3) for seed in (0, 1)]
    waiting = create(workspace, config(dataset, "kdmcse", 2, training=part))
    found = results.gather(workspace, dataset.fingerprint)
    assert {run.id for run in (*parts, waiting)} <= {run.id for run in found.runs}
    assert [run.id for run in found.compared] == [run.id for run in before.compared]
    assert found.recipe == before.recipe and len(found.recipes) == 1
    assert found.verdicts == before.verdicts and found.scores.equals(before.scores)
    assert not found.in_progress and not found.unfinished
    with pytest.raises(UserError):
        results.gather(workspace, dataset.fingerprint, recipe=waiting.config.recipe)


def test_runs_on_a_part_of_the_data_alone_are_no_proof(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, "kdmcse", training=TrainingConfig(data_share=0.25)), 0.3)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.stage == "data" and not found.compared and not found.recipes


def test_another_student_has_another_baseline(workspace, dataset):
    complete(workspace, dataset)
    evaluated(workspace, dataset, config(dataset, "kdmcse", student="bigger"), 0.9)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.recipe.student == "bigger" and found.verdict.reason == "not_measured"


def test_runs_that_did_not_finish_are_named_and_not_counted(workspace, dataset):
    complete(workspace, dataset)
    failed = finish(create(workspace, config(dataset, "kdmcse", 3)), "failed")
    waiting = create(workspace, config(dataset, "mcse", 3))
    never_evaluated = finish(create(workspace, config(dataset, "simcse", 3)))
    found = results.gather(workspace, dataset.fingerprint)
    assert found.unfinished == (never_evaluated, failed) and found.in_progress == (waiting,)
    assert "not counted: 2" in found.sentence("en") and "at work: 1" in found.sentence("en")


def test_made_up_data_is_called_that_everywhere(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", synthetic=True)
    found = results.gather(workspace, dataset.fingerprint)
    assert "proves nothing" in found.notice("en") and "架空" in found.notice("ja")


def test_gathering_ten_runs_with_their_costs_is_done_in_an_instant(workspace, dataset):
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    assert len(results.gather(workspace, dataset.fingerprint).runs) == 10
    assert seconds_of(lambda: results.gather(workspace, dataset.fingerprint).sentence("en")) < 0.5


def test_gathering_loads_nothing_heavy(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.9)
    program = (
        "import sys; from pathlib import Path; from kdmcse.results import results; from kdmcse.store.workspace import Workspace;"
        f"results.gather(Workspace(Path({str(workspace.path)!r})), {dataset.fingerprint!r}).sentence('ja');"
        "print(*{'torch', 'umap', 'mteb', 'sklearn', 'transformers', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_step_metric_and_method_has_words():
    wanted = [f"poc.next.{step}" for step in results.NEXT_STEPS] + [
        f"poc.metric.{metric.name}" for metric in metrics.SCORES
    ]
    methods = (BASELINE, *METHODS)
    wanted += [f"poc.{table}.{method}" for table in ("method", "method_help") for method in methods]
    wanted += [f"report.setting.{field.name}" for field in dataclasses.fields(TrainingConfig)]
    words_of_settings = {word for field in dataclasses.fields(TrainingConfig) for word in choices_of(field)}
    wanted += [f"report.value.{word}" for word in ("auto", "off", *words_of_settings)]
    wanted += [f"cost.price.{field.name}" for field in dataclasses.fields(cost.Prices)]
    assert set(wanted) <= set(i18n.sentences("en"))


def test_every_setting_is_in_one_group_and_a_group_of_one_method_is_named_like_it():
    grouped = [name for names in config_room.SETTING_GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(field.name for field in dataclasses.fields(TrainingConfig))
    assert {"kdmcse", "gist", "dalr"} == {*config_room.SETTING_GROUPS} & {*METHODS}


def decided(value):
    """A comparison with that verdict."""
    rng = np.random.default_rng(0)
    gain = {"better": 1.0, "worse": -1.0, "not_decisive": 0.0}[value]
    baseline = rng.normal(size=50)
    found = stats.compare(stats.Mean(), baseline + gain + rng.normal(0, 0.1, (2, 50)) * (gain != 0), baseline)
    assert found.verdict == value
    return found


@pytest.mark.parametrize(
    ("score", "cost_", "expected"),
    [
        ("better", None, "better"), ("better", "better", "better"), ("better", "not_decisive", "better"),
        ("better", "worse", "not_decisive"), ("worse", "better", "not_decisive"), ("worse", "worse", "worse"),
        ("not_decisive", "better", "not_decisive"), ("not_decisive", None, "not_decisive"),
    ],
)  # fmt: skip
def test_score_and_cost_pay_off_together_and_a_contradiction_decides_nothing(monkeypatch, score, cost_, expected):
    found = results.Poc(dataset=object())
    monkeypatch.setattr(results.Poc, "stage", "evaluated")
    monkeypatch.setattr(results.Poc, "verdicts", {BASELINE: decided(score)})
    monkeypatch.setattr(results.Poc, "cost_verdict", cost_ and decided(cost_))
    assert found.payoff == expected
    if "not_decisive" not in (score, cost_) and cost_:
        assert found.payoff_headline("en") == i18n.say(f"poc.payoff.score_{score}_cost_{cost_}", "en")
    else:
        assert found.payoff_headline("ja") == found.headline("ja")


def test_a_difference_in_cost_that_is_chance_is_not_decisive(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.cost_verdict.reason == "interval_excludes_zero"
    by_chance = {
        run: table.assign(cosine=np.random.default_rng(i).random(len(table)))
        for i, (run, table) in enumerate(found.decided.items())
    }
    assert dataclasses.replace(found, decided=by_chance).cost_verdict.verdict == "not_decisive"


# Evidence


def test_what_was_computed_once_is_read_and_what_changed_is_computed_again(workspace, dataset, monkeypatch):
    runs = complete(workspace, dataset)
    first = results.gather(workspace, dataset.fingerprint).verdicts
    kept = set(workspace.evidence.iterdir())
    with monkeypatch.context() as idle:
        idle.setattr(stats, "compare", None)
        assert results.gather(workspace, dataset.fingerprint).verdicts == first
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0), 0.5)
    assert runs["kdmcse"][0].config.seed == 0
    assert results.gather(workspace, dataset.fingerprint).verdicts != first
    assert set(workspace.evidence.iterdir()) > kept, "nothing that was kept is lost"


def test_models_are_priced_on_the_decisions_that_all_of_them_judged(workspace, dataset):
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    path = runs["kdmcse"][0].folder / "evaluation" / "decisions.parquet"
    judged = pd.read_parquet(path)
    judged.iloc[:-3].sample(frac=1, random_state=0).to_parquet(path, index=False)
    found = results.gather(workspace, dataset.fingerprint)
    assert {len(table) for table in found.decided.values()} == {len(judged) - 3}
    assert found.cost_verdict.difference.rows == len(judged) - 3
    ours = found.decided[runs["kdmcse"][0].id].set_index("row")["cosine"]
    assert ours.equals(judged.set_index("row")["cosine"].loc[ours.index]), "each decision keeps its own cosine"


def test_what_costs_might_be_is_drawn_once_and_again_where_a_price_or_a_cosine_changed(workspace, dataset, monkeypatch):
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    first = results.gather(workspace, dataset.fingerprint).cost_comparison
    with monkeypatch.context() as idle:
        idle.setattr(cost.bootstrap.Bootstrap, "of", None)
        again = results.gather(workspace, dataset.fingerprint).cost_comparison
    assert again.table.equals(first.table) and again.curves.equals(first.curves)
    [kept] = workspace.evidence.glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    assert results.gather(workspace, dataset.fingerprint).cost_comparison.table.equals(first.table), "damage is mended"
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, false_match=301))
    dearer = results.gather(workspace, dataset.fingerprint)
    assert not dearer.cost_comparison.table.equals(first.table)
    by_chance = {run: table.assign(cosine=table["cosine"] / 2) for run, table in dearer.decided.items()}
    assert dataclasses.replace(dearer, decided=by_chance).cost_comparison.table is not None
    assert len(list(workspace.evidence.glob("*.npz"))) == 3


def test_several_comparisons_at_once_are_held_to_a_stricter_rule_and_the_agreed_one_is_not(workspace, dataset):
    complete(workspace, dataset)
    found = results.gather(workspace, dataset.fingerprint)
    assert found.verdict.p_adjusted is None
    others = [one for method, one in found.verdicts.items() if method != BASELINE]
    assert all(one.p_adjusted >= one.p_value for one in others) and any(one.p_adjusted > one.p_value for one in others)
    assert set(found.gains) == set(LADDER) and all(one.p_adjusted is not None for one in found.gains.values())


# The contract


def test_the_contract_names_baseline_and_score_and_decides(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    agreed = dataclasses.replace(before, baseline="mcse", primary="sts_pearson", least_pairs=50, stage=1)
    locking.lock(workspace, agreed)
    found = results.gather(workspace, dataset.fingerprint)
    assert (found.against, found.metric) == ("mcse", "sts_pearson")
    assert found.verdict == found.verdicts["mcse"]
    assert "than MCSE: STS Pearson" in found.sentence("en")
    assert found.decision.locked.criteria == agreed
    assert found.findings.gain == found.verdict.difference.estimate and found.findings.rows == 60


def test_effort_in_money_is_that_of_the_scenario_marked_for_the_contract(workspace, dataset):
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, most_money=1e6, currency="JPY"))
    found = results.gather(workspace, dataset.fingerprint)
    case = proposed(found, "Plain")
    case = dataclasses.replace(case, effort=dataclasses.replace(case.effort, engineering_days=5, day_rate=60_000))
    kept = scenario_store.save(workspace, dataset.fingerprint, case)

    def money() -> str:
        lines = results.gather(workspace, dataset.fingerprint).decision.lines
        return next(line.state for line in lines if line.name == "money")

    assert money() == "unknown", "no scenario is marked"
    scenario_store.mark_contract(workspace, dataset.fingerprint, kept.id, found.contract.digest)
    assert results.gather(workspace, dataset.fingerprint).findings.effort_money == case.effort.one_off
    assert money() == "met"
    dear = dataclasses.replace(
        case, contract=found.contract.digest, effort=dataclasses.replace(case.effort, engineering_days=50)
    )
    scenario_store.save(workspace, dataset.fingerprint, dear, id=kept.id, seen=2)
    assert money() == "not_met"
    locking.lock(workspace, dataclasses.replace(found.contract.criteria, most_money=9e9))
    assert money() == "unknown", "another contract needs a scenario of its own"
    (workspace.path / "scenarios" / dataset.fingerprint / kept.id / "0001.json").write_text("{")
    assert money() == "unknown", "a damaged scenario stops no page but its own"


def test_a_score_that_was_agreed_on_and_not_measured_leaves_the_gain_unknown(workspace, dataset):
    complete(workspace, dataset)
    before = locking.current(workspace, dataset.fingerprint).criteria
    locking.lock(workspace, dataclasses.replace(before, primary="judged_spearman"))
    found = results.gather(workspace, dataset.fingerprint)
    assert found.metric == "sts_spearman" and found.findings.gain is None
    assert found.decision.value == "extend"
