"""What the people involved agreed on before results are seen: which score decides, how much is success, when to stop.

Criteria are checked when they are made. `locking` stores them as versions, `decision` judges results by them.
"""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdmcse import stats
from kdmcse.config import BASELINE, CANDIDATE, METHODS, Config, within
from kdmcse.errors import UserError
from kdmcse.metrics import JUDGED, SCORES

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
"""The sample's criteria are locked by the product; no person agreed to them."""


@dataclass(frozen=True)
class Criteria(Config):
    """What counts as success, when to stop, and which evidence is needed. UserError naming the field for a value that is not allowed."""

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
    """score: the lower end of the interval of the gain on `primary` must be above it; in units of the metric"""
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
        """Convert what a file gives as text, list, table or whole number to the types of the fields; name each metric once."""
        people = self._listed("people", str, dict, Person)
        people = (Person(one) if isinstance(one, str) else one for one in people)
        people = tuple(Person.from_dict(one) if isinstance(one, dict) else one for one in people)
        further = (one for one in self._listed("further", str) if one != self.primary)
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "further", tuple(dict.fromkeys(further)))
        for name in ("least_gain", "least_saving", "most_hours", "most_money", "stop_below", "least_kappa"):
            # 0 and 0.0 mean the same, so both must give the same digest.
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
        """Whether the product locked them for its own sample, with no person agreeing."""
        return self.stage == 0 and self.people == SAMPLE_PEOPLE


def metrics() -> tuple[str, ...]:
    """The scores that criteria may name."""
    return tuple(metric.name for metric in (*SCORES, JUDGED))


def default_criteria(dataset: "PairDataset", stage: int = 1, currency: str | None = None) -> dict[str, Any]:
    """The fields of `Criteria` to start from, without people: a score that can be measured on the dataset, and the gates of the stage."""
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
