"""Sentences that somebody may say in the meeting, filled with the numbers of a proof of concept. One that the numbers do not support is not there.

Each has its condition beside it: by what the numbers support it. Decides nothing: verdicts, intervals and the decision come from the results.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from kdmcse import metrics
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.criteria.decision import Decision
from kdmcse.i18n import Locale
from kdmcse.metrics import RETRIEVAL
from kdmcse.presentation import roi
from kdmcse.presentation.costs import probability
from kdmcse.presentation.criteria import step_sentence, stop_reasons, version_date
from kdmcse.presentation.methods import method_in_sentence
from kdmcse.presentation.rounded import about_money, about_score, money_range, rounded_money, score_digits
from kdmcse.presentation.rounded import before_and_after as amounts_beside
from kdmcse.results.comparison import Verdicts
from kdmcse.results.costs import Costs
from kdmcse.results.disagreements import Disagreements
from kdmcse.results.outlook import Outlook
from kdmcse.results.results import Results

SURE = 0.9
"""From this share of simulations on it is said that it pays."""


@dataclass(frozen=True)
class Phrase:
    """A sentence to say, and the condition under which the numbers support it."""

    name: str
    text: str
    condition: str


def phrases(
    t: Locale,
    results: Results,
    verdicts: Verdicts,
    costs: Costs,
    decision: Decision | None,
    outlook: Outlook | None,
    changed: Disagreements | None,
) -> list[Phrase]:
    """Those that the numbers support, the decision first. outlook: of the scenario that counts; changed: decisions that flipped."""
    if verdicts.deciding is None:
        return []
    found = [
        *_of_sample(t, results),
        *_of_decision(t, decision),
        *_of_score(t, verdicts),
        *_of_others(t, verdicts),
        *_of_cost(t, costs),
        *_of_examples(t, costs, changed),
        *_of_return(t, costs, outlook),
    ]
    return [*found, _phrase(t, "limits")]


def model_in_sentence(t: Locale, method: str) -> str:
    """A model in the midst of a sentence: plainly the current and the new one, any other by its method."""
    plain = {BASELINE: "current", CANDIDATE: "new"}
    return t(f"document.name.{plain[method]}") if method in plain else method_in_sentence(t, method)


def score_kind(metric: str) -> str:
    """Of what sentences about a score speak: `score` (as people judge) or `search`."""
    return "search" if metrics.metric(metric).task in RETRIEVAL else "score"


def before_and_after(t: Locale, verdicts: Verdicts) -> dict[str, str]:
    """The scores that decide, both as finely as the coarser interval of the two supports, or as finely as tells them apart."""
    sides = verdicts.deciding.baseline, verdicts.deciding.candidate
    digits = min(map(score_digits, sides))
    while digits < 3 and round(sides[0].estimate, digits) == round(sides[1].estimate, digits):
        digits += 1
    return {name: t.number(one.estimate, digits) for name, one in zip(("before", "after"), sides, strict=True)}


def _phrase(t: Locale, name: str, /, **fields: object) -> Phrase:
    return Phrase(name, t(f"phrases.{name}.text", **fields), t(f"phrases.{name}.condition", **fields))


def _of_sample(t: Locale, results: Results) -> Iterator[Phrase]:
    if results.dataset.synthetic:
        yield _phrase(t, "sample")


def _of_decision(t: Locale, decision: Decision | None) -> Iterator[Phrase]:
    if decision is None:
        return
    if decision.value == "go":
        yield _phrase(t, "go_after" if decision.locked.seen else "go", date=version_date(t, decision.locked))
    elif decision.value == "stop":
        yield _phrase(t, "stop", reason=t.join(stop_reasons(t, decision)))
    elif decision.steps:
        yield _phrase(t, "extend", step=step_sentence(t, decision.steps[0]))


def score_sentence(t: Locale, verdicts: Verdicts) -> str | None:
    """The new model against the baseline, as it may be said; None where there is no interval to say it by."""
    return next((one.text for one in _of_score(t, verdicts)), None)


def _of_score(t: Locale, verdicts: Verdicts) -> Iterator[Phrase]:
    deciding, kind = verdicts.deciding, score_kind(verdicts.metric)
    if deciding.difference.low is None:
        return
    word = {"better": "better", "worse": "worse", "not_decisive": "open"}[deciding.verdict]
    unit = verdicts.metric if kind == "score" else "search"
    yield _phrase(
        t,
        f"{kind}_{word}",
        other=model_in_sentence(t, verdicts.baseline),
        **before_and_after(t, verdicts),
        range=about_score(t, deciding.difference, signed=True),
        unit=t(f"results.unit.{unit}", count=deciding.difference.rows),
    )


def _of_others(t: Locale, verdicts: Verdicts) -> Iterator[Phrase]:
    """Only where it is better than each of them, and than the baseline too."""
    others = [method for method in verdicts.others if method != BASELINE]
    everywhere = verdicts.deciding, *(verdicts.against[method] for method in others)
    if others and all(one.verdict == "better" for one in everywhere):
        yield _phrase(t, "others", methods=t.list(model_in_sentence(t, method) for method in others))


def _of_cost(t: Locale, costs: Costs) -> Iterator[Phrase]:
    if costs.verdict is None or costs.comparison.best[CANDIDATE].saving.alike:
        return
    word = {"better": "less", "worse": "more", "not_decisive": "open"}[costs.saving_verdict]
    if word != "open" or costs.verdict.difference.low is not None:
        yield _phrase(t, f"cost_{word}", count=t.number(rows_behind(costs)), **saving_fields(t, costs))


def saving_ends(costs: Costs) -> tuple[float, float | None, float | None]:
    """The saving with its interval; where a saving below 0 is decisive, the additional cost. Only where both have a cost."""
    saving = costs.verdict.difference
    if costs.saving_verdict == "worse":
        return -saving.estimate, -saving.high, -saving.low
    return saving.estimate, saving.low, saving.high


def saving_fields(t: Locale, costs: Costs) -> dict[str, str]:
    """`saving_ends` as a sentence has them: the amount, and its interval."""
    (estimate, *ends), currency = saving_ends(costs), costs.comparison.prices.currency
    return {"amount": rounded_money(t, estimate, currency, *ends), "range": money_range(t, *ends, currency)}


def costs_before_and_after(t: Locale, costs: Costs) -> tuple[str, str]:
    """What mistakes cost a month with the baseline and with KDMCSE, rounded so that `saving_fields` beside it is what is between them."""
    saving, currency = costs.verdict.difference, costs.comparison.prices.currency
    before, after = costs.cost(costs.baseline), costs.cost(CANDIDATE)
    known = ((one.estimate, one.low, one.high) for one in (before, after, saving))
    return amounts_beside(t, *known, currency)


def rows_behind(costs: Costs) -> int:
    """Decisions on which the cost is reported."""
    return int(costs.comparison.best[CANDIDATE].typical.sample.folds.reported.sum())


def _of_examples(t: Locale, costs: Costs, changed: Disagreements | None) -> Iterator[Phrase]:
    if changed is None or changed.kind != "decisions" or changed.reviewed or costs.saving_verdict != "better":
        return
    if len(changed.gained) > len(changed.lost):
        yield _phrase(
            t,
            "examples",
            other=model_in_sentence(t, changed.against),
            gained=t.number(len(changed.gained)),
            lost=t.number(len(changed.lost)),
            count=t.number(changed.rows),
        )


def _of_return(t: Locale, costs: Costs, outlook: Outlook | None) -> Iterator[Phrase]:
    """That it pays only where the saving is decisive too; that it does not, by the simulations alone."""
    if outlook is None:
        return
    band, found = outlook.sensitivity.band, outlook.found
    name, draws, currency = found.scenario.name, t.number(band.draws), found.scenario.currency
    low, _, high = band.quantiles["net_present_value"]
    if high < 0:
        yield _phrase(t, "loses", name=name, draws=draws, months=roi.months(t, found.scenario.horizon_months))
    if costs.saving_verdict != "better" or found.saving.withheld:
        return
    months = [found.payback_months, *band.quantiles["payback_months"].iloc[[0, -1]]]
    if months[0] and all(math.isfinite(one) for one in months):
        said = {key: roi.months(t, round(one, 1)) for key, one in zip(("months", "low", "high"), months, strict=True)}
        yield _phrase(t, "payback", name=name, once=about_money(t, found.one_off, currency), **said)
    if band.probability_positive is not None and band.probability_positive >= SURE:
        yield _phrase(t, "pays", name=name, draws=draws, probability=probability(t, band.probability_positive))
