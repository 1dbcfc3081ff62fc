"""Which of many examples are looked at: a text in them, a segment, the way they went, an amount. One rule for every list of examples."""

import unicodedata
from dataclasses import dataclass

import pandas as pd

WAYS = ("gained", "lost")
"""newly right, or better; newly wrong, or worse"""


@dataclass(frozen=True)
class ExampleFilter:
    """What is asked for; what is None or empty asks for nothing."""

    text: str = ""
    """words that must all be in one of the two texts or in both together, in whatever case and width"""
    segment: str | None = None
    way: str | None = None
    """one of `WAYS`"""
    least: float | None = None
    """money a month, with its unit as in the table"""
    most: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether every example passes."""
        return self == ExampleFilter()

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that pass, in their order. table: text_a, text_b, segment, gained (bool), price (NaN where there is none)."""
        passes = pd.Series(True, index=table.index)
        if words := _folded(self.text).split():
            texts = (table["text_a"] + "\n" + table["text_b"]).map(_folded)
            for word in words:
                passes &= texts.str.contains(word, regex=False)
        if self.segment is not None:
            passes &= table["segment"] == self.segment
        if self.way is not None:
            passes &= table["gained"] == (self.way == "gained")
        if self.least is not None:
            passes &= table["price"] >= self.least
        if self.most is not None:
            passes &= table["price"] <= self.most
        return table[passes]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
