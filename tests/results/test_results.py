"""What runs, prices and success criteria come to, in words that a person who decides can read."""

import dataclasses
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from example_poc import (
    PRICES,
    analysed,
    complete,
    config,
    evaluated,
    import_example,
    seconds_of,
    sentence,
)

from kdmcse import cost, i18n, metrics, stats
from kdmcse.config import BASELINE, HEEDED_BY, LADDER, METHODS, SETTING_GROUPS, TrainingConfig
from kdmcse.engine.runs import create
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation.results import headline, notice, payoff, payoff_headline
from kdmcse.results import findings as findings_room
from kdmcse.results.analysis import Analysis
from kdmcse.results.choices import Choice, Option
from kdmcse.results.comparison import Verdicts
from kdmcse.results.costs import Costs
from kdmcse.results.results import load_results
from kdmcse.results.scores import seed_values
from kdmcse.store.files import write_json
from kdmcse.validation import choices_of


def of_method(found: Analysis, method: str, column: str) -> list[float]:
    return seed_values(found.scores(), method, column)


def test_an_unknown_dataset_is_refused(workspace):
    with pytest.raises(UserError):
        load_results(workspace, "nowhere")


def test_data_without_a_run(workspace, dataset):
    found = analysed(workspace, dataset)
    assert (found.results.stage, found.next_step()) == ("data", "start_training")
    assert found.verdicts().deciding is None and found.results.recipes == () and found.costs() == Costs()


def test_the_time_of_one_training_is_of_a_method_or_of_any_and_never_of_todays_student(workspace, dataset):
    complete(workspace, dataset)
    results = analysed(workspace, dataset).results
    took = {"kdmcse": (60.0, 90.0, None), BASELINE: (1.0,)}
    runs = [run for method, times in took.items() for run in results.of_method(method)[: len(times)]]
    timed = [dataclasses.replace(run, seconds=took[run.config.method][run.config.seed]) for run in runs]
    results = dataclasses.replace(results, evaluated=tuple(timed))
    assert results.training_seconds("kdmcse") == results.any_training_seconds == 75
    assert results.training_seconds(BASELINE) == 1 and results.training_seconds("mcse") is None


def test_runs_that_wait(workspace, dataset):
    create(workspace, config(dataset, BASELINE))
    run = create(workspace, config(dataset, "kdmcse"))
    found = analysed(workspace, dataset)
    assert (found.results.stage, found.next_step()) == ("running", "wait")
    assert run in found.results.in_progress and len(found.results.in_progress) == 2


def test_a_complete_one_says_what_it_found_with_the_numbers_that_carry_it(workspace, dataset):
    complete(workspace, dataset)
    found = analysed(workspace, dataset)
    assert (found.results.stage, found.next_step(), found.verdicts().metric) == (
        "evaluated",
        "enter_prices",
        "sts_spearman",
    )
    assert (found.verdicts().deciding.verdict, found.verdicts().deciding.difference.rows) == ("better", 60)
    assert found.results.methods == [BASELINE, *LADDER]
    assert of_method(found, "kdmcse", "sts_spearman") == pytest.approx([0.77, 0.775, 0.78], abs=5e-4)
    assert found.verdicts().deciding.candidate.estimate == pytest.approx(
        np.mean(of_method(found, "kdmcse", "sts_spearman"))
    )
    difference = found.verdicts().deciding.difference
    low, high = (Locale("en").signed(end, 3) for end in (difference.low, difference.high))
    assert sentence(found, "en").startswith(
        "The new model (KDMCSE) is better than the current model. Its agreement with people's ratings (STS Spearman) is 0.775 instead "
        f"of 0.290: a difference of +0.485 (95% interval {low} to {high}), measured on 60 held-out sentence pairs, mean of 3 trainings. "
        "It is better than MCSE (0.760; difference +0.015"
    )
    for number in ("0.775", "0.290", "+0.485", low, high, "60"):
        assert number in sentence(found, "ja")


def test_prices_turn_mistakes_into_money(workspace, dataset):
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset)
    assert found.next_step() == "report"
    assert set(found.costs().methods) == {BASELINE, *LADDER}
    costs = {method: [found.costs().estimates[run.id].monthly_cost for run in runs[method]] for method in runs}
    kdmcse, today = (np.mean(costs[method]) for method in ("kdmcse", BASELINE))
    assert found.costs().cost("kdmcse").estimate == pytest.approx(kdmcse)
    assert found.costs().saving == pytest.approx(today - kdmcse) and found.costs().saving > 0
    assert found.costs().verdict.verdict == "better"
    assert i18n.Locale("en").money(kdmcse, "JPY") in sentence(found, "en")
    assert i18n.Locale("ja").money(found.costs().saving, "JPY") in sentence(found, "ja")
    thresholds = {found.costs().estimates[run.id].threshold for run in runs["kdmcse"]}
    assert len(thresholds) == 3, "each training has its own"


def test_a_cost_that_cannot_be_calculated_is_a_problem_to_look_at_and_hides_nothing_else(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", decisions=2)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset)
    assert (found.costs().problem.code, found.next_step()) == ("one_class_only", "look_at_cost")
    assert (
        found.verdicts().deciding.verdict == "better"
        and found.costs().saving is None
        and "month" not in sentence(found, "en")
    )


def test_few_decisions_are_said_to_be_few(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", decisions=18)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset)
    assert "18 decisions only" in sentence(found, "en") and found.costs().verdict.reason == "few_rows"


def score_kdmcse(workspace, dataset, scores, baseline=0.5):
    evaluated(workspace, dataset, config(dataset, BASELINE), baseline)
    for seed, score in enumerate(scores):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed), score)
    return analysed(workspace, dataset)


@pytest.mark.parametrize(
    "scores, value, reason, told",
    [
        (
            [0.11, 0.1, 0.09],
            "worse",
            "interval_excludes_zero",
            "Its agreement with people's ratings (STS Spearman) is 0.100",
        ),
        ([0.4, 0.6], "not_decisive", "interval_includes_zero", "(STS Spearman) is 0.500 against 0.500"),
        ([0.9], "not_decisive", "one_seed", "trained only once"),
        ([0.9, None], "not_decisive", "undefined", "could not be measured for every training"),
        ([None, None], "not_decisive", "undefined", "For the new model (KDMCSE), agreement with people's ratings"),
    ],
)
def test_whatever_the_scores_are_the_verdict_is_plain(workspace, dataset, scores, value, reason, told):
    found = score_kdmcse(workspace, dataset, scores)
    if scores == [None, None]:
        assert found.verdicts().metric == "sts_spearman", "today's student has it"
    assert (found.verdicts().deciding.verdict, found.verdicts().deciding.reason) == (value, reason)
    assert told in sentence(found, "en")
    assert sentence(found, "ja") and headline(Locale("ja"), found.results, found.verdicts())


def test_without_the_untouched_student_nothing_is_compared(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.9)
    found = analysed(workspace, dataset)
    assert (
        found.verdicts().deciding.reason == "not_measured"
        and "For the current model, agreement with people's ratings (STS Spearman) has not been measured"
        in sentence(found, "en")
    )


def test_few_pairs_decide_nothing(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", sts=12)
    found = score_kdmcse(workspace, dataset, [0.8, 0.9])
    assert found.verdicts().deciding.reason == "few_rows" and found.verdicts().deciding.verdict == "not_decisive"
    assert found.verdicts().deciding.difference.low is not None, "the interval is shown all the same"
    assert "on 12 held-out sentence pairs" in sentence(found, "en") and "too few to decide" in sentence(found, "en")


def test_without_human_judgements_the_search_for_captions_carries_the_verdict(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", sts=0)
    found = score_kdmcse(workspace, dataset, [None, None], baseline=None)
    assert found.verdicts().metric == "caption_to_caption_ndcg_at_10"
    assert found.verdicts().deciding.difference.rows == len(dataset.pairs[dataset.pairs["held_out"]])
    assert found.verdicts().deciding.difference.units == dataset.pairs.loc[dataset.pairs["held_out"], "group"].nunique()
    assert found.verdicts().deciding.candidate.estimate is not None


def test_a_score_that_a_run_does_not_have_is_missing_and_not_zero(workspace, dataset):
    complete(workspace, dataset)
    found = analysed(workspace, dataset)
    assert of_method(found, BASELINE, "caption_to_image_recall_at_1") == []
    assert found.intervals.interval(BASELINE, "caption_to_image_recall_at_1").estimate is None


def test_made_up_data_is_called_that_everywhere(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", synthetic=True)
    found = analysed(workspace, dataset)
    assert "proves nothing" in notice(Locale("en"), found.results) and "架空" in notice(Locale("ja"), found.results)


def test_ten_runs_are_loaded_and_analysed_with_their_costs_in_an_instant(workspace, dataset):
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    assert len(analysed(workspace, dataset).results.runs) == 10
    assert seconds_of(lambda: sentence(analysed(workspace, dataset), "en")) < 0.5


@pytest.mark.slow
def test_results_are_loaded_and_told_without_a_heavy_library(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.9)
    program = (
        "import sys; from kdmcse.results.analysis import Analysis; from kdmcse.results.results import load_results;"
        "from kdmcse.presentation.results import result_sentences; from kdmcse.i18n import Locale;"
        f"from kdmcse.store.workspace import Workspace; workspace = Workspace({str(workspace.path)!r});"
        f"found = Analysis(load_results(workspace, {dataset.fingerprint!r}));"
        "result_sentences(Locale('ja'), found.results, found.verdicts(), found.costs());"
        "print(*{'torch', 'umap', 'mteb', 'sklearn', 'transformers', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_step_metric_and_method_has_words():
    wanted = [f"results.next.{step}" for step in findings_room.NEXT_STEPS] + [
        f"results.metric.{metric.name}" for metric in (*metrics.SCORES, metrics.JUDGED)
    ]
    methods = (BASELINE, *METHODS)
    wanted += [f"results.{table}.{method}" for table in ("method", "method_help") for method in methods]
    wanted += [f"report.setting.{field.name}" for field in dataclasses.fields(TrainingConfig)]
    words_of_settings = {word for field in dataclasses.fields(TrainingConfig) for word in choices_of(field.type)}
    wanted += [f"report.value.{word}" for word in ("auto", "off", *words_of_settings)]
    wanted += [f"cost.price.{field.name}" for field in dataclasses.fields(cost.Prices)]
    assert set(wanted) <= set(i18n.sentences("en"))


def test_every_setting_is_in_one_group_and_a_group_of_some_methods_names_them():
    grouped = [name for names in SETTING_GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(field.name for field in dataclasses.fields(TrainingConfig))
    assert {*HEEDED_BY} <= {*SETTING_GROUPS} and {*sum(HEEDED_BY.values(), ())} <= {*METHODS}


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
def test_score_and_cost_pay_off_together_and_a_contradiction_decides_nothing(
    workspace, dataset, monkeypatch, score, cost_, expected
):
    against = {BASELINE: decided(score)}
    verdicts = Verdicts("sts_spearman", BASELINE, against, {}, trained=True)
    costs, results, t = Costs(), load_results(workspace, dataset.fingerprint), Locale("en")
    monkeypatch.setattr(Costs, "verdict", cost_ and decided(cost_))
    monkeypatch.setattr(Costs, "saving_verdict", cost_)
    assert payoff(verdicts, costs) == expected
    if "not_decisive" not in (score, cost_) and cost_:
        assert payoff_headline(t, results, verdicts, costs) == t(f"results.payoff.score_{score}_cost_{cost_}")
    else:
        assert payoff_headline(t, results, verdicts, costs) == headline(t, results, verdicts)


def test_a_difference_in_cost_that_is_chance_is_not_decisive(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset)
    assert found.costs().verdict.reason == "interval_excludes_zero"
    for i, run in enumerate(found.results.evaluated):
        path = run.evaluation.folder / "decisions.parquet"
        table = pd.read_parquet(path)
        table.assign(cosine=np.random.default_rng(i).random(len(table))).to_parquet(path, index=False)
    assert analysed(workspace, dataset).costs().verdict.verdict == "not_decisive"


def test_computing_time_is_of_trainings_measurements_and_those_trainings_that_chose_settings(workspace, dataset):
    runs = [run for of_method in complete(workspace, dataset, seeds=(0,)).values() for run in of_method]
    before = analysed(workspace, dataset).results
    assert before.computing_seconds == pytest.approx(61.5 * len(runs)) and len(before.run_seconds) == len(runs)
    for run in runs:
        run.add_to_outcome(evaluation_seconds=2.0)
    option = Option({}, 0.5, 0.01, True, 3, 6, 30.0)
    for seed in (0, 1):
        chosen = config(dataset, "mcse", seed, settled_by="dev")
        kept = evaluated(workspace, dataset, chosen, 0.5)
        choice = Choice("choice-mcse-1", "mcse", 60, chosen.training, (option, option))
        write_json(kept.folder / "choice.json", choice.to_dict())
    after = analysed(workspace, dataset).results
    assert after.computing_seconds == pytest.approx(63.5 * len(runs) + 61.5 * 2 + 30.0 * 2), (
        "two runs rest on one choice"
    )
    assert after.training_seconds("mcse") == 61.5
