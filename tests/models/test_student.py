"""The student is a plain sentence-transformers folder; its heads exist for training and for images only."""

import numpy as np
import pytest
import small
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer

from kdmcse.errors import UserError
from kdmcse.models import student


def wrapped():
    encoder = student.load(small.student())
    return student.TrainingStudent(encoder, projection_width=6, teacher_width=8)


def test_a_saved_student_is_loaded_by_other_software_and_encodes_the_same(tmp_path):
    model = wrapped()
    model.save_encoder(tmp_path / "student")
    plain = SentenceTransformer(str(tmp_path / "student"), device="cpu")
    texts = ["a red mug", "赤いマグカップ"]
    np.testing.assert_allclose(
        plain.encode(texts, normalize_embeddings=True), student.encode(model.encoder, texts), atol=1e-6
    )


def test_encoded_sentences_have_unit_length():
    vectors = student.encode(student.load(small.student()), ["a red mug", "blue cap", ""])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_heads_read_from_a_file_project_as_in_training(tmp_path):
    model = wrapped().eval()
    save_file({name: value.contiguous() for name, value in model.heads().items()}, tmp_path / "heads.safetensors")
    heads = student.CrossModalHeads(tmp_path / "heads.safetensors")
    pooled, teacher_image = torch.randn(3, 16), torch.randn(3, 8)
    with torch.no_grad():
        np.testing.assert_allclose(heads.sentences(pooled.numpy()), model.project(pooled).numpy(), atol=1e-6)
        expected = torch.nn.functional.normalize(model.image(teacher_image), dim=-1).numpy()
    np.testing.assert_allclose(heads.images(teacher_image.numpy()), expected, atol=1e-6)


def test_no_head_is_in_the_saved_student(tmp_path):
    from safetensors import safe_open

    wrapped().save_encoder(tmp_path / "student")
    with safe_open(tmp_path / "student" / "model.safetensors", "pt") as file:
        assert not [name for name in file.keys() if "contrast" in name or "cross_modal" in name]  # noqa: SIM118


def test_two_passes_differ_with_the_students_dropout_and_with_our_own_where_it_has_none():
    model = wrapped().train()
    assert model.noise.p == 0
    for module in model.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    still = student.TrainingStudent(model.encoder, projection_width=6, teacher_width=None).train()
    assert still.noise.p == student.DROPOUT_WHERE_THERE_IS_NONE
    features = still.encoder.preprocess(["a red mug"])
    features = {k: torch.cat([v, v]) if torch.is_tensor(v) else v for k, v in features.items()}
    first, second = still(features).chunk(2)
    assert not torch.equal(first, second)


def test_every_parameter_gets_a_gradient():
    model = wrapped().train()
    features = model.encoder.preprocess(["a red mug", "blue cap"])
    pooled = model(features)
    vectors = torch.randn(2, 8)
    (
        model.contrast(pooled).sum()
        + model.project(pooled).sum()
        + model.image(vectors).sum()
        + model.caption(vectors).sum()
    ).backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


def test_pooled_rows_in_bulk_are_those_of_one_forward():
    encoder = student.load(small.student())
    texts = [f"a {word} mug" for word in ("red", "blue", "green", "black")]
    np.testing.assert_allclose(
        student.encode_pooled(encoder, texts), student.encode_pooled(encoder, texts, batch_size=1), atol=1e-6
    )
    assert student.encode_pooled(encoder, []).shape == (0, 16)


@pytest.mark.parametrize("ref", ["/no/such/folder", "not a name", "some/unknown-model"])
def test_an_unknown_student_is_refused_by_name(ref):
    with pytest.raises(UserError) as refused:
        student.load(ref)
    assert ref in refused.value.message()


def test_a_folder_whose_weights_are_damaged_is_refused(tmp_path):
    import shutil

    shutil.copytree(small.student(), tmp_path / "student")
    (tmp_path / "student" / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError) as refused:
        student.load(tmp_path / "student")
    assert refused.value.code == "student_unloadable"
