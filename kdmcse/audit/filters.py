"""What a false-negative filter would leave out: how much, of how many captions, and which, with a sample that people can judge."""

from dataclasses import dataclass

import numpy as np

from kdmcse.models.calibration import Cosines

TRUE_PAIRS = (0.5, 0.25, 0.1, 0.05)
"""Filters at the cosines which that share of the true pairs lies below."""
FALSE_DISCOVERY_RATE = 0.05
SHOWN = 8
"""wrong pairs that are shown of each filter"""
JUDGED = 40
"""wrong pairs that people judge of those left out, and as many of those kept"""


@dataclass(frozen=True)
class Negative:
    """A wrong pair: the caption of one pair with the image of another."""

    caption: int
    """number of the pair that has it"""
    image: int
    cosine: float

    @property
    def id(self) -> str:
        """The same wherever the two occur, whatever teacher or filter they were drawn for."""
        return f"{self.caption}-{self.image}"


@dataclass(frozen=True)
class Filter:
    """A filter at one cosine of caption and image, above which a negative is left out."""

    name: str
    """`true_pairs_50`: at the median of the true pairs, and so on; `null`: at a false-discovery rate"""
    threshold: float
    negatives: float
    """share of all wrong pairs that are left out"""
    captions: float
    """share of the captions of which at least one is left out"""
    doubtful: tuple[Negative, ...]
    """left out, the closest to the threshold first: where a filter errs, it errs there"""
    removed: tuple[Negative, ...]
    """drawn from those left out"""
    kept: tuple[Negative, ...]
    """drawn from the most alike of those kept, as many as are left out (at least `JUDGED`)"""


def filters(
    images: np.ndarray, captions: np.ndarray, known: Cosines, numbers: np.ndarray, seed: int = 0
) -> tuple[Filter, ...]:
    """The filters that are looked at. images, captions (n, D) of length 1; `known`: their cosines; numbers (n,) of the pairs."""
    across = captions @ images.T
    np.fill_diagonal(across, -np.inf)
    thresholds = {f"true_pairs_{round(100 * share)}": float(np.quantile(known.true, share)) for share in TRUE_PAIRS}
    thresholds["null"] = known.null_threshold(FALSE_DISCOVERY_RATE)
    order = np.argsort(-across, axis=None, kind="stable")[: across.size - len(across)]

    def negative(place: int) -> Negative:
        caption, image = divmod(int(order[place]), len(across))
        return Negative(int(numbers[caption]), int(numbers[image]), round(float(across[caption, image]), 4))

    def drawn(first: int, last: int, stream: int) -> tuple[Negative, ...]:
        rng = np.random.default_rng([seed, stream])
        places = first + rng.permutation(max(last - first, 0))[:JUDGED]
        return tuple(negative(place) for place in places)

    found = []
    for stream, (name, threshold) in enumerate(thresholds.items()):
        above = across > threshold
        count = int(above.sum())
        found.append(
            Filter(
                name=name,
                threshold=threshold,
                negatives=count / len(order),
                captions=float(above.any(axis=1).mean()),
                doubtful=tuple(negative(place) for place in range(count)[::-1][:SHOWN]),
                removed=drawn(0, count, 2 * stream),
                kept=drawn(count, min(count + max(count, JUDGED), len(order)), 2 * stream + 1),
            )
        )
    return tuple(found)
