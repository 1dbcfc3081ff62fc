"""Pairs of held-out captions to annotate, by stratified sampling. Reads vectors that are on the disk; loads no model.

Two random captions are nearly always unlike, and a correlation over such pairs says little. So pairs are drawn at random within strata:
`BANDS` of similarity, the closest with as many pairs as there are captions and each further one larger by the same factor; within each
band, the quarter of the pairs about which teacher, today's student and trained student disagree the most, and the rest. Every item keeps
its stratum and the share of the stratum that was drawn, so that a score can be computed for each stratum.
"""

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.data import PairDataset
from kdmcse.data.nearly_same import folded
from kdmcse.engine.runs import list_runs
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_embeddings, read_evaluation
from kdmcse.models import references, teacher_cache, teacher_features
from kdmcse.store import jsonl
from kdmcse.store.files import make_folder, read_json
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace
from kdmcse.validation import within

BANDS = 5
MAX_PROPOSED = 2000
"""pairs in one call: about four hours of judging"""
MAX_CAPTIONS = 1500
"""of more captions a random choice of these is used: all pairs among them are 1.1 million"""
_DISPUTED_SHARE = 1 / 4
_BUCKETS = 4096


@dataclass(frozen=True)
class Item:
    """Two sentences to be judged, and how they were chosen."""

    id: str
    """16 hex digits of the two texts, in whichever order"""
    sentence1: str
    sentence2: str
    pair1: int
    """number of the pair (`dataset.pairs["pair"]`) that the first sentence is the caption of"""
    pair2: int
    band: int
    """0 (least alike) to `BANDS` - 1 (most alike), by `measure`"""
    disputed: bool | None
    """whether the models disagree about it more than about three quarters of its band; None without two models to compare"""
    share: float
    """share of the available pairs of its stratum (band and disputed) that were drawn in the same call"""
    measure: str
    """where the similarity comes from: teacher, baseline or spelling"""
    models: tuple[str, ...]
    """the models that were compared: of teacher, baseline and student"""
    seed: int
    time: str
    """when it was drawn, ISO 8601, UTC"""


@dataclass(frozen=True)
class Proposal:
    """What a call of `propose` added."""

    items: tuple[Item, ...]
    """all there are now, the new ones last"""
    added: int
    asked: int
    measure: str
    """see `Item`"""
    models: tuple[str, ...]


@dataclass(frozen=True)
class _Drawn:
    """k pairs that were drawn."""

    pairs: np.ndarray
    """(k,) positions among all pairs"""
    shares: np.ndarray
    """(k,) share of the available pairs of the same stratum that were drawn"""


def folder_of(workspace: Workspace, dataset: PairDataset) -> Path:
    """The folder of all items and judgements of this dataset."""
    return workspace.labels / dataset.fingerprint


def read_items(workspace: Workspace, dataset: PairDataset) -> tuple[Item, ...]:
    """Every item that was proposed, in that order."""
    found: dict[str, Item] = {}
    for line in jsonl.read(folder_of(workspace, dataset) / "items.jsonl"):
        item = Item(**{**line, "models": tuple(line["models"])})
        found.setdefault(item.id, item)
    return tuple(found.values())


def propose(workspace: Workspace, dataset: PairDataset, n: int, *, seed: int = 0) -> Proposal:
    """Draw up to `n` pairs of held-out captions that were not proposed before, and append them to the items.

    The same seed, data and models give the same pairs. Captions that differ in case, width and spaces alone count as one.
    UserError `labelling_no_captions`, or `setting_out_of_range`.
    """
    within("propose", n, ge=1, le=MAX_PROPOSED)
    place = folder_of(workspace, dataset)
    make_folder(place)
    with FileLock(place / ".lock"):
        known = read_items(workspace, dataset)
        held_out = dataset.pairs[dataset.pairs["held_out"]]
        positions = _distinct(held_out["caption"])
        if len(positions) < 2:
            raise UserError("labelling_no_captions", dataset=dataset.name)
        rng = np.random.default_rng([seed, len(known)])
        seen = 1.0
        if len(positions) > MAX_CAPTIONS:
            count, kept = len(positions), np.random.default_rng(seed).permutation(len(positions))[:MAX_CAPTIONS]
            positions = positions[np.sort(kept)]
            seen = len(positions) * (len(positions) - 1) / (count * (count - 1))
        chosen = held_out.iloc[positions]
        captions = chosen["caption"].tolist()
        left, right = np.triu_indices(len(captions), 1)
        models = _cosines(workspace, dataset, captions, positions, left, right)
        measure = next((name for name in ("teacher", BASELINE) if name in models), "spelling")
        alike = models[measure] if measure in models else _spelling(captions)[left, right]
        bands = _bands(alike, len(captions), seed)
        disputed = _disputed(list(models.values()), bands)
        new = ~_known(known, captions, left, right)
        drawn = _draw(2 * bands + disputed, new, n, rng)
        swapped = rng.random(len(drawn.pairs)) < 0.5
        numbers = chosen["pair"].tolist()
        now = now_as_stored()
        added = []
        for pair, share, swap in zip(drawn.pairs, drawn.shares, swapped, strict=True):
            one, other = (right[pair], left[pair]) if swap else (left[pair], right[pair])
            added.append(
                Item(
                    id=_id(captions[one], captions[other]), sentence1=captions[one], sentence2=captions[other],
                    pair1=numbers[one], pair2=numbers[other], band=int(bands[pair]),
                    disputed=bool(disputed[pair]) if len(models) > 1 else None, share=float(share * seen),
                    measure=measure, models=tuple(models), seed=seed, time=now,
                )
            )  # fmt: skip
        jsonl.append(place / "items.jsonl", map(dataclasses.asdict, added))
    return Proposal((*known, *added), len(added), n, measure, tuple(models))


def _id(text: str, other: str) -> str:
    return hashlib.sha256(json.dumps(sorted((text, other)), ensure_ascii=False).encode()).hexdigest()[:16]


def _distinct(captions: Sequence[str]) -> np.ndarray:
    """Positions of the captions without repetitions, the first of each."""
    first: dict[str, int] = {}
    for position, caption in enumerate(captions):
        first.setdefault(folded(caption), position)
    return np.array(list(first.values()), dtype=int)


def _cosines(
    workspace: Workspace,
    dataset: PairDataset,
    captions: Sequence[str],
    positions: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
) -> dict[str, np.ndarray]:
    """(P,) cosines of every pair of captions by teacher, baseline and student, as far as their vectors are on the disk."""
    whole = [run for run in list_runs(workspace, dataset.fingerprint) if run.config.training.data_share == 1]
    found = {}
    refs = dict.fromkeys(run.config.teacher for run in reversed(whole) if run.config.teacher)
    if (
        vectors := next((v for ref in refs if (v := _by_teacher(workspace, ref, captions)) is not None), None)
    ) is not None:
        found["teacher"] = vectors
    trained = [run for run in whole if run.config.method != BASELINE]
    for name, wanted in (
        (BASELINE, [run for run in whole if run.config.method == BASELINE]),
        ("student", [run for run in trained if run.config.method == CANDIDATE] or trained),
    ):
        measured = [evaluation for run in wanted if (evaluation := read_evaluation(run))]
        if measured and len(embeddings := read_embeddings(measured[-1])) == int(dataset.pairs["held_out"].sum()):
            found[name] = teacher_features.unit(embeddings[positions])
    return {name: (vectors @ vectors.T)[left, right] for name, vectors in found.items()}


def _by_teacher(workspace: Workspace, ref: str, captions: Sequence[str]) -> np.ndarray | None:
    """(n, D) unit length, or None unless this teacher has embedded every caption already."""
    own = references.kept_vectors(ref)
    for folder in [own] if own else workspace.teachers.iterdir():
        note = read_json(folder / references.KEPT_VECTORS) if folder.is_dir() else None
        if note and (folder == own or note["ref"] == ref):
            shards = teacher_cache.Shards(folder)
            rows = shards.find(teacher_cache.content_keys("text", captions))
            if (rows >= 0).all():
                return teacher_features.unit(shards[rows])
    return None


def _spelling(captions: Sequence[str]) -> np.ndarray:
    """(n, n) cosines of the counts of character trigrams, where no model has seen the captions; `_BUCKETS` buckets by CRC-32."""
    counts = np.zeros((len(captions), _BUCKETS), np.float32)
    for row, caption in enumerate(captions):
        text = f" {folded(caption)} "
        for start in range(max(1, len(text) - 2)):
            counts[row, zlib.crc32(text[start : start + 3].encode()) % _BUCKETS] += 1
    counts = teacher_features.unit(counts)
    return counts @ counts.T


def _bands(alike: np.ndarray, captions: int, seed: int) -> np.ndarray:
    """(P,) 0 to `BANDS` - 1: the closest `captions` pairs (at most a fifth) are the highest band, each lower one is larger by the same factor."""
    order = np.lexsort((np.random.default_rng(seed).random(len(alike)), -alike))
    place = np.empty(len(alike), int)
    place[order] = np.arange(len(alike))
    steps, low, high = np.arange(BANDS), 1.0, float(max(2, len(alike)))
    closest = min(captions, len(alike) / BANDS)
    for _ in range(60):
        factor = (low + high) / 2
        low, high = (factor, high) if closest * (factor**steps).sum() < len(alike) else (low, factor)
    ends = np.cumsum(closest * low**steps).round()
    return BANDS - 1 - np.minimum(np.searchsorted(ends, place, side="right"), BANDS - 1)


def _disputed(cosines: list[np.ndarray], bands: np.ndarray) -> np.ndarray:
    """(P,) bool: the quarter of each band whose ranks differ most between models, each model ranking all pairs by its cosines."""
    found = np.zeros(len(bands), bool)
    if len(cosines) < 2:
        return found
    places = np.empty((len(cosines), len(bands)), np.float32)
    for row, values in zip(places, cosines, strict=True):
        row[np.argsort(values, kind="stable")] = np.linspace(0, 1, len(values), dtype=np.float32)
    apart = np.ptp(places, axis=0)
    for band in range(BANDS):
        inside = np.flatnonzero(bands == band)
        count = round(_DISPUTED_SHARE * len(inside))
        found[inside[np.argsort(-apart[inside], kind="stable")[:count]]] = True
    return found


def _known(items: Sequence[Item], captions: Sequence[str], left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(P,) bool: the pairs that were proposed before."""
    position = {folded(caption): place for place, caption in enumerate(captions)}
    known = np.zeros((len(captions), len(captions)), bool)
    for item in items:
        one, other = (position.get(folded(text)) for text in (item.sentence1, item.sentence2))
        if one is not None and other is not None:
            known[one, other] = known[other, one] = True
    return known[left, right]


def _draw(strata: np.ndarray, available: np.ndarray, n: int, rng: np.random.Generator) -> _Drawn:
    """Up to `n` available pairs, one stratum after the other, so that the first pairs already come from all strata."""
    waiting = [rng.permutation(np.flatnonzero(available & (strata == one))) for one in np.unique(strata)[::-1]]
    taken = np.zeros(len(waiting), int)
    order: list[tuple[int, int]] = []
    while len(order) < n and any(taken[i] < len(one) for i, one in enumerate(waiting)):
        for i, one in enumerate(waiting):
            if taken[i] < len(one) and len(order) < n:
                order.append((i, one[taken[i]]))
                taken[i] += 1
    shares = [taken[i] / len(waiting[i]) for i, _ in order]
    return _Drawn(np.array([pair for _, pair in order], int), np.array(shares))
