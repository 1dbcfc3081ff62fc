"""What the people involved agreed on before results are seen: validated at birth, locked with a digest and a time. No results here.

Versions are added, never written over. The digests tell a file that was changed by hand; they are no signature, so who writes
new digests into every later version goes unnoticed. What a contract says about results: see `decision`.
"""

import dataclasses
import datetime
import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from kdmcse import stats
from kdmcse.config import BASELINE, CANDIDATE, METHODS, Config, within
from kdmcse.engine.runs import list_runs
from kdmcse.errors import UserError
from kdmcse.i18n import money, number, say
from kdmcse.metrics import JUDGED, SCORES
from kdmcse.store.files import read_json, set_aside, write_json
from kdmcse.store.workspace import Workspace

if TYPE_CHECKING:
    from kdmcse.data import PairDataset

STAGES = (0, 1, 2, 3)
"""sample, small pilot, wider pilot, production candidate"""
BASELINES = tuple(method for method in (BASELINE, *METHODS) if method != CANDIDATE)
"""What KDMCSE can be measured against."""
GATES = {
    0: {"least_pairs": 20, "least_seeds": 2, "least_annotators": 0, "least_kappa": None, "no_leaks": True},
    1: {"least_pairs": 100, "least_seeds": 3, "least_annotators": 0, "least_kappa": None, "no_leaks": True},
    2: {"least_pairs": 300, "least_seeds": 3, "least_annotators": 2, "least_kappa": 0.6, "no_leaks": True},
    3: {"least_pairs": 1000, "least_seeds": 5, "least_annotators": 3, "least_kappa": 0.7, "no_leaks": True},
}
"""What a stage asks for unless something else is agreed. 0.6 and up is substantial agreement (Landis and Koch 1977)."""
SECTIONS = {
    "what": ("stage", "baseline", "primary", "further"),
    "success": ("least_gain", "least_saving", "most_hours", "most_money"),
    "stop": ("stop_below", "stop_date"),
    "gates": tuple(GATES[0]),
    "who": ("people",),
}
"""Every field that is agreed on once, as form, page and report show them."""


@dataclass(frozen=True)
class Person(Config):
    """Somebody who agreed."""

    name: str = ""
    """never empty"""
    role: str = ""
    """in their own words"""

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            value = " ".join(str(getattr(self, f.name)).split())
            if len(value) > 200:
                raise UserError("contract_text_too_long", field=f.name, limit=200)
            object.__setattr__(self, f.name, value)
        if not self.name:
            raise UserError("contract_person_without_name", field="people", role=self.role or "–")


SAMPLE_PEOPLE = (Person("sample"),)
"""Who agreed to the contract of the sample: nobody."""


@dataclass(frozen=True)
class Contract(Config):
    """What counts as success, when to stop, and what the evidence must be like. UserError that names the field."""

    dataset: str
    """fingerprint"""
    stage: int
    """one of `STAGES`"""
    baseline: str
    """one of `BASELINES`; `baseline` is today's student"""
    primary: str
    """the metric whose gain decides: one of `metrics()`"""
    further: tuple[str, ...]
    """metrics that are shown beside it and decide nothing"""
    least_gain: float
    """score: the lower end of the interval of the gain on `primary` must exceed it; in units of the metric"""
    least_saving: float | None
    """cost: money per month that the lower end of the interval of the saving must reach; None: not agreed"""
    most_hours: float | None
    """effort: person-hours, once and in all; None: not agreed"""
    most_money: float | None
    """effort: money, once and in all; None: not agreed"""
    currency: str | None
    """ISO 4217 code of all amounts; None where no amount is agreed"""
    stop_below: float | None
    """stop when even the upper end of the interval of the gain is below it; None: no such condition"""
    stop_date: str | None
    """stop when the score has not succeeded by the end of this day, ISO 8601; None: no such condition"""
    least_pairs: int
    """evaluation pairs that the primary metric rests on"""
    least_seeds: int
    """times that KDMCSE was trained"""
    least_annotators: int
    """people who judged the evaluation pairs; 0: not asked for"""
    least_kappa: float | None
    """agreement between them, quadratic weighted kappa; None: not asked for"""
    no_leaks: bool
    """no evaluation row may repeat what was trained on"""
    people: tuple[Person, ...]
    """who agreed, at least one"""

    def __post_init__(self) -> None:
        self._settle_types()
        for name in ("stage", "least_pairs", "least_seeds", "least_annotators"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise UserError("setting_not_whole", field=name, value=value)
        within("stage", self.stage, STAGES[0], STAGES[-1])
        self._require_choice("baseline", self.baseline, BASELINES)
        for metric in (self.primary, *self.further):
            self._require_choice("primary" if metric == self.primary else "further", metric, metrics())
        within("least_gain", self.least_gain, 0, 2)
        within("least_pairs", self.least_pairs, stats.MIN_ROWS, 10**6)
        within("least_seeds", self.least_seeds, stats.MIN_SEEDS, 100)
        within("least_annotators", self.least_annotators, 0, 1000)
        for name, low, high in (
            ("least_saving", 0, 1e12), ("most_hours", 0, 1e6), ("most_money", 0, 1e12), ("stop_below", -2, 2), ("least_kappa", 0, 1),
        ):  # fmt: skip
            if getattr(self, name) is not None:
                within(name, getattr(self, name), low, high)
        if not isinstance(self.no_leaks, bool):
            raise UserError("setting_not_a_choice", field="no_leaks", value=self.no_leaks, known="true, false")
        self._require_currency()
        self._require_stop()
        if not self.people:
            raise UserError("contract_without_people", field="people")

    def _settle_types(self) -> None:
        """What a table gives as text, list, table or whole number; a metric is named once."""
        people = self._listed("people", str, dict, Person)
        people = (Person(one) if isinstance(one, str) else one for one in people)
        people = tuple(Person.from_dict(one) if isinstance(one, dict) else one for one in people)
        further = (one for one in self._listed("further", str) if one != self.primary)
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "further", tuple(dict.fromkeys(further)))
        for name in ("least_gain", "least_saving", "most_hours", "most_money", "stop_below", "least_kappa"):
            # 0 and 0.0 are one agreement, so they must have one digest.
            if isinstance(value := getattr(self, name), int) and not isinstance(value, bool):
                object.__setattr__(self, name, float(value))

    def _listed(self, name: str, *kinds: type) -> Sequence[Any]:
        given = [value] if isinstance(value := getattr(self, name), str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(one, kinds) for one in given):
            raise UserError("contract_not_a_list", field=name, value=value)
        return given

    def _require_choice(self, name: str, value: object, known: tuple[str, ...]) -> None:
        if value not in known:
            raise UserError("setting_not_a_choice", field=name, value=value, known=", ".join(known))

    def _require_currency(self) -> None:
        from babel.core import get_global

        if self.currency is None and (self.least_saving is not None or self.most_money is not None):
            raise UserError("contract_without_currency", field="currency")
        if self.currency is not None and self.currency not in get_global("all_currencies"):
            raise UserError("currency_unknown", field="currency", value=self.currency)

    def _require_stop(self) -> None:
        if self.stop_below is None and self.stop_date is None:
            raise UserError("contract_without_stop", field="stop_below, stop_date")
        if self.stop_date is not None:
            try:
                datetime.date.fromisoformat(self.stop_date)
            except (TypeError, ValueError) as error:
                raise UserError("contract_date_unreadable", field="stop_date", value=self.stop_date) from error

    @property
    def identity(self) -> dict[str, Any]:
        """Every field."""
        return self.to_dict()

    @property
    def automatic(self) -> bool:
        """Locked by the product for its own sample; nobody agreed."""
        return self.stage == 0 and self.people == SAMPLE_PEOPLE

    def value(self, name: str, language: str) -> str:
        """A field in words; what was not agreed or not asked for says so."""
        value = getattr(self, name)
        if value is None or (name == "least_annotators" and not value) or (name == "further" and not value):
            return say(
                "contract.not_asked" if name in (*SECTIONS["gates"], "further") else "contract.not_agreed", language
            )
        if name in ("stage", "no_leaks"):
            return say(f"contract.{name}.{str(value).lower()}", language)
        if name == "baseline":
            return say(f"poc.method.{value}", language)
        if name in ("primary", "further"):
            named = [value] if name == "primary" else value
            return say("contract.list", language).join(say(f"poc.metric.{one}", language) for one in named)
        if name == "people":
            return self._people(language)
        if name in ("least_saving", "most_money"):
            return money(value, self.currency, language)
        if name == "stop_date":
            return day(value, language)
        return number(value, language, {"least_gain": 3, "stop_below": 3, "least_kappa": 2}.get(name, 0))

    def _people(self, language: str) -> str:
        if self.automatic:
            return say("contract.by_sample", language)
        told = [
            say("contract.person", language, name=one.name, role=one.role) if one.role else one.name
            for one in self.people
        ]
        return say("contract.list", language).join(told)

    def told(self, language: str) -> list[tuple[str, str]]:
        """Label and value of everything that was agreed, in the order of `SECTIONS`."""
        names = [name for section in SECTIONS.values() for name in section]
        return [(say(f"contract.field.{name}", language), self.value(name, language)) for name in names]


@dataclass(frozen=True)
class Change:
    """A field whose words differ between two versions, in the reader's language."""

    label: str
    before: str
    after: str


def changes(before: Contract, after: Contract, language: str) -> list[Change]:
    """What was agreed anew; another currency shows in its amounts."""
    rows = zip(before.told(language), after.told(language), strict=True)
    return [Change(label, old, new) for (label, old), (_, new) in rows if old != new]


@dataclass(frozen=True)
class Locked:
    """A version of a contract as it was stored."""

    version: int
    """from 1"""
    time: str
    """when it was locked, ISO 8601 in UTC; empty where it cannot be read any more"""
    digest: str
    """sha256 of all that was stored with it, the digest of the version before included"""
    contract: Contract | None
    """None where it cannot be read any more"""
    seen: tuple[str, ...]
    """runs that had results when it was locked"""
    intact: bool
    """False where its file was altered or taken away since"""

    @property
    def mark(self) -> str:
        """Enough of the digest to tell it from others."""
        return self.digest[:8]

    def date(self, language: str) -> str:
        return day(self.time[:10], language) if self.time else "–"

    def name(self, language: str) -> str:
        """Version, date and digest: which contract is meant."""
        return say("contract.name", language, version=self.version, date=self.date(language), digest=self.mark)

    def remark(self, language: str) -> str:
        """Whether results could be seen when it was locked, or that it is no longer what was locked."""
        if not self.intact:
            return say("contract.remark.altered", language)
        how = "sample" if self.contract.automatic else "changed" if self.version > 1 else "agreed"
        when = "after" if self.seen else "before"
        return say(f"contract.remark.{how}_{when}", language, date=self.date(language), runs=len(self.seen))

    def told(self, language: str) -> str:
        """Which version it is, who agreed, and whether results could be seen."""
        who = self.contract.value("people", language) if self.contract else "–"
        named = say("contract.version", language, name=self.name(language), people=who)
        return {"en": " ", "ja": ""}[language].join([named, self.remark(language)])

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        content = {"contract": self.contract and self.contract.to_dict(), "runs_with_results": list(self.seen)}
        kept = {"version": self.version, "locked": self.time, "digest": self.digest, "intact": self.intact}
        return kept | content | {"after_results": bool(self.seen)}


def metrics() -> tuple[str, ...]:
    """The scores that a contract may name."""
    return tuple(metric.name for metric in (*SCORES, JUDGED))


def proposed(dataset: "PairDataset", stage: int = 1, currency: str | None = None) -> dict[str, Any]:
    """A contract to start from, without people: what can be measured on the dataset, and the gates of the stage."""
    judged = dataset.counts["sts_usable"] > 0
    primary = "sts_spearman" if judged else "caption_to_caption_ndcg_at_10"
    gates = GATES[stage if stage in STAGES else 1]
    if not judged:
        gates = gates | {"least_annotators": 0, "least_kappa": None}
    return {
        "dataset": dataset.fingerprint,
        "stage": stage,
        "baseline": BASELINE,
        "primary": primary,
        "further": ("caption_to_caption_ndcg_at_10",) if judged and dataset.counts["held_out_pairs"] else (),
        "least_gain": 0.0,
        "least_saving": None,
        "most_hours": None,
        "most_money": None,
        "currency": currency,
        "stop_below": 0.01,
        "stop_date": None,
        **gates,
        "people": (),
    }


def lock(workspace: Workspace, contract: Contract, *, now: datetime.datetime | None = None) -> Locked:
    """Keep it as the next version of its dataset's contract; the same contract once more stays the version it is."""
    folder = _folder(workspace, contract.dataset)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        before = history(workspace, contract.dataset)
        if before and before[-1].intact and before[-1].contract == contract:
            return before[-1]
        record = {
            "version": before[-1].version + 1 if before else 1,
            "locked": (now or datetime.datetime.now(datetime.UTC))
            .astimezone(datetime.UTC)
            .isoformat(timespec="seconds"),
            "before": before[-1].digest if before else None,
            "runs_with_results": _with_results(workspace, contract.dataset),
            "contract": contract.to_dict(),
        }
        write_json(_path(folder, record["version"]), record | {"digest": _digest(record)})
    return history(workspace, contract.dataset)[-1]


def current(workspace: Workspace, dataset: str) -> Locked | None:
    """The newest version, None where nothing was agreed. UserError `contract_altered` where its file is not as it was locked."""
    found = history(workspace, dataset)
    if found and not found[-1].intact:
        file = _path(_folder(workspace, dataset), found[-1].version)
        raise UserError("contract_altered", version=found[-1].version, file=file.relative_to(workspace.path))
    return found[-1] if found else None


def history(workspace: Workspace, dataset: str) -> list[Locked]:
    """Every version, oldest first; one whose file is missing, altered or unlike what the next one remembers is not intact."""
    folder = _folder(workspace, dataset)
    known = [int(path.stem) for path in folder.glob("*.json") if re.fullmatch(r"\d{4,}", path.stem)]
    found: list[Locked] = []
    remembered = None
    for version in range(max(known, default=0), 0, -1):
        locked, before = _read(_path(folder, version), version)
        if found and found[-1].intact and locked.digest != remembered:
            locked = dataclasses.replace(locked, intact=False)
        found.append(locked)
        remembered = before
    return found[::-1]


def delete(workspace: Workspace, dataset: str) -> None:
    """Remove every version and what was not locked yet, for a dataset that is deleted with its results."""
    if (folder := _folder(workspace, dataset)).is_dir():
        shutil.rmtree(set_aside(folder))


def day(date: str, language: str) -> str:
    """A day of ISO 8601 as the language writes it."""
    from babel.dates import format_date

    return format_date(datetime.date.fromisoformat(date), format="long", locale=language)


def _folder(workspace: Workspace, dataset: str) -> Path:
    if not re.fullmatch(r"[\w-]+", dataset):
        raise ValueError(f"not a dataset id: {dataset!r}")
    return workspace.contracts / dataset


def _path(folder: Path, version: int) -> Path:
    return folder / f"{version:04d}.json"


def _digest(record: dict[str, Any]) -> str:
    """sha256 of everything in the record but the digest itself."""
    content = {name: value for name, value in record.items() if name != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _read(path: Path, version: int) -> tuple[Locked, str | None]:
    """A version, and the digest it remembers of the one before."""
    try:
        record = read_json(path) or {}
        contract = Contract.from_dict(record["contract"])
        intact = record["digest"] == _digest(record) and record["version"] == version
        seen = tuple(record["runs_with_results"])
        datetime.datetime.fromisoformat(record["locked"])
        return Locked(version, record["locked"], record["digest"], contract, seen, intact), record["before"]
    except (UserError, KeyError, TypeError, ValueError, AttributeError):
        return Locked(version, "", "", None, (), False), None


def _with_results(workspace: Workspace, dataset: str) -> list[str]:
    runs = list_runs(workspace, dataset)
    return [run.id for run in runs if (run.folder / "evaluation" / "scores.json").exists()]
