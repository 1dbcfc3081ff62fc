"""A folder of uploads becomes one dataset, whole or not at all."""

import itertools
import os
import shutil
import signal
import time
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest
import small
from example_datasets import album, import_pilot, jpeg, pilot, problems_of, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdmcse.data import KEPT, delete_dataset, import_dataset, list_datasets, open_dataset
from kdmcse.data.dataset import PAIR_COLUMNS
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"


real = [
    pytest.mark.real,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer"),
]


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


def test_pairs_without_images_are_known_by_their_names(workspace, tmp_path):
    frame = pilot(3)
    frame.loc[5, "image"] = frame.loc[0, "image"]
    dataset = import_dataset(workspace, name="vectors only", pairs=table(tmp_path, "pairs.csv", frame))
    assert not dataset.has_images and dataset.problems.empty
    assert dataset.pairs["image_name"].tolist() == frame["image"].tolist()
    assert dataset.counts["pairs"] == 6 and dataset.counts["pictures"] == dataset.pairs["image"].nunique() == 5
    assert dataset.pairs["duplicate_image"].tolist() == [True, *[False] * 4, True]
    assert dataset.pairs["group"][0] == dataset.pairs["group"][5], "one image is never on two sides"
    with pytest.raises(KeyError):
        dataset.image_path(dataset.pairs["image"][0])
    again = table(tmp_path, "again.csv", frame.assign(image=[f"x{name}" for name in frame["image"]]))
    assert import_dataset(workspace, name="other names", pairs=again) != dataset
    assert import_pilot(workspace, tmp_path, pilot(3)).has_images


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


# Damage


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
    def test_human_judgements_are_read_and_only_texts_with_themselves_are_told(self, workspace, file):
        dataset = import_dataset(workspace, name=file, sts=SHARED / "sts" / file)
        assert set(dataset.problems["code"]) == {"text_with_itself"} and len(dataset.problems) <= 5
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


@pytest.mark.slow
def test_a_kill_at_any_point_of_mending_leaves_a_dataset_that_the_next_import_mends(tmp_path):
    """One that was not looked for leaks, as an older version left it, with a damaged table. Each file is put in place by `os.replace`."""
    workspace, points = Workspace(tmp_path / "workspace"), 0
    before = small.dataset(workspace)
    pairs, leaks = before.pairs, before.leaks
    while True:
        counts = {name: count for name, count in before.counts.items() if name != "leaks"}
        write_json(before.folder / "manifest.json", before.manifest | {"name": "kept", "counts": counts})
        (before.folder / "pairs.parquet").write_bytes(b"damaged")
        (before.folder / "leaks.parquet").unlink()
        if not (child := os.fork()):
            with mock.patch.object(os, "replace", killed_at(points)):
                small.dataset(workspace)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        (found,) = list_datasets(workspace)
        assert found.fingerprint == before.fingerprint and found.name == "kept"
        mended = small.dataset(workspace)
        assert mended.name == "kept" and mended.counts == before.counts
        assert mended.pairs.equals(pairs) and mended.leaks.equals(leaks)
        if code == 0:
            break
        points += 1
    assert points > len(list((before.folder / "objects").iterdir())) + 3, "every file was one"


def killed_at(point: int):
    """`os.replace` of a process that is killed before the call of this number into an imported dataset."""
    real, calls = os.replace, itertools.count()

    def replace(old, new):
        if not any(part.startswith(".importing-") for part in Path(new).parts) and next(calls) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        real(old, new)

    return replace
