"""A run whose settings the dev judgements choose sees to it first, once for all runs of its method; a kill costs one trial."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest
import small
import torch
from example_study import SETTINGS, judged, workspace_of
from safetensors.torch import load_file

from kdmcse import data
from kdmcse.config import METHODS, RunConfig
from kdmcse.engine import runs
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_evaluation
from kdmcse.processes import choose, launch, train, tune
from kdmcse.results import choices
from kdmcse.results.results import load_results
from kdmcse.results.trials import STUDY
from kdmcse.store.files import read_json
from kdmcse.store.workspace import Workspace

ASKED = dataclasses.replace(SETTINGS, epochs=1, cross_modal_weight=0.05, sentence_margin_radians=0.0)


@pytest.fixture
def dataset(tmp_path):
    return judged(tmp_path)


def config(dataset, method="mcse", seed=0, training=ASKED):
    teacher = None if method in ("simcse", "simcse_margin") else small.teacher()
    return RunConfig(dataset.fingerprint, method, small.student(), teacher, seed, training, settled_by="dev")


def ask(dataset, **asked):
    return runs.create(workspace_of(dataset), config(dataset, **asked))


def weights(run):
    return load_file(run.folder / "student" / "model.safetensors") | load_file(run.folder / "heads.safetensors")


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def study(dataset):
    return next((workspace_of(dataset).path / "tuning").glob("choice-*"))


def trials(folder):
    return [(trial.tried, trial.looks) for trial in tune.read_trials(folder)]


@pytest.fixture
def chosen(dataset):
    """A run that has gone to its end."""
    run = ask(dataset)
    train.run_to_end(run)
    return run


def test_a_run_is_trained_with_what_was_chosen_and_keeps_from_what(dataset, chosen):
    assert chosen.status == "succeeded" and read_evaluation(chosen)
    choice = choices.read_choice(chosen)
    assert len(choice.options) == choices.trials_of("mcse", ASKED, with_texts=False) and choice.dev_rows == len(
        dataset.dev
    )
    assert all(option.dev_spearman is not None and option.standard_error > 0 for option in choice.options)
    assert choices.Choice.from_dict(read_json(study(dataset) / choices.FILE)) == choice
    assert read_json(study(dataset) / STUDY)["dataset"] == dataset.fingerprint
    by_hand = dataclasses.replace(chosen.config, training=choice.training, settled_by="hand")
    twin = runs.create(workspace_of(dataset), by_hand)
    train.run_to_end(twin)
    assert same(weights(chosen), weights(twin)), "what the dev judgements chose is what a person may enter"
    told = [line for line in chosen.progress() if line["stage"] == "choosing"]
    assert told[0]["done"] == 0 and told[-1]["total"] == len(choice.options) and told[-1]["seconds_left"] >= 0
    assert chosen.outcome["seconds"] < sum(option.seconds for option in choice.options), "its seconds are its own"


@pytest.mark.slow
def test_the_other_seeds_of_a_method_find_its_choice_and_another_method_makes_its_own(dataset, chosen, monkeypatch):
    monkeypatch.setattr(tune, "measuring", lambda *given: pytest.fail("it was chosen already"))
    second = ask(dataset, seed=1)
    train.run_to_end(second)
    assert second.status == "succeeded" and choices.read_choice(second) == choices.read_choice(chosen)
    monkeypatch.undo()
    other = ask(dataset, method="simcse")
    train.run_to_end(other)
    assert len(choices.read_choice(other).options) == len(choices.read_choice(chosen).options)
    assert {run.config.recipe for run in (chosen, second, other)} == {chosen.config.recipe}, "one comparison"
    results = load_results(workspace_of(dataset), dataset.fingerprint)
    assert results.recipe.settled_by == "dev" and set(results.choices) == {"mcse", "simcse"}


@pytest.mark.slow
def test_a_part_of_the_data_is_trained_with_what_all_of_it_chose(dataset, chosen):
    part = ask(dataset, training=ASKED.on_share(0.5))
    assert choose.settle(
        part, lambda line: pytest.fail("chosen already"), lambda: False
    ).training == dataclasses.replace(choices.read_choice(chosen).training, data_share=0.5, share_steps="whole")


@pytest.mark.slow
def test_a_stop_ends_the_trial_and_what_is_resumed_goes_on_after_the_last_finished_one(dataset, monkeypatch):
    run = ask(dataset)
    measuring, begun = tune.measuring, []

    def stop_in_the_third(*given):
        begun.append(given)
        if len(begun) == 3:
            run.request_stop()
        return measuring(*given)

    monkeypatch.setattr(tune, "measuring", stop_in_the_third)
    train.run_to_end(run)
    assert run.status == "stopped" and choices.read_choice(run) is None and len(trials(study(dataset))) == 2
    run.resume()
    train.run_to_end(run)
    assert run.status == "succeeded" and len(begun) == 3 + 6, "six further trials, none twice"


def test_a_stop_while_the_first_trial_has_vectors_made_ends_it_before_a_step(dataset, monkeypatch):
    run, measuring = ask(dataset), tune.measuring

    def stop(*given):
        run.request_stop()
        return measuring(*given)

    monkeypatch.setattr(tune, "measuring", stop)
    monkeypatch.setattr("kdmcse.training.loop.fit", lambda *given, **told: pytest.fail("a step was trained"))
    train.run_to_end(run)
    assert run.status == "stopped" and trials(study(dataset)) == []


@pytest.mark.slow
def test_a_choice_that_was_killed_goes_on_and_chooses_the_same(tmp_path):
    whole, cut = judged(tmp_path / "whole"), judged(tmp_path / "cut")
    uncut, run = ask(whole), ask(cut)
    train.run_to_end(uncut)
    process = subprocess.Popen([sys.executable, "-m", "kdmcse.processes.train", str(run.folder)])
    while not list((workspace_of(cut).path / "tuning").glob("choice-*/trials.json")):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert run.status == "lost" and len(trials(study(cut))) < 8
    run.resume()
    train.run_to_end(run)
    assert trials(study(cut)) == trials(study(whole)) and same(weights(run), weights(uncut))


@pytest.mark.slow
def test_a_dataset_of_sentences_without_pairs_is_chosen_for_and_trained(tmp_path):
    words = [f"{colour} {thing}" for colour in small.COLOURS for thing in small.THINGS]
    (tmp_path / "texts.txt").write_text("\n".join(f"we sell a {word}" for word in words) + "\n")
    sts = [
        f"the {word},one {words[row // 2]},{row % 6},{'dev' if row < 21 else 'test'}" for row, word in enumerate(words)
    ]
    (tmp_path / "sts.csv").write_text("\n".join(["sentence1,sentence2,score,split", *sts]) + "\n")
    files = {"texts": tmp_path / "texts.txt", "sts": tmp_path / "sts.csv"}
    run = ask(data.import_dataset(Workspace(tmp_path / "workspace"), name="sentences", **files), method="simcse")
    train.run_to_end(run)
    assert run.status == "succeeded", run.outcome
    assert len(choices.read_choice(run).options) == choices.trials_of("simcse", ASKED, with_texts=False)


def test_too_few_judgements_are_refused_before_anything_is_queued(tmp_path):
    dataset = judged(tmp_path, split=lambda row: "dev" if row < 19 else "test")
    assert not choose.can_choose(dataset)
    with pytest.raises(UserError) as refused:
        launch.start_training(
            workspace_of(dataset),
            dataset.fingerprint,
            student=small.student(),
            teacher=small.teacher(),
            settled_by="dev",
        )
    assert refused.value.code == "too_few_dev" and not runs.list_runs(workspace_of(dataset))


def test_what_choosing_takes_is_told_before_the_start_by_earlier_trainings(dataset):
    def effort():
        return choose.effort(workspace_of(dataset), dataset, small.student(), METHODS, 3, ASKED)

    before = effort()
    assert (before.trainings, before.runs, before.measured) == (8 * len(METHODS), 3 * len(METHODS), False)
    train.run_to_end(runs.create(workspace_of(dataset), dataclasses.replace(config(dataset), settled_by="hand")))
    after = effort()
    assert after.measured and 0 < after.seconds[0] < after.seconds[1]
    least, most = before.seconds
    assert least / 10 < after.seconds[1] and after.seconds[0] < 10 * most, "of one order, however busy this machine is"


def test_several_processes_do_not_choose_together(dataset, monkeypatch):
    monkeypatch.setattr("kdmcse.training.distributed.count", lambda: 2)
    with pytest.raises(UserError) as refused:
        choose.settle(ask(dataset), lambda line: None, lambda: False)
    assert refused.value.code == "choice_needs_one_process"
