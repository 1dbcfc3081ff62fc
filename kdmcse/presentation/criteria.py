"""Criteria, their versions and the decision that follows from them, as sentences and as labels with values. Judges nothing."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdmcse.criteria.criteria import SECTIONS, Criteria
from kdmcse.criteria.decision import Decision, Line, Step
from kdmcse.criteria.kpis import LEAST_ROWS, KpiValue
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.criteria.measurable import unmeasurable
from kdmcse.data import PairDataset
from kdmcse.i18n import MISSING, Locale, capital
from kdmcse.metrics import JUDGED
from kdmcse.presentation import kpis
from kdmcse.presentation.rounded import agreed_money, money_range, rounded_money, rounds_past
from kdmcse.roi.effort import HOURS_A_DAY

_DIGITS = {"score": 3, "gain": 3, "least_gain": 3, "stop_below": 3, "kappa": 2, "least_kappa": 2}
_MORE = 3
"""Decimals beyond those by which a number is told from what was agreed."""


@dataclass(frozen=True)
class FieldText:
    """A field of the criteria with its value in words."""

    label: str
    value: str


@dataclass(frozen=True)
class FieldChange:
    """A field whose words differ between two versions."""

    label: str
    before: str
    after: str


# Criteria and their versions


def field_value(t: Locale, criteria: Criteria, name: str) -> str:
    """The value of a field in words, or that it was not agreed or not asked for."""
    value = getattr(criteria, name)
    if value is None or (name in ("least_annotators", "further", "kpis") and not value):
        if name in ("further", "kpis"):
            return t("criteria.no_further")
        return t("criteria.not_asked" if name in SECTIONS["gates"] else "criteria.not_agreed")
    if name in ("stage", "no_leaks"):
        return t(f"criteria.{name}.{str(value).lower()}")
    if name == "baseline":
        return t(f"results.method.{value}")
    if name == "primary":
        return capital(t(f"results.metric.{value}"))
    if name == "further":
        return t.list(t(f"results.metric.{metric}") for metric in value)
    if name == "kpis":
        return t.series(kpis.kpi_text(t, kpi) for kpi in value)
    if name == "people":
        return _people(t, criteria)
    if name in ("least_saving", "most_money"):
        return agreed_money(t, value, criteria.currency)
    if name == "stop_date":
        return t.date(value)
    return t.number(value, _DIGITS.get(name, 0))


def field_texts(t: Locale, criteria: Criteria) -> list[FieldText]:
    """Every field that is agreed on, in the order of `SECTIONS`."""
    names = [name for section in SECTIONS.values() for name in section]
    return [FieldText(t(f"criteria.field.{name}"), field_value(t, criteria, name)) for name in names]


def changes(t: Locale, before: Criteria, after: Criteria) -> list[FieldChange]:
    """The fields that differ between two versions. Another currency shows in the amounts."""
    pairs = zip(field_texts(t, before), field_texts(t, after), strict=True)
    return [FieldChange(old.label, old.value, new.value) for old, new in pairs if old != new]


def unmeasurable_sentence(t: Locale, reason: str | None) -> str | None:
    """Why a score can never be measured, by a reason of `measurable.REASONS`; None where it can."""
    return reason and t(f"criteria.unmeasurable.{reason}")


def doubts(
    t: Locale, dataset: PairDataset, terms: Mapping[str, Any], today: datetime.date, *, judged: bool
) -> list[str]:
    """What nobody would agree on knowingly: a score that this dataset cannot give, or not yet, gates on people that nobody passes, a day
    that has passed.

    terms: of `Criteria`, by field. judged: whether anybody has judged pairs in the app.
    """
    sentences = []
    if reason := unmeasurable(dataset, terms["primary"], terms["baseline"]):
        metric = t(f"results.metric.{terms['primary']}")
        sentences.append(t.join([t("criteria.doubt.primary", metric=metric), unmeasurable_sentence(t, reason)]))
    elif terms["primary"] == JUDGED.name and not judged:
        sentences.append(t("criteria.doubt.not_judged", metric=t(f"results.metric.{JUDGED.name}")))
    if terms["primary"] != JUDGED.name and (terms["least_annotators"] or terms["least_kappa"] is not None):
        sentences.append(t("criteria.doubt.people", metric=t(f"results.metric.{JUDGED.name}")))
    if terms["stop_date"] and datetime.date.fromisoformat(terms["stop_date"]) < today:
        sentences.append(t("criteria.doubt.stop_date", date=t.date(terms["stop_date"])))
    return sentences


def version_date(t: Locale, locked: LockedCriteria) -> str:
    """The day on which a version was locked."""
    return t.date(locked.time)


def version_name(t: Locale, locked: LockedCriteria) -> str:
    """Version and date, to be used within a sentence."""
    return t("criteria.name", version=locked.version, date=version_date(t, locked))


def version_remark(t: Locale, locked: LockedCriteria) -> str:
    """Whether results existed when the version was locked, or that its file was altered."""
    if not locked.intact:
        return t("criteria.remark.altered")
    how = "sample" if locked.criteria.automatic else "changed" if locked.version > 1 else "agreed"
    date, runs = version_date(t, locked), len(locked.seen)
    return (
        t(f"criteria.remark.{how}_after", date=date, count=runs)
        if runs
        else t(f"criteria.remark.{how}_before", date=date)
    )


def version_sentence(t: Locale, locked: LockedCriteria) -> str:
    """Which version it is, who agreed, the digest that shows alterations, and whether results existed."""
    people = field_value(t, locked.criteria, "people") if locked.criteria else MISSING
    sentence = t("criteria.version", name=version_name(t, locked), people=people, digest=locked.mark)
    return t.join([sentence, version_remark(t, locked)])


def _people(t: Locale, criteria: Criteria) -> str:
    if criteria.automatic:
        return t("criteria.by_sample")
    return t.list(
        t("criteria.person", name=person.name, role=person.role) if person.role else person.name
        for person in criteria.people
    )


# Decisions


def line_label(t: Locale, line: Line) -> str:
    """What an axis, KPI, gate or stop condition is called."""
    return line.kpi.name if line.kpi else t(f"criteria.{line.kind}.{line.name}.label")


def line_state(t: Locale, line: Line) -> str:
    """Its state in a word or two."""
    return t(f"criteria.state.{'stop_' if line.kind == 'stop' else ''}{line.state}")


def line_sentence(t: Locale, line: Line) -> str:
    """Its state with the numbers that it follows from."""
    if line.kpi:
        known = KpiValue(*(line.numbers[name] for name in ("found", "low", "high", "rows")))
        fields = {"name": line.kpi.name, "target": kpis.target_text(t, line.kpi), "least": t.number(LEAST_ROWS)}
        return t(f"criteria.kpi.{line.name}.{line.code}", **fields, **kpis.numbers_of(t, line.kpi, known))
    numbers = _written(t, line) | {"day": t.number(HOURS_A_DAY)}
    return t(f"criteria.{line.kind}.{line.name}.{line.code}", **numbers)


def step_sentence(t: Locale, step: Step) -> str:
    """What to do, as a request."""
    fields: dict[str, Any] = {} if step.count is None else {"count": step.count}
    if step.kpi:
        fields |= {"kpi": step.kpi.name, "target": kpis.target_text(t, step.kpi)}
    return t(f"criteria.step.{step.name}.{step.code}", **fields)


def decision_headline(t: Locale, decision: Decision) -> str:
    """The decision in a few words."""
    return t(f"criteria.headline.{decision.value}")


def stop_reasons(t: Locale, decision: Decision) -> list[str]:
    """Why it ends, each reason with its numbers; empty unless the decision is to stop."""
    return [line_sentence(t, line) for line in decision.reasons] if decision.value == "stop" else []


def decision_basis(t: Locale, decision: Decision) -> str:
    """The criteria by which it was judged, and whether results existed when those were locked."""
    basis = t("criteria.decision.judged_by", criteria=version_name(t, decision.locked))
    return t.join([basis, version_remark(t, decision.locked)])


def decision_people(t: Locale, decision: Decision) -> str:
    """Who agreed on those criteria, with their roles."""
    people = _people(t, decision.locked.criteria)
    return t("criteria.line", label=t("criteria.field.people"), value=people)


def _written(t: Locale, line: Line) -> dict[str, str]:
    """The numbers of a line as its sentence has them: an amount rounded, unless that would move it past what was agreed, which stays as it is."""
    if line.name not in ("cost", "money") or "agreed" not in line.numbers:
        return _told_apart(t, line)
    currency, limit = line.numbers["currency"], line.numbers["agreed"]
    found, *ends = (line.numbers.get(name) for name in ("found", "low", "high"))
    if rounds_past(t, limit, found, *ends):
        numbers = _told_apart(t, line)
        return numbers | {"range": t("roi.range", **numbers) if "low" in numbers else MISSING}
    texts = {"found": rounded_money(t, found, currency, *ends), "range": money_range(t, *ends, currency)}
    return _told_apart(t, line) | texts | {"agreed": agreed_money(t, limit, currency)}


def _told_apart(t: Locale, line: Line) -> dict[str, str]:
    """The numbers of a line, with more decimals than usual where only these tell one from what was agreed."""
    compared = [name for name in ("found", "low", "high") if line.numbers.get(name) != line.numbers.get("agreed")]
    for more in (*range(_MORE + 1), 0):
        numbers = {name: _number(t, line, value, more) for name, value in line.numbers.items()}
        if all(numbers.get(name) != numbers.get("agreed") for name in compared):
            break
    return numbers


def _number(t: Locale, line: Line, value: Any, more: int) -> str:
    """A number of a line as its axis, gate or condition writes it, with so many `more` decimals; a text such as a currency as it is."""
    if isinstance(value, str):
        return t.date(value) if line.name == "date" else value
    if line.name in ("cost", "money"):
        return (t.price if more else t.money)(value and round(value, 2), line.numbers["currency"])
    return t.number(value, _DIGITS.get(line.name, 0) + more)
