"""Which caption or image is found for a caption: recall and nDCG of every query, as trec_eval has them.

n queries, m documents, W width of the vectors, B queries of one block.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

CUTOFFS = (1, 5, 10)
FOUND = ("found_1", "found_2", "found_3")
"""Columns of what a search found first: places of documents."""
_COSINES_AT_ONCE = 2**23


def search(
    queries: np.ndarray,
    documents: np.ndarray,
    right: Sequence[np.ndarray],
    left_out: Sequence[np.ndarray] | None = None,
    *,
    keep: int = 0,
) -> pd.DataFrame:
    """One row a query that has something to find: recall at each cutoff, nDCG at 10 (binary gains), rank of the first hit.

    keep: how many of the first results to tell too, as the columns `FOUND`, -1 where there are no more.

    queries (n, W), documents (m, W). right, left_out: of each query the documents that it should find, and those that are neither right nor
    wrong, each in ascending order. Ties are ordered by the document's place, as in a stable sort. O(B * m) memory: nothing is
    sorted but what is right, a rank is the number of documents before it.
    """
    block, depth = max(1, _COSINES_AT_ONCE // max(1, len(documents))), min(CUTOFFS[-1], len(documents))
    queried, ranks, wanted, kept = [], [], [], np.full((len(queries), keep), -1, dtype=np.int64)
    hits = np.zeros((len(queries), depth), dtype=bool)
    judged = np.ones(len(documents), dtype=bool)
    for start in range(0, len(queries), block):
        cosines = queries[start : start + block] @ documents.T
        for query, cosine in enumerate(cosines, start):
            np.fmax(cosine, -np.inf, out=cosine)  # what is no number comes last
            found = right[query]
            if left_out is not None:
                cosine[left_out[query]] = -np.inf
                judged[left_out[query]] = False
                found = found[judged[found]]
                judged[left_out[query]] = True
            if not len(found):
                continue
            first = None
            for place in _best(cosine, found, depth):
                before = np.count_nonzero(cosine > cosine[place]) + np.count_nonzero(cosine[:place] == cosine[place])
                first = before if first is None else first
                if before >= depth:
                    break  # and so are those that are less alike
                hits[query, before] = True
            if keep:
                results = first_results(cosine, keep)
                kept[query, : len(results)] = results
            queried.append(query)
            ranks.append(first + 1)
            wanted.append(len(found))
    queried, wanted = np.array(queried, dtype=np.int64), np.array(wanted, dtype=np.int64)
    hits = hits[queried]
    table = {"query": queried, "rank": np.array(ranks, dtype=np.int64)}
    for k in CUTOFFS:
        table[f"recall_at_{k}"] = hits[:, :k].sum(axis=1) / wanted
    gains = 1 / np.log2(np.arange(2, CUTOFFS[-1] + 2))
    ideal = np.cumsum(gains)[np.minimum(wanted, CUTOFFS[-1]) - 1]
    table[f"ndcg_at_{CUTOFFS[-1]}"] = hits @ gains[:depth] / ideal
    table |= dict(zip(FOUND, kept[queried].T, strict=False))
    return pd.DataFrame(table)


def first_results(cosine: np.ndarray, count: int) -> np.ndarray:
    """The places of the `count` largest of `cosine` (m,), the largest first, the earlier of equals first; none that is -inf, as what is left out."""
    count = min(count, len(cosine))
    least = np.partition(cosine, -count)[-count] if count else np.inf
    places = np.flatnonzero((cosine >= least) & (cosine > -np.inf))
    return places[np.argsort(-cosine[places], kind="stable")][:count]


def nearest(vectors: np.ndarray, row: int, count: int) -> list[int]:
    """The `count` rows of `vectors` (n, W), of unit length, with the largest cosine to `row`, the most alike first; `row` itself left out.

    Ties are ordered by the row, as in `search`; fewer than `count` where there are no more.
    """
    order = np.argsort(-(vectors @ vectors[row]), kind="stable")
    return order[order != row][:count].tolist()


def same_group(pairs: pd.DataFrame) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Right and left out of each caption (`group`, `words`): others of its group are right; the same words again are neither right nor wrong."""
    return _alike(pairs["group"]), _alike(pairs["words"])


def own_image(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(m,) rows of the images to search, each once; (n, 1) which of them is right for each caption: its own."""
    place, _ = pd.factorize(pairs["image"])
    return np.flatnonzero(~pairs["image"].duplicated()), place[:, None]


def _alike(labels: pd.Series) -> list[np.ndarray]:
    """Of each row the rows with its label, ascending; rows of one label share one array."""
    code, names = pd.factorize(labels)
    members = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code, minlength=len(names)))[:-1])
    return [members[one] for one in code]


def _best(cosine: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Those `count` of the ascending `places` where `cosine` is largest, the largest first, the earlier of equals first."""
    values = cosine[places]
    if len(values) > count:
        chosen = values >= np.partition(values, -count)[-count]
        places, values = places[chosen], values[chosen]
    return places[np.argsort(-values, kind="stable")][:count]
