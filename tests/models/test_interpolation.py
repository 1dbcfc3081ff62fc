"""Weights between two students: exact at both ends, the mean in the middle, and nothing else of the student changes."""

import numpy as np
import pytest
import small
import torch

from kdmcse.errors import UserError
from kdmcse.models import student
from kdmcse.models.interpolation import interpolate


def weights(encoder):
    return {name: weight.detach().clone() for name, weight in encoder.named_parameters()}


@pytest.fixture
def pair():
    """The small student, and what it became."""
    before, after = student.load(small.student()), student.load(small.student())
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in after.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) / 10)
    after.prompts, after.default_prompt_name = {"query": "query: "}, "query"
    return before, after


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_at_both_ends_it_is_one_of_the_two_bit_by_bit(pair, share):
    expected = weights(pair[int(share)])
    assert all(torch.equal(weight, expected[name]) for name, weight in weights(interpolate(*pair, share)).items())


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_between_them_every_weight_is_a_weighted_mean(pair, share):
    before, after = map(weights, pair)
    for name, weight in weights(interpolate(*pair, share)).items():
        expected = (1 - share) * before[name].double() + share * after[name].double()
        np.testing.assert_allclose(weight.double().numpy(), expected.numpy(), rtol=0, atol=1e-7)


def test_what_is_no_weight_stays_and_the_untouched_student_is_left_alone(pair):
    before = weights(pair[0])
    mixed = interpolate(*pair, 0.5)
    assert mixed.prompts["query"] == "query: " and mixed.default_prompt_name == "query"
    assert all(torch.equal(weight, before[name]) for name, weight in weights(pair[0]).items())


def test_half_precision_is_mixed_in_float32(pair):
    before, after = pair[0].half(), pair[1].half()
    ends = [weights(one) for one in (before, after)]
    for name, weight in weights(interpolate(before, after, 0.3)).items():
        expected = torch.lerp(ends[0][name].float(), ends[1][name].float(), 0.3).half()
        assert weight.dtype == torch.float16 and torch.equal(weight, expected)


def test_students_of_other_weights_are_not_mixed(pair):
    before, after = pair
    after[0].model.embeddings.word_embeddings = torch.nn.Embedding(7, 16)
    with pytest.raises(UserError) as refused:
        interpolate(before, after, 0.5)
    assert refused.value.code == "students_differ"
