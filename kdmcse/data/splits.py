"""Which pairs are trained on and which are held out, by group, so that no product and no image is on both sides.

The held-out part grows along the evaluation rows: a decision between two products needs both of them held out.
Labels and scores are never looked at, and the order of the rows changes nothing.
"""

import hashlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from kdmcse.data.nearly_same import folded

VERSION = 1
"""of the rules below; part of a dataset's fingerprint"""
TEST_SHARE = 0.20
DEV_SHARE = 0.10
SPLITS = ("train", "dev", "test")
"""from the least to the most held out"""

_OVERSHOOT = 1.5
"""a group that would make a part larger than this times its share is passed over while another fits"""


def text_key(text: str) -> str:
    """Two texts with the same key count as the same sentence. `text` is in NFC and stripped already."""
    return text.casefold()


def group_pairs(groups: Sequence[str], images: Sequence[str]) -> list[str]:
    """The group of each pair: pairs that share a group value or an image are together, also by way of others.

    `groups` may hold "" (no value). The name is the smallest value, or the start of the smallest image digest.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # "group" sorts before "image": a value is a better name than a digest.
    nodes = sorted({("image", image) for image in images} | {("group", group) for group in groups if group})
    number = {node: i for i, node in enumerate(nodes)}
    of_images = [number["image", image] for image in images]
    of_groups = [number["group", group] if group else own for group, own in zip(groups, of_images, strict=True)]
    edges = coo_array((np.ones(len(images), dtype=bool), (of_images, of_groups)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(edges, directed=False)
    smallest = np.unique(component, return_index=True)[1]
    names = (nodes[smallest[component[own]]] for own in of_images)
    return [name if kind == "group" else f"picture {name[:12]}" for kind, name in names]


def respect_splits(groups: Sequence[str], splits: Sequence[str]) -> tuple[list[str], set[str]]:
    """The uploaded splits, but every group wholly in its most held-out one; and the groups that straddled."""
    seen: dict[str, set[str]] = defaultdict(set)
    for group, split in zip(groups, splits, strict=True):
        seen[group].add(split)
    strictest = {group: max(found, key=SPLITS.index) for group, found in seen.items()}
    return [strictest[group] for group in groups], {group for group, found in seen.items() if len(found) > 1}


def make_splits(groups: Sequence[str], captions: Sequence[str], evaluation_rows: Iterable[Sequence[str]]) -> list[str]:
    """train, dev or test for each pair. `evaluation_rows` are the texts of each STS and decision row.

    Test begins with the group of the smallest SHA-256 and goes on with the group that completes the most evaluation
    rows (all of whose known texts are then held out), ties by SHA-256, until it holds `TEST_SHARE` of the pairs.
    Dev takes the next groups by SHA-256 until `DEV_SHARE`; the rest is train. A single group is train.
    """
    sizes: dict[str, int] = defaultdict(int)
    for group in groups:
        sizes[group] += 1
    if len(sizes) < 2:
        return ["train"] * len(groups)
    order = sorted(sizes, key=lambda group: hashlib.sha256(group.encode()).digest())
    growth = _Growth(order, groups, captions, evaluation_rows)
    test = _fill(growth, sizes, TEST_SHARE * len(groups))
    rest = iter([group for group in order if group not in test])
    dev = _fill(rest, sizes, DEV_SHARE * len(groups), most=len(order) - len(test) - 1, at_least_one=False)
    return ["test" if group in test else "dev" if group in dev else "train" for group in groups]


def texts_held_out(texts: Sequence[str], pairs: pd.DataFrame, evaluation_rows: Iterable[Sequence[str]]) -> np.ndarray:
    """(n,) bool: the texts that are not learnt from, so that what is evaluated stays unseen.

    Captions of dev and test `pairs` (columns caption, split) are held out wherever they stand. Beyond these, about `TEST_SHARE` of the
    texts at most: those that complete the most evaluation rows, found as in `make_splits`. Texts that `folded` makes one go together.
    """
    keys = [folded(text) for text in texts]
    captions = pairs["caption"].map(folded)
    learnt = set(captions[pairs["split"] == "train"])
    held_out = set(captions) - learnt
    rows = [{folded(text) for text in row} for row in evaluation_rows]
    known = set(keys)
    rows = [(row - held_out) & known for row in rows if not row & learnt]
    evaluated = set().union(*rows)
    sizes = Counter(key for key in keys if key in evaluated)
    if sizes and len(texts) * TEST_SHARE >= 1:
        order = sorted(sizes, key=lambda key: hashlib.sha256(key.encode()).digest())
        growth, target = _Growth(order, order, order, rows), TEST_SHARE * len(texts)
        grown = _fill(growth, sizes, target, most=len(sizes), at_least_one=False)
        held_out = held_out.union(*(row for row in rows if row <= grown))  # the last ones may complete nothing
    return np.array([key in held_out for key in keys], dtype=bool)


def training_rows(pairs: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """(n,) rows that a run trains on: the training pairs of a share of the training groups, in their order; at least one group.

    pairs: columns split, group. Groups are drawn whole, at random by the seed; the rows of a smaller share are among those of
    every larger share of the same seed.
    """
    rows = np.flatnonzero((pairs["split"] == "train").to_numpy())
    if share == 1:
        return rows
    group = pairs["group"].to_numpy(dtype=str)[rows]
    groups = np.unique(group)
    order = np.random.default_rng([seed, len(groups)]).permutation(len(groups))
    return rows[np.isin(group, groups[order[: max(1, round(share * len(groups)))]])]


def _fill(
    candidates: Iterable[str],
    sizes: dict[str, int],
    target: float,
    *,
    most: int | None = None,
    at_least_one: bool = True,
) -> set[str]:
    """Candidates in their order until `target` pairs are reached; what would overshoot it too far is passed over."""
    taken: set[str] = set()
    passed: list[str] = []
    filled, most = 0, len(sizes) - 1 if most is None else most
    for group in candidates:
        if filled >= target or len(taken) >= most:
            break
        if filled + sizes[group] > _OVERSHOOT * target:
            passed.append(group)
            continue
        taken.add(group)
        filled += sizes[group]
        if isinstance(candidates, _Growth):
            candidates.hold_out(group)
    if not taken and at_least_one and passed:
        taken.add(min(passed, key=lambda group: sizes[group]))
    return taken


class _Growth:
    """Groups in the order in which they complete the most evaluation rows, given what is held out already.

    Per text the groups still missing are kept, so the whole growth costs about one look per (text, group) and per row.
    """

    def __init__(
        self, order: list[str], groups: Sequence[str], captions: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> None:
        self.rank = {group: place for place, group in enumerate(order)}
        missing: dict[str, set[str]] = defaultdict(set)
        for group, caption in zip(groups, captions, strict=True):
            missing[text_key(caption)].add(group)
        self.missing = dict(missing)
        self.rows = [tuple({text_key(text) for text in row} & self.missing.keys()) for row in rows]
        self.rows_of: dict[str, list[int]] = defaultdict(list)
        self.texts_of: dict[str, list[str]] = defaultdict(list)
        for text, found in self.missing.items():
            for group in found:
                self.texts_of[group].append(text)
        for row, texts in enumerate(self.rows):
            for text in texts:
                self.rows_of[text].append(row)
        self.completes: dict[str, int] = defaultdict(int)
        self.counted = [False] * len(self.rows)
        self.heap: list[tuple[int, int, str]] = []
        self._count(range(len(self.rows)))
        self.heap = [(-self.completes[group], self.rank[group], group) for group in order]
        heapq.heapify(self.heap)
        self.seen: set[str] = set()

    def __iter__(self):
        yield self._see(min(self.rank, key=self.rank.__getitem__))
        while self.heap:
            gain, _, group = heapq.heappop(self.heap)
            if group not in self.seen and -gain == self.completes[group]:
                yield self._see(group)

    def _see(self, group: str) -> str:
        self.seen.add(group)
        return group

    def hold_out(self, group: str) -> None:
        near = []
        for text in self.texts_of[group]:
            self.missing[text].discard(group)
            if len(self.missing[text]) <= 1:
                near.extend(self.rows_of[text])
        self._count(near)

    def _count(self, rows: Iterable[int]) -> None:
        """Credit each row that misses exactly one group to that group, once."""
        for row in rows:
            sets = [self.missing[text] for text in self.rows[row]]
            if self.counted[row] or any(len(found) > 1 for found in sets):
                continue
            last = set().union(*sets)
            if len(last) == 1:
                self.counted[row] = True
                group = last.pop()
                self.completes[group] += 1
                heapq.heappush(self.heap, (-self.completes[group], self.rank[group], group))
