"""The learning curve in sentences."""

from dataclasses import asdict

from kdmcse.i18n import Locale
from kdmcse.presentation.rounded import money_range, rounded_money
from kdmcse.results.learning_curve import FURTHER, LearningCurve
from kdmcse.stats.growth_laws import MIN_SIZES, REACH


def curve_sentences(t: Locale, curve: LearningCurve) -> list[str]:
    """What further pairs would bring, or why that cannot be said; how far it can be trusted, and what it leaves open."""
    notes = [t("curve.note.steps")] if curve.sizes > 1 else []
    if curve.on_fewer_steps:
        notes.append(t("curve.note.fewer_steps", count=curve.on_fewer_steps))
    return [*_answer(t, curve), *notes]


def _answer(t: Locale, curve: LearningCurve) -> list[str]:
    numbers = {"min_sizes": MIN_SIZES, "reach": REACH, "count": curve.sizes}
    if curve.refused:
        observed = [_last_step(t, curve)] if curve.refused == "no_levelling" else []
        return [t(f"curve.refused.{curve.refused}", **numbers), *observed]
    fields = {"further": t.number(curve.further), "metric": t(f"results.metric.{curve.metric}")}
    fields |= {name: t.signed(value, 3) for name, value in asdict(curve.gain).items()}
    if curve.money:
        ends = curve.money.low, curve.money.high
        fields["money_value"] = rounded_money(t, curve.money.value, curve.currency, *ends)
        fields["money_range"] = money_range(t, *ends, curve.currency)
    sentences = [t("curve.gain_and_money" if curve.money else "curve.gain", **fields)]
    if curve.gain.low <= 0:
        sentences.append(t("curve.note.unsure"))
    if curve.money_refused not in (None, "no_prices"):
        sentences.append(t(f"curve.money_refused.{curve.money_refused}"))
    if curve.further < FURTHER:
        sentences.append(t("curve.note.too_far", wanted=t.number(FURTHER), **numbers))
    return sentences


def curve_lines(t: Locale, curve: LearningCurve) -> list[str]:
    """A line for each share that was measured: the mean over its trainings, the lowest and the highest."""
    return [
        t(
            "curve.line",
            share=t.percent(row.share),
            pairs=t.number(row.pairs),
            metric=t(f"results.metric.{curve.metric}"),
            mean=t.number(row.score, 3),
            low=t.number(row.score_low, 3),
            high=t.number(row.score_high, 3),
            count=int(row.trainings),
        )
        for row in curve.by_share.itertuples()
    ]


def _last_step(t: Locale, curve: LearningCurve) -> str:
    """What the score did between the two largest sizes that were measured."""
    before, after = list(curve.by_share[["pairs", "score"]].dropna().itertuples())[-2:]
    return t(
        "curve.note.last_step",
        metric=t(f"results.metric.{curve.metric}"),
        before=t.number(before.pairs),
        after=t.number(after.pairs),
        low=t.number(before.score, 3),
        high=t.number(after.score, 3),
    )
