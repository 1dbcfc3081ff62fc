"""The published files are read as they are, in one pass and little memory; what cannot be right is named, what is cut short begins anew."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import published
import pytest
import small

from kdmcse import data
from kdmcse.errors import UserError
from kdmcse.models import teacher_features
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import feature_file
from kdmcse.training.reproduction import prepare as reproduce

ROOT = Path(__file__).resolve().parents[2]
FEATURES = "flickr30k_ViT_L14.json"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def folder(tmp_path):
    return published.folder(tmp_path / "data")


def prepare(workspace: Workspace, folder: Path, **given) -> tuple[data.PairDataset, teacher_features.TeacherFeatures]:
    read = reproduce.prepare(workspace, "wiki-flickr", folder, **given)
    features = teacher_features.embed(workspace, read.teacher, read.dataset)
    assert (features.forward_images, features.forward_texts) == (0, 0)
    return read.dataset, features


# What comes of it


def test_every_caption_is_a_pair_with_its_own_vectors(workspace, folder):
    dataset, features = prepare(workspace, folder)
    written = json.loads((folder / FEATURES).read_text())
    pairs = dataset.pairs
    assert list(pairs["caption"]) == [caption for entry in written.values() for caption in entry["captions"]]
    assert set(pairs["split"]) == {"train"} and dataset.counts["train"] == len(pairs) == 120
    assert list(pairs["image_name"].drop_duplicates()) == [entry["image"] for entry in written.values()]
    image, caption = features.image(), features.caption()
    first = {}
    for row, entry in enumerate(one for one in written.values() for _ in one["captions"]):
        np.testing.assert_allclose(image[row], entry["image_feat"], atol=1e-3, rtol=1e-3)
        text = pairs["caption"][row]
        if text not in first:  # the same words again have the vector they had first
            first[text] = entry["lang_feat"][row % 5]
        np.testing.assert_allclose(caption[row], first[text], atol=1e-3)


def test_it_is_a_dataset_like_any_other(workspace, folder):
    dataset, _ = prepare(workspace, folder)
    imported = small.dataset(workspace)
    assert set(dataset.counts) == set(imported.counts)
    assert set(dataset.manifest) >= set(imported.manifest)
    for kind in ("pairs", "sts", "problems"):
        ours, theirs = getattr(dataset, kind), getattr(imported, kind)
        for column in set(theirs.columns) & set(ours.columns):
            assert ours[column].dtype == theirs[column].dtype, column
        assert set(theirs.columns) - {"category"} <= set(ours.columns)
    assert list(dataset.texts["text"])[:2] == ["red is no mug of 0", "blue is no cap of 1"]
    assert dataset.texts["text"].dtype == imported.pairs["caption"].dtype
    assert data.open_dataset(workspace, "wiki-flickr").fingerprint == dataset.fingerprint
    with pytest.raises(KeyError):
        dataset.image_path(dataset.pairs["image"][0])


def test_dev_judgements_choose_and_test_judgements_report_what_was_not_learnt(workspace, folder):
    captions = json.loads((folder / FEATURES).read_text())["1000"]["captions"]
    test = folder / "stsb_test.csv"
    test.write_text(
        f"sentence1,sentence2,score\nnew mug,new cap,2\n{captions[0].upper()},new,1\nred is no mug of 0,new,1\n"
    )
    dataset, _ = prepare(workspace, folder)
    sts = dataset.sts
    assert list(sts["held_out"][sts["split"] == "test"]) == [True, False, False]
    assert list(dataset.dev["split"].unique()) == ["dev"] and len(dataset.dev) == 24
    assert not (sts["dev"] & sts["held_out"]).any()
    assert dataset.counts["sts_usable"] == 1 and dataset.counts["sts_dev"] == 24


@pytest.mark.parametrize("kind", ["csv", "tsv", "SentEval beside", "SentEval inside"])
def test_judgements_are_found_in_each_usual_form(workspace, folder, kind):
    places = {"SentEval beside": folder.parent / "SentEval", "SentEval inside": folder / "SentEval"}
    if kind == "SentEval beside":
        shutil.move(folder / "SentEval", folder.parent / "SentEval")
    elif kind not in places:
        shutil.rmtree(folder / "SentEval")
        comma = {"csv": ",", "tsv": "\t"}[kind]
        rows = [comma.join(row) for row in (("score", "sentence1", "sentence2"), ("0.0", "old red mug", "old mug"))]
        (folder / f"stsb_dev.{kind}").write_text("\n".join(rows))
    dataset, _ = prepare(workspace, folder)
    assert tuple(dataset.dev.loc[0, ["sentence1", "sentence2", "score"]]) == ("old red mug", "old mug", 0.0)


def test_quotes_and_ragged_lines_of_the_benchmark_are_read_as_they_are(workspace, folder):
    path = folder / "SentEval/data/downstream/STS/STSBenchmark/sts-dev.csv"
    path.write_text('main-news\tMSRpar\t2012\t1\t2.5\tHe said "no\tShe\tmore\nmain-news\tcut\n' + path.read_text())
    dataset, _ = prepare(workspace, folder)
    assert tuple(dataset.dev.loc[0, ["sentence1", "sentence2", "score"]]) == ('He said "no', "She", 2.5)
    assert list(dataset.problems["code"]) == ["row_ragged"] and list(dataset.problems["row"]) == [2]


def test_texts_are_normalised_as_the_importer_does_and_what_is_left_out_is_listed(workspace, folder):
    found = dict(published.entries(2))
    found["1000"]["captions"] = ["  cafe\u0301 ", "", "a \x07 bell", "x" * 20_000, "fine"]
    published.write_features(folder / FEATURES, iter(found.items()))
    (folder / "wiki1m_for_simcse.txt").write_bytes("\ufeff one\r\n\n \ntwo \x00\ncafe\u0301\n".encode())
    dataset, features = prepare(workspace, folder)
    assert list(dataset.pairs["caption"])[:2] == ["café", "fine"]
    np.testing.assert_allclose(features.caption([1])[0], found["1000"]["lang_feat"][4], atol=1e-3, rtol=1e-3)
    assert list(dataset.texts["text"]) == ["one", "café"]
    told = dataset.problems
    assert list(told["code"]) == ["text_missing", "text_unprintable", "text_too_long", "text_unprintable"]
    assert list(told["file"]) == [FEATURES] * 3 + ["wiki1m_for_simcse.txt"] and list(told["row"]) == [1, 1, 1, 4]


@pytest.mark.parametrize("read_bytes", [1, 7, 1000])
@pytest.mark.parametrize("layout", ["one line", "pretty", "a line each"])
def test_any_layout_is_read_however_the_file_is_cut(workspace, folder, monkeypatch, layout, read_bytes):
    found = dict(published.entries(3, width=4))
    found['1001 "}{\\'] = found.pop("1001")
    found["1000"]["captions"] = ["a } brace", '{"quoted": "}"}', "\\", 'ends with \\"', "日本}語"]
    found["1002"]["nested"] = {"more": {"of": [{}]}}
    text = json.dumps(found, indent=3 if layout == "pretty" else None, ensure_ascii=layout != "one line")
    (folder / FEATURES).write_text(text.replace('}, "1', '},\n"1') if layout == "a line each" else text)
    monkeypatch.setattr(feature_file, "_READ_BYTES", read_bytes)
    assert dict(feature_file.FeatureFile(folder / FEATURES, lambda done, total: None)) == found
    dataset, _ = prepare(workspace, folder)
    assert list(dataset.pairs["caption"])[:5] == found["1000"]["captions"]


def test_progress_counts_the_bytes_of_the_file(workspace, folder, monkeypatch):
    monkeypatch.setattr(feature_file, "_READ_BYTES", 1000)
    seen = []
    prepare(workspace, folder, on_progress=lambda done, total: seen.append((done, total)))
    size = (folder / FEATURES).stat().st_size
    assert seen[0] == (0, size) and seen[-1] == (size, size)
    assert seen == sorted(seen)


# Once, and whole


def test_the_second_call_reads_no_feature(workspace, folder, monkeypatch):
    dataset, _ = prepare(workspace, folder)
    monkeypatch.setattr(reproduce, "_read", lambda *given: pytest.fail("it was read again"))
    assert prepare(workspace, folder)[0].fingerprint == dataset.fingerprint


def test_the_published_files_may_be_deleted_once_they_were_read(workspace, folder):
    read = reproduce.prepare(workspace, "wiki-flickr", folder)
    shutil.rmtree(folder)
    assert teacher_features.embed(workspace, read.teacher, read.dataset).image().shape == (120, 8)


def test_files_that_were_only_touched_are_the_same_dataset(workspace, folder):
    dataset, _ = prepare(workspace, folder)
    os.utime(folder / FEATURES, ns=(1, 1))
    again, _ = prepare(workspace, folder)
    assert again.fingerprint == dataset.fingerprint and len(data.list_datasets(workspace)) == 1
    assert again.manifest["published"]["features"]["modified_ns"] == 1


@pytest.mark.parametrize("changed", [FEATURES, "wiki1m_for_simcse.txt", "SentEval/data/downstream/STS/STSBenchmark/sts-dev.csv"])  # fmt: skip
def test_another_content_is_another_dataset(workspace, folder, changed):
    dataset, before = prepare(workspace, folder)
    if changed == FEATURES:
        published.write_features(folder / FEATURES, published.entries(24, seed=1))
    else:
        text = (folder / changed).read_text()
        (folder / changed).write_text(text.replace("red", "reddish"))
    again, after = prepare(workspace, folder)
    assert again.fingerprint != dataset.fingerprint
    assert (after.digest != before.digest) == (changed == FEATURES)


@pytest.mark.parametrize("damage", ["vectors gone", "shard cut", "cache gone", "table gone", "table cut"])
def test_what_was_damaged_is_made_again(workspace, folder, damage):
    dataset, features = prepare(workspace, folder)
    image, cache = features.image(), workspace.teachers / features.digest
    if damage == "vectors gone":
        (cache / "keys-00000.bin").unlink()
    elif damage == "shard cut":
        (cache / "keys-00000.bin").write_bytes((cache / "keys-00000.bin").read_bytes()[:-32])
    elif damage == "cache gone":
        shutil.rmtree(cache)
    elif damage == "table gone":
        (dataset.folder / "texts.parquet").unlink()
    else:
        (dataset.folder / "pairs.parquet").write_bytes(b"")
    again, features = prepare(workspace, folder)
    assert again.fingerprint == dataset.fingerprint and len(again.texts) == 40
    np.testing.assert_array_equal(features.image(), image)


KILLED = """
import os, signal, sys
from pathlib import Path
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import feature_file, settings
from kdmcse.training.reproduction import prepare as reproduce
workspace, folder, at = sys.argv[1:]
reproduce._READ_BYTES, reproduce._ROWS_AT_ONCE = 1000, 8
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
if at.isdigit():
    tell = lambda done, total: done >= int(at) and kill()
else:
    setattr(reproduce, at, lambda *given: kill())
    tell = None
reproduce.prepare(Workspace(Path(workspace)), "wiki-flickr", Path(folder), on_progress=tell)
"""


@pytest.mark.slow
@pytest.mark.parametrize("at", ["0", "5000", "999999999", "read_judgements", "replace_folder", "put_in_place"])
def test_a_kill_at_any_point_leaves_nothing_that_is_used(workspace, folder, tmp_path, at):
    size = (folder / FEATURES).stat().st_size
    moment = str(min(int(at), size)) if at.isdigit() else at
    killed = [sys.executable, "-c", KILLED, str(workspace.path), str(folder), moment]
    assert subprocess.run(killed, cwd=ROOT).returncode == -9
    assert data.list_datasets(workspace) == []
    dataset, features = prepare(workspace, folder)
    elsewhere, others = prepare(Workspace(tmp_path / "elsewhere"), folder)
    assert dataset.fingerprint == elsewhere.fingerprint
    np.testing.assert_array_equal(features.image(), others.image())
    left = {path.name for place in (workspace.teachers, workspace.datasets) for path in place.iterdir()}
    assert left == {".reproduce.lock", features.digest, dataset.fingerprint}


# In little memory

PEAK = """
import resource, sys
from pathlib import Path
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import feature_file, settings
from kdmcse.training.reproduction import prepare as reproduce
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reproduce.prepare(Workspace(Path(sys.argv[1])), "wiki-flickr", Path(sys.argv[2]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(workspace, tmp_path):
    folder = published.folder(tmp_path / "data", pictures=1)
    (_, entry), *_ = published.entries(1, width=768)
    whole = json.dumps(entry)
    with (folder / FEATURES).open("w") as file:
        file.write("{")
        for i in range(2000):
            file.write(f'{", " if i else ""}"{i}": {whole}')
        file.write("}")
    size = (folder / FEATURES).stat().st_size
    told = subprocess.run(
        [sys.executable, "-c", PEAK, str(workspace.path), str(folder)], cwd=ROOT, capture_output=True, check=True
    )
    assert size > 150 * 2**20
    assert int(told.stdout) < 120 * 2**20, "one shard of 12,000 vectors, a few entries, the libraries that write tables"


# What cannot be right


def broken(text: str) -> dict[str, tuple[str, str, str]]:
    """Name -> the file's text, the code of its error, what the sentence must name."""
    found = json.loads(text)

    def changed(**fields) -> str:
        entry = {k: v for k, v in (found["1003"] | fields).items() if v is not None}
        return json.dumps(found | {"1003": entry})

    vectors = found["1003"]["lang_feat"]
    return {
        "cut in an entry": (text[: len(text) // 2], "published_truncated", "10"),
        "cut before the last brace": (text[:-1], "published_truncated", "1023"),
        "cut in a key": (text[: text.index('003"')], "published_truncated", "1002"),
        "cut after a comma": (text[: text.index('"1003"')], "published_truncated", "1002"),
        "empty": ("", "published_truncated", "–"),
        "no entries": ("{}", "published_empty", FEATURES),
        "no captions at all": ('{"a": {"image_feat": [1], "captions": [], "lang_feat": []}}', "published_empty", FEATURES),
        "a list": ("[1]", "published_unreadable", "{"),
        "more at the end": (text + text, "published_unreadable", "1023"),
        "no comma": (text.replace('}, "1003"', '} "1003"'), "published_unreadable", "1002"),
        "one comma too many": (text[:-1] + ",}", "published_unreadable", "1023"),
        "no colon": (text.replace('"1003": {', '"1003" {'), "published_unreadable", "1002"),
        "an entry that is a list": (json.dumps(found | {"1003": [1]}), "published_unreadable", "1003"),
        "a broken number": (text.replace('"1003": {"image', '"1003": {"x": 1.2.3, "image'), "published_unreadable", "1003"),
        "nested too deeply": (text.replace('"1003": {', '"1003": {"x": ' + "[" * 100_000 + "{}, "), "published_unreadable", "1003"),
        "a number without end": (text.replace('"1003": {', '"1003": {"x": ' + "1" * 9_000 + ", "), "published_unreadable", "1003"),
        "no image_feat": (changed(image_feat=None), "published_field_missing", "image_feat"),
        "no lang_feat": (changed(lang_feat=None), "published_field_missing", "lang_feat"),
        "captions that are a text": (changed(captions="mug"), "published_field_missing", "captions"),
        "a caption that is a number": (changed(captions=[1, 2, 3, 4, 5]), "published_field_missing", "captions"),
        "a vector too few": (changed(lang_feat=vectors[1:]), "published_counts_differ", "4"),
        "a caption too few": (changed(captions=["a"]), "published_counts_differ", "1003"),
        "a narrower picture": (changed(image_feat=[1.0] * 7), "published_width_differs", "7"),
        "a wider caption": (changed(lang_feat=[*vectors[1:], [1.0] * 9]), "published_width_differs", "9"),
        "a caption's vector that is a number": (changed(lang_feat=[*vectors[1:], 1.0]), "published_width_differs", "0"),
        "NaN": (changed(image_feat=[float("nan")] * 8), "published_not_numbers", "1003"),
        "infinity": (changed(lang_feat=[*vectors[1:], [float("-inf")] * 8]), "published_not_numbers", "1003"),
        "beyond float32": (changed(image_feat=[1e39] * 8), "published_not_numbers", "1003"),
        "a zero vector": (changed(image_feat=[0.0] * 8), "published_not_numbers", "1003"),
        "words for numbers": (changed(image_feat=["one"] * 8), "published_not_numbers", "1003"),
        "nothing for a number": (changed(image_feat=[None] * 8), "published_not_numbers", "1003"),
        "a list for a number": (changed(image_feat=[[1.0]] * 8), "published_not_numbers", "1003"),
        "a key twice": (text.replace('"1004"', '"1003"'), "published_key_twice", "1003"),
    }  # fmt: skip


@pytest.mark.parametrize("case", broken(json.dumps(dict(published.entries(24)))))
def test_a_malformed_file_is_told_with_the_image_key_and_nothing_of_it_is_kept(workspace, folder, case):
    text, code, named = broken((folder / FEATURES).read_text())[case]
    (folder / FEATURES).write_text(text)
    with pytest.raises(UserError) as refused:
        reproduce.prepare(workspace, "wiki-flickr", folder)
    assert refused.value.code == code
    for language in ("en", "ja"):
        assert FEATURES in refused.value.message(language) and named in refused.value.message(language)
        assert refused.value.hint(language)
    assert [path.name for path in workspace.teachers.iterdir()] == [".reproduce.lock"]
    assert list(workspace.datasets.iterdir()) == []


def test_bytes_that_are_no_text_are_told(workspace, folder):
    whole = (folder / FEATURES).read_bytes()
    (folder / FEATURES).write_bytes(whole.replace(b"a mug", b"\xff mug", 1))
    with pytest.raises(UserError) as refused:
        reproduce.prepare(workspace, "wiki-flickr", folder)
    assert refused.value.code == "published_unreadable" and "1000" in str(refused.value)
    (folder / FEATURES).write_bytes(whole)
    (folder / "wiki1m_for_simcse.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UserError) as refused:
        reproduce.prepare(workspace, "wiki-flickr", folder)
    assert refused.value.code == "table_encoding_unknown" and "wiki1m" in str(refused.value)


@pytest.mark.parametrize("lost", [FEATURES, "wiki1m_for_simcse.txt", "SentEval"])
def test_a_missing_file_is_named_before_anything_is_read(workspace, folder, lost):
    place = folder / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(UserError) as refused:
        reproduce.prepare(workspace, "wiki-flickr", folder)
    assert refused.value.code == "published_file_missing"
    assert str(folder / (lost if lost != "SentEval" else "stsb_dev.csv")) in refused.value.message()


def test_another_teacher_is_told_that_there_are_no_images(workspace, folder):
    dataset, _ = prepare(workspace, folder)
    with pytest.raises(UserError) as refused:
        teacher_features.embed(workspace, small.teacher(), dataset)
    assert refused.value.code == "pictures_not_here" and "wiki-flickr" in str(refused.value)


def test_the_kept_vectors_serve_no_text_that_they_are_not_of(workspace, folder):
    ref = reproduce.prepare(workspace, "wiki-flickr", folder).teacher
    with pytest.raises(UserError) as refused:
        teacher_features.embed(workspace, ref, small.dataset(workspace))
    assert refused.value.code == "vectors_missing" and ref in str(refused.value)
