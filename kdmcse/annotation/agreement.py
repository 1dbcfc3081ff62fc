"""How far annotators agree: quadratic weighted kappa by scikit-learn, Krippendorff's alpha by NLTK.

Kappa (Cohen 1968) compares two people over the items that both judged: 1 is the same score each time, 0 is what chance would give at
the rate at which each of them uses each score. Alpha (Krippendorff 1980, interval) is the same for any number of people, each with the
items they judged. Either library takes seconds to import, so `kdmcse.processes.agreement` measures in the background and writes
agreement.json; reading that file imports neither. A coefficient that is undefined is None and has a reason; it is never 0.
"""

import dataclasses
import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kdmcse.annotation.judgements import IDLE_SECONDS, SCORES, judgements
from kdmcse.annotation.sampling import folder_of
from kdmcse.data import PairDataset
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

MIN_COMMON = 20
"""With fewer items that both judged, no agreement is computed."""
REASONS = ("nobody", "one_annotator", "few_common", "all_equal")
LEVELS = ((0.8, "high"), (0.6, "substantial"), (0.4, "moderate"), (-1.0, "low"))
"""Least kappa and name of each level of agreement (Landis and Koch 1977)."""


@dataclass(frozen=True)
class Coefficients:
    """How far two sides agree over the items that both judged."""

    common: int
    """items"""
    kappa: float | None
    """quadratic weighted; None: see `reason`"""
    alpha: float | None
    """Krippendorff's, interval; None: see `reason`"""
    difference: float | None
    """mean of the first side's score less the second's; None with fewer than `MIN_COMMON`"""
    reason: str | None
    """why kappa or alpha is missing: one of `REASONS`; None where both are there"""
    silent: tuple[str, ...] = ()
    """where that is `all_equal`, which sides gave one score throughout: `first`, `second` or both; earlier versions did not keep it"""


@dataclass(frozen=True)
class AnnotatorAgreement:
    """One person compared with the mean of the others. For kappa that mean is rounded to a whole score, halves up."""

    name: str
    judgements: int
    seconds: float | None
    """median time of a judgement, without those beyond `IDLE_SECONDS`"""
    others: Coefficients
    """this person is the first side: a positive difference is lenient, a negative one strict"""


@dataclass(frozen=True)
class PairAgreement:
    """Two people."""

    first: str
    second: str
    both: Coefficients


@dataclass(frozen=True)
class Agreement:
    """Agreement of everybody who judged the items of a dataset."""

    annotators: tuple[AnnotatorAgreement, ...]
    """by name"""
    pairs: tuple[PairAgreement, ...]
    """every two people, by name"""
    common: int
    """items judged by two or more"""
    judgements: int
    """of everybody"""
    kappa: float | None
    """mean of the kappas of the pairs that have one (Light 1971); None: see `reason`, or those of pairs: so where one gave one score alone"""
    alpha: float | None
    """over everybody; None: see `reason`"""
    reason: str | None
    """one of `REASONS`"""

    @property
    def level(self) -> str | None:
        """The name of the level that kappa reaches, from `LEVELS`; None without a kappa."""
        return None if self.kappa is None else next((name for least, name in LEVELS if self.kappa >= least), "low")

    @property
    def silent(self) -> tuple[str, ...]:
        """Names of those who gave one score alone on all that they and another one judged."""
        found = [getattr(pair, side) for pair in self.pairs for side in pair.both.silent]
        return tuple(sorted(set(found)))

    @property
    def compared(self) -> tuple[PairAgreement, ...]:
        """The pairs of people who judged enough of the same items; empty unless there are more than two people."""
        return tuple(pair for pair in self.pairs if not pair.both.reason) if len(self.annotators) > 2 else ()

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> "Agreement":
        """The inverse of `to_dict`."""
        people = [AnnotatorAgreement(**one | {"others": _coefficients(one["others"])}) for one in table["annotators"]]
        pairs = [PairAgreement(**one | {"both": _coefficients(one["both"])}) for one in table["pairs"]]
        kept = {"annotators": tuple(people), "pairs": tuple(pairs)}
        return cls(
            **table | kept | ({"kappa": None} if _is_silent(pairs) else {})
        )  # earlier versions left that person out


def _coefficients(table: dict[str, Any]) -> Coefficients:
    return Coefficients(**table | {"silent": tuple(table.get("silent", ()))})


def measure_agreement(table: pd.DataFrame) -> Agreement:
    """Agreement over a table of `judgements`. The libraries are imported only where there is something to measure."""
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
    kappa = None if reason or _is_silent(pairs) or not kappas else float(np.mean(kappas))
    return Agreement(tuple(people), pairs, len(several), len(table), kappa, alpha, reason)


def _is_silent(pairs: Iterable[PairAgreement]) -> bool:
    """Whether one of them gave one score alone: the kappas of the others would not be that of everybody."""
    return any(pair.both.reason == "all_equal" for pair in pairs)


def _reason(people: int, common: int, different: int) -> str | None:
    if people < 2:
        return "one_annotator" if people else "nobody"
    if common < MIN_COMMON:
        return "few_common"
    return "all_equal" if different < 2 else None


def _measure(first: pd.Series, second: pd.Series, people: int) -> Coefficients:
    both = pd.DataFrame({"first": first, "second": second}).dropna()
    whole = both.assign(second=np.floor(both["second"] + 0.5))
    # Where one side gives a single score, kappa is 0 whatever the other side says: it is undefined, not low.
    reason = _reason(people, len(both), min(both["first"].nunique(), both["second"].nunique()))
    if reason in ("nobody", "one_annotator", "few_common"):
        return Coefficients(len(both), None, None, None, reason)
    difference = float((both["first"] - both["second"]).mean())
    if silent := tuple(side for side in ("first", "second") if whole[side].nunique() < 2):
        return Coefficients(len(both), None, None, difference, "all_equal", silent)
    return Coefficients(len(both), _kappa(whole["first"], whole["second"]), _alpha(both), difference, None)


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


# Stored in agreement.json


def read_agreement(workspace: Workspace, dataset: PairDataset) -> Agreement | None:
    """The agreement that was measured last, also where judgements were added since; None before the first. Imports no library."""
    kept = read_json(folder_of(workspace, dataset) / "agreement.json")
    return Agreement.from_dict(kept["agreement"]) if kept and kept["agreement"] else None


def current_agreement(workspace: Workspace, dataset: PairDataset) -> Agreement | None:
    """The agreement of the judgements that stand now; None where these were not measured. Imports no library."""
    now = judgements_digest(judgements(workspace, dataset))
    return read_agreement(workspace, dataset) if kept_status(workspace, dataset, now) == "done" else None


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
    """Measure the agreement now and store it."""
    table = judgements(workspace, dataset)
    kept = {"digest": judgements_digest(table), "agreement": None}
    try:
        agreement = measure_agreement(table)
        kept["agreement"] = agreement.to_dict()
    finally:
        write_json(folder_of(workspace, dataset) / "agreement.json", kept)
    return agreement


def judgements_digest(table: pd.DataFrame) -> str:
    """A digest that changes with every judgement in the table that is added or changed."""
    rows = sorted(map(tuple, table[["annotator", "item", "score", "seconds"]].astype(str).to_numpy()))
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
