"""The objectives of SimCSE, MCSE, KDMCSE, GIST, DALR and RankCSE: pure tensor functions that return named scalar terms. No data, no settings.

Shapes: B batch, H sentence width, P cross-modal width, D teacher width. Row i of every tensor belongs to pair i; the other
rows of the batch are its negatives. Any float dtype; computed in at least float32, in O(B^2 + B * (H + P + D)) memory.
Sources: Gao et al. 2021 (SimCSE), Zhang et al. 2022 (MCSE), Nguyen et al. 2024 (KDMCSE, equations as its published code computes
them), Solatorio 2024 (GIST), He et al. 2025 (DALR), Liu et al. 2023 (RankCSE).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def simcse_terms(
    *, z1: Tensor, z2: Tensor, temperature: float = 0.05, margin_radians: float = 0.0
) -> dict[str, Tensor]:
    """Two dropout passes of a sentence find each other among the batch: `sentence`, `total`.

    z1, z2 (B, H): contrast projections, any length. SimCSE has no margin; with one it is KDMCSE's sentence term, which needs no teacher.
    """
    sentence = _cross_entropy(_with_margin(_cosines(_unit(z1), _unit(z2)), margin_radians) / temperature)
    return {"sentence": sentence, "total": sentence}


def mcse_terms(
    *,
    z1: Tensor,
    z2: Tensor,
    p1: Tensor,
    p2: Tensor,
    v: Tensor,
    temperature: float = 0.05,
    cross_modal_temperature: float = 0.05,
    cross_modal_weight: float = 0.01,
) -> dict[str, Tensor]:
    """SimCSE, and each pass finds the image of its pair: `sentence`, `image`, `total`.

    z1, z2 (B, H): contrast projections. p1, p2 (B, P): cross-modal projections of the passes. v (B, P): of the teacher's image vectors.
    """
    sentence = _cross_entropy(_cosines(_unit(z1), _unit(z2)) / temperature)
    image = _image(p1, p2, v, cross_modal_temperature)
    return {"sentence": sentence, "image": image, "total": sentence + cross_modal_weight * image}


def kdmcse_terms(
    *,
    z1: Tensor,
    z2: Tensor,
    p1: Tensor,
    p2: Tensor,
    v: Tensor,
    t: Tensor,
    teacher_image: Tensor,
    teacher_caption: Tensor,
    sentence_margin_radians: float = 0.15,
    cross_modal_margin_radians: float = 0.15,
    temperature: float = 0.05,
    cross_modal_temperature: float = 0.05,
    false_negative_cosine: float | None = None,
    cross_modal_weight: float = 0.01,
    teacher_cosines: tuple[Tensor, Tensor] | None = None,
) -> dict[str, Tensor]:
    """MCSE with the teacher's judgement of every negative: `sentence`, `image`, `caption`, `total`.

    z1, z2 (B, H): contrast projections. p1, p2 (B, P): cross-modal projections of the passes. v, t (B, P): of the teacher's image
    and caption vectors. teacher_image, teacher_caption (B, D): the teacher's vectors, of which only cosines are used, without gradient.
    A negative less alike for the teacher gets a wider angular margin; one whose cross-modal teacher cosine exceeds
    `false_negative_cosine` is left out (None: none is). A term all of whose negatives are left out is 0.
    How much of the margin a negative gets: 1 - the teacher's cosine of the two images or captions, as published; or, given
    `teacher_cosines` (N,), (M,) of two images and of two captions of the training pairs, each sorted, the share of those that are greater.
    """
    sentence = _cross_entropy(_with_margin(_cosines(_unit(z1), _unit(z2)), sentence_margin_radians) / temperature)
    # Image and caption term at once, and both passes: (target, pass, B, B).
    targets, teacher = _unit(torch.stack((v, t))), _unit(torch.stack((teacher_image, teacher_caption)).detach())
    cosine = _cosines(_unit(torch.stack((p1, p2))), targets[:, None])
    alike = _cosines(teacher, teacher)
    adaptation = 1 - alike if teacher_cosines is None else torch.stack([*map(_share_above, teacher_cosines, alike)])
    pushed = _with_margin(cosine, cross_modal_margin_radians, adaptation[:, None])
    left_out = None
    if false_negative_cosine is not None:
        images, captions = teacher
        # Row i holds caption i against every image; its transpose is image i against every caption.
        across = _negatives(_cosines(captions, images) > false_negative_cosine)
        left_out = torch.stack((across, across.T))[:, None]
    image, caption = _cross_entropy(pushed / cross_modal_temperature, left_out).mean(-1)
    total = sentence + cross_modal_weight * (image + caption)
    return {"sentence": sentence, "image": image, "caption": caption, "total": total}


def gist_terms(
    *,
    z1: Tensor,
    z2: Tensor,
    p1: Tensor,
    p2: Tensor,
    v: Tensor,
    teacher_image: Tensor,
    teacher_caption: Tensor,
    guide_margin: float = 0.0,
    temperature: float = 0.05,
    cross_modal_temperature: float = 0.05,
    cross_modal_weight: float = 0.01,
) -> dict[str, Tensor]:
    """MCSE without the images that the teacher finds closer to a caption than its own: `sentence`, `image`, `total`.

    z1, z2, p1, p2, v as in `mcse_terms`. teacher_image, teacher_caption (B, D): the teacher guides by their cosines, without gradient.
    Image j is left out for caption i where cos(caption i, image j) > cos(caption i, image i) - `guide_margin`; one that is just
    as close (a copy of the own image) stays with a margin of 0. The image term of each pass is the loss of GISTEmbed (Solatorio
    2024) with captions as anchors, images as positives, and no other contrasts.
    """
    sentence = _cross_entropy(_cosines(_unit(z1), _unit(z2)) / temperature)
    guide = _cosines(_unit(teacher_caption), _unit(teacher_image))
    left_out = _negatives(guide > guide.diagonal()[:, None] - guide_margin + _rounding(guide))
    image = _image(p1, p2, v, cross_modal_temperature, left_out)
    return {"sentence": sentence, "image": image, "total": sentence + cross_modal_weight * image}


def dalr_terms(
    *,
    z1: Tensor,
    z2: Tensor,
    p1: Tensor,
    p2: Tensor,
    v: Tensor,
    teacher_caption: Tensor,
    ranking: str = "listmle",
    ranking_temperature: float = 0.05,
    ranking_weight: float = 1.0,
    temperature: float = 0.05,
    cross_modal_temperature: float = 0.05,
    cross_modal_weight: float = 0.01,
) -> dict[str, Tensor]:
    """MCSE, and the student ranks the other sentences as the teacher does: `sentence`, `image`, `ranking`, `total`.

    z1, z2, p1, p2, v as in `mcse_terms`. teacher_caption (B, D): the teacher's vectors, of which only cosines are used, without gradient.
    The list of sentence i is s_j = cos(z1_i, z2_j) / `ranking_temperature` for j != i, the teacher's is t_j = cos(caption i, caption j):
    - `listmle`: sum over j of log(sum of exp s_k over all k with t_k <= t_j) - s_j, which is -log of the Plackett-Luce likelihood of the
      teacher's order, best first. Sentences that are equally alike for the teacher (to rounding) are not ranked among each other, so
      the order of the batch does not matter. It grows with the length of the list, as published.
    - `listnet`: cross entropy of softmax(s) with softmax(t / `ranking_temperature`).
    `ranking` is their mean over i, 0 where there is nothing to rank (one other sentence). KeyError for another name.
    Sources: He et al. 2025 (DALR), whose lists are those of RankCSE (Liu et al. 2023). Left out of DALR: its cross-modal consistency
    module (soft targets from an auxiliary image-text matching), and the mixture of two text teachers: the lists are the CLIP teacher's.
    """
    cosine = _cosines(_unit(z1), _unit(z2))
    sentence = _cross_entropy(cosine / temperature)
    image = _image(p1, p2, v, cross_modal_temperature)
    ranked = _ranked(cosine, teacher_caption, ranking, ranking_temperature)
    total = sentence + cross_modal_weight * image + ranking_weight * ranked
    return {"sentence": sentence, "image": image, "ranking": ranked, "total": total}


def rankcse_terms(
    *,
    z1: Tensor,
    z2: Tensor,
    teacher_caption: Tensor,
    ranking: str = "listmle",
    ranking_temperature: float = 0.05,
    ranking_weight: float = 1.0,
    temperature: float = 0.05,
) -> dict[str, Tensor]:
    """SimCSE, and the student ranks the other sentences as a text teacher does: `sentence`, `ranking`, `total`.

    z1, z2 (B, H): contrast projections. teacher_caption (B, D): the text teacher's vectors, of which only cosines are used, without
    gradient. The lists and both `ranking`s are those of `dalr_terms`; no image is seen. Left out of RankCSE (Liu et al. 2023): its ranking
    consistency of the two passes, and the mixture of two teachers.
    """
    cosine = _cosines(_unit(z1), _unit(z2))
    sentence = _cross_entropy(cosine / temperature)
    ranked = _ranked(cosine, teacher_caption, ranking, ranking_temperature)
    return {"sentence": sentence, "ranking": ranked, "total": sentence + ranking_weight * ranked}


def _unit(rows: Tensor) -> Tensor:
    """The rows at length 1, in at least float32; a row of zeros stays."""
    return F.normalize(rows if rows.dtype in (torch.float32, torch.float64) else rows.float(), dim=-1)


def _cosines(a: Tensor, b: Tensor) -> Tensor:
    """(..., B, B) cosines of every unit row of a with every one of b: one matrix product, nothing of size B x B x H."""
    # A caller's mixed precision would run the product in half precision again.
    with torch.autocast(a.device.type, enabled=False):
        return a @ b.mT


def _rounding(cosine: Tensor) -> float:
    """How far apart cosines of equal vectors may be: a matrix product does not sum every column in one order (15 eps were seen)."""
    return 32 * torch.finfo(cosine.dtype).eps


def _image(p1: Tensor, p2: Tensor, v: Tensor, temperature: float, left_out: Tensor | None = None) -> Tensor:
    """Each pass finds the image of its pair; the mean of both."""
    return _cross_entropy(_cosines(_unit(torch.stack((p1, p2))), _unit(v)) / temperature, left_out).mean()


def _with_margin(cosine: Tensor, margin_radians: float, adaptation: Tensor | None = None) -> Tensor:
    """Cosine of theta - margin * adaptation for every negative whose theta exceeds the margin; positives and smaller angles stay.

    By cos(theta - m) = cos theta cos m + sin theta sin m: no arc cosine, and a finite gradient at cosine 1 and -1.
    """
    if margin_radians == 0:
        return cosine
    # sin is cut off where its derivative would leave the range of the dtype; the cut passes no gradient.
    sine = (1 - cosine * cosine).clamp_min(torch.finfo(cosine.dtype).eps).sqrt()
    if adaptation is None:
        pushed = cosine * math.cos(margin_radians) + sine * math.sin(margin_radians)
    else:
        shift = margin_radians * adaptation.to(cosine.dtype)
        pushed = cosine * shift.cos() + sine * shift.sin()
    return torch.where(_negatives(cosine < math.cos(margin_radians)), pushed, cosine)


def _share_above(cosines: Tensor, value: Tensor) -> Tensor:
    """The share of the sorted `cosines` (N,) that are greater than each value, as `calibration.share_above`."""
    return 1 - torch.searchsorted(cosines.to(value.dtype), value, right=True).to(value.dtype) / len(cosines)


def _negatives(chosen: Tensor) -> Tensor:
    """The chosen (..., B, B) without the pairs themselves, in place."""
    chosen.diagonal(dim1=-2, dim2=-1).fill_(False)
    return chosen


def _cross_entropy(logits: Tensor, left_out: Tensor | None = None) -> Tensor:
    """Mean over rows of -log softmax at the diagonal of (..., B, B), over the columns that are not left out."""
    if left_out is not None:
        logits = logits.masked_fill(left_out, -math.inf)
    return -F.log_softmax(logits, dim=-1).diagonal(dim1=-2, dim2=-1).mean(-1)


def _others(square: Tensor) -> Tensor:
    """(B, B) -> (B, B - 1): every row without its own column."""
    count = len(square)
    return square.flatten()[1:].view(count - 1, count + 1)[:, :-1].reshape(count, count - 1)


def _ranked(cosine: Tensor, teacher_caption: Tensor, ranking: str, temperature: float) -> Tensor:
    """How far the lists of the student's cosines (B, B) are from the teacher's, the mean over lists."""
    captions = _unit(teacher_caption.detach().to(cosine.dtype))
    return _RANKINGS[ranking](_others(cosine), _others(_cosines(captions, captions)), temperature).mean()


def _list_mle(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """(B,) -log likelihood of the teacher's order of each list (B, B - 1), the worst first so that sums run over what is left."""
    alike, order = teacher.sort(dim=1)
    scores = student.gather(1, order) / temperature
    # Of equals each competes with all of them.
    last_equal = torch.searchsorted(alike, alike + _rounding(alike)) - 1
    return (scores.logcumsumexp(1).gather(1, last_equal) - scores).sum(1)


def _list_net(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """(B,) cross entropy of the softmax of each list (B, B - 1) with the teacher's."""
    return -(F.softmax(teacher / temperature, 1) * F.log_softmax(student / temperature, 1)).sum(1)


_RANKINGS = {"listmle": _list_mle, "listnet": _list_net}
