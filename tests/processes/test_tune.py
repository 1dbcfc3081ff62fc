"""Settings are chosen by dev judgements alone, within a budget, and a study that was killed goes on as if it had not been."""

import dataclasses
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from example_study import SETTINGS, judged, tuned, workspace_of
from filelock import FileLock

from kdmcse import cost, data
from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.processes import tune
from kdmcse.results.trials import Trial, TrialScores, Tuning
from kdmcse.store.files import read_json
from kdmcse.store.workspace import Workspace
from kdmcse.training import loop, prepare

PRICES = cost.Prices("JPY", false_match=100, missed_match=400, monthly_volume=1000, base_rate=0.2)


def without_time(tuning: Tuning) -> list[Trial]:
    """The trials, in exact terms: without times, and without what sums of another process may round in another order."""
    return [
        dataclasses.replace(
            trial,
            seconds=0.0,
            measured=trial.measured and dataclasses.replace(trial.measured, uniformity=None, cosines=()),
        )
        for trial in tuning.trials
    ]


def geometry(tuning: Tuning) -> np.ndarray:
    """Uniformity and cosines of every trial, which rounding may change a little."""
    measured = [trial.measured for trial in tuning.trials if trial.measured and trial.measured.uniformity is not None]
    return np.concatenate([[one.uniformity, *one.cosines] for one in measured])


@pytest.fixture
def dataset(tmp_path) -> data.PairDataset:
    return judged(tmp_path)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Tuning:
    """Seven trials in one go: past the random ones, past the first that may be pruned."""
    return tuned(judged(tmp_path_factory.mktemp("uninterrupted")), 7)


def test_a_study_keeps_its_models_by_their_whole_path(dataset, monkeypatch):
    seen = []

    def study(workspace, dataset, config, folder):
        seen.append(config)
        raise UserError("optuna_missing")  # enough of it

    monkeypatch.setattr(tune.Study, "of", study)
    monkeypatch.chdir(Path(small.student()).parent)
    assert small.teacher() == f"local-dir:{Path.cwd() / 'teacher'}"
    with pytest.raises(UserError):
        tuned(dataset, 1, student="./student", teacher="local-dir:teacher")
    assert (seen[0].student, seen[0].teacher) == (small.student(), small.teacher())


# What is tried


@pytest.mark.slow
def test_trial_0_has_the_settings_as_they_were_and_trains_as_a_run_does(uninterrupted):
    first = uninterrupted.trials[0]
    config = RunConfig(
        uninterrupted.dataset.fingerprint, "kdmcse", small.student(), small.teacher(), 0, uninterrupted.training
    )
    looks = []
    loop.fit(
        prepare.prepare(workspace_of(uninterrupted.dataset), config),
        on_dev_score=lambda step, score: looks.append((step, score)),
    )
    assert first.looks == tuple(looks), "measuring a trial must not change how it goes on"
    assert uninterrupted.settings(first) == dataclasses.replace(SETTINGS, evaluation_steps=looks[0][0])
    assert first.measured.dev_spearman == max(score for _, score in looks)


@pytest.mark.slow
def test_every_setting_of_the_method_is_tried_within_its_range(uninterrupted):
    low, high = read_json(uninterrupted.folder / "study.json")["thresholds"]
    assert -1 <= low < high <= 1
    drawn = pd.DataFrame([trial.tried for trial in uninterrupted.trials[1:]])
    assert set(drawn.columns) == set(tune.TUNABLE["kdmcse"])
    for name in ("sentence_margin_radians", "cross_modal_margin_radians"):
        assert drawn[name].between(0, 0.5).all() and drawn[name].nunique() > 3
    assert drawn["cross_modal_weight"].between(0.01, 10).all()
    filters = [value for value in drawn["false_negative_cosine"] if value != "off"]
    assert 0 < len(filters) < len(drawn), "with and without a filter"
    assert all(low - 1e-4 <= value <= high + 1e-4 for value in filters)


@pytest.mark.slow
def test_the_same_seed_tries_the_same_and_another_seed_something_else(uninterrupted, dataset):
    again = tuned(dataset, 7)
    assert without_time(again) == without_time(uninterrupted)
    other = tuned(dataset, 2, seed=1)
    assert other.folder != again.folder
    assert other.trials[1].tried != again.trials[1].tried


@pytest.mark.slow
@pytest.mark.parametrize("method", ["mcse", "gist", "dalr"])
def test_other_methods_are_tuned_by_what_they_listen_to(dataset, method):
    found = tuned(dataset, 2, method=method)
    assert [set(trial.tried) for trial in found.trials] == [set(tune.TUNABLE[method])] * 2
    assert (found.trials[0].filtered_share is None) == (method != "gist")
    assert found.trials[0].measured != found.trials[1].measured


def test_a_study_is_known_by_its_content_not_by_where_its_models_lie(dataset, tmp_path):
    moved = shutil.copytree(small.student(), tmp_path / "elsewhere")
    first = tuned(dataset, 1)
    assert tuned(dataset, 1, student=str(moved)).folder == first.folder
    assert tuned(dataset, 1, training=dataclasses.replace(SETTINGS, epochs=2)).folder != first.folder


def test_trials_of_other_software_are_not_mixed(dataset, monkeypatch):
    first = tuned(dataset, 1)
    monkeypatch.setattr(tune.metadata, "version", lambda library: "99")
    assert tuned(dataset, 1).folder != first.folder


# What is read


@pytest.mark.slow
def test_no_test_row_is_read(uninterrupted, dataset):
    chance = np.random.default_rng(0)
    for name in ("sts", "decisions"):
        path = dataset.folder / f"{name}.parquet"
        table = pd.read_parquet(path)
        poisoned = ~table["dev"] if "dev" in table else slice(None)
        column = "score" if name == "sts" else "match"
        table.loc[poisoned, column] = chance.permutation(table.loc[poisoned, column])
        table.loc[poisoned, table.columns[1]] = "poison"
        table.to_parquet(path, index=False)
    cost.write_prices(workspace_of(dataset), dataset.fingerprint, PRICES)
    found = tuned(data.open_dataset(workspace_of(dataset), dataset.fingerprint), 3)
    assert without_time(found) == without_time(uninterrupted)[:3]
    assert found.costs == dataclasses.replace(uninterrupted, trials=uninterrupted.trials[:3], prices=PRICES).costs != {}


def test_dev_judgements_do_change_the_choice(uninterrupted, tmp_path):
    found = tuned(judged(tmp_path, score=lambda score: 5 - score), 1)
    assert found.trials[0].measured.dev_spearman != uninterrupted.trials[0].measured.dev_spearman


def test_nothing_of_a_trial_is_kept_but_numbers(uninterrupted):
    kept = {path.name: path.stat().st_size for path in uninterrupted.folder.rglob("*") if path.is_file()}
    assert set(kept) <= {"study.json", "trials.json", "log.txt", "alive.lock"}
    assert sum(kept.values()) < 100_000
    assert not any(workspace_of(uninterrupted.dataset).runs.iterdir())


# Budget and kills


@pytest.mark.slow
def test_a_study_goes_on_where_it_was(uninterrupted, dataset):
    assert len(tuned(dataset, 2).trials) == 2
    on = tuned(dataset, 7)
    assert without_time(on) == without_time(uninterrupted)
    begun = time.monotonic()
    assert tuned(dataset, 5).trials == on.trials and time.monotonic() - begun < 0.5, "there is nothing left to do"


@pytest.mark.slow
def test_a_killed_study_goes_on_as_if_it_had_not_been(uninterrupted, dataset):
    script = (
        "import sys; sys.path.insert(0, 'tests'); from example_study import *; workspace, student, teacher = sys.argv[1:]; "
        "tuned(data.open_dataset(Workspace(workspace), 'judged'), 7, student=student, teacher=teacher)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(workspace_of(dataset).path), small.student(), small.teacher()],
        cwd=Path(__file__).parents[2],
    )
    folder = workspace_of(dataset).path / "tuning"
    while child.poll() is None and not any(folder.glob("*/trials.json")):
        time.sleep(0.01)
    time.sleep(0.1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    kept = tune.read_trials(next(folder.glob("*")))
    assert 1 <= len(kept) < 7, "killed in its midst"
    resumed = tuned(dataset, 7)
    assert without_time(resumed) == without_time(uninterrupted)
    np.testing.assert_allclose(
        geometry(resumed), geometry(uninterrupted), rtol=0, atol=2e-6
    )  # they are kept to six places


def test_a_budget_of_no_time_pays_for_trial_0_and_the_study_can_go_on(dataset):
    found = tuned(dataset, 5, seconds=1e-6)
    assert [trial.number for trial in found.trials] == [0] and found.out_of_time
    assert found.chosen.number == 0
    assert not tuned(dataset, 2, seconds=600).out_of_time


@pytest.mark.slow
def test_a_trial_that_time_cuts_is_not_counted(dataset):
    slow = dataclasses.replace(SETTINGS, epochs=60, evaluation_steps=100)
    tuned(dataset, 1, training=slow)
    begun = time.monotonic()
    found = tuned(dataset, 2, training=slow, seconds=0.5)
    assert len(found.trials) == 1 and found.out_of_time
    assert time.monotonic() - begun < 0.5 + 0.5 * found.trials[0].seconds


@pytest.mark.slow
def test_two_processes_do_not_work_at_one_study(dataset):
    found = tuned(dataset, 1)
    with FileLock(found.folder / "alive.lock"), pytest.raises(UserError) as refused:
        tuned(dataset, 2)
    assert refused.value.code == "tuning_alive"


# What a study learns, on a hill instead of a student


def study(folder: Path, **changed) -> tune.Study:
    training = TrainingConfig(cross_modal_weight=0.02, sentence_margin_radians=0.4, cross_modal_margin_radians=0.4)
    given = {
        "folder": folder, "training": training, "tunable": tune.TUNABLE["kdmcse"], "seed": 0, "thresholds": (0.2, 0.8),
        "threshold_of": lambda training: 0.95, "share_of": lambda training: 0.0,
    }  # fmt: skip
    return tune.Study(**given | changed)


def hill(training: TrainingConfig, report) -> TrialScores:
    """Highest at margins of 0.1 and 0.2, a weight of 1 and a filter; the same height at each look, so hopeless trials show early."""
    height = 0.8 - (training.sentence_margin_radians - 0.1) ** 2 - (training.cross_modal_margin_radians - 0.2) ** 2
    height -= 0.05 * np.log10(training.cross_modal_weight) ** 2 + 0.1 * (training.false_negative_cosine == "off")
    stopped = any(report(look, height) for look in range(1, 5))
    return TrialScores(not stopped, float(height), 4, -2.0, (0.1, 0.2))


@pytest.fixture
def empty(dataset, tmp_path) -> Tuning:
    return Tuning(tmp_path, dataset, "kdmcse", TrainingConfig(), [], None)


def test_a_study_climbs_and_prunes_what_is_hopeless(empty, tmp_path):
    found = study(tmp_path).go_on(empty, hill, 40)
    assert len(found.trials) == 40
    heights = [trial.measured.dev_spearman for trial in found.trials]
    assert np.mean(heights[-10:]) > np.mean(heights[:10]) + 0.02, "later trials are better than the first"
    assert max(heights) > 0.75 > heights[0] + 0.1
    states = [trial.state for trial in found.trials]
    assert states[:4] == ["complete"] * 4 and states.count("pruned") > 5
    cut = next(trial for trial in found.trials if trial.state == "pruned")
    assert len(cut.looks) == 3 and cut.number not in found.front, "not at once, and not for nothing"


def test_settings_outside_of_what_is_drawn_can_be_where_a_study_begins(empty, tmp_path):
    odd = TrainingConfig(cross_modal_weight=0.0, sentence_margin_radians=1.0, false_negative_cosine=0.95)
    found = study(tmp_path, training=odd).go_on(empty, lambda training, report: TrialScores(True, 0.1, 1, -1.0, ()), 3)
    assert found.trials[0].tried["cross_modal_weight"] == 0.0
    assert found.trials[0].drawn == {
        "sentence_margin_radians": 0.5, "cross_modal_margin_radians": 0.15, "filter": "on",
        "false_negative_cosine": 0.8, "cross_modal_weight": 0.01,
    }  # fmt: skip


def test_a_trial_that_diverges_or_cannot_be_measured_fails_and_the_study_goes_on(empty, tmp_path):
    calls = iter(range(10))

    def objective(training, report):
        match next(calls):
            case 1:
                raise UserError("training_diverged", step=3, loss="nan", table="pairs", rows="1", kept_step=0)
            case 2:
                report(1, None)
                return TrialScores(True)
            case _:
                return hill(training, report)

    found = study(tmp_path).go_on(empty, objective, 5)
    assert [trial.state for trial in found.trials] == ["complete", "failed", "failed", "complete", "complete"]
    assert [trial.error for trial in found.trials[1:3]] == ["training_diverged", "dev_spearman_undefined"]
    assert tune.read_trials(tmp_path) == list(found.trials), "as they are read again"


def test_any_other_failure_ends_the_study_and_keeps_what_was_done(empty, tmp_path):
    def objective(training, report):
        if (tmp_path / "trials.json").exists():
            raise UserError("disk_full", path=tmp_path, free_mb=0)
        return hill(training, report)

    with pytest.raises(UserError) as failure:
        study(tmp_path).go_on(empty, objective, 5)
    assert failure.value.code == "disk_full" and len(tune.read_trials(tmp_path)) == 1


# What is refused


@pytest.mark.parametrize(
    ("split", "score", "code"),
    [
        (lambda row: "test", lambda score: score, "no_dev_to_tune"),
        (lambda row: "dev" if row < 19 else "test", lambda score: score, "too_few_dev"),
        (lambda row: "dev" if row < 30 else "test", lambda score: 2.5, "dev_scores_alike"),
    ],
)
def test_a_study_without_rows_to_choose_by_is_refused_in_words(tmp_path, split, score, code):
    with pytest.raises(UserError) as refused:
        tuned(judged(tmp_path, split, score), 1)
    assert refused.value.code == code
    assert "dev" in refused.value.hint("en") and "dev" in refused.value.hint("ja")


def test_a_study_whose_choice_nothing_could_measure_is_refused(tmp_path):
    pairs = {"image": [f"{n}.jpg" for n in range(8)], "caption": [f"mug {n}" for n in range(8)], "split": "train"}
    sts = {"sentence1": [f"a cap {n}" for n in range(30)], "sentence2": "a bag", "score": [1, 4] * 15, "split": "dev"}
    for name, rows in {"pairs": pairs, "sts": sts}.items():
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    workspace, files = Workspace(tmp_path / "workspace"), {name: tmp_path / f"{name}.csv" for name in ("pairs", "sts")}
    unmeasured = data.import_dataset(workspace, name="dev alone", **files)
    assert len(unmeasured.dev) == 30
    with pytest.raises(UserError, match="dev alone") as refused:
        tuned(unmeasured, 1)
    assert refused.value.code == "nothing_to_evaluate" and not workspace.tuning.exists()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"method": "simcse"}, "nothing_to_tune"),
        ({"trials": 0}, "setting_out_of_range"),
        ({"seconds": 0.0}, "setting_not_above"),
        ({"student": "/no/such/folder"}, "student_unknown"),
        ({"teacher": "/no/such/folder"}, "teacher_unknown"),
    ],
)
def test_what_cannot_be_tuned_is_refused_before_anything_is_trained(dataset, given, code):
    with pytest.raises(UserError) as refused:
        tuned(dataset, **{"trials": 1} | given)
    assert refused.value.code == code
    assert not list(workspace_of(dataset).path.glob("tuning/*/trials.json"))


def test_pairs_that_are_all_alike_are_refused_before_a_study_is_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(tune, "MIN_DEV_ROWS", 2)
    files = small.pilot(tmp_path / "files", dev=True)
    lines = files["pairs"].read_text().splitlines()
    name = lines[1].split(",")[0]
    one_image = [",".join([name, *line.split(",")[1:]]) for line in lines[1:] if line.endswith("train")]
    files["pairs"].write_text("\n".join([lines[0], *one_image]) + "\n")
    dataset = data.import_dataset(Workspace(tmp_path / "workspace"), name="one image", **files)
    with pytest.raises(UserError) as refused:
        tuned(dataset, 1)
    assert refused.value.code == "too_few_different_pairs"
    assert not list(workspace_of(dataset).path.glob("tuning/*"))


def test_without_optuna_it_is_said_how_to_get_it(dataset, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError) as refused:
        tuned(dataset, 1)
    assert refused.value.code == "optuna_missing"
