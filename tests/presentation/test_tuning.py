"""A tuning study is said with everything that its figures do not show."""

import dataclasses

import pytest
from example_trials import import_judged, trial, tuning

from kdmcse import data
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.settings import setting_name
from kdmcse.presentation.tuning import study_text, trial_line


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> data.PairDataset:
    return import_judged(tmp_path_factory.mktemp("trials"))


@pytest.fixture(params=LANGUAGES)
def t(request) -> Locale:
    return Locale(request.param)


def test_the_study_says_what_it_does_not_show(dataset, t):
    trials = [
        trial(0, 0.5, dataset, cross_modal_weight=1.0, false_negative_cosine="off"),
        trial(1, 0.51, dataset, spread=0.3, cross_modal_weight=0.1, false_negative_cosine=0.7),
        trial(2, 0.2, dataset, state="pruned", cross_modal_weight=9.0, false_negative_cosine="off"),
        dataclasses.replace(trial(3, None, dataset, state="failed", cross_modal_weight=2.0), error="training_diverged"),
    ]
    said = study_text(t, dataclasses.replace(tuning(dataset, *trials), out_of_time=True))
    assert "{" not in said
    for key in ("honest", "out_of_time", "seed_noise", "cost_derived"):
        assert t(f"tune.{key}", score="3.5", noise="0.02") in said
    weight = setting_name(t, "cross_modal_weight")
    assert all(t("choice.replaced", name=weight, value=value) in said for value in ("1", "0.1", "9", "2"))
    assert "cross_modal_weight" not in said
    assert "training_diverged" in said


def test_without_a_better_trial_or_without_prices_the_study_says_so(dataset, t):
    alone = study_text(t, tuning(dataset, trial(0, 0.5, dataset), prices=None))
    assert t("tune.no_gain") in alone and t("tune.cost_missing") in alone
    assert t("tune.no_before", number=1) in study_text(t, tuning(dataset, trial(1, 0.5, dataset)))


def test_a_trial_on_the_front_has_a_star(dataset, t):
    study = tuning(dataset, trial(0, 0.5, dataset))
    lines = [trial_line(t, study, study.trials[0], on_front=on_front) for on_front in (True, False)]
    assert [line[0] for line in lines] == ["*", " "]


def test_one_trial_is_no_plural(dataset):
    assert "1 trial measured" in study_text(Locale("en"), tuning(dataset, trial(0, 0.5, dataset)))
