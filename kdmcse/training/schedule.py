"""Which rows make which step, and how long each step is: fixed by the settings and the seed, so a step's number says it all. No torch here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from kdmcse.config import TrainingConfig
from kdmcse.training.batches import POLICIES, Rows

PAIRS, TEXTS = "pairs", "texts"


@dataclass(frozen=True)
class Step:
    """The rows that one step trains on."""

    number: int
    """from 1"""
    epoch: int
    """from 1"""
    kind: str
    """`pairs` or `texts`"""
    rows: np.ndarray
    """(B,) among the training pairs or the sentences"""


def shuffled(pairs: int, texts: int, order: np.random.Generator) -> list[str]:
    """The kinds of an epoch's steps at random: every batch of both once."""
    return list(order.permutation([PAIRS] * pairs + [TEXTS] * texts))


def published(pairs: int, texts: int, order: np.random.Generator) -> list[str]:
    """The kinds of an epoch's steps as the published code mixes them: as many steps as there are batches of both, every n-th from
    the first on is of the rarer kind, n being how often the rarer fits into the other.

    The published code divides sentences by pairs only, and stops where pairs outnumber sentences; here the rarer kind is spread
    either way, and at least every second step is of the other.
    """
    if not pairs or not texts:
        return [PAIRS] * pairs + [TEXTS] * texts
    rarer, other = (PAIRS, TEXTS) if pairs <= texts else (TEXTS, PAIRS)
    distance = max(max(pairs, texts) // min(pairs, texts), 2)
    return [other if step % distance else rarer for step in range(pairs + texts)]


_MIXING: dict[str, Callable[[int, int, np.random.Generator], list[str]]] = {
    "shuffled": shuffled,
    "published": published,
}


@dataclass(frozen=True)
class Schedule:
    """The steps of a run over `pairs` training pairs and `texts` sentences.

    Rows of a kind come in rounds: each round is a new order of all of them, made into batches (`batches.py`); what does not fill one is
    left out of that round, unless it is all there is or `last_batch` asks for it.
    """

    pairs: int
    texts: int
    settings: TrainingConfig
    seed: int
    processes: int = 1
    """that share a batch; it is cut to a multiple of them"""
    whole: int | None = None
    """training pairs of all the data, of which `pairs` may be a share; asked for where `share_steps` is `whole`"""
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """by kind, what is known of its rows; asked for where `batches` is not `random`"""

    def _batches(self, pairs: int) -> dict[str, int]:
        """Of a round over so many pairs and over all sentences."""
        size, least = self.settings.batch_size, 2 * self.processes  # a sentence alone has no wrong answer
        rest = size - least if self.settings.last_batch == "shorter" else 0
        return {
            kind: max((n + rest) // size, 1) if n >= least else 0 for kind, n in ((PAIRS, pairs), (TEXTS, self.texts))
        }

    def _batches_in_an_epoch(self) -> dict[str, int]:
        """Those of a round over the pairs at hand, or over all of which they are a share: then it takes several rounds."""
        alike = self.settings.share_steps == "whole" and self._batches(self.pairs)[PAIRS]
        return self._batches(self.whole if alike else self.pairs)

    @property
    def steps(self) -> int:
        return self.settings.epochs * sum(self._batches_in_an_epoch().values())

    def batches(self, after: int = 0) -> Iterator[Step]:
        """The steps after number `after`, in order."""
        counts, number = self._batches_in_an_epoch(), 0
        rows = {kind: self._rounds(kind) for kind in counts}
        for epoch in range(1, self.settings.epochs + 1):
            mix = _MIXING[self.settings.mixing]
            for kind in mix(counts[PAIRS], counts[TEXTS], np.random.default_rng([self.seed, epoch])):
                number += 1
                step = Step(number, epoch, str(kind), next(rows[kind]))
                if number > after:
                    yield step

    def _rounds(self, kind: str) -> Iterator[np.ndarray]:
        size, count = self.settings.batch_size, self._batches(self.pairs)[kind]
        stream, turn = (PAIRS, TEXTS).index(kind), 0
        while count:
            turn += 1
            order = np.random.default_rng([self.seed, turn, stream]).permutation(getattr(self, kind))
            for batch in POLICIES[self.settings.batches](order, count, size, self.rows.get(kind)):
                shared = batch[: len(batch) // self.processes * self.processes]
                # Where next to no two rows differ, repeats are all there is.
                yield shared if len(shared) >= 2 * self.processes else order[: 2 * self.processes]

    def learning_rate(self, step: int) -> float:
        """Linear to the peak over the warm-up, then linear to zero."""
        warmup = max(1, round(self.steps * self.settings.warmup_share))
        share = step / warmup if step <= warmup else (self.steps - step + 1) / (self.steps - warmup + 1)
        return self.settings.learning_rate * share
