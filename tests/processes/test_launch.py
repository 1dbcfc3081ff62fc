"""What is asked for in the dashboard or the shell becomes runs in the queue, and nothing twice."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from example_poc import STUDENT, analysed, complete, import_example
from filelock import FileLock

from kdmcse import data, sample
from kdmcse.config import BASELINE, METHODS, RECOMMENDED, WITHOUT_IMAGES, WITHOUT_TEACHER, TrainingConfig
from kdmcse.engine import queue
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import teacher_features
from kdmcse.processes import launch
from kdmcse.results import recipes
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "sources")


def test_start_asks_for_the_untouched_student_and_every_method_and_seed_once(workspace, dataset, monkeypatch):
    ensured = []
    monkeypatch.setattr(queue, "ensure", ensured.append)

    def start(**changes):
        asked = {
            "student": sample.STUDENT,
            "teacher": sample.TEACHER,
            "text_teacher": sample.STUDENT,
            "methods": METHODS,
            "seeds": [0, 1],
            "training": None,
        }
        return launch.start_training(workspace, dataset.name, **asked | changes)

    runs = start(training=TrainingConfig(epochs=3))
    assert [run.config.method for run in runs] == [BASELINE, *METHODS, *METHODS]
    assert runs[0].config.training == TrainingConfig(), "shared by every recipe of this student"
    expected = dict.fromkeys(METHODS, sample.TEACHER) | dict.fromkeys(WITHOUT_TEACHER) | {"rankcse": sample.STUDENT}
    assert all(run.config.teacher == expected[run.config.method] for run in runs[1:])
    assert {run.status for run in runs} == {"queued"} and ensured == [workspace]
    without = [run.config.method for run in start(seeds=[0], training=TrainingConfig(sentence_margin_radians=0.0))]
    assert without == [BASELINE, *(method for method in METHODS if method != "simcse_margin")]
    assert start(training=TrainingConfig(epochs=3)) == runs
    assert start(training=TrainingConfig(epochs=4))[0] == runs[0]


def test_the_untouched_student_is_read_with_the_prompt_of_the_trained_ones(workspace, dataset, monkeypatch):
    monkeypatch.setattr(queue, "ensure", lambda workspace: None)
    asked = {"student": sample.STUDENT, "teacher": None, "methods": ["simcse"], "seeds": [0]}
    own = launch.start_training(workspace, dataset.fingerprint, **asked)
    e5 = launch.start_training(workspace, dataset.fingerprint, **asked, training=TrainingConfig(prompt="e5"))
    assert own[0] != e5[0] and e5[0].config.training == TrainingConfig(prompt="e5")
    everything = [*own, *e5]
    assert recipes.with_baseline([e5[1]], everything, []) == e5
    assert recipes.with_baseline([own[1]], everything, []) == own


@pytest.mark.parametrize(
    "changes",
    [
        {"methods": []},
        {"seeds": []},
        {"methods": ["bert"]},
        {"teacher": None},
        {"teacher": "/no/such"},
        {"methods": ["rankcse"]},
        {"methods": ["rankcse"], "text_teacher": "/no/such"},
        {"student": "/no/such"},
    ],
)
def test_what_cannot_be_started_leaves_no_run_behind(workspace, dataset, changes):
    asked = {"student": sample.STUDENT, "teacher": sample.TEACHER, "methods": ["simcse", "kdmcse"], "seeds": [0]}
    with pytest.raises(UserError):
        launch.start_training(workspace, dataset.fingerprint, **asked | changes)
    assert analysed(workspace, dataset).results.runs == ()


@pytest.fixture
def without_images(workspace, tmp_path):
    table = pd.DataFrame({"image": list("abcd"), "caption": ["a mug", "a cap", "a bag", "a vase"]})
    table.to_csv(tmp_path / "pairs.csv", index=False)
    return data.import_dataset(workspace, name="names only", pairs=tmp_path / "pairs.csv")


def start(workspace, dataset, teacher, *methods):
    with FileLock(workspace.path / "worker.lock"):  # nothing is worked on
        return launch.start_training(
            workspace, dataset.fingerprint, student=sample.STUDENT, teacher=str(teacher), methods=methods, seeds=[0]
        )


def vectors_of(dataset, path):
    contents = [*dataset.pairs["image_name"].unique(), *dataset.pairs["caption"]]
    vectors = list(np.random.default_rng(0).normal(size=(len(contents), 4)))
    pd.DataFrame({"content": contents, "vector": vectors}).to_parquet(path)
    return path


def test_without_images_only_precomputed_vectors_are_a_teacher(workspace, without_images, tmp_path):
    kept = workspace.teachers / "kept"
    kept.mkdir()
    (kept / "teacher.json").write_text("{}")
    for teacher in (sample.TEACHER, kept, "ViT-B-32/laion2b_s34b_b79k"):
        with pytest.raises(UserError) as refused:
            start(workspace, without_images, teacher, "simcse", "kdmcse")
        assert refused.value.code in ("pictures_not_here", "hub_unreachable", "vectors_missing")
    with pytest.raises(UserError) as refused:
        start(workspace, without_images, sample.TEACHER, "kdmcse")
    for language in LANGUAGES:
        assert "names only" in refused.value.message(language) and ".parquet" in refused.value.hint(language)
    assert list(workspace.runs.iterdir()) == []
    runs = start(workspace, without_images, vectors_of(without_images, tmp_path / "vectors.parquet"), "kdmcse")
    assert [run.config.method for run in runs] == [BASELINE, "kdmcse"]
    assert start(workspace, without_images, sample.TEACHER, "simcse")[1].config.teacher is None


def test_a_file_that_lacks_vectors_of_the_data_is_refused_at_once(workspace, dataset, without_images, tmp_path):
    of_others = vectors_of(without_images, tmp_path / "vectors.parquet")
    with pytest.raises(UserError) as refused:
        start(workspace, dataset, of_others, "kdmcse")
    assert refused.value.code == "vectors_named_otherwise"
    assert list(workspace.runs.iterdir()) == []


def test_a_folder_that_lacks_vectors_of_the_data_is_refused_at_once(workspace, dataset, without_images, tmp_path):
    file = vectors_of(without_images, tmp_path / "vectors.parquet")
    kept = teacher_features.embed(workspace, str(file), without_images).vectors.folder
    with pytest.raises(UserError) as refused:
        start(workspace, dataset, kept, "kdmcse")
    assert refused.value.code == "vectors_missing" and list(workspace.runs.iterdir()) == []
    assert start(workspace, without_images, kept, "kdmcse")[1].config.teacher == str(kept)


def test_models_are_kept_by_their_whole_path_so_that_every_process_finds_them(
    workspace, dataset, tmp_path, monkeypatch
):
    for place in (tmp_path / "one", tmp_path / "two"):
        place.mkdir()
        (place / "student").symlink_to(sample.STUDENT)
        (place / "teacher").symlink_to(sample.TEACHER.removeprefix("local-dir:"))
        monkeypatch.chdir(place)
        models = {"student": "./student", "teacher": "teacher", "text_teacher": "student"}
        with FileLock(workspace.path / "worker.lock"):
            runs = launch.start_training(
                workspace, dataset.fingerprint, **models, methods=["mcse", "rankcse"], seeds=[0]
            )
        assert {run.config.student for run in runs} == {str(place / "student")}
        assert [run.config.teacher for run in runs] == [None, str(place / "teacher"), str(place / "student")]
    assert len(list(workspace.runs.glob("*/config.json"))) == 6, "two students of one name are two"


def test_an_audit_finds_its_models_from_any_folder(workspace, dataset, monkeypatch):
    asked = []
    monkeypatch.setattr(BackgroundJob, "start", lambda job, *arguments, request: asked.append(request))
    monkeypatch.chdir(sample.FOLDER)
    models = {"teacher": "local-dir:teacher", "student": "student"}
    launch.start_audit(workspace, dataset, **models, training=TrainingConfig())
    assert (asked[0]["teacher"], asked[0]["student"]) == (sample.TEACHER, sample.STUDENT)


def test_a_text_teacher_that_lacks_the_vector_of_a_sentence_is_refused_at_once(workspace, tmp_path):
    table = pd.DataFrame({"image": list("abcd"), "caption": ["a mug", "a cap", "a bag", "a vase"], "split": "train"})
    table.to_csv(tmp_path / "pairs.csv", index=False)
    (tmp_path / "texts.txt").write_text("we sell mugs\nwe sell caps\n")
    files = {"pairs": tmp_path / "pairs.csv", "texts": tmp_path / "texts.txt"}
    dataset = data.import_dataset(workspace, name="read", **files)
    file = str(vectors_of(dataset, tmp_path / "vectors.parquet"))
    kept = str(teacher_features.embed_texts(workspace, file, list(table["caption"])).vectors.folder)
    models = {"student": sample.STUDENT, "teacher": None, "methods": ["rankcse"], "seeds": [0]}
    with FileLock(workspace.path / "worker.lock"):
        for teacher in (file, kept):
            with pytest.raises(UserError) as refused:
                mixed = {"text_teacher": teacher, "training": TrainingConfig(texts="mixed")}
                launch.start_training(workspace, dataset.fingerprint, **models, **mixed)
            assert refused.value.code == "vectors_missing" and refused.value.fields["count"] == 2
            assert list(workspace.runs.glob("*/config.json")) == []
        for teacher, use in itertools.product((file, kept), ("left_out", "auto")):
            alone = {"text_teacher": teacher, "training": TrainingConfig(texts=use)}
            assert launch.start_training(workspace, dataset.fingerprint, **models, **alone)[1].config.teacher == teacher


def test_what_is_started_says_what_is_done_with_sentences_without_images(workspace, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("kdmcse.models.references.require", lambda reference, role: None)
    texts = tmp_path / "texts.txt"
    texts.write_text("we sell mugs\nwe sell caps\n")
    alone = data.import_dataset(workspace, name="alone", texts=texts)
    with FileLock(workspace.path / "worker.lock"):
        for given in (dataset, alone):
            asked = launch.start_training(
                workspace, given.fingerprint, student=STUDENT, teacher=None, methods=["simcse"]
            )
            before = dataclasses.replace(RECOMMENDED, texts="mixed")
            assert {run.config.training for run in asked[1:]} == {before}, "as runs of before there was the setting"


def test_what_is_missing_is_queued_seed_by_seed_and_nothing_twice(workspace, dataset, monkeypatch):
    monkeypatch.setattr("kdmcse.models.references.require", lambda reference, role: None)
    complete(workspace, dataset, seeds=(0, 1))
    with FileLock(workspace.path / "worker.lock"):
        asked = launch.start_curve(workspace, dataset.fingerprint, seeds=(0, 1))
        again = launch.start_curve(workspace, dataset.fingerprint, seeds=(0, 1))
    waiting = [run for run in asked if run.status == "queued"]
    assert [(run.config.training.data_share, run.config.seed) for run in waiting] == [
        (0.1, 0), (0.25, 0), (0.5, 0), (0.1, 1), (0.25, 1), (0.5, 1),
    ]  # fmt: skip
    assert asked == again and asked[0].config.method == BASELINE and asked[0].config.student == STUDENT
    assert {run.config.teacher for run in waiting} == {"teachers/clip"}


@pytest.fixture
def one_image(workspace, tmp_path):
    table = pd.DataFrame({"image": "a.jpg", "caption": [f"mug {number}" for number in range(8)]})
    table.to_csv(tmp_path / "pairs.csv", index=False)
    return data.import_dataset(workspace, name="one image", pairs=tmp_path / "pairs.csv")


def test_pairs_that_are_all_alike_are_refused_before_anything_is_queued_or_looked_at(workspace, one_image, tmp_path):
    teacher = vectors_of(one_image, tmp_path / "vectors.parquet")
    for method in (method for method in METHODS if method not in WITHOUT_IMAGES):
        with pytest.raises(UserError) as refused:
            start(workspace, one_image, teacher, "simcse", method)
        assert refused.value.code == "too_few_different_pairs"
    with pytest.raises(UserError) as refused:
        launch.start_audit(
            workspace, one_image, teacher=str(teacher), student=sample.STUDENT, training=TrainingConfig()
        )
    assert refused.value.code == "too_few_different_pairs"
    assert list(workspace.runs.iterdir()) == [] and not list(workspace.audits.glob("*/*"))
    assert [run.config.method for run in start(workspace, one_image, teacher, "simcse")] == [BASELINE, "simcse"]


def test_a_share_that_leaves_too_few_pairs_is_named_and_nothing_of_the_curve_is_queued(
    workspace, without_images, tmp_path
):
    start(workspace, without_images, vectors_of(without_images, tmp_path / "vectors.parquet"), "kdmcse")
    before = sorted(path.name for path in workspace.runs.iterdir())
    with pytest.raises(UserError) as refused, FileLock(workspace.path / "worker.lock"):
        launch.start_curve(workspace, without_images.fingerprint, shares=(1.0, 0.1))
    assert (refused.value.code, refused.value.fields["share"]) == ("share_too_small", 0.1)
    assert sorted(path.name for path in workspace.runs.iterdir()) == before
    assert launch.curve_shares(analysed(workspace, without_images).results) == [0.5, 1.0], "of three pairs to train on"


def test_a_curve_over_sentences_alone_is_refused_by_the_name_of_the_dataset_and_for_its_reason(workspace, tmp_path):
    (tmp_path / "texts.txt").write_text("we sell mugs\nwe sell caps\n")
    alone = data.import_dataset(workspace, name="only sentences", texts=tmp_path / "texts.txt")
    with pytest.raises(UserError, match="only sentences") as refused:
        launch.start_curve(workspace, alone.fingerprint)
    assert refused.value.code == "no_training_pairs"
    assert analysed(workspace, alone).next_step() == "bring_pairs"


def test_without_a_trained_recipe_no_curve_is_started(workspace, dataset):
    with pytest.raises(UserError) as refused:
        launch.start_curve(workspace, dataset.fingerprint)
    assert refused.value.code == "curve_without_recipe" and dataset.name in refused.value.message()


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused_and_leaves_no_run_behind(workspace, dataset, share, monkeypatch):
    monkeypatch.setattr("kdmcse.models.references.require", lambda reference, role: None)
    complete(workspace, dataset, seeds=(0,))
    before = sorted(path.name for path in workspace.runs.iterdir())
    with pytest.raises(UserError) as refused:
        launch.start_curve(workspace, dataset.fingerprint, shares=(0.5, share))
    assert refused.value.code == "setting_not_above"
    assert sorted(path.name for path in workspace.runs.iterdir()) == before


def test_further_repeats_are_of_every_method_in_the_settings_that_it_had_with_new_seeds(
    workspace, dataset, monkeypatch
):
    monkeypatch.setattr(queue, "ensure", lambda workspace: None)
    before = complete(workspace, dataset, seeds=(0, 2))
    results = analysed(workspace, dataset).results
    started = launch.start_repeats(results, 2)
    assert [(run.config.seed, run.config.method) for run in started] == list(
        itertools.product((1, 3), ("simcse", "mcse", "kdmcse"))
    ), "the first seeds that nobody used"
    for run in started:
        assert dataclasses.replace(run.config, seed=0) == before[run.config.method][0].config
    assert all(run.status == "queued" for run in started)
    taken = [results.training_seconds(method) for method in ("simcse", "mcse", "kdmcse")]
    assert launch.repeat_seconds(results, 2) == (None if None in taken else pytest.approx(2 * sum(taken)))


def test_where_nothing_was_trained_nothing_can_be_repeated(workspace, dataset):
    with pytest.raises(UserError) as refused:
        launch.start_repeats(analysed(workspace, dataset).results)
    assert refused.value.code == "nothing_to_repeat"
    for language in LANGUAGES:
        assert dataset.name in refused.value.message(language)
