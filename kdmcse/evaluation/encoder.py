"""Anything that turns texts into vectors, each distinct text encoded once; and the form in which mteb asks for vectors.

H sentence width.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Encoder = Callable[[Sequence[str]], np.ndarray]
"""Texts -> (n, H) float32, unit length."""


class Vectors:
    """Every distinct text encoded once."""

    def __init__(self, encode: Encoder) -> None:
        self._encode = encode
        self._rows: dict[str, np.ndarray] = {}

    def know(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows |= zip(new, self._encode(new), strict=True)

    def of(self, texts: Sequence[str]) -> np.ndarray:
        texts = list(texts)
        self.know(texts)
        return np.stack([self._rows[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)

    def cosines(self, left: Sequence[str], right: Sequence[str]) -> np.ndarray:
        return np.sum(self.of(left).astype(np.float64) * self.of(right), axis=1)


class MtebEncoder:
    """The form in which mteb asks for vectors: batches of a data loader, and a name under which nothing else is kept."""

    def __init__(self, vectors: Vectors, name: str) -> None:
        from mteb.models.model_meta import ModelMeta

        self._vectors = vectors
        self.mteb_model_meta = ModelMeta.create_empty({"name": f"local/{name}", "revision": name})

    def encode(self, inputs, **kwargs: Any) -> np.ndarray:
        return self._vectors.of([text for batch in inputs for text in batch["text"]])

    def similarity(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left @ right.T

    def similarity_pairwise(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.sum(left * right, axis=1)
