"""What the people involved agreed on before results are seen: which score decides, how much is success, when to stop.

Criteria are checked when they are made. `locking` stores them as versions, `decision` judges results by them.
"""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SkipValidation, field_validator

from kdmcse import stats
from kdmcse.config import BASELINE, CANDIDATE, METHODS, Config
from kdmcse.criteria.kpis import MOST, Kpi
from kdmcse.criteria.measurable import unmeasurable
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING
from kdmcse.metrics import JUDGED, SCORES
from kdmcse.validation import Amount, Currency, Refused, Share, before, checked

if TYPE_CHECKING:
    from kdmcse.data import PairDataset

STAGES = (0, 1, 2, 3)
"""sample, small pilot, wider pilot, production candidate"""
BASELINES = tuple(method for method in (BASELINE, *METHODS) if method != CANDIDATE)
"""What KDMCSE can be measured against."""
METRICS = tuple(metric.name for metric in (*SCORES, JUDGED))
"""The scores that criteria may name."""
GATES = {
    0: {"least_pairs": 20, "least_seeds": 2, "least_annotators": 0, "least_kappa": None, "no_leaks": True},
    1: {"least_pairs": 100, "least_seeds": 3, "least_annotators": 0, "least_kappa": None, "no_leaks": True},
    2: {"least_pairs": 300, "least_seeds": 3, "least_annotators": 2, "least_kappa": 0.6, "no_leaks": True},
    3: {"least_pairs": 1000, "least_seeds": 5, "least_annotators": 3, "least_kappa": 0.7, "no_leaks": True},
}
"""What a stage asks for unless something else is agreed. 0.6 and up is substantial agreement (Landis and Koch 1977)."""
SECTIONS = {
    "what": ("stage", "baseline", "primary", "further"),
    "success": ("least_gain", "least_saving", "most_hours", "most_money", "kpis"),
    "stop": ("stop_below", "stop_date"),
    "gates": tuple(GATES[0]),
    "who": ("people",),
}
"""Every field that is agreed on once, as form, page and report show them."""


def _tidy(given: object) -> str:
    tidy = " ".join(str(given).split())
    if len(tidy) > 200:
        raise Refused("contract_text_too_long", limit=200)
    return tidy


@checked
class Person(Config):
    """Somebody who agreed."""

    name: Annotated[str, before(_tidy)] = ""
    """never empty"""
    role: Annotated[str, before(_tidy)] = ""
    """in their own words"""

    def __post_init__(self) -> None:
        if not self.name:
            raise UserError("contract_person_without_name", field="people", role=self.role or MISSING)


SAMPLE_PEOPLE = (Person("sample"),)
"""The sample's criteria are locked by the product; no person agreed to them."""


@checked
class Criteria(Config):
    """What counts as success, when to stop, and which evidence is needed. UserError naming the field for a value that is not allowed."""

    dataset: SkipValidation[str]
    """fingerprint"""
    stage: Annotated[int, Field(ge=STAGES[0], le=STAGES[-1])]
    """one of `STAGES`"""
    baseline: Literal[BASELINES]
    """one of `BASELINES`; `baseline` is the current model"""
    primary: Literal[METRICS]
    """the metric whose gain decides: one of `METRICS`"""
    further: tuple[str, ...]
    """metrics that are shown beside it and decide nothing"""
    least_gain: Annotated[float, Field(ge=0, le=2)]
    """score: the lower end of the interval of the gain on `primary` must be above it; in units of the metric"""
    least_saving: Amount | None
    """cost: money per month that the lower end of the interval of the saving must reach; None: not agreed"""
    most_hours: Annotated[float, Field(ge=0, le=1e6)] | None
    """effort: person-hours, once and in all; None: not agreed"""
    most_money: Amount | None
    """effort: money, once and in all; None: not agreed"""
    currency: Currency | None
    """ISO 4217 code of all amounts; None where no amount is agreed"""
    stop_below: Annotated[float, Field(ge=-2, le=2)] | None
    """stop when even the upper end of the interval of the gain is below it; None: no such condition"""
    stop_date: SkipValidation[str | None]
    """stop when the score has not succeeded by the end of this day, ISO 8601; None: no such condition"""
    least_pairs: Annotated[int, Field(ge=stats.MIN_ROWS, le=10**6)]
    """evaluation pairs that the primary metric rests on"""
    least_seeds: Annotated[int, Field(ge=stats.MIN_SEEDS, le=100)]
    """times that KDMCSE was trained"""
    least_annotators: Annotated[int, Field(ge=0, le=1000)]
    """people who judged the evaluation pairs; 0: not asked for"""
    least_kappa: Share | None
    """agreement between them, quadratic weighted kappa; None: not asked for"""
    no_leaks: bool
    """no evaluation row may repeat what was trained on"""
    people: tuple[Person, ...]
    """who agreed, at least one"""
    kpis: tuple[Kpi, ...] = ()
    """figures of people's own, of different names and at most `kpis.MOST`; a later stage has its own"""

    @field_validator("further", mode="before")
    @classmethod
    def _names(cls, given: object) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_listed("further", given, str)))

    @field_validator("people", mode="before")
    @classmethod
    def _persons(cls, given: object) -> tuple[Person, ...]:
        kinds = {str: Person, dict: Person.from_dict}
        people = _listed("people", given, str, dict, Person)
        return tuple(kinds[type(person)](person) if type(person) in kinds else person for person in people)

    @field_validator("kpis", mode="before")
    @classmethod
    def _kpis(cls, given: object) -> tuple[Kpi, ...]:
        if not isinstance(given, list | tuple) or not all(isinstance(kpi, dict | Kpi) for kpi in given):
            raise UserError("kpis_not_a_list", field="kpis", value=str(given)[:60])
        kpis = tuple(_kpi(place, kpi) for place, kpi in enumerate(given, 1))
        if len(kpis) > MOST:
            raise UserError("kpis_too_many", field="kpis", count=len(kpis), limit=MOST)
        names = [kpi.key for kpi in kpis]
        if twice := next((kpi.name for kpi in kpis if names.count(kpi.key) > 1), None):
            raise UserError("kpi_twice", field="kpis", name=twice)
        return kpis

    def __post_init__(self) -> None:
        object.__setattr__(self, "further", tuple(metric for metric in self.further if metric != self.primary))
        for metric in self.further:
            if metric not in METRICS:
                raise UserError("setting_not_a_choice", field="further", value=metric, known=METRICS)
        if self.currency is None and (self.least_saving, self.most_money) != (None, None):
            raise UserError("contract_without_currency", field="currency")
        self._require_stop()
        if not self.people:
            raise UserError("contract_without_people", field="people")

    def _require_stop(self) -> None:
        if self.stop_below is None and self.stop_date is None:
            raise UserError("contract_without_stop", field=("stop_below", "stop_date"))
        if self.stop_date is not None:
            try:
                datetime.date.fromisoformat(self.stop_date)
            except (TypeError, ValueError) as error:
                raise UserError("contract_date_unreadable", field="stop_date", value=self.stop_date) from error

    def require_order(self) -> None:
        """UserError where the stop line lies above the gain that counts as success: an interval between them would be a go and a stop at once.

        Asked of what is about to be agreed on, not of what is stored: versions that were locked before stay as they were agreed.
        """
        if self.stop_below is not None and self.stop_below > self.least_gain:
            raise UserError("contract_lines_cross", field="stop_below", stop=self.stop_below, gain=self.least_gain)

    def to_dict(self) -> dict[str, Any]:
        """Every field; without KPIs the same as before there were any, so that equal criteria are stored alike."""
        return {name: value for name, value in super().to_dict().items() if name != "kpis" or value}

    @property
    def identity(self) -> dict[str, Any]:
        """Every field."""
        return self.to_dict()

    @property
    def automatic(self) -> bool:
        """Whether the product locked them for its own sample, with no person agreeing."""
        return self.stage == 0 and self.people == SAMPLE_PEOPLE


def _listed(name: str, given: object, *kinds: type) -> Sequence[Any]:
    """A list, a tuple or a single text as a sequence of these kinds. UserError `contract_not_a_list` for anything else."""
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list | tuple) or not all(isinstance(item, kinds) for item in items):
        raise UserError("contract_not_a_list", field=name, value=given)
    return items


def _kpi(place: int, given: dict[str, Any] | Kpi) -> Kpi:
    """UserError with its place in the list before the field: `kpis/2/target`."""
    try:
        return given if isinstance(given, Kpi) else Kpi.from_dict(given)
    except UserError as error:
        raise UserError(error.code, **error.fields | {"field": f"kpis/{place}/{error.fields['field']}"}) from error


def default_criteria(
    dataset: "PairDataset", stage: int = 1, currency: str | None = None, primary: str | None = None
) -> dict[str, Any]:
    """The fields of `Criteria` to start from, without people: a score that can be measured on the dataset, and the gates of the stage.

    primary: the score that decides, where that is chosen already. Who judged, and whether they agree, is asked only where it is that of the
    judgements in the app: of others it is not known.
    """
    search = "caption_to_caption_ndcg_at_10"
    proposed = ("sts_spearman", search, JUDGED.name)
    first = next((name for name in proposed if unmeasurable(dataset, name, BASELINE) is None), search)
    primary, gates = primary or first, GATES[stage if stage in STAGES else 1]
    if primary != JUDGED.name:
        gates = gates | {"least_annotators": 0, "least_kappa": None}
    return {
        "dataset": dataset.fingerprint,
        "stage": stage,
        "baseline": BASELINE,
        "primary": primary,
        "further": (search,) if first == "sts_spearman" and dataset.counts["held_out_pairs"] else (),
        "least_gain": 0.01,
        "least_saving": None,
        "most_hours": None,
        "most_money": None,
        "currency": currency,
        "stop_below": 0.01,
        "stop_date": None,
        **gates,
        "people": (),
        "kpis": (),
    }
