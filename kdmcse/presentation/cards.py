"""The three axes as cards: what page and report show of score, cost of mistakes, data and effort. Calculates nothing."""

from dataclasses import dataclass

from kdmcse.config import CANDIDATE
from kdmcse.i18n import MISSING, Locale
from kdmcse.presentation.costs import withheld_sentence
from kdmcse.presentation.criteria import unmeasurable_sentence
from kdmcse.presentation.methods import method_in_sentence
from kdmcse.presentation.rounded import money_range, rounded_money
from kdmcse.presentation.statistics import difference_text, interval_text, verdict_reason
from kdmcse.results.comparison import Verdicts
from kdmcse.results.costs import Costs
from kdmcse.results.results import Results


@dataclass(frozen=True)
class Card:
    """What it is, the value, what to know about it, and the verdict on it where there is one."""

    name: str
    value: str
    note: str
    verdict: str | None = None
    """one of `stats.VERDICTS`; of a saving also `results.costs.EQUAL`"""


def score_card(t: Locale, verdicts: Verdicts) -> Card:
    """The score that decides: KDMCSE's, and how it stands to the agreed baseline."""
    name, deciding = t("cards.score.name"), verdicts.deciding
    if deciding is None or deciding.difference.estimate is None:
        few = verdict_reason(t, deciding) if deciding and deciding.reason == "few_units" else None
        return Card(name, MISSING, few or unmeasurable_sentence(t, verdicts.unmeasurable) or t("cards.score.none"))
    note = t(
        "cards.score.note",
        measure=t(f"results.metric.{verdicts.metric}"),
        name=method_in_sentence(t, verdicts.baseline),
        baseline=interval_text(t, deciding.baseline),
        difference=difference_text(t, deciding.difference),
    )
    return Card(name, interval_text(t, deciding.candidate), note, deciding.verdict)


def cost_card(t: Locale, results: Results, costs: Costs) -> Card:
    """What KDMCSE's mistakes cost less, or more, a month; else why that is not known."""
    name, verdict = t("cards.cost.name"), costs.verdict
    if verdict is None:
        if costs.problem:
            return Card(name, MISSING, costs.problem.message(t.language))
        why = "no_decisions" if not results.can_price else "no_prices" if results.prices is None else "not_yet"
        return Card(name, MISSING, t(f"cards.cost.{why}"))
    currency, saving = costs.comparison.prices.currency, verdict.difference
    range_ = money_range(t, saving.low, saving.high, currency)
    note = t("cards.cost.note", name=method_in_sentence(t, costs.baseline), range=range_)
    found = costs.comparison.best[CANDIDATE].saving
    if found.alike:
        note = withheld_sentence(t, found.withheld)
    value = t("cards.cost.per_month", amount=rounded_money(t, saving.estimate, currency, saving.low, saving.high))
    return Card(name, value, note, costs.saving_verdict)


def effort_card(t: Locale, results: Results) -> Card:
    """Pairs, judgements and computing time so far."""
    return Card(
        t("cards.effort.name"),
        t("cards.effort.pairs", count=results.dataset.counts["pairs"]),
        t(
            "cards.effort.note",
            count=results.dataset.judged_rows,
            time=t.duration(results.computing_seconds),
        ),
    )
