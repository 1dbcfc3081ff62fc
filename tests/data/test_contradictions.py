"""Judgements that contradict each other are told with their rows and kept, as is a thing that is judged against itself."""

import json

import pandas as pd
import pytest
from example_datasets import jpeg, table

from kdmcse.data import import_dataset, open_dataset
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.data import problem_table
from kdmcse.store.files import read_json, write_json


def imported(workspace, folder, kind, rows, columns, **files):
    frame = pd.DataFrame(rows, columns=columns)
    return import_dataset(workspace, name="d", **{kind: table(folder, f"{kind}.csv", frame)}, **files)


def told(dataset):
    found = dataset.problems[["row", "column", "code", "fields"]].itertuples(index=False, name=None)
    return [(row, column, code, json.loads(fields).get("other_row")) for row, column, code, fields in found]


STS = ["sentence1", "sentence2", "score"]
DECISIONS = ["text_a", "text_b", "match"]


def test_a_pair_that_is_judged_more_than_two_points_apart_is_told_sides_swapped_or_not(workspace, tmp_path):
    rows = [("a", "b", 5), ("x", "y", 3), ("a", "b", 0), ("B", "A", 4), ("b", "a", 1.5), ("y", "x", 1), ("y", "x", 3.5)]
    dataset = imported(workspace, tmp_path, "sts", rows, STS)
    assert told(dataset) == [
        (4, "score", "score_contradicted", 2),
        (5, "score", "score_contradicted", 4),
        (6, "score", "score_contradicted", 2),
        (8, "score", "score_contradicted", 7),
    ]
    assert len(dataset.sts) == 7, "all are kept"
    assert dataset.counts["problems_by_code"] == {"score_contradicted": 4}
    for language in LANGUAGES:
        shown = problem_table(Locale(language), dataset)
        assert shown["kept"].all() and all(part in shown["message"][2] for part in ("1.5", "5", "2"))


def test_scores_exactly_two_points_apart_are_no_contradiction(workspace, tmp_path):
    assert told(imported(workspace, tmp_path, "sts", [("a", "b", 5), ("a", "b", 3)], STS)) == []


def test_a_pair_that_is_decided_both_ways_is_told(workspace, tmp_path):
    rows = [("a", "b", 1), ("c", "d", 0), ("b", "a", 0), ("a", "b", 1), ("a", "c", 1), ("c", "d", 0)]
    dataset = imported(workspace, tmp_path, "decisions", rows, DECISIONS)
    assert told(dataset) == [(4, "match", "match_contradicted", 2), (5, "match", "match_contradicted", 4)]
    assert len(dataset.decisions) == 6


@pytest.mark.parametrize(("kind", "columns"), [("sts", STS), ("decisions", DECISIONS)])
def test_a_text_with_itself_is_told_and_kept(workspace, tmp_path, kind, columns):
    dataset = imported(workspace, tmp_path, kind, [("A cup", "a cup", 1), ("a", "b", 1), ("a", "b.", 1)], columns)
    assert told(dataset) == [(2, columns[1], "text_with_itself", None)] and dataset.counts[kind] == 3
    for language in LANGUAGES:
        assert problem_table(Locale(language), dataset)["kept"].all()


@pytest.mark.parametrize("other", ["Ａ　red mug", "a red  mug.", "A RED MUG!", "a red\u00a0mug"])
def test_width_blanks_and_punctuation_make_no_other_text(workspace, tmp_path, other):
    rows = [("a red mug", other, 1), ("a red mug", "a cap", 1), ("A cap.", other, 0)]
    dataset = imported(workspace, tmp_path, "decisions", rows, DECISIONS)
    assert told(dataset) == [(2, "text_b", "text_with_itself", None), (4, "match", "match_contradicted", 3)]
    assert told(imported(workspace, tmp_path, "sts", [("1.5 l", "15 l", 5)], STS)) == [], "numbers are told apart"


def test_judged_images_are_compared_by_what_they_show_and_not_by_their_names(workspace, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for name, number in {"0.jpg": 0, "copy.jpg": 0, "1.jpg": 1, "2.jpg": 2}.items():
        (images / name).write_bytes(jpeg(number))
    same = [("0.jpg", "1.jpg", 5), ("1.jpg", "copy.jpg", 0), ("0.jpg", "copy.jpg", 5), ("1.jpg", "2.jpg", 3)]
    dataset = imported(workspace, tmp_path, "image_image", same, ["image_a", "image_b", "score"], images=images)
    assert told(dataset) == [(3, "score", "score_contradicted", 2), (4, "image_b", "picture_with_itself", None)]
    fits = [("0.jpg", "a cup", 5), ("copy.jpg", "A cup", 1), ("1.jpg", "a cup", 0)]
    dataset = imported(workspace, tmp_path, "image_caption", fits, ["image", "caption", "score"], images=images)
    assert told(dataset) == [(3, "score", "score_contradicted", 2)] and len(dataset.image_caption) == 3


def test_a_dataset_of_before_is_read_as_it_was_and_told_once_it_is_imported_again(workspace, tmp_path):
    rows = [("a", "b", 5), ("a", "b", 0)]
    now = imported(workspace, tmp_path, "sts", rows, STS)
    now.problems.head(0).to_parquet(now.folder / "problems.parquet")
    manifest = read_json(now.folder / "manifest.json")
    before = manifest["counts"] | {"problems": 0, "problems_by_code": {}}
    write_json(now.folder / "manifest.json", manifest | {"counts": before})
    old = open_dataset(workspace, now.fingerprint)
    assert old.problems.empty and old.sts.equals(now.sts)
    again = imported(workspace, tmp_path, "sts", rows, STS)
    assert again.fingerprint == now.fingerprint and told(again) == [(3, "score", "score_contradicted", 2)]
    assert again.counts["problems"] == 1


def test_what_is_told_is_no_part_of_what_a_dataset_is_known_by(workspace, tmp_path):
    """The fingerprints are those of versions that told nothing."""
    sts = imported(workspace, tmp_path, "sts", [("a", "b", 5), ("a", "b", 0), ("c", "c", 5)], STS)
    decisions = imported(workspace, tmp_path, "decisions", [("a", "b", 1), ("b", "a", 0)], DECISIONS)
    assert (sts.fingerprint, decisions.fingerprint) == ("6eafcf0637b4c43a", "2e14768be2091323")
