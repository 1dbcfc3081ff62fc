"""The table of the comparison on real data, as Markdown. Calculates nothing."""

from collections.abc import Sequence

from kdmcse.i18n import Locale
from kdmcse.presentation.statistics import difference_text, interval_text
from kdmcse.results.real_data import Scored

_DIGITS = 4


def table_lines(t: Locale, scored: Sequence[Scored]) -> list[str]:
    """A line a recipe: Spearman on dev and test judgements, and what it gains on the latter, each with its interval."""
    heads = ("recipe", "texts_used", "seeds", "dev", "test", "over_untouched", "over_simcse", "over_mcse")
    rows = [[t(f"real_data.{head}") for head in heads], ["---"] * len(heads)]
    rows += [
        [
            t(f"real_data.name.{one.name}"),
            t(f"real_data.texts.{one.texts}"),
            t.number(one.seeds),
            *(interval_text(t, interval, _DIGITS) for interval in (one.dev, one.test)),
            *(
                difference_text(t, interval, _DIGITS)
                for interval in (one.over_untouched, one.over_simcse, one.over_mcse)
            ),
        ]
        for one in scored
    ]
    return [f"| {' | '.join(row)} |" for row in rows]
