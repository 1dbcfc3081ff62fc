"""The words of one language as a page uses them. No Streamlit here, and no knowledge of which language is asked for."""

import re
from dataclasses import dataclass
from pathlib import Path

from kdmcse import i18n
from kdmcse.presentation import results
from kdmcse.stats import Interval

i18n.add_folder(Path(__file__).parents[1] / "locales")

LANGUAGES = {"en": "English", "ja": "日本語"}
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Words(i18n.Locale):
    """A `Locale` with the names and differences that pages show."""

    def gain(self, difference: Interval) -> str:
        """A difference of scores with its sign and its interval."""
        estimate, low, high = (
            results.gain(value, self.language) for value in (difference.estimate, difference.low, difference.high)
        )
        if difference.low is None:
            return estimate
        return self("stats.interval.text", estimate=estimate, low=low, high=high)

    def joined(self, *sentences: str) -> str:
        """Sentences one after the other."""
        return {"en": " ", "ja": ""}[self.language].join(sentences)

    def method(self, method: str) -> str:
        return self(f"poc.method.{method}")

    def name(self, method: str) -> str:
        """A method in the midst of a sentence."""
        return results.name(method, self.language)

    def duration(self, seconds: float | None) -> str:
        """Rounded to what a person wants to know: seconds below 90, then minutes, then hours with one decimal."""
        if seconds is None or seconds != seconds:
            return "–"
        if seconds < 90:
            return self("shared.duration.seconds", n=self.number(max(0, seconds)))
        if seconds < 5400:
            return self("shared.duration.minutes", n=self.number(seconds / 60))
        return self("shared.duration.hours", n=self.number(seconds / 3600, 1))


def plain(text: object) -> str:
    """`text` for a place that reads Markdown, shown as it is: every mark escaped, line breaks to spaces."""
    return _MARKUP.sub(r"\\\1", re.sub(r"\s+", " ", str(text)))
