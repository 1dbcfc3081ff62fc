"""What a run would have to fail on is refused before it is one: nothing is loaded, and the count is that of the data."""

import dataclasses

import pandas as pd
import pytest

from kdmcse import data
from kdmcse.config import BASELINE, METHODS, WITHOUT_IMAGES, WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace
from kdmcse.training import trainable

WITH_IMAGES = [method for method in METHODS if method not in WITHOUT_IMAGES]
BY_SENTENCES = [method for method in METHODS if method in WITHOUT_IMAGES]


@pytest.fixture
def imported(tmp_path):
    """A function: pairs to train on by image and caption, and texts, as a dataset."""

    def of(images=(), captions=(), texts=(), **columns):
        files = {}
        if len(images):
            table = pd.DataFrame({"image": images, "caption": captions, "split": "train", **columns})
            table.to_csv(tmp_path / "pairs.csv", index=False)
            files["pairs"] = tmp_path / "pairs.csv"
        if texts:
            (tmp_path / "texts.txt").write_text("\n".join(texts))
            files["texts"] = tmp_path / "texts.txt"
        return data.import_dataset(Workspace(tmp_path / "workspace"), name="shop", **files)

    return of


def refusal(dataset, method, training=None, seed=0) -> UserError | None:
    teacher = None if method in WITHOUT_TEACHER else "any"
    training = training or TrainingConfig()
    config = RunConfig(dataset.fingerprint, method, "any", teacher, seed, training)
    try:
        trainable.require(dataset, config)
    except UserError as error:
        for language in LANGUAGES:
            assert "{" not in error.message(language) + error.hint(language)
        return error
    return None


@pytest.mark.parametrize("method", WITH_IMAGES)
def test_a_teacher_of_images_needs_two_images_and_two_captions(imported, method):
    many = [f"a red mug, number {number}" for number in range(8)]
    one_image = imported(["a.jpg"] * 8, many)
    assert refusal(one_image, method).code == "too_few_different_pairs"
    assert refusal(imported([f"{number}.jpg" for number in range(3)], ["mug", "Mug", "mug"]), method).code == (
        "too_few_different_pairs"
    )
    assert refusal(imported(["a.jpg"], ["mug"]), method).code == "too_few_pairs"
    assert refusal(imported(texts=["mug", "cap"]), method).code == "no_training_pairs"
    assert refusal(imported(["a.jpg", "a.jpg", "b.jpg"], ["mug", "cap", "mug"]), method) is None, "the last two differ"
    assert [refusal(one_image, other) for other in (BASELINE, "simcse")] == [None, None], "these need none"


@pytest.mark.parametrize("method", BY_SENTENCES)
def test_sentences_must_differ(imported, method):
    same = ["Red mug", "red mug"]
    assert refusal(imported(["a.jpg", "b.jpg"], same), method).code == "too_few_different_texts"
    assert refusal(imported(["a.jpg"], ["mug"]), method).code == "too_few_pairs"
    assert refusal(imported(["a.jpg", "b.jpg"], same, ["a cap", "a bag"]), method) is None, "the texts do"
    left_out = TrainingConfig(texts="left_out")
    refused = refusal(imported(["a.jpg", "b.jpg"], same, ["a cap", "a bag"]), method, left_out)
    assert refused.code == "too_few_different_texts"
    assert refusal(imported(texts=["a cap", "A cap"]), method).code == "too_few_different_texts"


def test_a_share_that_leaves_too_few_is_named_and_not_blamed_where_all_would_be_too_few(imported):
    images, captions = [f"{number}.jpg" for number in range(8)], [f"mug {number}" for number in range(8)]
    eight, one = imported(images, captions), imported(["a.jpg"] * 8, captions)
    tenth = TrainingConfig(data_share=0.1, share_steps="whole")
    for method in ("simcse", "kdmcse"):
        refused = refusal(eight, method, tenth, seed=3)
        assert refused.code == "share_too_small" and refused.fields == {
            "share": 0.1,
            "seed": 3,
            "count": 1,
            "needed": 2,
        }
        assert refusal(eight, method, dataclasses.replace(tenth, data_share=0.25)) is None
    assert refusal(one, "kdmcse", tenth).code == "too_few_different_pairs"


def test_one_product_in_a_share_is_no_contrast_of_images_however_many_captions_it_has(imported):
    images = ["a.jpg"] * 4 + ["b.jpg"] * 4
    two_products = imported(images, [f"mug {number}" for number in range(8)])
    half = TrainingConfig(data_share=0.5, share_steps="whole")
    assert refusal(two_products, "kdmcse", half).code == "share_too_small"
    assert refusal(two_products, "simcse", half) is None


def test_whoever_looks_at_dev_judgements_needs_some(imported):
    dataset = imported(["a.jpg", "b.jpg"], ["mug", "cap"])
    for method in METHODS:
        assert refusal(dataset, method, TrainingConfig(evaluation_steps=5)).code == "no_dev_judgements"
    assert refusal(dataset, BASELINE, TrainingConfig(evaluation_steps=5)) is None
