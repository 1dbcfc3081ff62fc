"""Which caption or image is found for a caption: recall and nDCG of every query, as trec_eval has them.

n queries, m documents, W width of the vectors.
"""

import numpy as np
import pandas as pd

CUTOFFS = (1, 5, 10)


def search(queries: np.ndarray, documents: np.ndarray, relevant: np.ndarray, candidates: np.ndarray) -> pd.DataFrame:
    """One row a query that has something to find: recall at each cutoff, nDCG at 10 (binary gains), rank of the first hit.

    queries (n, W), documents (m, W), relevant and candidates (n, m). Ties are ordered by the document's place, as in a stable sort.
    """
    cosine = np.where(candidates, queries @ documents.T, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")
    hits = np.take_along_axis(relevant, order, axis=1)
    relevant_hits = hits.sum(axis=1)
    queried = np.flatnonzero(relevant_hits)
    hits, relevant_hits = hits[queried], relevant_hits[queried]
    table = {"query": queried, "rank": hits.argmax(axis=1) + 1 if len(queried) else queried}
    for k in CUTOFFS:
        table[f"recall_at_{k}"] = hits[:, :k].sum(axis=1) / relevant_hits
    gains = 1 / np.log2(np.arange(2, CUTOFFS[-1] + 2))
    ideal = np.cumsum(gains)[np.minimum(relevant_hits, CUTOFFS[-1]) - 1]
    table[f"ndcg_at_{CUTOFFS[-1]}"] = hits[:, : CUTOFFS[-1]] @ gains[: hits.shape[1]] / ideal
    return pd.DataFrame(table)


def same_group(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Other captions of the same group are right; the same words again are neither right nor wrong."""
    group, caption = pairs["group"].to_numpy(), pairs["caption"].to_numpy()
    candidates = caption[:, None] != caption[None, :]
    return (group[:, None] == group[None, :]) & candidates, candidates


def own_image(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A caption's own image is right; a image that several pairs share counts once."""
    image = pairs["image"].to_numpy()
    first = ~pairs["image"].duplicated().to_numpy()
    candidates = np.broadcast_to(first[None, :], (len(pairs), len(pairs)))
    return (image[:, None] == image[None, :]) & candidates, candidates
