"""What a proof of concept found, in sentences: the one place where they are made, so that page, report and shell say the same. Calculates nothing."""

from typing import TYPE_CHECKING

from kdmcse.config import BASELINE, CANDIDATE, LADDER
from kdmcse.i18n import Locale, money, number, percent, say
from kdmcse.presentation.statistics import verdict_reason, what_would_decide
from kdmcse.stats import Comparison, Interval

if TYPE_CHECKING:
    from kdmcse.results.results import Poc

_BETWEEN = {"en": " ", "ja": ""}


def score(value: float | None, language: str) -> str:
    """A score as every sentence and table shows it: three decimals, a dash where it is missing."""
    return number(value, language, 3)


def gain(value: float | None, language: str) -> str:
    """A difference of scores, with its sign."""
    return ("+" if value is not None and round(value, 3) > 0 else "") + score(value, language)


def amount(interval: Interval, currency: str, language: str) -> str:
    """Money with its interval."""
    estimate, low, high = (
        money(value, currency, language) for value in (interval.estimate, interval.low, interval.high)
    )
    if interval.low is None:
        return estimate
    return say("stats.interval.text", language, estimate=estimate, low=low, high=high)


def sentences(poc: "Poc", language: str) -> list[str]:
    """The verdict, the other methods, the cost, what is still open."""
    if poc.stage != "evaluated":
        return [say(f"poc.stage.{poc.stage}", language)]
    pieces = [_verdict(poc, language)]
    if poc.values(CANDIDATE, poc.metric):
        pieces += _others(poc, language)
    if poc.cost_verdict:
        pieces.append(_cost(poc, language))
        if any(estimate.few_rows for estimate in poc.estimates.values()):
            pieces.append(say("cost.note.few_rows", language, count=poc.cost_verdict.difference.rows))
        if poc.match_score is not None:
            pieces.append(say("cost.note.derived", language, score=number(poc.match_score, language, 1)))
    if poc.in_progress:
        pieces.append(say("poc.open.in_progress", language, count=len(poc.in_progress)))
    if poc.unfinished:
        pieces.append(say("poc.open.unfinished", language, count=len(poc.unfinished)))
    return pieces


def headline(poc: "Poc", language: str) -> str:
    """The verdict on the score in a few words."""
    if poc.stage != "evaluated":
        return say(f"poc.stage.{poc.stage}", language)
    measured = poc.verdict.difference.estimate is not None
    code = poc.verdict.verdict if measured else "not_measured"
    return say(f"poc.headline.{code}", language, baseline=name(poc.against, language))


def payoff_headline(poc: "Poc", language: str) -> str:
    """Score and cost of mistakes in a few words, both where both are decided."""
    if poc.verdict is None or poc.cost_verdict is None:
        return headline(poc, language)
    both = poc.verdict.verdict, poc.cost_verdict.verdict
    if "not_decisive" in both:
        return headline(poc, language)
    return say("poc.payoff.score_{}_cost_{}".format(*both), language)


def _verdict(poc: "Poc", language: str) -> str:
    found = poc.verdict
    told = {
        "metric": say(f"poc.metric.{poc.metric}", language),
        "name": name(poc.against, language),
        "candidate": score(found.candidate.estimate, language),
        "baseline": score(found.baseline.estimate, language),
        "unit": _unit(poc, found.difference.rows, language),
        "seeds": number(found.candidate.seeds, language),
    }
    if found.candidate.estimate is None or found.baseline.estimate is None:
        lacking = "candidate" if found.candidate.estimate is None else "baseline"
        if any(value is not None for value in poc.values(CANDIDATE, poc.metric)) and lacking == "candidate":
            lacking = "seed"
        return say(f"poc.verdict.{lacking}_missing", language, **told)
    if found.difference.low is None:
        return _joined(
            [say("poc.verdict.no_interval", language, **told), verdict_reason(Locale(language), found)], language
        )
    first = say(f"poc.verdict.{found.verdict}", language, **told, **_difference(found, language))
    if found.verdict != "not_decisive":
        return first
    return _joined(
        [first, verdict_reason(Locale(language), found), what_would_decide(Locale(language), found)], language
    )


def _difference(found: Comparison, language: str) -> dict[str, str]:
    low, high = (gain(value, language) for value in (found.difference.low, found.difference.high))
    level = percent(found.difference.level, language)
    return {"difference": gain(found.difference.estimate, language), "low": low, "high": high, "level": level}


def _others(poc: "Poc", language: str) -> list[str]:
    pieces, missing = [], []
    rest = [method for method in poc.rivals if method != poc.against]
    ladder = [method for method in (*reversed(LADDER), BASELINE) if method in rest]
    for method in (*ladder, *(method for method in rest if method not in ladder)):
        found = poc.verdicts[method]
        if found.baseline.estimate is None:
            missing.append(name(method, language))
            continue
        told = {"method": name(method, language), "score": score(found.baseline.estimate, language)}
        if found.difference.low is None:
            pieces.append(
                _joined(
                    [say("poc.against.no_interval", language, **told), verdict_reason(Locale(language), found)],
                    language,
                )
            )
            continue
        pieces.append(say(f"poc.against.{found.verdict}", language, **told, **_difference(found, language)))
    if missing:
        methods = [say("poc.against.list", language).join(missing[:-1]), missing[-1]]
        told = say("poc.against.join", language).join(filter(None, methods))
        pieces.append(say("poc.against.missing", language, methods=told))
    return pieces


def _cost(poc: "Poc", language: str) -> str:
    found, currency = poc.cost_verdict, poc.prices.currency
    saving = found.difference
    # More is better in `saving`; where it costs more, the sentence speaks of what it costs more.
    low, high = (
        sorted(abs(end) for end in (saving.low, saving.high))
        if found.verdict != "not_decisive"
        else (saving.low, saving.high)
    )
    return say(
        f"poc.cost.{found.verdict}",
        language,
        name=name(poc.against, language),
        cost=money(poc.cost(CANDIDATE).estimate, currency, language),
        baseline=money(poc.cost(poc.against).estimate, currency, language),
        difference=money(
            abs(saving.estimate) if found.verdict != "not_decisive" else saving.estimate, currency, language
        ),
        low=money(low, currency, language),
        high=money(high, currency, language),
        level=percent(saving.level, language),
    )


def _unit(poc: "Poc", rows: int, language: str) -> str:
    kind = poc.metric if poc.metric in ("sts_spearman", "sts_pearson", "judged_spearman") else "search"
    return say(f"poc.unit.{kind}", language, pairs=number(rows, language))


def name(method: str, language: str) -> str:
    """A method in the midst of a sentence."""
    return say(f"poc.name.{method}" if method == BASELINE else f"poc.method.{method}", language)


def _joined(pieces: list[str], language: str) -> str:
    return _BETWEEN[language].join(pieces)
