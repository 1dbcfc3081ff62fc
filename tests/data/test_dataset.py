"""Uploads become datasets, whole or not at all: what is kept, what is told, what is held out."""

import io
import os
import random
import shutil
import time
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from kdmcse.data import KEPT, delete_dataset, import_dataset, list_datasets, open_dataset, splits
from kdmcse.data.dataset import PAIR_COLUMNS
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"
real = [
    pytest.mark.real,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer"),
]


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def jpeg(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number * 6, 240 - number * 6, 90)).save(file, "JPEG")
    return file.getvalue()


def album(folder: Path, number: int) -> Path:
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for i in range(number):
            archive.writestr(f"images/{i}.jpg", jpeg(i))
    return folder / "images.zip"


def table(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    frame.to_csv(folder / name, index=False)
    return folder / name


def pilot(groups: int = 10, each: int = 2, **more) -> pd.DataFrame:
    number = groups * each
    columns = {
        "image": [f"{i}.jpg" for i in range(number)],
        "caption": [f"caption {i}" for i in range(number)],
        "product": [f"product {i // each}" for i in range(number)],
    }
    return pd.DataFrame({**columns, **more})


def import_pilot(workspace, folder: Path, frame: pd.DataFrame, **files):
    return import_dataset(
        workspace, name="pilot", images=album(folder, len(frame)), pairs=table(folder, "pairs.csv", frame), **files
    )


def problems_of(dataset) -> list[tuple]:
    return list(dataset.problems[["row", "column", "code"]].itertuples(index=False, name=None))


def refusal(workspace, **files) -> UserError:
    with pytest.raises(UserError) as caught:
        import_dataset(workspace, **{"name": "pilot", **files})
    assert not any(workspace.datasets.iterdir()), "nothing may be left of a refused import"
    for language in LANGUAGES:
        assert "{" not in caught.value.message(language) + caught.value.hint(language)
    return caught.value


def test_a_pilot_is_imported_with_all_it_brought(workspace, tmp_path):
    frame = pilot(category="fruit", 棚="A-1")
    dataset = import_pilot(workspace, tmp_path, frame)
    assert list(dataset.pairs.columns)[: len(PAIR_COLUMNS)] == list(PAIR_COLUMNS)
    assert {name: str(kind) for name, kind in dataset.pairs.dtypes.items()} == {
        **PAIR_COLUMNS,
        "category": "str",
        "棚": "str",
    }
    assert dataset.extra_columns == ["category", "棚"]
    assert dataset.pairs["caption"].tolist() == frame["caption"].tolist()
    assert dataset.pairs["pair"].tolist() == list(range(20))
    assert all(dataset.image_path(image).read_bytes()[:2] == b"\xff\xd8" for image in dataset.pairs["image"])
    assert dataset.problems.empty
    assert dataset.sts is dataset.decisions is dataset.texts is None
    assert dataset.manifest["columns"]["pairs"]["group"] == "product"
    assert not dataset.synthetic
    assert dataset.counts["pictures"] == dataset.counts["pairs"] == 20


def test_columns_named_like_ours_keep_their_content(workspace, tmp_path):
    dataset = import_pilot(workspace, tmp_path, pilot(pair="x", held_out="y", row="z"))
    assert {"pair (uploaded)", "held_out (uploaded)", "row (uploaded)"} == set(dataset.extra_columns)


def test_bad_rows_are_left_out_and_told_and_good_ones_kept(workspace, tmp_path):
    frame = pilot()
    frame.loc[0, "caption"] = " "
    frame.loc[1, "image"] = "31.jpg"
    frame.loc[2, "image"] = ""
    images = album(tmp_path, 20)
    with zipfile.ZipFile(images, "a") as archive:
        archive.writestr("images/half.jpg", jpeg(3)[:200])
    frame.loc[3, "image"] = "half.jpg"
    dataset = import_dataset(workspace, name="p", images=images, pairs=table(tmp_path, "pairs.csv", frame))
    assert sorted(problems_of(dataset)) == [
        (2, "caption", "text_missing"),
        (3, "image", "picture_missing"),
        (4, "image", "picture_not_named"),
        (5, "image", "picture_broken"),
    ]
    assert len(dataset.pairs) == 16
    assert dataset.counts["unused_pictures"] == 4
    assert dataset.counts["problems_by_code"]["picture_missing"] == 1
    assert not set(dataset.problems["code"]) & KEPT


def test_the_same_content_is_one_dataset_whatever_it_is_called(workspace, tmp_path):
    first = import_pilot(workspace, tmp_path, pilot())
    shutil.move(tmp_path / "images.zip", tmp_path / "other.zip")
    again = import_dataset(workspace, name="another", images=tmp_path / "other.zip", pairs=tmp_path / "pairs.csv")
    assert again.folder == first.folder
    assert again.name == "pilot"
    assert [path.name for path in workspace.datasets.iterdir()] == [first.fingerprint]


def test_many_people_import_the_same_at_once(workspace, tmp_path):
    files = {"images": album(tmp_path, 20), "pairs": table(tmp_path, "pairs.csv", pilot())}
    with ThreadPoolExecutor(6) as people:
        imports = [people.submit(import_dataset, workspace, name=str(i), **files) for i in range(6)]
    assert len({done.result().folder for done in imports}) == 1
    assert len(list(workspace.datasets.iterdir())) == 1


def test_other_content_is_another_dataset(workspace, tmp_path):
    frame = pilot()
    first = import_pilot(workspace, tmp_path, frame)
    frame.loc[5, "caption"] = "changed"
    assert import_pilot(workspace, tmp_path, frame).fingerprint != first.fingerprint
    assert len(list_datasets(workspace)) == 2


def test_datasets_are_found_by_id_name_and_beginning_and_can_be_deleted(workspace, tmp_path):
    dataset = import_pilot(workspace, tmp_path, pilot())
    for wanted in (dataset.fingerprint, "pilot", dataset.fingerprint[:6]):
        assert open_dataset(workspace, wanted) == dataset
    for wanted in ("", "x", "..", "../datasets", dataset.fingerprint[:2]):
        with pytest.raises(UserError, match="no dataset"):
            open_dataset(workspace, wanted)
    delete_dataset(workspace, dataset.fingerprint)
    assert not any(workspace.datasets.iterdir())


def test_two_datasets_of_one_name_are_told_apart(workspace, tmp_path):
    import_pilot(workspace, tmp_path, pilot())
    import_pilot(workspace, tmp_path, pilot(groups=5))
    with pytest.raises(UserError) as caught:
        open_dataset(workspace, "pilot")
    assert caught.value.code == "dataset_ambiguous"


def test_texts_alone_are_a_dataset(workspace, tmp_path):
    (tmp_path / "texts.txt").write_text("一つ目。\n\n二つ目。\n", encoding="cp932")
    dataset = import_dataset(workspace, name="texts", texts=tmp_path / "texts.txt", synthetic=True)
    assert dataset.texts["text"].tolist() == ["一つ目。", "二つ目。"]
    assert dataset.pairs.empty
    assert {name: str(kind) for name, kind in dataset.pairs.dtypes.items()} == PAIR_COLUMNS
    assert dataset.synthetic
    assert dataset.manifest["splits"]["method"] == "no_pairs"


def test_the_headers_can_be_named(workspace, tmp_path):
    frame = pilot().rename(columns={"caption": "売り文句", "image": "ふぁいる"})
    files = {"images": album(tmp_path, 20), "pairs": table(tmp_path, "pairs.csv", frame)}
    error = refusal(workspace, **files)
    assert error.code == "columns_missing"
    assert "売り文句" in error.message()
    columns = {"pairs": {"caption": "売り文句", "image": "ふぁいる", "group": None}}
    dataset = import_dataset(workspace, name="p", columns=columns, **files)
    assert dataset.counts["groups"] == 20
    assert dataset.extra_columns == ["product"]


def test_what_cannot_be_imported_is_refused_in_words(workspace, tmp_path):
    pairs, images = table(tmp_path, "pairs.csv", pilot()), album(tmp_path, 0)
    captions = table(tmp_path, "captions.csv", pilot()[["caption"]])
    unjudged = table(tmp_path, "d.csv", pd.DataFrame({"text_a": ["a"], "text_b": ["b"], "match": ["?"]}))
    assert refusal(workspace).code == "nothing_to_import"
    assert refusal(workspace, name=" ", pairs=pairs).code == "dataset_name_missing"
    assert refusal(workspace, pairs=pairs).code == "images_missing"
    assert refusal(workspace, pairs=captions, images=images).code == "columns_missing"
    assert refusal(workspace, pairs=pairs, images=tmp_path / "none").code == "file_missing"
    assert refusal(workspace, pairs=pairs, images=images, columns={"x": {}}).code == "table_kind_unknown"
    assert refusal(workspace, decisions=unjudged).code == "no_rows_left"
    nothing_left = refusal(workspace, pairs=pairs, images=images)
    assert nothing_left.code == "no_pairs_left"
    assert "× 20" in nothing_left.message("en")
    assert "画像がありません" in nothing_left.message("ja")


def test_a_full_disk_is_told_before_anything_is_copied(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("kdmcse.store.files.free_bytes", lambda folder: 1000)
    files = {"images": album(tmp_path, 20), "pairs": table(tmp_path, "pairs.csv", pilot())}
    assert refusal(workspace, **files).code == "disk_full_before"


@pytest.mark.parametrize("step", range(0, 12, 3))
def test_a_disk_that_fills_up_midway_leaves_nothing_behind(workspace, tmp_path, monkeypatch, step):
    files = {"images": album(tmp_path, 5), "pairs": table(tmp_path, "pairs.csv", pilot(5, 1))}
    steps = iter(range(100))
    fsync = os.fsync

    def fail_at_step(handle):
        if next(steps) == step:
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", fail_at_step)
    assert refusal(workspace, **files).code == "disk_full"
    monkeypatch.undo()
    assert import_dataset(workspace, name="p", **files).counts["pairs"] == 5


def test_leftovers_of_a_killed_import_are_no_dataset_and_go_after_a_day(workspace, tmp_path):
    old, new = workspace.datasets / ".importing-old", workspace.datasets / ".importing-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    assert list_datasets(workspace) == []
    import_pilot(workspace, tmp_path, pilot())
    assert not old.exists()
    assert new.exists()


def test_a_table_in_nfc_and_a_zip_in_nfd_fit(workspace, tmp_path):
    name = "が.jpg"
    with zipfile.ZipFile(tmp_path / "i.zip", "w") as archive:
        archive.writestr(unicodedata.normalize("NFD", name), jpeg(1))
    pairs = table(tmp_path, "pairs.CSV", pd.DataFrame({"image": [name], "caption": ["NA"]}))
    dataset = import_dataset(workspace, name="p", images=tmp_path / "i.zip", pairs=pairs)
    assert dataset.pairs["caption"].tolist() == ["NA"]
    assert dataset.manifest["splits"]["method"] == "single_group"
    assert dataset.pairs["split"].tolist() == ["train"]


def test_no_group_and_no_picture_is_on_both_sides(workspace, tmp_path):
    frame = pilot(groups=12, each=3)
    frame.loc[3, "image"] = frame.loc[0, "image"]  # ties product 1 to product 0
    dataset = import_pilot(workspace, tmp_path, frame)
    for unit in ("group", "image"):
        assert dataset.pairs.groupby(unit)["split"].nunique().max() == 1
    assert dataset.counts["groups"] == 11
    assert dataset.pairs["duplicate_image"].sum() == 2
    assert {"train", "test"} <= set(dataset.pairs["split"])


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, 1),
    wounds=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=1)), min_size=1, max_size=5),
    left=st.floats(0, 1) | st.just(1),
)
def test_damaged_uploads_become_a_dataset_or_a_sentence(workspace, tmp_path, which, wounds, left):
    files = [album(tmp_path, 3), table(tmp_path, "pairs.csv", pilot(3, 1))]
    content = bytearray(files[which].read_bytes())
    for where, new in wounds:
        place = int(where * (len(content) - 1))
        content[place : place + 1] = new
    files[which].write_bytes(bytes(content[: int(left * len(content))]))
    try:
        dataset = import_dataset(workspace, name="p", images=files[0], pairs=files[1])
        assert not dataset.pairs.empty
    except UserError as error:
        assert all(error.message(language) for language in LANGUAGES)
    assert not list(workspace.datasets.glob(".*"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    captions=st.lists(
        st.sampled_from(["NA", "null", "=1+1", "@x", "001", "👩‍👩‍👧", "<b>x</b>", "が", "a\nb", 'say "x"', "1,5"]),
        min_size=1,
        max_size=6,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_captions_are_imported_unchanged(workspace, tmp_path, captions, encoding):
    frame = pilot(len(captions), 1).assign(caption=captions)
    (tmp_path / "pairs.csv").write_bytes(frame.to_csv(index=False).encode(encoding))
    dataset = import_dataset(workspace, name="p", images=album(tmp_path, len(captions)), pairs=tmp_path / "pairs.csv")
    assert dataset.pairs["caption"].tolist() == captions


class TestRealData:
    pytestmark = real

    def test_the_grocery_pilot_keeps_its_decisions_usable(self, workspace):
        grocery = SHARED / "grocery"
        files = {"images": grocery / "images", "pairs": grocery / "pairs.csv", "decisions": grocery / "decisions.csv"}
        dataset = import_dataset(workspace, name="grocery", **files)
        assert dataset.problems.empty
        assert dataset.counts["pairs"] == 648
        assert dataset.counts["decisions_usable"] >= 60
        assert 0.18 <= dataset.counts["test"] / 648 <= 0.25
        usable = dataset.decisions[dataset.decisions["held_out"]]
        assert usable["match"].nunique() == 2

    @pytest.mark.parametrize("file", ["jsts_valid_ja.csv", "stsb_dev_en.csv"])
    def test_human_judgements_are_read_without_a_problem(self, workspace, file):
        dataset = import_dataset(workspace, name=file, sts=SHARED / "sts" / file)
        assert dataset.problems.empty
        assert dataset.counts["sts_usable"] == len(pd.read_csv(SHARED / "sts" / file))


@pytest.mark.parametrize("damage", ["table gone", "table cut", "picture gone"])
def test_a_damaged_dataset_is_named_and_mended_by_importing_the_same_files_again(tmp_path, damage):
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace)
    table, picture = dataset.folder / "pairs.parquet", next((dataset.folder / "objects").iterdir())
    if damage == "picture gone":
        picture.unlink()
    else:
        table.write_bytes(table.read_bytes()[:100]) if damage == "table cut" else table.unlink()
        with pytest.raises(UserError) as refused:
            _ = open_dataset(workspace, dataset.fingerprint).pairs
        assert refused.value.code == "dataset_damaged" and "pairs.parquet" in refused.value.message()
    again = small.dataset(workspace)
    assert again.fingerprint == dataset.fingerprint
    assert len(again.pairs) == dataset.counts["pairs"] and picture.exists()
    assert not list(workspace.datasets.glob(".importing-*"))
