"""The first page: the decision in one sentence, the three axes before and after, what it rests on, what changed. Laid out, not calculated.

Few words and few numbers, so that it is understood in half a minute: whatever carries them stands on the page that each part leads to.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.documents import report_charts as charts
from kdmcse.documents.content import Bar, BarChart
from kdmcse.documents.report_content import payback_card
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.i18n import MISSING
from kdmcse.presentation import criteria, kpis, phrases
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.palette import COLOURS
from kdmcse.presentation.rounded import rounded_money

CHANGES = ("decision", "criteria", "trainings", "prices", "ratings", "kpis")
"""What may have changed since a visitor looked last, the most important first."""


@dataclass(frozen=True)
class Axis:
    """Accuracy, cost or effort: what it was, what it is, and where that is explained."""

    name: str
    title: str
    page: str
    value: str
    tone: str
    """`better`, `worse`, `not_decisive`, of a cost also `equal`; `plain` where nothing is compared"""
    note: str = ""
    """why there is no value, or what stands beside it"""
    bars: BarChart | None = None
    names: tuple[str, ...] = ()
    """of its first bars: what is compared with, and the new model"""


@dataclass(frozen=True)
class KpiText:
    """A KPI of people's own: what it is, and whether it is met."""

    name: str
    value: str
    interval: str
    """empty where there are no rows, or too few"""
    target: str
    state: str
    """`met`, `not_met` or `unknown`"""
    word: str
    """the state in words"""


@dataclass(frozen=True)
class FirstPage:
    """Everything that the first page says once something is measured."""

    value: str | None
    """go, extend or stop; None where nothing was agreed"""
    tone: str
    headline: str
    sentence: str
    axes: tuple[Axis, Axis, Axis]
    kpis: tuple[KpiText, ...]
    """those that were agreed; none of the sample"""
    agreed: str
    rests_on: str
    state: str
    """What a later look is compared with: JSON."""


def first_page(facts: ReportFacts) -> FirstPage:
    """Of results with something trained that is measured."""
    t, decision = facts.t, facts.decision
    return FirstPage(
        value=decision and decision.value,
        tone=facts.tone,
        headline=criteria.decision_headline(t, decision) if decision else facts.payoff_headline,
        sentence=_sentence(facts),
        axes=(_accuracy(facts), _cost(facts), _effort(facts)),
        kpis=_kpis(facts),
        agreed=_agreed(facts),
        rests_on=_rests_on(facts),
        state=json.dumps(_state(facts), sort_keys=True),
    )


def changed_since(before: str | None, now: str) -> list[str]:
    """Which of `CHANGES` differ between two states of `FirstPage`; nothing where there is no earlier one, or it cannot be read."""
    try:
        then, today = json.loads(before or "{}"), json.loads(now)
    except ValueError:
        return []
    if not isinstance(then, Mapping):
        return []
    return [name for name in CHANGES if name in then and then[name] != today.get(name)]


def _sentence(facts: ReportFacts) -> str:
    """What ends it, what is missing for a go, or what is gained: the one thing that a manager asks next."""
    t, decision = facts.t, facts.decision
    if decision and decision.value == "stop":
        return t(f"first_page.stop.{decision.reasons[0].kind}.{decision.reasons[0].name}")
    saving = _saving(facts)
    if decision and decision.value == "extend" and decision.steps:
        return criteria.step_sentence(t, decision.steps[0])
    return saving or facts.next_sentence


def _saving(facts: ReportFacts) -> str | None:
    """What mistakes cost less, or more, a month; None where that is not decided."""
    costs = facts.costs
    if costs.verdict is None or costs.saving_verdict not in ("better", "worse"):
        return None
    estimate, low, high = phrases.saving_ends(costs)
    amount = rounded_money(facts.t, estimate, costs.comparison.prices.currency, low, high)
    return facts.t(f"first_page.saving.{costs.saving_verdict}", amount=amount)


def _accuracy(facts: ReportFacts) -> Axis:
    t, verdicts = facts.t, facts.verdicts
    title, bars = t("first_page.axis.accuracy"), charts.score_chart(facts)
    if bars is None:
        return Axis("accuracy", title, "scores", MISSING, "plain", t("first_page.not_measured"))
    scores = phrases.before_and_after(t, verdicts)
    return Axis(
        "accuracy",
        title,
        "scores",
        t("first_page.change", **scores),
        verdicts.deciding.verdict,
        charts.metric_name(t, verdicts.metric),
        bars,
        _names(facts, verdicts.baseline),
    )


def _cost(facts: ReportFacts) -> Axis:
    t, costs = facts.t, facts.costs
    title, bars = t("first_page.axis.cost"), charts.cost_chart(facts)
    if bars is None:
        why = "no_prices" if facts.results.can_price and facts.results.prices is None else "not_measured"
        return Axis("cost", title, "cost", MISSING, "plain", t(f"first_page.{why}"))
    before, after = phrases.costs_before_and_after(t, costs)
    value = t("first_page.change", before=before, after=after)
    return Axis("cost", title, "cost", value, costs.saving_verdict, "", bars, _names(facts, costs.baseline))


def _names(facts: ReportFacts, baseline: str) -> tuple[str, str]:
    """The agreed baseline need not be the current model: then it has its own name."""
    before = facts.t("first_page.current") if baseline == BASELINE else method_name(facts.t, baseline)
    return before, facts.t("first_page.new")


def _effort(facts: ReportFacts) -> Axis:
    """The payback as the report has it; its range is a bar where it has two ends, else words."""
    t, card = facts.t, payback_card(facts)
    if not facts.outlooks:
        return Axis("effort", card.name, "roi", card.value, "plain", card.note)
    months = facts.outlooks[0].found.payback_months
    low, high = facts.outlooks[0].sensitivity.band.quantiles["payback_months"].iloc[[0, -1]]
    if months is None or not math.isfinite(high):
        return Axis("effort", card.name, "roi", card.value, "plain", card.note)
    bar = Bar(card.name, months, low, high, card.note, COLOURS[CANDIDATE])
    described = t("document.chart.bar", label=t("first_page.payback"), text=t.series([card.value, card.note]))
    bars = BarChart("payback", card.name, described, [bar], [])
    return Axis("effort", card.name, "roi", card.value, "plain", "", bars, (t("first_page.payback"),))


def _kpis(facts: ReportFacts) -> tuple[KpiText, ...]:
    t, texts = facts.t, []
    for line in facts.decision.lines if facts.decision else ():
        if kpi := line.kpi:
            known = facts.kpis[kpi.name]
            value, interval = kpis.numbers_of(t, kpi, known)["found"], kpis.interval_text(t, kpi, known)
            target = t("criteria.kpi.target", target=kpis.target_text(t, kpi))
            texts.append(KpiText(kpi.name, value, interval, target, line.state, criteria.line_state(t, line)))
    return tuple(texts)


def _agreed(facts: ReportFacts) -> str:
    t, decision = facts.t, facts.decision
    if decision is None:
        return t("first_page.agreed.nothing")
    asked = [line for line in decision.lines if line.state != "not_agreed" and line.kind != "stop"]
    open_ = [line for line in asked if line.state != "met"]
    if not open_:
        return t("first_page.agreed.all")
    return t("first_page.agreed.open", lines=t.list(criteria.line_label(t, line) for line in open_))


def _rests_on(facts: ReportFacts) -> str:
    """How many rows the score and the cost rest on."""
    t, parts = facts.t, []
    deciding = facts.verdicts.deciding
    if deciding and deciding.difference.rows:
        kind = "ratings" if facts.by_people else "searches"
        parts.append(t(f"first_page.rests_on.{kind}", count=deciding.difference.rows))
    if facts.costs.verdict:
        parts.append(t("first_page.rests_on.decisions", count=phrases.rows_behind(facts.costs)))
    return t("first_page.rests_on.text", what=t.list(parts)) if parts else ""


def _state(facts: ReportFacts) -> dict[str, object]:
    results = facts.results
    return {
        "decision": facts.decision and facts.decision.value,
        "criteria": results.criteria_digest,
        "trainings": len(results.trained),
        "prices": results.prices and results.prices.to_dict(),
        "ratings": 0 if results.judged is None else len(results.judged),
        "kpis": [[name, known.value, known.rows] for name, known in facts.kpis.items()],
    }
