"""What a teacher's vectors look like on some pairs, and what calibration makes of them: numbers in, numbers out. No files, no torch.

n pairs, D teacher width. Cosines of CLIP-like teachers live in a narrow band, so that a margin of 1 - cosine hardly varies and a filter at a
fixed cosine leaves out next to nothing. Three remedies, each by itself: vectors centred in their modality; a cosine read as its rank; a
filter at a false-discovery rate against the cosines of pairs that belong together by chance alone.
"""

from dataclasses import dataclass

import numpy as np

ROWS_LOOKED_AT = 2_000
"""Of more pairs than these, a seeded sample of this many: all their cosines with each other are millions."""

_SHORTEST = 2.0**-12
"""Where the largest number of a row is smaller, half precision has lost more of the others than the rounding of any row."""


def unit(vectors: np.ndarray) -> np.ndarray:
    """(n, D) -> (n, D) of length 1, float32 unless float64 is given; a row of zeros stays."""
    vectors = np.asarray(vectors, np.float64 if vectors.dtype == np.float64 else np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def in_half_precision(vectors: np.ndarray) -> np.ndarray:
    """(n, D) -> (n, D) float16. A row that half precision would bend, being too short or too long for it, is kept at length 1.

    Every other row keeps its length; a row of zeros stays, and so does one that is not finite.
    """
    vectors = np.asarray(vectors)
    largest = np.abs(vectors.astype(np.float64)).max(axis=1, initial=0)
    too_short, too_long = largest < _SHORTEST, largest > np.finfo(np.float16).max
    bent = (largest > 0) & (largest < np.inf) & (too_short | too_long)
    if bent.any():
        vectors = vectors.astype(np.float64)
        vectors[bent] = unit(vectors[bent] / largest[bent, None])  # else squares of tiny numbers are zero
    with np.errstate(over="ignore", invalid="ignore"):
        return vectors.astype(np.float16)


def mean_direction(vectors: np.ndarray) -> np.ndarray:
    """(D,) the mean of the rows at length 1: what all vectors of one modality share."""
    return unit(vectors).mean(axis=0)


def centred(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(n, D) the directions without what their modality shares: x - |x| mean, which points where unit(x) - mean does.

    mean (D,): of `mean_direction`, zeros for none. Lengths stay in proportion to those given.
    """
    vectors = np.asarray(vectors, np.float64 if vectors.dtype == np.float64 else np.float32)
    return vectors - np.linalg.norm(vectors, axis=-1, keepdims=True) * mean


@dataclass(frozen=True)
class Cosines:
    """A teacher's cosines on some pairs; all but `true` are sorted, the least alike first."""

    true: np.ndarray
    """(n,) of each caption with its own image"""
    mismatched: np.ndarray
    """of captions with images of other pairs, both ways once"""
    images: np.ndarray
    """of two images of different pairs"""
    captions: np.ndarray
    """of two captions of different pairs"""

    @classmethod
    def of(cls, images: np.ndarray, captions: np.ndarray, seed: int = 0) -> "Cosines":
        """images, captions (n, D), row i of both is pair i; at least two. Of many pairs a sample is compared, which `seed` draws."""
        images, captions = unit(images), unit(captions)
        true = np.einsum("nd,nd->n", images, captions)
        seen = sampled(len(images), seed)
        images, captions = images[seen], captions[seen]
        apart = ~np.eye(len(seen), dtype=bool)
        once = np.triu(apart)
        return cls(
            true,
            np.sort((captions @ images.T)[apart]),
            np.sort((images @ images.T)[once]),
            np.sort((captions @ captions.T)[once]),
        )

    def null_threshold(self, false_discovery_rate: float = 0.05) -> float:
        """The cosine of caption and image above which a negative is more alike than chance, see `null_threshold`."""
        return null_threshold(self.mismatched, false_discovery_rate)


def sampled(count: int, seed: int = 0) -> np.ndarray:
    """Positions of at most `ROWS_LOOKED_AT` of `count` pairs, ascending."""
    if count <= ROWS_LOOKED_AT:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, ROWS_LOOKED_AT, replace=False))


def share_above(cosines: np.ndarray, value: np.ndarray | float) -> np.ndarray:
    """1 - F(value), F the empirical distribution of the sorted `cosines`: the share of them that are more alike, 0 to 1.

    The rank margin of a negative is the angle times this share of its modality's cosines: nearly all of it for what is
    unlike, none for what is as alike as anything.
    """
    return 1 - np.searchsorted(cosines, value, side="right") / len(cosines)


def null_threshold(mismatched: np.ndarray, false_discovery_rate: float) -> float:
    """The highest cosine that the procedure of Benjamini and Hochberg (1995) keeps: a greater one is called a false negative.

    mismatched (m,): cosines of mismatched pairs, sorted. Most of them are alike by chance alone, some are true pairs that nobody paired. Were
    all of them the null, nothing could ever stand out from it. So the null is their lower half, which holds hardly any of those, mirrored at
    the median (an empirical null as Efron 2004, by symmetry in place of a normal distribution), and p the share of it that is at least as
    alike. The rate is only as right as that symmetry: people who judge what is left out measure the true one.
    """
    count, centre = len(mismatched), np.median(mismatched)
    mirrored = np.sort(2 * centre - mismatched[mismatched < centre])
    above = mismatched[mismatched > centre]
    # Of the null, each of the lower half and its mirror image; one more, as chance is never ruled out (Phipson and Smyth 2010).
    p = (1 + len(mirrored) - np.searchsorted(mirrored, above)) / (1 + 2 * len(mirrored))
    rejected = p <= false_discovery_rate * np.arange(len(above), 0, -1) / count
    first = int(np.argmax(rejected)) if rejected.any() else len(above)
    return float(mismatched[count - len(above) + first - 1])
