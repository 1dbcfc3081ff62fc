"""Each picture and text is embedded once ever, and what the teacher gives is what the library gives."""

import numpy as np
import pandas as pd
import pytest
import small
from PIL import Image

from kdmcse import data, teacher
from kdmcse.errors import UserError
from kdmcse.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_features_are_the_models_own_unit_vectors(workspace):
    import open_clip
    import torch

    dataset = small.dataset(workspace)
    features = teacher.embed(workspace, small.teacher(), dataset)
    model, _, preprocess = open_clip.create_model_and_transforms(small.teacher())
    model.eval()
    tokenize = open_clip.get_tokenizer(small.teacher())
    with torch.no_grad():
        picture = Image.open(dataset.image_path(dataset.pairs["image"][5])).convert("RGB")
        image = model.encode_image(preprocess(picture)[None])[0].numpy()
        caption = model.encode_text(tokenize([dataset.pairs["caption"][5]]))[0].numpy()
    np.testing.assert_allclose(features.image[5], image / np.linalg.norm(image), atol=1e-3)
    np.testing.assert_allclose(features.caption[5], caption / np.linalg.norm(caption), atol=1e-3)


def test_a_second_run_makes_no_forward_pass_and_new_pairs_only_their_own(workspace):
    dataset = small.dataset(workspace, things=("mug", "cap"))
    first = teacher.embed(workspace, small.teacher(), dataset)
    assert first.forward_images == dataset.pairs["image"].nunique()
    assert first.forward_texts == dataset.pairs["caption"].nunique()
    second = teacher.embed(workspace, small.teacher(), dataset)
    assert (second.forward_images, second.forward_texts) == (0, 0)
    np.testing.assert_array_equal(first.image, second.image)
    grown = small.dataset(workspace, things=("mug", "cap", "bag"))
    third = teacher.embed(workspace, small.teacher(), grown)
    assert third.forward_images == grown.pairs["image"].nunique() - dataset.pairs["image"].nunique()
    assert third.forward_texts == grown.pairs["caption"].nunique() - dataset.pairs["caption"].nunique()
    row = list(grown.pairs["caption"]).index(dataset.pairs["caption"][3])
    np.testing.assert_array_equal(third.caption[row], first.caption[3])


def test_a_known_dataset_does_not_even_load_the_teacher(workspace, monkeypatch):
    dataset = small.dataset(workspace)
    teacher.embed(workspace, small.teacher(), dataset)
    monkeypatch.setattr(teacher, "load", lambda ref: pytest.fail("the teacher was loaded"))
    teacher.embed(workspace, small.teacher(), dataset)


def test_progress_counts_to_the_total(workspace):
    seen = []
    dataset = small.dataset(workspace)
    features = teacher.embed(
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
    features = teacher.embed(workspace, str(path), dataset)
    row = contents.index(dataset.pairs["caption"][2])
    np.testing.assert_allclose(features.caption[2], vectors[row] / np.linalg.norm(vectors[row]), atol=1e-3)


def test_a_missing_vector_is_named(workspace, tmp_path):
    dataset = small.dataset(workspace)
    path = tmp_path / "vectors.parquet"
    pd.DataFrame(
        {"content": list(dataset.pairs["image_name"]), "vector": [[1.0, 0.0]] * len(dataset.pairs)}
    ).to_parquet(path)
    with pytest.raises(UserError) as refused:
        teacher.embed(workspace, str(path), dataset)
    assert refused.value.code == "vectors_missing"
    assert dataset.pairs["caption"][0] in str(refused.value)


def test_a_sentence_transformers_clip_folder_is_a_teacher_too(workspace, tmp_path):
    from sentence_transformers import SentenceTransformer
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor

    tokenizer = small._tokenizer()
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    words = {"vocab_size": len(tokenizer), "max_position_embeddings": 24, "eos_token_id": tokenizer.sep_token_id}
    config = CLIPConfig(
        text_config=tower | words, vision_config=tower | {"image_size": 32, "patch_size": 16}, projection_dim=8
    )
    plain = tmp_path / "clip"
    CLIPModel(config).save_pretrained(plain)
    CLIPProcessor(CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32), tokenizer).save_pretrained(plain)
    SentenceTransformer(str(plain), device="cpu").save(str(tmp_path / "st-clip"))
    dataset = small.dataset(workspace, things=("mug", "cap"))
    features = teacher.embed(workspace, str(tmp_path / "st-clip"), dataset)
    assert features.image.shape == features.caption.shape == (len(dataset.pairs), 8)
    np.testing.assert_allclose(np.linalg.norm(features.image.astype(np.float32), axis=1), 1, atol=1e-2)


def test_the_filter_threshold_is_the_median_of_true_pairs():
    image = np.eye(4, dtype=np.float16)
    caption = np.array([[1, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 0.25, 0], [0, 0, 0, 0]], dtype=np.float16)
    features = teacher.TeacherFeatures(image, caption, "", 0, 0)
    assert features.false_negative_cosine(np.array([0, 1, 2])) == 0.5


def test_a_vector_that_is_no_direction_is_refused(workspace, tmp_path):
    dataset = small.dataset(workspace)
    contents = [*dict.fromkeys(dataset.pairs["image_name"]), *dict.fromkeys(dataset.pairs["caption"])]
    path = tmp_path / "vectors.parquet"
    pd.DataFrame({"content": contents, "vector": [[0.0, 0.0]] * len(contents)}).to_parquet(path)
    with pytest.raises(UserError) as refused:
        teacher.embed(workspace, str(path), dataset)
    assert refused.value.code == "teacher_vectors_not_finite"


def test_an_unknown_open_clip_weight_names_the_known_ones():
    with pytest.raises(UserError) as refused:
        teacher.load("ViT-B-32/no-such-weights")
    assert "laion2b_s34b_b79k" in refused.value.hint()


def test_the_dataset_is_only_read(workspace):
    dataset = small.dataset(workspace)
    before = sorted(path.stat().st_mtime_ns for path in dataset.folder.rglob("*"))
    teacher.embed(workspace, small.teacher(), dataset)
    assert sorted(path.stat().st_mtime_ns for path in dataset.folder.rglob("*")) == before
    assert data.open_dataset(workspace, dataset.fingerprint).pairs.equals(dataset.pairs)
