"""Go, extend or stop: what locked criteria say about the findings of a proof of concept. Takes numbers, gives a decision with reasons.

Go: every agreed axis and KPI is met and every gate is passed. Stop: a stop condition has come true, the score is decisively worse, or what
was agreed is out of reach; a KPI alone never stops. Extend: neither of them; `Decision.steps` says what is missing.
"""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kdmcse import stats
from kdmcse.criteria.criteria import Criteria
from kdmcse.criteria.kpis import LEAST_ROWS, Kpi, KpiValue
from kdmcse.criteria.locking import LockedCriteria

VALUES = ("go", "extend", "stop")
STATES = ("met", "not_met", "unknown", "not_agreed")


@dataclass(frozen=True)
class Findings:
    """What is known about a proof of concept. None where it is not known, never 0."""

    gain_low: float | None = None
    """gain of KDMCSE over the agreed baseline on the primary metric, 95% interval, in units of the metric"""
    gain: float | None = None
    gain_high: float | None = None
    verdict: str | None = None
    """on that gain: one of `stats.VERDICTS`"""
    gain_rows_only: bool = False
    """KDMCSE or the baseline was trained once, so that the interval of the gain leaves out the chance of training"""
    saving_low: float | None = None
    """money per month, 95% interval"""
    saving: float | None = None
    saving_high: float | None = None
    saving_verdict: str | None = None
    """on that saving: one of `stats.VERDICTS`, or `equal` where it is exactly 0, as both models decide every pair alike"""
    saving_rows_only: bool = False
    """the same of the saving"""
    saving_on_few: bool = False
    """the saving rests on too few matches or non-matches for its interval to end anything"""
    currency: str | None = None
    """of the saving"""
    effort_hours: float | None = None
    """person-hours, once and in all, of the scenario that is marked for the criteria"""
    effort_money: float | None = None
    """what it costs, once"""
    effort_currency: str | None = None
    """of that money: the scenario's own"""
    rows: int | None = None
    """evaluation rows that the primary metric rests on"""
    more_rows: int | None = None
    """further rows that would make the verdict decisive"""
    need: str | None = None
    """what would make the verdict decisive: one of `stats.NEEDS`"""
    unmeasurable: str | None = None
    """why no training gives the agreed score: one of `measurable.REASONS`, or `not_judged`, `few_judged` or `few_units`"""
    seeds: int | None = None
    """times that KDMCSE was trained and measured, on whatever score"""
    annotators: int | None = None
    kappa: float | None = None
    leaks: int | None = None
    """evaluation rows that repeat training data and still count; None: not checked"""
    kpis: Mapping[str, KpiValue] = field(default_factory=dict)
    """name -> what is known of that KPI"""
    on: datetime.date | None = None
    """the day on which it is judged"""


@dataclass(frozen=True)
class Line:
    """The state of one axis, KPI, gate or stop condition."""

    kind: str
    """axis, kpi, gate or stop"""
    name: str
    """of an axis: score, cost, effort, hours, money; of a KPI: its source; of a stop condition: gain, date; of a gate: pairs, seeds, annotators,
    kappa, leaks"""
    code: str
    """which finding it is, within its name"""
    state: str
    """one of `STATES`; a stop condition is met when it has come true"""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    """what it follows from: agreed and found, low and high where there is an interval"""
    stops: bool = False
    """whether it alone ends the proof of concept"""
    step: str = ""
    """of an axis or KPI: the code of what to do, where the code of the finding does not tell"""
    kpi: Kpi | None = None
    """which one, of a line of that kind"""

    @property
    def missing(self) -> int | None:
        """How many more evaluation rows, trainings or annotators it takes; None where it is met or is no matter of a number."""
        if self.state != "not_met":
            return None
        if self.name in ("pairs", "seeds", "annotators"):
            return self.numbers["agreed"] - self.numbers["found"]
        return self.numbers.get("more") or None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        numbers = {name: value for name, value in self.numbers.items() if value is not None}
        return (
            {
                "kind": self.kind,
                "name": self.name,
                "code": self.code,
                "state": self.state,
                "stops": self.stops,
            }
            | ({"kpi": self.kpi.to_dict()} if self.kpi else {})
            | numbers
        )


@dataclass(frozen=True)
class Step:
    """One thing to do before a go is possible."""

    name: str
    """of the line that it would settle"""
    code: str
    """`more` where a number of things is missing, else what the line says, or its code"""
    count: int | None = None
    """how many are missing, where the code is `more`"""
    kpi: Kpi | None = None
    """which one it is about, where it is about one"""


@dataclass(frozen=True)
class Decision:
    """Go, extend or stop, with the reasons and the criteria by which it was judged."""

    value: str
    """one of `VALUES`"""
    locked: LockedCriteria
    lines: tuple[Line, ...]
    """every axis, KPI, stop condition and gate"""

    @property
    def stage(self) -> int:
        return self.locked.criteria.stage

    @property
    def reasons(self) -> tuple[Line, ...]:
        """The lines that it follows from: of a stop those that stop, of an extension those that are open, of a go the axes and KPIs that are met."""
        if self.value == "stop":
            return tuple(line for line in self.lines if line.stops)
        if self.value == "extend":
            return tuple(line for line in self.lines if line.kind != "stop" and line.state in ("not_met", "unknown"))
        return tuple(line for line in self.lines if line.kind in ("axis", "kpi") and line.state == "met")

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is missing for a go; empty unless the decision is to extend."""
        open_ = self.reasons if self.value == "extend" else ()
        lines = [line for line in open_ if line.kind != "kpi"]
        missing = {line.name: line.missing for line in lines if line.missing}
        if {"score", "pairs"} <= set(missing):
            # Score and gate both ask for evaluation pairs, so the larger number settles both.
            missing["score"] = max(missing["score"], missing.pop("pairs"))
            lines = [line for line in lines if line.name != "pairs"]
        if {"score", "pairs"} <= {line.name for line in lines if line.state == "unknown"}:
            lines = [line for line in lines if line.name != "pairs"]  # measuring the score tells its rows
        lines = [line for line in lines if line.step not in missing]  # the gate of that name says how many
        steps = [
            Step(line.name, "more", missing[line.name])
            if line.name in missing
            else Step(line.name, line.step or line.code)
            for line in lines
        ]
        kpis = (line for line in open_ if line.kind == "kpi")
        return (
            *steps,
            *(Step(line.name, line.step or line.code, line.numbers.get("more"), line.kpi) for line in kpis),
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        judged = {"version": self.locked.version, "locked": self.locked.time, "digest": self.locked.digest}
        return {"value": self.value, "contract": judged, "lines": [line.to_dict() for line in self.lines]}


def judge(locked: LockedCriteria, findings: Findings) -> Decision:
    """The decision that follows from the criteria and the findings."""
    criteria = locked.criteria
    score = _score(criteria, findings)
    lines = (
        score,
        _cost(criteria, findings),
        *_effort(criteria, findings),
        *(judge_kpi(kpi, findings.kpis.get(kpi.name, KpiValue())) for kpi in criteria.kpis),
        *_conditions(criteria, findings, score),
        *_gates(criteria, findings),
    )
    if any(line.stops for line in lines):
        value = "stop"
    elif all(line.state in ("met", "not_agreed") for line in lines if line.kind != "stop"):
        value = "go"
    else:
        value = "extend"
    return Decision(value, locked, lines)


def _score(criteria: Criteria, findings: Findings) -> Line:
    low, high, agreed = findings.gain_low, findings.gain_high, criteria.least_gain
    numbers = {"found": findings.gain, "low": low, "high": high, "agreed": agreed, "more": findings.more_rows}

    def line(code: str, state: str, *, stops: bool = False, step: str = "") -> Line:
        return Line("axis", "score", code, state, numbers, stops, step)

    if findings.verdict == "worse":
        return line("worse", "not_met", stops=True)
    if findings.verdict is None or not _known(findings.gain):
        return line(findings.unmeasurable or "unknown", "unknown")
    if not _known(low, high):
        return line("no_interval", "unknown", step="pairs")
    if high < agreed and _firm(findings):
        return line("out_of_reach", "not_met", stops=True)
    if low > agreed and findings.verdict == "better":
        return line("met", "met")
    step = findings.need if findings.need in ("seeds", "too_small") else ""
    return line("not_decisive" if low > agreed else "not_met", "not_met", step=step)


def _cost(criteria: Criteria, findings: Findings) -> Line:
    low, high, agreed = findings.saving_low, findings.saving_high, criteria.least_saving
    numbers = {"found": findings.saving, "low": low, "high": high, "agreed": agreed, "currency": criteria.currency}
    step = "seeds" if findings.saving_rows_only else ""
    if agreed is None:
        return Line("axis", "cost", "not_agreed", "not_agreed")
    if not _known(low, high):
        return Line("axis", "cost", "unknown", "unknown", numbers)
    if findings.currency != criteria.currency:
        return Line("axis", "cost", "other_currency", "unknown", numbers | {"other": findings.currency})
    if high >= agreed and findings.saving_verdict == "equal":
        return Line("axis", "cost", "equal", "not_met", numbers)
    if low >= agreed and findings.saving_verdict == "not_decisive":
        return Line("axis", "cost", "not_decisive", "not_met", numbers, step=step)
    if low >= agreed:
        return Line("axis", "cost", "met", "met", numbers)
    # While the agreed score is not measured, no saving ends anything.
    measured = findings.verdict is not None
    firm = measured and _trained_enough(findings) and not findings.saving_rows_only and not findings.saving_on_few
    if high < agreed and firm:
        return Line("axis", "cost", "out_of_reach", "not_met", numbers, stops=True)
    return Line("axis", "cost", "not_met", "not_met", numbers, step=step)


def _effort(criteria: Criteria, findings: Findings) -> list[Line]:
    """An exceeded limit ends the proof of concept: whoever means to spend less says so in the scenario."""
    lines = []
    for name, agreed, found in (
        ("hours", criteria.most_hours, findings.effort_hours),
        ("money", criteria.most_money, findings.effort_money),
    ):
        numbers = {"found": found, "agreed": agreed, "currency": criteria.currency}
        if agreed is None:
            continue
        if not _known(found):
            lines.append(Line("axis", name, "unknown", "unknown", numbers))
        elif name == "money" and findings.effort_currency != criteria.currency:
            lines.append(Line("axis", name, "other_currency", "unknown", numbers | {"other": findings.effort_currency}))
        elif found <= agreed:
            lines.append(Line("axis", name, "met", "met", numbers))
        else:
            lines.append(Line("axis", name, "exceeded", "not_met", numbers, stops=True))
    return lines or [Line("axis", "effort", "not_agreed", "not_agreed")]


def judge_kpi(kpi: Kpi, known: KpiValue) -> Line:
    """The state of a KPI. Of rows the end of the interval away from the target must reach it; a figure without rows, and rows that are all
    alike, are compared as they are."""
    numbers = {"found": known.value, "low": known.low, "high": known.high, "agreed": kpi.target, "rows": known.rows}

    def line(code: str, state: str, *, step: str = "", **more: int) -> Line:
        return Line("kpi", kpi.source, code, state, numbers | more, step=step, kpi=kpi)

    if not _known(known.value):
        return line("unknown", "unknown")
    if known.rows is not None and known.rows < LEAST_ROWS:
        return line("few", "unknown", more=LEAST_ROWS - known.rows)
    reached = kpi.reached(known.value)
    if not _known(known.low, known.high):
        code = "figure" if known.rows is None else "alike"
        return line(f"{code}_met", "met") if reached else line(f"{code}_not_met", "not_met", step="not_reached")
    if kpi.reached(known.low if kpi.direction == "at_least" else known.high):
        return line("met", "met")
    return line("not_met", "not_met", step="not_sure" if reached else "not_reached")


def _conditions(criteria: Criteria, findings: Findings, score: Line) -> list[Line]:
    lines = []
    if criteria.stop_below is not None:
        numbers = {"high": findings.gain_high, "agreed": criteria.stop_below}
        if not _known(findings.gain_high):
            lines.append(Line("stop", "gain", "unknown", "unknown", numbers))
        elif findings.gain_high >= criteria.stop_below:
            lines.append(Line("stop", "gain", "not_met", "not_met", numbers))
        elif _firm(findings):
            lines.append(Line("stop", "gain", "met", "met", numbers, stops=True))
        else:
            lines.append(Line("stop", "gain", "too_early", "not_met", numbers))
    if criteria.stop_date is not None:
        numbers = {"agreed": criteria.stop_date}
        if findings.on is None:
            lines.append(Line("stop", "date", "unknown", "unknown", numbers))
        elif findings.on <= datetime.date.fromisoformat(criteria.stop_date):
            lines.append(Line("stop", "date", "not_met", "not_met", numbers))
        elif score.state == "met":
            lines.append(Line("stop", "date", "succeeded", "not_met", numbers))
        else:
            lines.append(Line("stop", "date", "met", "met", numbers, stops=True))
    return lines


def _gates(criteria: Criteria, findings: Findings) -> list[Line]:
    asked = [
        ("pairs", findings.rows, criteria.least_pairs, False),
        ("seeds", findings.seeds, criteria.least_seeds, False),
        ("annotators", findings.annotators, criteria.least_annotators or None, False),
        ("kappa", findings.kappa, criteria.least_kappa, False),
        ("leaks", findings.leaks, 0 if criteria.no_leaks else None, True),
    ]
    lines = []
    for name, found, agreed, at_most in asked:
        if agreed is None:
            continue
        passed = None if not _known(found) else found <= agreed if at_most else found >= agreed
        state = {None: "unknown", True: "met", False: "not_met"}[passed]
        lines.append(Line("gate", name, state, state, {"found": found, "agreed": agreed}))
    return lines


def _firm(findings: Findings) -> bool:
    """Whether an interval of the gain may end a proof of concept. It takes the rows and trainings that a decisive verdict takes."""
    enough = _known(findings.rows) and findings.rows >= stats.MIN_ROWS
    return enough and _trained_enough(findings) and not findings.gain_rows_only


def _trained_enough(findings: Findings) -> bool:
    return _known(findings.seeds) and findings.seeds >= stats.MIN_SEEDS


def _known(*values: float | None) -> bool:
    return all(value is not None and math.isfinite(value) for value in values)
