"""What is known about everything that criteria may ask for, and what a person would do next."""

import datetime
from collections.abc import Mapping

from kdmcse.config import CANDIDATE
from kdmcse.criteria.decision import Decision, Findings, judge
from kdmcse.criteria.kpis import KpiValue
from kdmcse.criteria.measurable import unmeasurable
from kdmcse.metrics import JUDGED
from kdmcse.results.comparison import Verdicts
from kdmcse.results.costs import Costs
from kdmcse.results.results import Results

NEXT_STEPS = (
    "bring_pairs", "start_training", "wait", "look_at_runs", "judge_pairs", "other_score", "more_seeds", "enter_prices", "look_at_cost", "enter_kpis",
    "report",
)  # fmt: skip


def findings(
    results: Results, verdicts: Verdicts, costs: Costs, kpis: Mapping[str, KpiValue], today: datetime.date
) -> Findings:
    """A metric that was agreed on and not measured is not known. Who judged, and whether they agree, is known of the
    judgements in the app alone, where their score decides. kpis: as `known_kpis`. today: the day on which it is judged."""
    gain = None if verdicts.instead_of else verdicts.deciding
    saving = costs.verdict.difference if costs.verdict else None
    candidate = costs.comparison.best[CANDIDATE] if costs.verdict else None
    effort, case = results.effort, results.scenario
    by_people = verdicts.metric == JUDGED.name
    return Findings(
        gain_low=gain and gain.difference.low,
        gain=gain and gain.difference.estimate,
        gain_high=gain and gain.difference.high,
        verdict=gain and gain.verdict,
        gain_rows_only=bool(gain and gain.difference.rows_only),
        saving_low=saving and saving.low,
        saving=saving and saving.estimate,
        saving_high=saving and saving.high,
        saving_verdict=costs.saving_verdict,
        saving_rows_only=bool(saving and saving.rows_only),
        saving_on_few=bool(candidate and (candidate.cost.on_few or candidate.saving.on_few)),
        currency=results.prices and results.prices.currency,
        effort_hours=case and case.effort.hours,
        effort_money=case and case.effort.one_off,
        effort_currency=case and case.currency,
        rows=gain and gain.difference.rows,
        more_rows=gain and gain.more_rows,
        need=gain and gain.need,
        unmeasurable=_unmeasurable(results, verdicts),
        seeds=len(results.of_method(CANDIDATE)),
        annotators=effort.annotators if by_people else None,
        kappa=results.agreement.kappa if by_people and results.agreement else None,
        leaks=None if results.dataset.leaks is None else 0,  # what was found is left out
        kpis=kpis,
        on=today,
    )


def _unmeasurable(results: Results, verdicts: Verdicts) -> str | None:
    """Why no training gives the agreed score: one of `measurable.REASONS`, or of what people judge in the app.

    `not_judged`: nobody has judged yet; `few_judged`: what was judged gives no score, being too little or all alike; `few_units`: too
    little independent is there to measure it on.
    """
    if results.criteria is None:
        return None
    agreed = results.criteria.criteria
    if reason := unmeasurable(results.dataset, agreed.primary, agreed.baseline):
        return reason
    measured = verdicts.instead_of is None
    few = measured and verdicts.deciding is not None and verdicts.deciding.reason == "few_units"
    if agreed.primary != JUDGED.name:
        return "few_units" if few else None
    if measured and not few:
        return None
    return "not_judged" if results.judged is None else "few_judged"


def decide(
    results: Results, verdicts: Verdicts, costs: Costs, kpis: Mapping[str, KpiValue], today: datetime.date
) -> Decision | None:
    """Go, extend or stop by the criteria; None where nothing was agreed or nothing trained is measured."""
    if results.criteria is None or verdicts.deciding is None:
        return None
    return judge(results.criteria, findings(results, verdicts, costs, kpis, today))


def next_step(results: Results, verdicts: Verdicts, costs: Costs, decision: Decision | None) -> str:
    """What a person would do next: one of `NEXT_STEPS`. After a stop nothing more is trained or entered."""
    if results.in_progress:
        return "wait"
    if not results.dataset.counts["train"]:
        return "bring_pairs"
    if results.stage == "data" or not results.of_method(CANDIDATE):
        return "look_at_runs" if results.unfinished else "start_training"
    if decision and decision.value == "stop":
        return "report"
    if reason := _unmeasurable(results, verdicts):
        return "judge_pairs" if reason in ("not_judged", "few_judged") else "other_score"
    if verdicts.deciding.need == "seeds":
        return "more_seeds"
    if results.can_price and results.prices is None:
        return "enter_prices"
    if costs.problem:
        return "look_at_cost"
    unknown = decision and any(line.kind == "kpi" and line.state == "unknown" for line in decision.lines)
    return "enter_kpis" if unknown else "report"
