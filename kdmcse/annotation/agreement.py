"""Whether people who judged the same items say the same: quadratic weighted kappa by scikit-learn, Krippendorff's alpha by NLTK.

Kappa (Cohen 1968) is between two people over the items both judged: 1 is the same score each time, 0 what chance would give with
their habits. Alpha (Krippendorff 1980, interval) says the same of any number of people, each with the items they judged.
Either library takes seconds to import, so `kdmcse.processes.agreement` measures in the background, and the result lies in
agreement.json. Reading that is light. What is undefined has a reason and no value, never 0.
"""

import dataclasses
import hashlib
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.annotation.judgements import IDLE_SECONDS, SCORES, judgements
from kdmcse.annotation.sampling import folder_of, joined
from kdmcse.data import PairDataset
from kdmcse.i18n import number, say
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

MIN_COMMON = 20
"""Fewer items that both judged say nothing about agreement."""
REASONS = ("one_annotator", "few_common", "all_equal")
LEVELS = ((0.8, "high"), (0.6, "substantial"), (0.4, "moderate"), (-1.0, "low"))
"""From which kappa on (Landis and Koch 1977)."""


@dataclass(frozen=True)
class Measured:
    """How two sides agree over the items that both judged."""

    common: int
    """items"""
    kappa: float | None
    """quadratic weighted; None: see `reason`"""
    alpha: float | None
    """Krippendorff's, interval; None: see `reason`"""
    difference: float | None
    """mean of the first side's score less the second's; None with fewer than `MIN_COMMON`"""
    reason: str | None
    """why kappa or alpha lack: one of `REASONS`; None where both are there"""

    def told(self, language: str) -> dict[str, str]:
        """common, kappa, alpha and difference as the language writes them."""
        sign = "+" if self.difference is not None and round(self.difference, 2) > 0 else ""
        return {
            "common": number(self.common, language),
            "kappa": number(self.kappa, language, 2),
            "alpha": number(self.alpha, language, 2),
            "difference": sign + number(self.difference, language, 2),
        }


@dataclass(frozen=True)
class AnnotatorAgreement:
    """One person against the mean of the others: for kappa rounded to a whole score (halves up), else as it is."""

    name: str
    judgements: int
    seconds: float | None
    """median a judgement, without those beyond `IDLE_SECONDS`"""
    others: Measured
    """first this person: a positive difference is lenient, a negative one strict"""


@dataclass(frozen=True)
class PairAgreement:
    """Two people."""

    first: str
    second: str
    both: Measured


@dataclass(frozen=True)
class Agreement:
    """Of everybody who judged a dataset's items."""

    annotators: tuple[AnnotatorAgreement, ...]
    """by name"""
    pairs: tuple[PairAgreement, ...]
    """every two people, by name"""
    common: int
    """items judged by two or more"""
    judgements: int
    """that all this rests on"""
    kappa: float | None
    """mean of the kappas of the pairs that have one (Light 1971); None: see `reason`"""
    alpha: float | None
    """over everybody; None: see `reason`"""
    reason: str | None
    """one of `REASONS`"""

    def sentence(self, language: str) -> str:
        """How well they agree, or why that cannot be told."""
        if self.reason:
            return why(self.reason, self.common, language)
        if self.kappa is None:
            return why("few_common", max((pair.both.common for pair in self.pairs), default=0), language)
        level = next(name for least, name in LEVELS if self.kappa >= least or name == "low")
        values = {"kappa": number(self.kappa, language, 2), "alpha": number(self.alpha, language, 2)}
        values |= {"common": number(self.common, language), "people": number(len(self.annotators), language)}
        told = [say("labelling.agreement", language, level=say(f"labelling.level.{level}", language), **values)]
        if level in ("low", "moderate"):
            told.append(say("labelling.advice", language))
        return joined(told, language)

    @property
    def compared(self) -> tuple[PairAgreement, ...]:
        """Every two people who judged enough of the same items, where there are more than two people."""
        return tuple(pair for pair in self.pairs if not pair.both.reason) if len(self.annotators) > 2 else ()

    def lines(self, language: str) -> list[str]:
        """A line for each person, and one for every two people that can be compared where there are more than two."""
        told = []
        for one in self.annotators:
            facts = {"judgements": number(one.judgements, language), "seconds": number(one.seconds, language, 1)}
            line = say("labelling.annotator", language, name=one.name, **facts)
            if not one.others.reason:
                line = joined([line, say("labelling.others", language, **one.others.told(language))], language)
            told.append(line)
        for pair in self.compared:
            facts = pair.both.told(language)
            told.append(say("labelling.pair", language, first=pair.first, second=pair.second, **facts))
        return told

    def lacking(self, language: str) -> list[str]:
        """Of whom nothing can be said although others agree or disagree, and why."""
        return [
            say("labelling.lacking", language, name=one.name, why=why(one.others.reason, one.others.common, language))
            for one in self.annotators
            if one.others.reason and not self.reason
        ]

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> "Agreement":
        """What `to_dict` gave."""
        people = [AnnotatorAgreement(**one | {"others": Measured(**one["others"])}) for one in table["annotators"]]
        pairs = [PairAgreement(**one | {"both": Measured(**one["both"])}) for one in table["pairs"]]
        return cls(**table | {"annotators": tuple(people), "pairs": tuple(pairs)})


def why(reason: str, common: int, language: str) -> str:
    """A reason of `REASONS` as a sentence; `common`: items judged by both."""
    counts = {"common": number(common, language), "needed": number(MIN_COMMON, language)}
    return say(f"labelling.reason.{reason}", language, **counts)


def measure_agreement(table: pd.DataFrame) -> Agreement:
    """`table` as `judgements` gives it. The libraries are imported only where there is something to measure."""
    scores = table.pivot(index="item", columns="annotator", values="score")
    names = sorted(scores.columns)
    several = scores[scores.notna().sum(axis=1) > 1]
    people = []
    for name in names:
        own = table[table["annotator"] == name]
        timed = own["seconds"][own["seconds"] <= IDLE_SECONDS]
        others = several.drop(columns=name).mean(axis=1)
        seconds = float(timed.median()) if len(timed) else None
        people.append(AnnotatorAgreement(name, len(own), seconds, _measure(several[name], others, len(names))))
    pairs = tuple(
        PairAgreement(one, other, _measure(several[one], several[other], len(names)))
        for one, other in itertools.combinations(names, 2)
    )
    reason = _reason(len(names), len(several), several.stack().nunique())
    alpha = None if reason else _alpha(several)
    kappas = [pair.both.kappa for pair in pairs if pair.both.kappa is not None]
    kappa = None if reason or not kappas else float(np.mean(kappas))
    return Agreement(tuple(people), pairs, len(several), len(table), kappa, alpha, reason)


def _reason(people: int, common: int, different: int) -> str | None:
    if people < 2:
        return "one_annotator"
    if common < MIN_COMMON:
        return "few_common"
    return "all_equal" if different < 2 else None


def _measure(first: pd.Series, second: pd.Series, people: int) -> Measured:
    both = pd.DataFrame({"first": first, "second": second}).dropna()
    whole = both.assign(second=np.floor(both["second"] + 0.5))
    # Of somebody who gives one score throughout, kappa is 0 whatever the other says: that measures nothing.
    reason = _reason(people, len(both), min(both["first"].nunique(), both["second"].nunique()))
    if reason in ("one_annotator", "few_common"):
        return Measured(len(both), None, None, None, reason)
    difference = float((both["first"] - both["second"]).mean())
    if reason or whole["second"].nunique() < 2:
        return Measured(len(both), None, None, difference, "all_equal")
    return Measured(len(both), _kappa(whole["first"], whole["second"]), _alpha(both), difference, None)


def _kappa(first: pd.Series, second: pd.Series) -> float:
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(first.astype(int), second.astype(int), labels=SCORES, weights="quadratic"))


def _alpha(scores: pd.DataFrame) -> float:
    """scores: items x people, NaN where somebody did not judge."""
    from nltk.metrics import interval_distance
    from nltk.metrics.agreement import AnnotationTask

    said = [
        (str(column), str(item), float(score)) for column in scores for item, score in scores[column].dropna().items()
    ]
    return float(AnnotationTask(data=said, distance=interval_distance).alpha())


# What was measured, kept for pages


def read_agreement(workspace: Workspace, dataset: PairDataset) -> Agreement | None:
    """The newest that was measured, also where people have gone on since; None before. Light."""
    kept = read_json(folder_of(workspace, dataset) / "agreement.json")
    return Agreement.from_dict(kept["agreement"]) if kept and kept["agreement"] else None


def kept_status(workspace: Workspace, dataset: PairDataset, digest: str) -> str:
    """Whether the judgements of this digest were measured: `none`, `done` or `failed`."""
    kept = read_json(folder_of(workspace, dataset) / "agreement.json")
    if kept is None or kept["digest"] != digest:
        return "none"
    return "done" if kept["agreement"] else "failed"


def needs_no_library(table: pd.DataFrame) -> bool:
    """Whether there is nothing to measure in `table` (as `judgements` gives it), so that `keep_agreement` is instant."""
    people, by_item = table["annotator"].nunique(), table["item"].value_counts()
    return _reason(people, int((by_item > 1).sum()), table["score"].nunique()) is not None


def keep_agreement(workspace: Workspace, dataset: PairDataset) -> Agreement:
    """Measure now, and keep it for who reads."""
    table = judgements(workspace, dataset)
    kept = {"digest": judgements_digest(table), "agreement": None}
    try:
        found = measure_agreement(table)
        kept["agreement"] = found.to_dict()
    finally:
        write_json(folder_of(workspace, dataset) / "agreement.json", kept)
    return found


def judgements_digest(table: pd.DataFrame) -> str:
    """Changes whenever a judgement of `judgements` is added or changed."""
    rows = sorted(map(tuple, table[["annotator", "item", "score", "seconds"]].astype(str).to_numpy()))
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
