"""The student is a plain sentence-transformers folder; its heads exist for training and for images only."""

import shutil

import numpy as np
import pytest
import small
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import references, student
from kdmcse.training.step import Tokens


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


# Prompts


def prompted(tmp_path, include_prompt=True):
    """A student that came with a default prompt."""
    encoder = SentenceTransformer(small.student(), device="cpu", prompts={"query": "query ", "passage": "passage "})
    encoder.default_prompt_name = "query"
    encoder.set_pooling_include_prompt(include_prompt)
    encoder.save(str(tmp_path / "prompted"))
    return str(tmp_path / "prompted")


TEXTS = ["a red mug", " blue cap", "赤いマグカップ"]


def read_in_training(encoder, texts=TEXTS):
    """The tokens as training reads them, and the pooled sentences that it makes of them."""
    model = student.TrainingStudent(encoder, projection_width=4, teacher_width=None).eval()
    tokens = Tokens(student.tokenizer(encoder), student.with_prompt(encoder, texts), 64, model.first_position)
    rows = np.argsort(tokens.lengths, kind="stable")
    laid = tokens.padded if tokens.first_position is None else tokens.end_to_end
    with torch.no_grad():
        return tokens.padded(np.arange(len(texts))), model(laid(rows))[np.argsort(rows)].numpy()


@pytest.mark.parametrize("prompt", ["own", "none", "e5", "ruri"])
@pytest.mark.parametrize("include_prompt", [True, False])
def test_a_prompt_is_read_alike_in_training_in_measuring_and_by_other_software(tmp_path, prompt, include_prompt):
    encoder = student.load(prompted(tmp_path, include_prompt), prompt=prompt)
    said = {"own": "query ", "none": "", "e5": "query: ", "ruri": "クエリ: "}[prompt]
    assert student.default_prompt(encoder) == said
    tokens, pooled = read_in_training(encoder)
    encoded = encoder.preprocess([said + text for text in TEXTS])
    torch.testing.assert_close(tokens["input_ids"], encoded["input_ids"])
    np.testing.assert_allclose(student.encode_pooled(encoder, TEXTS), pooled, atol=1e-5)
    unit = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    np.testing.assert_allclose(student.encode(encoder, TEXTS), unit, atol=1e-5)
    encoder.save(str(tmp_path / "saved"))
    other = SentenceTransformer(str(tmp_path / "saved"), device="cpu")
    np.testing.assert_allclose(other.encode(TEXTS, normalize_embeddings=True), unit, atol=1e-5)
    np.testing.assert_allclose(student.encode(student.load(tmp_path / "saved", prompt=prompt), TEXTS), unit, atol=1e-5)


def test_a_prompt_changes_the_vectors(tmp_path):
    folder = prompted(tmp_path)
    own, none, e5 = (student.encode(student.load(folder, prompt=prompt), TEXTS) for prompt in ("own", "none", "e5"))
    assert np.abs(own - none).max() > 1e-3 and np.abs(own - e5).max() > 1e-3


# Students of other make


def test_a_student_that_gives_its_first_numbers_alone_is_trained_on_what_it_gives(tmp_path):
    SentenceTransformer(small.student(), device="cpu", truncate_dim=8).save(str(tmp_path / "cut"))
    encoder = student.load(tmp_path / "cut")
    _, pooled = read_in_training(encoder)
    assert pooled.shape == student.encode(encoder, TEXTS).shape == (len(TEXTS), 8)
    np.testing.assert_allclose(student.encode_pooled(encoder, TEXTS), pooled, atol=1e-6)
    unit = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    np.testing.assert_allclose(student.encode(encoder, TEXTS), unit, atol=1e-6)
    model = student.TrainingStudent(encoder, projection_width=6, teacher_width=8)
    assert model.contrast(torch.from_numpy(pooled)).shape == (len(TEXTS), 8)
    model.save_encoder(tmp_path / "trained")
    np.testing.assert_allclose(student.encode(student.load(tmp_path / "trained"), TEXTS), unit, atol=1e-6)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_a_student_in_half_precision_is_trained_and_measured_in_float32(tmp_path, precision):
    SentenceTransformer(small.student(), device="cpu").to(precision).save(str(tmp_path / "half"))
    with safe_open(tmp_path / "half" / "model.safetensors", "pt") as file:
        assert file.get_slice(next(iter(file.keys()))).get_dtype() in ("BF16", "F16")
    encoder = student.load(tmp_path / "half")
    assert {value.dtype for value in encoder.parameters()} == {torch.float32}
    _, pooled = read_in_training(encoder)
    assert pooled.dtype == student.encode(encoder, TEXTS).dtype == np.float32


def test_a_static_embedding_is_read_in_training_as_it_encodes(tmp_path):
    encoder = student.load(small.static_student())
    _, pooled = read_in_training(encoder)
    np.testing.assert_allclose(student.encode_pooled(encoder, TEXTS), pooled, atol=1e-6)
    np.testing.assert_allclose(encoder.encode(TEXTS), pooled, atol=1e-6)


def test_a_student_of_another_kind_is_refused_before_it_is_loaded(tmp_path):
    (tmp_path / "modules.json").write_text(
        '[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.BoW"}]'
    )
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError) as refused:
        references.require(str(tmp_path), "student")
    for language in LANGUAGES:
        assert "BoW" in refused.value.message(language) and "StaticEmbedding" in refused.value.hint(language)


def test_weights_that_are_no_numbers_are_named_before_anything_is_encoded(tmp_path):
    folder = shutil.copytree(small.student(), tmp_path / "student")
    [file] = folder.glob("*.safetensors")
    weights = load_file(file)
    next(iter(weights.values())).view(-1)[0] = float("nan")
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(UserError) as refused:
        student.load(folder)
    assert refused.value.code == "student_not_finite" and refused.value.fields["model"] == str(folder)
