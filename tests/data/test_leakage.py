"""What is evaluated must not have been learnt from: the same or nearly the same text and image is found, its like is not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from example_images import saved, scene

from kdmcse.data import import_dataset, leakage, open_dataset
from kdmcse.data.nearly_same import MAX_DIFFERENT_BITS, Looks
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.processes import evaluate
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"


def bring(folder: Path, captions: dict[str, list[str]], pictures: list[bytes] | None = None, **tables) -> dict:
    """Files of an import: captions by split, each with its own image, and the tables that are given."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = [(split, caption) for split, given in captions.items() for caption in given]
    for i in range(len(rows)):
        (folder / "images" / f"{i}.png").write_bytes(pictures[i] if pictures else saved(scene(i), kind="PNG"))
    frame = pd.DataFrame(rows, columns=["split", "caption"]).assign(image=[f"{i}.png" for i in range(len(rows))])
    files = {"images": folder / "images"}
    for name, table in {"pairs": frame, **tables}.items():
        files[name] = folder / f"{name}.csv"
        table.to_csv(files[name], index=False)
    return files


def test_what_leaks_is_left_out_and_listed_with_what_it_equals(workspace, tmp_path):
    pictures = [saved(scene(i), kind="PNG") for i in range(5)] + [saved(scene(0), 60)]
    sts = pd.DataFrame(
        {
            "sentence1": ["plum", "plum", "A bright orange wool tote bag", "plum"],
            "sentence2": ["new", "APPLE!", "new", "told you."],
            "score": [1, 2, 3, 4],
        }
    )
    decisions = pd.DataFrame({"text_a": ["plum", "plum"], "text_b": ["pear", "Apple"], "match": [1, 0]})
    files = bring(
        tmp_path / "files",
        {"train": ["apple", "bright orange wool tote bag"], "test": ["“Apple”", "plum", "nut", "fig"]},
        pictures,
        sts=sts,
        decisions=decisions,
        texts=pd.DataFrame({"text": ["first", "Told you"]}),
    )
    dataset = import_dataset(workspace, name="p", **files)
    assert dataset.pairs["held_out"].tolist() == [False, False, False, True, True, False]
    assert dataset.sts["held_out"].tolist() == [True, False, False, False]
    assert dataset.decisions["held_out"].tolist() == [True, False]
    listed = dataset.leaks.drop(columns="similarity").values.tolist()
    assert listed == [
        ["pairs", 2, "caption", "“Apple”", "pairs", 0, "apple", "same_text"],
        ["pairs", 5, "image", "5.png", "pairs", 0, "0.png", "near_picture"],
        ["sts", 3, "sentence2", "APPLE!", "pairs", 0, "apple", "same_text"],
        [
            "sts",
            4,
            "sentence1",
            "A bright orange wool tote bag",
            "pairs",
            1,
            "bright orange wool tote bag",
            "near_text",
        ],
        ["sts", 5, "sentence2", "told you.", "texts", 1, "Told you", "same_text"],
        ["decisions", 3, "text_b", "Apple", "pairs", 0, "apple", "same_text"],
    ]
    similarity = dataset.leaks["similarity"]
    assert similarity[similarity < 1].between(0.8, 1).all() and (similarity < 1).sum() <= 2
    assert dataset.counts["leaks"] == 6
    assert set(dataset.leaks.columns) == set(leakage.COLUMNS)


def test_judgements_to_choose_by_are_not_learnt_from_either(workspace, tmp_path):
    sts = pd.DataFrame({"sentence1": ["apple", "plum", "pear"], "sentence2": "new", "score": 1, "split": "dev"})
    files = bring(tmp_path / "files", {"train": ["Apple"], "dev": ["pear"], "test": ["plum"]}, sts=sts)
    dataset = import_dataset(workspace, name="p", **files)
    assert dataset.sts["dev"].tolist() == [False, True, True]
    assert dataset.leaks[["kind", "row"]].values.tolist() == [["sts", 2]]


def test_images_that_did_not_come_are_the_same_when_their_names_are(workspace, tmp_path):
    names = ["a/One.jpg", "two.jpg", "a\\one.JPG", "three.jpg"]
    table = pd.DataFrame({"image": names, "caption": list("wxyz"), "split": ["train", "train", "test", "test"]})
    table.to_csv(tmp_path / "pairs.csv", index=False)
    dataset = import_dataset(workspace, name="p", pairs=tmp_path / "pairs.csv")
    assert dataset.pairs["held_out"].tolist() == [False, False, False, True]
    [leak] = dataset.leaks.drop(columns="similarity").values.tolist()
    assert leak == ["pairs", 2, "image", names[2], "pairs", 0, names[0], "same_picture"]


def test_a_row_that_leaks_twice_counts_once(workspace, tmp_path):
    sts = pd.DataFrame({"sentence1": ["apple"], "sentence2": ["Apple"], "score": [5]})
    dataset = import_dataset(
        workspace, name="p", **bring(tmp_path / "files", {"train": ["apple"], "test": ["fig"]}, sts=sts)
    )
    assert len(dataset.leaks) == 2 and dataset.counts["leaks"] == 1


def test_where_everything_leaks_nothing_is_evaluated_and_that_is_said(workspace, tmp_path):
    files = bring(tmp_path / "files", {"train": ["apple", "fig"], "test": ["Apple.", "FIG"]})
    dataset = import_dataset(workspace, name="p", **files)
    assert dataset.counts["leaks"] == 2 and dataset.counts["held_out_pairs"] == 0
    assert dataset.leakage == "everything"
    with pytest.raises(UserError) as refused:
        evaluate.evaluate(lambda texts: np.ones((len(texts), 2)), dataset, tmp_path / "out", name="x")
    assert refused.value.code == "everything_leaks"
    for language in LANGUAGES:
        assert "2" in refused.value.message(language) and refused.value.hint(language)


def test_a_dataset_of_before_was_not_looked_through_until_it_is_imported_again(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace)
    assert dataset.counts["leaks"] == 0 and dataset.leaks.empty
    (dataset.folder / "leaks.parquet").unlink()
    manifest = read_json(dataset.folder / "manifest.json")
    del manifest["counts"]["leaks"]
    write_json(dataset.folder / "manifest.json", manifest | {"name": "as it was called"})
    old = open_dataset(workspace, dataset.fingerprint)
    assert old.leaks is None and old.counts["leaks"] is None and len(old.pairs) == len(dataset.pairs)
    assert old.leakage == "not_checked"
    again = small.dataset(workspace)
    assert again.fingerprint == dataset.fingerprint and again.name == "as it was called"
    assert again.counts["leaks"] == 0 and again.leaks.empty
    assert again.manifest["created"] == manifest["created"]


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer")
def test_no_two_shop_photos_are_taken_for_one_and_texts_leak_only_word_for_word(workspace):
    grocery = SHARED / "grocery"
    photos = [path.read_bytes() for path in sorted((grocery / "images").iterdir())]
    looks = Looks.of(photos)
    apart = np.bitwise_count(looks.bits[:, None] ^ looks.bits[None]).sum(axis=2, dtype=int)
    apart[np.arange(len(photos)), np.arange(len(photos))] = 255
    assert apart.min() > MAX_DIFFERENT_BITS
    files = {"images": grocery / "images", "pairs": grocery / "pairs.csv", "decisions": grocery / "decisions.csv"}
    found = import_dataset(workspace, name="grocery", **files).leaks
    assert set(found["how"]) == {"same_text"} and (found["value"] == found["learnt_value"]).all()
