"""The objectives of SimCSE, MCSE and KDMCSE: pure tensor functions that return named scalar terms. No data, no settings.

Shapes: B batch, H sentence width, P cross-modal width, D teacher width. Row i of every tensor belongs to pair i; the other
rows of the batch are its negatives. Sources: Gao et al. 2021 (SimCSE), Zhang et al. 2022 (MCSE), Nguyen et al. 2024 (KDMCSE,
equations as its published code computes them).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def simcse_terms(
    *, z1: Tensor, z2: Tensor, temperature: float = 0.05, margin_radians: float = 0.0
) -> dict[str, Tensor]:
    """Two dropout passes of a sentence find each other among the batch: `sentence`, `total`.

    z1, z2 (B, H): contrast projections, any length. SimCSE has no margin; with one it is KDMCSE's term for sentences without a picture.
    """
    sentence = _cross_entropy(_with_margin(cosines(z1, z2), margin_radians) / temperature)
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
    """SimCSE, and each pass finds the picture of its pair: `sentence`, `image`, `total`.

    z1, z2 (B, H): contrast projections. p1, p2 (B, P): cross-modal projections of the passes. v (B, P): of the teacher's image vectors.
    """
    sentence = _cross_entropy(cosines(z1, z2) / temperature)
    image = _mean(_cross_entropy(cosines(p, v) / cross_modal_temperature) for p in (p1, p2))
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
) -> dict[str, Tensor]:
    """MCSE with the teacher's judgement of every negative: `sentence`, `image`, `caption`, `total`.

    z1, z2 (B, H): contrast projections. p1, p2 (B, P): cross-modal projections of the passes. v, t (B, P): of the teacher's image
    and caption vectors. teacher_image, teacher_caption (B, D): the teacher's vectors, of which only cosines are used, without gradient.
    A negative less alike for the teacher gets a wider angular margin; one whose cross-modal teacher cosine exceeds
    `false_negative_cosine` is left out (None: none is).
    """
    images, captions = teacher_image.detach(), teacher_caption.detach()
    sentence = _cross_entropy(_with_margin(cosines(z1, z2), sentence_margin_radians) / temperature)
    # Row i holds caption i against every image; its transpose is image i against every caption.
    caption_image = None if false_negative_cosine is None else cosines(captions, images)

    def cross_modal(target: Tensor, teacher: Tensor, across: Tensor | None) -> Tensor:
        adaptation = 1 - cosines(teacher, teacher)
        left_out = None if across is None else _off_diagonal(across > false_negative_cosine)
        return _mean(
            _cross_entropy(
                _with_margin(cosines(p, target), cross_modal_margin_radians, adaptation) / cross_modal_temperature,
                left_out,
            )
            for p in (p1, p2)
        )

    image = cross_modal(v, images, caption_image)
    caption = cross_modal(t, captions, None if caption_image is None else caption_image.T)
    total = sentence + cross_modal_weight * (image + caption)
    return {"sentence": sentence, "image": image, "caption": caption, "total": total}


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """(B, B) cosines of every row of a with every row of b, in at least float32: one matrix product, nothing of size B x B x H."""
    a, b = (x if x.dtype in (torch.float32, torch.float64) else x.float() for x in (a, b))
    # A caller's mixed precision would run the product in half precision again.
    with torch.autocast(a.device.type, enabled=False):
        return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T


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
    return torch.where(_off_diagonal(cosine < math.cos(margin_radians)), pushed, cosine)


def _cross_entropy(logits: Tensor, left_out: Tensor | None = None) -> Tensor:
    """Mean over rows of -log softmax at the diagonal, over the columns that are not left out."""
    if left_out is not None:
        logits = logits.masked_fill(left_out, -math.inf)
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def _off_diagonal(chosen: Tensor) -> Tensor:
    return chosen & ~torch.eye(len(chosen), dtype=torch.bool, device=chosen.device)


def _mean(terms) -> Tensor:
    return torch.stack(list(terms)).mean()
