"""What is measured on rows, as functions of how often each row counts: numbers in, numbers out. No chance here.

A score of a resample is a score with weights: a row drawn twice weighs 2, a row left out 0. So thousands of resamples are a few
sums over an array, and every score equals the one of its library on the rows repeated so often.
"""

from collections.abc import Callable

import numpy as np

# s seeds, n rows, r resamples

Scorer = Callable[[np.ndarray], np.ndarray]
"""weights (r, n), how often each row counts -> scores (r, s); NaN where a score is undefined."""


class RowMetric:
    """A score of one method: what it is compared with (gold, matches) lies in the metric, the method's values come per seed.

    A metric of one's own needs `scorer`; `bounds` and `swapped` where it has them.
    """

    bounds: tuple[float, float] = (-np.inf, np.inf)
    """between which every score lies"""

    def scorer(self, values: np.ndarray) -> Scorer:
        """values (s, n) of the rows, by seed."""
        raise NotImplementedError

    def swapped(self, candidate: np.ndarray, baseline: np.ndarray) -> Scorer | None:
        """candidate (s, n), baseline (t, n) -> a function of which rows have their labels swapped: (r, n) of 0 and 1 -> (r, 1),
        the difference of the scores then, over every seed of one and every seed of the other. None: taken as linear in the units.
        """
        return None


class Mean(RowMetric):
    """The mean of a score that every row has by itself, such as recall or nDCG of a query."""

    def __init__(self, bounds: tuple[float, float] = (-np.inf, np.inf)) -> None:
        self.bounds = bounds

    def scorer(self, values: np.ndarray) -> Scorer:
        def score(weights: np.ndarray) -> np.ndarray:
            with np.errstate(invalid="ignore"):  # nothing was drawn
                return _sums(weights, values) / _total(weights)

        return score

    def swapped(self, candidate: np.ndarray, baseline: np.ndarray) -> Scorer:
        apart = candidate.mean(axis=0) - baseline.mean(axis=0)
        return lambda swaps: apart.mean() - 2 * _sums(swaps, apart[None]) / len(apart)


class Pearson(RowMetric):
    """Correlation with `gold` (n,). Undefined where either is constant."""

    bounds = (-1.0, 1.0)

    def __init__(self, gold: np.ndarray) -> None:
        self.gold = _known(gold)

    def scorer(self, values: np.ndarray) -> Scorer:
        g, y = _standard(self.gold[None])[0], _standard(values)
        moments = np.concatenate([g[None], (g * g)[None], y, y * y, g * y])
        s = len(y)

        def score(weights: np.ndarray) -> np.ndarray:
            sums = _sums(weights, moments)
            return _correlation(_total(weights), sums[:, :1], sums[:, 1:2], *np.split(sums[:, 2:], [s, 2 * s], axis=1))

        return score

    def swapped(self, candidate: np.ndarray, baseline: np.ndarray) -> Scorer:
        """A swap gives a row's standardised value to the other method, whose scale may differ."""
        n, g = len(self.gold), _standard(self.gold[None])[0]
        a, b = _standard(candidate), _standard(baseline)
        a, b = np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))  # every seed with every seed
        here, there = (np.stack([y, y * y, g * y]) for y in (a, b))
        moved = (there - here).reshape(-1, n)
        here, there = here.sum(axis=2), there.sum(axis=2)

        def score(swaps: np.ndarray) -> np.ndarray:
            change = _sums(swaps, moved).reshape(len(swaps), *here.shape)
            one, other = (
                _correlation(n, g.sum(), (g * g).sum(), *np.moveaxis(sums, 1, 0))
                for sums in (here + change, there - change)
            )
            return (one - other).mean(axis=1, keepdims=True)

        return score


class Spearman(RowMetric):
    """Rank correlation with `gold` (n,), ties sharing their mean rank. Undefined where either is constant."""

    bounds = (-1.0, 1.0)

    def __init__(self, gold: np.ndarray) -> None:
        self.gold = _known(gold)

    def scorer(self, values: np.ndarray) -> Scorer:
        gold, methods = _Order(self.gold), [_Order(y) for y in values]

        def score(weights: np.ndarray) -> np.ndarray:
            weighted, ranks = gold.ranks(weights)
            spread = np.einsum("rn,rn->r", weighted, ranks)
            shared = np.empty_like(weighted)
            shared[:, gold.order] = weighted
            scores = []
            for method in methods:
                weighted, ranks = method.ranks(weights)
                own = np.einsum("rn,rn->r", weighted, ranks)
                both = np.einsum("rn,rn->r", np.take(shared, method.order, axis=1), ranks)
                scores.append(_ratio(both, spread, own))
            return np.stack(scores, axis=1)

        return score

    def swapped(self, candidate: np.ndarray, baseline: np.ndarray) -> Scorer:
        """As `Pearson.swapped` of the ranks that each method gives all rows."""
        return Pearson(ranks(self.gold)).swapped(*(np.apply_along_axis(ranks, 1, y) for y in (candidate, baseline)))


class AveragePrecision(RowMetric):
    """How far the rows that `match` (n,) stand before the others, by a falling value; rows of one value are taken together, as
    `sklearn.metrics.average_precision_score` does. Undefined without a match."""

    bounds = (0.0, 1.0)

    def __init__(self, match: np.ndarray) -> None:
        self.match = _known(match)

    def scorer(self, values: np.ndarray) -> Scorer:
        methods = [_Order(-y) for y in values]

        def score(weights: np.ndarray) -> np.ndarray:
            scores = []
            for method in methods:
                taken = method.until(weights)
                found = method.until(weights * self.match)
                with np.errstate(invalid="ignore", divide="ignore"):
                    precision = np.where(taken > 0, found / taken, 0)
                    gained = np.diff(found, axis=1, prepend=0)
                    scores.append((precision * gained).sum(axis=1) / found[:, -1])
            return np.stack(scores, axis=1)

        return score


class _Order:
    """Rows in the order of a value, and where the runs of one value end."""

    def __init__(self, values: np.ndarray) -> None:
        self.order = np.argsort(values, kind="stable")
        in_order = values[self.order]
        starts = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))
        self.ends = np.append(starts[1:], len(values)) - 1
        self.lengths = np.diff(starts, append=len(values))
        self.tied = len(starts) < len(values)

    def until(self, weights: np.ndarray) -> np.ndarray:
        """(r, runs): what the rows up to the end of each run weigh."""
        return self._until(np.take(weights, self.order, axis=1))

    def _until(self, in_order: np.ndarray) -> np.ndarray:
        # Of whole numbers as whole numbers: four times as fast.
        cumulative = np.cumsum(in_order, axis=1, dtype=in_order.dtype)
        return cumulative[:, self.ends] if self.tied else cumulative

    def ranks(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each row repeated by its weight, in this order: (r, n) twice its mean rank less their mean, and this times the weights."""
        in_order = np.take(weights, self.order, axis=1)
        twice = self._until(in_order)
        total = twice[:, -1:].copy()
        within = np.diff(twice, axis=1, prepend=twice.dtype.type(0)) if self.tied else in_order
        twice *= 2
        twice -= within
        twice -= total
        ranks = (np.repeat(twice, self.lengths, axis=1) if self.tied else twice).astype(float)
        return in_order * ranks, ranks


def ranks(values: np.ndarray) -> np.ndarray:
    """(n,) ranks from 1, ties sharing their mean. Not those of scipy.stats, which takes a second to import."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _known(gold: np.ndarray) -> np.ndarray:
    """What methods are held against. ValueError where a row has none: leave such rows out."""
    gold = np.asarray(gold, dtype=float)
    if not np.isfinite(gold).all():
        raise ValueError(f"{int((~np.isfinite(gold)).sum())} rows without a value to be held against")
    return gold


def _standard(values: np.ndarray) -> np.ndarray:
    """(s, n) with mean 0 and variance 1 by row; a constant stays one."""
    centred = values - values.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    constant = deviation <= 1e-12 * np.abs(values).max(axis=1, keepdims=True, initial=0)
    return np.where(constant, 0, centred / np.where(constant, 1, deviation))


def _sums(weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """weights (r, n), columns (c, n) -> (r, c). No matrix product: threads of BLAS wait for each other beside a training."""
    return np.einsum("rn,cn->rc", weights.astype(float), columns)


def _total(weights: np.ndarray) -> np.ndarray:
    return weights.sum(axis=1, keepdims=True)


def _correlation(n, g, gg, y, yy, gy) -> np.ndarray:
    """Pearson's from sums over n rows."""
    n = np.maximum(n, 1)
    return _ratio(gy - g * y / n, gg - g * g / n, yy - y * y / n, tiny=1e-12 * n)


def _ratio(both, one, other, tiny=1e-9) -> np.ndarray:
    """Covariation over the root of two variations; NaN where one of them is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = both / np.sqrt(one * other)
    return np.where((one > tiny) & (other > tiny), np.clip(found, -1, 1), np.nan)
