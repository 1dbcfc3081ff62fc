"""Wrong pairs that people judged, yes or no: does the caption describe the image as well? And how right a filter is by that.

labels/<dataset fingerprint>/negatives/<annotator>.jsonl  annotator, item, same (true, false, or null where it was taken back), time

What is judged is a caption and an image, so a judgement counts for every teacher and filter that draws the two. Each person writes into
a file of their own, which only grows; the last line about an item counts.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdmcse.annotation import clean_name
from kdmcse.audit.filters import Filter, Negative
from kdmcse.data import PairDataset
from kdmcse.stats import wilson
from kdmcse.store import jsonl
from kdmcse.store.reads import names_in
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace


@dataclass(frozen=True)
class Share:
    """Of the wrong pairs that were judged, those that are right after all."""

    judged: int
    same: int
    """of which more than half of those who judged them said yes"""
    drawn: int

    @property
    def share(self) -> float | None:
        return self.same / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of Wilson, 95 %."""
        return wilson(self.same, self.judged) if self.judged else None


@dataclass(frozen=True)
class Judged:
    """How right a filter is, as far as people judged."""

    removed: Share
    """of those left out: the precision of the filter"""
    kept: Share
    """of the most alike of those kept: what it misses"""
    people: int
    by_two: int
    """wrong pairs that two or more judged"""
    agreed: int
    """of which they all said the same"""


def judge(workspace: Workspace, dataset: PairDataset, annotator: str, item: str, same: bool | None) -> None:
    """Keep what a person says of a wrong pair, by its `id`; None takes it back. On the disk when this returns."""
    now = now_as_stored("milliseconds")
    line = {"annotator": clean_name(annotator), "item": item, "same": same, "time": now}
    jsonl.append(_path(workspace, dataset, annotator), [line])


def said_by(workspace: Workspace, dataset: PairDataset, annotator: str) -> dict[str, bool]:
    """What counts of one person: item -> whether the caption describes the image as well; the latest last."""
    return _counting(_path(workspace, dataset, annotator))


def judgements(workspace: Workspace, dataset: PairDataset) -> list[dict[str, bool]]:
    """The same of everybody who judged."""
    said = map(_counting, names_in(_folder(workspace, dataset), "*.jsonl"))
    return [one for one in said if one]


def to_judge(one: Filter, said: Mapping[str, bool], annotator: str) -> list[Negative]:
    """What a person has still to judge of a filter, in an order of their own that does not tell what was left out from what was kept."""

    def own(negative: Negative) -> bytes:
        return hashlib.sha256(f"{annotator}\0{negative.id}".encode()).digest()

    return sorted((negative for negative in (*one.removed, *one.kept) if negative.id not in said), key=own)


def judged(one: Filter, said: Sequence[Mapping[str, bool]]) -> Judged:
    """How right a filter is by all `judgements`."""
    drawn = {negative.id for negative in (*one.removed, *one.kept)}
    votes: dict[str, list[bool]] = {}
    for of_person in said:
        for item in drawn.intersection(of_person):
            votes.setdefault(item, []).append(of_person[item])
    several = [set(each) for each in votes.values() if len(each) > 1]
    return Judged(
        _share(one.removed, votes),
        _share(one.kept, votes),
        people=sum(bool(drawn.intersection(of_person)) for of_person in said),
        by_two=len(several),
        agreed=sum(len(each) == 1 for each in several),
    )


def _folder(workspace: Workspace, dataset: PairDataset) -> Path:
    return workspace.labels / dataset.fingerprint / "negatives"


def _path(workspace: Workspace, dataset: PairDataset, annotator: str) -> Path:
    """The same for a name in another case or width."""
    key = unicodedata.normalize("NFKC", clean_name(annotator)).casefold()
    return _folder(workspace, dataset) / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.jsonl"


def _counting(path: Path) -> dict[str, bool]:
    said: dict[str, bool] = {}
    for line in jsonl.read(path):
        if isinstance(item := line.get("item"), str):
            said.pop(item, None)
            if isinstance(same := line.get("same"), bool):
                said[item] = same
    return said


def _share(negatives: Iterable[Negative], votes: Mapping[str, Sequence[bool]]) -> Share:
    items = [negative.id for negative in negatives]
    seen = [votes[item] for item in items if item in votes]
    return Share(len(seen), sum(2 * sum(each) > len(each) for each in seen), len(items))
