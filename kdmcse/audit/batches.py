"""What a training will see: the negatives of its batches, how alike the teacher finds them, and how far their margins differ."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kdmcse.models.calibration import Cosines, share_above

COCO_RANDOM, COCO_DENSE, SAMPLE = 0.003, 0.015, 0.0017
"""Share of negatives above the median true pair in COCO captions with CLIP ViT-B/16, in random batches of 64 and in batches of neighbours,
and in the product's sample. In the first KDMCSE gained nothing over MCSE; in the second, with a calibrated teacher, a little on the dev
judgements and nothing beyond chance on the test judgements; in the third much (tests/benchmarks/README.md). The share alone is no forecast."""

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of B pairs: images and captions (B, D) of length 1, and (B, 2) numbers that two pairs share when their image or caption is the same."""


@dataclass(frozen=True)
class Margins:
    """The factors by which the margin of a negative is multiplied: 1 - cosine as published, or its rank."""

    formula: str
    """`cosine` or `rank`"""
    modality: str
    """`images` or `captions`"""
    mean: float
    sd: float
    clamped: float
    """share of factors at or beyond the ends of the scale, 0 and 1"""


@dataclass(frozen=True)
class Batches:
    """The negatives of the batches that were looked at, without repeats: the same image or caption once more in a batch."""

    batches: int
    pairs: int
    """in a batch, on average"""
    repeats: float
    """share of the negatives that have the caption or the image of the pair itself"""
    above: tuple[float, float, float]
    """share of the others above the lower quartile, the median and the upper quartile of the true pairs"""
    margins: tuple[Margins, ...]

    @classmethod
    def of(cls, batches: Iterable["Batch"], known: Cosines) -> "Batches":
        """`known`: the cosines that quartiles and ranks are taken from."""
        quartiles = np.quantile(known.true, (0.25, 0.5, 0.75))
        sizes, repeated, above, sums = [], 0, np.zeros(3), {}
        for images, captions, same in batches:
            again = (same[:, None] == same[None]).any(axis=2)
            others, across = ~again, captions @ images.T
            repeated += int(again.sum()) - len(again)
            above += [(across[others] > quartile).sum() for quartile in quartiles]
            for modality, vectors in (("images", images), ("captions", captions)):
                cosines = (vectors @ vectors.T)[others]
                ranks = share_above(getattr(known, modality), cosines)
                for formula, factors in (("cosine", 1.0 - cosines), ("rank", ranks)):
                    ends = ((factors <= 0) | (factors >= 1)).sum()
                    moments = [factors.sum(dtype=float), np.square(factors, dtype=float).sum(), ends, factors.size]
                    sums[formula, modality] = sums.get((formula, modality), 0) + np.array(moments, float)
            sizes.append(len(again))
        negatives = sum(size * (size - 1) for size in sizes)
        margins = [Margins(*which, *_moments(found)) for which, found in sums.items()]
        shares = (above / max(negatives - repeated, 1)).tolist()
        return cls(
            len(sizes), round(float(np.mean(sizes))), repeated / max(negatives, 1), tuple(shares), tuple(margins)
        )

    @property
    def density(self) -> str:
        """`sparse` as COCO's random batches, `dense` as its batches of neighbours, or `between`."""
        if self.above[1] >= COCO_DENSE:
            return "dense"
        # Nearer to one of the two in ratio.
        return "sparse" if self.above[1] < (COCO_RANDOM * COCO_DENSE) ** 0.5 else "between"


def _moments(found: np.ndarray) -> tuple[float, float, float]:
    total, squares, ends, count = found
    mean = total / max(count, 1)
    return float(mean), float(max(squares / max(count, 1) - mean**2, 0) ** 0.5), float(ends / max(count, 1))
