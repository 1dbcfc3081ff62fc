"""The objectives agree with the published code, with slow twins written as loops, with sentence-transformers, and with closed forms."""

import inspect
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from kdmcse.losses import dalr_terms, gist_terms, kdmcse_terms, mcse_terms, rankcse_terms, simcse_terms

REFERENCE = Path(__file__).parents[2] / "shared" / "reference"
RANKED = (dalr_terms, rankcse_terms)
OBJECTIVES = (simcse_terms, mcse_terms, kdmcse_terms, gist_terms, *RANKED)
STUDENT = ("z1", "z2", "p1", "p2", "v", "t")
TEACHER = ("teacher_image", "teacher_caption")
RANKINGS = ("listmle", "listnet")
every_objective = pytest.mark.parametrize("objective", OBJECTIVES)
every_ranking = pytest.mark.parametrize("ranking", RANKINGS)
# With those that rank once for each ranking.
every_form = pytest.mark.parametrize(
    ("objective", "form"),
    [(f, {"ranking": name} if f in RANKED else {}) for f in OBJECTIVES for name in RANKINGS[: 1 + (f in RANKED)]],
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


def parameters(objective):
    return inspect.signature(objective).parameters


def taken_by(objective, tensors):
    return {name: x for name, x in tensors.items() if name in parameters(objective)}


def computed(objective, tensors, **options):
    """Terms as numbers and the gradient of `total` by the name of the tensor, of those that `objective` takes."""
    taken = {name: x.detach().clone() for name, x in taken_by(objective, tensors).items()}
    learnt = [taken[name].requires_grad_() for name in STUDENT if name in taken]
    terms = objective(**taken, **options)
    gradients = torch.autograd.grad(terms["total"], learnt)
    return {name: term.item() for name, term in terms.items()}, dict(zip(taken, gradients, strict=False))


def assert_same(found, expected, **tolerance):
    assert found[0] == pytest.approx(expected[0], **tolerance)
    assert found[1].keys() == expected[1].keys()
    for name, gradient in found[1].items():
        close = dict(rtol=tolerance.get("rel", 0), atol=tolerance["abs"])
        torch.testing.assert_close(gradient, expected[1][name].to(gradient.dtype), **close)


def assert_finite(terms, gradients):
    assert all(math.isfinite(term) for term in terms.values())
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values())


# The published code


@pytest.mark.parametrize("case", [0, 1])
def test_kdmcse_agrees_with_the_published_code_in_terms_and_gradients(case):
    path = REFERENCE / f"kdmcse_loss_case{case}.npz"
    if not path.exists():
        pytest.skip("the reference of the published code lies beside the project, and is absent here")
    stored = np.load(path)
    threshold = float(stored["false_negative_cosine"])
    others = (*STUDENT, *TEACHER, "false_negative_cosine", "teacher_cosines")
    names = [name for name in parameters(kdmcse_terms) if name not in others]
    terms, gradients = computed(
        kdmcse_terms,
        {name: torch.tensor(stored[name]) for name in (*STUDENT, *TEACHER)},
        **{name: float(stored[name]) for name in names},
        false_negative_cosine=None if math.isnan(threshold) else threshold,
    )
    assert terms == pytest.approx({name: float(stored[name]) for name in terms}, abs=1e-6)
    for name in STUDENT:
        np.testing.assert_allclose(gradients[name].numpy(), stored[f"grad_{name}"], rtol=0, atol=1e-6)


class GivenVectors(torch.nn.Module):
    """Stands for a SentenceTransformer: its sentences come with their vectors."""

    max_seq_length = 8

    def __init__(self, tokenizer, vectors_of):
        super().__init__()
        self.tokenizer, self.vectors_of = tokenizer, vectors_of

    def forward(self, features):
        return {"sentence_embedding": features[self.vectors_of]}


@pytest.mark.parametrize("guide_margin", [0.0, 0.3, -0.3])
def test_the_image_term_of_gist_is_the_loss_of_sentence_transformers(guide_margin):
    from sentence_transformers.sentence_transformer.losses import GISTEmbedLoss
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, "a")))
    loss = GISTEmbedLoss(
        GivenVectors(tokenizer, "student"), GivenVectors(tokenizer, "teacher"),
        temperature=0.1, margin=guide_margin, contrast_anchors=False, contrast_positives=False,
    )  # fmt: skip
    x = batch(b=8, d=3)
    for name in ("p1", "p2", "v"):
        x[name].requires_grad_()
    images = dict(student=x["v"], teacher=x["teacher_image"])
    passes = [loss([dict(student=x[p], teacher=x["teacher_caption"]), images], None) for p in ("p1", "p2")]
    published = torch.autograd.grad(sum(passes) / 2, [x[name] for name in ("p1", "p2", "v")])
    terms, gradients = computed(
        gist_terms, x, guide_margin=guide_margin, cross_modal_temperature=0.1, cross_modal_weight=1.0
    )
    assert terms["image"] == pytest.approx(sum(passes).item() / 2, abs=1e-12)
    for name, gradient in zip(("p1", "p2", "v"), published, strict=True):
        torch.testing.assert_close(gradients[name], gradient, rtol=0, atol=1e-12)
    plain, _ = computed(mcse_terms, x, cross_modal_temperature=0.1)
    assert terms["image"] < plain["image"], "pictures were left out, or this would show nothing"


# Slow twins: the formulas, pair by pair


def slow_cosine(a, b):
    return (a @ b) / (a.norm() * b.norm())


def slow_contrast(left, right, temperature, margin=lambda i, j: 0.0, beyond=0.0, left_out=lambda i, j: False):
    """Mean over i of -log softmax at i of the cosines, where an angle greater than `beyond` is smaller by margin(i, j)."""
    rows = []
    for i in range(len(left)):
        exponentials = []
        for j in range(len(right)):
            if i != j and left_out(i, j):
                continue
            theta = torch.acos(slow_cosine(left[i], right[j]))
            if i != j and theta > beyond:
                theta = theta - margin(i, j)
            exponentials.append(torch.exp(torch.cos(theta) / temperature))
            if i == j:
                own = exponentials[-1]
        rows.append(-torch.log(own / sum(exponentials)))
    return sum(rows) / len(rows)


def slow_simcse(*, z1, z2, temperature, margin_radians):
    sentence = slow_contrast(z1, z2, temperature, lambda i, j: margin_radians, margin_radians)
    return {"sentence": sentence, "total": sentence}


def slow_mcse(*, z1, z2, p1, p2, v, temperature, cross_modal_temperature, cross_modal_weight):
    sentence = slow_contrast(z1, z2, temperature)
    image = (slow_contrast(p1, v, cross_modal_temperature) + slow_contrast(p2, v, cross_modal_temperature)) / 2
    return {"sentence": sentence, "image": image, "total": sentence + cross_modal_weight * image}


def slow_kdmcse(*, z1, z2, p1, p2, v, t, teacher_image, teacher_caption, sentence_margin_radians, cross_modal_margin_radians,
                temperature, cross_modal_temperature, false_negative_cosine, cross_modal_weight):  # fmt: skip
    def cross_modal(target, teacher, other):
        def margin(i, j):
            return (1 - slow_cosine(teacher[i], teacher[j])) * cross_modal_margin_radians

        def left_out(i, j):
            return false_negative_cosine is not None and slow_cosine(other[i], teacher[j]) > false_negative_cosine

        passes = [slow_contrast(p, target, cross_modal_temperature, margin, cross_modal_margin_radians, left_out) for p in (p1, p2)]  # fmt: skip
        return sum(passes) / 2

    sentence = slow_contrast(z1, z2, temperature, lambda i, j: sentence_margin_radians, sentence_margin_radians)
    image, caption = cross_modal(v, teacher_image, teacher_caption), cross_modal(t, teacher_caption, teacher_image)
    total = sentence + cross_modal_weight * (image + caption)
    return {"sentence": sentence, "image": image, "caption": caption, "total": total}


def slow_rank_margins(x, image_cosines, caption_cosines, margin):
    """The image and the caption term of the first pass, the margin of negative j being `margin` times the share of cosines above that of i and j."""

    def term(target, teacher, cosines):
        def shift(i, j):
            alike = slow_cosine(x[teacher][i], x[teacher][j])
            return margin * sum(bool(one > alike) for one in cosines) / len(cosines)

        return slow_contrast(x["p1"], x[target], 0.05, shift, margin)

    return term("v", "teacher_image", image_cosines), term("t", "teacher_caption", caption_cosines)


@pytest.mark.parametrize("seed", range(5))
def test_margins_by_rank_are_the_share_of_cosines_that_are_greater(seed):
    x = batch(seed)
    x["p2"] = x["p1"]
    cosines = [torch.linspace(-0.9, 0.8, 7, dtype=torch.float64), torch.linspace(-0.5, 0.9, 11, dtype=torch.float64)]
    found, _ = computed(kdmcse_terms, x, cross_modal_margin_radians=0.4, teacher_cosines=tuple(cosines))
    expected = slow_rank_margins(x, *cosines, 0.4)
    assert (found["image"], found["caption"]) == pytest.approx([term.item() for term in expected], abs=1e-9)
    published, _ = computed(kdmcse_terms, x, cross_modal_margin_radians=0.4)
    assert found["image"] != pytest.approx(published["image"], abs=1e-3)


def slow_gist(*, z1, z2, p1, p2, v, teacher_image, teacher_caption, guide_margin, temperature, cross_modal_temperature,
              cross_modal_weight):  # fmt: skip
    def left_out(i, j):
        own = slow_cosine(teacher_caption[i], teacher_image[i])
        return slow_cosine(teacher_caption[i], teacher_image[j]) > own - guide_margin

    sentence = slow_contrast(z1, z2, temperature)
    image = sum(slow_contrast(p, v, cross_modal_temperature, left_out=left_out) for p in (p1, p2)) / 2
    return {"sentence": sentence, "image": image, "total": sentence + cross_modal_weight * image}


def slow_list_mle(scores, judged):
    """-log of the chance to draw all in the order of the teacher, one after the other, each by its share of what is left."""
    left = sorted(range(len(scores)), key=lambda j: -judged[j])
    loss = 0.0
    while left:
        loss = loss - torch.log(torch.exp(scores[left[0]]) / sum(torch.exp(scores[j]) for j in left))
        left = left[1:]
    return loss


def slow_list_net(scores, judged):
    everything, wanted = sum(torch.exp(s) for s in scores), sum(torch.exp(s) for s in judged)
    return -sum(
        torch.exp(w) / wanted * torch.log(torch.exp(s) / everything) for s, w in zip(scores, judged, strict=True)
    )


def slow_ranking(z1, z2, teacher_caption, ranking, ranking_temperature):
    rows = []
    for i in range(len(z1)):
        others = [j for j in range(len(z1)) if j != i]
        scores = [slow_cosine(z1[i], z2[j]) / ranking_temperature for j in others]
        judged = [slow_cosine(teacher_caption[i], teacher_caption[j]) / ranking_temperature for j in others]
        rows.append({"listmle": slow_list_mle, "listnet": slow_list_net}[ranking](scores, judged))
    return sum(rows) / len(rows)


def slow_dalr(*, z1, z2, p1, p2, v, teacher_caption, ranking, ranking_temperature, ranking_weight, temperature,
              cross_modal_temperature, cross_modal_weight):  # fmt: skip
    ranked = slow_ranking(z1, z2, teacher_caption, ranking, ranking_temperature)
    shared = slow_mcse(z1=z1, z2=z2, p1=p1, p2=p2, v=v, temperature=temperature,
                       cross_modal_temperature=cross_modal_temperature, cross_modal_weight=cross_modal_weight)  # fmt: skip
    return shared | {"ranking": ranked, "total": shared["total"] + ranking_weight * ranked}


def slow_rankcse(*, z1, z2, teacher_caption, ranking, ranking_temperature, ranking_weight, temperature):
    ranked = slow_ranking(z1, z2, teacher_caption, ranking, ranking_temperature)
    sentence = slow_contrast(z1, z2, temperature)
    return {"sentence": sentence, "ranking": ranked, "total": sentence + ranking_weight * ranked}


TWINS = dict(zip(OBJECTIVES, (slow_simcse, slow_mcse, slow_kdmcse, slow_gist, slow_dalr, slow_rankcse), strict=True))
temperatures, margins, weights = (
    st.floats(0.05, 2),
    st.sampled_from([0, 0.15, 0.8]) | st.floats(0, 3.1),
    st.floats(0.01, 2),
)
OPTIONS = {
    "temperature": temperatures,
    "cross_modal_temperature": temperatures,
    "ranking_temperature": temperatures,
    "cross_modal_weight": weights,
    "ranking_weight": weights,
    "margin_radians": margins,
    "sentence_margin_radians": margins,
    "cross_modal_margin_radians": margins,
    "false_negative_cosine": st.none() | st.floats(-1, 1),
    "guide_margin": st.just(0) | st.floats(-1, 1),
    "ranking": st.sampled_from(["listmle", "listnet"]),
}
sizes = st.fixed_dictionaries(
    {"seed": st.integers(0, 10**6), "b": st.integers(2, 5), **{w: st.integers(3, 6) for w in "hpd"}}
)
TOLERANCE = {
    torch.float64: dict(abs=1e-9),
    torch.float32: dict(abs=1e-4, rel=1e-4),
    # Terms are those of float32; only the gradients are rounded to the dtype of what they belong to.
    torch.bfloat16: dict(abs=1e-3, rel=1e-2),
    torch.float16: dict(abs=1e-3, rel=1e-2),
}


@every_objective
@settings(max_examples=40, deadline=None, derandomize=True)
@given(drawn=st.data(), size=sizes, dtype=st.sampled_from([torch.float64, *TOLERANCE]))
def test_terms_and_gradients_are_those_of_the_slow_twin(objective, drawn, size, dtype):
    options = {name: drawn.draw(OPTIONS[name], name) for name in parameters(objective) if name in OPTIONS}
    rounded = batch(**size, dtype=dtype)
    exact = {name: x.double() for name, x in rounded.items()}
    assert_same(
        computed(objective, rounded, **options), computed(TWINS[objective], exact, **options), **TOLERANCE[dtype]
    )


# Closed forms


def test_two_orthogonal_pairs_have_the_closed_form():
    eye = torch.eye(2, dtype=torch.float64)
    x = dict.fromkeys(batch(), eye)
    plain = math.log1p(math.exp(-1 / 0.05))
    # A negative at 90 degrees is pushed by the whole margin: the teacher's cosine is 0.
    pushed = math.log1p(math.exp((math.sin(0.15) - 1) / 0.05))
    expected = {
        simcse_terms: dict(sentence=plain),
        mcse_terms: dict(sentence=plain, image=plain),
        kdmcse_terms: dict(sentence=pushed, image=pushed, caption=pushed),
        gist_terms: dict(sentence=plain, image=plain),
        dalr_terms: dict(sentence=plain, image=plain, ranking=0.0),
        rankcse_terms: dict(sentence=plain, ranking=0.0),
    }
    for objective, terms in expected.items():
        found, _ = computed(objective, x)
        total = terms["sentence"] + 0.01 * sum(terms.get(name, 0) for name in ("image", "caption"))
        assert found == pytest.approx(terms | {"total": total}, abs=1e-12)


@every_objective
@pytest.mark.parametrize("b", [2, 7])
def test_sentences_that_are_all_the_same_are_told_apart_by_chance(objective, b):
    x = dict.fromkeys(batch(), batch()["z1"][:1].expand(b, -1))
    terms, _ = computed(objective, x)
    ranking = {"ranking": pytest.approx((b - 1) * math.log(b - 1), abs=1e-12)} if objective in RANKED else {}
    terms.pop("total")
    assert terms == dict.fromkeys(terms, pytest.approx(math.log(b), abs=1e-12)) | ranking


@every_ranking
def test_three_sentences_have_the_closed_form_of_a_ranking(ranking):
    eye, angles = torch.eye(3, dtype=torch.float64), torch.tensor([0, 40, 90], dtype=torch.float64).deg2rad()
    # The student finds each sentence like the one before it, the third like the second, the first like the third.
    x = batch(b=3) | dict(z1=eye, z2=eye.roll(1, 1), teacher_caption=torch.stack((angles.cos(), angles.sin()), dim=1))
    terms, _ = computed(dalr_terms, x, ranking=ranking, ranking_temperature=0.5)
    near, middle, far = (math.cos(math.radians(a)) for a in (40, 50, 90))
    # How far the better of each list is ahead, for the student and for the teacher.
    rows = [(-1, near - far), (1, near - middle), (1, middle - far)]
    wrong = [1 / (1 + math.exp(teacher / 0.5)) if ranking == "listnet" else 0 for _, teacher in rows]
    ahead, behind = ([math.log1p(math.exp(sign * student / 0.5)) for student, _ in rows] for sign in (-1, 1))
    expected = sum((1 - w) * a + w * b for w, a, b in zip(wrong, ahead, behind, strict=True)) / 3
    assert terms["ranking"] == pytest.approx(expected, abs=1e-12)


def plain_kdmcse(*, z1, z2, p1, p2, v, t):
    """MCSE, and its image term once more with captions for images."""
    terms = mcse_terms(z1=z1, z2=z2, p1=p1, p2=p2, v=v)
    caption = mcse_terms(z1=z1, z2=z2, p1=p1, p2=p2, v=t)["image"]
    return terms | {"caption": caption, "total": terms["total"] + 0.01 * caption}


@pytest.mark.parametrize(
    ("objective", "off", "plain"),
    [
        (simcse_terms, dict(margin_radians=0), simcse_terms),
        (kdmcse_terms, dict(sentence_margin_radians=0, cross_modal_margin_radians=0), plain_kdmcse),
        (gist_terms, dict(guide_margin=-2.1), mcse_terms),
        (dalr_terms, dict(ranking_weight=0), mcse_terms),
        (rankcse_terms, dict(ranking_weight=0), simcse_terms),
    ],
)
def test_with_zero_margins_no_filter_and_no_ranking_each_is_plain_contrast(objective, off, plain):
    terms, gradients = computed(objective, batch(), **off)
    terms.pop("ranking", None)
    assert_same((terms, gradients), computed(plain, batch()), abs=1e-12)


# The edges


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("objective", "everything"), [(kdmcse_terms, {"false_negative_cosine": -1.1}), (gist_terms, {"guide_margin": 2.1})]
)
def test_when_every_negative_is_left_out_the_cross_modal_terms_and_their_gradients_are_zero(
    objective, everything, dtype
):
    terms, gradients = computed(objective, batch(dtype=dtype), **everything)
    assert terms["image"] == terms.get("caption", 0) == 0
    assert terms["total"] == terms["sentence"] > 0
    assert all((gradients[name] == 0).all() for name in ("p1", "p2", "v"))
    assert_finite(terms, gradients)


@every_form
def test_a_sentence_alone_has_nothing_to_be_told_apart_from(objective, form):
    terms, gradients = computed(objective, batch(b=1), **form)
    assert set(terms.values()) == {0}
    assert all((gradient == 0).all() for gradient in gradients.values())


def test_a_negative_exactly_as_alike_as_the_threshold_stays():
    x = batch(b=4) | dict.fromkeys(TEACHER, torch.eye(4, dtype=torch.float64))
    assert_same(computed(kdmcse_terms, x, false_negative_cosine=0.0), computed(kdmcse_terms, x), abs=0)
    assert computed(kdmcse_terms, x, false_negative_cosine=-1e-9)[0]["image"] == 0


@every_form
@pytest.mark.parametrize("margin", [0, 0.15, 3.1])
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, -1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_where_cosines_are_exactly_one_or_minus_one(objective, form, dtype, signs, margin):
    one = torch.zeros(4, 4, dtype=dtype)
    one[:, 0] = torch.tensor([1, *signs, 0])  # the last is a row of zeros, whose cosines are 0
    options = form | {name: margin for name in parameters(objective) if name.endswith("margin_radians")}
    assert_finite(*computed(objective, dict.fromkeys(batch(), one), **options))
    assert_finite(
        *computed(objective, batch(b=4, dtype=dtype) | dict(z2=one, z1=-one, v=one, p1=-one, p2=one), **options)
    )


@every_form
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-6, 1e-3, 10])
def test_terms_and_gradients_are_finite_at_the_lowest_and_highest_temperature(objective, form, temperature, dtype):
    options = form | {name: temperature for name in parameters(objective) if name.endswith("temperature")}
    terms, gradients = computed(objective, batch(dtype=dtype), **options)
    assert_finite(terms, gradients)
    x = batch()
    cosine = torch.nn.functional.cosine_similarity(x["z1"][:, None], x["z2"], dim=-1)
    if temperature == 10:
        assert terms["sentence"] == pytest.approx(math.log(6), abs=0.1)
    elif objective is not kdmcse_terms:  # it alone moves the cosines
        behind = (cosine.max(1).values - cosine.diagonal()).mean().item() / temperature
        assert terms["sentence"] == pytest.approx(behind, rel=1e-3)


@every_form
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_order_of_the_batch_does_not_matter_even_where_captions_and_images_recur(objective, form, dtype):
    x = batch(b=40, d=512, h=64, dtype=dtype)
    for name in TEACHER:
        x[name][10:30] = x[name][:1]
    shuffled = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    terms, gradients = computed(objective, x, **form)
    again = computed(objective, {name: values[shuffled] for name, values in x.items()}, **form)
    tolerance = dict(abs=1e-10) if dtype is torch.float64 else dict(abs=1e-5, rel=1e-5)
    assert_same(again, (terms, {name: gradient[shuffled] for name, gradient in gradients.items()}), **tolerance)


def test_captions_that_are_the_same_are_not_ranked_among_each_other():
    x = batch(b=4)
    x["teacher_caption"][2:] = x["teacher_caption"][1]
    # To the first the other three are equal; to each of those the two others are, and the first comes last.
    scores = torch.nn.functional.cosine_similarity(x["z1"][:, None], x["z2"], dim=-1) / 0.05
    lists = [([1, 2, 3], []), ([2, 3], [0]), ([1, 3], [0]), ([1, 2], [0])]
    rows = []
    for row, (equal, last) in zip(scores, lists, strict=True):
        rows.append(sum(row[equal + last].logsumexp(0) - row[j] for j in equal))
    terms, _ = computed(dalr_terms, x)
    assert terms["ranking"] == pytest.approx((sum(rows) / 4).item(), abs=1e-9)


def test_a_copy_of_the_own_image_is_left_out_only_with_a_margin():
    x = batch(b=2)
    x["teacher_image"][1] = x["teacher_image"][0]
    plain, _ = computed(mcse_terms, x)
    assert computed(gist_terms, x)[0] == plain
    assert computed(gist_terms, x, guide_margin=1e-6)[0]["image"] == 0


def test_a_ranking_that_is_followed_makes_the_order_of_the_teacher():
    x = batch(b=6, h=6)
    student = {name: x[name].requires_grad_() for name in ("z1", "z2")}
    optimizer = torch.optim.Adam(student.values(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        dalr_terms(**taken_by(dalr_terms, x))["ranking"].backward()
        optimizer.step()
    learnt = torch.nn.functional.cosine_similarity(x["z1"][:, None], x["z2"], dim=-1)
    wanted = torch.nn.functional.cosine_similarity(x["teacher_caption"][:, None], x["teacher_caption"], dim=-1)
    for i in range(6):
        others = [j for j in range(6) if j != i]
        assert torch.equal(learnt[i, others].argsort(), wanted[i, others].argsort())


# Precision, options, the teacher


@every_objective
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_inputs_are_computed_in_float32(objective, dtype):
    half = taken_by(objective, batch(dtype=dtype))
    terms = objective(**half)
    assert {term.dtype for term in terms.values()} == {torch.float32}
    full = objective(**{name: value.float() for name, value in half.items()})
    assert all(torch.equal(term, full[name]) for name, term in terms.items())


@every_objective
def test_mixed_precision_around_them_changes_neither_terms_nor_gradients(objective):
    x = taken_by(objective, batch(dtype=torch.float32))
    learnt = [value.requires_grad_() for name, value in x.items() if name in STUDENT]
    plain = objective(**x)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = objective(**x)
    assert plain == mixed
    slopes = (torch.autograd.grad(terms["total"], learnt) for terms in (plain, mixed))
    assert all(torch.equal(*pair) for pair in zip(*slopes, strict=True))


@every_form
@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_the_teacher_may_be_of_another_precision_than_the_student(objective, form, dtype):
    x = batch(dtype=torch.float32) | {name: batch()[name].half().to(dtype) for name in TEACHER}
    same = x | {name: x[name].float() for name in TEACHER}
    assert_same(computed(objective, x, **form), computed(objective, same, **form), abs=1e-4, rel=1e-4)
    terms = objective(**taken_by(objective, x), **form)
    assert {term.dtype for term in terms.values()} == {torch.float32}


@every_objective
def test_every_option_changes_the_total(objective):
    changes = dict(margin_radians=0.3, sentence_margin_radians=0.3, cross_modal_margin_radians=0.3, temperature=0.1,
                   cross_modal_temperature=0.1, false_negative_cosine=0.2, cross_modal_weight=0.5, guide_margin=0.5,
                   ranking="listnet", ranking_temperature=0.1, ranking_weight=0.5,
                   teacher_cosines=(torch.zeros(3), torch.zeros(3)))  # fmt: skip
    for name in set(parameters(objective)) - {*STUDENT, *TEACHER}:
        assert computed(objective, batch(), **{name: changes[name]})[0]["total"] != computed(objective, batch())[0]["total"], name  # fmt: skip


def test_a_ranking_of_another_name_is_refused():
    with pytest.raises(KeyError, match="lambdarank"):
        computed(dalr_terms, batch(), ranking="lambdarank")


@every_form
def test_no_gradient_reaches_the_teacher(objective, form):
    x = {name: value.requires_grad_() for name, value in taken_by(objective, batch()).items()}
    objective(**x, **form)["total"].backward()
    assert {name for name, value in x.items() if value.grad is None} == set(TEACHER) & x.keys()


# Memory


class LargestTensor(TorchDispatchMode):
    """The elements of the largest tensor that is made while it lasts, forward and backward."""

    elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, (tuple, list)) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.elements = max(self.elements, tensor.untyped_storage().nbytes() // tensor.element_size())
        return made


@every_form
@pytest.mark.parametrize(("b", "h"), [(64, 256), (256, 16)])
def test_no_tensor_is_larger_than_a_few_squares_of_the_batch_or_batches_of_vectors(objective, form, b, h):
    x = batch(b=b, h=h, p=h, d=h, dtype=torch.float32)
    everything = form | ({"false_negative_cosine": 0.1} if objective is kdmcse_terms else {})
    with LargestTensor() as largest:
        computed(objective, x, **everything)
    assert b * b <= largest.elements <= 4 * max(b * b, b * h)
    with LargestTensor() as largest:
        torch.nn.functional.cosine_similarity(x["z1"][:, None], x["z2"], dim=-1)
    assert largest.elements == b * b * h, "cosines by broadcasting would be seen"
