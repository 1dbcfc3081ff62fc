"""A known law is found with a band that covers it; where there is none, nothing is said; what the curve still lacks is trained."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from benchmarks import coverage
from example_poc import PRICES, analysed, complete, config, evaluated, finish, import_example, seconds_of

from kdmcse import cost, i18n
from kdmcse.cli import app
from kdmcse.config import BASELINE, TrainingConfig
from kdmcse.engine.runs import create, list_runs
from kdmcse.i18n import Locale
from kdmcse.presentation.learning_curve import curve_sentences
from kdmcse.results import learning_curve as measured_room
from kdmcse.results.learning_curve import SEEDS, SHARES
from kdmcse.results.rows import metric_rows
from kdmcse.stats import growth_laws as law_room
from kdmcse.stats.growth_laws import MIN_SIZES, REACH, REFITS, REFUSALS, grow

FULL = 1000


def law(n):
    return 0.8 - 1.5 * n**-0.35


def saturating(n):
    return 0.7 - 0.4 * np.exp(-n / 300)


LAWS = {"power": law, "exponential": saturating, "logarithmic": lambda n: 0.1 + 0.08 * np.log(n)}
SHARES_OF_FULL = np.array(SHARES)


def points(score=law, *, noise=0.0, seeds=3, shares=SHARES, rng=None):
    """Runs on shares of 1,000 pairs whose scores follow `score`, but for luck."""
    rng = rng or np.random.default_rng(0)
    own = rng.normal(0, noise, seeds)
    rows = [
        (share, seed, share * FULL, score(share * FULL) + own[seed] + rng.normal(0, noise))
        for seed in range(seeds)
        for share in shares
    ]
    return pd.DataFrame(rows, columns=["share", "seed", "pairs", "value"])


# The law


def test_a_law_without_noise_is_found_and_nothing_is_uncertain():
    for name, score in LAWS.items():
        found = grow(points(score), aim=2 * FULL).law
        gain = found.gain(FULL, 2 * FULL)
        assert gain.value == pytest.approx(score(2 * FULL) - score(FULL), rel=0.03, abs=1e-4)
        assert gain.high - gain.low < 0.1 * gain.value + 1e-4
        assert found.name == name or name == "logarithmic", "a power law with a small exponent is a logarithm"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "simulations", "least"),
    [("power, c = 0.5", 60, 0.85), ("exponential, c = 3", 60, 0.85)]
    + [pytest.param(name, 400, 0.9, marks=pytest.mark.slow) for name in coverage.CURVES],
)
def test_whatever_law_is_true_the_band_holds_it_about_as_often_as_it_says(name, simulations, least):
    held = [coverage.gained(coverage.CURVES[name], simulation) for simulation in range(simulations)]
    answered = [one for one in held if one is not None]
    assert len(answered) > simulations / 4 and np.mean(answered) >= least


def test_a_score_that_saturates_is_not_promised_the_gain_of_a_power_law():
    rng = np.random.default_rng(1)
    gains = [grow(points(saturating, noise=0.004, rng=rng)).law.gain(FULL, 2 * FULL) for _ in range(20)]
    assert np.median([gain.value for gain in gains]) == pytest.approx(
        saturating(2 * FULL) - saturating(FULL), abs=0.006
    )
    power = [law_room._fits(SHARES_OF_FULL, np.array([saturating(n) for n in SHARES_OF_FULL * FULL])[None], 0)]
    assert law_room.Law(100, FULL, np.concatenate(power * 2)).gain(FULL, 2 * FULL).value > 0.03


def test_one_run_that_went_wrong_does_not_bend_the_law():
    table = points(noise=0.003, seeds=5)
    straight = grow(table).law.gain(FULL, 2 * FULL)
    table.loc[table.index[table["share"] == 0.25][0], "value"] -= 0.2
    bent = law_room._fits(table["pairs"].to_numpy() / FULL, table["value"].to_numpy()[None])
    assert law_room.Law(100, FULL, np.concatenate([bent, bent])).gain(FULL, 2 * FULL).value == pytest.approx(
        straight.value, abs=0.006
    )


def test_more_noise_and_other_held_out_rows_widen_the_band():
    def width(table, shifts=None):
        gain = grow(table, shifts).law.gain(FULL, 2 * FULL)
        return gain.high - gain.low

    quiet = points(noise=0.005)
    moved = np.random.default_rng(2).normal(0, 0.02, (REFITS, len(quiet)))
    assert width(points(noise=0.02)) > width(quiet) and width(quiet, moved) > width(quiet)


def test_the_same_points_give_the_same_band():
    assert grow(points(noise=0.01)).law.gain(FULL, 2 * FULL) == grow(points(noise=0.01)).law.gain(FULL, 2 * FULL)


def test_there_are_enough_refits_and_they_take_no_time_to_speak_of():
    assert REFITS >= 200
    assert seconds_of(lambda: grow(points(noise=0.01), aim=2 * FULL)) < 2


# Refusals


@pytest.mark.parametrize("ends", [(FULL, REACH * FULL + 1), (1, FULL)])
def test_a_law_says_nothing_about_sizes_out_of_reach(ends):
    found = grow(points()).law
    with pytest.raises(ValueError, match="beyond"):
        found.gain(*ends)
    assert found.gain(FULL, REACH * FULL)


@pytest.mark.parametrize("shares", [SHARES[:1], SHARES[:3], (0.5, 0.5, 0.5, 0.5)])
def test_fewer_than_four_sizes_are_no_curve(shares):
    assert grow(points(shares=shares)).refused == "few_sizes"
    assert MIN_SIZES == 4


def test_a_size_without_a_score_does_not_count():
    table = points()
    table.loc[table["share"] == 0.1, "value"] = np.nan
    assert grow(table).refused == "few_sizes"


def test_one_seed_for_each_size_tells_nothing_of_luck():
    assert grow(points(seeds=1)).refused == "few_runs"
    assert grow(points(seeds=2)).law


@pytest.mark.parametrize(
    "score", [lambda n: 0.5, lambda n: 0.0, lambda n: 0.5 + 0.5 * n**-0.35], ids=["constant", "zero", "falling"]
)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_scores_that_do_not_rise_are_no_reason_for_more_data(score, noise):
    assert grow(points(score, noise=noise)).refused == "not_rising"


@pytest.mark.slow
def test_noise_alone_is_hardly_ever_taken_for_growth():
    rng = np.random.default_rng(3)
    answered = [grow(points(lambda n: 0.5, noise=0.01, rng=rng)).law is not None for _ in range(100)]
    assert np.mean(answered) <= 0.08


def test_many_sizes_with_one_seed_have_a_law_although_no_run_repeats():
    assert grow(points(noise=0.001, seeds=1, shares=(0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0))).law is not None


def test_scores_that_rise_ever_faster_show_no_levelling():
    assert grow(points(lambda n: 0.2 + n / 2500, noise=0.003)).refused == "no_levelling"


def test_scores_that_go_up_and_down_with_size_follow_no_law():
    assert grow(points(lambda n: law(n) + 0.08 * (n == 250), noise=0.002)).refused == "no_such_law"


def test_sizes_close_together_do_not_tell_what_is_far_away():
    close = points(noise=0.003, seeds=6, shares=(0.5, 0.6, 0.8, 1.0))
    assert grow(close, aim=1.2 * FULL).law
    assert grow(close, aim=4 * FULL).refused == "not_identified"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_refusal_has_a_sentence(language):
    t = i18n.Locale(language)
    assert all(t.has(f"curve.refused.{code}") for code in REFUSALS)
    assert all(t.has(f"curve.money_refused.{code}") for code in REFUSALS)


def curve(known, costs):
    """Of sizes up to 1,000 pairs, with a score up to one of them and a cost up to one."""
    runs = points(noise=0.001, shares=(0.02, 0.05, 0.1, 0.2, 1.0)).assign(run="run", seconds=60.0)
    runs["score"] = runs["value"].where(runs["pairs"] <= known)
    runs["monthly_cost"] = (-runs["value"]).where(runs["pairs"] <= costs)
    score, saving = (grow(runs.assign(value=value)) for value in (runs["score"], -runs["monthly_cost"]))
    assert score.law and saving.law
    return measured_room.LearningCurve(runs, FULL, "sts_spearman", "JPY", None, score, saving)


def test_a_size_without_a_score_or_a_cost_is_none_that_a_law_may_be_asked_about():
    whole = curve(FULL, FULL)
    assert whole.further == 1000 and whole.gain and whole.money and whole.money_refused is None
    small = curve(200, FULL)
    assert (small.further, small.refused, small.gain, small.money) == (0, "too_far", None, None)
    cheap = curve(FULL, 200)
    assert cheap.gain and (cheap.money, cheap.money_refused) == (None, "too_far")


# A proof of concept


def measured(workspace, dataset, scores, *, seeds=SEEDS, **changed):
    """KDMCSE on every share with every seed, with these scores."""
    for share, score in zip(SHARES, scores, strict=True):
        for seed in seeds:
            asked = config(dataset, "kdmcse", seed, training=TrainingConfig().on_share(share), **changed)
            evaluated(workspace, dataset, asked, score + 0.004 * seed, separation=share / 2)


@pytest.fixture
def dataset(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", sts=240, pairs=240)
    evaluated(workspace, dataset, config(dataset, BASELINE), 0.2)
    return dataset


SCORES = (0.30, 0.50, 0.62, 0.70)


def sentence(curve, language: str) -> str:
    t = Locale(language)
    return t.join(curve_sentences(t, curve))


def test_what_further_pairs_bring_is_told_with_what_it_rests_on(workspace, dataset):
    measured(workspace, dataset, SCORES)
    found = analysed(workspace, dataset).learning_curve()
    assert found.refused is None and found.money is None and found.money_refused == "no_prices"
    assert len(found.points) == 12 and found.present == 80 and found.further == 240
    assert sorted(found.points["pairs"].unique()) == [8, 20, 40, 80]
    assert 0 < found.gain.value < 0.3 and found.gain.low < found.gain.value < found.gain.high
    english = sentence(found, "en")
    assert f"+{found.gain.value:.3f}" in english and "240 more training pairs" in english and "1,000" in english
    assert "240" in sentence(found, "ja") and "STS" in sentence(found, "ja")
    assert found.baseline == pytest.approx(0.2, abs=0.01)
    assert found.line["pairs"].max() == 320 and found.line["measured"].sum() < len(found.line)
    assert (found.line["low"] <= found.line["value"]).all() and (found.line["value"] <= found.line["high"]).all()


def test_money_follows_its_own_law_where_there_are_prices(workspace, dataset):
    measured(workspace, dataset, SCORES)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset).learning_curve()
    assert found.points["monthly_cost"].notna().all() and found.currency == "JPY"
    if found.money:
        assert found.money.low < found.money.value < found.money.high and "¥" in sentence(found, "en")
    else:
        assert i18n.Locale("en")(f"curve.money_refused.{found.money_refused}") in sentence(found, "en")


def test_where_the_score_is_refused_no_money_is_promised(workspace, dataset):
    measured(workspace, dataset, (0.5, 0.5, 0.5, 0.5))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    found = analysed(workspace, dataset).learning_curve()
    assert found.refused == "not_rising" and found.money is None and found.gain is None and found.line is None
    assert len(found.points) == 12, "what was measured is shown"
    assert sentence(found, "en").startswith(i18n.Locale("en")("curve.refused.not_rising"))


def test_only_the_recipe_that_is_looked_at_has_a_curve(workspace, dataset):
    measured(workspace, dataset, SCORES, seeds=(0, 1))
    measured(workspace, dataset, SCORES, seeds=(0, 1, 2), teacher="teachers/other")
    found = [analysed(workspace, dataset, recipe=one).learning_curve() for one in recipes(workspace, dataset)]
    assert [len(one.points) for one in found] == [8, 12]


def recipes(workspace, dataset):
    return [one.id for one in analysed(workspace, dataset).results.recipes]


def test_other_methods_and_runs_without_a_score_are_no_points(workspace, dataset):
    complete(workspace, dataset)
    finish(create(workspace, config(dataset, "kdmcse", training=TrainingConfig(data_share=0.5))), "failed")
    found = analysed(workspace, dataset).learning_curve()
    assert set(found.points["run"]) == {create(workspace, config(dataset, "kdmcse", seed)).id for seed in SEEDS}
    assert found.refused == "few_sizes" and len(found.missing()) == 9
    assert found.missing(shares=(1.0,)) == [] and found.missing(shares=(1.0,), seeds=(0, 7)) == [(1.0, 7)]


def test_a_size_whose_score_is_not_known_is_not_counted(workspace, dataset):
    complete(workspace, dataset)
    found = analysed(workspace, dataset).learning_curve()
    assert found.sizes == 1
    nothing = dataclasses.replace(found, points=found.points.assign(score=float("nan")))
    assert nothing.sizes == 0 and "0 training-set sizes" in curve_sentences(Locale("en"), nothing)[0]


def test_before_anything_is_trained_there_is_nothing_to_show_and_nothing_breaks(workspace, dataset):
    found = analysed(workspace, dataset).learning_curve()
    assert found.points.empty and found.refused == "few_sizes" and found.further == 0
    assert found.seconds_of(found.missing()) is None and found.line is None


def test_missing_runs_are_expected_to_take_as_long_as_the_finished_ones(workspace, dataset):
    measured(workspace, dataset, SCORES, seeds=(0,))
    found = analysed(workspace, dataset).learning_curve()
    assert found.points["seconds"].eq(61.5).all()
    assert found.seconds_of([(0.1, 1), (0.3, 1)]) == pytest.approx(123) and found.seconds_of([]) == 0
    for run in list_runs(workspace):
        run.add_to_outcome(evaluation_seconds=38.5)
    found = analysed(workspace, dataset).learning_curve()
    assert found.seconds_of([(0.1, 1), (0.3, 1)]) == pytest.approx(200), "they are measured, too"


def test_runs_on_parts_that_took_fewer_steps_are_no_points_of_the_curve(workspace, dataset):
    measured(workspace, dataset, SCORES)
    before = analysed(workspace, dataset).learning_curve().points
    fewer = TrainingConfig(data_share=0.5)
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0, training=fewer), 0.1)
    assert analysed(workspace, dataset).learning_curve().points.equals(before)


def test_json_has_no_nan_and_says_what_is_missing(workspace, dataset):
    measured(workspace, dataset, SCORES)
    told = json.loads(json.dumps(analysed(workspace, dataset).learning_curve().to_dict(), allow_nan=False))
    assert (
        told["refused"] is None and told["money_refused"] == "no_prices" and told["points"][0]["monthly_cost"] is None
    )
    assert told["gain"].keys() == {"value", "low", "high"} and set(told["laws"]) == set(law_room.LAWS)


# Starting


def test_the_held_out_rows_are_the_same_for_every_run_and_move_each_by_its_standard_error(workspace, dataset):
    measured(workspace, dataset, SCORES)
    runs, metric = analysed(workspace, dataset).results.on_shares, "caption_to_caption_ndcg_at_10"
    moved = measured_room._moved_by_rows([metric_rows(metric, run.evaluation, dataset) for run in runs], metric)
    assert moved.shape == (REFITS, 12)
    found = runs[0].evaluation.retrieval
    hits = found.loc[found["direction"] == "caption_to_caption", "ndcg_at_10"].to_numpy()
    by_group = hits.reshape(-1, 2).mean(axis=1)  # two captions a group
    assert moved[:, 0].std() == pytest.approx(by_group.std() / np.sqrt(len(by_group)), rel=0.2)
    assert np.corrcoef(moved.T)[0, 1] > 0.3, "what is easy for one is easy for the other"


def test_rows_that_are_not_known_move_nobody(workspace, dataset):
    measured(workspace, dataset, SCORES)
    for run in (workspace.runs).glob("kdmcse-0-*"):
        (run / "evaluation" / "sts.parquet").unlink()
    runs = analysed(workspace, dataset).results.on_shares
    tables = [metric_rows("sts_spearman", run.evaluation, dataset) for run in runs]
    assert measured_room._moved_by_rows(tables, "sts_spearman") is None
    assert analysed(workspace, dataset).learning_curve().gain


@pytest.mark.slow
def test_a_curve_loads_nothing_heavy():
    code = f"""
import sys
import pandas as pd
from kdmcse.stats import growth_laws
rows = [(share, seed, 1000 * share, share ** 0.3 + 0.001 * seed) for seed in range(3) for share in {SHARES!r}]
assert growth_laws.grow(pd.DataFrame(rows, columns=["share", "seed", "pairs", "value"])).law
print(sorted({{"scipy", "torch", "mteb", "sklearn"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


# The shell


def test_the_shell_tells_the_curve_and_what_it_lacks(workspace, dataset, capsys):
    measured(workspace, dataset, SCORES, seeds=(0, 1))
    asked = ["curve", "--workspace", str(workspace.path), "--dataset", dataset.fingerprint]
    assert app.main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["gain"]["low"] < told["gain"]["value"] and len(told["points"]) == 8
    assert told["missing"] == [{"share": share, "seed": 2} for share in SHARES]
    assert told["seconds_for_missing"] == pytest.approx(4 * 61.5)
    assert app.main([*asked, "--language", "ja"]) == 0
    said = capsys.readouterr().out
    assert told["sentence"] not in said and said.count("回の平均") == 4


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["--start"], "curve_without_recipe"),
        (["--shares", "a lot"], "command_unreadable"),
        (["--dataset", "none"], "dataset_unknown"),
    ],
)
def test_the_shell_refuses_in_words(workspace, dataset, given, code, capsys):
    asked = ["curve", "--workspace", str(workspace.path), "--dataset", dataset.fingerprint, "--json"]
    assert app.main([*asked, *given]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
