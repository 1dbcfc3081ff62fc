"""What a dataset is enough for, before anything is trained: each purpose with its state, why, and what would help.

The bars are those that results are held to later: `stats.MIN_ROWS` and `cost.FEW_ROWS` below which nothing is decided, `data.MIN_DEV_ROWS`, one
batch of training, and the evaluation pairs that were agreed on, or else those of a small pilot.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdmcse import stats
from kdmcse.config import RECOMMENDED
from kdmcse.cost import FEW_ROWS
from kdmcse.criteria.criteria import GATES
from kdmcse.data import MIN_DEV_ROWS

if TYPE_CHECKING:
    from kdmcse.data import PairDataset

PURPOSES = ("training", "score", "cost", "image_search", "text_search", "questions", "settings")
"""To learn from; agreement with people; cost of mistakes; captions to images; captions to captions of their group; questions to answers; to
choose settings by."""
STATES = ("enough", "barely", "not_enough", "not_there")
CAUSES = ("none", "learnt", "few", "few_matches", "few_others", "one_group", "no_two_captions", "small_batch")
"""Why it is not enough: none was brought; most are learnt from, too; there are few; of one kind; all pairs belong together; no product has two
captions; fewer pairs than one step of training takes."""
REMEDIES = ("hold_out", "rate", "add")
"""Keep more of them out of training; have people judge pairs; bring more."""
OPTIONAL = ("questions", "settings")
"""No verdict needs them."""
SMALL_PILOT = 1
"""The stage whose gate counts where nothing was agreed."""


@dataclass(frozen=True)
class Readiness:
    """How far a dataset goes for one purpose."""

    purpose: str
    """one of `PURPOSES`"""
    state: str
    """one of `STATES`"""
    usable: int
    """rows that serve it"""
    brought: int
    """rows that there are"""
    aim: int
    """so many usable rows would be enough"""
    cause: str | None = None
    """one of `CAUSES`; None where it is enough"""
    count: int = 0
    """what the cause counts"""
    remedy: str | None = None
    """one of `REMEDIES`; None where it is enough, or nothing helps but other data"""
    table: str | None = None
    """the kind of table that a remedy is about"""


def readiness(dataset: "PairDataset", least_pairs: int | None = None) -> list[Readiness]:
    """By purpose, in the order of `PURPOSES`. least_pairs: the evaluation pairs that were agreed on; None: those of a small pilot."""
    aim = least_pairs or GATES[SMALL_PILOT]["least_pairs"]
    return [
        _training(dataset),
        _judged(dataset, "score", "sts", aim),
        _with_both_kinds(dataset, _judged(dataset, "cost", "decisions", aim)),
        _image_search(dataset, aim),
        _text_search(dataset, aim),
        _judged(dataset, "questions", "faq", aim),
        _settings(dataset),
    ]


def state(usable: int, aim: int, *, least: int = stats.MIN_ROWS) -> str:
    """One of `STATES`: below `least` rows nothing is decided, from `aim` on it is enough."""
    if not usable:
        return "not_enough"
    return "enough" if usable >= aim else "barely" if usable >= least else "not_enough"


def worst(found: Collection[Readiness]) -> str:
    """The state of what is furthest from enough, of what a verdict needs and what was brought."""
    counted = [STATES.index(one.state) for one in found if one.purpose not in OPTIONAL or one.state != "not_there"]
    return STATES[max(counted)]


def _training(dataset: "PairDataset") -> Readiness:
    rows, batch = dataset.counts["train"] + dataset.counts["texts"], RECOMMENDED.batch_size
    brought = dataset.counts["pairs"] + dataset.counts["texts"]
    if not rows:
        return Readiness("training", "not_there", 0, brought, batch, "none", remedy="add", table="pairs")
    if rows < batch:
        return Readiness("training", "barely", rows, brought, batch, "small_batch", rows, "add", "pairs")
    return Readiness("training", "enough", rows, brought, batch)


def _judged(dataset: "PairDataset", purpose: str, kind: str, aim: int) -> Readiness:
    """What can be measured on the rows of a judged table."""
    counts = dataset.counts
    usable, brought = counts[f"{kind}_usable"], counts[kind] - counts.get(f"{kind}_dev", 0)
    can_rate = kind == "sts" and counts["held_out_pairs"] >= 2
    if not brought:
        remedy = "rate" if can_rate else "add"
        return Readiness(purpose, "not_there", 0, 0, aim, "none", remedy=remedy, table=kind)
    found = state(usable, aim)
    if found == "enough":
        return Readiness(purpose, found, usable, brought, aim)
    if (back := brought - usable) and counts["train"] + counts["texts"] > 1:
        return Readiness(purpose, found, usable, brought, aim, "learnt", back, "hold_out", kind)
    return Readiness(purpose, found, usable, brought, aim, "few", usable, "rate" if can_rate else "add", kind)


def _with_both_kinds(dataset: "PairDataset", found: Readiness) -> Readiness:
    """Not enough where there are many decisions, but few matches or few others among those that measure."""
    if found.state not in ("enough", "barely"):
        return found
    match = dataset.decisions["match"][dataset.decisions["held_out"]]
    kinds = {"few_matches": int(match.sum()), "few_others": int((~match).sum())}
    cause = min(kinds, key=kinds.__getitem__)
    if kinds[cause] >= FEW_ROWS:
        return found
    fields = found.purpose, "not_enough", found.usable, found.brought, found.aim
    remedy = "hold_out" if found.remedy == "hold_out" else "add"
    return Readiness(*fields, cause, kinds[cause], remedy, "decisions")


def _image_search(dataset: "PairDataset", aim: int) -> Readiness:
    counts = dataset.counts
    usable, brought = counts["held_out_pairs"], counts["pairs"]
    if not brought:
        return Readiness("image_search", "not_there", 0, 0, aim, "none", remedy="add", table="pairs")
    found = state(usable, aim)
    if found == "enough":
        return Readiness("image_search", found, usable, brought, aim)
    cause = "one_group" if counts["groups"] < 2 else "few"
    return Readiness("image_search", found, usable, brought, aim, cause, usable, "add", "pairs")


def _text_search(dataset: "PairDataset", aim: int) -> Readiness:
    """Held-out captions whose product has another caption that is held out, too."""
    if not dataset.counts["pairs"]:
        return Readiness("text_search", "not_there", 0, 0, aim, "none", remedy="add", table="pairs")
    held_out = dataset.pairs.assign(words=dataset.words)[dataset.pairs["held_out"]]
    usable = int((held_out.groupby("group")["words"].transform("nunique") > 1).sum())
    found = state(usable, aim)
    if found == "enough":
        return Readiness("text_search", found, usable, len(held_out), aim)
    cause = "few" if usable else "no_two_captions"
    return Readiness("text_search", found, usable, len(held_out), aim, cause, usable, "add", "pairs")


def _settings(dataset: "PairDataset") -> Readiness:
    rows = dataset.counts["sts_dev"]
    found = state(rows, MIN_DEV_ROWS, least=MIN_DEV_ROWS) if rows else "not_there"
    if found == "enough":
        return Readiness("settings", found, rows, rows, MIN_DEV_ROWS)
    return Readiness("settings", found, rows, rows, MIN_DEV_ROWS, "few" if rows else "none", rows, "add", "sts")
