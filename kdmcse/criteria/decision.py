"""Go, extend or stop: what a locked contract says about what was found. Numbers in, reasons out; measures nothing itself.

Go: every agreed axis is met and every gate passed. Stop: a stop condition has come true, the score is decisively worse, or what
was agreed cannot be reached any more. Extend: neither, with what is missing.
"""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kdmcse import stats
from kdmcse.criteria.criteria import Contract, Locked, day
from kdmcse.i18n import money, number, say

VALUES = ("go", "extend", "stop")
STATES = ("met", "not_met", "unknown", "not_agreed")
_BETWEEN = {"en": " ", "ja": ""}
"""What stands between two sentences."""


@dataclass(frozen=True)
class Findings:
    """What is known about a proof of concept. None where it is not known, never 0."""

    gain_low: float | None = None
    """KDMCSE less the contract's baseline on its primary metric, 95% interval, in units of the metric"""
    gain: float | None = None
    gain_high: float | None = None
    verdict: str | None = None
    """on that gain: one of `stats.VERDICTS`"""
    saving_low: float | None = None
    """money per month, 95% interval"""
    saving: float | None = None
    saving_high: float | None = None
    currency: str | None = None
    """of the saving and of the effort in money"""
    effort_hours: float | None = None
    """person-hours, once and in all"""
    effort_money: float | None = None
    rows: int | None = None
    """evaluation rows that the primary metric rests on"""
    more_rows: int | None = None
    """further ones that would make the verdict decisive"""
    seeds: int | None = None
    annotators: int | None = None
    kappa: float | None = None
    leaks: int | None = None
    """evaluation rows that repeat what was trained on and still count; None: nobody looked"""
    on: datetime.date | None = None
    """the day on which it is judged"""


@dataclass(frozen=True)
class Line:
    """One axis, gate or stop condition, and how it stands."""

    kind: str
    """axis, gate or stop"""
    name: str
    """of an axis: score, cost, effort, hours, money; of a stop condition: gain, date; of a gate: pairs, seeds, annotators, kappa, leaks"""
    code: str
    """what is said about it"""
    state: str
    """one of `STATES`; a stop condition is met when it has come true"""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    """what it rests on: agreed and found, low and high where there is an interval"""
    stops: bool = False

    @property
    def lacking(self) -> int | None:
        """How many more evaluation rows, trainings or annotators would settle it, where that is a number of things."""
        if self.state != "not_met":
            return None
        if self.name in ("pairs", "seeds", "annotators"):
            return self.numbers["agreed"] - self.numbers["found"]
        return self.numbers.get("more") or None

    def label(self, language: str) -> str:
        return say(f"contract.{self.kind}.{self.name}.label", language)

    def status(self, language: str) -> str:
        """The state in a word or two."""
        return say(f"contract.state.{'stop_' if self.kind == 'stop' else ''}{self.state}", language)

    def sentence(self, language: str) -> str:
        currency = self.numbers.get("currency")
        told = {name: _told(self.name, value, currency, language) for name, value in self.numbers.items()}
        return say(f"contract.{self.kind}.{self.name}.{self.code}", language, **told)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        numbers = {name: value for name, value in self.numbers.items() if value is not None}
        return {
            "kind": self.kind,
            "name": self.name,
            "code": self.code,
            "state": self.state,
            "stops": self.stops,
        } | numbers


@dataclass(frozen=True)
class Decision:
    """Go, extend or stop, with a reason for each and the contract by which it was judged."""

    value: str
    """one of `VALUES`"""
    agreed: Locked
    lines: tuple[Line, ...]
    """every axis, stop condition and gate"""

    @property
    def stage(self) -> int:
        return self.agreed.contract.stage

    @property
    def reasons(self) -> tuple[Line, ...]:
        """The lines that carry it: what stops, what is still open, or every axis that is met."""
        if self.value == "stop":
            return tuple(line for line in self.lines if line.stops)
        if self.value == "extend":
            return tuple(line for line in self.lines if line.kind != "stop" and line.state in ("not_met", "unknown"))
        return tuple(line for line in self.lines if line.kind == "axis" and line.state == "met")

    def headline(self, language: str) -> str:
        """In a few words."""
        return say(f"contract.headline.{self.value}", language)

    def judged_by(self, language: str) -> str:
        """The contract it was judged by, and whether results could be seen when that was locked."""
        told = [say("contract.decision.judged_by", language, contract=self.agreed.name(language))]
        return _BETWEEN[language].join([*told, self.agreed.remark(language)])

    def steps(self, language: str) -> list[str]:
        """What is missing for a go; none unless it is to be extended."""
        open_ = self.reasons if self.value == "extend" else ()
        lacking = {line.name: line.lacking for line in open_ if line.lacking}
        if {"score", "pairs"} <= set(lacking):
            # Both ask for evaluation pairs: one step that satisfies both.
            lacking["score"] = max(lacking["score"], lacking["pairs"])
            open_ = [line for line in open_ if line.name != "pairs"]
        told = []
        for line in open_:
            code = "more" if line.name in lacking else line.code
            lacks = number(lacking.get(line.name), language)
            told.append(say(f"contract.step.{line.name}.{code}", language, n=lacks))
        return told

    def sentences(self, language: str) -> list[str]:
        """The decision with what follows from it, its reasons, and the contract it was judged by."""
        first = say(f"contract.decision.{self.value}", language, stage=self.agreed.contract.value("stage", language))
        follows = [say(f"contract.next.{self.stage}", language)] if self.value == "go" else []
        return [first, *follows, *(line.sentence(language) for line in self.reasons), self.judged_by(language)]

    def sentence(self, language: str) -> str:
        """The same as one paragraph."""
        return _BETWEEN[language].join(self.sentences(language))

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        judged = {"version": self.agreed.version, "locked": self.agreed.time, "digest": self.agreed.digest}
        return {"value": self.value, "contract": judged, "lines": [line.to_dict() for line in self.lines]}


def judge(agreed: Locked, findings: Findings) -> Decision:
    """What the contract says about the findings."""
    contract = agreed.contract
    score = _score(contract, findings)
    lines = (
        score,
        _cost(contract, findings),
        *_effort(contract, findings),
        *_conditions(contract, findings, score),
        *_gates(contract, findings),
    )
    if any(line.stops for line in lines):
        value = "stop"
    elif all(line.state in ("met", "not_agreed") for line in lines if line.kind != "stop"):
        value = "go"
    else:
        value = "extend"
    return Decision(value, agreed, lines)


def _score(contract: Contract, findings: Findings) -> Line:
    low, high, agreed = findings.gain_low, findings.gain_high, contract.least_gain
    numbers = {"found": findings.gain, "low": low, "high": high, "agreed": agreed, "more": findings.more_rows}

    def line(code: str, state: str, *, stops: bool = False) -> Line:
        return Line("axis", "score", code, state, numbers, stops)

    if findings.verdict == "worse":
        return line("worse", "not_met", stops=True)
    if findings.verdict is None or not _known(low, high):
        return line("unknown", "unknown")
    if high < agreed and _firm(findings):
        return line("out_of_reach", "not_met", stops=True)
    if low > agreed and findings.verdict == "better":
        return line("met", "met")
    return line("not_decisive" if low > agreed else "not_met", "not_met")


def _cost(contract: Contract, findings: Findings) -> Line:
    low, high, agreed = findings.saving_low, findings.saving_high, contract.least_saving
    numbers = {"found": findings.saving, "low": low, "high": high, "agreed": agreed, "currency": contract.currency}
    if agreed is None:
        return Line("axis", "cost", "not_agreed", "not_agreed")
    if not _known(low, high):
        return Line("axis", "cost", "unknown", "unknown", numbers)
    if findings.currency != contract.currency:
        return Line("axis", "cost", "other_currency", "unknown", numbers | {"other": findings.currency})
    if low >= agreed:
        return Line("axis", "cost", "met", "met", numbers)
    if high < agreed and _trained_enough(findings):
        return Line("axis", "cost", "out_of_reach", "not_met", numbers, stops=True)
    return Line("axis", "cost", "not_met", "not_met", numbers)


def _effort(contract: Contract, findings: Findings) -> list[Line]:
    """What was spent never falls: above the limit nothing is reached any more."""
    lines = []
    for name, agreed, found in (
        ("hours", contract.most_hours, findings.effort_hours),
        ("money", contract.most_money, findings.effort_money),
    ):
        numbers = {"found": found, "agreed": agreed, "currency": contract.currency}
        if agreed is None:
            continue
        if not _known(found):
            lines.append(Line("axis", name, "unknown", "unknown", numbers))
        elif name == "money" and findings.currency != contract.currency:
            lines.append(Line("axis", name, "other_currency", "unknown", numbers | {"other": findings.currency}))
        elif found <= agreed:
            lines.append(Line("axis", name, "met", "met", numbers))
        else:
            lines.append(Line("axis", name, "exceeded", "not_met", numbers, stops=True))
    return lines or [Line("axis", "effort", "not_agreed", "not_agreed")]


def _conditions(contract: Contract, findings: Findings, score: Line) -> list[Line]:
    lines = []
    if contract.stop_below is not None:
        numbers = {"high": findings.gain_high, "agreed": contract.stop_below}
        if not _known(findings.gain_high):
            lines.append(Line("stop", "gain", "unknown", "unknown", numbers))
        elif findings.gain_high >= contract.stop_below:
            lines.append(Line("stop", "gain", "not_met", "not_met", numbers))
        elif _firm(findings):
            lines.append(Line("stop", "gain", "met", "met", numbers, stops=True))
        else:
            lines.append(Line("stop", "gain", "too_early", "not_met", numbers))
    if contract.stop_date is not None:
        numbers = {"agreed": contract.stop_date}
        if findings.on is None:
            lines.append(Line("stop", "date", "unknown", "unknown", numbers))
        elif findings.on <= datetime.date.fromisoformat(contract.stop_date):
            lines.append(Line("stop", "date", "not_met", "not_met", numbers))
        elif score.state == "met":
            lines.append(Line("stop", "date", "succeeded", "not_met", numbers))
        else:
            lines.append(Line("stop", "date", "met", "met", numbers, stops=True))
    return lines


def _gates(contract: Contract, findings: Findings) -> list[Line]:
    asked = [
        ("pairs", findings.rows, contract.least_pairs, False),
        ("seeds", findings.seeds, contract.least_seeds, False),
        ("annotators", findings.annotators, contract.least_annotators or None, False),
        ("kappa", findings.kappa, contract.least_kappa, False),
        ("leaks", findings.leaks, 0 if contract.no_leaks else None, True),
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
    """Whether an interval of the gain may end a proof of concept: as little evidence as decides nothing ends nothing either."""
    return _known(findings.rows) and findings.rows >= stats.MIN_ROWS and _trained_enough(findings)


def _trained_enough(findings: Findings) -> bool:
    return _known(findings.seeds) and findings.seeds >= stats.MIN_SEEDS


def _known(*values: float | None) -> bool:
    return all(value is not None and math.isfinite(value) for value in values)


def _told(name: str, value: Any, currency: str | None, language: str) -> str:
    """A number as its axis, gate or condition writes it."""
    if isinstance(value, str):
        return day(value, language) if name == "date" else value
    if name in ("cost", "money"):
        return money(value, currency, language)
    return number(value, language, {"score": 3, "gain": 3, "kappa": 2}.get(name, 0))
