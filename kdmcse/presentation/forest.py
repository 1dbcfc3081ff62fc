"""Differences of a score with their intervals, a row each, as a forest plot, its table and its alternative in words show them. Calculates nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kdmcse.i18n import Locale
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.rounded import about_score
from kdmcse.presentation.statistics import difference_text, interval_text
from kdmcse.results.comparison import Verdicts
from kdmcse.stats import Interval

SIGNS = {"better": "▲ ", "worse": "▼ "}
"""Of a verdict, so that its colour is never the only difference."""


@dataclass(frozen=True)
class ForestRow:
    """One difference, and what it is a difference to or of."""

    name: str
    method: str
    """whose colour and mark it has"""
    score: Interval
    """of what is named"""
    difference: Interval
    verdict: str | None
    """one of `stats.VERDICTS`; None for what all others are held against"""


def rows_by_method(verdicts: Verdicts, asked: Collection[str], t: Locale) -> list[ForestRow]:
    """KDMCSE against each method that was asked for and measured, the baseline first."""
    shown = [method for method in (verdicts.baseline, *verdicts.others) if method in asked]
    found = [(method, verdicts.against[method]) for method in shown]
    return [
        ForestRow(method_name(t, method), method, one.baseline, one.difference, one.verdict)
        for method, one in found
        if one.difference.estimate is not None
    ]


def verdict_text(t: Locale, row: ForestRow) -> str:
    """Sign and word; empty for what all others are held against."""
    return "" if row.verdict is None else f"{SIGNS.get(row.verdict, '')}{t(f'shared.verdict.{row.verdict}')}"


def forest_table(t: Locale, rows: Sequence[ForestRow], name: str, score: str) -> list[dict[str, str]]:
    """The same rows with all digits. name, score: heads of the first two columns."""
    return [
        {
            name: row.name,
            score: interval_text(t, row.score),
            t("forest.difference"): difference_text(t, row.difference),
            t("forest.verdict"): verdict_text(t, row),
        }
        for row in rows
    ]


def forest_described(t: Locale, rows: Sequence[ForestRow], title: str) -> str:
    """What the chart shows, for those who cannot see it."""
    told = [
        t("forest.row", name=row.name, difference=about_score(t, row.difference, signed=True), verdict=word)
        for row in rows
        if (word := verdict_text(t, row))
    ]
    return t.join([title, *told])
