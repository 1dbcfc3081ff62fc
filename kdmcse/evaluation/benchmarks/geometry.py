"""How the vectors of the held-out captions lie in space: alignment, uniformity, anisotropy, hubness. Numbers in, numbers out.

n captions, H width, B rows of one block. Every value is exact, over all pairs, not over a draw of them.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kdmcse.evaluation.benchmark_scores import Measured, Score, missing

MIN_CAPTIONS = 3
NEIGHBOURS = 10
"""k of the k-occurrence"""
UNIFORMITY_T = 2.0
"""t of Wang and Isola's Gaussian potential"""
_BLOCK = 512


def measure(vectors: np.ndarray, pairs: pd.DataFrame) -> list[Measured]:
    """vectors (n, H) of unit length, in the order of pairs (`pair`, `group`, `words`). All four, each with its value or a reason.

    Uniformity and anisotropy are means over pairs of captions: their `rows` hold what each caption adds to the score to
    first order (twice its own mean less the score: Hoeffding 1948), so that the spread of their mean is that of the score.
    """
    n, names = len(vectors), ("alignment", "uniformity", "anisotropy", "hubness")
    if n < MIN_CAPTIONS:
        return [missing(name, "few_captions", n, needed=MIN_CAPTIONS) for name in names]
    vectors = np.asarray(vectors, np.float64)
    if not np.isfinite(vectors).all():
        return [missing(name, "not_finite", n) for name in names]
    row, unit = pairs["pair"].to_numpy(), pairs["group"].to_numpy()

    def measured(name: str, value: float, each: np.ndarray, here: np.ndarray | slice = slice(None)) -> Measured:
        table = pd.DataFrame({"row": row[here], "value": each[here], "unit": unit[here]})
        return Measured(name, Score(float(value), len(table)), table)

    near = alignment(vectors, unit, pairs["words"].to_numpy())
    paired = np.isfinite(near)
    spread = potentials(vectors)
    mean = spread.mean()
    alike = mean_cosines(vectors)
    return [
        measured("alignment", near[paired].mean(), near, paired) if paired.any() else missing("alignment", "no_positives", n),
        measured("uniformity", np.log(mean), np.log(mean) + 2 * (spread - mean) / mean),
        measured("anisotropy", alike.mean(), 2 * alike - alike.mean()),
        _hubness(vectors),
    ]  # fmt: skip


def alignment(vectors: np.ndarray, group: np.ndarray, words: np.ndarray) -> np.ndarray:
    """(n,): mean squared distance to the other captions of the same group in other words; NaN where there is none.

    Wang and Isola 2020, alpha 2: the positives of a caption are drawn evenly, and so are the captions.
    """
    group, words = (pd.factorize(pd.Series(names))[0] for names in (group, words))
    means = np.full(len(vectors), np.nan)
    for rows, cosine in _blocks(vectors):
        positive = (group[rows, None] == group) & (words[rows, None] != words)
        count = positive.sum(axis=1)
        distance = np.where(positive, np.maximum(2 - 2 * cosine, 0), 0).sum(axis=1)
        means[rows] = np.divide(distance, count, out=np.full(len(count), np.nan), where=count > 0)
    return means


def potentials(vectors: np.ndarray) -> np.ndarray:
    """(n,): mean of exp(-t squared distance) to all others; uniformity is the log of their mean (Wang and Isola 2020)."""
    means = np.empty(len(vectors))
    for rows, cosine in _blocks(vectors):
        potential = np.exp(-UNIFORMITY_T * np.maximum(2 - 2 * cosine, 0))
        means[rows] = (potential.sum(axis=1) - np.diagonal(potential, rows.start)) / (len(vectors) - 1)
    return means


def uniformity(vectors: np.ndarray) -> float:
    """Of `vectors` (n, H), unit length, n at least 2: 0 where all are one point, lower the more evenly they fill the sphere."""
    return float(np.log(potentials(np.asarray(vectors, np.float64)).mean()))


def mean_cosines(vectors: np.ndarray) -> np.ndarray:
    """(n,): mean cosine to all others; anisotropy is their mean (Ethayarajh 2019, over all pairs instead of random ones)."""
    own = np.sum(vectors * vectors, axis=1)
    return (vectors @ vectors.sum(axis=0) - own) / (len(vectors) - 1)


def occurrences(vectors: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """(n,): among the k nearest of how many others each vector is."""
    counts = np.zeros(len(vectors), np.int64)
    for rows, cosine in _blocks(vectors):
        cosine[np.arange(len(cosine)), np.arange(rows.start, rows.stop)] = -np.inf
        nearest = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        counts += np.bincount(nearest.ravel(), minlength=len(vectors))
    return counts


def _hubness(vectors: np.ndarray) -> Measured:
    from scipy.stats import skew

    n, facts = len(vectors), {"needed": NEIGHBOURS + 2}
    if n < NEIGHBOURS + 2:  # with one fewer, everybody is a neighbour of everybody
        return missing("hubness", "few_captions", n, **facts)
    if np.ptp(vectors, axis=0).max() == 0:
        return missing("hubness", "all_equal", n)
    counts = occurrences(vectors)
    if np.ptp(counts) == 0:
        return missing("hubness", "no_hubs_at_all", n)
    # Radovanovic et al. 2010 take the third standardised moment of the k-occurrence.
    return Measured(
        "hubness", Score(float(skew(counts)), n, facts={"most": int(counts.max()), "neighbours": NEIGHBOURS})
    )


def _blocks(vectors: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows and their cosines (B, n) with all, so that memory grows with n and not with its square."""
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(vectors)))
        yield rows, vectors[rows] @ vectors.T
