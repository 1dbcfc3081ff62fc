"""What a model found first for a held-out caption, among the captions or images it was measured on. Read from its evaluation; runs no model."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.data import PairDataset
from kdmcse.evaluation.evaluation import Evaluation, read_embeddings, read_found_images
from kdmcse.evaluation.retrieval import FOUND, first_results


@dataclass(frozen=True)
class Result:
    """One result of a search."""

    pair: int
    """its caption, or the image that came with it"""
    is_right: bool


class FirstResults:
    """The first results of one model for every search of one kind."""

    def __init__(self, dataset: PairDataset, evaluation: Evaluation, kind: str) -> None:
        """kind: `caption_to_caption` or `caption_to_image`."""
        self._pairs = dataset.pairs.assign(words=dataset.words)[dataset.pairs["held_out"]].set_index("pair")
        self._kept: pd.DataFrame | None = None
        self._vectors: np.ndarray | None = None
        if kind == "caption_to_caption":
            self._vectors = read_embeddings(evaluation)
        elif (kept := read_found_images(evaluation)) is not None:
            self._kept = kept.set_index("pair")

    def of(self, pair: int) -> list[Result] | None:
        """The best first, as many as `FOUND` names or all there are; None where this evaluation does not tell."""
        if self._vectors is not None:
            return self._captions(pair)
        if self._kept is None or pair not in self._kept.index:
            return None
        image = self._pairs["image"]
        found = [int(one) for one in self._kept.loc[pair, [*FOUND]] if one >= 0]
        return [Result(one, image[one] == image[pair]) for one in found]

    def _captions(self, pair: int) -> list[Result]:
        """As the search that was measured: the same words again are neither right nor wrong, and left out."""
        query = self._pairs.index.get_loc(pair)
        group, words = (self._pairs[name].to_numpy() for name in ("group", "words"))
        cosine = np.fmax(self._vectors @ self._vectors[query], -np.inf)
        cosine[words == words[query]] = -np.inf
        places = first_results(cosine, len(FOUND))
        return [Result(int(self._pairs.index[one]), bool(group[one] == group[query])) for one in places]
