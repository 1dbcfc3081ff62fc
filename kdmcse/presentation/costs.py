"""What mistakes cost, in sentences: notes beside the figures, a model against the baseline, the worked example. Calculates nothing."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from kdmcse.cost import BEST, FEW_ROWS, BootstrapEstimate, CostComparison, ModelCost, Note
from kdmcse.cost.example import CANDIDATES, PRICES, REVIEW, Counts, Example
from kdmcse.cost.operation import OUTCOMES
from kdmcse.cost.prices import AMOUNT_SHARES, Prices, Thresholds
from kdmcse.i18n import MISSING, Locale, capital
from kdmcse.presentation.methods import method_name

USE_CASE_WORDS = (
    "name",
    "text",
    "decision",
    "false_match",
    "missed_match",
    "benefit",
    "monthly_volume",
    "base_rate",
)
"""What every use case has a word of its own for."""


def use_case_word(t: Locale, use_case: str, what: str) -> str:
    """What one of `USE_CASE_WORDS` is called in one of `cost.USE_CASES`."""
    return t(f"cost.use_case.{use_case}.{what}")


def segment_name(t: Locale, segment: str) -> str:
    """What a segment is called; the rest has no name of its own."""
    return segment or t("cost.rest")


def price_rows(t: Locale, prices: Prices) -> list[tuple[str, str]]:
    """What each price is called, with its value, segment by segment."""
    rows = []
    for name, segment in prices.by_segment.items():
        shown = {
            "false_match": t.price(segment.false_match, prices.currency),
            "missed_match": t.price(segment.missed_match, prices.currency),
            "monthly_volume": t.number(segment.monthly_volume),
            "base_rate": t.share(segment.base_rate),
        }
        if segment.benefit:
            shown["benefit"] = t.price(segment.benefit, prices.currency)
        shown |= {share: t.share(value) for share in AMOUNT_SHARES if (value := getattr(segment, share))}
        for rate, value in shown.items():
            label = t(f"cost.price.{rate}")
            rows.append((t("cost.of", segment=segment_name(t, name), what=label) if prices.segments else label, value))
    if prices.review:
        rows.append((t("cost.price.price"), t.price(prices.review.price, prices.currency)))
        rows.append((t("cost.price.accuracy"), t.share(prices.review.accuracy)))
    return rows


def probability(t: Locale, value: float | None) -> str:
    """A share of draws as a percentage; a share that a few draws more would change is not written as certain."""
    if value is None or value != value:
        return MISSING
    if 0.01 <= value <= 0.99:
        return t.percent(value)
    return t("cost.compared.nearly_certain" if value > 0.5 else "cost.compared.nearly_excluded")


def withheld_sentence(t: Locale, withheld: str) -> str:
    """Why no probability is stated. withheld: one of `cost.WITHHELD`."""
    return t(f"cost.withheld.{withheld}", least=t.number(FEW_ROWS))


def sure_sentence(t: Locale, figure: BootstrapEstimate) -> str:
    """How probable it is that a saving is above 0, or why that is not stated."""
    if figure.withheld:
        return withheld_sentence(t, figure.withheld)
    return t("cost.compared.sure", probability=probability(t, figure.probability_positive))


def rate_text(t: Locale, model_cost: ModelCost, error: str) -> str:
    """The share of `false_match` or `missed_match`, marked where it rests on few decisions."""
    share = t.percent(getattr(model_cost, f"{error}_rate"), 1)
    if (count := model_cost.few_behind(error)) is not None:
        return _marked(t, share, count, "behind")
    return _marked(t, share, model_cost.few_within(error), "within")


def _marked(t: Locale, value: str, count: int | None, where: str) -> str:
    """A value with how few decisions are `behind` it, or `within` it behind a part; None: they are not few."""
    if count is None:
        return value
    return t(f"cost.few_{where}", value=value, count=count) if count else t(f"cost.none_{where}", value=value)


def thresholds_text(t: Locale, model_cost: ModelCost) -> str:
    """The threshold for operation (or today's), or from where to where people review; in words where none parts the pairs."""
    return _written_thresholds(t, model_cost.thresholds)


def threshold_cell(t: Locale, end: str, lower: float, upper: float) -> float | str:
    """One of the two thresholds as a cell of a sheet: a number, or in words what an infinite one does. end: `lower` or `upper`."""
    value = lower if end == "lower" else upper
    if math.isfinite(value):
        return value
    if lower == upper:
        return _written_thresholds(t, Thresholds(upper, lower))
    return t(f"cost.thresholds.{'rejects' if end == 'lower' else 'accepts'}_none")


def _written_thresholds(t: Locale, thresholds: Thresholds) -> str:
    if thresholds.takes != "some":
        return t(f"cost.thresholds.{thresholds.takes}")
    if thresholds.lower == thresholds.upper:
        return t.number(thresholds.upper, 3)
    low, high = t.number(thresholds.lower, 3), t.number(thresholds.upper, 3)
    return t(f"cost.thresholds.{_reach(thresholds) or 'from_to'}", low=low, high=high)


def _reach(thresholds: Thresholds) -> str:
    """Where one end of what people decide is infinite: `below` or `above` the other; else empty."""
    if math.isinf(thresholds.lower):
        return "below"
    return "above" if math.isinf(thresholds.upper) else ""


def undecided_sentences(t: Locale, comparison: CostComparison) -> list[str]:
    """Which methods decide nothing at their thresholds for operation, as all, none or people take every pair; and what was measured otherwise."""
    sentences = []
    for takes in ("all", "none", "people"):
        several = [one for one in comparison.best.values() if one.thresholds.takes == takes]
        if several:
            sentences.append(t(f"cost.accepts.{takes}", methods=_names(t, several)))
    differing = [one for one in comparison.best.values() if one.thresholds.takes != "some" and not one.judged_alike]
    if differing:
        sentences.append(t("cost.accepts.differs", methods=_names(t, differing)))
    return sentences


def unmarked_sentence(t: Locale, costs: Iterable[ModelCost]) -> str | None:
    """Which methods have no mark in a chart of costs by threshold, and what stands in place of a threshold; None where all have one."""
    several = [one for one in costs if not one.has_mark]
    if not several:
        return None
    each = [
        t("cost.unmarked.method", method=method_name(t, one.model), threshold=thresholds_text(t, one))
        if one.thresholds.takes != "some"
        else t("cost.unmarked.reviewed", method=method_name(t, one.model), lower=t.number(one.thresholds.lower, 3))
        for one in several
    ]
    return t("cost.unmarked.all", methods=t.list(each))


def _names(t: Locale, costs: Iterable[ModelCost]) -> str:
    return t.list(method_name(t, one.model) for one in costs)


def judged_sentence(
    t: Locale, method: str, cosine: float, *, outcome: int, lower: float, upper: float, part: int, today: bool = False
) -> str:
    """How a method, as it is called, decided one pair, and by which of its thresholds: by both where a person decides.

    outcome, lower, upper, part: see `CostEstimate.judged_by`. today: the thresholds are those of today.
    """
    end = (
        "only" if lower == upper else {"rejected": "lower", "reviewed": "both", "accepted": "upper"}[OUTCOMES[outcome]]
    )
    thresholds = Thresholds(upper, lower) if end == "both" else Thresholds(lower if end == "lower" else upper)
    return t(
        f"cost.judged.{OUTCOMES[outcome]}",
        method=method,
        cosine=t.number(cosine, 3),
        name=name_of_today_threshold(t, end) if today else name_of_test_threshold(t, end, part),
        threshold=_written_thresholds(t, thresholds),
    )


def name_of_test_threshold(t: Locale, end: str = "only", part: int = 0) -> str:
    """What a test threshold is called. end: `only`, or `lower`, `upper` or `both` where people review. part: as in `CostEstimate.judged_by`."""
    name = t("quantities.name.test_threshold" if end == "only" else f"cost.test_threshold.{end}")
    return t("cost.test_threshold.of_part", name=name, part=t.number(part)) if part else name


def name_of_today_threshold(t: Locale, end: str = "only") -> str:
    """What a threshold is called that is used today."""
    return t("cost.price.threshold" if end == "only" else f"cost.today_threshold.{end}")


def note_sentences(t: Locale, notes: Sequence[Note]) -> list[str]:
    """What must be said beside a figure: of an estimate (`CostEstimate.notes`) or of a comparison (`CostComparison.notes`)."""
    return [t(f"cost.note.{note.code}", **_written(t, note.fields)) for note in notes]


def _written(t: Locale, fields: Mapping[str, object]) -> dict[str, object]:
    writers = {
        "count": lambda value: value,  # `Locale` writes it
        "level": t.percent,
        "score": lambda value: t.number(value, 1),
        "segment": lambda value: segment_name(t, value),
        "segments": lambda value: t.series(
            t("cost.few_in", segment=segment_name(t, segment), count=t.number(count))
            for segment, count in value.items()
        ),
    }
    return {name: writers.get(name, t.number)(value) for name, value in fields.items()}


# A comparison


def cost_sentence(
    t: Locale, comparison: CostComparison, model: str, *, at: str = BEST, names: Mapping[str, str] | None = None
) -> str:
    """The cost of a model and its saving against the baseline with intervals. names: what models are called."""
    model_cost, names = (comparison.best if at == BEST else comparison.today)[model], names or {}
    cost, saving, currency = model_cost.cost, model_cost.saving, comparison.prices.currency
    low, high = (t.money(end, currency) for end in cost.interval)
    sentence = t(
        f"cost.compared.{at}",
        model=names.get(model, model),
        cost=t.money(cost.estimate, currency),
        low=low,
        high=high,
        level=t.percent(cost.level),
    )
    if saving is None:
        return sentence
    cheaper = cheaper_sentences(t, comparison, model, at=at, names=names)
    if saving.alike:
        return t.join([sentence, withheld_sentence(t, saving.withheld), *cheaper])
    less = saving.estimate >= 0
    ends = saving.interval if less else (-saving.high, -saving.low)
    low, high = (t.money(end, currency) for end in ends)
    against = t(
        f"cost.compared.{'less' if less else 'more'}",
        baseline=names.get(comparison.baseline, comparison.baseline),
        saving=t.money(abs(saving.estimate), currency),
        low=low,
        high=high,
    )
    return t.join([sentence, against, sure_sentence(t, saving), *cheaper])


def cheaper_sentences(
    t: Locale, comparison: CostComparison, model: str, *, at: str = BEST, names: Mapping[str, str] | None = None
) -> list[str]:
    """What costs less than a saving is measured against: no model at all, less than this one and the baseline, and the baseline as today."""
    currency, sentences = comparison.prices.currency, []
    if policy := comparison.cheaper_policy(model, at):
        sentences.append(t(f"cost.cheaper.{policy}", cost=t.money(comparison.policies[policy], currency)))
    if at == BEST and (today := comparison.cheaper_today):
        name = (names or {}).get(today.model, today.model)
        sentences.append(t("cost.cheaper.today", name=name, cost=t.money(today.cost.estimate, currency)))
    return sentences


def comparison_lines(t: Locale, comparison: CostComparison, names: Mapping[str, str] | None = None) -> list[str]:
    """All of it for a shell: each model with its thresholds and what its cost is made of, then the notes."""
    lines = []
    for model_cost in comparison.model_costs:
        lines.append(cost_sentence(t, comparison, model_cost.model, at=model_cost.at, names=names))
        lines += [f"  {line}" for line in _parts(t, comparison, model_cost)]
    return lines + note_sentences(t, comparison.notes)


def _parts(t: Locale, comparison: CostComparison, model_cost: ModelCost) -> Iterator[str]:
    thresholds = model_cost.thresholds
    name = t("quantities.name.threshold") if model_cost.at == BEST else name_of_today_threshold(t)
    key = thresholds.takes
    if key == "some" and thresholds.lower < thresholds.upper:
        key = "_".join(filter(None, (_reach(thresholds), "band")))
    ends = {"lower": t.number(thresholds.lower, 3), "upper": t.number(thresholds.upper, 3)}
    yield t(f"cost.line.{key}", name=capital(name), **ends)
    errors = comparison.errors
    for row in errors[(errors["model"] == model_cost.model) & (errors["at"] == model_cost.at)].itertuples():
        line = t(
            "cost.line.error",
            error=t(f"cost.error.{row.error}"),
            monthly=t.number(row.monthly_decisions),
            cost=t.money(row.monthly_cost, comparison.prices.currency),
        )
        line = _marked(t, line, model_cost.few_behind(row.error, row.segment), "behind")
        segments = comparison.prices.segments
        yield t("cost.of", segment=segment_name(t, row.segment), what=line) if segments else line


# The worked example


def example_steps(t: Locale, example: Example) -> pd.DataFrame:
    """Every step of the arithmetic: step, calculation, result, all as text."""
    volume, rate = t.number(PRICES.monthly_volume), PRICES.base_rate
    match, other = example.stands_for
    rows = [
        (t("cost.example.match_stands"), f"{volume} × {t.percent(rate)} ÷ 2", t.number(match)),
        (t("cost.example.other_stands"), f"{volume} × {t.percent(1 - rate)} ÷ 2", t.number(other)),
    ]
    for threshold in CANDIDATES:
        step = t("cost.example.candidate", threshold=t.number(threshold, 2))
        rows.append((step, *_sum(t, example.count("choose", Thresholds(threshold)))))
    best, band = example.estimate.thresholds, example.reviewed.thresholds
    rows.append((t("cost.example.cheapest"), "", t.number(best.threshold, 2)))
    rows.append((t("cost.example.measured"), *_sum(t, example.count("measure", best))))
    review, wrong = _money(t, REVIEW.price), f"(1 − {t.percent(REVIEW.accuracy)})"
    lost = PRICES.missed_match, PRICES.false_match
    for step, mistake, money in zip(("review_match", "review_other"), lost, example.review_money, strict=True):
        rows.append((t(f"cost.example.{step}"), f"{review} + {wrong} × {_money(t, mistake)}", _money(t, money)))
    ends = {"low": t.number(band.lower, 2), "high": t.number(band.upper, 2)}
    rows.append((t("cost.example.band", **ends), *_sum(t, example.count("choose", band), reviewed=True)))
    rows.append((t("cost.example.band_measured"), *_sum(t, example.count("measure", band), reviewed=True)))
    return pd.DataFrame(rows, columns=["step", "calculation", "result"])


def example_sentences(t: Locale, example: Example) -> list[str]:
    """What the example shows."""
    fields = {
        "chosen": _money(t, float(example.candidates["monthly_cost"].min())),
        "measured": _money(t, example.estimate.monthly_cost),
        "reviewed": _money(t, example.reviewed.monthly_cost),
    }
    return [t(f"cost.example.sentence_{name}", **fields) for name in ("weights", "honest", "review")]


def _sum(t: Locale, counts: Counts, *, reviewed: bool = False) -> tuple[str, str]:
    """The sum as it is written, and what it comes to."""
    terms = counts.terms if reviewed else counts.terms[:2]
    written = [f"{term.count} × {t.number(term.monthly)} × {_money(t, term.money)}" for term in terms]
    return " + ".join(written), _money(t, counts.monthly_cost)


def _money(t: Locale, value: float) -> str:
    return t.money(value, PRICES.currency)
