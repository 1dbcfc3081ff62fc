"""Sentences end to end give what padded ones give, in every architecture that can take them; others are padded."""

import numpy as np
import pytest
import small
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from kdmcse.config import TrainingConfig
from kdmcse.models import packing, student
from kdmcse.training.step import Batch, Tokens, TrainingStep

SENTENCES = [
    "a red mug",
    "one very long sentence about a blue cap and a green bag",
    "vase",
    "lamp",
    "a black lamp in red",
]
SIZES = dict(
    hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64
)
PACKED = {
    "bert": SIZES,
    "roberta": SIZES,
    "distilbert": dict(dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=64),
    "albert": SIZES | {"embedding_size": 8},
    "electra": SIZES | {"embedding_size": 8},
    "modernbert": SIZES | {"local_attention": 8, "global_attn_every_n_layers": 2},
}
PADDED = {"mpnet": SIZES, "deberta-v2": SIZES | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}}


def encoder_of(kind, sizes, pooling, folder):
    from transformers import AutoConfig, AutoModel

    tokenizer = SentenceTransformer(small.student(), device="cpu").tokenizer
    config = AutoConfig.for_model(kind, vocab_size=len(tokenizer), pad_token_id=0, **sizes)
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    SentenceTransformer(modules=[Transformer(str(folder)), Pooling(16, pooling)], device="cpu").save(str(folder / "st"))
    return student.load(folder / "st", device="cpu")


def terms_and_gradients(step, batch):
    step.zero_grad()
    terms = step(batch)
    terms["total"].backward()
    return terms, {name: p.grad.clone() for name, p in step.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("part_size", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_end_to_end_gives_the_loss_and_gradients_of_padding(kind, pooling, part_size, tmp_path):
    model = student.TrainingStudent(
        encoder_of(kind, PACKED[kind], pooling, tmp_path), projection_width=8, teacher_width=8
    )
    assert model.first_position == (1 if kind == "roberta" else 0)
    step = TrainingStep(model.eval(), "kdmcse", TrainingConfig(projection_width=8), None)
    rows, vectors = np.array([3, 0, 4, 1, 2]), np.random.default_rng(0).normal(size=(2, 5, 8)).astype(np.float32)
    found = {}
    for position in (None, model.first_position):
        tokens = Tokens(model.encoder.tokenizer, SENTENCES, 40, position)
        found[position] = terms_and_gradients(step, Batch.of(tokens, rows, part_size, *vectors))
    (padded, padded_gradients), (terms, gradients) = found.values()
    for name, value in padded.items():
        torch.testing.assert_close(terms[name], value, rtol=1e-5, atol=1e-6, msg=name)
    assert gradients.keys() == padded_gradients.keys()
    for name, gradient in padded_gradients.items():
        torch.testing.assert_close(gradients[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize("kind", PADDED)
def test_a_student_that_needs_padding_is_padded(kind, tmp_path):
    assert packing.first_position(encoder_of(kind, PADDED[kind], "mean", tmp_path)) is None


def test_a_student_encodes_as_before_once_it_has_been_trained_end_to_end():
    encoder = student.load(small.student(), device="cpu")
    before = student.encode(encoder, SENTENCES)
    model = student.TrainingStudent(encoder, projection_width=8, teacher_width=None).train()
    tokens = Tokens(encoder.tokenizer, SENTENCES, 40, model.first_position)
    step = TrainingStep(model, "simcse", TrainingConfig(), None)
    step(Batch.of(tokens, np.arange(5), 5))["total"].backward()
    assert (student.encode(encoder, SENTENCES) == before).all()


def test_a_gpu_s_layout_holds_every_token_once():
    lengths = np.array([1, 2, 2, 5])
    laid = packing.layout(lengths, 0)
    assert laid["runs"] == [(0, 1, 1), (1, 2, 2), (5, 1, 5)]
    assert laid["places"].flatten()[laid["kept"]].tolist() == list(range(10))
    assert laid["filled"].sum((1, 2, 3)).tolist() == lengths.tolist()


def test_both_ways_of_attending_agree():
    laid = packing.layout(np.array([1, 2, 2, 5]), 0)
    query, key, value = torch.randn(3, 1, 2, 10, 4, generator=torch.Generator().manual_seed(0))
    by_runs, _ = packing.attend(None, query, key, value, None, **laid, sliding_window=3)
    by_table, _ = packing.attend(None, query, key, value, None, **laid | {"runs": None}, sliding_window=3)
    torch.testing.assert_close(by_runs, by_table)
