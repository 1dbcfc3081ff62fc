"""What repeats: which rows belong together because they share a group or a sentence, and how much rows that do tell of chance.

Rows that share a label in no place are independent. Where labels tie the rows into many small parts, each part is a unit and is drawn whole. Where
they tie nearly everything to everything, as in a grid of sentences, rows stay apart and carry a label each way: chance is then that of the labels.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

WIDEST = 1 / 5
"""Share of the rows that may belong together."""
_LEAST_SHOWN = 0.25
"""Part of the variance that is taken to show at least, where one unit holds nearly everything."""

# n rows, k labels of a row, m rows of a label


def number_units(unit: Sequence | None, rows: int) -> np.ndarray:
    """(n,) or (n, k) labels of any kind -> whole numbers from 0, the same for the same label in any place.

    A row without a label is a unit of its own, and so is every row where `unit` is None.
    """
    if unit is None:
        return np.arange(rows)
    labels = np.asarray(unit, dtype=object)
    known: dict = {}
    numbers = [
        known.setdefault(("", i) if _missing(label) else label, len(known)) for i, label in enumerate(labels.ravel())
    ]
    return np.array(numbers, dtype=int).reshape(labels.shape)


def _missing(label: object) -> bool:
    return label is None or (isinstance(label, float) and math.isnan(label))


def crossed(labels: np.ndarray) -> np.ndarray:
    """labels (n, k) as of `number_units` -> (n,) the part that each row lies in, where none holds more than `WIDEST` of the rows; else
    (n, j) the labels that say something: one within another, such as the only row of a sentence, does not.

    Rows that share a label in any place lie in one part, also by way of others. A label of all rows is left out: it tells none from another,
    and the score is then about what has it. One that a row has twice, as a sentence beside itself, counts once.
    """
    own = labels.max(initial=-1) + 1 + np.arange(labels.size).reshape(labels.shape)
    again = [(labels[:, :place] == labels[:, [place]]).any(axis=1) for place in range(labels.shape[1])]
    labels = np.where(np.stack(again, axis=1), own, labels)
    everywhere = np.bincount(labels.ravel())[labels] >= len(labels)
    labels = np.where(everywhere, own, labels)
    first, *others = labels.T
    nodes = int(labels.max(initial=-1)) + 1
    pairs = [np.stack([first, other]) for other in others]
    a, b = np.concatenate(pairs, axis=1) if pairs else (first[:0], first[:0])
    part = connected(a, b, nodes)[first]
    if len(part) and np.bincount(part).max() <= max(WIDEST * len(part), 1):
        return part
    sizes = np.bincount(labels.ravel(), minlength=nodes)
    keep = [column for column in labels.T if (sizes[column] > 1).any()]
    distinct = [
        one
        for i, one in enumerate(keep)
        if not any(_within(one, other, i > j) for j, other in enumerate(keep) if j != i)
    ]
    return np.stack(distinct, axis=1) if len(distinct) > 1 else distinct[0]


def _within(fine: np.ndarray, coarse: np.ndarray, either: bool) -> bool:
    """Whether rows that share a label of `fine` always share one of `coarse`; of two that are alike, the later (`either`) one is."""
    pairs = len(np.unique(np.stack([fine, coarse]), axis=1).T)
    return pairs == len(np.unique(fine)) and (either or pairs > len(np.unique(coarse)))


def connected(a: np.ndarray, b: np.ndarray, nodes: int) -> np.ndarray:
    """(nodes,) the smallest node that each is connected with by edges a-b (m,).

    As `scipy.sparse.csgraph.connected_components` has it; to import that takes longer than all else that the first page computes.
    """
    smallest = np.arange(nodes)
    while True:
        low = np.minimum(smallest[a], smallest[b])
        nearer = smallest.copy()
        np.minimum.at(nearer, smallest[a], low)  # whoever stands for a node has met a smaller one
        np.minimum.at(nearer, smallest[b], low)
        while (nearer[nearer] != nearer).any():
            nearer = nearer[nearer]
        if (nearer == smallest).all():
            return smallest
        smallest = nearer


@dataclass(frozen=True)
class Units:
    """What the rows of an evaluation share."""

    labels: np.ndarray
    """(n, k) whole numbers from 0 without a gap, as many as there are: rows that share one are not independent"""

    @classmethod
    def of(cls, unit: Sequence | None, rows: int) -> "Units":
        """unit: None, (n,), or (n, k) labels that a row shares with others, see `crossed`. ValueError where it is of other rows."""
        numbers = number_units(unit, rows)
        if len(numbers) != rows:
            raise ValueError(f"{len(numbers)} units for {rows} rows")
        found = crossed(numbers) if numbers.ndim > 1 else numbers
        return cls(np.unique(found, return_inverse=True)[1].reshape(rows, -1))

    @property
    def ways(self) -> list[np.ndarray]:
        """(n,) the label of each row, one way after the other."""
        return list(self.labels.T)

    @cached_property
    def count(self) -> int:
        """Units that are drawn; where rows cross, those of the way that has the fewest."""
        return min(len(np.unique(way)) for way in self.ways)

    @property
    def crossing(self) -> bool:
        return self.labels.shape[1] > 1

    @cached_property
    def sizes(self) -> np.ndarray:
        """Rows of each label."""
        return np.bincount(self.labels.ravel())

    @property
    def alike(self) -> bool:
        """Whether every unit has as many rows, so that how much they share is of no account."""
        return not self.crossing and len(np.unique(self.sizes)) == 1

    @cached_property
    def _sharing(self) -> list[tuple[int, np.ndarray]]:
        """Sign, and which rows share so many labels (places, n)."""
        rows, k = self.labels.shape
        ordered, found = np.sort(self.labels, axis=1), []
        for many in range(1, k + 1):
            keys = np.concatenate([ordered[:, places] for places in map(list, itertools.combinations(range(k), many))])
            same = np.unique(keys, axis=0, return_inverse=True)[1]
            found.append((1 if many % 2 else -1, same.reshape(-1, rows)))
        return found

    def shared_square(self, parts: np.ndarray) -> float:
        """The sum of parts[i] * parts[j] over rows that share a label: by inclusion and exclusion, rows that share several count once.

        The variance of a sum whose parts (n,) are independent where they share none: two ways as Cameron, Gelbach and Miller (2011) have
        it, pairs of one set of sentences as Aronow, Samii and Assenova (2015).
        """
        return sum(
            sign * float((np.bincount(same.ravel(), np.tile(parts, len(same))) ** 2).sum())
            for sign, same in self._sharing
        )

    def chance(self, variance: float, independent: float) -> tuple[float, float]:
        """The variance of a score and its degrees of freedom, from what was found of units of these sizes.

        variance: as the units show it. independent: as it would be, were all rows independent. How much more the one is than the other
        (Kish's design effect, 1965) tells how alike the rows of a unit are, and so what each of them contributes: m + a m (m - 1). The
        effective number of units is (sum c)^2 / sum c^2 of what they contribute (Carter, Schnepel and Steigerwald 2017); where rows cross, what
        is subtracted lest rows count twice leaves fewer. Deviations are from the mean of the same rows, hence too small: by the share
        that the same model gives (of G units of a size, 1 - 1 / G).
        """
        rows, k = self.labels.shape
        sizes = self.sizes.astype(float)
        pairs = float((sizes * sizes).sum()) - k * rows
        alike = (variance / independent - 1) * rows / pairs if pairs and independent > 0 else 1.0
        alike = min(max(alike, 0.0), 1.0)
        contributes = sizes + alike * sizes * (sizes - 1)
        beside = self.sizes[self.labels].sum(axis=1) - k
        tied = 1 + alike * beside
        shown = 1 + (1 + beside.mean()) / rows - 2 / rows * float((1 + beside) @ tied) / tied.sum()
        kept = variance / (variance + (k - 1) * independent) if variance > 0 else 1.0
        freedom = (contributes.sum() ** 2 / (contributes**2).sum() - 1) * kept**2
        return variance / max(shown, _LEAST_SHOWN), max(float(freedom), 1.0)
