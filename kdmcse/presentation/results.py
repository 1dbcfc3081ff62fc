"""What a proof of concept came to, in sentences that page, report and shell share. Calculates nothing."""

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.i18n import Locale
from kdmcse.metrics import metric
from kdmcse.presentation.costs import cheaper_sentences, note_sentences, withheld_sentence
from kdmcse.presentation.criteria import unmeasurable_sentence
from kdmcse.presentation.methods import method_in_sentence
from kdmcse.presentation.rounded import about_money
from kdmcse.presentation.statistics import verdict_reason, what_would_decide
from kdmcse.results.comparison import Verdicts
from kdmcse.results.costs import EQUAL, Costs
from kdmcse.results.disagreements import Disagreements
from kdmcse.results.results import Results
from kdmcse.stats import Comparison


def notice(t: Locale, results: Results) -> str | None:
    """What must stand beside every result of made-up data; None for real data."""
    return t("results.notice") if results.dataset.synthetic else None


def headline(t: Locale, results: Results, verdicts: Verdicts) -> str:
    """The verdict on the score in a few words."""
    if verdicts.deciding is None:
        return t(f"results.stage.{results.stage}")
    measured = verdicts.deciding.difference.estimate is not None
    code = verdicts.deciding.verdict if measured else "not_measured"
    return t(f"results.headline.{code}", baseline=method_in_sentence(t, verdicts.baseline))


def payoff(verdicts: Verdicts, costs: Costs) -> str | None:
    """Score and cost of mistakes together: better, worse or not_decisive; None before anything trained is measured.

    Where they contradict each other, nothing is decided; a cost that is equal or decides nothing leaves the word to the score.
    """
    if verdicts.deciding is None:
        return None
    score = verdicts.deciding.verdict
    return score if costs.saving_verdict in (score, "not_decisive", EQUAL, None) else "not_decisive"


def payoff_headline(t: Locale, results: Results, verdicts: Verdicts, costs: Costs) -> str:
    """Score and cost of mistakes in a few words, both where both are decided."""
    if verdicts.deciding is None or costs.verdict is None:
        return headline(t, results, verdicts)
    both = verdicts.deciding.verdict, costs.saving_verdict
    if "not_decisive" in both:
        return headline(t, results, verdicts)
    return t("results.payoff.score_{}_cost_{}".format(*both))


def result_sentences(t: Locale, results: Results, verdicts: Verdicts, costs: Costs) -> list[str]:
    """The verdict with the numbers that carry it, the other methods, the cost, what is still open."""
    if verdicts.deciding is None:
        return [t(f"results.stage.{results.stage}")]
    sentences = [verdict_sentence(t, verdicts)]
    if results.of_method(CANDIDATE):
        sentences += _others(t, verdicts)
    if costs.verdict:
        sentences.append(saving_sentence(t, costs))
        few = [note for note in costs.comparison.notes if note.code.startswith("few_")]
        sentences += note_sentences(t, few)
        if results.match_score is not None:
            sentences.append(t("cost.note.derived", score=t.number(results.match_score, 1)))
    if results.in_progress:
        sentences.append(t("results.open.in_progress", count=len(results.in_progress)))
    if results.unfinished:
        sentences.append(t("results.open.unfinished", count=len(results.unfinished)))
    return sentences


def verdict_sentence(t: Locale, verdicts: Verdicts) -> str:
    """KDMCSE against the baseline on the score that decides, and that it is not the agreed one where that was not measured.

    Only where something trained is measured.
    """
    agreed = verdicts.instead_of and t("results.verdict.instead", metric=t(f"results.metric.{verdicts.instead_of}"))
    return t.join([_verdict(t, verdicts), agreed])


def _verdict(t: Locale, verdicts: Verdicts) -> str:
    deciding = verdicts.deciding
    fields = {
        "metric": t(f"results.metric.{verdicts.metric}"),
        "name": method_in_sentence(t, verdicts.baseline),
        "candidate": t.number(deciding.candidate.estimate, 3),
        "baseline": t.number(deciding.baseline.estimate, 3),
        "unit": _unit(t, verdicts.metric, deciding.difference.rows),
        "seeds": t.number(deciding.candidate.seeds),
    }
    if deciding.reason == "few_units":
        return t.join([t("results.verdict.few_units", **fields), verdict_reason(t, deciding)])
    if deciding.candidate.estimate is None:
        missing = t(f"results.verdict.{'seed' if verdicts.scored else 'candidate'}_missing", **fields)
        return t.join([missing, unmeasurable_sentence(t, verdicts.unmeasurable)])
    if deciding.baseline.estimate is None:
        missing = t("results.verdict.baseline_missing", **fields)
        return t.join([missing, unmeasurable_sentence(t, verdicts.unmeasurable)])
    if deciding.difference.low is None:
        return t.join([t("results.verdict.no_interval", **fields), verdict_reason(t, deciding)])
    first = t(f"results.verdict.{deciding.verdict}", **fields, **_difference(t, deciding))
    if deciding.verdict != "not_decisive":
        return first
    return t.join([first, verdict_reason(t, deciding), what_would_decide(t, deciding)])


def next_sentence(t: Locale, step: str) -> str:
    """What to do next; step: one of `findings.NEXT_STEPS`."""
    return t(f"results.next.{step}")


def disagreement_sentence(t: Locale, rows: Disagreements) -> str:
    """How many rows of how many went which way in the typical training, and what they cost or save together."""
    sentence = t(
        "disagreements.reviewed" if rows.reviewed else f"disagreements.{rows.kind}",
        method=_typical(t, rows.method, rows.seed),
        against=_typical(t, rows.against, rows.against_seed),
        count=rows.rows,
        gained=t.number(len(rows.gained)),
        lost=t.number(len(rows.lost)),
        segment=t("disagreements.segment", segment=rows.segment) if rows.segment else "",
    )
    if not rows.saving:  # no prices, or nothing to add up
        return sentence
    key = "saves" if rows.saving > 0 else "costs"
    amount = about_money(t, abs(rows.saving), rows.currency)
    over_all = t("disagreements.over_all") if rows.on_cost_page else None
    return t.join([sentence, t(f"disagreements.{key}", amount=amount), over_all])


def _typical(t: Locale, method: str, seed: int) -> str:
    """A method by its typical training, in the midst of a sentence; today's student has none."""
    name = method_in_sentence(t, method)
    return name if method == BASELINE else t("disagreements.typical", method=name, seed=seed)


def _difference(t: Locale, comparison: Comparison) -> dict[str, str]:
    ends = {name: t.signed(getattr(comparison.difference, name), 3) for name in ("low", "high")}
    difference = t.signed(comparison.difference.estimate, 3)
    return {"difference": difference, "level": t.percent(comparison.difference.level), **ends}


def _others(t: Locale, verdicts: Verdicts) -> list[str]:
    sentences, missing = [], []
    for method in verdicts.others:
        compared = verdicts.against[method]
        if compared.reason == "few_units":
            continue  # the sentence before says it of all
        if compared.baseline.estimate is None:
            missing.append(method_in_sentence(t, method))
            continue
        fields = {"method": method_in_sentence(t, method), "score": t.number(compared.baseline.estimate, 3)}
        if compared.difference.low is None:
            sentences.append(t.join([t("results.against.no_interval", **fields), verdict_reason(t, compared)]))
        else:
            sentences.append(t(f"results.against.{compared.verdict}", **fields, **_difference(t, compared)))
    if missing:
        sentences.append(t("results.against.missing", methods=t.list(missing)))
    return sentences


def saving_sentence(t: Locale, costs: Costs) -> str:
    """What KDMCSE's mistakes cost less than the baseline's, or more, and how sure that is. Only where both have a cost."""
    currency, word = costs.comparison.prices.currency, costs.saving_verdict
    saving, found = costs.verdict.difference, costs.comparison.best[CANDIDATE].saving
    why = []
    if found.withheld:
        why = [withheld_sentence(t, found.withheld)]
    elif word == "not_decisive" and not saving.includes_zero:
        why = [verdict_reason(t, costs.verdict)]  # the interval alone does not tell it
    # Of what the sentence speaks of: where it costs more, that, and not a saving below 0.
    less = saving.estimate >= 0
    ends = (saving.low, saving.high) if less else (-saving.high, -saving.low)
    sentence = t(
        f"results.cost.{word if less or word != 'not_decisive' else 'not_decisive_more'}",
        name=method_in_sentence(t, costs.baseline),
        cost=t.money(costs.cost(CANDIDATE).estimate, currency),
        baseline=t.money(costs.cost(costs.baseline).estimate, currency),
        difference=t.money(abs(saving.estimate), currency),
        low=t.money(ends[0], currency),
        high=t.money(ends[1], currency),
        level=t.percent(saving.level),
    )
    names = {costs.baseline: method_in_sentence(t, costs.baseline)}
    return t.join([sentence, *why, *cheaper_sentences(t, costs.comparison, CANDIDATE, names=names)])


def _unit(t: Locale, name: str, rows: int) -> str:
    kind = name if metric(name).task in ("sts", "judged") else "search"
    return t(f"results.unit.{kind}", count=rows)
