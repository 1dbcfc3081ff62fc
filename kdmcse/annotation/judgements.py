"""The judgements of annotators: written one at a time, read as the table that models are measured on, with the time they took.

labels/<dataset fingerprint>/judgements/<annotator>.jsonl  annotator, item, what, score, seconds, time

A line is a judgement, a skip or an undo; the last line about an item counts. Each annotator has a file of their own, so people and
browser windows can write at the same time.
"""

import dataclasses
import hashlib
import math
import statistics
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.annotation.sampling import Item, folder_of, read_items
from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import Evaluation, read_embeddings
from kdmcse.store import jsonl
from kdmcse.store.files import remove_folder
from kdmcse.store.reads import names_in
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace

SCORES = (0, 1, 2, 3, 4, 5)
"""from nothing in common to the same thing, as in the public STS tasks (Agirre et al. 2012)"""
IDLE_SECONDS = 120
"""A longer time for one pair is taken for a pause: it is stored, but left out of medians and sums."""
LEAST_TIMED = 30
"""Judgements whose time is known from which on their median says what further ones will take."""
SHARED_START = 30
"""Everybody judges these first items first, each in their own order, so that agreement can be measured early."""
MAX_NAME = 60


@dataclass(frozen=True)
class AnnotationQueue:
    """What one annotator has judged and judges next."""

    annotator: str
    item: Item | None
    """the next to judge; None when all are judged or skipped"""
    judged: int
    skipped: int
    total: int
    undoable: bool
    """whether there is a judgement or a skip that can be undone"""


@dataclass(frozen=True)
class AnnotationEffort:
    """The time that annotation has taken so far."""

    annotators: int
    judgements: int
    """that count"""
    pairs: int
    """judged by at least one person"""
    pairs_by_two: int
    """judged by two or more people"""
    timed: int
    """judgements that count and took no longer than `IDLE_SECONDS`"""
    seconds: float | None
    """median of their times, from display to decision"""
    hours: float
    """of all judgements, skips and undone judgements, without pauses"""
    items: int
    """proposed so far"""

    @property
    def pace(self) -> float | None:
        """Seconds that a further judgement will take; None as long as a few clicks are all that is known."""
        return self.seconds if self.timed >= LEAST_TIMED else None


def clean_name(name: str) -> str:
    """As it is shown. UserError `annotator_without_name`, `annotator_name_too_long`."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    name = "".join(character for character in name if character.isprintable())
    if not name:
        raise UserError("annotator_without_name")
    if len(name) > MAX_NAME:
        raise UserError("annotator_name_too_long", limit=MAX_NAME)
    return name


def judge(
    workspace: Workspace, dataset: PairDataset, annotator: str, item: str, score: int, seconds: float | None
) -> None:
    """Keep a score (one of `SCORES`); it is on the disk when this returns. `seconds` from display to decision, None: not known."""
    if score not in SCORES or isinstance(score, bool):
        raise ValueError(f"no score: {score}")
    _write(workspace, dataset, annotator, item, "judged", score, seconds)


def skip(workspace: Workspace, dataset: PairDataset, annotator: str, item: str, seconds: float | None) -> None:
    """Skip an item; `look_again` brings it back."""
    _write(workspace, dataset, annotator, item, "skipped", None, seconds)


def undo(workspace: Workspace, dataset: PairDataset, annotator: str) -> str | None:
    """Undo the last judgement or skip of this person. Returns its item, which comes next again; None where there is none."""
    latest = _latest(_lines(workspace, dataset, annotator))
    last = next((item for item, line in reversed(latest.items()) if line["what"] != "undone"), None)
    if last is not None:
        _write(workspace, dataset, annotator, last, "undone", None, None)
    return last


def look_again(workspace: Workspace, dataset: PairDataset, annotator: str) -> None:
    """Undo every skip of this person."""
    for item, line in reversed(_latest(_lines(workspace, dataset, annotator)).items()):
        if line["what"] == "skipped":
            _write(workspace, dataset, annotator, item, "undone", None, None)


def annotation_queue(workspace: Workspace, dataset: PairDataset, annotator: str) -> AnnotationQueue:
    """The queue of this person. Items that were undone come first, the latest before the others, then those never judged or skipped."""
    items = {item.id: item for item in read_items(workspace, dataset)}
    latest = {item: line for item, line in _latest(_lines(workspace, dataset, annotator)).items() if item in items}
    whats = [line["what"] for line in latest.values()]
    again = [item for item, line in reversed(latest.items()) if line["what"] == "undone"]
    fresh = (item for item in _order(list(items), annotator) if item not in latest)
    coming = next(iter(again), None) or next(fresh, None)
    judged, skipped = whats.count("judged"), whats.count("skipped")
    return AnnotationQueue(
        clean_name(annotator), coming and items[coming], judged, skipped, len(items), judged + skipped > 0
    )


def annotators(workspace: Workspace, dataset: PairDataset) -> list[str]:
    """The names of everybody with a judgement that counts, sorted."""
    return sorted(set(judgements(workspace, dataset)["annotator"]))


def judgements(workspace: Workspace, dataset: PairDataset) -> pd.DataFrame:
    """The judgements that count: annotator, item, score (0 to 5), seconds (NaN: not known), time; one row for each annotator and item."""
    known = {item.id for item in read_items(workspace, dataset)}
    rows = []
    for path in _files(workspace, dataset):
        said = _valid(jsonl.read(path))
        name = said[-1]["annotator"] if said else ""
        rows += [
            (name, item, line["score"], line["seconds"], line["time"])
            for item, line in _latest(said).items()
            if line["what"] == "judged" and item in known
        ]
    table = pd.DataFrame(rows, columns=["annotator", "item", "score", "seconds", "time"])
    return table.astype({"score": int, "seconds": float})


def annotation_effort(workspace: Workspace, dataset: PairDataset) -> AnnotationEffort:
    """The time that annotation has taken so far, as measured."""
    table = judgements(workspace, dataset)
    by_item = table["item"].value_counts()
    said = [line for path in _files(workspace, dataset) for line in _valid(jsonl.read(path))]
    spent = [line["seconds"] for line in said if line["seconds"] is not None and line["seconds"] <= IDLE_SECONDS]
    timed = table["seconds"][table["seconds"] <= IDLE_SECONDS]
    return AnnotationEffort(
        annotators=table["annotator"].nunique(),
        judgements=len(table),
        pairs=len(by_item),
        pairs_by_two=int((by_item > 1).sum()),
        timed=len(timed),
        seconds=statistics.median(timed) if len(timed) else None,
        hours=sum(spent) / 3600,
        items=len(read_items(workspace, dataset)),
    )


def judged(workspace: Workspace, dataset: PairDataset) -> pd.DataFrame:
    """Every item with a judgement: sentence1, sentence2, score (mean over annotators), annotators (how many), group,
    pair1, pair2, group1, group2, item, band, disputed, share (see `Item`).

    `group` is for a file that has room for one: of the groups of the two captions, the one that occurs in more of these items.
    """
    table = judgements(workspace, dataset)
    scores = table.groupby("item")["score"].agg(["mean", "size"])
    columns = ["sentence1", "sentence2", "score", "annotators", "group", "pair1", "pair2", "group1", "group2"]
    columns += ["item", "band", "disputed", "share"]
    items = [item for item in read_items(workspace, dataset) if item.id in scores.index]
    found = pd.DataFrame(
        [dataclasses.asdict(item) for item in items], columns=[f.name for f in dataclasses.fields(Item)]
    )
    found = found.rename(columns={"id": "item"})
    groups = dataset.pairs.set_index("pair")["group"]
    found["score"] = scores["mean"].reindex(found["item"]).to_numpy(float)
    found["annotators"] = scores["size"].reindex(found["item"]).to_numpy()
    for side in ("1", "2"):
        found[f"group{side}"] = found[f"pair{side}"].map(groups)
    counts = pd.concat([found["group1"], found["group2"]]).value_counts()
    common = found["group2"].map(counts).to_numpy() > found["group1"].map(counts).to_numpy()
    found["group"] = np.where(common, found["group2"], found["group1"])
    return found[columns]


def judged_cosines(evaluation: Evaluation, dataset: PairDataset, judged: pd.DataFrame) -> np.ndarray:
    """(n,) cosine of each row of `judged`, from the vectors that the evaluation stored; nothing is encoded."""
    vectors = read_embeddings(evaluation)
    numbers = dataset.pairs.loc[dataset.pairs["held_out"], "pair"].to_numpy()
    positions = pd.Series(np.arange(len(numbers)), index=numbers)
    one, other = (vectors[positions[judged[side]].to_numpy(int)] for side in ("pair1", "pair2"))
    return np.sum(one.astype(np.float64) * other, axis=1)


def delete_labels(workspace: Workspace, dataset: PairDataset) -> None:
    """Remove all items and judgements of the dataset, all in one stroke."""
    remove_folder(folder_of(workspace, dataset))


def _key(annotator: str) -> str:
    """The same for a name in another case or width."""
    return unicodedata.normalize("NFKC", clean_name(annotator)).casefold()


def _path(workspace: Workspace, dataset: PairDataset, annotator: str) -> Path:
    name = hashlib.sha256(_key(annotator).encode()).hexdigest()[:16]
    return folder_of(workspace, dataset) / "judgements" / f"{name}.jsonl"


def _files(workspace: Workspace, dataset: PairDataset) -> list[Path]:
    return names_in(folder_of(workspace, dataset) / "judgements", "*.jsonl")


def _write(
    workspace: Workspace,
    dataset: PairDataset,
    annotator: str,
    item: str,
    what: str,
    score: int | None,
    seconds: float | None,
) -> None:
    now = now_as_stored("milliseconds")
    took = None if seconds is None else round(float(seconds), 2)
    line = {
        "annotator": clean_name(annotator),
        "item": item,
        "what": what,
        "score": score,
        "seconds": took,
        "time": now,
    }
    jsonl.append(_path(workspace, dataset, annotator), [line])


def _lines(workspace: Workspace, dataset: PairDataset, annotator: str) -> list[dict[str, Any]]:
    return _valid(jsonl.read(_path(workspace, dataset, annotator)))


def _valid(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that `judge`, `skip` or `undo` could have written; a file may have been edited by hand."""

    def makes_sense(line: dict[str, Any]) -> bool:
        seconds = line.get("seconds")
        score = (
            line.get("score") in SCORES if line.get("what") == "judged" else line.get("what") in ("skipped", "undone")
        )
        timed = seconds is None or (isinstance(seconds, int | float) and math.isfinite(seconds) and seconds >= 0)
        return score and timed and all(isinstance(line.get(name), str) for name in ("annotator", "item", "time"))

    return [line for line in found if makes_sense(line)]


def _latest(said: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Item -> the last line about it, in the order of these lines."""
    found: dict[str, dict[str, Any]] = {}
    for line in said:
        found.pop(line["item"], None)
        found[line["item"]] = line
    return found


def _order(items: list[str], annotator: str) -> list[str]:
    """The first `SHARED_START` items, then the others, each part in an order of this person's own."""

    def own(item: str) -> bytes:
        return hashlib.sha256(f"{_key(annotator)}\0{item}".encode()).digest()

    return sorted(items[:SHARED_START], key=own) + sorted(items[SHARED_START:], key=own)
