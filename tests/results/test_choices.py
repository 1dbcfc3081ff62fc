"""No method is tuned more than another, noise does not choose, and what was chosen says from what."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from kdmcse import stats
from kdmcse.config import METHODS, RECOMMENDED, TrainingConfig
from kdmcse.data import MIN_DEV_ROWS
from kdmcse.results import choices
from kdmcse.results.choices import OPTIONS, Choice, choose, conservative, rounds, trials_of
from kdmcse.results.trials import Trial, TrialScores
from kdmcse.training.reproduction.settings import PUBLISHED

ROWS = 60


@dataclasses.dataclass
class Judged:
    """What of a dataset a choice looks at: no test row is among it."""

    dev: pd.DataFrame
    counts: dict


@pytest.fixture
def dataset():
    gold = np.random.default_rng(0).uniform(0, 5, ROWS)
    return judged(gold)


def judged(gold, sentences=range(ROWS)):
    """Each first sentence is one of `sentences`, each second one is said once."""
    first, second = (f"sentence {one}" for one in sentences), (f"another {row}" for row in range(ROWS))
    dev = pd.DataFrame({"row": range(ROWS), "sentence1": first, "sentence2": second, "score": gold})
    return Judged(dev, {"texts": 0, "train": 40})


def trial(dataset, change, noise, number=0):
    """Cosines that follow the judgements but for so much noise, the same draw for every trial."""
    gold, draw = dataset.dev["score"].to_numpy(), np.random.default_rng(1)
    cosines = gold / 5 + noise * draw.normal(size=ROWS)
    score = float(scipy_stats.spearmanr(gold, cosines).statistic)
    return Trial(
        number, "complete", {}, change, ((1, score),), TrialScores(True, score, 1, None, tuple(cosines)), None, 1.0
    )


@pytest.mark.parametrize(
    "training", [RECOMMENDED, PUBLISHED, TrainingConfig(), TrainingConfig(temperature=0.07)], ids=str
)
@pytest.mark.parametrize("with_texts", [False, True])
def test_every_method_has_as_many_trials_as_every_other(training, with_texts):
    tried = {method: trials_of(method, training, with_texts=with_texts) for method in METHODS}
    assert set(tried.values()) == {8 + with_texts}, tried


@pytest.mark.parametrize("method", METHODS)
def test_a_round_begins_with_the_settings_as_they_are_and_tries_no_settings_twice(method):
    for options in rounds(method, RECOMMENDED, with_texts=True):
        assert options[0] == {}
        tried = [dataclasses.replace(RECOMMENDED, **change) for change in options]
        assert len(set(tried)) == len(tried)


def test_what_is_recommended_and_what_was_published_are_among_the_options():
    for method, names in (
        ("mcse", ["cross_modal_weight"]),
        ("kdmcse", ["cross_modal_weight", "sentence_margin_radians"]),
    ):
        tried = [dataclasses.replace(RECOMMENDED, **change) for change in OPTIONS[method]]
        assert tried[0] == RECOMMENDED
        assert any(all(getattr(one, name) == getattr(PUBLISHED, name) for name in names) for one in tried), method


def test_the_best_is_taken_where_it_is_clearly_better(dataset):
    worse, best = trial(dataset, {}, 0.8), trial(dataset, {"a": 1}, 0.1)
    assert conservative([worse, best], dataset) is best


def test_of_options_within_a_standard_error_the_more_conservative_one_is_taken(dataset):
    first, best = trial(dataset, {}, 0.501), trial(dataset, {"a": 1}, 0.5)
    assert best.measured.dev_spearman >= first.measured.dev_spearman
    assert conservative([first, best], dataset) is first


@given(noises=st.lists(st.floats(0.05, 2.0), min_size=1, max_size=6))
@settings(max_examples=40)
def test_what_is_taken_is_never_more_than_a_standard_error_worse_than_the_best(noises):
    gold = np.random.default_rng(0).uniform(0, 5, ROWS)
    data = judged(gold)
    tried = [trial(data, {"a": number}, noise) for number, noise in enumerate(noises)]
    taken, best = conservative(tried, data), max(tried, key=lambda one: one.measured.dev_spearman)
    apart = stats.spearman_apart(gold, best.measured.cosines, taken.measured.cosines, np.arange(ROWS))
    assert taken is best or apart <= 1
    for before in tried[: tried.index(taken)]:
        assert stats.spearman_apart(gold, best.measured.cosines, before.measured.cosines, np.arange(ROWS)) > 1


def test_judgements_that_share_a_sentence_count_as_one_unit(dataset):
    repeated = judged(dataset.dev["score"], sentences=np.arange(ROWS) // 6)
    tried = trial(dataset, {}, 0.5)
    unit = np.arange(ROWS) // 6
    error = stats.spearman_error(dataset.dev["score"], tried.measured.cosines, unit)
    assert choices._error(tried, repeated) == pytest.approx(error, rel=1e-9)
    assert choices._error(tried, repeated) != pytest.approx(choices._error(tried, dataset), rel=0.01)


def test_an_option_that_could_not_be_trained_is_never_taken(dataset):
    failed = dataclasses.replace(
        trial(dataset, {"a": 1}, 0.1), state="failed", measured=TrialScores(False), error="training_diverged"
    )
    assert conservative([trial(dataset, {}, 0.8), failed], dataset).tried == {}


def test_each_round_goes_on_from_what_the_last_one_took(dataset):
    """Weight 0.01 is clearly best, then the lower learning rate on top of it; each trial is trained once."""
    asked = []

    def trial_of(change):
        asked.append(change)
        noise = 0.9 - 0.4 * (change.get("cross_modal_weight") == 0.01) - 0.4 * (change.get("learning_rate") == 2e-5)
        return trial(dataset, change, noise, len(asked))

    choice = choose("study", "mcse", dataset, RECOMMENDED, trial_of)
    assert choice.change == {"cross_modal_weight": 0.01, "learning_rate": 2e-5}
    assert choice.training == dataclasses.replace(RECOMMENDED, **choice.change)
    assert len(asked) == len(choice.options) == trials_of("mcse", RECOMMENDED, with_texts=False)
    assert [option.taken for option in choice.options].count(True) == 1
    assert choice.options[0].change == {} and choice.dev_rows == ROWS
    assert Choice.from_dict(choice.to_dict()) == choice


@pytest.mark.parametrize(("pairs", "tried"), [(40, True), (1, False), (0, False)])
def test_the_other_use_of_sentences_without_images_is_tried_only_where_there_are_pairs_to_train_on(
    dataset, pairs, tried
):
    dataset.counts |= {"texts": 24, "train": pairs}
    for use, other in (("auto", "mixed"), ("left_out", "mixed"), ("mixed", "left_out")):
        training = dataclasses.replace(RECOMMENDED, texts=use)
        choice = choose("study", "simcse", dataset, training, lambda change: trial(dataset, change, 0.5))
        assert ({"texts": other} in [option.change for option in choice.options]) == tried
        assert len(choice.options) == trials_of("simcse", training, with_texts=tried)


def test_a_choice_that_is_stopped_is_none(dataset):
    left = iter([trial(dataset, {}, 0.5), None])
    assert choose("study", "simcse", dataset, RECOMMENDED, lambda change: next(left)) is None


def test_the_standard_error_of_a_score_is_that_of_deleting_every_unit_in_turn():
    draw = np.random.default_rng(2)
    gold, cosines, unit = draw.normal(size=30), draw.normal(size=30), np.repeat(np.arange(10), 3)
    ranked = [scipy_stats.rankdata(gold), scipy_stats.rankdata(cosines)]
    without = [np.corrcoef(*(ranks[unit != one] for ranks in ranked))[0, 1] for one in range(10)]
    slow = np.sqrt(9 / 10 * ((without - np.mean(without)) ** 2).sum())
    assert stats.spearman_error(gold, cosines, unit) == pytest.approx(slow, rel=1e-9)
    assert stats.spearman_error(gold[:6], cosines[:6], unit[:6]) is None, "two units say nothing of chance"


def test_fewer_judgements_than_twenty_choose_nothing():
    assert MIN_DEV_ROWS == 20
