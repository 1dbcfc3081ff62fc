"""How far a teacher agrees with people, and where they judged sentences, beside the untouched student. Vectors in, Spearman out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kdmcse.stats import Comparison, Interval, Spearman, compare, interval

TASKS = ("image_caption", "image_image", "caption_caption")
"""What people judged; two captions are the rows of `sts` that nothing is trained on."""
TEACHER, CENTRED, STUDENT = MODELS = ("teacher", "centred", "student")
"""The teacher's vectors as they are, each modality centred, and the untouched student's."""


@dataclass(frozen=True)
class Agreement:
    """Of one kind of judgements."""

    task: str
    judged: int
    """rows that people judged"""
    rows: int
    """of which the teacher has both vectors"""
    scores: Mapping[str, Interval]
    """Spearman by model, of `MODELS`; none where no row can be measured"""
    difference: Comparison | None = None
    """teacher less student on the same rows, where both are measured"""
    of_test: int | None = None
    """of `judged`, those on which results are measured, so that who picks a teacher by them picks on test rows; None: not counted"""
    scores_differ: bool = True
    """whether people gave those of `rows` more than one score; else nothing correlates with them"""

    @classmethod
    def of(
        cls,
        task: str,
        gold: np.ndarray,
        cosines: Mapping[str, np.ndarray],
        unit: Sequence,
        judged: int,
        of_test: int = 0,
    ) -> "Agreement":
        """gold (n,) what people said; cosines: (n,) by model; unit: (n,) or (n, k) labels of what repeats."""
        if not len(gold):
            return cls(task, judged, 0, {}, of_test=of_test)
        metric = Spearman(gold)
        scores = {name: interval(metric, values, unit=unit, trained=False) for name, values in cosines.items()}
        difference = None
        if {TEACHER, STUDENT} <= set(cosines):
            sides = (cosines[TEACHER], cosines[STUDENT])
            difference = compare(metric, *sides, unit=unit, candidate_trained=False)
        return cls(task, judged, len(gold), scores, difference, of_test, len(np.unique(gold)) > 1)


def cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) of each row of `one` with the same row of `other`, both (n, D) of length 1."""
    return np.einsum("nd,nd->n", one, other)
