"""Judgements of images: whether a caption fits one, whether two show the same. Files of their own kind."""

import pandas as pd
import pytest
from example_datasets import album, import_pilot, pilot, problems_of, table

from kdmcse.data import guess_columns, import_dataset
from kdmcse.errors import UserError

FITS = pd.DataFrame({"image": ["0.jpg", "7.jpg", "0.jpg"], "caption": ["a", "b", "c"], "score": ["5", "0", "2.5"]})
SAME = pd.DataFrame({"image_a": ["0.jpg", "1.jpg"], "image_b": ["1.jpg", "3.jpg"], "score": ["4", "1"]})


def imported(workspace, folder, fits=FITS, same=SAME):
    files = {"image_caption": table(folder, "fits.csv", fits), "image_image": table(folder, "same.csv", same)}
    return import_pilot(workspace, folder, pilot(), **files)


def test_both_kinds_are_kept_with_the_images_that_the_pairs_have(workspace, tmp_path):
    dataset = imported(workspace, tmp_path)
    known = dataset.pairs.set_index("image_name")["image"]
    assert dataset.image_caption["image"].tolist() == known[FITS["image"]].tolist()
    assert dataset.image_caption["caption"].tolist() == ["a", "b", "c"]
    assert dataset.image_caption["score"].tolist() == [5.0, 0.0, 2.5]
    for side in ("image_a", "image_b"):
        assert dataset.image_image[side].tolist() == known[SAME[side]].tolist()
        assert dataset.image_image[f"{side}_name"].tolist() == SAME[side].tolist()
    assert (dataset.counts["image_caption"], dataset.counts["image_image"]) == (3, 2)


def test_a_dataset_without_them_stays_the_dataset_that_it_was(workspace, tmp_path):
    plain = import_pilot(workspace, tmp_path, pilot())
    assert plain.image_caption is plain.image_image is None
    assert imported(workspace, tmp_path).fingerprint != plain.fingerprint


def test_an_image_that_only_a_judgement_names_is_kept_too(workspace, tmp_path):
    images, pairs = album(tmp_path, 20), table(tmp_path, "pairs.csv", pilot().head(4))
    fits = table(tmp_path, "fits.csv", FITS)
    dataset = import_dataset(workspace, name="p", images=images, pairs=pairs, image_caption=fits)
    alone = dataset.image_caption["image"][1]
    assert alone not in set(dataset.pairs["image"])
    assert dataset.image_path(alone).exists()
    assert dataset.counts["unused_pictures"] == 15


def test_a_row_without_its_image_or_with_another_scale_is_left_out_and_told(workspace, tmp_path):
    fits, same = FITS.copy(), SAME.copy()
    fits.loc[0, "image"], fits.loc[1, "score"] = "99.jpg", "70"
    same.loc[0, "image_b"] = "98.jpg"
    dataset = imported(workspace, tmp_path, fits, same)
    assert sorted(problems_of(dataset)) == [
        (2, "image", "picture_missing"),
        (2, "image_b", "picture_missing"),
        (3, "score", "score_out_of_range"),
    ]
    assert dataset.image_caption["row"].tolist() == [4]
    assert dataset.image_image["row"].tolist() == [3]


def test_a_file_none_of_whose_images_is_there_is_refused(workspace, tmp_path):
    with pytest.raises(UserError) as caught:
        imported(workspace, tmp_path, same=SAME.assign(image_a="nowhere.jpg"))
    assert caught.value.code == "no_rows_left"


def test_common_headers_are_known_in_both_languages():
    assert guess_columns("image_caption", ["写真", "説明文", "類似度"]) == {
        "image": "写真",
        "caption": "説明文",
        "score": "類似度",
    }
    assert guess_columns("image_image", ["picture1", "picture2", "rating"]) == {
        "image_a": "picture1",
        "image_b": "picture2",
        "score": "rating",
    }
