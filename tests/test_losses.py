"""The objectives agree with the published code, with slow twins written as loops, and with closed forms."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from kdmcse.losses import kdmcse_terms, mcse_terms, simcse_terms

REFERENCE = Path(__file__).parents[2] / "shared" / "reference"
SETTINGS = (
    "sentence_margin_radians",
    "cross_modal_margin_radians",
    "temperature",
    "cross_modal_temperature",
    "cross_modal_weight",
)


def batch(seed=0, b=6, h=5, p=4, d=7, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)

    def rows(width, unit=False):
        x = torch.randn(b, width, generator=generator, dtype=torch.float64)
        return (x / x.norm(dim=1, keepdim=True) if unit else x).to(dtype)

    return dict(
        z1=rows(h), z2=rows(h), p1=rows(p, True), p2=rows(p, True), v=rows(p, True), t=rows(p, True),
        teacher_image=rows(d), teacher_caption=rows(d),
    )  # fmt: skip


def slow_cosine(a, b):
    return sum(float(x) * float(y) for x, y in zip(a, b, strict=True)) / (
        math.hypot(*map(float, a)) * math.hypot(*map(float, b))
    )


def slow_term(left, right, temperature, margin, similarity=None, left_out=None):
    """One contrastive term as the design states it, pair by pair."""
    total = 0.0
    for i in range(len(left)):
        exponents = []
        for j in range(len(right)):
            if i != j and left_out is not None and left_out(i, j):
                continue
            theta = math.acos(max(-1.0, min(1.0, slow_cosine(left[i], right[j]))))
            if i != j and theta > margin:
                theta -= margin * (1 - (similarity(i, j) if similarity else 0))
            logit = math.cos(theta) / temperature
            exponents.append(math.exp(logit))
            if i == j:
                own = logit
        total += math.log(sum(exponents)) - own
    return total / len(left)


@pytest.mark.parametrize("case", [0, 1])
def test_kdmcse_agrees_with_the_published_code_in_terms_and_gradients(case):
    path = REFERENCE / f"kdmcse_loss_case{case}.npz"
    if not path.exists():
        pytest.skip("the reference of the published code lies beside the project, and is absent here")
    stored = np.load(path)
    inputs = {name: torch.tensor(stored[name]) for name in batch()}
    for name in ("z1", "z2", "p1", "p2", "v", "t"):
        inputs[name].requires_grad_()
    threshold = float(stored["false_negative_cosine"])
    terms = kdmcse_terms(
        **inputs,
        **{name: float(stored[name]) for name in SETTINGS},
        false_negative_cosine=None if math.isnan(threshold) else threshold,
    )
    terms["total"].backward()
    for name, term in terms.items():
        assert abs(term.item() - float(stored[name])) < 1e-6
    for name in ("z1", "z2", "p1", "p2", "v", "t"):
        np.testing.assert_allclose(inputs[name].grad.numpy(), stored[f"grad_{name}"], atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threshold", [None, 0.1])
def test_kdmcse_agrees_with_its_slow_twin(seed, threshold):
    x = batch(seed)
    images, captions = x["teacher_image"], x["teacher_caption"]
    terms = kdmcse_terms(**x, sentence_margin_radians=0.2, cross_modal_margin_radians=0.3, temperature=0.1,
                         cross_modal_temperature=0.2, false_negative_cosine=threshold, cross_modal_weight=0.5)  # fmt: skip
    caption_to_image = threshold and (lambda i, j: slow_cosine(captions[i], images[j]) > threshold)
    image_to_caption = threshold and (lambda i, j: slow_cosine(images[i], captions[j]) > threshold)
    sentence = slow_term(x["z1"], x["z2"], 0.1, 0.2)
    image = (
        sum(
            slow_term(x[p], x["v"], 0.2, 0.3, lambda i, j: slow_cosine(images[i], images[j]), caption_to_image)
            for p in ("p1", "p2")
        )
        / 2
    )
    caption = (
        sum(
            slow_term(x[p], x["t"], 0.2, 0.3, lambda i, j: slow_cosine(captions[i], captions[j]), image_to_caption)
            for p in ("p1", "p2")
        )
        / 2
    )
    for name, expected in dict(
        sentence=sentence, image=image, caption=caption, total=sentence + 0.5 * (image + caption)
    ).items():
        assert terms[name].item() == pytest.approx(expected, abs=1e-9)


def test_simcse_and_mcse_agree_with_their_slow_twins():
    x = batch()
    assert simcse_terms(z1=x["z1"], z2=x["z2"])["total"].item() == pytest.approx(
        slow_term(x["z1"], x["z2"], 0.05, 9), abs=1e-9
    )
    terms = mcse_terms(**{k: x[k] for k in ("z1", "z2", "p1", "p2", "v")}, cross_modal_weight=0.3)
    image = sum(slow_term(x[p], x["v"], 0.05, 9) for p in ("p1", "p2")) / 2
    assert terms["image"].item() == pytest.approx(image, abs=1e-9)
    assert terms["total"].item() == pytest.approx(terms["sentence"].item() + 0.3 * image, abs=1e-9)


def test_two_orthogonal_pairs_have_the_closed_form():
    eye = torch.eye(2, dtype=torch.float64)
    assert simcse_terms(z1=eye, z2=eye)["total"].item() == pytest.approx(math.log1p(math.exp(-1 / 0.05)), abs=1e-12)
    terms = kdmcse_terms(z1=eye, z2=eye, p1=eye, p2=eye, v=eye, t=eye, teacher_image=eye, teacher_caption=eye)
    # A negative at 90 degrees is pushed by the whole margin: the teacher's cosine is 0.
    pushed = math.log1p(math.exp((math.sin(0.15) - 1) / 0.05))
    assert terms["sentence"].item() == pytest.approx(pushed, abs=1e-12)
    assert terms["image"].item() == pytest.approx(pushed, abs=1e-12)


def test_with_zero_margins_and_no_filter_kdmcse_is_plain_contrast():
    x = batch()
    terms = kdmcse_terms(**x, sentence_margin_radians=0, cross_modal_margin_radians=0)
    plain = mcse_terms(**{k: x[k] for k in ("z1", "z2", "p1", "p2", "v")})
    assert terms["sentence"].item() == pytest.approx(plain["sentence"].item(), abs=1e-12)
    assert terms["image"].item() == pytest.approx(plain["image"].item(), abs=1e-12)


def test_when_every_negative_is_left_out_the_cross_modal_terms_are_zero():
    terms = kdmcse_terms(**batch(), false_negative_cosine=-1.0)
    assert terms["image"].item() == 0
    assert terms["caption"].item() == 0


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_where_cosines_are_exactly_one_or_minus_one(sign, dtype):
    x = {k: v for k, v in batch(dtype=dtype, b=2).items()}
    one = torch.tensor([[1.0, 0, 0, 0], [sign, 0, 0, 0]], dtype=dtype)
    x |= {name: one.clone().requires_grad_() for name in ("z1", "z2", "p1", "p2", "v", "t")}
    kdmcse_terms(**x)["total"].backward()
    for name in ("z1", "z2", "p1", "p2", "v", "t"):
        assert torch.isfinite(x[name].grad).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_inputs_are_computed_in_float32(dtype):
    half = batch(dtype=dtype)
    full = {name: value.float() for name, value in half.items()}
    for name, term in kdmcse_terms(**half, false_negative_cosine=0.1).items():
        assert term.dtype == torch.float32
        assert term.item() == pytest.approx(kdmcse_terms(**full, false_negative_cosine=0.1)[name].item(), rel=1e-6)


def test_mixed_precision_around_them_does_not_change_the_terms():
    x = batch(dtype=torch.float32)
    plain = kdmcse_terms(**x, false_negative_cosine=0.1)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = kdmcse_terms(**x, false_negative_cosine=0.1)
    for name, term in plain.items():
        assert torch.equal(term, mixed[name])


@pytest.mark.parametrize(
    "change",
    [dict(sentence_margin_radians=0.3), dict(cross_modal_margin_radians=0.3), dict(temperature=0.1), dict(cross_modal_temperature=0.1),
     dict(false_negative_cosine=0.2), dict(cross_modal_weight=0.5)],
)  # fmt: skip
def test_every_option_changes_the_total(change):
    assert kdmcse_terms(**batch(), **change)["total"] != kdmcse_terms(**batch())["total"]


def test_no_gradient_reaches_the_teacher():
    x = batch()
    x["teacher_image"].requires_grad_()
    x["z1"].requires_grad_()
    kdmcse_terms(**x)["total"].backward()
    assert x["teacher_image"].grad is None
