"""What a teacher's cosines tell of some pairs: how true and wrong pairs, images and captions lie, and whether it finds the pairs again."""

from dataclasses import dataclass

import numpy as np

from kdmcse.models.calibration import Cosines

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BIN = 0.01
"""width of a bar of the histogram"""


@dataclass(frozen=True)
class Spread:
    """How many cosines of one kind lie."""

    quantiles: tuple[float, ...]
    """at `QUANTILES`"""
    mean: float
    sd: float
    largest: float
    first: float
    """where the first bar begins; each is `BIN` wide"""
    bars: tuple[float, ...]
    """share of the cosines in each bar"""

    @classmethod
    def of(cls, cosines: np.ndarray) -> "Spread":
        """cosines (m,), at least one"""
        places = np.floor(cosines / BIN).astype(int)
        bars = np.bincount(places - places.min()) / len(cosines)
        quantiles = tuple(float(one) for one in np.quantile(cosines, QUANTILES))
        numbers = (float(one) for one in (cosines.mean(dtype=float), cosines.std(dtype=float), cosines.max()))
        return cls(quantiles, *numbers, float(places.min() * BIN), tuple(round(float(bar), 6) for bar in bars))

    @property
    def quartiles(self) -> tuple[float, float, float]:
        return tuple(self.quantiles[QUANTILES.index(share)] for share in (0.25, 0.5, 0.75))


@dataclass(frozen=True)
class Look:
    """A teacher's cosines on pairs of which each image and each caption occurs once, and what they find."""

    pairs: int
    true: Spread
    """each caption with its own image"""
    wrong: Spread
    """captions with images of other pairs"""
    images: Spread
    """two images"""
    captions: Spread
    """two captions"""
    caption_to_image: float
    """share of the captions that lie closer to their own image than to any other"""
    image_to_caption: float

    @classmethod
    def of(cls, images: np.ndarray, captions: np.ndarray, known: Cosines) -> "Look":
        """images, captions (n, D) of length 1, row i of both is pair i, at least two; `known`: their cosines."""
        across = captions @ images.T
        own = np.arange(len(images))
        spreads = (Spread.of(one) for one in (known.true, known.mismatched, known.images, known.captions))
        found = (float((across.argmax(axis) == own).mean()) for axis in (1, 0))
        return cls(len(images), *spreads, *found)

    @property
    def knows_pairs(self) -> bool:
        """Whether it finds true pairs more often than chance would: by both searches, Wilson intervals of 95 %."""
        from kdmcse.stats import wilson

        shares = (self.caption_to_image, self.image_to_caption)
        return all(wilson(round(share * self.pairs), self.pairs)[0] > 1 / self.pairs for share in shares)
