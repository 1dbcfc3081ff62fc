"""Scores with their intervals, and why a comparison has the verdict that it has, in sentences. Calculates nothing."""

from collections.abc import Sequence

from kdmcse.i18n import MISSING, Locale
from kdmcse.results.benchmarks import OverTrainings
from kdmcse.stats import MIN_ROWS, MIN_SEEDS, MIN_UNITS, MOST_MORE, POWER, Comparison, Interval


def interval_text(t: Locale, interval: Interval, digits: int = 3) -> str:
    """Score and interval, such as 0.812 (0.790 to 0.831); a dash for what is not known."""
    return range_text(t, *(t.number(value, digits) for value in (interval.estimate, interval.low, interval.high)))


def trainings_text(t: Locale, mean: str, low: str, high: str) -> str:
    """The mean over the trainings of a method, with the lowest and the highest of them where they differ."""
    return mean if low == high else t("stats.interval.trainings", mean=mean, low=low, high=high)


def over_trainings_text(t: Locale, score: OverTrainings, digits: int = 3) -> str:
    """The mean over the trainings of a method and between which it lies."""
    return trainings_text(t, *(t.number(value, digits) for value in (score.mean, score.low, score.high)))


def score_text(t: Locale, interval: Interval, score: OverTrainings | None, digits: int = 3) -> str:
    """Score and interval; of what is a score of the whole set only, `score` over the trainings. Few units have none."""
    if interval.low is not None or interval.reason == "few_units" or score is None:
        return interval_text(t, interval, digits)
    return over_trainings_text(t, score, digits)


def difference_text(t: Locale, interval: Interval, digits: int = 3) -> str:
    """A difference of scores and its interval, each with its sign."""
    return range_text(t, *(t.signed(value, digits) for value in (interval.estimate, interval.low, interval.high)))


def range_text(t: Locale, estimate: str, low: str, high: str) -> str:
    """A value and its interval, as they are written; the value alone where an end is not known."""
    return estimate if MISSING in (low, high) else t("stats.interval.text", estimate=estimate, low=low, high=high)


def interval_notes(t: Locale, interval: Interval) -> list[str]:
    """What a reader must know about a score, a sentence each; usually nothing."""
    return [t(f"stats.note.{code}", **_fields(t, interval, code)) for code in interval.caveats]


def table_notes(t: Locale, scored: Sequence[tuple[str, Interval]]) -> list[str]:
    """What a reader must know about the scores of a table, each once; with the names of those that have a score and no interval."""
    notes, alone = {}, set()
    for name, one in scored:
        for note in interval_notes(t, one) if one.reason not in ("not_measured", "undefined") else ():
            notes.setdefault(note, []).append(name)
            if one.reason and one.estimate is not None:
                alone.add(note)
    return [
        t("stats.note.of", names=t.series(who), note=note) if note in alone else note for note, who in notes.items()
    ]


def verdict_reason(t: Locale, comparison: Comparison) -> str:
    """Why the verdict is what it is."""
    difference = comparison.difference
    fields = {"level": t.percent(difference.level), "min_seeds": t.number(MIN_SEEDS)}
    return t(f"stats.reason.{comparison.reason}", **fields, **_fields(t, difference, comparison.reason))


def what_would_decide(t: Locale, comparison: Comparison) -> str:
    """What it takes to decide, with the number of further rows."""
    return t(
        f"stats.need.{comparison.need}",
        count=comparison.more_rows,
        rows=t.number(comparison.difference.rows),
        power=t.percent(POWER),
        most=t.number(MOST_MORE),
    )


def _fields(t: Locale, interval: Interval, code: str) -> dict[str, object]:
    """`count` is of what the sentence is about: units or rows."""
    count = interval.units if code in ("few_units", "rough") else interval.rows
    return {"count": count, "min_rows": t.number(MIN_ROWS), "min_units": t.number(MIN_UNITS)}
