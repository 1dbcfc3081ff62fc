"""Each image and text is embedded once ever, and what the teacher gives is what the library gives."""

import json
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from kdmcse import data
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import references, teacher_cache, teacher_features, teachers
from kdmcse.models.calibration import unit
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_features_are_the_models_own_vectors_of_their_own_length(workspace):
    import open_clip

    dataset = small.dataset(workspace)
    features = teacher_features.embed(workspace, small.teacher(), dataset)
    model, _, preprocess = open_clip.create_model_and_transforms(small.teacher())
    model.eval()
    tokenize = open_clip.get_tokenizer(small.teacher())
    with torch.no_grad():
        picture = Image.open(dataset.image_path(dataset.pairs["image"][5])).convert("RGB")
        image = model.encode_image(preprocess(picture)[None])[0].numpy()
        caption = model.encode_text(tokenize([dataset.pairs["caption"][5]]))[0].numpy()
    np.testing.assert_allclose(features.image()[5], image, atol=1e-3, rtol=1e-3)
    np.testing.assert_allclose(features.caption([5])[0], caption, atol=1e-3, rtol=1e-3)


def test_a_second_run_makes_no_forward_pass_and_new_pairs_only_their_own(workspace):
    dataset = small.dataset(workspace, things=("mug", "cap"))
    first = teacher_features.embed(workspace, small.teacher(), dataset)
    assert first.forward_images == dataset.pairs["image"].nunique()
    assert first.forward_texts == dataset.pairs["caption"].nunique()
    second = teacher_features.embed(workspace, small.teacher(), dataset)
    assert (second.forward_images, second.forward_texts) == (0, 0)
    np.testing.assert_array_equal(first.image(), second.image())
    grown = small.dataset(workspace, things=("mug", "cap", "bag"))
    third = teacher_features.embed(workspace, small.teacher(), grown)
    assert third.forward_images == grown.pairs["image"].nunique() - dataset.pairs["image"].nunique()
    assert third.forward_texts == grown.pairs["caption"].nunique() - dataset.pairs["caption"].nunique()
    row = list(grown.pairs["caption"]).index(dataset.pairs["caption"][3])
    np.testing.assert_array_equal(third.caption([row]), first.caption([3]))


def test_a_known_dataset_does_not_even_load_the_teacher(workspace, monkeypatch):
    dataset = small.dataset(workspace)
    teacher_features.embed(workspace, small.teacher(), dataset)
    monkeypatch.setattr(teachers, "load", lambda ref: pytest.fail("the teacher was loaded"))
    teacher_features.embed(workspace, small.teacher(), dataset)


def test_progress_counts_to_the_total(workspace):
    seen = []
    dataset = small.dataset(workspace)
    features = teacher_features.embed(
        workspace, small.teacher(), dataset, on_progress=lambda done, total: seen.append((done, total))
    )
    total = features.forward_images + features.forward_texts
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)


@pytest.mark.parametrize("suffix", ["parquet", "npy"])
def test_precomputed_vectors_are_taken_by_file_name_and_text(workspace, tmp_path, suffix):
    dataset = small.dataset(workspace)
    contents = [*dict.fromkeys(dataset.pairs["image_name"]), *dict.fromkeys(dataset.pairs["caption"])]
    vectors = np.random.default_rng(0).normal(size=(len(contents), 6)).astype(np.float32)
    path = tmp_path / f"vectors.{suffix}"
    if suffix == "npy":
        np.save(path, vectors)
        path.with_suffix(".ids.txt").write_text("\n".join(contents))
    else:
        pd.DataFrame({"content": contents, "vector": list(vectors)}).to_parquet(path)
    features = teacher_features.embed(workspace, str(path), dataset)
    row = contents.index(dataset.pairs["caption"][2])
    np.testing.assert_allclose(features.caption([2])[0], vectors[row], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("kind", "width"), [("clip", 8), ("siglip", 16)])
@pytest.mark.parametrize("saved_by", ["transformers", "sentence-transformers"])
def test_a_folder_of_transformers_is_a_teacher_too(workspace, tmp_path, kind, width, saved_by):
    from sentence_transformers import SentenceTransformer
    from transformers import AutoModel, AutoProcessor

    plain = folder = small.transformers_teacher(kind)
    if saved_by == "sentence-transformers":
        folder = tmp_path / "saved"
        SentenceTransformer(str(plain), device="cpu").save(str(folder))
    dataset = small.dataset(workspace, things=("mug", "cap"))
    teacher_features.require(workspace, str(folder), dataset)
    features = teacher_features.embed(workspace, str(folder), dataset)
    assert features.image().shape == features.caption().shape == (len(dataset.pairs), width)
    model, processor = AutoModel.from_pretrained(plain).eval(), AutoProcessor.from_pretrained(plain)
    picture = Image.open(dataset.image_path(dataset.pairs["image"][3])).convert("RGB")
    padding = {"clip": "longest", "siglip": "max_length"}[kind]
    text = processor(text=[dataset.pairs["caption"][3]], padding=padding, max_length=24, return_tensors="pt")
    with torch.no_grad():
        image = model.get_image_features(**processor(images=[picture], return_tensors="pt")).pooler_output
        caption = model.get_text_features(**text).pooler_output
    np.testing.assert_allclose(features.image([3]), image, atol=1e-2)
    np.testing.assert_allclose(features.caption([3]), caption, atol=1e-2)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
@pytest.mark.parametrize("saved_by", ["transformers", "sentence-transformers"])
def test_a_text_is_cut_where_the_positions_of_the_text_model_end_though_the_tokenizer_allows_more(
    tmp_path, kind, saved_by
):
    from sentence_transformers import SentenceTransformer

    folder = small.transformers_teacher(kind)
    if saved_by == "sentence-transformers":
        SentenceTransformer(str(folder), device="cpu").save(str(tmp_path / "saved"))
        folder = tmp_path / "saved"
    teacher = teachers.load(str(folder))
    assert teacher.reader.limit == 24, "of 64 that the tokenizer allows"
    long, short = "red mug " * 40, "red mug"
    [vectors] = teacher.embed_texts([long, long + "cap", short])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert np.isfinite(vectors).all() and not np.allclose(vectors[0], vectors[2], atol=1e-6)


def embedded(ref: Path) -> tuple[np.ndarray, np.ndarray]:
    """A teacher's vectors of a picture and of some sentences."""
    teacher, picture = teachers.load(str(ref)), Path(small.pilot(ref.parent / "pictures")["images"]) / "red-mug-0.png"
    return tuple(
        unit(np.concatenate(list(parts)))
        for parts in (teacher.embed_images([(picture, picture.name)]), teacher.embed_texts(["a red mug", "blue cap"]))
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is fast with what was saved")
@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["clip", "siglip", "open_clip"])
def test_weights_in_half_precision_are_computed_with_as_the_same_numbers_in_full(tmp_path, kind, half):
    source = small.teacher().removeprefix("local-dir:") if kind == "open_clip" else small.transformers_teacher(kind)
    for name, precision in (("half", half), ("full", torch.float32)):
        folder = Path(shutil.copytree(source, tmp_path / name))
        [file] = folder.glob("*.safetensors")
        rounded = {key: value.to(half).to(precision) for key, value in load_file(file).items()}
        save_file(rounded, file, metadata={"format": "pt"})
        if kind != "open_clip":
            config = json.loads((folder / "config.json").read_text())
            saved = config | {"dtype": str(precision).removeprefix("torch.")}
            (folder / "config.json").write_text(json.dumps(saved))
    for in_half, in_full in zip(embedded(tmp_path / "half"), embedded(tmp_path / "full"), strict=True):
        np.testing.assert_allclose(in_half @ in_half.T, in_full @ in_full.T, atol=1e-5)
        np.testing.assert_allclose(np.sum(in_half * in_full, axis=1), 1, atol=1e-5)


def test_an_architecture_without_its_weights_is_no_teacher(tmp_path):
    folder = tmp_path / "teacher"
    shutil.copytree(small.teacher().removeprefix("local-dir:"), folder)
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(UserError) as refused, references.loading(str(folder), "teacher"):
        teachers.load(str(folder))
    assert refused.value.code == "teacher_unloadable"


def test_a_folder_that_sees_no_images_is_told_to_be_of_another_kind(tmp_path):
    teacher = teachers.load(str(Path(small.student()).parent / "bert"))
    with pytest.raises(UserError) as refused:
        list(teacher.embed_images([]))
    assert refused.value.code == "teacher_of_other_kind" and "bert" in refused.value.message("ja")


@pytest.mark.parametrize("t", LANGUAGES)
def test_a_tokenizer_that_is_only_named_is_told_before_anything_is_loaded(tmp_path, t):
    folder = tmp_path / "teacher"
    shutil.copytree(small.teacher().removeprefix("local-dir:"), folder)
    for file in folder.glob("tokenizer*"):
        file.unlink()
    for do in (lambda: references.require(str(folder), "teacher"), lambda: teachers.load(str(folder))):
        with pytest.raises(UserError) as refused:
            do()
        assert refused.value.code == "teacher_tokenizer_missing"
        assert "save_pretrained" in refused.value.hint(t) and str(folder) in refused.value.message(t)


def features_of(image: np.ndarray, caption: np.ndarray) -> teacher_features.TeacherFeatures:
    n = len(image)
    return teacher_features.TeacherFeatures(
        np.concatenate([image, caption]), np.arange(n), np.arange(n, 2 * n), "", 0, 0
    )


def test_the_filter_threshold_is_the_median_of_true_pairs():
    image = np.eye(4, dtype=np.float16)
    caption = np.array([[1, 0, 0, 0], [3, 4, 0, 0], [0, 0, -2, 0], [0, 0, 0, 9]], dtype=np.float16)
    features = features_of(2 * image, caption)
    assert features.false_negative_cosine(np.array([0, 1, 2])) == pytest.approx(0.8)


def test_an_unknown_open_clip_weight_names_the_known_ones():
    with pytest.raises(UserError) as refused:
        teachers.load("ViT-B-32/no-such-weights")
    assert "laion2b_s34b_b79k" in refused.value.hint()


def test_the_dataset_is_only_read(workspace):
    dataset = small.dataset(workspace)
    before = sorted(path.stat().st_mtime_ns for path in dataset.folder.rglob("*"))
    teacher_features.embed(workspace, small.teacher(), dataset)
    assert sorted(path.stat().st_mtime_ns for path in dataset.folder.rglob("*")) == before
    assert data.open_dataset(workspace, dataset.fingerprint).pairs.equals(dataset.pairs)


# What is kept on disk


def kept(workspace: Workspace, parts: list[int], width: int = 4) -> tuple[teacher_cache.Shards, np.ndarray]:
    """A cache folder with a shard of each size, and the vectors put into it."""
    folder = workspace.teachers / "0123456789abcdef"
    folder.mkdir()
    vectors = np.random.default_rng(0).normal(size=(sum(parts), width)).astype(np.float32)
    start = 0
    for rows in parts:
        with teacher_cache.ShardWriter(teacher_cache.Shards(folder)) as writer:
            keys = teacher_cache.content_keys("text", map(str, range(start, start + rows)))
            writer.append(keys, vectors[start : start + rows])
        start += rows
    return teacher_cache.Shards(folder), vectors.astype(np.float16)


def test_rows_are_looked_up_across_shards_in_the_order_asked_for(workspace):
    shards, vectors = kept(workspace, [3, 1, 5])
    assert shards.shape == (9, 4)
    rows = np.random.default_rng(1).integers(0, 9, size=50)
    np.testing.assert_array_equal(shards[rows], vectors[rows])
    assert shards[np.array([], dtype=int)].shape == (0, 4)
    keys = teacher_cache.content_keys("text", ["8", "none", "0", "3"])
    assert list(shards.find(keys)) == [8, -1, 0, 3]
    assert list(shards.find(teacher_cache.content_keys("image", ["8"]))) == [-1]


def test_a_shard_is_closed_when_it_is_full_or_late(workspace, monkeypatch):
    shards, _ = kept(workspace, [])
    monkeypatch.setattr(teacher_cache, "_SHARD_ROWS", 4)
    keys, vectors = teacher_cache.content_keys("text", map(str, range(12))), np.ones((12, 2))
    with teacher_cache.ShardWriter(shards) as writer:
        writer.append(keys[:3], vectors[:3])
        assert teacher_cache.Shards(shards.folder).shape == (0, 0)
        writer.append(keys[3:6], vectors[3:6])
        assert teacher_cache.Shards(shards.folder).shape == (6, 2)
        monkeypatch.setattr(teacher_cache, "_SHARD_SECONDS", -1.0)
        writer.append(keys[6:7], vectors[6:7])
        assert teacher_cache.Shards(shards.folder).shape == (7, 2)
        monkeypatch.setattr(teacher_cache, "_SHARD_SHARE", 1 / 2)
        writer.append(keys[7:9], vectors[7:9])
        assert teacher_cache.Shards(shards.folder).shape == (7, 2), "late, but small beside what is there"
    assert teacher_cache.Shards(shards.folder).shape == (9, 2)


def test_what_was_embedded_before_a_failure_is_kept(workspace):
    shards, _ = kept(workspace, [])
    with pytest.raises(UserError), teacher_cache.ShardWriter(shards) as writer:
        writer.append(teacher_cache.content_keys("text", ["a"]), np.ones((1, 2)))
        writer.append(teacher_cache.content_keys("text", ["b"]), np.zeros((1, 2)))
    assert list(teacher_cache.Shards(shards.folder).find(teacher_cache.content_keys("text", ["a", "b"]))) == [0, -1]


@pytest.mark.parametrize("kind", ["open_clip", "clip"])
def test_what_was_cut_short_goes_on_in_the_batches_that_it_would_have_had(tmp_path, monkeypatch, kind):
    """The size and the padding of a batch move roundings: what is kept ends where a batch does, so the vectors are the same to the last bit."""
    ref = small.teacher() if kind == "open_clip" else str(small.transformers_teacher(kind))
    words = ("".join(chr(97 + int(digit)) for digit in str(row)) for row in range(1300))
    texts, asked = [f"mug {'a' * (row % 9)}{word}" for row, word in enumerate(words)], []
    monkeypatch.setattr(teacher_features, "_SECONDS_BETWEEN_REPORTS", 0)

    def stop(done, total):
        if done:
            raise KeyboardInterrupt

    whole, cut = Workspace(tmp_path / "whole"), Workspace(tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        teacher_features.embed_texts(cut, ref, texts, on_progress=stop)
    resumed = teacher_features.embed_texts(cut, ref, texts, on_progress=lambda *told: asked.append(told))
    assert 0 < asked[0][1] < len(texts), "a part was kept"
    rows = np.arange(len(texts))
    np.testing.assert_array_equal(resumed.of(rows), teacher_features.embed_texts(whole, ref, texts).of(rows))


def test_vectors_are_never_held_in_memory_together(workspace):
    shards, _ = kept(workspace, [2], width=768)
    rows = 40_000
    file = shards.folder / "vectors-00001.npy"
    vectors = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=(rows, 768))
    vectors[:, 0] = 1
    vectors.flush()
    (shards.folder / "keys-00001.bin").write_bytes(teacher_cache.content_keys("text", map(str, range(rows))).tobytes())
    tracemalloc.start()
    shards = teacher_cache.Shards(shards.folder)
    features = teacher_features.TeacherFeatures(shards, np.arange(2, rows + 2), np.arange(2, rows + 2), "", 0, 0)
    assert features.false_negative_cosine(np.arange(rows)) == 1
    assert features.image(np.arange(64)).shape == (64, 768)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < rows * 768 * 4, "less than one of both in float32"


DAMAGES = {
    "keys lost": ("teacher_shard_uneven", lambda vectors, keys: keys.write_bytes(keys.read_bytes()[:-32])),
    "keys cut": ("teacher_shard_uneven", lambda vectors, keys: keys.write_bytes(keys.read_bytes()[:-5])),
    "keys of more": ("teacher_shard_uneven", lambda vectors, keys: keys.write_bytes(keys.read_bytes() * 2)),
    "vectors of one less": ("teacher_shard_uneven", lambda vectors, keys: np.save(vectors, np.load(vectors)[1:])),
    "vectors flat": ("teacher_shard_uneven", lambda vectors, keys: np.save(vectors, np.load(vectors).ravel())),
    "vectors of doubles": (
        "teacher_shard_uneven",
        lambda vectors, keys: np.save(vectors, np.load(vectors).astype(float)),
    ),
    "vectors narrower": ("teacher_shard_width", lambda vectors, keys: np.save(vectors, np.load(vectors)[:, :3])),
    "vectors cut": ("teacher_shard_unreadable", lambda vectors, keys: vectors.write_bytes(vectors.read_bytes()[:-8])),
    "vectors empty": ("teacher_shard_unreadable", lambda vectors, keys: vectors.write_bytes(b"")),
    "vectors gone": ("teacher_shard_unreadable", lambda vectors, keys: vectors.unlink()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shard_is_named_and_nothing_is_computed(workspace, damage):
    code, do = DAMAGES[damage]
    dataset = small.dataset(workspace, things=("mug", "cap"))
    folder = workspace.teachers / teacher_features.embed(workspace, small.teacher(), dataset).digest
    teacher_features.embed(workspace, small.teacher(), small.dataset(workspace, things=("mug", "cap", "bag")))
    vectors = folder / "vectors-00001.npy"
    do(vectors, folder / "keys-00001.bin")
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(UserError) as refused:
        teacher_features.embed(workspace, small.teacher(), dataset)
    assert refused.value.code == code
    assert all(str(vectors) in refused.value.message(language) for language in ("en", "ja"))
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_cache_of_another_teacher_is_refused(workspace):
    dataset = small.dataset(workspace)
    folder = workspace.teachers / teacher_features.embed(workspace, small.teacher(), dataset).digest
    note = json.loads((folder / "teacher.json").read_text())
    assert note["digest"] == folder.name and note["ref"] == small.teacher()
    for text in (json.dumps(note | {"digest": "f" * 16, "ref": "another"}), "{}", "[]", "no JSON"):
        (folder / "teacher.json").write_text(text)
        with pytest.raises(UserError) as refused:
            teacher_features.embed(workspace, small.teacher(), dataset)
        assert refused.value.code == "teacher_cache_of_another"
        for language in ("en", "ja"):
            assert str(folder) in refused.value.message(language) and small.teacher() in refused.value.message(language)
            assert ("another" in refused.value.message(language)) or "another" not in text


def test_a_cache_from_before_teachers_were_named_is_taken_over(workspace):
    dataset = small.dataset(workspace)
    folder = workspace.teachers / teacher_features.embed(workspace, small.teacher(), dataset).digest
    (folder / "teacher.json").unlink()
    assert teacher_features.embed(workspace, small.teacher(), dataset).forward_texts == 0
    assert json.loads((folder / "teacher.json").read_text())["digest"] == folder.name


def test_a_dataset_whose_images_are_gone_is_refused_before_the_teacher_is_loaded(workspace, monkeypatch):
    dataset = small.dataset(workspace)
    for path in (dataset.folder / "objects").iterdir():
        path.unlink()
    monkeypatch.setattr(teachers, "load", lambda ref: pytest.fail("the teacher was loaded"))
    with pytest.raises(UserError) as refused:
        teacher_features.embed(workspace, small.teacher(), dataset)
    assert refused.value.code == "pictures_not_here" and dataset.name in str(refused.value)
