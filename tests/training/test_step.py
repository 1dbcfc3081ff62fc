"""A step pads nothing needlessly, gives every method its terms, and needs no more memory than there is."""

import numpy as np
import pytest
import small
import torch

from kdmcse.config import METHODS, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.models import student
from kdmcse.training.step import Batch, Memory, Tokens, TrainingStep, is_out_of_memory

SENTENCES = [
    "a red mug",
    "one very long sentence about a blue cap and a green bag",
    "vase",
    "a black lamp in red",
    "赤いマグカップ",
]
SETTINGS = TrainingConfig(projection_width=8, cross_modal_weight=0.01)


@pytest.fixture(scope="module")
def encoder():
    return student.load(small.student(), device="cpu")


@pytest.fixture(scope="module")
def tokens(encoder):
    return Tokens(encoder.tokenizer, SENTENCES, 32)


def vectors(seed):
    return np.random.default_rng(seed).normal(size=(len(SENTENCES), 8)).astype(np.float16)


def make_step(encoder, method="kdmcse", dropout=True, settings=SETTINGS):
    torch.manual_seed(1)
    model = student.TrainingStudent(encoder, projection_width=8, teacher_width=8)
    model.train(dropout)
    return TrainingStep(model, method, settings, 0.2)


def make_batch(tokens, part_size=16, rows=None):
    rows = np.arange(len(tokens)) if rows is None else rows
    return Batch.of(tokens, rows, part_size, vectors(1)[rows], vectors(2)[rows])


def gradients(step, batch, seed=0):
    step.zero_grad()
    torch.manual_seed(seed)
    terms = step(batch)
    terms["total"].backward()
    return terms, {name: p.grad.clone() for name, p in step.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4], [2], [3, 3, 0]])
def test_padding_is_what_the_tokenizer_makes_of_it(encoder, rows, side):
    tokenizer = encoder.tokenizer
    before, tokenizer.padding_side = tokenizer.padding_side, side
    try:
        expected = tokenizer(
            [SENTENCES[i] for i in rows], padding=True, truncation=True, max_length=12, return_tensors="pt"
        )
        found = Tokens(tokenizer, SENTENCES, 12).padded(np.array(rows))
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            assert torch.equal(found[name], values), name
    finally:
        tokenizer.padding_side = before


def test_no_sentences_are_no_tokens(encoder):
    assert len(Tokens(encoder.tokenizer, [], 32)) == 0


def test_many_sentences_are_tokenised_in_chunks_without_a_seam(encoder, monkeypatch):
    whole = Tokens(encoder.tokenizer, SENTENCES, 32).padded(np.arange(5))
    monkeypatch.setattr("kdmcse.training.step._TOKENS_AT_ONCE", 2)
    chunks = Tokens(encoder.tokenizer, SENTENCES, 32).padded(np.arange(5))
    assert all(torch.equal(whole[name], chunks[name]) for name in whole)


@pytest.mark.parametrize("part_size", [1, 2, 3, 5, 16])
def test_a_batch_in_parts_holds_every_sentence_twice_and_knows_its_place(tokens, part_size):
    batch = make_batch(tokens, part_size, np.array([4, 1, 3, 0, 2]))
    assert max(len(part["input_ids"]) for part in batch.parts) == 2 * batch.part_size <= 2 * part_size
    lengths = torch.cat([part["attention_mask"].sum(1) for part in batch.parts])
    assert torch.equal(lengths[::2], lengths[1::2])
    assert lengths[::2][batch.place].tolist() == tokens.lengths[[4, 1, 3, 0, 2]].tolist()
    for part in batch.parts:
        assert part["input_ids"].shape[1] == part["attention_mask"].sum(1).max()


@pytest.mark.parametrize("part_size", [1, 2, 3])
@pytest.mark.parametrize("recompute", [False, True])
def test_parts_and_recomputing_change_neither_loss_nor_gradient(encoder, tokens, part_size, recompute):
    step = make_step(encoder, dropout=False)
    expected, expected_gradients = gradients(step, make_batch(tokens))
    step.recompute = recompute
    found, found_gradients = gradients(step, make_batch(tokens, part_size))
    for name in expected:
        assert found[name].item() == pytest.approx(expected[name].item(), rel=1e-6), name
    assert found_gradients.keys() == expected_gradients.keys()
    for name, gradient in expected_gradients.items():
        torch.testing.assert_close(found_gradients[name], gradient, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("packed", [False, True])
def test_in_bfloat16_losses_and_gradients_stay_float32_and_near(encoder, tokens, packed):
    step = make_step(encoder, dropout=False)
    if packed:
        tokens = Tokens(encoder.tokenizer, SENTENCES, 32, step.student.first_position)
    expected, expected_gradients = gradients(step, make_batch(tokens, 3))
    step.precision = "bfloat16"
    found, found_gradients = gradients(step, make_batch(tokens, 3))
    for name in expected:
        assert found[name].dtype == torch.float32
        assert found[name].item() == pytest.approx(expected[name].item(), rel=2e-2), name
    assert any(not torch.equal(found[name], expected[name]) for name in expected)  # it is another precision
    flat = [torch.cat([g.flatten() for g in one.values()]) for one in (found_gradients, expected_gradients)]
    assert flat[0].dtype == torch.float32
    assert torch.cosine_similarity(*flat, dim=0) > 0.99


@pytest.mark.parametrize("method", METHODS)
def test_recomputing_repeats_the_same_dropout_to_the_last_bit(encoder, tokens, method):
    step = make_step(encoder, method)
    expected, expected_gradients = gradients(step, make_batch(tokens, 2))
    step.recompute = True
    found, found_gradients = gradients(step, make_batch(tokens, 2))
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(torch.equal(found_gradients[name], expected_gradients[name]) for name in expected_gradients)


def test_recomputing_keeps_the_activations_of_one_part_at_a_time(encoder, tokens):
    """Counted in bytes that autograd saves before the backward pass."""

    def saved(recompute):
        step, kept = make_step(encoder), {}
        step.recompute = recompute
        weights = {p.data_ptr() for p in step.parameters()}

        def keep(tensor):
            if tensor.data_ptr() not in weights:
                kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            step.two_passes(make_batch(tokens, 1))
        return sum(kept.values())

    assert saved(True) < 0.1 * saved(False)


def test_the_two_passes_of_a_sentence_differ_by_dropout_and_agree_without(encoder, tokens):
    for dropout in (True, False):
        step = make_step(encoder, dropout=dropout)
        with torch.no_grad():
            first, second = step.two_passes(make_batch(tokens, 2)).chunk(2)
        assert torch.allclose(first, second, atol=1e-6) != dropout
    alone = torch.cat([step.two_passes(make_batch(tokens, 2, np.array([i])))[:1] for i in range(len(SENTENCES))])
    torch.testing.assert_close(first, alone.detach(), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_its_terms_and_sentences_without_images_the_first_alone(encoder, tokens, method):
    expected = {
        "simcse": {"sentence"}, "simcse_margin": {"sentence"}, "mcse": {"sentence", "image"},
        "kdmcse": {"sentence", "image", "caption"}, "gist": {"sentence", "image"}, "dalr": {"sentence", "image", "ranking"},
        "rankcse": {"sentence", "ranking"},
    }[method]  # fmt: skip
    step = make_step(encoder, method)
    assert step(make_batch(tokens)).keys() == expected | {"total"}
    assert step(Batch.of(tokens, np.arange(4), 2)).keys() == {"sentence", "total"}


def test_memory_is_halved_until_one_sentence_is_left_and_then_says_so():
    memory = Memory(part_size=5)
    sizes = []
    with pytest.raises(UserError) as refused:
        while True:
            memory.halve()
            sizes.append((memory.part_size, memory.recompute))
    assert sizes == [(2, True), (1, True)]
    assert refused.value.code == "out_of_memory"


def test_a_cpu_takes_small_parts_and_a_gpu_the_whole_batch():
    assert Memory.of(torch.device("cpu"), 64) == Memory(16)
    assert Memory.of(torch.device("cpu"), 64, padded=False) == Memory(32)
    assert Memory.of(torch.device("cpu"), 4) == Memory(4)
    assert Memory.of(torch.device("cuda"), 64) == Memory(64)


def test_what_counts_as_out_of_memory():
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert is_out_of_memory(MemoryError())
    with pytest.raises(RuntimeError) as found:
        torch.empty(2**60)
    assert is_out_of_memory(found.value)
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
