"""No product is on both sides, and nothing that is learnt from is measured on."""

import random
import time

import pandas as pd
import pytest
from example_datasets import import_pilot, pilot, problems_of, table
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse.data import KEPT, import_dataset, open_dataset, splits
from kdmcse.store.files import read_json, write_json

# Which side a group is on


def test_no_group_and_no_image_is_on_both_sides(workspace, tmp_path):
    frame = pilot(groups=12, each=3)
    frame.loc[3, "image"] = frame.loc[0, "image"]  # ties product 1 to product 0
    dataset = import_pilot(workspace, tmp_path, frame)
    for unit in ("group", "image"):
        assert dataset.pairs.groupby(unit)["split"].nunique().max() == 1
    assert dataset.counts["groups"] == 11
    assert dataset.pairs["duplicate_image"].sum() == 2
    assert {"train", "test"} <= set(dataset.pairs["split"])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("ABCDEF "), st.integers(0, 12), st.integers(0, 5)), min_size=1, max_size=40),
    st.randoms(),
)
def test_splits_do_not_depend_on_the_order_of_the_rows(rows, chance):
    def split(rows: list) -> dict:
        groups = splits.group_pairs([group.strip() for group, _, _ in rows], [f"{p:02}" for _, p, _ in rows])
        captions = [f"caption {c}" for _, _, c in rows]
        evaluated = [(f"caption {i}", f"Caption {i + 1}") for i in range(5)]
        parts = splits.make_splits(groups, captions, evaluated)
        of_group = {}
        for group, part in zip(groups, parts, strict=True):
            assert of_group.setdefault(group, part) == part
        if len(of_group) > 1:
            assert {"train", "test"} <= set(parts)
        return dict(zip(rows, zip(groups, parts, strict=True), strict=True))

    shuffled = rows.copy()
    chance.shuffle(shuffled)
    assert split(rows) == split(shuffled)


def test_the_shares_are_kept_when_groups_are_small():
    groups = [f"g{i // 4}" for i in range(1000)]
    parts = pd.Series(splits.make_splits(groups, groups, []))
    assert parts.value_counts().to_dict() == {"train": 700, "test": 200, "dev": 100}


def test_a_huge_group_is_learnt_from_rather_than_held_out():
    groups = ["huge"] * 900 + [f"g{i}" for i in range(100)]
    parts = pd.Series(splits.make_splits(groups, groups, []))
    assert set(parts[:900]) == {"train"}


def test_the_test_part_grows_along_the_evaluation_rows():
    groups = [f"g{i}" for i in range(100)]
    rows = [(f"G{i}", f"g{i + 50}") for i in range(50)]
    parts = splits.make_splits(groups, groups, rows)
    held_out = {group for group, part in zip(groups, parts, strict=True) if part == "test"}
    assert sum({a.lower(), b} <= held_out for a, b in rows) == 10


def test_thousands_of_groups_and_rows_are_split_in_seconds():
    chance = random.Random(0)
    groups = [f"g{i % 5000}" for i in range(20_000)]
    rows = [(f"c{chance.randrange(9000)}", f"c{chance.randrange(9000)}") for _ in range(20_000)]
    begin = time.monotonic()
    splits.make_splits(groups, [f"c{i % 9000}" for i in range(20_000)], rows)
    assert time.monotonic() - begin < 5


def test_given_splits_are_respected_but_no_group_straddles(workspace, tmp_path):
    frame = pilot(groups=4, each=2, split=["train", "train", "学習", "test", "validation", "dev", "TEST", "?"])
    dataset = import_pilot(workspace, tmp_path, frame)
    assert dataset.pairs["split"].tolist() == ["train", "train", "test", "test", "dev", "dev", "test"]
    assert problems_of(dataset) == [(9, "split", "split_unknown"), (4, "split", "group_straddles_splits")]
    assert dataset.problems["code"].isin(list(KEPT)).tolist() == [False, True]
    assert dataset.manifest["splits"]["method"] == "given"


# Texts alone give way to what is evaluated


def held_out_texts(texts, rows, **captions):
    pairs = pd.DataFrame([(caption, split) for split, found in captions.items() for caption in found], dtype=str)
    pairs = pairs.set_axis(["caption", "split"], axis=1) if captions else pd.DataFrame({"caption": [], "split": []})
    held_out = splits.texts_held_out(texts, pairs, rows)
    return {text for text, out in zip(texts, held_out, strict=True) if out}


def test_a_fifth_of_the_texts_at_most_gives_way_to_the_most_evaluation_rows():
    texts = [f"text {i}" for i in range(50)]
    apart = [(f"text {i}", f"text {i + 25}") for i in range(25)]
    around_one = [("text 7", f"Text {i}!") for i in range(10, 19)]
    held_out = held_out_texts(texts, apart)
    assert len(held_out) == 10 and sum({a, b} <= held_out for a, b in apart) == 5
    assert held_out_texts(texts, around_one) == {"text 7", *(f"text {i}" for i in range(10, 19))}


def test_texts_that_complete_no_row_are_learnt_from():
    texts = [f"text {i}" for i in range(50)]
    assert held_out_texts(texts, [[f"text {i}" for i in range(20)]]) == set()
    assert held_out_texts(texts, [("text 1", "learnt")], train=["Learnt."]) == set()
    assert held_out_texts(texts, [("text 1", "learnt")], test=["Learnt."]) == {"text 1"}
    assert held_out_texts(["only", "two"], [("only", "new")]) == set()
    assert held_out_texts(["same"] * 8 + ["a", "b"], [("same", "new")]) == set(), "most of what there is to learn from"


def test_captions_that_are_held_out_are_no_texts_to_learn_from_however_many():
    texts = ["a", "B", "c", "d"]
    assert held_out_texts(texts, [], train=["c", "d"], dev=["b"], test=["A", "d"]) == {"a", "B"}


def test_texts_that_are_evaluated_are_told_and_what_they_measure_stays(workspace, tmp_path):
    frame = pilot(groups=4, each=1, split=["train", "dev", "test", "test"])
    frame["caption"] = ["apple", "pear", "plum", "fig"]
    texts = [f"text {i}" for i in range(10)] + ["Fig."]
    decisions = pd.DataFrame({"text_a": ["fig", "text 1"], "text_b": ["TEXT 5", "apple"], "match": [1, 0]})
    files = {
        "decisions": table(tmp_path, "decisions.csv", decisions),
        "texts": table(tmp_path, "texts.csv", pd.DataFrame({"text": texts})),
    }
    dataset = import_pilot(workspace, tmp_path, frame, **files)
    assert dataset.decisions["held_out"].tolist() == [True, False]
    assert dataset.pairs["held_out"].tolist() == [False, False, True, True]
    assert dataset.texts["text"].tolist() == [text for text in texts if text not in ("text 5", "Fig.")]
    assert problems_of(dataset) == [(7, "text", "text_held_out"), (12, "text", "text_held_out")]
    assert dataset.counts["texts"] == 9


# What is held out and what is chosen by


def test_only_what_was_never_learnt_from_is_held_out(workspace, tmp_path):
    frame = pilot(groups=4, each=1, split=["train", "dev", "test", "test"])
    frame["caption"] = ["Apple", "pear", "apple", "plum"]
    sts = pd.DataFrame({"sentence1": ["plum", "plum", "new", "new"], "sentence2": ["new", "PEAR", "other", "told"]})
    decisions = pd.DataFrame({"text_a": ["plum", "Apple"], "text_b": ["plum", "x"], "match": ["はい", "0"]})
    dataset = import_pilot(
        workspace,
        tmp_path,
        frame,
        sts=table(tmp_path, "sts.csv", sts.assign(score=1)),
        decisions=table(tmp_path, "decisions.csv", decisions),
        texts=table(tmp_path, "texts.csv", pd.DataFrame({"text": ["Told"]})),
    )
    assert dataset.pairs["held_out"].tolist() == [False, False, False, True]
    assert dataset.pairs["duplicate_caption"].tolist() == [True, False, True, False]
    assert dataset.sts["held_out"].tolist() == [True, False, True, False]
    assert list(dataset.sts.columns) == ["row", "sentence1", "sentence2", "score", "held_out", "dev"]
    assert dataset.sts["dev"].tolist() == [False, True, False, False], "spoilt for the test by a dev caption alone"
    assert dataset.dev["sentence2"].tolist() == ["PEAR"]
    assert dataset.decisions["held_out"].tolist() == [True, False]
    assert dataset.decisions["match"].tolist() == [True, False]
    assert dataset.decisions["segment"].tolist() == ["", ""]
    assert dataset.decisions["row"].tolist() == [2, 3]
    assert dataset.counts["sts_usable"] == 2
    assert dataset.counts["sts_dev"] == 1


def judged(splits: list[str] | None, rows: int = 4) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"sentence1": [f"one {i}" for i in range(rows)], "sentence2": "two", "score": [i % 6 for i in range(rows)]}
    )
    return frame if splits is None else frame.assign(split=splits)


def test_judgements_to_choose_by_are_those_that_say_so(workspace, tmp_path):
    said = ["dev", "テスト", "validation", "Eval", "train", "later", ""]
    dataset = import_dataset(workspace, name="j", sts=table(tmp_path, "sts.csv", judged(said, 7)))
    assert dataset.sts["row"].tolist() == [2, 3, 4, 5]
    assert dataset.sts["dev"].tolist() == [True, False, True, False]
    assert dataset.sts["held_out"].tolist() == [False, True, False, True]
    assert dataset.dev["row"].tolist() == [2, 4]
    assert problems_of(dataset) == [
        (6, "split", "judgement_to_train"),
        (7, "split", "split_unknown"),
        (8, "split", "split_unknown"),
    ]
    assert (dataset.counts["sts"], dataset.counts["sts_usable"], dataset.counts["sts_dev"]) == (4, 2, 2)


def test_who_says_test_is_not_chosen_by_even_where_no_test_can_use_it(workspace, tmp_path):
    frame = pilot(groups=4, each=1, split=["train", "dev", "test", "test"])
    sts = judged(["test", "dev"], 2).assign(sentence2=["caption 1", "caption 3"])
    dataset = import_pilot(workspace, tmp_path, frame, sts=table(tmp_path, "sts.csv", sts))
    assert dataset.sts[["held_out", "dev"]].values.tolist() == [[False, False], [False, True]]


@pytest.mark.parametrize("header", ["split", "Subset", "分割", "用途"])
def test_the_split_of_judgements_has_other_names_and_may_be_empty(workspace, tmp_path, header):
    sts = judged(["dev", "test", "dev", "test"]).rename(columns={"split": header})
    dataset = import_dataset(workspace, name="j", sts=table(tmp_path, "sts.csv", sts))
    assert len(dataset.dev) == 2
    ignored = import_dataset(workspace, name="k", sts=tmp_path / "sts.csv", columns={"sts": {"split": None}})
    empty = import_dataset(workspace, name="l", sts=table(tmp_path, "e.csv", sts.assign(**{header: ""})))
    assert ignored.dev is empty.dev is None and ignored.counts["sts_usable"] == empty.counts["sts_usable"] == 4


def test_which_row_is_dev_is_content_but_a_table_without_splits_stays_the_dataset_it_was(workspace, tmp_path):
    def fingerprint(splits: list[str] | None) -> str:
        return import_dataset(workspace, name="j", sts=table(tmp_path, "s.csv", judged(splits))).fingerprint

    ways = [None, ["test"] * 4, ["dev"] * 4, ["dev", "test", "test", "test"]]
    assert len({fingerprint(splits) for splits in ways}) == len(ways)
    assert fingerprint(None) == "261f4e00c3e68617", "as imported before there were dev judgements"


def test_a_pair_column_called_dev_is_the_users_own(workspace, tmp_path):
    first, second = (import_pilot(workspace, tmp_path, pilot(dev=word)) for word in ("x", "y"))
    assert first.extra_columns == ["dev"] and first.fingerprint != second.fingerprint


def test_a_dataset_of_before_has_no_dev_judgements(workspace, tmp_path):
    dataset = import_dataset(workspace, name="j", sts=table(tmp_path, "sts.csv", judged(None)))
    dataset.sts.drop(columns="dev").to_parquet(dataset.folder / "sts.parquet", index=False)
    manifest = read_json(dataset.folder / "manifest.json")
    del manifest["counts"]["sts_dev"]
    write_json(dataset.folder / "manifest.json", manifest)
    old = open_dataset(workspace, dataset.fingerprint)
    assert old.dev is None and not old.sts["dev"].any() and old.counts["sts_dev"] == 0


def test_splits_do_not_grow_along_judgements_that_are_to_choose_by(workspace, tmp_path):
    captions = {"sentence1": [f"caption {i}" for i in range(0, 40, 2)], "score": 1.0}
    sts = pd.DataFrame(captions | {"sentence2": [f"caption {i}" for i in range(1, 40, 2)]})
    parts = []
    for name, file in {"none": None, "dev": sts.assign(split="dev"), "test": sts.assign(split="test")}.items():
        files = {} if file is None else {"sts": table(tmp_path, f"{name}.csv", file)}
        parts.append(import_pilot(workspace, tmp_path, pilot(40, 1), **files).pairs["split"].tolist())
    assert parts[0] == parts[1] != parts[2]
